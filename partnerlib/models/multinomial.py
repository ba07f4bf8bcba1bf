"""Multinomial logit on counted rows: one of several things happens to a person in a year, or none of them.

Rows that share every covariate and the cluster are joined, as in `binary`: estimates and standard errors are those of
the full data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.models.identical_rows import identical_rows
from partnerlib.models.sandwich import covariance, likelihood_factor, meat_of_clusters

STEPS = 60
PRECISE = 1e-10
"""Newton stops when the log likelihood could still gain less than this (half the score's length in its own metric)."""


@dataclass(frozen=True)
class MultinomialFit:
    """A fitted multinomial logit: a block of coefficients for every kind of event but the base."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    coefficients: np.ndarray
    """Shape (kinds, terms)."""
    covariance: np.ndarray
    """Shape (kinds x terms, kinds x terms), kinds outermost."""
    log_likelihood: float
    n: int
    clusters: int
    distinct_rows: int
    has_converged: bool

    @property
    def std_errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance)).reshape(self.coefficients.shape)

    def equal_across_kinds(self, name: str) -> float:
        """Wald chi-squared, with kinds - 1 degrees of freedom, of one coefficient being the same for every kind."""
        at = np.arange(len(self.kinds)) * len(self.names) + self.names.index(name)
        values, block = self.coefficients.ravel()[at], self.covariance[np.ix_(at, at)]
        contrast = np.eye(len(at))[1:] - np.eye(len(at))[0]
        gap = contrast @ values
        return float(gap @ np.linalg.solve(contrast @ block @ contrast.T, gap)) if len(at) > 1 else 0.0


def fit_multinomial(
    kind: pd.Series, kinds: Sequence[str], design: pd.DataFrame, clusters: pd.Series | None
) -> MultinomialFit:
    """Maximum likelihood of which kind of event happens, any value outside `kinds` being the base.

    Formula
        P(kind k) = exp(x b_k) / (1 + sum over kinds of exp(x b_j))
    Errors
        robust by cluster with factor G/(G-1), or by row with factor n/(n-1) when `clusters` is None
    """
    codes = pd.Index(list(kinds)).get_indexer(kind)  # -1: the base
    group = pd.factorize(clusters)[0] if clusters is not None else np.zeros(len(kind), dtype=np.int64)
    columns = [design[name].to_numpy(dtype=float) for name in design.columns]
    row, position = identical_rows([*columns, group] if clusters is not None else columns)
    exog = np.column_stack([column[position] for column in columns])
    counts = np.bincount(row * (len(kinds) + 1) + codes + 1, minlength=len(position) * (len(kinds) + 1))
    counts = counts.reshape(len(position), len(kinds) + 1).astype(float)  # the base first
    coefficients, has_converged = _newton(exog, counts)
    share, log_likelihood = _shares(exog, counts, coefficients)
    bread = np.linalg.pinv(_information(exog, counts.sum(axis=1), share), hermitian=True)
    if clusters is None:
        meat, units = _meat_of_rows(exog, counts, share), counts.sum()
    else:
        residual = counts[:, 1:] - counts.sum(axis=1, keepdims=True) * share
        scores = (residual[:, :, None] * exog[:, None, :]).reshape(len(exog), -1)
        meat, units = meat_of_clusters(scores, group[position]), len(np.unique(group))
    return MultinomialFit(
        names=tuple(map(str, design.columns)),
        kinds=tuple(kinds),
        coefficients=coefficients,
        covariance=covariance(bread, meat, likelihood_factor(units)),
        log_likelihood=log_likelihood,
        n=len(kind),
        clusters=int(units),
        distinct_rows=len(exog),
        has_converged=has_converged,
    )


def _shares(exog: np.ndarray, counts: np.ndarray, coefficients: np.ndarray) -> tuple[np.ndarray, float]:
    """Probability of each kind but the base per row, and the log likelihood."""
    index = np.column_stack([np.zeros(len(exog)), exog @ coefficients.T])
    index = index - index.max(axis=1, keepdims=True)
    log_share = index - np.log(np.exp(index).sum(axis=1, keepdims=True))
    return np.exp(log_share[:, 1:]), float((counts * log_share).sum())


def _information(exog: np.ndarray, n: np.ndarray, share: np.ndarray) -> np.ndarray:
    kinds, terms = share.shape[1], exog.shape[1]
    information = np.empty((kinds * terms, kinds * terms))
    for first in range(kinds):
        for second in range(first, kinds):
            weight = n * share[:, first] * ((first == second) - share[:, second])
            block = exog.T @ (exog * weight[:, None])
            rows, columns = slice(first * terms, (first + 1) * terms), slice(second * terms, (second + 1) * terms)
            information[rows, columns] = block
            information[columns, rows] = block
    return information


def _newton(exog: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, bool]:
    """Newton's method with halved steps; the coefficients and whether they settled."""
    coefficients = np.zeros((counts.shape[1] - 1, exog.shape[1]))
    n = counts.sum(axis=1)
    share, likelihood = _shares(exog, counts, coefficients)
    for _ in range(STEPS):
        score = ((counts[:, 1:] - n[:, None] * share).T @ exog).ravel()
        step = np.linalg.pinv(_information(exog, n, share), hermitian=True) @ score
        if score @ step < 2 * PRECISE:
            return coefficients + step.reshape(coefficients.shape), True
        for _ in range(30):
            following = coefficients + step.reshape(coefficients.shape)
            share, better = _shares(exog, counts, following)
            if better >= likelihood:
                break
            step = step / 2
        coefficients, likelihood = following, better
    return coefficients, False


def _meat_of_rows(exog: np.ndarray, counts: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Sum over single rows of the outer product of their scores, from the counts of each kind."""
    kinds, terms = share.shape[1], exog.shape[1]
    meat = np.zeros((kinds * terms, kinds * terms))
    for happened in range(kinds + 1):
        residual = (np.arange(1, kinds + 1) == happened) - share
        scores = (residual[:, :, None] * exog[:, None, :]).reshape(len(exog), -1)
        meat += scores.T @ (scores * counts[:, [happened]])
    return meat
