"""One more step of protection, for what an audit found exposed: the cheapest partner tells less, and then nothing.

exact count -> nearest five -> withheld        band -> wider band -> withheld        mean -> withheld
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from partnerlib.disclosure.cells import HAS_NUMBER
from partnerlib.disclosure.protection import primary, rounding
from partnerlib.disclosure.protection.gate import Protected, finished
from partnerlib.errors import ReleaseRefused

_SHARES = ("rate", "share")

_NONE = np.empty(0, dtype=np.int64)

_PLACE = ["unit_kind", "unit_code", "cohort", "window_years", "by", "of"]


def withhold(protected: Protected, cells: pd.DataFrame) -> Protected:
    """The same release telling less: a step for every cell named, or for its cheapest partner where it is hidden.

    Parameters
        cells: the cells found exposed: columns unit_kind, unit_code, cohort, window_years and either `measure`, `group`
            and `group_value` (the key of a cell) or `set` (name of a set; with `by` and `of` for a subgroup). A column
            `kind` of `size` says that the number of people is exposed, and not what they did; `steps` how many to take
            at once, where it is more than one; `is_nothing_told` that whoever takes one tells nothing any more. A place
            may be a span of cohorts that is no window: what overlaps with it adds up to it
    Rule
        A published cell takes one step, together with every cell that tells of the same set of people there, and with
        all levels of its distribution. A hidden one makes a partner take it: of the cells that add up with it (the
        same unit's window and cohorts, units of the same kind, the larger unit), the one of fewest people, states last.
        When no place named has a partner left, those of other years are: the larger unit's first. What is exposed only
        because the solver gave no answer (`is_proved` is false) takes none of these
        An n to the nearest five takes with it everything printed beside it. Where more than one step is asked for, all
        exact counts of the unit take one, and the unit tells nothing more of the set where nothing is to be told
    Errors
        ReleaseRefused when nothing that could be withheld is left beside a cell named: nothing is published then
    """
    asked = _asked(cells, protected.internal)
    for taken in range(int(asked["steps"].max()) if len(asked) else 0):
        protected = replace(protected, internal=_told_less(protected, asked[asked["steps"] > taken], taken == 0))
    return finished(protected.internal, protected.definitions, protected.policy, protected.is_synthetic)


def _told_less(protected: Protected, asked: pd.DataFrame, is_first: bool) -> pd.DataFrame:
    """The cells after one step for every place asked for."""
    steps, gone, lost = _steps(protected.internal, asked, is_first, is_far=False)
    if is_first and lost and not (steps | gone).any():
        proved = [place for place in lost if place.is_proved]
        steps, gone, _ = _steps(protected.internal, pd.DataFrame(proved, columns=asked.columns), is_first, is_far=True)
    if is_first and lost and not (steps | gone).any():
        first = lost[0]
        raise ReleaseRefused(
            f"{len(lost)} cells stay exposed with nothing beside them left to withhold; first: {first.set} of "
            f"{first.unit_kind} {first.unit_code}, {first.cohort}; publish fewer kinds of unit, or raise the threshold"
        )
    return _stepped(protected.internal, steps, gone, protected)


def _steps(
    internal: pd.DataFrame, asked: pd.DataFrame, is_first: bool, is_far: bool
) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """Cells that take a step, those that tell nothing any more, and the places for which none was found.

    Parameters
        is_far: look for partners in other years as well, as the last thing before a refusal
    """
    shows = _shows(internal)
    by_counted, by_among, by_measure = (internal.groupby(name).indices for name in ("counted", "among", "measure"))
    is_exact = internal["is_exact"].to_numpy(bool)
    is_state = (internal["unit_kind"] == "state").to_numpy(bool)
    steps, lost = np.zeros(len(internal), dtype=bool), []
    gone = steps.copy()
    for wanted in asked.itertuples(index=False):
        members = by_counted.get(wanted.set, _NONE) if wanted.set else by_measure.get(wanted.measure, _NONE)
        is_size = wanted.kind == "size" or (is_far and wanted.set in by_among)
        if wanted.set and is_size:
            members = np.union1d(members, by_among.get(wanted.set, _NONE))
        # The state's numbers are the last to go: never for the sake of a further step.
        members = members[shows[members] & (is_first | ~is_state[members])]
        told = internal.iloc[members]
        if is_first and wanted.steps > 1:
            # What comes back may be told by the unit's own other cohorts and windows.
            mine = members[_of_unit(told, wanted)]
            steps[mine[is_exact[mine]]] = True
            gone[mine] |= wanted.is_nothing_told
        own = members[_at(told, wanted)]
        if not len(own):
            is_free = ~steps[members] & ~gone[members]
            own = members[is_free][_partner(told[is_free], wanted, is_far)]
        if not len(own):
            lost.append(wanted)
        if (wanted.is_nothing_told and not is_state[own].any()) or (is_size and not is_exact[own].any()):
            gone[own] = True
        else:
            steps[own[is_exact[own]] if is_size else own] = True
    return steps, gone, lost


def _asked(cells: pd.DataFrame, internal: pd.DataFrame) -> pd.DataFrame:
    """The sets (or measures that count none) and places named, once each."""
    named = cells.assign(**{name: cells.get(name, "") for name in ("by", "of", "kind", "measure")})
    named = named.assign(
        steps=cells.get("steps", 1), is_nothing_told=cells.get("is_nothing_told", False),
        is_proved=cells.get("is_proved", True),
    )  # fmt: skip
    if "set" not in cells:
        known = internal.drop_duplicates(["measure", "group", "group_value"])
        columns = ["measure", "group", "group_value"]
        named = named.drop(columns=["by", "of"]).merge(
            known[[*columns, "counted", "by", "of"]].rename(columns={"counted": "set"}), on=columns, how="left"
        )
        if named["set"].isna().any():
            raise ReleaseRefused(f"{int(named['set'].isna().sum())} cells to withhold are none of this release")
    # A set nobody prints a share for is a size: a count, or what shares are shares of.
    shares = internal.loc[internal["statistic"].isin(_SHARES), "counted"].unique()
    is_size = (named["kind"] == "") & (named["set"] != "") & ~named["set"].isin(shares)
    named = named.assign(kind=named["kind"].mask(is_size, "size"))
    return named[["set", "measure", "kind", *_PLACE, "steps", "is_nothing_told", "is_proved"]].drop_duplicates()


def _shows(internal: pd.DataFrame) -> np.ndarray:
    return ((internal["why"] == "") & internal["status"].isin(HAS_NUMBER) & (internal["n"] > 0)).to_numpy(bool)


def _at(internal: pd.DataFrame, place: Any) -> np.ndarray:
    found = np.ones(len(internal), dtype=bool)
    for name in _PLACE:
        found &= (internal[name] == getattr(place, name)).to_numpy(bool)
    return found


def _of_unit(told: pd.DataFrame, place: Any) -> np.ndarray:
    """A unit's cells, whatever their cohorts."""
    found = np.ones(len(told), dtype=bool)
    for name in ("unit_kind", "unit_code", "by", "of"):
        found &= (told[name] == getattr(place, name)).to_numpy(bool)
    return found


def _partner(free: pd.DataFrame, wanted: Any, is_far: bool) -> np.ndarray:
    """The cells of the cheapest place that adds up with the one wanted, among those free to tell less."""
    kind, code, cohort, window = wanted.unit_kind, wanted.unit_code, wanted.cohort, wanted.window_years
    kinds, codes = free["unit_kind"], free["unit_code"]
    cohorts, windows = free["cohort"], free["window_years"]
    same = (free["by"] == wanted.by).to_numpy(bool)
    same_value = (free["of"] == wanted.of).to_numpy(bool)
    here = ((kinds == kind) & (codes == code)).to_numpy(bool) & same_value
    overlaps = (cohorts - windows < cohort) & (cohort - window < cohorts)
    in_time = here & (overlaps & ~((cohorts == cohort) & (windows == window))).to_numpy(bool)
    now = ((cohorts == cohort) & (windows == window)).to_numpy(bool)
    beside = now & (kinds == kind).to_numpy(bool) & ~here & _shares_a_whole(kind, code, codes)
    above = same_value & _holds(kind, code, kinds, codes)
    near = (in_time | beside, above & now)
    # Windows tie years that none of them has in common with the one wanted, all the more beside earlier releases.
    tied, in_part = (kinds == kind).to_numpy(bool) & same_value, overlaps.to_numpy(bool)
    for options in (above & in_part, tied & in_part, tied, above) if is_far else near:
        found = np.flatnonzero(same & options)
        if len(found):
            return _at(free, free.iloc[found[np.argmin(free["n"].to_numpy()[found])]])
    return np.zeros(len(free), dtype=bool)


def _shares_a_whole(kind: str, code: str, codes: pd.Series) -> np.ndarray:
    """Units of the same provider (or district) for small ones; any for providers and districts."""
    if kind == "program":
        return codes.str.startswith(code.partition(":")[0] + ":").to_numpy(bool)
    if kind == "partnership":
        provider, _, district = code.partition("-")
        return (codes.str.startswith(provider + "-") | codes.str.endswith("-" + district)).to_numpy(bool)
    return np.ones(len(codes), dtype=bool)


def _holds(kind: str, code: str, kinds: pd.Series, codes: pd.Series) -> np.ndarray:
    """The larger units a small one lies in; the state for a provider or a district."""
    if kind == "program":
        return ((kinds == "provider") & (codes == code.partition(":")[0])).to_numpy(bool)
    if kind == "partnership":
        provider, _, district = code.partition("-")
        own = ((kinds == "provider") & (codes == provider)) | ((kinds == "district") & (codes == district))
        return own.to_numpy(bool)
    return (kinds == "state").to_numpy(bool) & (kind in ("provider", "district"))


def _stepped(internal: pd.DataFrame, steps: np.ndarray, gone: np.ndarray, protected: Protected) -> pd.DataFrame:
    """Every cell marked tells one step less, with those that tell the same; those gone tell nothing."""
    gone = _together(internal, gone)
    chosen = _together(internal, steps) & ~gone
    bands = protected.policy.percents.bands
    exact = chosen & internal["is_exact"].to_numpy(bool)
    banded = chosen & internal["statistic"].isin(_SHARES).to_numpy(bool) & bool(bands)
    coarser = internal["coarser"].to_numpy(np.int64) + banded
    least = _least(internal)
    is_widest = banded & (rounding.widths(least, bands, coarser) == 0) if bands else banded
    hidden = gone | (chosen & ~exact & (~banded | is_widest))
    return internal.assign(
        is_exact=internal["is_exact"].to_numpy(bool) & ~exact,
        coarser=np.where(is_widest, 0, coarser),
        why=np.where(hidden, primary.PARTNER, internal["why"].to_numpy(object)),
    )


def _together(internal: pd.DataFrame, marked: np.ndarray) -> np.ndarray:
    """The cells marked, all levels of their distributions, and whatever else prints the same share of the same people.

    A share withheld in one measure and printed by another would be withheld from nobody.
    """
    shows = _shows(internal)
    marked = marked & shows
    near = np.flatnonzero(internal["unit_code"].isin(internal.loc[marked, "unit_code"].unique()).to_numpy(bool) & shows)
    cells, found = internal.iloc[near], marked[near]
    levels = cells.groupby(["measure", *_PLACE], sort=False).ngroup().to_numpy()
    same = cells.groupby(["counted", "among", *_PLACE], sort=False).ngroup().to_numpy()
    is_set = (cells["counted"] != "").to_numpy(bool)
    while True:
        more = found | np.isin(levels, levels[found]) | (is_set & np.isin(same, same[found & is_set]))
        if (more == found).all():
            break
        found = more
    together = np.zeros(len(internal), dtype=bool)
    together[near] = found
    return together


def _least(internal: pd.DataFrame) -> np.ndarray:
    """What decides a band: the least n may be, or the least its distinct people may be where they are fewer."""
    threshold = internal["threshold"].to_numpy(np.int64)
    n, people = (rounding.nearest_five(internal[name].to_numpy(np.int64), threshold)[1] for name in ("n", "people"))
    return np.minimum(n, people)
