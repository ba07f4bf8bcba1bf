"""Leaks of the cells themselves: numbers that are large enough, and give a small one back together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import leaky_state as state
import numpy as np
import pandas as pd
from leak import Leak, Look
from statsmodels.stats.proportion import proportion_confint

from partnerlib.disclosure.audit.silence import said_beside
from partnerlib.disclosure.cells import KEY, VALUE_COLUMNS
from partnerlib.disclosure.ledger import Earlier, Entry
from partnerlib.disclosure.policy import read_policy
from partnerlib.disclosure.releasing import Passed, attack, pass_gate
from partnerlib.disclosure.versions import small_differences
from partnerlib.disclosure.zones import Aggregates

POLICY = read_policy("standard")
LAST, WINDOW = state.COHORTS[-1], 3
COUNTS = ("completers_counted", "employed", "experience", "beginners")
LEVELS = ("completers_counted", "outcomes")
"""What became of people: without the smallest units, so that their outcomes alone are small."""

Plant = Callable[[pd.DataFrame], pd.DataFrame]
"""What is published instead of the cells given."""


def _large() -> pd.DataFrame:
    """The large providers, and as many others like them."""
    units = (*state.SMALL_PROVIDERS, state.STARTING)
    others = state.people(seed=12)
    both = pd.concat([state.people(), others.assign(provider=others["provider"].str.replace("8900", "8901"))])
    large = ~both["provider"].str.replace("8901", "8900").isin(units) & (both["district"] != state.SMALL_DISTRICT)
    return both[large].reset_index(drop=True)


@cache
def aggregates(measures: tuple[str, ...]) -> pd.DataFrame:
    estimates = state.estimates(_large() if measures == LEVELS else state.people())
    if measures == LEVELS:
        estimates = estimates[estimates["unit_kind"].isin(["state", "provider"])]
    return estimates[estimates["measure"].isin(measures)].reset_index(drop=True)


@cache
def released(measures: tuple[str, ...]) -> Passed:
    """The release the gate makes of the small state, with everything it withholds."""
    passed = pass_gate(Aggregates(aggregates(measures)), POLICY, state.Relations(), is_synthetic=True)
    assert passed.exposed == ()
    return passed


@cache
def definitions_of(measures: tuple[str, ...], of: str) -> pd.DataFrame:
    """The definitions of the measure with the leak, and of everybody it is about."""
    found = released(measures).definitions
    return found[found["measure"].isin([of, "completers_counted"])]


def attacked(cells: pd.DataFrame, measures: tuple[str, ...], of: str) -> tuple[str, ...]:
    return attack(cells, definitions_of(measures, of), POLICY, Aggregates(aggregates(measures))).exposed


@cache
def clean(measures: tuple[str, ...], of: str) -> tuple[str, ...]:
    return attacked(released(measures).cells, measures, of)


def at(cells: pd.DataFrame, **place: object) -> pd.Series:
    """Which cells stand at a place: plain values, or several of them."""
    found = pd.Series(True, index=cells.index)
    for name, value in place.items():
        found &= cells[name].isin(value) if isinstance(value, tuple) else cells[name] == value
    return found


def printed(cells: pd.DataFrame, measures: tuple[str, ...], is_here: pd.Series, step: float = 0.0) -> pd.DataFrame:
    """The cells with their true numbers printed: exact counts and sizes; shares to a step (0.01 is a whole percent)."""
    truth = cells[list(KEY)].merge(aggregates(measures), on=list(KEY), how="left", validate="one_to_one")
    truth.index = cells.index
    value, size = truth["value"].where(is_here), truth["denominator"].where(is_here)
    near = (value / step).round() * step if step else value
    values = {"value": near, "value_low": (near - step / 2).clip(lower=0), "value_high": near + step / 2}
    is_share = cells["statistic"] == "rate"
    values["value_high"] = values["value_high"].where(~is_share, values["value_high"].clip(upper=1))
    values |= dict.fromkeys(("n", "n_low", "n_high"), size)
    changed = {name: cells[name].mask(is_here, column.astype("Float64")) for name, column in values.items()}
    text = {"rounding": f"nearest {step}" if step else "exact", "n_rounding": "exact", "status": "reported", "note": ""}
    text["status"] = np.where(near.eq(0) & (step == 0), "zero", "reported") if step == 0 else "reported"
    changed |= {name: cells[name].mask(is_here, words) for name, words in text.items()}
    blank = cells[["low", "high", "people"]].mask(is_here)
    return cells.assign(**changed, withheld=cells["withheld"] & ~is_here, **{name: blank[name] for name in blank})


def added(cells: pd.DataFrame, measures: tuple[str, ...], like: pd.Series, **place: object) -> pd.DataFrame:
    """The cells and some more at another place, with their true numbers."""
    more = cells[like].assign(**place)
    both = pd.concat([cells, more], ignore_index=True)
    return printed(both, measures, pd.Series([False] * len(cells) + [True] * len(more)))


def exact(measures: tuple[str, ...], step: float = 0.0, **place: object) -> Plant:
    """Large numbers of a kind printed exactly: what is small stays withheld."""

    def plant(cells: pd.DataFrame) -> pd.DataFrame:
        is_here = at(cells, **place) & ~cells["withheld"]
        assert is_here.any(), "nothing is planted"
        return printed(cells, measures, is_here, step)

    return plant


def unwithheld(measures: tuple[str, ...], **place: object) -> Plant:
    def plant(cells: pd.DataFrame) -> pd.DataFrame:
        is_here = at(cells, **place) & cells["withheld"]
        assert is_here.any(), "nothing is planted"
        return printed(cells, measures, is_here)

    return plant


def cumulative_years(cells: pd.DataFrame) -> pd.DataFrame:
    """All three cohorts, and the two large ones: what is left is the first."""
    place = {**COMPLETERS, "unit_code": state.STARTING}
    return unwithheld(COUNTS, **place)(exact(COUNTS, **place)(cells))


def two_year_pool(cells: pd.DataFrame) -> pd.DataFrame:
    """Two cohorts pooled beside three: the difference is the first cohort."""
    window = at(cells, measure="completers_counted", unit_code=state.STARTING, window_years=WINDOW)
    exactly = printed(cells, COUNTS, window)
    both = cells[window].assign(window_years=2)
    singles = aggregates(COUNTS)
    own = singles[at(singles, measure="completers_counted", unit_code=state.STARTING, window_years=1)]
    pooled = float(own.loc[own["cohort"] > LAST - 2, "numerator"].sum())
    numbers = dict.fromkeys(("value", "value_low", "value_high", "n", "n_low", "n_high"), pooled)
    return pd.concat([exactly, both.assign(**numbers, rounding="exact", n_rounding="exact")], ignore_index=True)


def every_large_pair(cells: pd.DataFrame) -> pd.DataFrame:
    """A provider's count and those of all its large pairs: what is left are seven people in one district."""
    large = at(cells, **COMPLETERS, unit_code=LISTED_PAIRS)
    missing = sorted(set(LISTED_PAIRS) - set(cells.loc[large, "unit_code"]))
    first = large & (large.cumsum() == 1)
    for pair in missing:
        cells = added(cells, COUNTS, first.reindex(cells.index, fill_value=False), unit_code=pair)
    return exact(COUNTS, **COMPLETERS, unit_code=(WITH_FEW_ELSEWHERE, *LISTED_PAIRS), window_years=WINDOW)(cells)


