"""Bounds for selection that nobody measured: exact where the truth is known, and honest about the sign."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.linear import Question, linear
from partnerlib.models.selection_bounds import adjusted_coefficient, selection_bounds, selection_for_zero

EFFECT = 0.7


def moments_of_a_population(effect: float, strength: float, delta: float) -> dict[str, float]:
    """What both regressions say of an endless population in which unmeasured traits select delta times as much.

    Y = effect X + w1 + w2 + noise; cov(X, w2) / var(w2) = delta cov(X, w1) / var(w1); w1 and w2 unrelated.
    """
    var1, var2, noise, own = 0.5, 0.3, 0.4, 1.0
    on_first = strength * var1
    on_second = delta * strength * var2
    var_x = own + strength**2 * var1 + (delta * strength) ** 2 * var2
    var_y = effect**2 * var_x + var1 + var2 + 2 * effect * (on_first + on_second) + noise
    raw = effect + (on_first + on_second) / var_x
    left = var_x - on_first**2 / var1
    controlled = effect + on_second / left
    cov_xy, cov_wy = raw * var_x, var1 + effect * on_first
    both = np.linalg.solve([[var_x, on_first], [on_first, var1]], [cov_xy, cov_wy]) @ [cov_xy, cov_wy]
    return {
        "raw": raw, "controlled": controlled, "r2_raw": cov_xy**2 / var_x / var_y, "r2_controlled": both / var_y,
        "r2_most": 1 - noise / var_y, "outcome_variance": var_y, "exposure_variance": var_x, "left_variance": left,
    }  # fmt: skip


@pytest.mark.parametrize("strength", [0.3, 0.8, -0.5])
@pytest.mark.parametrize("effect", [EFFECT, 0.0, -0.4])
def test_under_equal_selection_the_true_effect_comes_back(effect: float, strength: float) -> None:
    found = moments_of_a_population(effect, strength, delta=1.0)
    assert abs(found["controlled"] - effect) > 0.02
    assert adjusted_coefficient(**found) == pytest.approx(effect, abs=1e-9)


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.0])
def test_an_effect_of_zero_needs_exactly_the_selection_there_was(delta: float) -> None:
    assert selection_for_zero(**moments_of_a_population(0.0, 0.6, delta)) == pytest.approx(delta, rel=1e-9)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    n = 5000
    trait, hidden = rng.normal(size=n), rng.normal(size=n)
    near = 0.5 * trait + 0.5 * hidden + rng.normal(size=n)
    return pd.DataFrame(
        {
            "candidate_id": np.arange(n), "school": rng.integers(0, 80, n), "provider": rng.integers(0, 6, n),
            "near": near, "trait": trait, "hired": EFFECT * near + 0.5 * trait + 0.5 * hidden + rng.normal(size=n),
        }
    )  # fmt: skip


QUESTION = Question("hired", ("near",), "difference in hiring", "school", "candidate_id", "completers-0a")


def test_its_two_regressions_are_those_of_the_ladder(rows: pd.DataFrame) -> None:
    found = selection_bounds(rows, QUESTION, ["trait"], effects=["provider"])[0]
    raw = linear(rows, QUESTION, "raw")
    full = linear(rows, QUESTION, "full", covariates=["trait"], effects=["provider"])
    assert found.raw == pytest.approx(raw["near"]["estimate"], rel=1e-9)
    assert found.controlled == pytest.approx(full["near"]["estimate"], rel=1e-7)
    assert found.r2_raw == pytest.approx(raw.statistics["r2"], rel=1e-9)
    assert found.r2_controlled == pytest.approx(full.statistics["r2"], rel=1e-7)


def test_with_all_there_is_to_know_the_planted_effect_is_inside(rows: pd.DataFrame) -> None:
    """Measured and unmeasured traits select alike here, and leave noise of variance one."""
    most = 1 - 1 / rows["hired"].var()
    controlled = selection_bounds(rows, QUESTION, ["trait"])[0].r2_controlled
    found = selection_bounds(rows, QUESTION, ["trait"], r2_factor=most / controlled)[0]
    assert found.adjusted == pytest.approx(EFFECT, abs=0.08)
    assert found.controlled - found.adjusted > 0.15
    assert "sign holds" in str(found)


def test_bounds_without_controls_or_below_the_model_are_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no control varies"):
        selection_bounds(rows, QUESTION, [])
    with pytest.raises(ParameterError, match="below 1"):
        selection_bounds(rows, QUESTION, ["trait"], r2_factor=0.5)
