"""Does where a candidate is placed change whether, and where, they are hired? A ladder of specifications.

Placement is selected: stronger candidates get nearer, better-staffed schools. One number would hide that, so the same
question is always answered several times: raw, with candidate traits, within provider and completion year, and within
the school of the practicum. The same models of what was there before the placement must find nothing (placebo).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pandas as pd

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.models.design import require_columns, varies_within
from partnerlib.models.linear import Question, linear
from partnerlib.models.logit import logit
from partnerlib.models.results import Estimates

CANDIDATE_TRAITS = ("license_field", "program_level", "grade_point_average", "gender", "race_ethnicity")
PROVIDER_BY_YEAR = "provider_code^completion_year"
PLACEMENT_SCHOOL = "placement_school_code"
SPECIFICATIONS = ("raw", "+ candidate traits", "+ provider by year", "+ placement school")

OUTCOMES = {
    "employed_first_october": "is teaching in a public school of the state on the first October after completion",
    "employed_within_2_years": "is teaching in a public school of the state within two Octobers of completion",
    "employed_within_3_years": "is teaching in a public school of the state within three Octobers of completion",
    "hired_in_placement_school": "has the first job in the school of the practicum",
    "hired_in_placement_district": "has the first job in the district of the practicum",
    "first_job_is_high_needs": "has the first job in a high-needs school",
}
HIRED_WHERE_PLACED = ("hired_in_placement_school", "hired_in_placement_district")

HIRING_CAN_BE_WRONG = (
    "Stronger candidates may be placed in the schools that hire more; traits the data lack stay in the estimate.",
    "Jobs in private schools and other states are not seen: not found here is not the same as not employed.",
    "A placement can change who completes; only completers are asked about their first job.",
)

Estimator = Literal["linear", "logit"]
ESTIMANDS = {"linear": "difference in the probability", "logit": "difference in the log odds"}


def hiring_ladder(
    first_jobs: pd.DataFrame,
    *,
    outcome: str,
    exposures: Sequence[str],
    sample_id: str,
    estimator: Estimator = "linear",
    traits: Sequence[str] = CANDIDATE_TRAITS,
    cluster: str = "placement_school_code",
) -> tuple[Estimates, ...]:
    """How much more likely the outcome is per unit of each exposure: raw, with traits, within provider and year, and
    within placement school.

    `linear` gives percentage points (as shares), `logit` log odds. All specifications are fitted on the rows the first
    can use, except that provider-years in which everybody or nobody has the outcome drop out of the last logit. The
    step within placement schools is linear alone (an intercept for some ten people bends log odds), and without
    exposures that never vary within a school.

    Errors
        clustered by the placement school, where the exposure is assigned
    """
    if outcome not in OUTCOMES:
        raise ParameterError(f"hiring outcome '{outcome}': {did_you_mean(outcome, OUTCOMES)}")
    if estimator not in ESTIMANDS:
        raise ParameterError(f"estimator '{estimator}': {did_you_mean(estimator, ESTIMANDS)}")
    require_columns(first_jobs, [outcome, *exposures, *traits, cluster, "candidate_id"], "hiring ladder")
    _refuse_teachers_of_record(first_jobs, outcome)
    question = hiring_question(outcome, exposures, sample_id, estimator, cluster)
    known = first_jobs.dropna(subset=["provider_code", "completion_year"])
    fit = linear if estimator == "linear" else logit
    raw, with_traits, within, within_schools = SPECIFICATIONS
    results: tuple[Estimates, ...] = (
        fit(known, question, raw),
        fit(known, question, with_traits, covariates=traits),
        fit(known, question, within, covariates=traits, effects=[PROVIDER_BY_YEAR]),
    )
    varying = tuple(name for name in exposures if varies_within(known, name, PLACEMENT_SCHOOL, outcome))
    if estimator == "linear" and varying:
        asked = replace(question, exposures=varying)
        found = fit(known, asked, within_schools, covariates=traits, effects=[PROVIDER_BY_YEAR, PLACEMENT_SCHOOL])
        fixed = [name for name in exposures if name not in varying]
        results = (*results, found.caution(f"Never different within a school: {', '.join(fixed)}.") if fixed else found)
    absent = len(first_jobs) - len(known)
    if not absent:
        return results
    sentence = f"{absent:,} of {len(first_jobs):,} rows have no provider or completion year and are left out."
    return tuple(result.caution(sentence) for result in results)


def hiring_question(
    outcome: str,
    exposures: Sequence[str],
    sample_id: str,
    estimator: Estimator = "linear",
    cluster: str = "placement_school_code",
) -> Question:
    """The question that every step of the ladder answers, for `selection_bounds` and models of one's own."""
    return Question(
        outcome=outcome,
        exposures=tuple(exposures),
        estimand=f"{ESTIMANDS[estimator]} that a candidate {OUTCOMES[outcome]}",
        cluster=cluster,
        person="candidate_id",
        sample_id=sample_id,
        wrong_if=HIRING_CAN_BE_WRONG,
    )


BEFORE_PLACEMENT = {"grade_point_average": "grade point average at admission"}
"""What was settled before anybody was placed, and so cannot be an effect of the placement."""


def placebo_ladder(
    first_jobs: pd.DataFrame,
    *,
    exposures: Sequence[str],
    sample_id: str,
    outcome: str = "grade_point_average",
    traits: Sequence[str] = ("license_field", "program_level", "gender", "race_ethnicity"),
    cluster: str = "placement_school_code",
) -> tuple[Estimates, ...]:
    """The hiring ladder on something that was there before the placement: what is not zero here is selection.

    Source
        Imbens & Wooldridge (2009), section 5.11: estimating an effect known to be zero
    """
    if outcome not in BEFORE_PLACEMENT:
        raise ParameterError(f"placebo outcome '{outcome}': {did_you_mean(outcome, BEFORE_PLACEMENT)}")
    question = Question(
        outcome=outcome,
        exposures=tuple(exposures),
        estimand=f"difference in {BEFORE_PLACEMENT[outcome]}, which no placement can have changed",
        cluster=cluster,
        person="candidate_id",
        sample_id=sample_id,
        wrong_if=("A placement agreed on before admission could change who applies.",),
    )
    known = first_jobs.dropna(subset=["provider_code", "completion_year"])
    raw, with_traits, within, _ = SPECIFICATIONS
    return (
        linear(known, question, raw),
        linear(known, question, with_traits, covariates=traits),
        linear(known, question, within, covariates=traits, effects=[PROVIDER_BY_YEAR]),
    )


def _refuse_teachers_of_record(first_jobs: pd.DataFrame, outcome: str) -> None:
    """For practicum equivalents the school of the practicum is the job: hired where placed is true by construction."""
    if outcome not in HIRED_WHERE_PLACED or "is_practicum_equivalent" not in first_jobs:
        return
    teachers_of_record = int(first_jobs["is_practicum_equivalent"].fillna(False).astype(bool).sum())
    if teachers_of_record:
        raise DataError(
            f"hiring ladder: {teachers_of_record:,} practicum equivalents in the sample, for whom {outcome} is true by "
            "construction; use the sample of non-equivalents"
        )
