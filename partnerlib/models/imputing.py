"""Missing traits filled many times over, each time as differently as the rest of the data leaves open.

Chained equations: every column with gaps is predicted from all the others in turn, and a gap takes the value of a
person whom the prediction likens. Only values that somebody has are ever filled in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from partnerlib.models.design import numeric_terms

DONORS = 5
"""People of whom one, by lot, lends the value."""
ROUNDS = 5
"""Rounds over the columns before a version is taken."""


def imputed_versions(
    frame: pd.DataFrame,
    columns: Sequence[str],
    predictors: Sequence[str],
    *,
    versions: int,
    rng: np.random.Generator,
    rounds: int = ROUNDS,
) -> list[pd.DataFrame]:
    """`versions` copies of the frame in which no listed column has a gap.

    Method
        predictive mean matching: a linear model of the column (categories: of a dummy per level) on all the others,
        fitted on those who have a value; coefficients drawn from their posterior; each gap takes the value of one of
        five people near in prediction, themselves drawn with replacement from those who have a value (approximate
        Bayesian bootstrap; type 1 matching: drawn coefficients for the gap, fitted ones for donors)
    Parameters
        predictors  columns without gaps that every model uses: the outcome must be among them, or effects shrink
    """
    gaps = {column: frame[column].isna().to_numpy() for column in columns}
    open_columns = sorted((column for column in columns if gaps[column].any()), key=lambda name: gaps[name].sum())
    fixed = numeric_terms(frame, [*predictors, *(column for column in columns if column not in open_columns)])
    made = []
    for _ in range(versions):
        filled = frame.copy()
        for column in open_columns:
            filled[column] = _by_lot(frame[column], gaps[column], rng)
        for _ in range(rounds if len(open_columns) > 1 else 1):
            for column in open_columns:
                others = numeric_terms(filled, [other for other in open_columns if other != column])
                exog = pd.concat([fixed, others], axis=1).assign(constant=1.0).to_numpy(dtype=float)
                filled[column] = _matched(frame[column], gaps[column], exog, rng)
        made.append(filled)
    return made


def _by_lot(column: pd.Series, gap: np.ndarray, rng: np.random.Generator) -> pd.Series:
    filled = column.copy()
    filled[gap] = rng.choice(column[~gap].to_numpy(), size=int(gap.sum()))
    return filled


def _matched(column: pd.Series, gap: np.ndarray, exog: np.ndarray, rng: np.random.Generator) -> pd.Series:
    """The column with its gaps filled from people alike in prediction."""
    known = column[~gap]
    targets = numeric_terms(known.to_frame("value"), ["value"]).to_numpy(dtype=float)
    if not targets.shape[1]:
        return _by_lot(column, gap, rng)
    fitted, drawn = _coefficients(exog[~gap], targets, rng)
    # Donors are drawn with replacement first: which people happen to be there to lend is uncertain too.
    lenders = rng.integers(len(known), size=len(known))
    donors = exog[~gap][lenders] @ fitted
    scale = np.maximum(donors.std(axis=0), 1e-12)
    nearest = KDTree(donors / scale).query(exog[gap] @ drawn / scale, k=min(DONORS, len(donors)))[1]
    nearest = np.atleast_2d(nearest.T).T
    lot = rng.integers(nearest.shape[1], size=len(nearest))
    filled = column.copy()
    filled[gap] = known.to_numpy()[lenders][nearest[np.arange(len(nearest)), lot]]
    return filled


def _coefficients(exog: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Least squares, and a draw from the posterior of its coefficients, for each target."""
    cross = exog.T @ exog
    inverse = np.linalg.pinv(cross + 1e-8 * np.diag(np.diag(cross)), hermitian=True)
    fitted = inverse @ exog.T @ targets
    residual = targets - exog @ fitted
    spare = max(len(exog) - exog.shape[1], 1)
    sigma = np.sqrt((residual**2).sum(axis=0) / rng.chisquare(spare, size=targets.shape[1]))
    values, vectors = np.linalg.eigh(inverse)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    return fitted, fitted + root @ rng.normal(size=fitted.shape) * sigma
