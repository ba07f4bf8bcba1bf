"""Gaps in traits: three treatments side by side, versions filled by matching, and the rules that combine them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.imputing import imputed_versions
from partnerlib.models.linear import Question, linear
from partnerlib.models.missing_data import missing_ladder
from partnerlib.models.results import Estimates, coefficient_table
from partnerlib.models.rubin import barnard_rubin, combined

QUESTION = Question(
    "hired", ("placed",), "difference in hired per unit of placed", "school", "candidate_id", "invented"
)


def some_candidates(n: int = 1000, seed: int = 1) -> pd.DataFrame:
    """Grades drive both placement and hiring, and are missing more often for those hired."""
    rng = np.random.default_rng(seed)
    grades = rng.normal(3.3, 0.4, n)
    field = np.where(grades + rng.normal(0, 0.4, n) > 3.4, "mathematics", "elementary")
    placed = (rng.random(n) < 1 / (1 + np.exp(-3 * (grades - 3.3)))).astype(float)
    hired = 0.3 * placed + 1.0 * (grades - 3.3) + rng.normal(0, 0.4, n)
    frame = pd.DataFrame(
        {"candidate_id": np.arange(n), "school": rng.integers(0, 60, n), "placed": placed, "hired": hired,
         "grades": grades, "field": pd.array(field, dtype="str")}
    )  # fmt: skip
    gone = rng.random(n) < 1 / (1 + np.exp(-(-0.8 + 1.5 * hired)))
    return frame.assign(
        grades=frame["grades"].mask(gone), field=frame["field"].mask(pd.Series(rng.random(n) < 0.15)), truth=grades
    )


def fit(frame: pd.DataFrame) -> Estimates:
    return linear(frame, QUESTION, "model", ["grades", "field"])


def ladder_of(frame: pd.DataFrame, versions: int = 4):
    return missing_ladder(
        frame, fit, ["grades", "field"], ["hired", "placed"], rng=np.random.default_rng(0), versions=versions
    )  # fmt: skip


def test_three_treatments_stand_side_by_side_and_say_how_many_they_leave_out() -> None:
    frame = some_candidates()
    complete, flagged, imputed = ladder_of(frame)
    assert [step.specification for step in (complete, flagged, imputed)] == ["complete case", "flagged", "imputed"]
    assert (flagged.n, imputed.n) == (1000, 1000)
    assert complete.n == int(frame[["grades", "field"]].notna().all(axis=1).sum())
    assert any("rows have no grades" in sentence for sentence in imputed.cautions)
    assert any("are left out" in sentence for sentence in complete.cautions)
    assert any("because of its own value" in sentence for sentence in imputed.wrong_if)


def test_imputing_gives_back_what_the_data_without_gaps_say_where_leaving_out_and_flagging_do_not() -> None:
    """Averaged over eight samples: gaps depend on the outcome, so complete cases are a selection."""
    samples = [some_candidates(seed=seed) for seed in range(8)]
    without_gaps = [fit(frame.assign(grades=frame["truth"]))["placed"]["estimate"] for frame in samples]
    found = np.array([[step["placed"]["estimate"] for step in ladder_of(frame, versions=2)] for frame in samples])
    errors = found - np.array(without_gaps)[:, None]
    complete, flagged, imputed = errors.mean(axis=0)
    of_mean = errors[:, 2].std(ddof=1) / np.sqrt(8)
    assert abs(imputed) < 3 * of_mean < 0.04
    assert flagged > 0.05 and abs(complete) > abs(imputed)


def test_versions_fill_every_gap_with_values_that_somebody_has_and_touch_nothing_else() -> None:
    frame = some_candidates(300)
    for version in imputed_versions(
        frame, ["grades", "field"], ["hired", "placed"], versions=3, rng=np.random.default_rng(2)
    ):
        assert version[["grades", "field"]].notna().all(axis=None)
        assert set(version["grades"]) <= set(frame["grades"].dropna())
        known = frame["grades"].notna()
        assert (version.loc[known, "grades"] == frame.loc[known, "grades"]).all()
        pd.testing.assert_series_equal(version["hired"], frame["hired"])


def test_what_is_imputed_follows_what_is_known() -> None:
    frame = some_candidates(3000)
    version = imputed_versions(
        frame, ["grades", "field"], ["hired", "placed"], versions=1, rng=np.random.default_rng(2)
    )[0]
    gap = frame["grades"].isna()
    assert np.corrcoef(version.loc[gap, "grades"], frame.loc[gap, "truth"])[0, 1] > 0.4
    assert version.loc[gap, "grades"].mean() == pytest.approx(frame.loc[gap, "truth"].mean(), abs=0.05)
    assert frame["grades"].mean() < frame["truth"].mean() - 0.05


def estimates(value: float, error: float, clusters: int = 1001) -> Estimates:
    return Estimates(
        coefficient_table(["placed"], np.array([value]), np.array([error])), "words", "hired", "one", "by school",
        100, 100, clusters, "invented", (),
    )  # fmt: skip


def test_rubins_rules_by_hand() -> None:
    found = combined([estimates(1.0, 0.2), estimates(1.4, 0.2), estimates(1.2, 0.2)], "imputed", "imputations")
    between = 0.04
    total = 0.04 + (1 + 1 / 3) * between
    share = (4 / 3) * between / total
    old = 2 / share**2
    observed = 1001 / 1003 * 1000 * (1 - share)
    from scipy import stats

    reach = stats.t(1 / (1 / old + 1 / observed)).ppf(0.975) * np.sqrt(total)
    assert found["placed"]["estimate"] == pytest.approx(1.2)
    assert found["placed"]["std_error"] == pytest.approx(np.sqrt(total))
    assert found["placed"]["high"] == pytest.approx(1.2 + reach)
    assert found.statistics["share from imputations: placed"] == pytest.approx(share)
    assert any("More than half of the variance of placed" in sentence for sentence in found.cautions)


def test_degrees_of_freedom_are_those_of_the_data_where_versions_agree_and_of_the_versions_where_data_abound() -> None:
    assert barnard_rubin(np.array([0.0]), 5, 40.0) == pytest.approx(41 / 43 * 40)
    assert barnard_rubin(np.array([0.5]), 5, 1e12) == pytest.approx(4 / 0.25)


def test_errors_of_combination_equal_those_of_statsmodels() -> None:
    """statsmodels' MI keeps the same total variance; it has no Barnard-Rubin degrees of freedom."""
    import statsmodels.api as sm
    from statsmodels.imputation.bayes_mi import MI

    frame = some_candidates(200).assign(constant=1.0)
    versions = [frame[["constant", "placed"]].assign(hired=frame["hired"] + place) for place in (0.0, 0.3, -0.2)]
    rng = np.random.default_rng(0)
    versions = [version.assign(hired=version["hired"] + rng.normal(0, 0.3, 200)) for version in versions]

    class Given:
        def __init__(self) -> None:
            self.place = -1

        def update(self) -> None:
            self.place += 1
            self.data = versions[self.place].to_numpy()

    reference = MI(
        Given(), sm.OLS, model_args_fn=lambda x: (x[:, 2], x[:, :2]), nrep=3, burn=0, skip=0
    ).fit()  # fmt: skip
    fits = []
    for version in versions:
        one = sm.OLS(version["hired"], version[["constant", "placed"]]).fit()
        fits.append(
            Estimates(coefficient_table(["constant", "placed"], one.params, one.bse), "w", "hired", "one", "iid",
                      200, 200, 200, "invented", ())
        )  # fmt: skip
    found = combined(fits, "imputed", "imputations").terms
    assert found["estimate"].to_numpy() == pytest.approx(reference.params, rel=1e-10)
    assert found["std_error"].to_numpy() == pytest.approx(reference.bse, rel=1e-10)


def test_what_has_no_gaps_and_what_has_gaps_among_the_predictors_is_refused() -> None:
    frame = some_candidates(200)
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="no row misses any of placed"):
        missing_ladder(frame, fit, ["placed"], ["hired"], rng=rng)
    with pytest.raises(DataError, match="grades have gaps themselves"):
        missing_ladder(frame, fit, ["field"], ["hired", "grades"], rng=rng)
    with pytest.raises(DataError, match="expected two or more"):
        combined([estimates(1.0, 0.2)], "imputed", "imputations")
