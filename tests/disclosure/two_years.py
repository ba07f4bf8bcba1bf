"""A small invented state released two years running, and what whoever holds both releases can work out.

The state grows by a cohort from one year to the next, so that the three years of the first release and those of the
second overlap. What can be worked out is written down here from the printed numbers alone: one unknown for each kind of
people, provider, district and cohort.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.ranges import ranges
from partnerlib.disclosure.audit.system import SystemBuilder
from partnerlib.disclosure.ledger import Earlier, Entry
from partnerlib.disclosure.policy import Policy
from partnerlib.disclosure.releasing import Passed, pass_gate
from partnerlib.disclosure.zones import Aggregates
from partnerlib.measures.relations import Relations

COHORTS = (2014, 2015, 2016, 2017, 2018, 2019)
PROVIDERS = tuple(f"8900000{number}" for number in range(1, 6))
DISTRICTS = tuple(f"9500000{number}" for number in range(1, 4))
STATE = "00000000"

RELATIONS = Relations(
    population={"everybody": "people", "employed": "people"},
    within={"people": ""}, rows={"people": "people"}, is_whole={"people": True},
    minimum={"everybody": 0, "employed": 0}, domain={"everybody": "people", "employed": "people"},
    groups={"everybody": (), "employed": ()}, levels={"everybody": (), "employed": ()},
    curves=frozenset(), weighted=frozenset(),
)  # fmt: skip


def people(seed: int) -> np.ndarray:
    """Counts by whether employed (no, yes), provider, district and cohort: some places hold many, most hold few."""
    chance = np.random.default_rng(seed)
    shape = (len(PROVIDERS), len(DISTRICTS), len(COHORTS))
    size = chance.choice([3.0, 12.0, 25.0], shape[:2])[:, :, None] * chance.choice(
        [0.1, 1.0], (shape[0], 1, shape[2]), p=[0.25, 0.75]
    )
    counts = chance.poisson(size, shape)
    employed = chance.binomial(counts, chance.choice([0.5, 0.7, 0.93], (len(PROVIDERS), 1, 1)))
    return np.stack([counts - employed, employed])


def units() -> list[tuple[str, str, slice, slice]]:
    every = slice(None)
    one = [slice(at, at + 1) for at in range(max(len(PROVIDERS), len(DISTRICTS)))]
    return [
        ("state", STATE, every, every),
        *(("provider", code, one[p], every) for p, code in enumerate(PROVIDERS)),
        *(("district", code, every, one[d]) for d, code in enumerate(DISTRICTS)),
        *(("partnership", f"{a}-{b}", one[p], one[d])
          for (p, a), (d, b) in product(enumerate(PROVIDERS), enumerate(DISTRICTS))),
    ]  # fmt: skip


def span(last: int, window: int) -> slice:
    """The cohorts of a window, as places in COHORTS; those before the first are nobody's."""
    end = COHORTS.index(last) + 1
    return slice(max(end - window, 0), end)


def aggregates(counts: np.ndarray, year: int) -> Aggregates:
    """The estimates as of a report year: the newest cohort is counted, and what became of it not known yet."""
    rows = []
    for (kind, code, p, d), window, cohort in product(units(), (1, 3), [at for at in COHORTS if at <= year]):
        inside = counts[:, p, d, span(cohort, window)]
        seen = counts[:, p, d, span(min(cohort, year - 1), window - (cohort == year))]
        if kind == "partnership" and not inside.sum():
            continue
        is_partial = window == 3 and (cohort == year or cohort < COHORTS[2])
        base = {"unit_kind": kind, "unit_code": code, "unit_name": f"{kind} {code}", "cohort": cohort,
                "window_years": window, "note": ""}  # fmt: skip
        size, asked, found = int(inside.sum()), int(seen.sum()), int(seen[1].sum())
        asked, found = (0, 0) if window == 1 and cohort == year else (asked, found)
        rows.append({**base, "measure": "everybody", "statistic": "count", "numerator": float(size),
                     "denominator": float(size), "people": size, "value": float(size),
                     "status": "reported" if size else "zero"})  # fmt: skip
        status = ("reported" if found else "zero") if asked else "not_applicable"
        if window == 1 and cohort == year:
            status = "not_yet_observed"
        rows.append({**base, "measure": "employed", "statistic": "rate",
                     "numerator": float(found) if asked else np.nan, "denominator": float(asked), "people": asked,
                     "value": found / asked if asked else np.nan, "status": status,
                     "note": "rests on some of 3 cohorts" if is_partial and asked else ""})  # fmt: skip
    frame = pd.DataFrame(rows)
    return Aggregates(
        frame.assign(report_year=year, topic="hiring", sample_id="invented-0", group="", group_value="",
                     low=frame["value"], high=frame["value"])
    )  # fmt: skip


