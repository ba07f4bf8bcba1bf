"""Value added on invented classrooms whose teacher effects are known: are they found, and are the intervals honest?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyfixest
import pytest
from classroom_state import Classrooms, invent_classrooms

from partnerlib.models.classroom_features import regressors, subject_rows
from partnerlib.models.value_added import ValueAdded, value_added

SEEDS = 24
LASTING, SHOCK, STUDENT = 0.15, 0.08, 0.5
TERMS = {
    "sd of lasting teacher effects": LASTING,
    "sd of teacher-by-year shocks": SHOCK,
    "sd of students within teacher and year": STUDENT,
}


@pytest.fixture(scope="module")
def states() -> list[tuple[Classrooms, ValueAdded]]:
    """Two hundred teachers over three years, drawn and estimated once per seed."""
    drawn = [invent_classrooms(np.random.default_rng(seed), teachers=200, years=3) for seed in range(SEEDS)]
    return [(state, value_added(state.rows, "math", sample_id="invented")) for state in drawn]


@pytest.mark.parametrize("term", TERMS)
def test_standard_deviations_are_right_on_average(states: list[tuple[Classrooms, ValueAdded]], term: str) -> None:
    """Within three standard errors of the mean over seeds, plus the 1/50 that centring on 50 colleagues takes away."""
    found = np.array([fit.components[term]["estimate"] for _, fit in states])
    allowed = 3 * found.std(ddof=1) / np.sqrt(SEEDS) + TERMS[term] / 50
    assert abs(found.mean() - TERMS[term]) < allowed
    assert allowed < 0.15 * TERMS[term]


@pytest.mark.parametrize("term", TERMS)
def test_intervals_of_standard_deviations_cover_the_truth(
    states: list[tuple[Classrooms, ValueAdded]], term: str
) -> None:
    """95% intervals of 24 states: 19 or fewer hits would happen once in a hundred."""
    covered = sum(fit.components[term]["low"] <= TERMS[term] <= fit.components[term]["high"] for _, fit in states)
    assert covered >= 20


def test_the_coefficients_of_students_are_unbiased_although_better_teachers_get_better_students(
    states: list[tuple[Classrooms, ValueAdded]],
) -> None:
    for term, truth in {"lag_score": 0.6, "is_low_income": -0.15}.items():
        found = np.array([fit.coefficients[term]["estimate"] for _, fit in states])
        assert abs(found.mean() - truth) < 3 * found.std(ddof=1) / np.sqrt(SEEDS)
        covered = sum(fit.coefficients[term]["low"] <= truth <= fit.coefficients[term]["high"] for _, fit in states)
        assert covered >= 20


def test_shrunken_effects_forecast_the_lasting_effect_without_bias(
    states: list[tuple[Classrooms, ValueAdded]],
) -> None:
    """One unit of predicted effect is one unit of true effect: the slope of truth on prediction is one."""
    slopes = []
    for state, fit in states:
        predicted = fit.over_all_years().set_index("mepid")["effect_shrunken"]
        slopes.append(np.polyfit(predicted, state.lasting.loc[predicted.index], 1)[0])
    assert abs(np.mean(slopes) - 1) < 3 * np.std(slopes, ddof=1) / np.sqrt(SEEDS) + 0.01
    assert np.std(slopes, ddof=1) < 0.1


def test_reliability_is_the_squared_correlation_with_the_truth(states: list[tuple[Classrooms, ValueAdded]]) -> None:
    squared, claimed = [], []
    for state, fit in states:
        effects = fit.over_all_years().set_index("mepid")
        squared.append(np.corrcoef(effects["effect"], state.lasting.loc[effects.index])[0, 1] ** 2)
        claimed.append(effects["reliability"].mean())
    gap = np.array(squared) - np.array(claimed)
    assert abs(gap.mean()) < 3 * gap.std(ddof=1) / np.sqrt(SEEDS) + 0.01


def hosting_and_mentee(state: Classrooms, rng: np.random.Generator) -> pd.DataFrame:
    """Everyone hosts in 2016; what the candidate achieves carries the luck of that class, not the mentor's skill."""
    hosted = state.shocks[state.shocks["school_year"] == 2016]
    return hosted.assign(outcome=hosted["shock"] + rng.normal(0, 0.1, len(hosted)))


def test_a_mentors_effect_leaves_out_the_hosting_year(states: list[tuple[Classrooms, ValueAdded]]) -> None:
    """Mentor skill does not matter here. The effect with the hosting year says it does; the one without it does not."""
    honest, naive = [], []
    for seed, (state, fit) in enumerate(states):
        mentees = hosting_and_mentee(state, np.random.default_rng(1000 + seed))
        without = fit.leaving_out(mentees).merge(mentees, on=["mepid", "school_year"])
        including = fit.over_all_years().merge(mentees, on="mepid")
        assert len(without) == len(mentees) == len(including)
        honest.append(np.polyfit(without["effect_shrunken"], without["outcome"], 1)[0])
        naive.append(np.polyfit(including["effect_shrunken"], including["outcome"], 1)[0])
    error = np.std(honest, ddof=1) / np.sqrt(SEEDS)
    assert abs(np.mean(honest)) < 3 * error
    assert np.mean(naive) > 3 * np.std(naive, ddof=1) / np.sqrt(SEEDS) > 0


def test_within_schools_finds_the_same_student_coefficients_and_names_the_connected_sets() -> None:
    state = invent_classrooms(np.random.default_rng(7), teachers=120, years=3, move_rate=0.0)
    fit = value_added(state.rows, "math", sample_id="invented", within_schools=True)
    assert fit.connected_sets["teachers"].tolist() == [10] * 12
    assert any("12 connected sets" in sentence for sentence in fit.coefficients.cautions)
    assert fit.coefficients["lag_score"]["low"] < 0.6 < fit.coefficients["lag_score"]["high"]


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_the_whole_value_added_model_equals_pyfixest_on_the_same_design() -> None:
    classrooms = invent_classrooms(np.random.default_rng(3), teachers=40, years=3).rows
    model = value_added(classrooms, "math", sample_id="invented").coefficients
    rows, _ = subject_rows(classrooms, "math")
    design = regressors(rows)[list(model.terms["term"])]
    names = [f"x{i}" for i in range(design.shape[1])]
    data = design.set_axis(names, axis=1).assign(
        score=rows["score"], teacher=rows["mepid"], grade_year=rows.groupby(["grade", "school_year"]).ngroup(),
        class_=rows.groupby(["school_year", "school_code", "class_id"]).ngroup(),
    )  # fmt: skip
    reference = pyfixest.feols(f"score ~ {' + '.join(names)} | teacher + grade_year", data, vcov={"CRV1": "class_"})
    assert list(reference.coef().index) == names
    assert model.terms["estimate"].to_numpy() == pytest.approx(reference.coef().to_numpy(), rel=1e-6, abs=1e-8)
    assert model.terms["std_error"].to_numpy() == pytest.approx(reference.se().to_numpy(), rel=1e-4)
