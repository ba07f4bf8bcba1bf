"""Who is placed where? The selection that every later comparison has to live with."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from partnerlib.models.design import require_columns
from partnerlib.models.linear import Question, linear
from partnerlib.models.results import Estimates

PLACEMENT_CAN_BE_WRONG = (
    "What providers and schools know of a candidate beyond the traits on file is not seen, and may drive placement.",
    "A candidate's wishes and a school's refusals are mixed: this describes who ends up where, not who chose.",
)

OUTCOMES = {
    "placement_is_high_needs": "difference in the probability of a practicum in a high-needs school",
    "practitioner_is_eligible": "difference in the probability of an eligible supervising practitioner",
    "placement_distance_miles": "difference in miles from the provider to the practicum",
}


def placement_ladder(
    placed: pd.DataFrame,
    *,
    sample_id: str,
    outcome: str = "placement_is_high_needs",
    exposures: Sequence[str] = ("grade_point_average",),
    traits: Sequence[str] = ("license_field", "program_level", "gender", "race_ethnicity"),
    cluster: str = "placement_school_code",
) -> tuple[Estimates, ...]:
    """How placements differ with candidates' strength: raw, with other traits, and within provider and year.

    Formula
        outcome = exposures b (+ traits c) (+ provider by placement year) + error, least squares
    Errors
        CR1 by placement school, where candidates are placed together
    Source
        Krieg, Theobald & Goldhaber (2020) describe who hosts and where; the sizes differ by state
    """
    require_columns(
        placed, [outcome, *exposures, *traits, cluster, "provider_code", "placement_year"], "placement ladder"
    )
    question = Question(
        outcome=outcome,
        exposures=tuple(exposures),
        estimand=f"{OUTCOMES.get(outcome, outcome)} per unit of the term",
        cluster=cluster,
        person="candidate_id",
        sample_id=sample_id,
        wrong_if=PLACEMENT_CAN_BE_WRONG,
    )
    return (
        linear(placed, question, "raw"),
        linear(placed, question, "+ other traits", covariates=traits),
        linear(placed, question, "+ provider by year", covariates=traits, effects=["provider_code^placement_year"]),
    )
