"""Where do teachers go who leave their school: to another one, to another district, or out of the public schools?

One yearly risk would add up moves that a district does not feel and losses that the state does. The ways out compete:
who has moved to another district can no longer leave the first school for good, so each way is estimated beside the
others, on person-years, with staying as the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.models.binary import RUNAWAY
from partnerlib.models.design import numeric_terms, refuse_unanswerable, require_columns, usable_rows
from partnerlib.models.multinomial import MultinomialFit, fit_multinomial
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.support import support

EXITS: Mapping[str, str] = {
    "mover_in_district": "to another school of the district",
    "mover_other_district": "to another district",
    "changed_role": "to another role in the public schools",
    "left": "out of the state's public schools",
}
"""The ways out of a teaching post in a school, by the value of `outcome` in `careers`, in words."""
STAYED = "stayed"
EXITS_OF_LEVEL: Mapping[str, tuple[str, ...]] = {
    "school": tuple(EXITS),
    "district": ("mover_other_district", "changed_role", "left"),
    "state_position": ("changed_role", "left"),
    "state_any": ("left",),
}
"""What counts as leaving at each level of retention."""

ReturnersRule = Literal["first", "again"]
RETURNERS: Mapping[str, str] = {
    "first": "the first exit ends the spell; who comes back later is not at risk again",
    "again": "who teaches again, in another school or after an absence, is followed again as the same career",
}

EXITS_CAN_BE_WRONG = (
    "Being hired where one was placed is chosen by candidate and school: a stayer by temperament may choose both.",
    "People who work in private schools or other states are seen as having left the public schools.",
    "The odds of one way out are compared with staying: they say nothing about what would happen without the others.",
)


def exit_periods(
    careers: pd.DataFrame,
    *,
    returners: ReturnersRule = "first",
    exits: Sequence[str] = tuple(EXITS),
    starts: pd.DataFrame | None = None,
    since: int | None = None,
) -> pd.DataFrame:
    """One row per teacher and October at risk: `period` (year of the career) and `exit` (how it ended, or 'stayed').

    Returners
        'first': the first exit ends the spell; 'again': every October taught is at risk, in the next year of the same
        career, whatever the school and however long the absence (`RETURNERS` has the words)
    Parameters
        exits   the outcomes that end a spell; others count as staying (leave out moves to follow people in the state)
        starts  columns mepid, first_job_year: follow these people, from the first job; else all whose start is known
        since   first October observed: who started earlier enters the risk set late (left truncation)
    Left out
        Octobers not taught, the last October (nobody can be said to have stayed) and careers without a known start
    """
    if returners not in RETURNERS:
        raise ParameterError(f"returners '{returners}': {did_you_mean(returners, RETURNERS)}")
    unknown = [exit for exit in exits if exit not in EXITS]
    if unknown or not exits:
        raise ParameterError(f"exits {unknown or 'none given'}: expected some of {', '.join(EXITS)}")
    require_columns(careers, ["mepid", "school_year", "outcome"], "exits")
    rows = _from_the_start(careers, starts)
    rows = rows[rows["outcome"].notna()].sort_values(["mepid", "school_year"], kind="stable")
    person = rows.groupby("mepid", sort=False)
    taught = rows["experience_years"].astype(int) + 1 if starts is None else person.cumcount() + 1
    rows = rows.assign(period=taught, exit=rows["outcome"].where(rows["outcome"].isin(exits), STAYED).astype(str))
    if returners == "first":
        # Only the unbroken run from the first October counts: after an exit or a gap the person is not at risk.
        began = rows["first_job_year"] if starts is not None else person["school_year"].transform("first")
        left = rows["exit"] != STAYED
        exits_before = left.groupby(rows["mepid"], sort=False).cumsum() - left
        rows = rows[(rows["school_year"] - began == person.cumcount()) & (exits_before == 0)]
    if since is not None:
        rows = rows[rows["school_year"] >= since]
    if rows.empty:
        raise DataError("exits: no teacher with a known start and a following October; choose an earlier cohort")
    columns = [column for column in careers.columns if column != "outcome"]
    return rows[[*columns, "period", "exit"]].assign(exited=rows["exit"] != STAYED).reset_index(drop=True)


def _from_the_start(careers: pd.DataFrame, starts: pd.DataFrame | None) -> pd.DataFrame:
    """Octobers taught by people whose first October is known, or is given."""
    taught = careers[careers["is_teacher"].astype(bool)] if "is_teacher" in careers else careers
    if starts is None:
        require_columns(careers, ["experience_years", "is_experience_censored"], "exits")
        return taught[~taught["is_experience_censored"].astype(bool)]
    require_columns(starts, ["mepid", "first_job_year"], "exits")
    known = starts.dropna(subset=["mepid", "first_job_year"]).sort_values("first_job_year", kind="stable")
    rows = taught.merge(known[["mepid", "first_job_year"]].drop_duplicates("mepid"), on="mepid", how="inner")
    return rows[rows["school_year"] >= rows["first_job_year"]]


def exit_model(
    periods: pd.DataFrame,
    *,
    exposures: Sequence[str] = (),
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    person: str = "mepid",
    returners: ReturnersRule = "first",
    specification: str = "",
    sample_id: str,
) -> tuple[Estimates, ...]:
    """Log odds of each way out rather than staying, in a year, given still there: one `Estimates` per way out.

    Formula
        P(k in year t) = exp(a_kt + exposures b_k + covariates c_k) / (1 + sum over ways out), all ways fitted together;
        neighbouring career years share a dummy until every way out was taken in each
    Errors
        by cluster; without one, robust by person-year (see `hazard_model`). Normal quantiles. `statistics` holds the
        Wald p-value of each exposure acting alike on all ways out (`alike: <exposure>`)
    """
    model = "competing exits"
    needed = ["exit", "period", person, *([cluster] if cluster else []), *exposures]
    rows = usable_rows(periods, needed, model)
    refuse_unanswerable(rows.frame.assign(exited=rows.frame["exit"] != STAYED), "exited", exposures,
                        cluster or person, (), model)  # fmt: skip
    kinds = [exit for exit in EXITS if (rows.frame["exit"] == exit).any()]
    duration = career_year_dummies(rows.frame["period"], rows.frame["exit"], kinds)
    design = pd.concat(
        [rows.frame[list(exposures)].astype("float64"), numeric_terms(rows.frame, covariates), duration], axis=1
    )
    fit = fit_multinomial(rows.frame["exit"], kinds, design, rows.frame[cluster] if cluster else None)
    people = int(rows.frame[person].nunique())
    alike = {
        f"alike: {name}": float(stats.chi2.sf(fit.equal_across_kinds(name), len(kinds) - 1))
        for name in exposures if len(kinds) > 1
    }  # fmt: skip
    cautions = (
        *rows.cautions,
        *_unused_exits(periods["exit"], kinds),
        *size_cautions(people, fit.clusters, cluster or "person-years"),
        *_fit_cautions(fit, rows.frame["exit"], kinds),
    )
    return tuple(
        Estimates(
            terms=_finite(fit, place, exposures),
            estimand=f"log odds of leaving the school {EXITS[kind]} in a year rather than staying, given still there "
            f"({RETURNERS[returners]})",
            outcome=f"exit: {kind}",
            specification=f"{specification}, {EXITS[kind]}" if specification else EXITS[kind],
            clustering=f"by {cluster}" if cluster else "robust by person-year",
            n=fit.n,
            people=people,
            clusters=fit.clusters,
            sample_id=sample_id,
            wrong_if=EXITS_CAN_BE_WRONG,
            cautions=cautions,
            statistics={"log_likelihood": fit.log_likelihood, "distinct_rows": float(fit.distinct_rows), **alike},
            support=support(
                (rows.frame["exit"] == kind).astype("float64"), design, rows.frame[person], exposures=exposures
            ),
        )
        for place, kind in enumerate(kinds)
    )


def career_year_dummies(period: pd.Series, exit: pd.Series, kinds: Sequence[str]) -> pd.DataFrame:
    """A dummy per year of the career; neighbours are joined until some stayed, and some left in every way, in each.

    A year in which nobody took one of the ways out would put that way's intercept at minus infinity.
    """
    counts = pd.crosstab(period.astype(int), exit).reindex(columns=[STAYED, *kinds], fill_value=0)
    groups: list[list[int]] = [[]]
    for year in counts.index:
        groups[-1].append(int(year))
        if (counts.loc[groups[-1]].sum() > 0).all():
            groups.append([])
    rest = groups.pop()
    if not groups:
        never = [kind for kind in (STAYED, *kinds) if not counts[kind].any()]
        raise DataError(f"competing exits: nobody has the outcome {', '.join(never)}; choose a wider sample")
    groups[-1].extend(rest)
    names = [f"year {group[0]}" if len(group) == 1 else f"years {group[0]}-{group[-1]}" for group in groups]
    return pd.DataFrame(
        {name: period.isin(group).astype("float64") for name, group in zip(names, groups, strict=True)},
        index=period.index,
    )


def _finite(fit: MultinomialFit, place: int, exposures: Sequence[str]) -> pd.DataFrame:
    """The terms of one way out; without numbers where nobody, or everybody, on one side of a term went that way."""
    table = coefficient_table(fit.names, fit.coefficients[place], fit.std_errors[place])
    everywhere = [name for name in exposures if (np.abs(fit.coefficients[:, fit.names.index(name)]) > RUNAWAY).all()]
    if everywhere:
        raise DataError(
            f"competing exits: {', '.join(everywhere)} predicts every way out perfectly, so that no finite odds exist; "
            "choose a wider sample"
        )
    numbers = [column for column in table.columns if column != "term"]
    runaway = table["estimate"].abs() > RUNAWAY
    return table.assign(**{column: table[column].mask(runaway) for column in numbers})


def _unused_exits(exit: pd.Series, kinds: Sequence[str]) -> tuple[str, ...]:
    unused = [EXITS[kind] for kind in EXITS if kind not in kinds]
    return (f"Nobody left {' or '.join(unused)}: not estimated.",) if unused else ()


def _fit_cautions(fit: MultinomialFit, exit: pd.Series, kinds: Sequence[str]) -> tuple[str, ...]:
    sentences = []
    if not fit.has_converged:
        sentences.append("The likelihood did not converge; the coefficients are those of the last step.")
    for place, kind in enumerate(kinds):
        runaway = [name for name, value in zip(fit.names, fit.coefficients[place], strict=True) if abs(value) > RUNAWAY]
        if runaway:
            sentences.append(f"Separation: {', '.join(runaway)} tell perfectly who leaves {EXITS[kind]}.")
        events = int((exit == kind).sum())
        if events < 10 * len(fit.names):
            sentences.append(f"Only {events} went {EXITS[kind]}, for {len(fit.names)} terms (rule of thumb: ten each).")
    return tuple(sentences)
