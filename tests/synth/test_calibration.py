"""A synthetic state looks like Massachusetts: marginals within the tolerances they are known to.

The tolerances are those of the published figures. The committed sample is smaller, so its bands add three standard
errors, worked out from the number of people or schools a figure rests on.
"""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path

import pytest

from partnerlib.synth import SEED
from partnerlib.synth.marginals import marginals
from partnerlib.synth.parameters import RATING_SHARES, READINESS_SHARES
from partnerlib.synth.scales import SCALES
from partnerlib.synth.state import make_state

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "raw" / "sample"

SHARES = {
    # marginal: (lowest, highest, people it rests on, people per independent draw)
    "retained_school": (0.82 - 0.015, 0.85 + 0.015, "teacher_years_n", 12),
    "first_job_placement_school": (0.12, 0.18, "first_jobs_n", 1.5),
    "first_job_placement_district": (0.37, 0.53, "first_jobs_n", 1.5),
    "first_job_same_grade": (0.23, 0.31, "first_jobs_n", 1),
    "completers_ever_employed": (0.62, 0.66, "completers_n", 1),
    "still_employed_year_5": (0.62, 0.70, "ever_employed_year_5_n", 1),
}
"""People of one school or one host share its luck, so a share of teachers has fewer independent draws than heads."""

FIGURES = {
    # marginal: (lowest, highest, standard error in a state of thirty schools)
    "need_quartile_gap": (0.09, 0.15, 0.035),
    "school_retention_sd": (0.07, 0.09, 0.012),
    "school_retention_yearly_correlation": (0.38, 0.54, 0.08),
    "provider_value_added_sd": (0.01, 0.03, 0.0),
}


@pytest.fixture(scope="module")
def thousands() -> dict[str, float]:
    """A state of 8,200 teachers, in memory."""
    state = make_state(SCALES["medium"], SEED, lambda _message: None)
    return marginals(state.histories, state.geography, state.scale, SEED)


@pytest.fixture(scope="module")
def sample() -> dict[str, float]:
    """The committed sample, as its own truth reports it."""
    truth = json.loads((SAMPLE / "truth" / "truth.json").read_text(encoding="utf-8"))
    return truth["marginals"]


@pytest.mark.parametrize("marginal", SHARES)
def test_a_share_is_the_published_one(thousands: dict[str, float], marginal: str) -> None:
    low, high, people, per_draw = SHARES[marginal]
    error = sqrt(low * (1 - low) / (thousands[people] / per_draw))
    assert low - error <= thousands[marginal] <= high + error


@pytest.mark.parametrize("marginal", SHARES)
def test_a_share_of_the_sample_is_the_published_one_within_its_size(sample: dict[str, float], marginal: str) -> None:
    low, high, people, per_draw = SHARES[marginal]
    band = 3 * sqrt(low * (1 - low) / (sample[people] / per_draw))
    assert low - band <= sample[marginal] <= high + band


@pytest.mark.parametrize("figure", FIGURES)
def test_schools_and_providers_differ_as_much_as_published(thousands: dict[str, float], figure: str) -> None:
    low, high, _ = FIGURES[figure]
    assert low <= thousands[figure] <= high


@pytest.mark.parametrize("figure", FIGURES)
def test_schools_of_the_sample_differ_as_thirty_schools_can(sample: dict[str, float], figure: str) -> None:
    low, high, error = FIGURES[figure]
    assert low - 3 * error <= sample[figure] <= high + 3 * error


@pytest.mark.parametrize("state", ["thousands", "sample"])
def test_retention_rises_with_its_level_as_in_2021(state: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(state)
    in_district = found["retained_district"] - found["retained_school"]
    in_state = found["retained_state"] - found["retained_school"]
    assert in_district == pytest.approx(0.037, abs=0.010)
    assert in_state == pytest.approx(0.059, abs=0.010)


@pytest.mark.parametrize("state", ["thousands", "sample"])
def test_ratings_are_those_of_2018_within_a_point(state: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(state)
    names = ("exemplary", "proficient", "needs_improvement", "unsatisfactory")
    for name, share in zip(names, RATING_SHARES[2018], strict=True):
        assert found[f"rated_{name}_2018"] == pytest.approx(share, abs=0.010), name


@pytest.mark.parametrize("state", ["thousands", "sample"])
@pytest.mark.parametrize(("short", "survey"), [("sp", "Supervising Practitioner"), ("hp", "Hiring Principal")])
def test_readiness_is_that_of_2017_within_three_points(
    state: str, short: str, survey: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(state)
    for level, share in enumerate(READINESS_SHARES[survey], start=1):
        assert found[f"readiness_{short}_{level}"] == pytest.approx(share, abs=0.030), level
