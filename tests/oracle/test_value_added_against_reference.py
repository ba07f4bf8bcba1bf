"""The absorbing solver against pyfixest and against ordinary least squares with a dummy for every effect."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm
from pyfixest.estimation import MapDemeaner

from partnerlib.models import absorption
from partnerlib.models.absorption import AbsorbedFit, fit_absorbing


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """1,500 students of 50 teachers, some moving, some sharing classes."""
    rng = np.random.default_rng(20)
    n = 1500
    teacher = rng.integers(0, 50, n)
    frame = pd.DataFrame({"teacher": teacher, "grade_year": rng.integers(0, 6, n)})
    frame["school_year"] = (teacher // 5 + (rng.random(n) < 0.2)) % 10
    frame["class"] = teacher * 3 + rng.integers(0, 3, n)
    frame["weight"] = rng.choice([0.5, 1.0], n)
    frame["lag"] = rng.normal(size=n) + 0.02 * teacher
    frame["poor"] = (rng.random(n) < 0.4).astype(float)
    frame["twice"] = 2 * frame["lag"] - frame["poor"]
    frame["score"] = 0.6 * frame["lag"] - 0.2 * frame["poor"] + 0.03 * teacher + 0.1 * frame["grade_year"]
    frame["score"] += rng.normal(0, 0.5, n)
    return frame


def absorbing(rows: pd.DataFrame, terms: list[str], factors: list[str]) -> AbsorbedFit:
    return fit_absorbing(
        rows[terms].to_numpy(), rows["score"].to_numpy(), rows["weight"].to_numpy(), rows["teacher"].to_numpy(),
        [rows[factor].to_numpy() for factor in factors], rows["class"].to_numpy(),
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
@pytest.mark.parametrize("factors", [["grade_year"], ["grade_year", "school_year"]], ids=" and ".join)
def test_coefficients_and_clustered_errors_equal_pyfixest(rows: pd.DataFrame, factors: list[str]) -> None:
    fit = absorbing(rows, ["lag", "poor"], factors)
    reference = pyfixest.feols(
        f"score ~ lag + poor | teacher + {' + '.join(factors)}", rows, vcov={"CRV1": "class"}, weights="weight",
        demeaner=MapDemeaner(fixef_tol=1e-12),
    )  # fmt: skip
    assert fit.coefficients == pytest.approx(reference.coef().to_numpy(), rel=1e-6)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(reference.se().to_numpy(), rel=1e-4)
    assert fit.clusters == rows["class"].nunique()


@pytest.mark.parametrize("factors", [["grade_year"], ["grade_year", "school_year"]], ids=" and ".join)
def test_coefficients_residuals_and_effects_equal_least_squares_with_dummies(
    rows: pd.DataFrame, factors: list[str]
) -> None:
    fit = absorbing(rows, ["lag", "poor"], factors)
    dummies = pd.get_dummies(rows[["teacher", *factors]].astype(str), dtype=float)
    reference = sm.WLS(rows["score"], pd.concat([rows[["lag", "poor"]], dummies], axis=1), weights=rows["weight"]).fit()
    assert fit.coefficients == pytest.approx(reference.params[["lag", "poor"]].to_numpy(), rel=1e-8)
    assert fit.residuals == pytest.approx(reference.resid.to_numpy(), abs=1e-8)
    expected = reference.params[[f"teacher_{teacher}" for teacher in range(50)]].to_numpy()
    for number in range(fit.connected_set.max() + 1):
        inside = fit.connected_set == number
        assert np.ptp((fit.teacher_effects - expected)[inside]) < 1e-7


def test_conjugate_gradients_give_the_direct_solution(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    direct = absorbing(rows, ["lag", "poor"], ["grade_year", "school_year"])
    monkeypatch.setattr(absorption, "DIRECT", 0)
    iterated = absorbing(rows, ["lag", "poor"], ["grade_year", "school_year"])
    assert iterated.converged
    assert iterated.coefficients == pytest.approx(direct.coefficients, rel=1e-7)
    assert iterated.covariance == pytest.approx(direct.covariance, rel=1e-6)
    assert iterated.residuals == pytest.approx(direct.residuals, abs=1e-7)


def test_a_term_that_follows_from_the_others_is_left_out_and_changes_nothing(rows: pd.DataFrame) -> None:
    alone = absorbing(rows, ["lag", "poor"], ["grade_year"])
    beside = absorbing(rows, ["lag", "poor", "twice"], ["grade_year"])
    assert np.isnan(beside.coefficients[2])
    assert beside.coefficients[:2] == pytest.approx(alone.coefficients, rel=1e-9)
    assert beside.covariance[:2, :2] == pytest.approx(alone.covariance, rel=1e-9)
