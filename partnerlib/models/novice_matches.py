"""Does it help a novice to teach what, whom and where the practicum was? Grade, subject, kind of school, students.

Each match is an exposure of its own, and of what is not known on one side nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns
from partnerlib.models.few_clusters import climb, linear_few_clusters
from partnerlib.models.linear import Question
from partnerlib.models.new_teachers import NOVICE_YEARS, novice_effects
from partnerlib.models.results import Estimates
from partnerlib.models.tested_grades import Seen, seen_in_tested_grades, with_and_without_weights
from partnerlib.models.value_added import ValueAdded

MATCHES = ("same_grade", "same_subject", "same_grade_level", "same_high_needs")
TRAITS = ("license_field", "program_level", "grade_point_average", "gender", "race_ethnicity")
KNOWN_OF_ALL = ("license_field", "program_level", "gender")
"""Traits that are on file of every hired completer, in a tested grade or not."""
CLUSTER = "first_job_school_code"
MATCHES_CAN_BE_WRONG = (
    "Who finds a job that matches the practicum is chosen, by schools and by candidates.",
    "Matches come together: a job in the same school is in the same kind of school with the same students.",
    "Only novices in tested grades and subjects are seen.",
)


def placement_matches(hired: pd.DataFrame, subjects: pd.DataFrame | None = None) -> pd.DataFrame:
    """The frame with a match column each: same grade, subject, level of school, and share of high-needs students.

    Columns added
        same_grade        main grade of the practitioner and of the first job (as in first jobs)
        same_subject      course area of the practitioner and of the first job, where `subjects` gives the latter
        same_grade_level  placement and first job in an early, elementary, middle or high school alike
        same_high_needs   both schools high-needs, or neither
    Parameters
        subjects  mepid, first_job_course_area
    """
    pairs = {
        "same_grade": ("placement_grade", "first_job_grade"),
        "same_subject": ("practitioner_course_area", "first_job_course_area"),
        "same_grade_level": ("placement_grade_level", "first_job_grade_level"),
        "same_high_needs": ("placement_is_high_needs", "first_job_is_high_needs"),
    }
    rows = hired if subjects is None else hired.merge(subjects.drop_duplicates("mepid"), on="mepid", how="left")
    found = {}
    for name, (one, other) in pairs.items():
        if one in rows and other in rows:
            a, b = rows[one].astype("string"), rows[other].astype("string")
            found[name] = (a == b).astype("boolean").mask(a.isna() | b.isna())
    return rows.assign(**found)


def match_ladder(
    models: Sequence[ValueAdded],
    hired: pd.DataFrame,
    *,
    sample_id: str,
    exposures: Sequence[str] = MATCHES,
    covariates: Sequence[str] = TRAITS,
    cluster: str = CLUSTER,
) -> tuple[Estimates, ...]:
    """Value added of novices in matched jobs against others: raw, with experience, with traits, within providers.

    Formula
        effect of the year (unshrunken, weighted by precision: `variance_components.as_outcome`) = matches + covariates.
        Weights by students would let a few teachers of many classes decide: their years are hardly more precise
    Errors
        CR2 by job school, Satterthwaite degrees of freedom
    """
    rows, question, adjusted = _asked(models, hired, exposures, cluster, sample_id)
    everything = (*adjusted, *(trait for trait in covariates if trait in rows))
    rungs: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
        ("raw", (), ()),
        ("+ experience", adjusted, ()),
        ("+ candidate traits", everything, ()),
        ("+ provider", everything, ("provider_code",)),
    )
    return climb(
        rungs,
        lambda name, terms, absorbed: linear_few_clusters(rows, question, name, terms, absorbed, weights="precision"),
    )


def matches_weighted_to_all(
    models: Sequence[ValueAdded],
    hired: pd.DataFrame,
    *,
    sample_id: str,
    exposures: Sequence[str] = MATCHES,
    traits: Sequence[str] = KNOWN_OF_ALL,
    cluster: str = CLUSTER,
) -> tuple[Seen, tuple[Estimates, Estimates]]:
    """Which novices are in tested grades, and what the matches would mean to all: the second rung, plain and weighted.

    All are the hired completers whose first two years fall into years with value added; the others could not be seen
    in any grade.

    Returns
        those seen against all, trait by trait (`tested_grades.seen_in_tested_grades`); estimates as they are, and with
        those seen weighted to look like all
    """
    rows, question, adjusted = _asked(models, hired, exposures, cluster, sample_id)
    years = pd.concat([model.teacher_effects["school_year"] for model in models])
    could_be = hired["first_job_year"].between(years.min() - NOVICE_YEARS + 1, years.max()).fillna(False)
    everyone = hired[could_be.astype(bool)].dropna(subset=["mepid"]).drop_duplicates("mepid")
    everyone = everyone.set_index(everyone["mepid"].to_numpy())
    selection = seen_in_tested_grades(everyone, everyone["mepid"].isin(rows["mepid"]), traits)
    rows = rows.set_index(rows["mepid"].to_numpy())
    return selection, with_and_without_weights(rows, question, selection, adjusted, precision="precision")


def _asked(
    models: Sequence[ValueAdded], hired: pd.DataFrame, exposures: Sequence[str], cluster: str, sample_id: str
) -> tuple[pd.DataFrame, Question, tuple[str, ...]]:
    """Novices' effects in all subjects, what is asked of them, and the covariates of every rung but the first."""
    require_columns(hired, ["mepid", "first_job_year", cluster, *exposures], "matches of placement and job")
    effects = pd.concat([model.teacher_effects for model in models], ignore_index=True)
    rows = novice_effects(effects, hired)
    if rows.empty:
        raise DataError("matches of placement and job: no novice of the sample teaches a tested grade and subject")
    question = Question(
        outcome="effect",
        exposures=tuple(exposures),
        estimand="difference in value added between novices whose job matches their practicum and others, in score SD",
        cluster=cluster,
        person="mepid",
        sample_id=sample_id,
        wrong_if=MATCHES_CAN_BE_WRONG,
    )
    # Grade level: matches are commoner where effects are measured against other colleagues.
    level = [name for name in ("first_job_grade_level",) if name in rows]
    return rows, question, ("experience_years", "subject", *level)
