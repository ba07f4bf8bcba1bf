"""The main job up to its numbers: build, link, estimate. Each step runs when something it reads has changed.

A step's key is a hash of what it reads and of the library's own code; it is written beside the step's result. The same
key means the same result, so nothing is computed twice and nothing stale is reported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import narwhals as nw
import pandas as pd

from partnerlib import build as building
from partnerlib import engine
from partnerlib.errors import DataError, ParameterError
from partnerlib.project import Project, code_sha256

if TYPE_CHECKING:
    from partnerlib.models.value_added import ValueAdded
    from partnerlib.panels import Panels

Progress = Callable[[str], None]
"""Told, in words, what the job is doing."""


def quiet(_message: str) -> None:
    """Progress for callers who want none."""


@dataclass(frozen=True)
class Prepared:
    """Processed tables that are up to date with the raw folder."""

    project: Project
    key: str
    """Hash of everything the tables were made from."""


def key_of(*parts: str) -> str:
    """The key of a result: a hash of what it is made from and of the library's own code."""
    return hashlib.sha256("\n".join((*parts, code_sha256())).encode()).hexdigest()


def is_current(result: Path, key: str) -> bool:
    """Whether a result stands there that was made from what a key stands for."""
    return result.is_file() and _mark_of(result)[0] == key


def _is_whole(result: Path, progress: Progress) -> bool:
    """Whether a result is, byte for byte, what was computed; told when it is not."""
    is_same = _mark_of(result)[1] == hashlib.sha256(result.read_bytes()).hexdigest()
    if not is_same:
        progress(f"{result}: changed since it was computed; it is computed again")
    return is_same


def _mark_of(result: Path) -> tuple[str, str]:
    """The key a result was marked with, and its hash; empty where there is no mark."""
    file = result.with_name(result.name + ".key")
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    key, _, content = text.partition("\n")
    return key, content


def mark(result: Path, key: str) -> None:
    """Note beside a result what it was made from, and what it is."""
    text = f"{key}\n{hashlib.sha256(result.read_bytes()).hexdigest()}"
    result.with_name(result.name + ".key").write_text(text, encoding="utf-8")


def prepare(project: Project, progress: Progress = quiet, force: bool = False) -> Prepared:
    """Build and link whatever is missing or stale; return the tables, ready to be read."""
    from partnerlib import link

    if force or not building.is_fresh(project):
        progress(f"reading {project.raw}")
        building.build(project, progress=progress, force=force)
    record = project.processed / "ingest_record.json"
    key = key_of(record.read_text(encoding="utf-8"))
    links = project.processed / "links.parquet"
    if force or not (is_current(links, key) and _is_whole(links, progress)):
        progress("linking candidates to educators")
        link.link(project.processed)
        mark(links, key)
    return Prepared(project, key)


def available_years(project: Project) -> list[int]:
    """Report years the tables can answer: those with a collection of educators, from the second on."""
    educators = pd.read_parquet(project.processed / "educators.parquet", columns=["school_year"])
    years = sorted(int(year) for year in educators["school_year"].unique())
    if len(years) < 2:
        raise DataError(
            f"{project.processed / 'educators.parquet'}: {len(years)} school years of educators; a report needs at "
            "least two, to say who stayed; add EPIMS staff rosters to the raw folder"
        )
    return years[1:]


def check_year(project: Project, year: int | None) -> int:
    """The report year asked for, or the newest one; a year outside the data is an error that names those inside."""
    years = available_years(project)
    if year is None:
        return years[-1]
    if year not in years:
        raise ParameterError(f"year {year}: outside the data, which can report {years[0]} to {years[-1]}")
    return year


def estimate(prepared: Prepared, year: int, progress: Progress = quiet) -> Path:
    """Every measure for every unit as of `year`: processed/estimates/<year>.parquet."""
    path = prepared.project.processed / "estimates" / f"{year}.parquet"
    key = key_of(prepared.key, str(year))
    if not (is_current(path, key) and _is_whole(path, progress)):
        from partnerlib.measures import estimate_all
        from partnerlib.panels import load_panels

        progress(f"measuring {year}")
        panels = load_panels(prepared.project.processed, as_of=year)
        models = value_added_models(panels)
        effects = pd.concat([model.teacher_effects for model in models.values()]) if models else None
        estimates = estimate_all(panels, year, teacher_effects=effects)
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.partial")
        estimates.to_parquet(staged, index=False)
        staged.replace(path)
        mark(path, key)
    return path


def value_added_models(panels: Panels) -> dict[str, ValueAdded]:
    """The value-added model of every subject with tested students in two years; none where nothing was tested."""
    from partnerlib.models.value_added import value_added
    from partnerlib.samples import tested_classrooms_id

    tested = engine.collect(
        panels.lazy_classrooms.filter(~nw.col("lag_score").is_null()).group_by("subject").agg(rows=nw.len())
    )
    sample_id = tested_classrooms_id(panels)
    return {
        subject: value_added(panels.lazy_classrooms, subject, sample_id=sample_id)
        for subject in sorted(tested["subject"])
    }
