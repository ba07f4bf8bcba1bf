"""Standard errors that allow for people who share a school, a provider or a class.

Names are those of the literature: scores (n x k), bread (k x k, inverse information), meat (k x k). A covariance is
bread @ meat @ bread times a small-sample factor that each caller names.
"""

from __future__ import annotations

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
