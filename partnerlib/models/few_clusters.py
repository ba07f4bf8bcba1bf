"""The same coefficients with errors that hold when few clusters tell about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.design import numeric_terms, usable_rows
from partnerlib.models.linear import Question, linear
from partnerlib.models.results import Estimates, coefficient_table
from partnerlib.models.sandwich import bias_reduced

MOST_COLUMNS = 1_500
"""Terms and levels of effects together that a dense design is made of."""
FEWEST_DEGREES = 4
"""Degrees of freedom below which even this t distribution is a guess (Pustejovsky & Tipton 2018)."""


def linear_few_clusters(
    frame: pd.DataFrame,
    question: Question,
    specification: str,
    covariates: Sequence[str] = (),
    effects: Sequence[str] = (),
    weights: str | None = None,
) -> Estimates:
    """`linear`, with CR2 errors and a t distribution of each coefficient's own degrees of freedom.

    A coefficient is known from as many clusters as differ in its term: a hundred schools of which five have a match are
    five. The usual error counts a hundred.

    Errors
        CR2 by the cluster column, Satterthwaite degrees of freedom (`sandwich.bias_reduced`)
    Raises
        DataError  as `linear`; or the effects have too many levels to be written out
    """
    factors = [factor for effect in effects for factor in effect.split("^")]
    needed = [question.outcome, *question.exposures, question.cluster, question.person, *factors]
    rows = usable_rows(frame, needed + ([weights] if weights else []), specification).frame
    design, names = written_out(rows, question, covariates, effects)
    if len(rows) <= design.shape[1]:
        raise DataError(
            f"{specification}: {len(rows)} rows for {design.shape[1]} terms and levels of effects; every outcome "
            "would be fitted exactly, use fewer covariates"
        )
    found = linear(frame, question, specification, covariates, effects, weights)
    w = rows[weights].to_numpy(dtype=float) if weights else np.ones(len(rows))
    outcome = rows[question.outcome].to_numpy(dtype=float)
    root = np.sqrt(w)
    solution = np.linalg.lstsq(design * root[:, None], outcome * root, rcond=None)[0]
    shown = [names.index(term) for term in found.terms["term"]]
    covariance, freedom = bias_reduced(design, outcome - design @ solution, w, rows[question.cluster].to_numpy(), shown)
    errors = pd.Series(np.sqrt(np.diag(covariance)), index=list(found.terms["term"]))
    degrees = pd.Series(freedom, index=errors.index)
    table = pd.concat(
        [
            coefficient_table(
                [row.term], np.array([row.estimate]), errors.loc[[row.term]].to_numpy(), degrees[row.term]
            )
            for row in found.terms.itertuples()
        ],
        ignore_index=True,
    )
    return replace(
        found,
        terms=table,
        clustering=f"CR2 by {question.cluster}",
        cautions=(*(c for c in found.cautions if "intervals are too narrow" not in c), *_thin(degrees, question)),
        statistics={**found.statistics, **{f"df {term}": float(degrees[term]) for term in question.exposures}},
    )


def written_out(
    rows: pd.DataFrame, question: Question, covariates: Sequence[str], effects: Sequence[str]
) -> tuple[np.ndarray, list[str]]:
    """Constant, effects and terms as columns of full rank; of columns that say the same the first is kept."""
    codes = [rows.groupby(effect.split("^")).ngroup() for effect in effects]
    exposures = rows[list(question.exposures)].astype("float64")
    terms = pd.concat([exposures, numeric_terms(rows, covariates)], axis=1)
    width = len(terms.columns) + sum(int(code.max()) + 1 for code in codes)
    if width > MOST_COLUMNS:
        raise DataError(
            f"CR2 of {question.outcome}: {width:,} terms and levels of effects, more than {MOST_COLUMNS:,}; "
            "use `linear`, whose errors suffice where there are so many"
        )
    dummies = [
        pd.get_dummies(code, dtype="float64").iloc[:, 1:].add_prefix(f"{effect} ")
        for effect, code in zip(effects, codes, strict=True)
    ]
    columns = pd.concat([pd.Series(1.0, index=rows.index, name="constant"), *dummies, terms], axis=1)
    values = columns.to_numpy(dtype=float)
    kept, basis = [], np.empty((len(rows), 0))
    for place, column in enumerate(values.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        if np.linalg.norm(rest) > 1e-9 * max(float(np.linalg.norm(column)), 1e-300):
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
            kept.append(place)
    return values[:, kept], [str(columns.columns[place]) for place in kept]


def _thin(degrees: pd.Series, question: Question) -> tuple[str, ...]:
    thin = [term for term in question.exposures if degrees[term] < FEWEST_DEGREES]
    if not thin:
        return ()
    return (
        f"{', '.join(thin)}: fewer than {FEWEST_DEGREES} degrees of freedom; hardly any {question.cluster} tells about "
        "it, and no interval does.",
    )


def climb(
    rungs: Sequence[tuple[str, Sequence[str], Sequence[str]]],
    fit: Callable[[str, Sequence[str], Sequence[str]], Estimates],
) -> tuple[Estimates, ...]:
    """The rungs of a ladder as far as these rows carry; what stops it is said at the last rung that holds.

    Parameters
        rungs  name, covariates and absorbed effects of each specification
        fit    from these to estimates, or a DataError
    """
    found: list[Estimates] = []
    for name, covariates, effects in rungs:
        try:
            found.append(fit(name, covariates, effects))
        except DataError as refusal:
            if not found:
                raise
            found[-1] = found[-1].caution(f"'{name}' cannot be asked of these rows: {refusal}.")
    return tuple(found)
