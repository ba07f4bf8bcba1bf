"""Everything measures are computed from, as frames; taken from the panels, or invented in a test.

The large things are functions: they are asked for only when a measure needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import narwhals as nw
import pandas as pd

if TYPE_CHECKING:
    from partnerlib.panels import Panels

TEACHER_EFFECTS = ("mepid", "school_year", "subject", "effect", "effect_shrunken", "reliability", "n_students")
"""Columns of the teacher effects a value-added model hands over."""


@dataclass(frozen=True)
class Evidence:
    """The panels and tables behind the measures of one report year."""

    school_years: tuple[int, int]
    """First and last school year with an October collection."""
    organizations: pd.DataFrame
    """organization_code, role, organization_name: who gets a row, and under which name."""
    first_jobs: pd.DataFrame
    """Candidate: practicum, completion, link and first job."""
    careers: pd.DataFrame
    """Person by October at work."""
    retention: Callable[[int], pd.DataFrame]
    """Years -> mepid, school_year, retained_<level>, retained_<level>_throughout: who is still there after so long."""
    classroom_means: Callable[[], pd.DataFrame]
    """mepid, school_year, subject, students (shared ones in part), sgp and score: means over a teacher's students."""
    evaluations: Callable[[], pd.DataFrame]
    """mepid, school_year, district_code, overall_rating."""
    survey_responses: Callable[[], pd.DataFrame]
    """response_id, survey, school_year, provider_code, school_code, readiness, item_1 to item_5."""
    teacher_effects: pd.DataFrame | None = None
    """Value added of teachers, when a model has estimated it."""

    @property
    def as_of(self) -> int:
        """The school year the evidence looks from."""
        return self.school_years[1]


def evidence(panels: Panels, teacher_effects: pd.DataFrame | None = None) -> Evidence:
    """The evidence in the panels of one processed folder."""
    return Evidence(
        school_years=panels.school_years,
        organizations=panels.organizations,
        first_jobs=panels.first_jobs,
        careers=panels.careers,
        retention=cache(panels.retention),
        classroom_means=cache(lambda: classroom_means(panels.lazy_classrooms)),
        evaluations=cache(lambda: panels.processed.collect("evaluations")),
        survey_responses=cache(lambda: panels.processed.collect("survey_responses")),
        teacher_effects=teacher_effects,
    )


def classroom_means(classrooms: nw.LazyFrame) -> pd.DataFrame:
    """Mean growth percentile and mean standard score of each teacher's students, by year and subject.

    A student shared by two teachers counts half for each. Added up by the engine: nine million rows never reach pandas.
    """
    weight = nw.col("weight")
    grown, tested = ~nw.col("sgp").is_null(), ~nw.col("score").is_null()
    sums = classrooms.group_by("mepid", "school_year", "subject").agg(
        sgp_students=nw.when(grown).then(weight).otherwise(nw.lit(0.0)).sum(),
        sgp_sum=(weight * nw.col("sgp")).sum(),
        students=nw.when(tested).then(weight).otherwise(nw.lit(0.0)).sum(),
        score_sum=(weight * nw.col("score")).sum(),
    )
    found = sums.collect("pyarrow").to_native().to_pandas()
    return found.assign(
        school_year=found["school_year"].astype("int64"),
        sgp=found["sgp_sum"] / found["sgp_students"].where(found["sgp_students"] > 0),
        score=found["score_sum"] / found["students"].where(found["students"] > 0),
    ).drop(columns=["sgp_sum", "score_sum"])
