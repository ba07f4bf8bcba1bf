"""Which of many controls matter for one column: the lasso with the penalty that theory gives, no tuning, no seed.

The penalty is set just high enough that a control with no effect is let in only rarely, given how noisy its own score
is; noise may differ between rows and be shared within schools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from partnerlib.models.sandwich import cluster_sums

SLACK = 1.1
"""The literature's c: the penalty exceeds its quantile by a tenth."""
ROUNDS = 15
SETTLED = 1e-5
"""Loadings are settled when the residuals' standard deviation changes by less."""
MOST_SWEEPS = 1_000
FIRST_GUESS = 5
"""Controls that correlate most with the outcome give the first residuals."""


@dataclass(frozen=True)
class Selection:
    """What the lasso lets in."""

    chosen: np.ndarray
    """True for every column let in."""
    penalty: float
    has_settled: bool


def plug_in_lasso(columns: np.ndarray, outcome: np.ndarray, clusters: np.ndarray | None = None) -> Selection:
    """Columns with a coefficient in the lasso with plug-in penalty and estimated loadings.

    Formula
        minimise sum (y - x b)^2 + lambda sum psi_j |b_j|, y and x centred;
        lambda = 2 c sqrt(n) z(1 - gamma / 2p), c = 1.1, gamma = 0.1 / log(n), n being clusters where rows share them;
        psi_j^2 = mean of (x_j e)^2, or with clusters the mean over rows of (sum within cluster of x_j e)^2, e the
        residuals of least squares on the columns chosen in the round before (first on the five that correlate most)
    Source
        Belloni, Chen, Chernozhukov & Hansen (2012), appendix A, half the penalty in the first round as R's hdm;
        Belloni, Chernozhukov, Hansen & Kozbur (2016) for clusters. gamma by the number of clusters is our choice
    """
    x, y = columns - columns.mean(axis=0), outcome - outcome.mean()
    n, p = x.shape
    units = n if clusters is None else len(np.unique(clusters))
    level = 2 * SLACK * np.sqrt(n) * stats.norm.ppf(1 - 0.1 / np.log(units) / (2 * p))
    spread = np.sqrt((x**2).mean(axis=0))
    usable = spread > 1e-10
    cross, with_outcome = x.T @ x, x.T @ y
    residual, last = _first_residuals(x, y, usable), float(outcome.std(ddof=1))
    coefficients = np.zeros(p)
    for round_ in range(1, ROUNDS + 1):
        penalty = level * _loadings(x, residual, clusters) / (2 if round_ == 1 else 1)
        coefficients = _shooting(cross, with_outcome, np.where(usable, penalty, np.inf), coefficients)
        chosen = coefficients != 0
        if not chosen.any():
            return Selection(chosen, float(level), True)
        residual = y - x[:, chosen] @ np.linalg.lstsq(x[:, chosen], y, rcond=None)[0]
        spread_now = float(residual.std(ddof=1))
        if abs(spread_now - last) < SETTLED:
            return Selection(chosen, float(level), True)
        last = spread_now
    return Selection(chosen, float(level), False)


def _loadings(x: np.ndarray, residual: np.ndarray, clusters: np.ndarray | None) -> np.ndarray:
    scores = x * residual[:, None]
    summed = scores if clusters is None else cluster_sums(scores, clusters)
    return np.sqrt((summed**2).sum(axis=0) / len(x))


def _first_residuals(x: np.ndarray, y: np.ndarray, usable: np.ndarray) -> np.ndarray:
    scale = np.where(usable, np.sqrt((x**2).sum(axis=0)), np.inf)
    best = np.argsort(np.abs(x.T @ y) / scale)[-min(FIRST_GUESS, x.shape[1]) :]
    return y - x[:, best] @ np.linalg.lstsq(x[:, best], y, rcond=None)[0]


def _shooting(cross: np.ndarray, with_outcome: np.ndarray, penalty: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Coordinate descent until no coefficient moves; columns with an infinite penalty stay out."""
    b = np.where(np.isfinite(penalty), start, 0.0)
    gradient = with_outcome - cross @ b
    usable, diagonal = np.flatnonzero(np.isfinite(penalty)), np.diag(cross)
    precise = 1e-9 * np.sqrt(max(diagonal.max(), 1e-300))

    def sweep(columns: np.ndarray) -> float:
        largest = 0.0
        for j in columns:
            pull = gradient[j] + diagonal[j] * b[j]
            new = np.sign(pull) * max(abs(pull) - penalty[j] / 2, 0.0) / diagonal[j]
            if new != b[j]:
                gradient[:] -= cross[:, j] * (new - b[j])
                largest, b[j] = max(largest, abs(new - b[j]) * np.sqrt(diagonal[j])), new
        return largest

    for _ in range(MOST_SWEEPS):
        if sweep(usable) < precise:
            break
        # Who is in moves most: let those settle before everybody is looked at again.
        inside = np.flatnonzero(b)
        for _ in range(MOST_SWEEPS):
            if sweep(inside) < precise:
                break
    return b
