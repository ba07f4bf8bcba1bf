"""Every measure for every unit, cohort and window, in one tidy table.

Nothing loops over units: rows are sorted into cells once for each population, and every measure is added up over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.codes import STATE_CODE, year_label
from partnerlib.errors import DataError
from partnerlib.measures import estimates as table
from partnerlib.measures.assembly import Piece, assembled
from partnerlib.measures.cells import WINDOWS, Cells, arrange
from partnerlib.measures.contributions import none
from partnerlib.measures.evidence import Evidence
from partnerlib.measures.populations import POPULATIONS
from partnerlib.measures.registry import Measure
from partnerlib.measures.summaries import Summary, summarise
from partnerlib.tables import STATUSES

GROUPED_KINDS = ("provider", "state")
"""Kinds of unit large enough to be shown by subgroup."""

_REPORTED, _ZERO, _NOT_APPLICABLE, _NOT_YET = (
    STATUSES.index(status) for status in ("reported", "zero", "not_applicable", "not_yet_observed")
)


@dataclass(frozen=True)
class Observation:
    """What the data can and cannot say in a report year."""

    report_year: int
    first_cohort: int
    last_year: int
    """The last October collected, by its school year."""

    def status_of_nobody(self, cohorts: NDArray[np.int64], window: int, horizon: int) -> NDArray[np.int64]:
        """Why a cell has nobody in its denominator: too early to say, or the question applies to no one."""
        first = np.maximum(cohorts - window + 1, self.first_cohort)
        return np.where(first + horizon > self.last_year, _NOT_YET, _NOT_APPLICABLE)

    def note(self, cohort: int, window: int, horizon: int) -> str:
        """Which cohorts of a window the number rests on, when it is not all of them."""
        first, last = max(cohort - window + 1, self.first_cohort), min(cohort, self.last_year - horizon)
        if window == 1 or first > last or (first, last) == (cohort - window + 1, cohort):
            return ""
        seen = year_label(first) if first == last else f"{year_label(first)} to {year_label(last)}"
        return f"rests on {seen} of {window} cohorts"


def estimate(
    evidence: Evidence, report_year: int, measures: Iterable[Measure], windows: Iterable[int] = WINDOWS
) -> pd.DataFrame:
    """The estimates of some measures as of a report year; columns and promises are those of `estimates.checked`."""
    wanted: dict[str, list[Measure]] = {}
    for entry in measures:
        wanted.setdefault(entry.sample, []).append(entry)
    pieces = [
        piece
        for name, entries in wanted.items()
        for piece in _estimate_population(evidence, report_year, name, entries, tuple(windows))
    ]
    if not pieces:
        return table.empty()
    return table.checked(assembled(pieces, evidence))


def _estimate_population(
    evidence: Evidence, report_year: int, name: str, measures: list[Measure], windows: tuple[int, ...]
) -> Iterator[Piece]:
    if name not in POPULATIONS:
        raise DataError(f"measure {measures[0].name}: no population '{name}'; known: {', '.join(POPULATIONS)}")
    population = POPULATIONS[name]
    rows = population.frame(evidence)
    rows = rows.loc[rows["cohort"] <= report_year].reset_index(drop=True)
    if rows.empty:
        return
    sample_id = population.sample_id(evidence, report_year)
    seen = Observation(report_year, int(rows["cohort"].min()), min(int(max(evidence.school_years)), report_year))
    kinds = {kind for entry in measures for kind in entry.unit}
    arranged = {w: arrange(rows, kinds, w, report_year, _listed(evidence)) for w in windows}
    for entry in measures:
        result = entry.compute(rows)
        is_observable = (rows["cohort"] + entry.horizon <= seen.last_year).to_numpy()
        groups = [("", "", np.ones(len(rows), bool)), *_groups(rows, entry)]
        for cells_by_kind in arranged.values():
            for kind in entry.unit:
                for group, value, is_in in groups if kind in GROUPED_KINDS else groups[:1]:
                    cells = cells_by_kind[kind]
                    present = cells.only(is_in) if group else cells
                    kept = cells.is_kept if not group else np.bincount(present.cell, minlength=cells.count) > 0
                    for summary in summarise(result, present.only(is_observable)):
                        yield _piece(entry, summary, cells, kept, seen, (group, value), sample_id)


def _groups(rows: pd.DataFrame, entry: Measure) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for group in entry.groups:
        words = rows[group].map({True: "yes", False: "no"}) if _is_flag(rows[group]) else rows[group]
        for value in sorted(words.dropna().astype("str").unique()):
            yield group, value, (words == value).fillna(False).to_numpy(bool)


def _is_flag(column: pd.Series) -> bool:
    return pd.api.types.is_bool_dtype(column.dtype)


def _piece(
    entry: Measure,
    summary: Summary,
    cells: Cells,
    kept: NDArray[np.bool_],
    seen: Observation,
    group: tuple[str, str],
    sample_id: str,
) -> Piece:
    """The kept cells of one summary; text that repeats is kept as numbers until all pieces are put together."""
    at = np.flatnonzero(kept)
    unit, year = np.divmod(at, len(cells.cohorts))
    window, horizon = cells.window_years, entry.horizon + summary.horizon
    why_nobody = seen.status_of_nobody(cells.cohorts, window, horizon)[year]
    # A curve that reached zero says so in every later year, but not before those years have been observed.
    is_known = why_nobody != _NOT_YET
    value = np.where(is_known, summary.value[at], np.nan)
    people, denominator = summary.people[at] * is_known, summary.denominator[at] * is_known
    if (
        cells.people_behind is None
        and summary.statistic not in ("mean", "count")
        and (people > denominator + 1e-6).any()
    ):
        raise DataError(
            f"measure {entry.name}: more people than rows in a {cells.unit_kind}; expected at most one each"
        )
    nobody = np.isnan(value)
    is_small = (people < entry.minimum) & ~nobody
    contributions = none(cells.count) if summary.contributions is None else summary.contributions
    notes = [seen.note(int(cohort), window, horizon) for cohort in cells.cohorts]
    return Piece(
        same={
            "report_year": seen.report_year,
            "measure": entry.name,
            "topic": entry.topic,
            "unit_kind": cells.unit_kind,
            "window_years": window,
            "group": " x ".join(part for part in (group[0], summary.dimension) if part),
            "group_value": " x ".join(part for part in (group[1], summary.level) if part),
            "statistic": summary.statistic,
            "sample_id": sample_id,
        },
        unit_codes=cells.unit_codes,
        unit=unit,
        notes=[*notes, *(_remarked(note, entry.minimum) for note in notes), ""],
        note=np.where(nobody, 2 * len(notes), np.where(is_small, len(notes) + year, year)),
        numbers={
            "cohort": cells.cohorts[year],
            "numerator": np.where(nobody, np.nan, summary.numerator[at]),
            "denominator": denominator,
            "people": people.round().astype(np.int64),
            "value": value,
            "low": np.where(nobody, np.nan, summary.low[at]),
            "high": np.where(nobody, np.nan, summary.high[at]),
            "status": np.where(nobody, why_nobody, np.where(value == 0, _ZERO, _REPORTED)),
            **contributions.at(at, ~nobody),
        },
    )


def _remarked(note: str, minimum: int) -> str:
    return "; ".join(part for part in (note, f"fewer than {minimum} people") if part)


def _listed(evidence: Evidence) -> Mapping[str, list[str]]:
    """Organizations that get a row even with nobody in it."""
    places = evidence.organizations
    codes = {
        role: sorted(places.loc[places["role"] == role, "organization_code"].astype(str).unique())
        for role in ("provider", "district")
    }
    return {**codes, "state": [STATE_CODE]}
