"""Imputed effects equal least squares with a dummy for every treated cell; their errors the paper's formula."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from adoption_worlds import ASKED, invented_cells

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import adoption_panel
from partnerlib.models.imputation import imputed_effects


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    """With some cells missing, so that units are not all seen in all years."""
    full = invented_cells(5, units=40)
    return full.drop(index=full.index[[11, 77, 130, 205]]).reset_index(drop=True)


def dummies(cells: pd.DataFrame) -> np.ndarray:
    columns = pd.get_dummies(cells[["district_code", "school_year"]].astype(str), dtype=float)
    return columns.to_numpy()


def test_the_mean_effect_equals_least_squares_with_a_dummy_for_every_treated_cell(cells: pd.DataFrame) -> None:
    treated = (cells["school_year"] >= cells["grant_year"]).to_numpy()
    own = np.zeros((len(cells), treated.sum()))
    own[np.flatnonzero(treated), np.arange(treated.sum())] = 1.0
    slopes = np.linalg.lstsq(np.column_stack([own, dummies(cells)]), cells["share_hired"], rcond=None)[0]
    found = imputed_effects(adoption_panel(cells, ASKED))
    assert found.effects["effect"].to_numpy() == pytest.approx(slopes[: treated.sum()], abs=1e-8)
    assert found.overall()["effect"]["estimate"] == pytest.approx(slopes[: treated.sum()].mean(), abs=1e-9)


def test_its_error_is_the_conservative_one_of_the_paper(cells: pd.DataFrame) -> None:
    """v = -Z0 (Z0'Z0)^-1 Z1'w, dense; residuals of treated cells from means weighted by v^2 of cohort and year."""
    treated = (cells["school_year"] >= cells["grant_year"]).to_numpy()
    design, y = dummies(cells), cells["share_hired"].to_numpy()
    inverse = np.linalg.pinv(design[~treated].T @ design[~treated])
    slopes = inverse @ design[~treated].T @ y[~treated]
    residual = y - design @ slopes
    w = np.full(treated.sum(), 1 / treated.sum())
    v = np.empty(len(cells))
    v[treated] = w
    v[~treated] = -design[~treated] @ inverse @ design[treated].T @ w
    assert v @ y == pytest.approx((residual[treated]).mean())
    frame = cells.assign(v=v, e=residual, square=v**2, weighted=v**2 * residual)
    sums = frame[treated].groupby(["grant_year", "school_year"])[["square", "weighted"]].transform("sum")
    frame.loc[treated, "e"] = residual[treated] - (sums["weighted"] / sums["square"]).to_numpy()
    moved = (frame["v"] * frame["e"]).groupby(frame["district_code"]).sum()
    cohort = frame.groupby("district_code")["grant_year"].first().fillna(0)
    size = cohort.map(cohort.value_counts())
    expected = np.sqrt((moved**2 * size / (size - 1)).sum())
    found = imputed_effects(adoption_panel(cells, ASKED)).overall()["effect"]
    assert found["std_error"] == pytest.approx(expected, rel=1e-9)


def test_effects_agree_with_the_two_stage_estimator_of_pyfixest(cells: pd.DataFrame) -> None:
    """did2s has the same point estimates; its errors take effects as equal, ours do not."""
    import pyfixest

    treated = (cells["school_year"] >= cells["grant_year"]).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = pyfixest.did2s(
            cells.assign(treated=treated), yname="share_hired", first_stage="~ 0 | district_code + school_year",
            second_stage="~ treated", treatment="treated", cluster="district_code",
        )  # fmt: skip
    found = imputed_effects(adoption_panel(cells, ASKED)).overall()["effect"]
    assert found["estimate"] == pytest.approx(reference.coef()["treated"], rel=1e-8)
    assert found["std_error"] == pytest.approx(reference.se()["treated"], rel=0.3)


def test_years_before_the_start_are_coefficients_among_untreated_cells(cells: pd.DataFrame) -> None:
    study = imputed_effects(adoption_panel(cells, ASKED)).event_study(1)
    since = cells["school_year"] - cells["grant_year"]
    untreated = cells[~(since >= 0)].assign(lead=(since == -1).astype(float))
    fit = smf.ols("share_hired ~ lead + C(district_code) + C(school_year)", untreated).fit()
    assert study.effects["since"].tolist()[:2] == [-1, 0]
    assert study.effects["estimate"][0] == pytest.approx(fit.params["lead"], abs=1e-9)
    hc = fit.get_robustcov_results("cluster", groups=pd.factorize(untreated["district_code"])[0], use_correction=False)
    error = hc.bse[list(fit.params.index).index("lead")]
    assert study.effects["std_error"][0] == pytest.approx(error, rel=0.1), "but for n/(n-1) within cohorts"


def test_covariates_in_other_units_change_nothing(cells: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    poor = cells.assign(income=rng.normal(size=len(cells)))
    rich = poor.assign(income=1e6 * poor["income"] + 3e6)
    one, other = (imputed_effects(adoption_panel(each, ASKED), ["income"]).overall() for each in (poor, rich))
    assert one["effect"]["estimate"] == pytest.approx(other["effect"]["estimate"], rel=1e-9)
    fit = smf.ols(
        "share_hired ~ income + C(district_code) + C(school_year)", poor[~(poor["school_year"] >= poor["grant_year"])]
    ).fit()
    treated = poor[poor["school_year"] >= poor["grant_year"]]
    assert one["effect"]["estimate"] == pytest.approx((treated["share_hired"] - fit.predict(treated)).mean(), rel=1e-8)


def test_a_weighted_panel_equals_weighted_least_squares(cells: pd.DataFrame) -> None:
    weights = cells.groupby("district_code")["students"].transform("first").astype(float)
    untreated = ~(cells["school_year"] >= cells["grant_year"])
    fit = smf.wls("share_hired ~ C(district_code) + C(school_year)", cells[untreated], weights=weights[untreated]).fit()
    treated = cells[~untreated]
    expected = np.average(treated["share_hired"] - fit.predict(treated), weights=weights[~untreated])
    found = imputed_effects(adoption_panel(cells, replace(ASKED, weights="students"))).overall()["effect"]
    assert found["estimate"] == pytest.approx(expected, rel=1e-8)


def test_treated_cells_in_years_where_all_are_treated_have_no_level(cells: pd.DataFrame) -> None:
    starters = cells.dropna(subset=["grant_year"])
    found = imputed_effects(adoption_panel(starters, ASKED))
    assert found.effects["year"].max() == 2015
    late = (starters["school_year"] >= 2016).sum()
    treated = (starters["school_year"] >= starters["grant_year"]).sum()
    assert any(f"{late} of {treated} treated cells" in sentence for sentence in found.cautions)


def test_more_years_before_than_the_first_cohort_has_are_refused(cells: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="0 to 1 beside a base"):
        imputed_effects(adoption_panel(cells, ASKED)).event_study(2)


def test_treated_units_never_seen_before_are_refused(cells: pd.DataFrame) -> None:
    after = cells[cells["grant_year"].isna() | (cells["school_year"] >= cells["grant_year"])]
    with pytest.raises(DataError, match="none of"):
        imputed_effects(adoption_panel(after, ASKED))
