"""Logit with the same questions as least squares, with or without absorbed effects."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.binary import RUNAWAY, BinaryFit, fit_binary
from partnerlib.models.design import numeric_terms, refuse_unanswerable, usable_rows
from partnerlib.models.linear import Question
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.support import support


def logit(
    frame: pd.DataFrame,
    question: Question,
    specification: str,
    covariates: Sequence[str] = (),
    effects: Sequence[str] = (),
) -> Estimates:
    """Log odds of the outcome per unit of each exposure, holding covariates and effects fixed.

    Formula
        log odds = exposures b + covariates c + one intercept per level of each effect
    Errors
        by cluster with factor G/(G-1), normal quantiles, as Stata's `logit, vce(cluster)`
    Left out
        levels of an effect in which everybody or nobody has the outcome: their intercept is infinite and they tell
        nothing about the terms. Intercepts of small levels bias log odds away from zero (by about n/(n-1)); said so.
    """
    factors = [factor for effect in effects for factor in effect.split("^")]
    needed = [question.outcome, *question.exposures, question.cluster, question.person, *factors]
    model = f"logit of {question.outcome}"
    rows = usable_rows(frame, needed, model)
    refuse_unanswerable(frame, question.outcome, question.exposures, question.cluster, effects, model)
    fitted, cautions = _levels_with_both_outcomes(rows.frame, question.outcome, effects)
    exposures = fitted[list(question.exposures)].astype("float64")
    design = pd.concat([exposures, numeric_terms(fitted, covariates)], axis=1)
    outcome = fitted[question.outcome].astype("float64")
    if effects:
        table, statistics, found = _absorbed(outcome, design, fitted, question.cluster, effects)
    else:
        design = design.assign(constant=1.0)
        table, statistics, found = _unabsorbed(fit_binary(outcome, design, fitted[question.cluster]))
    people, clusters = int(fitted[question.person].nunique()), int(fitted[question.cluster].nunique())
    return Estimates(
        terms=_finite(table, question),
        estimand=question.estimand,
        outcome=question.outcome,
        specification=specification,
        clustering=f"by {question.cluster}",
        n=len(fitted),
        people=people,
        clusters=clusters,
        sample_id=question.sample_id,
        wrong_if=question.wrong_if,
        cautions=(*rows.cautions, *cautions, *size_cautions(people, clusters, question.cluster), *found),
        statistics=statistics,
        support=support(
            outcome,
            design[list(table["term"])],
            fitted[question.person],
            exposures=question.exposures,
            effects=[fitted.groupby(effect.split("^")).ngroup() for effect in effects],
            effect_names=effects,
            counts=fitted[question.counts].astype("float64") if question.counts else None,
        ),
    )


def _finite(table: pd.DataFrame, question: Question) -> pd.DataFrame:
    """The terms without numbers where a term predicts the outcome perfectly; refused when it is an exposure."""
    separated = table["estimate"].abs() > RUNAWAY
    asked = [term for term in table.loc[separated, "term"] if term in question.exposures]
    if asked:
        raise DataError(
            f"logit of {question.outcome}: {', '.join(asked)} predicts the outcome perfectly, so that no finite log "
            "odds exist; use the linear model, or a wider sample"
        )
    numbers = [column for column in table.columns if column != "term"]
    return table.assign(**{column: table[column].mask(separated) for column in numbers})


def _unabsorbed(fit: BinaryFit) -> tuple[pd.DataFrame, dict[str, float], tuple[str, ...]]:
    table = coefficient_table(fit.names, fit.coefficients, fit.std_errors)
    return table, {"log_likelihood": fit.log_likelihood}, fit.cautions


def _absorbed(
    outcome: pd.Series, design: pd.DataFrame, rows: pd.DataFrame, cluster: str, effects: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, float], tuple[str, ...]]:
    import pyfixest

    names = {f"x{position}": term for position, term in enumerate(design.columns)}
    data = design.set_axis(list(names), axis=1).assign(
        outcome=outcome,
        cluster=pd.factorize(rows[cluster])[0],
        **{f"effect{i}": rows.groupby(effect.split("^")).ngroup() for i, effect in enumerate(effects)},
    )
    formula = f"outcome ~ {' + '.join(names)} | {' + '.join(f'effect{i}' for i in range(len(effects)))}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = pyfixest.feglm(
            formula, data, family="logit", vcov={"CRV1": "cluster"}, ssc=pyfixest.ssc(k_adj=False, G_adj=True),
            iwls_maxiter=100, iwls_tol=1e-10, fixef_rm="none",
        )  # fmt: skip
    kept = list(fit.coef().index)
    cautions = (
        [] if fit.convergence else ["The likelihood did not converge; the coefficients are those of the last step."]
    )
    dropped = [term for name, term in names.items() if name not in kept]
    if dropped:
        cautions.append(f"Not identified beside the other terms and left out: {', '.join(dropped)}.")
    table = coefficient_table([names[name] for name in kept], fit.coef().to_numpy(), fit.se().to_numpy())
    return table, {}, tuple(cautions)


def _levels_with_both_outcomes(
    rows: pd.DataFrame, outcome: str, effects: Sequence[str], small: int = 10
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    kept = rows
    for effect in effects:
        share = (
            kept[outcome].astype("float64").groupby([kept[factor] for factor in effect.split("^")]).transform("mean")
        )
        kept = kept[(share > 0) & (share < 1)]
    if kept.empty:
        raise DataError(f"logit of {outcome}: within every level of {' and '.join(effects)} all have the same outcome")
    kept = kept.reset_index(drop=True)
    cautions = []
    if len(kept) < len(rows):
        cautions.append(
            f"{len(rows) - len(kept):,} rows are left out: within their level of {' and '.join(effects)} "
            "everybody or nobody has the outcome."
        )
    sizes = [kept.groupby(effect.split("^")).size().median() for effect in effects]
    if sizes and min(sizes) < small:
        cautions.append(
            f"Half of the levels hold fewer than {small} people: log odds are pushed away from zero; "
            "prefer the linear model."
        )
    return kept, tuple(cautions)
