"""The counts of every set in every cell of the estimates, as numbered arrays: relations of sets rest on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.disclosure.protection.relations import Relations
from partnerlib.disclosure.protection.shape import is_partial, labels

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

COUNTED, AMONG = "counted", "among"


@dataclass(frozen=True)
class Units:
    """Where a cell lies. Cells are numbered unit by unit, cohort by cohort, single years before windows."""

    kind: NDArray[np.object_]
    """Kind of every unit; provider and district are the numbers of the larger units it lies in, -1 for none."""
    provider: Ints
    district: Ints
    years: int

    def number(self, unit: Ints, year: Ints, is_window: NDArray[np.bool_]) -> Ints:
        return (unit * self.years + year) * 2 + is_window

    def unit(self, cell: Ints) -> Ints:
        return cell // (2 * self.years)

    def time(self, cell: Ints) -> Ints:
        """Cohort and window of a cell, as one number: twice the cohort's place, plus one for a window."""
        return cell % (2 * self.years)


@dataclass(frozen=True)
class Counts:
    """The counts of one set of people in every cell where it is observed."""

    measure: str
    level: str
    role: str
    statistic: str
    cell: Ints
    """Cell numbers, rising."""
    size: Floats

    @property
    def name(self) -> str:
        own = f"{self.measure}/{self.level}" if self.level else self.measure
        return own if self.role == COUNTED else f"of {own}"

    def at(self, cell: Ints) -> tuple[Floats, NDArray[np.bool_]]:
        """Counts at other cells, and whether they are observed there."""
        place = np.minimum(np.searchsorted(self.cell, cell), max(len(self.cell) - 1, 0))
        if not len(self.cell):
            return np.zeros(len(cell)), np.zeros(len(cell), dtype=bool)
        return self.size[place], self.cell[place] == cell


def counted_sets(estimates: pd.DataFrame, relations: Relations) -> tuple[list[Counts], Units]:
    """Every set counted or counted among, over the cells without a subgroup in which all cohorts are observed."""
    marks = labels(estimates, relations)
    plain = (marks["by"] == "")[marks["of_row"]]
    status = pd.Categorical(estimates["status"])
    unseen = np.isin(status.categories, ["not_yet_observed", "missing"])
    seen = plain & ~unseen[status.codes] & ~is_partial(estimates, marks["of_row"])
    kept = estimates.loc[seen, ["unit_kind", "unit_code", "cohort", "window_years", "statistic"]]
    numbers = {name: estimates[name].to_numpy(float)[seen] for name in ("numerator", "denominator", "people")}
    unit, places = _units(kept)
    cohort = kept["cohort"].to_numpy(np.int64)
    first = int(cohort.min()) if len(cohort) else 0
    units = Units(*places, years=int(cohort.max() - first + 1) if len(cohort) else 1)
    cell = units.number(unit, cohort - first, kept["window_years"].to_numpy() > 1)
    of_row = marks["of_row"][seen]
    order = np.lexsort((cell, of_row))
    bounds = np.searchsorted(of_row[order], np.arange(len(marks["by"]) + 1))
    statistic = pd.Categorical(kept["statistic"])
    found: list[Counts] = []
    for mark, (measure, level) in enumerate(zip(marks["measure"], marks["level"], strict=True)):
        rows = order[bounds[mark] : bounds[mark + 1]]
        if len(rows):
            kind = str(statistic.categories[statistic.codes[rows[0]]])
            found += _of_measure(measure, level, kind, cell[rows], {n: v[rows] for n, v in numbers.items()}, relations)
    return found, units


def _of_measure(
    measure: str, level: str, statistic: str, cell: Ints, numbers: dict[str, Floats], relations: Relations
) -> Iterator[Counts]:
    size = numbers["people"] if measure in relations.weighted else numbers["denominator"]
    yield Counts(measure, level, AMONG, statistic, cell, size)
    if statistic in ("count", "rate", "share"):
        yield Counts(measure, level, COUNTED, statistic, cell, np.nan_to_num(numbers["numerator"]))


def _units(cells: pd.DataFrame) -> tuple[Ints, tuple[NDArray[np.object_], Ints, Ints]]:
    kinds, codes = pd.Categorical(cells["unit_kind"]), pd.Categorical(cells["unit_code"])
    pair, known = pd.factorize(kinds.codes.astype(np.int64) * (len(codes.categories) + 1) + codes.codes)
    known_kind, known_code = np.divmod(np.asarray(known, dtype=np.int64), len(codes.categories) + 1)
    kind = np.asarray(kinds.categories, dtype=object)[known_kind]
    code = np.asarray(codes.categories, dtype=object)[known_code]
    place = {(k, c): number for number, (k, c) in enumerate(zip(kind, code, strict=True))}
    provider, district = np.full(len(kind), -1), np.full(len(kind), -1)
    for number, (k, c) in enumerate(zip(kind, code, strict=True)):
        if k == "program":
            provider[number] = place.get(("provider", c.partition(":")[0]), -1)
        elif k == "partnership":
            own, _, other = c.partition("-")
            provider[number], district[number] = place.get(("provider", own), -1), place.get(("district", other), -1)
    return pair.astype(np.int64), (kind, provider, district)
