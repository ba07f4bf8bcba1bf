"""The difference of two changes, plain or adjusted for covariates, with each unit's influence on it.

Influence functions are those of Sant'Anna & Zhao (2020), Journal of Econometrics 219(1), for panels: a difference moves
by influence / N when one of N units counts a little more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partnerlib.errors import DataError

MOST_LIKELY = 0.995
"""Chance of being treated beyond which a comparison unit is like none of the comparison: no overlap."""
MOST_STEPS = 50


@dataclass(frozen=True)
class Difference:
    """The change of the treated less that of the comparison."""

    estimate: float
    influence: np.ndarray
    """(N,), zero for units on neither side."""
    treated: int
    compared: int


def difference_of_changes(
    change: np.ndarray, treated: np.ndarray, compared: np.ndarray, weights: np.ndarray
) -> Difference:
    """Mean change of the treated less mean change of the comparison, by least assumptions."""
    influence = np.zeros(len(change))
    means = []
    for side, sign in ((treated, 1.0), (compared, -1.0)):
        share = weights[side] / weights[side].sum()
        mean = float(share @ change[side])
        influence[side] = sign * len(change) * share * (change[side] - mean)
        means.append(mean)
    return Difference(means[0] - means[1], influence, int(treated.sum()), int(compared.sum()))


def adjusted_difference(
    change: np.ndarray,
    design: np.ndarray,
    treated: np.ndarray,
    compared: np.ndarray,
    weights: np.ndarray,
    adjustment: str,
    where: str,
) -> Difference:
    """The same at equal covariates: the comparison's change is predicted by regression, and reweighted to the treated.

    Formula
        m(x) = regression of the change on x among the comparison; p(x) = logit of being treated
        outcome regression: mean over the treated of (change - m)
        doubly robust: the same, less the mean of (change - m) over the comparison weighted by p/(1 - p); right when
        either m or p is
    """
    used = treated | compared
    x, y, w = design[used], change[used], weights[used]
    d = treated[used].astype(float)
    _refuse_too_few(x, d, where)
    total = len(y)
    bread = np.linalg.inv((x * (w * (1 - d))[:, None]).T @ x / total)
    slopes = bread @ (x * (w * (1 - d) * y)[:, None]).sum(axis=0) / total
    left = y - x @ slopes
    by_regression = (x * (w * (1 - d) * left)[:, None]) @ bread
    treated_weight = w * d
    mean_treated = float(treated_weight @ left / treated_weight.sum())
    moved = treated_weight * (left - mean_treated) - by_regression @ (treated_weight @ x / total)
    influence = moved / treated_weight.mean()
    estimate = mean_treated
    if adjustment == "doubly robust":
        chance, spread = _logit(x, d, w, where)
        odds = np.where(chance < MOST_LIKELY, w * (1 - d) * chance / (1 - chance), 0.0)
        mean_compared = float(odds @ left / odds.sum())
        by_chance = (x * (w * (d - chance))[:, None]) @ spread * total
        moved = (
            odds * (left - mean_compared)
            + by_chance @ ((odds * (left - mean_compared)) @ x / total)
            - by_regression @ (odds @ x / total)
        )
        influence = influence - moved / odds.mean()
        estimate -= mean_compared
    spread_out = np.zeros(len(change))
    spread_out[used] = influence * len(change) / total
    return Difference(float(estimate), spread_out, int(treated[used].sum()), int(compared[used].sum()))


def _refuse_too_few(x: np.ndarray, d: np.ndarray, where: str) -> None:
    for side, name in ((1.0, "treated"), (0.0, "comparison")):
        rows = x[d == side]
        if not len(rows):
            raise DataError(f"{where}: no {name} unit has all covariates in the year before")
    compared = x[d == 0.0]
    if np.linalg.matrix_rank(compared) < x.shape[1] or len(compared) <= x.shape[1]:
        raise DataError(
            f"{where}: {len(compared)} comparison units cannot tell {x.shape[1] - 1} covariates apart; use fewer"
        )


def _logit(x: np.ndarray, d: np.ndarray, w: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Chances of being treated and the covariance of their coefficients, by Newton's steps."""
    slopes = np.zeros(x.shape[1])
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ slopes, -35, 35)))
        curvature = (x * (w * chance * (1 - chance))[:, None]).T @ x
        if np.linalg.cond(curvature) > 1e12:
            break
        step = np.linalg.solve(curvature, x.T @ (w * (d - chance)))
        slopes = slopes + step
        if np.abs(step).max() < 1e-10:
            chance = 1 / (1 + np.exp(-x @ slopes))
            return chance, np.linalg.inv((x * (w * chance * (1 - chance))[:, None]).T @ x)
    raise DataError(
        f"{where}: the covariates tell treated and comparison units apart entirely (no overlap); use fewer of them, or "
        "outcome regression, and say that it extrapolates"
    )
