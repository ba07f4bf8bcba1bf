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
from partnerlib.measures.cells import WINDOWS, Cells, arrange
from partnerlib.measures.evidence import Evidence
from partnerlib.measures.populations import POPULATIONS, program_code
from partnerlib.measures.registry import Measure
from partnerlib.measures.summaries import Summary, summarise

GROUPED_KINDS = ("provider", "district", "state")
"""Kinds of unit large enough to be shown by subgroup."""


@dataclass(frozen=True)
class Observation:
    """What the data can and cannot say in a report year."""

    report_year: int
    first_cohort: int
    last_year: int
    """The last October collected, by its school year."""

    def status_of_nobody(self, cohorts: NDArray[np.int64], window: int, horizon: int) -> NDArray[np.object_]:
        """Why a cell has nobody in its denominator: too early to say, or the question applies to no one."""
        first = np.maximum(cohorts - window + 1, self.first_cohort)
        return np.where(first + horizon > self.last_year, "not_yet_observed", "not_applicable").astype(object)

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
    whole = pd.concat(pieces, ignore_index=True)
    whole.insert(list(table.COLUMNS).index("unit_name"), "unit_name", _names(evidence, whole))
    return table.checked(whole[list(table.COLUMNS)].astype(table.COLUMNS))


def _estimate_population(
    evidence: Evidence, report_year: int, name: str, measures: list[Measure], windows: tuple[int, ...]
) -> Iterator[pd.DataFrame]:
    if name not in POPULATIONS:
        raise DataError(f"measure {measures[0].name}: no population '{name}'; known: {', '.join(POPULATIONS)}")
    population = POPULATIONS[name]
    rows = population.frame(evidence)
    rows = rows.loc[rows["cohort"] <= report_year].reset_index(drop=True)
    if rows.empty:
        return
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
                        yield _rows(
                            entry, summary, cells, kept, seen, (group, value), population.sample_id(report_year)
                        )


def _groups(rows: pd.DataFrame, entry: Measure) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for group in entry.groups:
        words = rows[group].map({True: "yes", False: "no"}) if _is_flag(rows[group]) else rows[group]
        for value in sorted(words.dropna().astype("str").unique()):
            yield group, value, (words == value).fillna(False).to_numpy(bool)


def _is_flag(column: pd.Series) -> bool:
    return pd.api.types.is_bool_dtype(column.dtype)


def _rows(
    entry: Measure,
    summary: Summary,
    cells: Cells,
    kept: NDArray[np.bool_],
    seen: Observation,
    group: tuple[str, str],
    sample_id: str,
) -> pd.DataFrame:
    """The kept cells of one summary as rows of the estimates table (all but the units' names)."""
    at = np.flatnonzero(kept)
    unit, year = np.divmod(at, len(cells.cohorts))
    window, horizon = cells.window_years, entry.horizon + summary.horizon
    value, people, denominator = summary.value[at], summary.people[at], summary.denominator[at]
    if (
        cells.people_behind is None
        and summary.statistic not in ("mean", "count")
        and (people > denominator + 1e-6).any()
    ):
        raise DataError(
            f"measure {entry.name}: more people than rows in a {cells.unit_kind}; expected at most one each"
        )
    status = np.where(value == 0, "zero", "reported").astype(object)
    nobody = np.isnan(value)
    status[nobody] = seen.status_of_nobody(cells.cohorts, window, horizon)[year][nobody]
    notes = np.array([seen.note(int(cohort), window, horizon) for cohort in cells.cohorts], dtype=object)[year]
    is_small = (people < entry.minimum) & ~nobody
    small = f"fewer than {entry.minimum} people"
    notes = np.where(is_small, np.where(notes == "", small, notes + "; " + small), np.where(nobody, "", notes))
    names = [part for part in (group[0], summary.dimension) if part]
    values = [part for part in (group[1], summary.level) if part]
    return pd.DataFrame(
        {
            "report_year": seen.report_year,
            "measure": entry.name,
            "topic": entry.topic,
            "unit_kind": cells.unit_kind,
            "unit_code": cells.unit_codes[unit],
            "cohort": cells.cohorts[year],
            "window_years": window,
            "group": " x ".join(names),
            "group_value": " x ".join(values),
            "statistic": summary.statistic,
            "numerator": np.where(nobody, np.nan, summary.numerator[at]),
            "denominator": denominator,
            "people": people.round().astype(np.int64),
            "value": value,
            "low": summary.low[at],
            "high": summary.high[at],
            "status": status,
            "sample_id": sample_id,
            "note": notes,
        }
    )


def _listed(evidence: Evidence) -> Mapping[str, list[str]]:
    """Organizations that get a row even with nobody in it."""
    places = evidence.organizations
    codes = {
        role: sorted(places.loc[places["role"] == role, "organization_code"].astype(str).unique())
        for role in ("provider", "district")
    }
    return {**codes, "state": [STATE_CODE]}


def _names(evidence: Evidence, whole: pd.DataFrame) -> pd.Series:
    """What every unit is called: 'Provider', 'Provider: program', 'Provider and District', or 'State'."""
    places = evidence.organizations.drop_duplicates(["role", "organization_code"], keep="last")
    called = {
        role: rows.set_index("organization_code")["organization_name"].astype(str).to_dict()
        for role, rows in places.groupby("role")
    }
    providers, districts = called.get("provider", {}), called.get("district", {})
    programs = dict(zip(program_code(evidence.first_jobs), evidence.first_jobs["program_name"], strict=True))

    def name(kind: str, code: str) -> str:
        first, _, second = code.partition(":" if kind == "program" else "-")
        if kind == "state":
            return "State"
        if kind == "district":
            return districts.get(code, code)
        if kind == "partnership":
            return f"{providers.get(first, first)} and {districts.get(second, second)}"
        if kind == "program":
            return f"{providers.get(first, first)}: {programs.get(code, second)}"
        return providers.get(code, code)

    units = whole[["unit_kind", "unit_code"]].drop_duplicates()
    named = {unit: name(*unit) for unit in units.itertuples(index=False, name=None)}
    return pd.Series([named[unit] for unit in zip(whole["unit_kind"], whole["unit_code"], strict=True)], whole.index)
