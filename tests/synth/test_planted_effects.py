"""What is planted is really there, with the size truth.json gives it; and selection makes the raw contrast differ."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import statsmodels.api as sm

from partnerlib.synth import SEED, turnover
from partnerlib.synth.choice import choose, solve_district_bonus, solve_levels
from partnerlib.synth.geography import make_geography
from partnerlib.synth.parameters import PARAMETERS
from partnerlib.synth.scales import SCALES, stream
from partnerlib.synth.state import State, make_state
from partnerlib.synth.students import growth_percentiles


@pytest.fixture(scope="module")
def state() -> State:
    """A state of 8,200 teachers and two years of students."""
    scale = dataclasses.replace(SCALES["medium"], students=30_000, first_student_year=2017)
    return make_state(scale, SEED, lambda _message: None)


def test_options_are_chosen_in_proportion_to_the_exponential_of_utility() -> None:
    utility = np.tile(np.log([1.0, 2.0, 5.0]), (60_000, 1))
    shares = np.bincount(choose(np.random.default_rng(1), utility), minlength=3) / 60_000
    assert shares == pytest.approx([1 / 8, 2 / 8, 5 / 8], abs=0.008)


def test_levels_make_the_mean_probabilities_the_targets() -> None:
    scores = np.random.default_rng(2).standard_normal((5_000, 2))
    level = solve_levels(scores, np.array([0.1, 0.3]))
    weight = np.exp(scores + level)
    assert (weight / (1 + weight.sum(axis=1, keepdims=True))).mean(axis=0) == pytest.approx([0.1, 0.3], abs=1e-9)


def test_the_district_bonus_gives_the_share_asked_for() -> None:
    rng = np.random.default_rng(3)
    utility, school = rng.standard_normal((2_000, 12)), rng.integers(0, 12, 2_000)
    same = (np.arange(12) // 3)[None, :] == (school // 3)[:, None]
    bonus = solve_district_bonus(utility, same, school, 0.5, 0.44)
    utility += bonus * same
    utility[np.arange(2_000), school] += 0.5
    weight = np.exp(utility)
    assert ((weight * same).sum(1) / weight.sum(1)).mean() == pytest.approx(0.44, abs=1e-6)


def test_being_hired_where_placed_lowers_the_odds_of_loss_as_planted() -> None:
    geography = make_geography(SCALES["small"], PARAMETERS, SEED)
    n = 200_000
    person = np.arange(n)
    people = {
        "school": np.full(n, 1), "seniority": np.full(n, 2), "birth_year": np.full(n, 1985),
        "hired_placed": person % 2 == 0, "hired_district": np.zeros(n, bool), "strength": np.zeros(n),
        "hired_partner": np.zeros(n, bool),
        "provider": np.zeros(n, np.int64), "va_math": np.zeros(n),
    }  # fmt: skip
    outcome = turnover.outcomes(stream(1, "test"), people, person, 2015, np.zeros(30), geography, PARAMETERS)
    moved_or_left = np.isin(outcome, (1, 2, 3))
    stayed = outcome == turnover.STAY
    odds = [moved_or_left[people["hired_placed"] == is_so].sum() / stayed[people["hired_placed"] == is_so].sum()
            for is_so in (True, False)]  # fmt: skip
    assert np.log(odds[0] / odds[1]) == pytest.approx(PARAMETERS.hired_where_placed_on_loss, abs=0.04)


def test_a_mentor_adds_the_planted_share_of_value_added(state: State) -> None:
    people = state.histories.people
    who = np.flatnonzero(people["mentor"] >= 0)
    design = sm.add_constant(np.column_stack([
        people["va_math"][people["mentor"][who]], people["strength"][who],
        state.geography.provider_effect[people["provider"][who]],
    ]))  # fmt: skip
    low, high = sm.OLS(people["va_math"][who], design).fit(cov_type="HC1").conf_int(alpha=0.01)[1]
    assert low <= PARAMETERS.mentor_share_of_value_added <= high
    assert low > 0.05


def test_without_selection_in_view_the_mentor_effect_is_overstated(state: State) -> None:
    people = state.histories.people
    who = np.flatnonzero(people["mentor"] >= 0)
    mentor = people["va_math"][people["mentor"][who]]
    raw = sm.OLS(people["va_math"][who], sm.add_constant(mentor)).fit().params[1]
    assert raw > PARAMETERS.mentor_share_of_value_added + 0.02


def test_stronger_candidates_are_placed_in_steadier_schools_with_better_mentors(state: State) -> None:
    people = state.histories.people
    who = np.flatnonzero((people["place_school"] >= 0) & ~people["is_resident"])
    strength = people["strength"][who]
    assert np.corrcoef(strength, state.geography.loss[people["place_school"][who]])[0, 1] < -0.05
    assert np.corrcoef(strength, people["va_math"][people["mentor"][who]])[0, 1] > 0.10


def test_supervising_practitioners_have_three_years_and_a_rating_of_proficient_nearly_always(state: State) -> None:
    people, october = state.histories.people, state.histories.octobers[2018]
    seniority = np.zeros(len(people["mepid"]), np.int64)
    seniority[october["person"]] = october["seniority"]
    mentors = people["mentor"][(people["cohort"] == 2018) & (people["mentor"] >= 0)]
    assert (seniority[mentors] >= 3).mean() > 0.9
    assert (people["rating"][mentors] <= 1).mean() > 0.9


def test_providers_differ_by_the_planted_standard_deviation(state: State) -> None:
    assert state.geography.provider_effect.std() == pytest.approx(PARAMETERS.provider_value_added_sd)


def test_scores_have_unit_spread_and_classes_gain_what_their_teachers_add(state: State) -> None:
    done, people = state.school_years[2018], state.histories.people
    before = state.school_years[2017]
    prior = np.full(len(state.students.sasid), np.nan) if state.students else np.zeros(0)
    prior[before.tested] = before.score[:, 0]
    assert np.nanstd(done.score[:, 0]) == pytest.approx(1.0, abs=0.05)
    is_math = done.sections.kind[done.seat_section] != 2
    section = np.full(len(prior), -1)
    section[done.seat_student[is_math]] = done.seat_section[is_math]
    alone = done.sections.co_teacher[section[done.tested]] < 0
    use = alone & ~np.isnan(done.score[:, 0]) & ~np.isnan(prior[done.tested])
    teacher = done.sections.teacher[section[done.tested]][use]
    lag, score = prior[done.tested][use], done.score[use, 0]
    design = sm.add_constant(np.column_stack([people["va_math"][teacher], lag]))
    fit = sm.OLS(score, design).fit(cov_type="cluster", cov_kwds={"groups": teacher})
    low, high = fit.conf_int(alpha=0.01)[1]
    assert low <= 1.0 <= high
    assert low > 0.7


def test_growth_percentiles_are_even_and_owe_nothing_to_the_score_before() -> None:
    rng = np.random.default_rng(5)
    prior = rng.standard_normal(4_000)
    score = 0.8 * prior + rng.standard_normal(4_000)
    group = np.repeat([4, 5], 2_000)
    growth = growth_percentiles(score, prior, group)
    assert growth.min() == 1 and growth.max() == 99
    assert growth.mean() == pytest.approx(50, abs=0.1)
    assert abs(np.corrcoef(growth, prior)[0, 1]) < 0.02


def test_no_prior_score_means_no_growth_percentile() -> None:
    score = np.arange(60.0)
    prior = np.where(np.arange(60) % 2 == 0, score, np.nan)
    growth = growth_percentiles(score, prior, np.zeros(60))
    assert (growth[1::2] == 0).all() and (growth[::2] > 0).all()
