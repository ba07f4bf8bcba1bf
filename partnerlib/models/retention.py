"""Do teachers hired where they were placed stay longer? Discrete-time hazards on person-years.

Octobers are counted, not days, so leaving is a yes or no per year: one row per person and year at risk, a dummy per
year of the career, no proportional-hazards model with ties.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.models.binary import RUNAWAY, Link, fit_binary
from partnerlib.models.design import numeric_terms, refuse_unanswerable, require_columns, usable_rows
from partnerlib.models.exits import RETURNERS, ReturnersRule
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.support import support

LEVELS = {
    "school": ("retained_school", "leaving the school"),
    "district": ("retained_district", "leaving the district"),
    "state_position": ("retained_state_position", "leaving the position of teacher in the state's public schools"),
    "state_any": ("retained_state_any", "leaving the state's public schools altogether"),
}
"""A retention rate without its level is wrong: the column of `careers` and the words of each."""

HAZARD_CAN_BE_WRONG = (
    "Being hired where one was placed is chosen by candidate and school: a stayer by temperament may choose both.",
    "People who work in private schools or other states are seen as having left.",
    "Unmeasured differences between people make the hazard fall over time even if nobody's does (frailty).",
)


def spells_from_careers(careers: pd.DataFrame, level: str = "state_position") -> pd.DataFrame:
    """One row per teacher: from the first October observed to the first exit, or to the last October that can tell.

    Time is the year of the career: the first October taught is 1. Teachers whose start is not observed (already there
    in the first collection) have no known year and are left out. A teacher seen late but with known experience enters
    the risk set late. An October whose outcome is not yet known (the last) adds no time.
    Returners
        the first exit ends the spell; who comes back later is not at risk again
    """
    if level not in LEVELS:
        raise ParameterError(f"retention level '{level}': {did_you_mean(level, LEVELS)}")
    retained, _ = LEVELS[level]
    require_columns(careers, ["mepid", "school_year", "experience_years", "is_experience_censored", retained], "spells")
    known = careers[~careers["is_experience_censored"].astype(bool) & careers[retained].notna()]
    rows = known.assign(time=known["experience_years"].astype(int) + 1, left=~known[retained].astype(bool))
    rows = rows.sort_values(["mepid", "school_year"], kind="stable")
    person = rows.groupby("mepid", sort=False)
    # Only the unbroken run from the first observed year counts: after an exit or a gap the person is not at risk.
    position = person.cumcount()
    exits_before = person["left"].cumsum() - rows["left"]
    unbroken = (rows["school_year"] - person["school_year"].transform("first") == position) & (exits_before == 0)
    run = rows[unbroken].groupby("mepid", sort=True)
    spells = run.agg(
        first_school_year=("school_year", "first"),
        entry=("time", "first"),
        duration=("time", "last"),
        event=("left", "any"),
    ).reset_index()
    return spells.assign(entry=spells["entry"] - 1)


def person_periods(spells: pd.DataFrame) -> pd.DataFrame:
    """One row per person and year at risk: `period`, and `exited` true in the year the spell ended in the event.

    All other columns of the spells are repeated on each of the person's rows.
    """
    require_columns(spells, ["entry", "duration", "event"], "person-periods")
    length = (spells["duration"] - spells["entry"]).astype(int).to_numpy()
    if (length <= 0).any():
        raise DataError(f"person-periods: {int((length <= 0).sum())} spells end no later than they begin")
    repeated = np.repeat(np.arange(len(spells)), length)
    step = np.arange(len(repeated)) - np.repeat(np.cumsum(length) - length, length) + 1
    rows = spells.iloc[repeated].reset_index(drop=True)
    period = rows["entry"].astype(int) + step
    exited = (period == rows["duration"].astype(int)) & rows["event"].astype(bool)
    return rows.drop(columns=["entry", "duration", "event"]).assign(period=period, exited=exited)


def hazard_model(
    periods: pd.DataFrame,
    *,
    exposures: Sequence[str] = (),
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    person: str = "mepid",
    level: str = "state_position",
    link: Link = "logit",
    returners: ReturnersRule = "first",
    specification: str = "duration dummies",
    sample_id: str,
) -> Estimates:
    """Log odds of leaving in a year, given still there: a dummy per career year plus exposures and covariates.

    Formula
        logit h(t) = a_t + exposures b + covariates c; with link='cloglog' the coefficients are log hazard ratios of the
        continuous-time proportional-hazards model behind the yearly counts
    Errors
        clustered where the exposure was assigned (placement school, job school). Without a cluster, robust by
        person-year: given still there, the years of one person add uncorrelated scores (martingale differences), and
        rows stay identical enough to be joined. Normal quantiles.
    Parameters
        returners  the rule the person-years were made by (`exits.RETURNERS`): said in the estimand
    """
    if level not in LEVELS:
        raise ParameterError(f"retention level '{level}': {did_you_mean(level, LEVELS)}")
    scale = "log odds" if link == "logit" else "log hazard"
    needed = ["exited", "period", person, *([cluster] if cluster else []), *exposures]
    rows = usable_rows(periods, needed, "hazard model")
    refuse_unanswerable(rows.frame, "exited", exposures, cluster or person, (), "hazard model")
    informative, cautions = periods_with_both_outcomes(rows.frame)
    duration = pd.DataFrame(
        {f"year {t}": (informative["period"] == t).astype("float64") for t in sorted(informative["period"].unique())}
    )
    design = pd.concat(
        [informative[list(exposures)].astype("float64"), numeric_terms(informative, covariates), duration], axis=1
    )
    fit = fit_binary(informative["exited"], design, informative[cluster] if cluster else None, link)
    people = int(informative[person].nunique())
    return Estimates(
        terms=_finite(coefficient_table(fit.names, fit.coefficients, fit.std_errors), exposures),
        estimand=f"{scale} of {LEVELS[level][1]} in a year, given still there ({RETURNERS[returners]})",
        outcome="exited",
        specification=specification,
        clustering=f"by {cluster}" if cluster else "robust by person-year",
        n=fit.n,
        people=people,
        clusters=fit.clusters,
        sample_id=sample_id,
        wrong_if=HAZARD_CAN_BE_WRONG,
        cautions=(
            *rows.cautions,
            *cautions,
            *size_cautions(people, fit.clusters, cluster or "person-years"),
            *fit.cautions,
        ),
        statistics={"log_likelihood": fit.log_likelihood, "distinct_rows": float(fit.distinct_rows)},
        support=support(informative["exited"].astype("float64"), design, informative[person], exposures=exposures),
    )


def _finite(table: pd.DataFrame, exposures: Sequence[str]) -> pd.DataFrame:
    """The terms without numbers where one tells perfectly who leaves; refused when it is an exposure."""
    separated = table["estimate"].abs() > RUNAWAY
    asked = [term for term in table.loc[separated, "term"] if term in exposures]
    if asked:
        raise DataError(
            f"hazard model: {', '.join(asked)} predicts leaving perfectly, so that no finite odds exist; compare "
            "shares, or take a wider sample"
        )
    numbers = [column for column in table.columns if column != "term"]
    return table.assign(**{column: table[column].mask(separated) for column in numbers})


def periods_with_both_outcomes(rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Without years in which everybody or nobody left: their dummy has no finite estimate, and they tell nothing."""
    share = rows.groupby("period")["exited"].transform("mean")
    kept = rows[(share > 0) & (share < 1)].reset_index(drop=True)
    if kept.empty:
        raise DataError("hazard model: in no career year did some leave and some stay; pool cohorts or years")
    dropped = sorted(set(rows["period"]) - set(kept["period"]))
    if not dropped:
        return kept, ()
    return kept, (f"Career years {', '.join(map(str, dropped))} are left out: everybody or nobody left in them.",)
