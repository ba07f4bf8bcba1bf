"""Thirteen BCG vaccine trials: the textbook example of differences between units beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.heterogeneity import Spread, contrasts, heterogeneity, shrunken

# treated with and without the disease, controls with and without it
TRIALS = np.array(
    [
        (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
        (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
        (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
    ],
    dtype=float,
)  # fmt: skip


@pytest.fixture(scope="module")
def risk_ratios() -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d = TRIALS.T
    return np.log(a / (a + b)) - np.log(c / (c + d)), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def test_q_tau_and_reliability_equal_the_printed_ones(risk_ratios: tuple[np.ndarray, np.ndarray]) -> None:
    found = heterogeneity(*risk_ratios)
    assert found.q == pytest.approx(152.233008, abs=5.1e-7)
    assert found.units - 1 == 12
    assert found.reliability == pytest.approx(0.921173, abs=5.1e-7)
    assert found.tau_squared == pytest.approx(0.328564, abs=5.1e-7)
    assert found.tau == pytest.approx(0.573205, abs=5.1e-7)
    assert found.p_value < 1e-20 and found.cautions == ()


@pytest.mark.parametrize(
    ("estimator", "tau_squared", "mean", "error"),
    [("dersimonian-laird", 0.308760, -0.714117, 0.178742), ("paule-mandel", 0.318068, -0.714968, 0.180892)],
)
def test_other_estimators_of_the_spread_and_their_means_equal_the_printed_ones(
    risk_ratios: tuple[np.ndarray, np.ndarray], estimator: Spread, tau_squared: float, mean: float, error: float
) -> None:
    found = heterogeneity(*risk_ratios, estimator)
    assert found.tau_squared == pytest.approx(tau_squared, abs=5.1e-7)
    assert found.random_mean == pytest.approx(mean, abs=5.1e-7)
    assert found.random_mean_error == pytest.approx(error, abs=5.1e-7)


def test_the_interval_of_the_spread_is_where_q_meets_its_two_quantiles(
    risk_ratios: tuple[np.ndarray, np.ndarray],
) -> None:
    values, errors = risk_ratios
    found = heterogeneity(*risk_ratios)
    for end, share in ((found.tau_low, 0.975), (found.tau_high, 0.025)):
        weights = 1 / (end**2 + errors**2)
        centre = np.average(values, weights=weights)
        assert weights @ (values - centre) ** 2 == pytest.approx(stats.chi2.ppf(share, 12), rel=1e-9)
    assert found.tau_low < found.tau < found.tau_high


def test_the_interval_of_the_spread_holds_it_in_95_percent_of_draws() -> None:
    rng = np.random.default_rng(15)
    errors = rng.uniform(0.02, 0.06, 15)
    fits = [heterogeneity(rng.normal(0, 0.03, 15) + rng.normal(0, errors), errors) for _ in range(1000)]
    assert 0.93 < np.mean([fit.tau_low <= 0.03 <= fit.tau_high for fit in fits]) < 0.97


def test_shrunken_estimates_miss_by_less_and_their_intervals_hold() -> None:
    """Over 300 draws of 20 units: squared error below that of the raw estimates, 95% intervals right over units."""
    rng = np.random.default_rng(14)
    errors = rng.uniform(0.02, 0.06, 20)
    raw, drawn_in, holds = [], [], []
    for _ in range(300):
        truth = rng.normal(0.6, 0.03, 20)
        estimates = truth + rng.normal(0, errors)
        table = shrunken(estimates, errors)
        raw.append(((estimates - truth) ** 2).mean())
        drawn_in.append(((table["estimate"] - truth) ** 2).mean())
        holds.append(((table["low"] <= truth) & (truth <= table["high"])).mean())
    assert np.mean(drawn_in) < 0.6 * np.mean(raw)
    assert 0.93 < np.mean(holds) < 0.975


def test_without_any_spread_the_pull_is_as_strong_as_so_few_units_allow() -> None:
    """(P - 3)/(P - 1) of the way to the mean: half of it with five units, nine tenths with twenty-one."""
    few = shrunken([0.5, 0.51, 0.49, 0.5, 0.52], [0.01, 0.02, 0.03, 0.04, 0.05])
    many = shrunken(np.linspace(0.49, 0.51, 21), np.full(21, 0.02))
    assert few["kept"].to_numpy() == pytest.approx(0.5)
    assert many["kept"].to_numpy() == pytest.approx(0.1)
    with pytest.raises(DataError, match="fewer than 4"):
        shrunken([0.5, 0.6, 0.7], [0.1, 0.1, 0.1])


def test_units_that_differ_by_chance_only_are_not_to_be_ordered() -> None:
    """Over 400 draws of equal programs the 5% test rejects about 5%, and nearly every fit warns against an ordering."""
    rng = np.random.default_rng(11)
    errors = rng.uniform(0.02, 0.08, 20)
    fits = [heterogeneity(rng.normal(0, errors), errors) for _ in range(400)]
    rejected = np.mean([fit.p_value < 0.05 for fit in fits])
    assert 0.02 < rejected < 0.085
    assert np.mean([len(fit.cautions) for fit in fits]) > 0.9


def test_a_planted_spread_is_found_on_average() -> None:
    rng = np.random.default_rng(12)
    errors = rng.uniform(0.01, 0.02, 30)
    found = [heterogeneity(rng.normal(0, 0.03, 30) + rng.normal(0, errors), errors).tau_squared for _ in range(200)]
    assert np.mean(found) == pytest.approx(0.03**2, abs=3 * np.std(found) / np.sqrt(200))


def test_bonferroni_intervals_are_wider_and_contain_the_plain_ones() -> None:
    table = contrasts(pd.Series(["a", "b", "c"]), pd.Series([0.1, 0.0, 0.0]), pd.Series([0.1, 0.1, 0.1]))
    assert table["contrast"].sum() == pytest.approx(0)
    assert (table["low_bonferroni"] < table["low"]).all() and (table["high_bonferroni"] > table["high"]).all()
    assert table["high"].iloc[0] == pytest.approx(0.1 - 0.1 / 3 + 0.1959964, abs=1e-6)
    assert table["high_bonferroni"].iloc[0] == pytest.approx(0.1 - 0.1 / 3 + 0.2393980, abs=1e-6)


def test_a_single_unit_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="two or more pairs"):
        heterogeneity([0.1], [0.1])


def test_an_unknown_estimator_is_answered_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match="paule-mandel"):
        heterogeneity([0.1, 0.2], [0.1, 0.1], "paule-mandell")  # type: ignore[arg-type]
