"""Standard errors that allow for people who share a school, a provider or a class.

Names are those of the literature: scores (n x k), bread (k x k, inverse information), meat (k x k). A covariance is
bread @ meat @ bread times a small-sample factor that each caller names.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def cluster_sums(scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Scores added up within clusters: (clusters, k)."""
    codes, labels = pd.factorize(clusters, use_na_sentinel=False)
    return np.column_stack([np.bincount(codes, weights=column, minlength=len(labels)) for column in scores.T])


def meat_of_clusters(scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Sum over clusters of the outer product of their added-up scores."""
    summed = cluster_sums(scores, clusters)
    return summed.T @ summed


def meat_of_rows(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum over rows of outer products, each row standing for `weights` identical observations.

    `scores` are already multiplied by the weights, so one division is due: w * s s' = (w s)(w s)' / w.
    """
    return scores.T @ (scores / weights[:, None])


def covariance(bread: np.ndarray, meat: np.ndarray, factor: float) -> np.ndarray:
    """The sandwich."""
    return factor * bread @ meat @ bread


def cr1_factor(clusters: int, n: float, parameters: int) -> float:
    """Stata's finite-sample factor of a clustered linear regression: G/(G-1) x (n-1)/(n-k)."""
    return clusters / (clusters - 1) * (n - 1) / (n - parameters)


def likelihood_factor(units: float) -> float:
    """Stata's factor for a maximum-likelihood model: G/(G-1) with clusters, n/(n-1) without."""
    return units / (units - 1)


def bias_reduced(
    design: np.ndarray, residuals: np.ndarray, weights: np.ndarray, clusters: np.ndarray, shown: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """CR2 covariance of the coefficients `shown` of weighted least squares, and the degrees of freedom of each.

    Where few clusters hold most of what tells about a coefficient, residuals are too small and the usual sandwich with
    them. CR2 scales the residuals of a cluster so that the sandwich is unbiased when errors are independent with equal
    variance, and the t distribution gets the degrees of freedom that match its spread.

    Formula
        H = X M X'W, M = (X'WX)^-1; A_g = [((I-H)(I-H)')_gg]^(-1/2); V = M sum_g X_g'W_g A_g e_g e_g' A_g W_g X_g M;
        p_g = (I-H)_g' A_g W_g X_g M c; degrees of freedom = (sum p_g'p_g)^2 / sum_gh (p_g'p_h)^2
    Parameters
        design  (n, k) of full rank, dummies of every effect included
        shown   columns whose errors are asked for; those of dummies seldom are
    Source
        Bell & McCaffrey (2002); Pustejovsky & Tipton (2018), the R package clubSandwich with an identity target
    """
    bread = np.linalg.inv(design.T @ (design * weights[:, None]))
    squared = bread @ (design.T @ (design * weights[:, None] ** 2)) @ bread
    codes, labels = pd.factorize(clusters, use_na_sentinel=False)
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    k, asked, groups = design.shape[1], len(shown), len(labels)
    scores, own = np.zeros((groups, asked)), np.zeros((groups, asked))
    u, v = np.zeros((groups, k, asked)), np.zeros((groups, k, asked))
    for g, rows in enumerate(parts):
        x, w = design[rows], weights[rows]
        leverage = x @ bread @ (x.T * w)
        left = np.eye(len(rows)) - leverage - leverage.T + x @ squared @ x.T
        pulled = _inverse_root(left) @ (x * w[:, None]) @ bread[:, list(shown)]  # A_g W_g X_g M
        scores[g] = residuals[rows] @ pulled
        own[g] = (pulled**2).sum(axis=0)
        u[g], v[g] = x.T @ pulled, (x * w[:, None]).T @ pulled
    freedom = np.empty(asked)
    for term in range(asked):
        a, b = u[:, :, term], v[:, :, term]
        crossed = b @ bread @ a.T
        products = a @ squared @ a.T - crossed - crossed.T
        products[np.diag_indices(groups)] += own[:, term]
        total = np.trace(products)
        freedom[term] = total**2 / (products**2).sum() if total > 0 else np.nan
    return scores.T @ scores, freedom


def _inverse_root(symmetric: np.ndarray, tolerance: float = 1e-10) -> np.ndarray:
    """Moore-Penrose inverse of the symmetric root; a direction that the fit takes up entirely is left at zero."""
    values, vectors = np.linalg.eigh((symmetric + symmetric.T) / 2)
    kept = values > tolerance
    return (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
