"""Conjugate gradients for the effects of schools and years: many right-hand sides at once, a null space known.

The matrix is the Laplacian of who teaches where: singular by one constant per connected set. Taking the mean of each
set out of the residuals keeps rounding from carrying the solution away, so that it is solved to the last digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

TOLERANCE = 1e-12
"""Residual relative to the right-hand side, per column."""
MOST_ITERATIONS = 5_000


@dataclass(frozen=True)
class Solved:
    """A solution with mean zero in every set, one column per right-hand side."""

    solution: np.ndarray
    iterations: int
    converged: bool


def solve_singular(system: sparse.csr_array, right: np.ndarray, sets: np.ndarray) -> Solved:
    """Solve `system` x = `right`, every column, with x of mean zero inside each of the `sets`.

    Preconditioned by the diagonal. Every column has its own step lengths; products with the matrix are shared.
    """
    count = int(sets.max()) + 1
    members = sparse.coo_array((np.ones(len(sets)), (sets, np.arange(len(sets)))), shape=(count, len(sets))).tocsr()
    size = np.asarray(members.sum(axis=1)).reshape(-1, 1)

    def centred(x: np.ndarray) -> np.ndarray:
        return x - ((members @ x) / size)[sets]

    diagonal = system.diagonal()
    inverse = np.where(diagonal > 1e-12 * diagonal.max(initial=1.0), 1 / np.where(diagonal > 0, diagonal, 1.0), 0.0)
    inverse = inverse[:, None]
    scale = np.sqrt((right**2).sum(axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    residual = centred(right / scale)
    x = np.zeros_like(residual)
    z = inverse * residual
    direction, product = z, (residual * z).sum(axis=0)
    norm, iteration = np.sqrt((residual**2).sum(axis=0)), 0
    while norm.max(initial=0.0) > TOLERANCE and iteration < MOST_ITERATIONS:
        iteration += 1
        image = system @ direction
        curvature = (direction * image).sum(axis=0)
        step = np.divide(product, curvature, out=np.zeros_like(product), where=curvature > 0)
        x, residual = x + step * direction, residual - step * image
        if iteration % 50 == 0:
            residual = centred(right / scale - system @ x)
        norm = np.sqrt((residual**2).sum(axis=0))
        z = inverse * residual
        before, product = product, (residual * z).sum(axis=0)
        direction = z + np.divide(product, before, out=np.zeros_like(product), where=before > 0) * direction
    return Solved(centred(x) * scale, iteration, bool(norm.max(initial=0.0) <= TOLERANCE))