def under_another_name(cells: pd.DataFrame) -> pd.DataFrame:
    """The same people counted by another measure, which forgot to withhold them."""
    small = at(cells, measure="completers_counted", unit_code=state.SMALL_PROVIDERS[0], window_years=WINDOW)
    other = printed(cells, COUNTS, small)[small].assign(measure="alumni_listed")
    return pd.concat([cells, other], ignore_index=True)


def _cells(
    name: str, plant: Plant, says: str, measures: tuple[str, ...] = COUNTS, of: str = "completers_counted"
) -> Leak:
    return Leak(
        name, "audit of cells", lambda _: clean(measures, of),
        lambda _: attacked(plant(released(measures).cells), measures, of), says,
    )  # fmt: skip


def listens(plant: Plant) -> Look:
    """What the cells say beside their printed numbers."""

    def look(_: object) -> Sequence[object]:
        passed = released(COUNTS)
        return said_beside(plant(passed.cells), passed.definitions, aggregates(COUNTS), POLICY)

    return look


def _silence(name: str, plant: Plant, says: str, base: Plant = lambda cells: cells) -> Leak:
    return Leak(name, "audit of cells", listens(base), listens(plant), says)


def pair_withheld(cells: pd.DataFrame) -> pd.DataFrame:
    """One pair's count withheld, as the provider's page has it."""
    hidden = cells.index == cells.index[at(cells, unit_kind="partnership", measure="employed")][0]
    blank = {name: cells[name].mask(hidden) for name in VALUE_COLUMNS}
    words = dict.fromkeys(("rounding", "n_rounding"), "") | {"status": "suppressed"}
    text = {name: cells[name].mask(hidden, word) for name, word in words.items()}
    return cells.assign(**blank, **text, withheld=cells["withheld"] | hidden)


