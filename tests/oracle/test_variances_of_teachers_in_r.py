"""Variances of teacher effects against restricted maximum likelihood (lme4), where both are the same number.

In a balanced design REML is the analysis of variance, and so are the products of different years: the estimates agree
to the digits R prints. Unbalanced they differ by how teachers are weighted, so that only the order of size is compared.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from in_r import in_r

from partnerlib.models.unbiased_variances import unbiased_variances
from partnerlib.models.variance_components import moments, teacher_year_sums


def balanced(teachers: int = 60, years: int = 4, size: int = 10) -> pd.DataFrame:
    rng = np.random.default_rng(30)
    teacher, year, _ = np.indices((teachers, years, size)).reshape(3, -1)
    lasting, shock = rng.normal(0, 0.15, teachers), rng.normal(0, 0.10, (teachers, years))
    residual = lasting[teacher] + shock[teacher, year] + rng.normal(0, 0.5, len(teacher))
    frame = pd.DataFrame({"mepid": teacher.astype(str), "school_year": 2015 + year, "residual": residual})
    return frame.assign(weight=1.0)


def test_the_unbiased_variance_is_remls_in_a_balanced_design() -> None:
    rows = balanced()
    years = teacher_year_sums(rows)
    found = unbiased_variances({"math": years}, sample_id="invented")["variance of math"]["estimate"]
    script = """
    suppressMessages(library(lme4))
    fit <- lmer(residual ~ 1 + (1 | mepid) + (1 | mepid:school_year), data = frame,
                control = lmerControl(optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-14), calc.derivs = FALSE))
    out <- as.data.frame(VarCorr(fit))
    write.csv(data.frame(group = out$grp, variance = out$vcov), "out.csv")
    """
    reference = in_r(script, frame=rows)["out"].set_index("group")["variance"]
    assert found == pytest.approx(reference["mepid"], rel=1e-5)
    centred = rows.assign(residual=rows["residual"] - rows["residual"].mean())
    persistent, transitory, student = moments(teacher_year_sums(centred))
    assert student == pytest.approx(reference["Residual"], rel=1e-5)
    # Kane & Staiger's products have no correction for the mean, which is the teachers' own: one in sixty is missing.
    assert persistent == pytest.approx(reference["mepid"] * 59 / 60, rel=0.02)
    assert transitory == pytest.approx(reference["mepid:school_year"], rel=0.02)


def test_unbalanced_years_give_the_same_variance_up_to_weights() -> None:
    rows = balanced(teachers=250)
    kept = np.random.default_rng(3).random((250, 4)) < 0.7
    rows = rows[kept[rows["mepid"].astype(int), rows["school_year"] - 2015]]
    found = unbiased_variances({"math": teacher_year_sums(rows)}, sample_id="invented")["variance of math"]
    script = """
    suppressMessages(library(lme4))
    fit <- lmer(residual ~ 1 + (1 | mepid) + (1 | mepid:school_year), data = frame)
    out <- as.data.frame(VarCorr(fit))
    write.csv(data.frame(group = out$grp, variance = out$vcov), "out.csv")
    """
    reference = in_r(script, frame=rows)["out"].set_index("group")["variance"]["mepid"]
    assert abs(found["estimate"] - reference) < found["std_error"]