def released(counts: np.ndarray, year: int, policy: Policy, *earlier: Earlier) -> Passed:
    return pass_gate(aggregates(counts, year), policy, RELATIONS, True, earlier, jobs=1)


def entered(passed: Passed, year: int) -> Earlier:
    entry = Entry(f"release of {year}", year, "public", True, "", "", "", "", {})
    return Earlier(entry, passed.cells, passed.definitions)


def told(*releases: Passed) -> pd.DataFrame:
    """Every number that some releases print."""
    cells = pd.concat([release.cells for release in releases], ignore_index=True)
    return cells[cells["status"].isin(["reported", "zero"])]


class Reader:
    """Somebody who holds some printed cells and knows some people, by provider or district; -1 for none."""

    def __init__(self, counts: np.ndarray, cells: pd.DataFrame, provider: int = -1, district: int = -1) -> None:
        self.truth, self.at = counts.ravel(), np.arange(counts.size).reshape(counts.shape)
        places = {(kind, code): (p, d) for kind, code, p, d in units()}
        system = SystemBuilder()
        for _ in self.truth:
            system.unknown("")
        for row in cells.itertuples(index=False):
            inside = self.at[(slice(None), *places[row.unit_kind, row.unit_code], span(row.cohort, row.window_years))]
            everybody = inside.ravel().tolist()
            if row.statistic == "count":
                system.constrain("", dict.fromkeys(everybody, 1), row.value_low, row.value_high)
                continue
            system.constrain("", dict.fromkeys(everybody, 1), row.n_low, row.n_high)
            employed = set(inside[1].ravel().tolist())
            is_open = row.rounding.startswith("band") and row.value_high < 1
            for bound, least, most in (
                (row.value_low, 0, np.inf), (row.value_high, -np.inf, -1 if is_open else 0),
            ):  # fmt: skip
                whole = round(bound * 10_000)
                system.constrain("", {x: 10_000 * (x in employed) - whole for x in everybody}, least, most)
        known = {*self.at[:, provider].ravel()} if provider >= 0 else set()
        known |= {*self.at[:, :, district].ravel()} if district >= 0 else set()
        for x in known:
            system.constrain("", {int(x): 1}, int(self.truth[x]), int(self.truth[x]))
        self.system = system.build()

    def values(self, inside: np.ndarray, enough: int) -> int:
        """How many whole numbers a count may be, up to those that are enough."""
        target = dict.fromkeys(inside.ravel().tolist(), 1)
        found = ranges(self.system, [target], enough, 60, True, tables=(self.truth.astype(np.int64),))[0]
        return enough if found.values is None else min(found.values, enough)


def insiders(counts: np.ndarray, cells: pd.DataFrame) -> Iterator[tuple[str, Reader]]:
    """Every provider and every district: its code, and the cells read by somebody who knows its people."""
    yield from ((code, Reader(counts, cells, provider=at)) for at, code in enumerate(PROVIDERS))
    yield from ((code, Reader(counts, cells, district=at)) for at, code in enumerate(DISTRICTS))


def small(counts: np.ndarray, threshold: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """What counts of single units tell of fewer people than may be shown: unit, what is asked, and who it is about."""
    at = np.arange(counts.size).reshape(counts.shape)
    spans = [*((cohort, 1) for cohort in COHORTS), *((cohort, 3) for cohort in COHORTS[2:])]
    for (kind, code, p, d), (last, window) in product(units(), spans):
        if kind not in ("provider", "district"):
            continue
        inside = at[:, p, d, span(last, window)]
        size, employed = int(counts.ravel()[inside].sum()), int(counts.ravel()[inside[1]].sum())
        if 0 < size < threshold:
            yield code, f"everybody, {window} to {last}", inside
        if size and min(employed, size - employed) < threshold and last < COHORTS[-1]:
            yield code, f"employed, {window} to {last}", inside[1]
