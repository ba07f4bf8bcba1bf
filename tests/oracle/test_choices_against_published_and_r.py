"""Conditional logit: Greene's choice of a way to travel, and R's clogit on sets of different sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from in_r import in_r

from partnerlib.models.choice_sets import choices
from partnerlib.models.conditional_logit import ChoiceFit, fit_choices
from partnerlib.models.nested_logit import fit_nested

TERMS = ["air", "train", "bus", "gc", "ttme", "hinc_air"]
PRINTED = {
    "air": (5.2074324, 0.7790544), "train": (3.8690290, 0.4431260), "bus": (3.1631681, 0.4502651),
    "gc": (-0.0155013, 0.0044080), "ttme": (-0.0961246, 0.0104398), "hinc_air": (0.0132870, 0.0102624),
}  # fmt: skip
LOG_LIKELIHOOD = -199.1283687


def travelled() -> pd.DataFrame:
    rows = sm.datasets.modechoice.load_pandas().data
    modes = {name: (rows["mode"] == place).astype(float) for place, name in enumerate(("air", "train", "bus"), 1)}
    return rows.assign(**modes, hinc_air=rows["hinc"] * modes["air"])


@pytest.fixture(scope="module")
def fit() -> ChoiceFit:
    return fit_choices(choices(travelled(), TERMS, "individual", "choice"))


def test_the_choice_of_a_way_to_travel_is_the_published_one(fit: ChoiceFit) -> None:
    """The printed coefficients stop short of the maximum: the likelihood there is lower by 4e-9, ours has no slope."""
    assert fit.log_likelihood == pytest.approx(LOG_LIKELIHOOD, abs=5e-8)
    for name, value, error in zip(fit.names, fit.coefficients, fit.model_std_errors, strict=True):
        assert value == pytest.approx(PRINTED[name][0], rel=2e-5)
        assert error == pytest.approx(PRINTED[name][1], rel=1e-5)


def test_ours_is_no_lower_than_at_the_printed_coefficients(fit: ChoiceFit) -> None:
    rows = travelled()
    utility = rows[TERMS].to_numpy() @ np.array([PRINTED[name][0] for name in TERMS])
    sums = pd.Series(np.exp(utility)).groupby(rows["individual"]).transform("sum")
    printed = float((utility - np.log(sums))[rows["choice"] == 1].sum())
    assert 0 <= fit.log_likelihood - printed < 1e-8


def test_coefficients_and_errors_equal_r(fit: ChoiceFit) -> None:
    """`clogit`'s robust errors carry no small-sample factor; ours carry Stata's G/(G-1)."""
    rng = np.random.default_rng(12)
    who = np.repeat(np.arange(300), 20)
    rows = pd.DataFrame({"who": who, "provider": who % 23, "x": rng.normal(size=6000), "z": rng.normal(size=6000)})
    rows = rows[rng.random(6000) < 0.7]
    utility = 0.7 * rows["x"] - 0.4 * rows["z"] + rng.gumbel(size=len(rows))
    rows["chosen"] = (utility == utility.groupby(rows["who"]).transform("max")).astype(int)
    ours = fit_choices(choices(rows, ["x", "z"], "who", "chosen", cluster="provider"))
    theirs = in_r(
        """
        library(survival)
        fit <- clogit(chosen ~ x + z + strata(who) + cluster(provider), data = rows, method = "efron")
        write.csv(data.frame(estimate = coef(fit), robust = sqrt(diag(vcov(fit))),
                             naive = sqrt(diag(fit$naive.var)), loglik = fit$loglik[2]), "found.csv", row.names = FALSE)
        """,
        rows=rows,
    )["found"]
    assert ours.coefficients == pytest.approx(theirs["estimate"].to_numpy(), rel=1e-6)
    assert ours.model_std_errors == pytest.approx(theirs["naive"].to_numpy(), rel=1e-6)
    assert ours.std_errors == pytest.approx(theirs["robust"].to_numpy() * np.sqrt(23 / 22), rel=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs["loglik"][0], rel=1e-9)


def test_the_nested_choice_is_the_published_one() -> None:
    """Greene's fly against ground, full-information maximum likelihood."""
    rows = travelled()
    rows["branch"] = np.where(rows["mode"] == 1, "fly", "ground")
    rows["hinc_fly"] = rows["hinc"] * rows["air"]
    fit = fit_nested(rows, ["air", "train", "bus", "gc", "ttme"], "branch", "individual", "choice", ["hinc_fly"])
    printed = {
        "air": (6.0423, 1.1989), "train": (5.0646, 0.6620), "bus": (4.0963, 0.6152), "gc": (-0.03159, 0.00816),
        "ttme": (-0.11262, 0.01413), "hinc_fly": (0.01533, 0.00938), "tau fly": (0.5860, 0.1406),
        "tau ground": (0.3890, 0.1237),
    }  # fmt: skip
    assert fit.names == tuple(printed)
    assert fit.log_likelihood == pytest.approx(-193.656149, abs=1e-6)
    for value, error, (known, known_error) in zip(fit.coefficients, fit.std_errors, printed.values(), strict=True):
        assert value == pytest.approx(known, abs=1e-4)
        assert error == pytest.approx(known_error, rel=0.01, abs=1e-4)
