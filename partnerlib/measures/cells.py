"""Which rows count for which unit, cohort and window: the grouping every measure gets without writing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.codes import STATE_CODE

UNIT_KINDS = ("provider", "program", "district", "partnership", "state")
"""Every kind of unit a number is computed for. A partnership is a provider with a district."""

WINDOWS = (1, 3)
"""School years pooled: a single cohort, and the three that end with it."""

_LISTED = ("provider", "district", "state")
"""Kinds whose every unit gets a row every year, so that an empty page can say why it is empty."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def added(cell: Ints, count: int, values: Floats | None = None) -> Floats:
    """Sum of the values of each cell, or the number of its entries."""
    return np.bincount(cell, values, count).astype(np.float64)


@dataclass(frozen=True)
class Cells:
    """The rows of a sample sorted into cells: one for each unit and last cohort of the window."""

    unit_kind: str
    window_years: int
    rows: Ints
    """Positions in the sample, by cell and person; a row stands once for each window that holds its cohort."""
    cell: Ints
    """Number of the cell of each of `rows`."""
    unit_codes: NDArray[np.object_]
    cohorts: Ints
    """Cells are numbered unit by unit, cohort by cohort: cell = unit * len(cohorts) + cohort."""
    person: Ints
    """Person of every row of the sample, as a number."""
    people_behind: Floats | None
    """People every row of the sample stands for, when its rows are not people (ties between organizations)."""
    is_kept: NDArray[np.bool_]
    """Whether a cell gets a row: all of a listed kind, else those somebody is in."""
    larger: Mapping[str, Cells]
    """Cells of the kinds of unit that this kind lies in."""
    larger_cell: Mapping[str, Ints]
    """For each of those kinds, the cell that every cell of this kind lies in."""

    @property
    def _width(self) -> int:
        return len(self.person) + 1

    @property
    def count(self) -> int:
        return len(self.unit_codes) * len(self.cohorts)

    def only(self, is_in: NDArray[np.bool_]) -> Cells:
        """The same cells with only the rows of the sample marked true."""
        kept = is_in[self.rows]
        return replace(
            self,
            rows=self.rows[kept],
            cell=self.cell[kept],
            larger={kind: cells.only(is_in) for kind, cells in self.larger.items()},
        )

    def people(self, rows: Ints, cell: Ints) -> Floats:
        """Distinct people of each cell among the rows given, in the order of `rows`: someone's rows adjoin."""
        if self.people_behind is not None:
            return added(cell, self.count, self.people_behind[rows])
        pairs = cell * self._width + self.person[rows]
        is_first = np.ones(len(pairs), bool)
        is_first[1:] = pairs[1:] != pairs[:-1]
        return added(cell[is_first], self.count)


def unit_of_rows(frame: pd.DataFrame, unit_kind: str) -> pd.Series:
    """The unit of `unit_kind` every row belongs to; null where it belongs to none."""
    if unit_kind == "state":
        return pd.Series(STATE_CODE, index=frame.index, dtype="str")
    if unit_kind == "partnership":
        return frame["provider_code"].astype("str") + "-" + frame["district_code"].astype("str")
    return frame[f"{unit_kind}_code"].astype("str")


def arrange(
    frame: pd.DataFrame,
    unit_kinds: Iterable[str],
    window_years: int,
    last_year: int,
    listed: Mapping[str, Iterable[str]],
) -> dict[str, Cells]:
    """Sort a sample's rows into the cells of every kind of unit.

    Parameters
        frame: columns cohort, person (or people), provider_code, program_code, district_code as its kinds need them
        listed: units that get a row even with nobody in them, by kind
    """
    kinds = [kind for kind in ("state", "district", "provider", "program", "partnership") if kind in set(unit_kinds)]
    year = frame["cohort"].to_numpy(np.int64)
    first = int(year.min()) if len(year) else last_year
    cohorts = np.arange(first, last_year + 1)
    person = pd.factorize(frame["person"])[0].astype(np.int64) if "person" in frame else np.arange(len(frame))
    behind = frame["people"].to_numpy(float) if "people" in frame else None
    shifts = range(window_years)
    in_window = [np.flatnonzero(year + shift <= last_year) for shift in shifts]
    rows = np.concatenate(in_window)
    ends = np.concatenate([year[found] + shift - first for shift, found in zip(shifts, in_window, strict=True)])
    units: dict[str, tuple[Ints, NDArray[np.object_]]] = {}
    done: dict[str, Cells] = {}
    for kind in kinds:
        seen, codes = pd.factorize(unit_of_rows(frame, kind))
        known = np.asarray(codes, dtype=object)
        extra = [code for code in listed.get(kind, ()) if code not in set(known)] if kind in _LISTED else []
        known = np.concatenate([known, np.asarray(extra, dtype=object)])
        units[kind] = (seen.astype(np.int64), known)
        belongs = seen[rows] >= 0
        kept_rows, cell = rows[belongs], seen[rows][belongs] * len(cohorts) + ends[belongs]
        order = np.lexsort((person[kept_rows], cell))
        kept_rows, cell = kept_rows[order], cell[order]
        size = len(known) * len(cohorts)
        kept = np.ones(size, bool) if kind in _LISTED else np.bincount(cell, minlength=size) > 0
        larger = {other: done[other] for other in _larger_kinds(kind) if other in done}
        done[kind] = Cells(
            unit_kind=kind,
            window_years=window_years,
            rows=kept_rows,
            cell=cell,
            unit_codes=known,
            cohorts=cohorts,
            person=person,
            people_behind=behind,
            is_kept=kept,
            larger=larger,
            larger_cell={other: _cell_in(units[kind], units[other], len(cohorts)) for other in larger},
        )
    return done


def _larger_kinds(kind: str) -> tuple[str, ...]:
    return {
        "provider": ("state",),
        "program": ("state",),
        "district": ("state",),
        "partnership": ("district", "state"),
        "state": (),
    }[kind]


def _cell_in(small: tuple[Ints, NDArray[np.object_]], large: tuple[Ints, NDArray[np.object_]], cohorts: int) -> Ints:
    """The larger unit's cell for every cell of the smaller kind; listed units nobody is in lie in the first."""
    unit = np.zeros(len(small[1]), dtype=np.int64)
    belongs = small[0] >= 0
    unit[small[0][belongs]] = large[0][belongs]
    return (unit[:, None] * cohorts + np.arange(cohorts)[None, :]).ravel()