def from_the_other_side(cells: pd.DataFrame) -> pd.DataFrame:
    """The district's page has the same pair's count."""
    own = pair_withheld(cells)
    seen = own["withheld"] & at(own, unit_kind="partnership")
    other = cells[seen].assign(measure="employed_of_host")
    return pd.concat([own, other], ignore_index=True)


def true_intervals(cells: pd.DataFrame) -> pd.DataFrame:
    """Bands as they are, and beside them the intervals of the true shares."""
    truth = cells[list(KEY)].merge(aggregates(COUNTS), on=list(KEY), how="left")
    low, high = proportion_confint(truth["numerator"].fillna(0), truth["denominator"].clip(lower=1), method="wilson")
    is_rate = (cells["statistic"] == "rate") & cells["low"].notna()
    return cells.assign(low=cells["low"].mask(is_rate, low), high=cells["high"].mask(is_rate, high))


def nobody_found(cells: pd.DataFrame) -> pd.DataFrame:
    """A withheld cell says that nobody is in it instead."""
    hidden = cells["withheld"] & (cells["measure"] == "employed")
    return cells.assign(status=cells["status"].mask(hidden, "not_applicable"), withheld=cells["withheld"] & ~hidden)


def corrected(people: int) -> Look:
    """A cohort published again, with some records that came late."""

    def look(_: object) -> Sequence[object]:
        passed = released(COUNTS)
        here = at(passed.cells, measure="completers_counted", unit_kind="state", window_years=1, cohort=LAST)
        later = passed.cells.copy()
        for name in ("value", "value_low", "value_high", "n", "n_low", "n_high"):
            later.loc[here, name] += people
        before = Earlier(
            Entry("first", state.YEAR, "public", True, "", "", "", "", {}), passed.cells, passed.definitions
        )
        return list(small_differences(later, [before], POLICY.thresholds.people).itertuples())

    return look


SMALL, OTHER_SMALL = state.SMALL_PROVIDERS
WITH_FEW_ELSEWHERE = state.PROVIDERS[0]
LISTED_PAIRS = tuple(f"{WITH_FEW_ELSEWHERE}-{district}" for district in state.DISTRICTS[:4])
COMPLETERS = {"measure": "completers_counted"}
EMPLOYED = {"measure": "employed", "group": ""}
OUTCOMES = {"measure": "outcomes", "unit_kind": "provider", "window_years": WINDOW}

