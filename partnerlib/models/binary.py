"""Logit and complementary log-log models of yes-or-no outcomes, fitted on counts of identical rows.

People who share every covariate and the cluster are one row with a weight: the likelihood, its scores and every
cluster's sum of scores are unchanged, so estimates and standard errors are those of the full data at a fraction of the
time (half a million person-years have a few thousand distinct rows).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from partnerlib.models.identical_rows import identical_rows
from partnerlib.models.sandwich import covariance, likelihood_factor, meat_of_clusters, meat_of_rows

Link = Literal["logit", "cloglog"]
LINKS = {"logit": sm.families.links.Logit, "cloglog": sm.families.links.CLogLog}
RUNAWAY = 15.0
"""A coefficient beyond this (odds of three million to one) is separation, not an effect."""


@dataclass(frozen=True)
class BinaryFit:
    """A fitted model of a 0/1 outcome."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    null_log_likelihood: float
    n: int
    clusters: int
    distinct_rows: int
    """Rows the likelihood was evaluated on after identical ones were joined."""
    cautions: tuple[str, ...]

    @property
    def std_errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    def wald(self, *names: str) -> float:
        """Wald chi-squared of the hypothesis that all these coefficients are zero."""
        positions = [self.names.index(name) for name in names]
        values, block = self.coefficients[positions], self.covariance[np.ix_(positions, positions)]
        return float(values @ np.linalg.solve(block, values))


def fit_binary(outcome: pd.Series, design: pd.DataFrame, clusters: pd.Series | None, link: Link = "logit") -> BinaryFit:
    """Maximum likelihood with a robust covariance: by cluster, or by row when `clusters` is None.

    The covariance carries Stata's factor, G/(G-1) with clusters and n/(n-1) without.
    """
    columns = [design[name].to_numpy(dtype=float) for name in design.columns]
    happened = outcome.to_numpy(dtype=float)
    group = pd.factorize(clusters)[0] if clusters is not None else np.zeros(len(happened), dtype=np.int64)
    row, position = identical_rows([*columns, happened, *([group] if clusters is not None else [])])
    exog = np.column_stack([column[position] for column in columns])
    weights = np.bincount(row, minlength=len(position)).astype(float)
    model = sm.GLM(happened[position], exog, family=sm.families.Binomial(link=LINKS[link]()), freq_weights=weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # told below, with the terms it concerns
        warnings.simplefilter("ignore", RuntimeWarning)
        fit = model.fit(maxiter=100, tol=1e-12, tol_criterion="deviance", cov_type="nonrobust")
    coefficients = np.asarray(fit.params)
    scores = exog * model.score_factor(coefficients, scale=1.0)[:, None]
    bread = np.linalg.pinv((exog.T * model.hessian_factor(coefficients, scale=1.0)) @ exog, hermitian=True)
    groups = weights.sum() if clusters is None else len(np.unique(group))
    meat = meat_of_rows(scores, weights) if clusters is None else meat_of_clusters(scores, group[position])
    share = float(outcome.mean())
    return BinaryFit(
        names=tuple(design.columns),
        coefficients=coefficients,
        covariance=covariance(bread, meat, likelihood_factor(groups)),
        log_likelihood=_log_likelihood(model.predict(coefficients), model.endog, weights),
        null_log_likelihood=_log_likelihood(np.full(len(exog), share), model.endog, weights),
        n=len(outcome),
        clusters=int(groups),
        distinct_rows=len(exog),
        cautions=_fit_cautions(design, outcome, coefficients, bool(fit.converged), exog),
    )


def _log_likelihood(mean: np.ndarray, outcome: np.ndarray, weights: np.ndarray) -> float:
    """Bernoulli log likelihood of the single observations (no binomial coefficient), 0 log 0 being 0."""
    likelihood = np.where(outcome == 1, mean, 1 - mean)
    with np.errstate(divide="ignore"):
        return float(weights @ np.log(likelihood))


def _fit_cautions(
    design: pd.DataFrame, outcome: pd.Series, coefficients: np.ndarray, converged: bool, exog: np.ndarray
) -> tuple[str, ...]:
    sentences = []
    if not converged:
        sentences.append("The likelihood did not converge; the coefficients are those of the last step.")
    rank = np.linalg.matrix_rank(exog)
    if rank < exog.shape[1]:
        sentences.append(
            f"{exog.shape[1] - rank} terms are combinations of the others: single coefficients mean nothing."
        )
    runaway = [name for name, value in zip(design.columns, coefficients, strict=True) if abs(value) > RUNAWAY]
    if runaway:
        sentences.append(f"Separation: {', '.join(runaway)} predict the outcome perfectly; no finite estimate exists.")
    events = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    if events < 10 * design.shape[1]:
        sentences.append(
            f"Only {events} events of the rarer kind for {design.shape[1]} terms (rule of thumb: ten each)."
        )
    return tuple(sentences)
