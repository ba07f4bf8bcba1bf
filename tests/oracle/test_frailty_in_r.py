"""The hazard with a frailty by district against lme4::glmer with 15 quadrature nodes, run live."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from in_r import in_r
from scipy import special

from partnerlib.models.frailty import shared_frailty


@pytest.mark.parametrize("spread", [0.3, 0.9])
def test_coefficients_spread_likelihood_and_errors_equal_glmer(spread: float) -> None:
    rng = np.random.default_rng(4)
    people, districts = 1200, 45
    district, frailty = rng.integers(0, districts, people), rng.normal(0, spread, districts)
    mepid, period = np.repeat(np.arange(people), 4), np.tile(np.arange(1, 5), people)
    placed, grades = np.repeat(rng.random(people) < 0.4, 4), np.repeat(rng.normal(0, 1, people).round(1), 4)
    index = -1.4 - 0.15 * period - 0.4 * placed + 0.2 * grades + frailty[np.repeat(district, 4)]
    rows = pd.DataFrame(
        {"mepid": mepid, "period": period, "placed": placed.astype(int), "grades": grades,
         "district_code": np.repeat(district, 4), "exited": (rng.random(len(index)) < special.expit(index)).astype(int)}
    )  # fmt: skip
    rows = rows[rows.groupby("mepid")["exited"].cumsum() - rows["exited"] == 0].reset_index(drop=True)
    found = in_r(
        """library(lme4)
        fit <- glmer(exited ~ 0 + placed + grades + factor(period) + (1 | district_code), rows, binomial, nAGQ = 15,
                     control = glmerControl("bobyqa", optCtrl = list(rhobeg = 1e-3, rhoend = 1e-10, maxfun = 1e5),
                                            tolPwrss = 1e-13))
        write.csv(data.frame(term = names(fixef(fit)), estimate = fixef(fit), se = sqrt(diag(vcov(fit))),
                  sd = as.data.frame(VarCorr(fit))$sdcor), "fit.csv", row.names = FALSE)
        write.csv(data.frame(deviance = -2 * as.numeric(logLik(fit))), "ll.csv", row.names = FALSE)""",
        rows=rows,
    )
    reference = found["fit"].set_index("term")
    ours = shared_frailty(rows, exposures=["placed", "grades"], sample_id="invented")
    for mine, theirs in {"placed": "placed", "grades": "grades", "year 2": "factor(period)2"}.items():
        assert ours.shared[mine]["estimate"] == pytest.approx(reference.loc[theirs, "estimate"], rel=1e-6)
        # Both from second derivatives, glmer's by finite differences of the deviance.
        assert ours.shared[mine]["std_error"] == pytest.approx(reference.loc[theirs, "se"], rel=1e-4)
    assert ours.std_dev == pytest.approx(reference["sd"].iloc[0], rel=1e-6)
    assert -2 * ours.shared.statistics["log_likelihood"] == pytest.approx(found["ll"]["deviance"][0], rel=1e-12)