LEAKS = [
    _cells("small count printed", unwithheld(COUNTS, **COMPLETERS, unit_code=SMALL), f"provider:{SMALL}"),
    _cells("lone cell", exact(COUNTS, **COMPLETERS, unit_kind="district"),
           f"district:{state.SMALL_DISTRICT}, 2016 to 2018: found by public"),
    _cells("state minus all others", exact(COUNTS, **COMPLETERS, unit_kind=("provider", "state")),
           f"provider:{SMALL}, 2016 to 2018: found by provider:{OTHER_SMALL}"),
    _cells("provider minus its listed pairs",
           every_large_pair,
           f"partnership:{WITH_FEW_ELSEWHERE}-~, 2016 to 2018: found by public"),
    _cells("complementary count printed after all",
           exact(COUNTS, **COMPLETERS, unit_kind="district", window_years=WINDOW), f"district:{state.SMALL_DISTRICT}"),
    _cells("cumulative years", cumulative_years, f"provider:{state.STARTING}, 2016: found by public"),
    _cells("3-year minus 2-year pool", two_year_pool, f"provider:{state.STARTING}, 2016: found by public"),
    _cells("same count under another name", under_another_name, f"provider:{SMALL}, 2016 to 2018: found by public"),
    _cells("percent x n", exact(COUNTS, 0.01, **EMPLOYED, unit_code=state.NEARLY_ALL_EMPLOYED),
           f"provider:{state.NEARLY_ALL_EMPLOYED}", of="employed"),
    _cells("share to a tenth of a point", exact(COUNTS, 0.001, **EMPLOYED, unit_code=state.NEARLY_ALL_EMPLOYED),
           f"provider:{state.NEARLY_ALL_EMPLOYED}", of="employed"),
    _cells("whole percents of a program", exact(COUNTS, 0.01, **EMPLOYED, unit_kind="program"),
           f"program:{state.NEARLY_ALL_EMPLOYED}:science", of="employed"),
    _cells("exact size of a part beside the whole",
           exact(COUNTS, measure="beginners", unit_code=state.NEARLY_ALL_EMPLOYED),
           f"provider:{state.NEARLY_ALL_EMPLOYED}", of="employed"),
    _cells("all-one group", exact(LEVELS, **OUTCOMES, unit_code=state.ALL_STAY, group_value="stayer"),
           f"provider:{state.ALL_STAY}", LEVELS, "outcomes"),
    _cells("all-zero group", exact(LEVELS, **OUTCOMES, unit_code=state.ALL_STAY, group_value="left"),
           f"outcomes/left), provider:{state.ALL_STAY}", LEVELS, "outcomes"),
    _cells("percent complement",
           exact(LEVELS, 0.001, **OUTCOMES, unit_code=state.FEW_IN_SCIENCE, group_value=("stayer", "mover")),
           f"outcomes/left), provider:{state.FEW_IN_SCIENCE}", LEVELS, "outcomes"),
    _cells("whole percents of all levels", exact(LEVELS, 0.01, **OUTCOMES, unit_code=state.FEW_IN_SCIENCE),
           f"outcomes/left), provider:{state.FEW_IN_SCIENCE}", LEVELS, "outcomes"),
    _silence("SO against district view of the same pair", from_the_other_side, "its number stands in another cell",
             pair_withheld),
    _silence("interval width that gives n", true_intervals, "its interval is not that of the printed share"),
    _silence("mean x n", exact(COUNTS, 1e-6, measure="experience", unit_kind="program"), "gives the sum back"),
    _silence("status that says nobody", nobody_found, "its status tells that nobody is in it"),
    Leak("cohort published again with one record more", "ledger", corrected(0), corrected(1), "release_id='first'"),
    Leak("cohort published again with nine records less", "ledger", corrected(12), corrected(-9), "release_id='first'"),
]  # fmt: skip
