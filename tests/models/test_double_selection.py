"""Controls chosen by rule, twice: the lasso's own conditions, clusters, effects, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.double_selection import _Held, candidate_controls, controls_ladder, double_selection
from partnerlib.models.lasso import _loadings, _shooting, plug_in_lasso
from partnerlib.models.linear import Question, linear

QUESTION = Question(
    "hired", ("placed",), "difference in hired per unit of placed", "school", "candidate_id", "invented"
)


def some_candidates(seed: int = 1, n: int = 800, schools: int = 50, effect: float = 0.2) -> pd.DataFrame:
    """Placement follows the first two traits, hiring the first and the third; fifteen others do nothing."""
    rng = np.random.default_rng(seed)
    traits = rng.normal(size=(n, 18))
    school = rng.integers(0, schools, n)
    placed = 0.9 * traits[:, 0] + 0.5 * traits[:, 1] + rng.normal(size=n)
    hired = effect * placed + 0.8 * traits[:, 0] + 0.6 * traits[:, 2] + rng.normal(size=n)
    frame = pd.DataFrame(traits, columns=[f"trait {place}" for place in range(18)])
    return frame.assign(placed=placed, hired=hired, school=school, candidate_id=np.arange(n))


def controls_of(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[column for column in frame.columns if column.startswith("trait")]]


def test_what_predicts_the_exposure_or_the_outcome_is_held_fixed_and_named() -> None:
    frame = some_candidates()
    found = double_selection(frame, QUESTION, controls_of(frame))
    assert {"trait 0", "trait 1", "trait 2"} <= set(found.terms["term"])
    assert found.statistics["chosen"] <= 6
    assert any(sentence.startswith("Chosen because they go with placed: trait 0") for sentence in found.cautions)
    assert found["placed"]["low"] < 0.2 < found["placed"]["high"]
    assert found.support is not None and "trait 0" in set(found.support.terms["term"])


def test_it_is_least_squares_on_what_was_chosen() -> None:
    frame = some_candidates()
    found = double_selection(frame, QUESTION, controls_of(frame))
    chosen = [term for term in found.terms["term"] if term.startswith("trait")]
    plain = linear(frame, QUESTION, "the same", chosen)
    for number in ("estimate", "std_error", "low", "high"):
        assert found["placed"][number] == pytest.approx(plain["placed"][number], rel=1e-10)


@pytest.mark.parametrize("clustered", [False, True])
def test_the_lasso_meets_the_conditions_of_its_minimum(clustered: bool) -> None:
    """Zero where the score is within the penalty, at the penalty with the coefficient's sign elsewhere."""
    frame = some_candidates()
    x, y = controls_of(frame).to_numpy(), frame["hired"].to_numpy()
    x, y = x - x.mean(axis=0), y - y.mean()
    penalty = 40 * _loadings(x, y, frame["school"].to_numpy() if clustered else None)
    b = _shooting(x.T @ x, x.T @ y, penalty, np.zeros(x.shape[1]))
    score = 2 * x.T @ (y - x @ b)
    assert 0 < (b != 0).sum() < len(b)
    assert score[b != 0] == pytest.approx((np.sign(b) * penalty)[b != 0], rel=1e-7)
    assert (np.abs(score) <= penalty * (1 + 1e-9))[b == 0].all()


def test_loadings_of_clusters_equal_their_definition_and_those_of_rows_where_each_is_alone() -> None:
    rng = np.random.default_rng(0)
    x, residual, school = rng.normal(size=(60, 3)), rng.normal(size=60), rng.integers(0, 8, 60)
    by_hand = [np.sqrt(sum((x[school == g, j] @ residual[school == g]) ** 2 for g in range(8)) / 60) for j in range(3)]
    assert _loadings(x, residual, school) == pytest.approx(by_hand)
    assert _loadings(x, residual, np.arange(60)) == pytest.approx(_loadings(x, residual, None))


def test_noise_shared_within_schools_lets_a_chance_control_in_far_less_often_with_clustered_loadings() -> None:
    let_in = {True: 0, False: 0}
    for seed in range(10):
        rng = np.random.default_rng(seed)
        school = np.repeat(np.arange(40), 25)
        x = rng.normal(size=(40, 20))[school]  # school traits that do nothing
        y = 2 * rng.normal(size=40)[school] + rng.normal(size=1000)
        for clustered in let_in:
            let_in[clustered] += int(plug_in_lasso(x, y, school if clustered else None).chosen.sum())
    assert let_in[True] <= 3
    assert let_in[False] > 30


def test_effects_are_taken_out_before_anything_is_chosen() -> None:
    frame = some_candidates().assign(provider_code=lambda rows: rows["school"] % 7)
    shifted = frame.assign(
        hired=frame["hired"] + 5.0 * frame["provider_code"], placed=frame["placed"] + 3.0 * frame["provider_code"]
    )
    plain = double_selection(frame, QUESTION, controls_of(frame), effects=["provider_code"])
    found = double_selection(shifted, QUESTION, controls_of(shifted), effects=["provider_code"])
    assert found["placed"]["estimate"] == pytest.approx(plain["placed"]["estimate"], rel=1e-8)
    assert found.statistics["chosen"] == plain.statistics["chosen"]


def test_two_effects_and_columns_held_fixed_are_taken_out_as_by_least_squares() -> None:
    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"a": rng.integers(0, 6, 300), "b": rng.integers(0, 5, 300), "grades": rng.normal(size=300)})
    values = rng.normal(size=(300, 2))
    dummies = pd.concat([pd.get_dummies(rows[c], prefix=c, dtype=float) for c in "ab"], axis=1).assign(g=rows["grades"])
    expected = values - dummies.to_numpy() @ np.linalg.lstsq(dummies.to_numpy(), values, rcond=None)[0]
    assert _Held(rows, ["grades"], ["a", "b"]).net(values) == pytest.approx(expected, abs=1e-7)


def test_candidates_are_terms_squares_and_products_without_repeats() -> None:
    frame = pd.DataFrame({"grades": [1.0, 2.0, 4.0, 3.0] * 15, "gender": ["F", "M", "F", "F"] * 15, "same": 1.0})
    frame["rare"] = [1.0] * 9 + [0.0] * 51
    names = list(candidate_controls(frame, ["grades", "gender", "same", "rare"]).columns)
    assert names == ["grades", "gender: M", "grades squared", "grades x gender: M"]
    assert list(candidate_controls(frame, ["grades", "gender"], interactions=False)) == ["grades", "gender: M"]


def test_the_ladder_shows_none_the_listed_and_the_chosen() -> None:
    frame = some_candidates(n=400)
    raw, listed, chosen = controls_ladder(frame, QUESTION, [f"trait {place}" for place in range(6)])
    assert raw["placed"]["estimate"] > 0.4 > chosen["placed"]["estimate"]
    assert chosen.specification == "chosen among 27"
    assert len(listed.terms) == 8


def test_questions_that_cannot_be_answered_are_refused() -> None:
    frame = some_candidates()
    with pytest.raises(DataError, match="placed is the same in all"):
        double_selection(frame.assign(placed=1.0), QUESTION, controls_of(frame))
    with pytest.raises(DataError, match="one school only"):
        double_selection(frame.assign(school=1), QUESTION, controls_of(frame))
    with pytest.raises(ParameterError, match="expected at least two, on the same rows"):
        double_selection(frame, QUESTION, controls_of(frame).head(10))
