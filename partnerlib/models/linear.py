"""Least squares with absorbed effects: how many points more likely, or how many units higher, all else listed equal."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.design import numeric_terms, refuse_unanswerable, usable_rows
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.support import support

FEWEST_SPARE_ROWS = 10
"""Rows beyond the number of terms below which a fit is close to saturated."""


@dataclass(frozen=True)
class Question:
    """What a model is asked: the words and columns that stay the same up a ladder of specifications."""

    outcome: str
    exposures: tuple[str, ...]
    estimand: str
    cluster: str
    """Column of the unit at which the exposure was assigned (placement school, provider, class)."""
    person: str
    """Column that identifies a person, to count people beside rows."""
    sample_id: str
    wrong_if: tuple[str, ...] = ()
    counts: str = ""
    """Column of the people a row stands for, where rows are groups and the outcome is a share of them."""


def linear(
    frame: pd.DataFrame,
    question: Question,
    specification: str,
    covariates: Sequence[str] = (),
    effects: Sequence[str] = (),
    weights: str | None = None,
) -> Estimates:
    """Differences in the mean outcome per unit of each exposure, holding covariates and absorbed effects fixed.

    Formula
        outcome = exposures b + covariates c + one intercept per level of each effect + error
    Errors
        CR1 by the cluster column, t with G - 1 degrees of freedom; with each row its own cluster this is HC1
    Parameters
        effects   absorbed, such as 'provider_code^completion_year' for provider by year
        weights   column of precision weights (a teacher's number of students), if any
    """
    import pyfixest

    factors = [factor for effect in effects for factor in effect.split("^")]
    needed = [question.outcome, *question.exposures, question.cluster, question.person, *factors]
    model = f"linear model of {question.outcome}"
    rows = usable_rows(frame, needed + ([weights] if weights else []), model)
    refuse_unanswerable(frame, question.outcome, question.exposures, question.cluster, effects, model)
    exposures = rows.frame[list(question.exposures)].astype("float64")
    design = pd.concat([exposures, numeric_terms(rows.frame, covariates)], axis=1)
    names = {f"x{position}": term for position, term in enumerate(design.columns)}
    data = design.set_axis(list(names), axis=1).assign(
        outcome=rows.frame[question.outcome].astype("float64"),
        cluster=pd.factorize(rows.frame[question.cluster])[0],
        **{f"effect{i}": rows.frame.groupby(effect.split("^")).ngroup() for i, effect in enumerate(effects)},
    )
    if weights:
        data["weights"] = rows.frame[weights].astype("float64")
    absorbed = " + ".join(f"effect{i}" for i in range(len(effects)))
    # Of terms that say the same the last is dropped: exposures stand last, so that none goes unnoticed.
    last = sorted(names, key=lambda name: names[name] in question.exposures)
    formula = f"outcome ~ {' + '.join(last) or '1'}" + (f" | {absorbed}" if absorbed else "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dropped collinear terms and singletons are reported below, in words
        fit = pyfixest.feols(formula, data, vcov={"CRV1": "cluster"}, weights="weights" if weights else None)
        errors = fit.se()
    fitted = rows.frame.drop(index=list(fit.na_index))
    people, clusters = int(fitted[question.person].nunique()), int(fitted[question.cluster].nunique())
    kept = [name for name in ("Intercept", *names) if name in fit.coef().index]
    _refuse_unidentified(question, names, kept, [*covariates, *effects])
    std_errors = errors[kept].to_numpy()
    table = coefficient_table(
        [names.get(name, "constant") for name in kept], fit.coef()[kept].to_numpy(), std_errors, clusters - 1
    )
    return Estimates(
        terms=table,
        estimand=question.estimand,
        outcome=question.outcome,
        specification=specification,
        clustering=f"CR1 by {question.cluster}",
        n=len(fitted),
        people=people,
        clusters=clusters,
        sample_id=question.sample_id,
        wrong_if=question.wrong_if,
        cautions=(
            *rows.cautions,
            *size_cautions(people, clusters, question.cluster),
            *_singletons(len(data) - len(fitted), effects),
            *_dropped_terms(names, kept),
            *_saturated(len(fitted), len(std_errors), std_errors),
        ),
        statistics={"r2": float(fit._r2)},
        support=support(
            fitted[question.outcome].astype("float64"),
            _shown_terms(design.loc[fitted.index], names, kept),
            fitted[question.person],
            exposures=question.exposures,
            effects=[fitted.groupby(effect.split("^")).ngroup() for effect in effects],
            effect_names=effects,
            weights=fitted[weights].astype("float64") if weights else None,
            counts=fitted[question.counts].astype("float64") if question.counts else None,
        ),
    )


def _refuse_unidentified(question: Question, names: dict[str, str], kept: Sequence[str], others: Sequence[str]) -> None:
    """An exposure that is a combination of everything else has no coefficient of its own."""
    lost = [term for name, term in names.items() if name not in kept and term in question.exposures]
    if lost:
        raise DataError(
            f"linear model of {question.outcome}: {', '.join(lost)} cannot be told apart from {', '.join(others)} and "
            "the other exposures; leave one of them out"
        )


def _shown_terms(design: pd.DataFrame, names: dict[str, str], kept: Sequence[str]) -> pd.DataFrame:
    """The columns the coefficients belong to, the constant included."""
    return pd.DataFrame(
        {names.get(name, "constant"): design[names[name]] if name in names else 1.0 for name in kept},
        index=design.index,
    )


def _saturated(rows: int, terms: int, std_errors: np.ndarray) -> tuple[str, ...]:
    """Sentences for a model that asks more than its rows can answer."""
    sentences = []
    if rows - terms < FEWEST_SPARE_ROWS:
        sentences.append(f"{rows:,} rows for {terms} terms: the fit is close to saturated and says little.")
    if not np.isfinite(std_errors).all():
        sentences.append("Some standard errors cannot be computed: too few clusters for the terms.")
    return tuple(sentences)


def _dropped_terms(names: dict[str, str], kept: Sequence[str]) -> tuple[str, ...]:
    dropped = [term for name, term in names.items() if name not in kept]
    if not dropped:
        return ()
    return (f"Not identified beside the other terms and left out: {', '.join(dropped)}.",)


def _singletons(rows: int, effects: Sequence[str]) -> tuple[str, ...]:
    if not rows:
        return ()
    return (f"{rows:,} rows are alone in their level of {' and '.join(effects)} and say nothing about the terms.",)
