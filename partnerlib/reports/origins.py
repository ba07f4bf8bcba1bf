"""Where the people of a measure come from: who was left out, step by step, and which collections tell.

The ledger here is in words. How many people each step dropped is a number about few, and stays inside the agency.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd

from partnerlib.measures.populations import POPULATIONS
from partnerlib.sources import all_sources

PREPARATION = ("cap", "completers")
STAFF = ("staff_roster", "work_assignment")
CLASSES = ("course_schedule", "student_tests")
PLACES = ("organization_directory",)

COLLECTIONS = {
    "placements": (*PREPARATION, *STAFF, "evaluations", "sims", *PLACES),
    "completers": (*PREPARATION, *STAFF),
    "hosted_completers": (*PREPARATION, *STAFF),
    "hired_non_equivalents": (*PREPARATION, *STAFF, *PLACES),
    "new_hires": (*PREPARATION, *STAFF, "sims", *PLACES),
    "teachers": STAFF,
    "new_teachers": (*PREPARATION, *STAFF),
    "teaching_years": (*PREPARATION, *STAFF),
    "beginners": (*PREPARATION, *STAFF),
    "novices": (*PREPARATION, *STAFF, "evaluations"),
    "novice_classrooms": (*PREPARATION, *STAFF, *CLASSES),
    "novice_effects": (*PREPARATION, *STAFF, *CLASSES, "sims"),
    "host_classrooms": (*PREPARATION, *STAFF, *CLASSES),
    "survey_responses": ("surveys",),
    "placement_ties": ("cap",),
    "hiring_ties": (*PREPARATION, *STAFF),
}
"""For each population the raw collections its people and their answers are read from, in the order they are joined."""

_CANDIDATE = (
    "candidate_id", "is_completer", "placement_school_code", "is_practicum_equivalent", "completion_year",
    "first_job_year", "first_job_is_teacher", "placement_year",
)  # fmt: skip
_TEACHER = ("mepid", "is_teacher", "school_year", "is_beginner", "outcome")
"""Columns the rules of samples ask for."""


def _nobody(columns: tuple[str, ...]) -> pd.DataFrame:
    types: dict[str, Any] = {name: "boolean" if name.startswith("is_") else "Int64" for name in columns}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})


@dataclass(frozen=True)
class _NoEvidence:
    """Panels without anybody in them: the rule of a sample can be read from them, and no number."""

    first_jobs: pd.DataFrame = field(default_factory=lambda: _nobody(_CANDIDATE))
    careers: pd.DataFrame = field(default_factory=lambda: _nobody(_TEACHER))
    school_years: tuple[int, int] = (0, 0)
    as_of: int = 0


@cache
def left_out(population: str) -> tuple[str, ...]:
    """Who starts in a sample and who is left out of it, step by step, in words; empty where no rule is on file."""
    rule = POPULATIONS[population].rule
    if rule is None:
        return ()
    everyone, *reasons = rule(_NoEvidence()).ledger["reason"]
    return (f"starts from {everyone}", *(f"left out: {reason}" for reason in reasons))


@cache
def collections(population: str) -> tuple[str, ...]:
    """Titles of the raw collections behind a population."""
    titles = {source.name: source.title for source in all_sources()}
    return tuple(titles[name] for name in COLLECTIONS[population])
