"""Ordered models against R (MASS::polr, ordinal::clm and clmm) and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from in_r import in_r
from statsmodels.miscmodels.ordinal_model import OrderedModel

from partnerlib.models.linear import Question
from partnerlib.models.ordinal import RATINGS, ordered

QUESTION = Question("rating", ("match", "skill"), "invented", "school", "mepid", "invented")


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    """600 invented ratings in 30 schools, each with its own lines."""
    rng = np.random.default_rng(9)
    n = 600
    school = rng.integers(0, 30, n)
    lines = rng.normal(0, 0.8, 30)[school]
    match, skill = (rng.random(n) < 0.4).astype(float), rng.normal(0, 1, n) + 0.5 * lines
    latent = 0.5 * match + 0.8 * skill - lines + rng.logistic(size=n)
    code = np.digitize(latent, [-2.5, -1.0, 2.0])
    return pd.DataFrame(
        {"mepid": np.arange(n).astype(str), "school": school, "match": match, "skill": skill,
         "code": code, "rating": np.array(RATINGS)[code]}
    )  # fmt: skip


R = """
library({package})
frame$code <- factor(frame$code, ordered = TRUE)
fit <- {fit}
table <- coef(summary(fit))
out <- data.frame(term = rownames(table), beta = table[, 1], se = table[, 2], ll = as.numeric(logLik(fit)))
write.csv(out, "out.csv")
"""


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_common_lines_equal_polr_and_statsmodels(ratings: pd.DataFrame, link: str) -> None:
    """Model-based errors: every row its own cluster would be another definition, so R's sandwich is not compared."""
    found = ordered(ratings, QUESTION, "common", link=link)
    method = {"logit": "logistic", "probit": "probit"}[link]
    fit = f'clm(code ~ match + skill, data = frame, link = "{link}", control = clm.control(gradTol = 1e-10))'
    clm = in_r(R.format(package="ordinal", fit=fit), frame=ratings)["out"].set_index("term")
    polr = in_r(
        R.format(package="MASS", fit=f'polr(code ~ match + skill, data = frame, Hess = TRUE, method = "{method}")'),
        frame=ratings,
    )["out"].set_index("term")
    python = OrderedModel(
        pd.Series(pd.Categorical(ratings["code"], ordered=True)), ratings[["match", "skill"]], distr=link
    ).fit(method="newton", disp=0)
    for term in ("match", "skill"):
        assert found[term]["estimate"] == pytest.approx(clm.loc[term, "beta"], rel=1e-6)
        assert found[term]["estimate"] == pytest.approx(polr.loc[term, "beta"], rel=1e-4)  # polr stops early
        assert found[term]["estimate"] == pytest.approx(python.params[term], rel=1e-5)
    for line, name in zip(("0|1", "1|2", "2|3"), RATINGS, strict=False):
        assert found[f"line above {name}"]["estimate"] == pytest.approx(clm.loc[line, "beta"], rel=1e-6)
    assert found.statistics["log likelihood"] == pytest.approx(clm["ll"].iloc[0], rel=1e-9)


def test_the_sandwich_by_school_equals_the_one_made_from_clms_own_scores(ratings: pd.DataFrame) -> None:
    """sandwich::vcovCL has no method for clm; for polr it does, with the same factor G/(G-1)."""
    found = ordered(ratings, QUESTION, "common")
    script = """
    library(MASS); library(sandwich)
    frame$code <- factor(frame$code, ordered = TRUE)
    fit <- polr(code ~ match + skill, data = frame, Hess = TRUE, control = list(reltol = 1e-14))
    V <- vcovCL(fit, cluster = frame$school, type = "HC0", cadjust = TRUE)
    write.csv(data.frame(term = rownames(V), se = sqrt(diag(V))), "out.csv")
    """
    reference = in_r(script, frame=ratings)["out"].set_index("term")
    for term in ("match", "skill"):
        assert found[term]["std_error"] == pytest.approx(
            reference.loc[term, "se"], rel=1e-3
        )  # polr's Hessian is numeric


def test_a_level_for_every_school_equals_clm_with_school_dummies(ratings: pd.DataFrame) -> None:
    found = ordered(ratings, QUESTION, "fixed", school="school", thresholds="fixed")
    fit = "clm(code ~ match + skill + factor(school), data = frame, control = clm.control(gradTol = 1e-10))"
    reference = in_r(R.format(package="ordinal", fit=fit), frame=ratings)["out"].set_index("term")
    for term in ("match", "skill"):
        assert found[term]["estimate"] == pytest.approx(reference.loc[term, "beta"], rel=1e-6)
    assert found.statistics["log likelihood"] == pytest.approx(reference["ll"].iloc[0], rel=1e-9)


def test_random_lines_equal_clmm_with_the_same_quadrature(ratings: pd.DataFrame) -> None:
    found = ordered(ratings, QUESTION, "random", school="school", thresholds="random")
    script = """
    library(ordinal)
    frame$code <- factor(frame$code, ordered = TRUE)
    fit <- clmm(code ~ match + skill + (1 | school), data = frame, nAGQ = 15,
                control = clmm.control(method = "ucminf", grtol = 1e-10))
    table <- coef(summary(fit))
    write.csv(data.frame(term = rownames(table), beta = table[, 1], se = table[, 2],
                         ll = as.numeric(logLik(fit)), sd = as.numeric(fit$ST[[1]])), "out.csv")
    """
    reference = in_r(script, frame=ratings)["out"].set_index("term")
    for term in ("match", "skill"):
        assert found[term]["estimate"] == pytest.approx(reference.loc[term, "beta"], rel=1e-5)
        assert found[term]["std_error"] == pytest.approx(reference.loc[term, "se"], rel=1e-4)
    assert np.exp(found["log sd of school lines"]["estimate"]) == pytest.approx(reference["sd"].iloc[0], rel=1e-5)
    assert found.statistics["log likelihood"] == pytest.approx(reference["ll"].iloc[0], rel=1e-8)
