"""CR2 errors and their degrees of freedom against R's clubSandwich."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from in_r import in_r

from partnerlib.models.few_clusters import linear_few_clusters
from partnerlib.models.linear import Question


def novices(seed: int = 5, n: int = 160) -> pd.DataFrame:
    """Invented novices in schools of uneven size, some schools alone in having a match."""
    rng = np.random.default_rng(seed)
    school = np.sort(rng.zipf(1.6, n) % 23)
    shock = rng.normal(0, 0.1, 23)[school]
    return pd.DataFrame(
        {
            "school": school, "person": np.arange(n), "provider": rng.integers(0, 6, n),
            "match": ((school < 4) | (rng.random(n) < 0.1)).astype(float), "experience": rng.integers(0, 2, n),
            "mentor": rng.normal(0, 0.15, n), "n_students": rng.integers(8, 60, n).astype(float),
        }
    ).assign(effect=lambda f: 0.03 * f["match"] + 0.2 * f["mentor"] + shock + rng.normal(0, 0.15, n))  # fmt: skip


@pytest.mark.parametrize("weights", [None, "n_students"], ids=["unweighted", "weighted by students"])
def test_errors_and_degrees_of_freedom_equal_clubsandwich(weights: str | None) -> None:
    """With the identity as target for both: clubSandwich's default for a weighted fit that is no inverse variance."""
    frame = novices()
    question = Question("effect", ("match", "mentor"), "invented", "school", "person", "invented")
    found = linear_few_clusters(frame, question, "x", covariates=["experience"], effects=["provider"], weights=weights)
    given = "" if weights is None else ", weights = n_students"
    reference = in_r(
        f"""
        suppressMessages(library(clubSandwich))
        fit <- lm(effect ~ match + mentor + experience + factor(provider), data = frame{given})
        V <- vcovCR(fit, cluster = frame$school, type = "CR2", target = rep(1, nrow(frame)), inverse_var = FALSE)
        out <- coef_test(fit, vcov = V, test = "Satterthwaite")
        write.csv(data.frame(term = rownames(out), beta = coef(fit), se = out$SE, df = out$df), "out.csv")
        """,
        frame=frame,
    )["out"].set_index("term")
    for term in ("match", "mentor", "experience"):
        assert found[term]["estimate"] == pytest.approx(reference.loc[term, "beta"], rel=1e-6)
        assert found[term]["std_error"] == pytest.approx(reference.loc[term, "se"], rel=1e-6)
    for term in question.exposures:
        assert found.statistics[f"df {term}"] == pytest.approx(reference.loc[term, "df"], rel=1e-6)
    assert found.statistics["df match"] < 15
