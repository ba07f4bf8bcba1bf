"""Weighted least squares with a separate intercept for every teacher and for every level of further factors.

Teachers rarely move, so alternating projections crawl. Here teachers are eliminated exactly (their block of the normal
equations is diagonal) and what is left, one unknown per level of the other factors, is solved directly when it is small
and by conjugate gradients when it is not. Only sums per level are formed, never a demeaned copy of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import cg

from partnerlib.models.sandwich import covariance, cr1_factor

DIRECT = 1500
"""Largest number of levels solved by a dense decomposition."""
TOLERANCE = 1e-9
"""Relative residual at which conjugate gradients stop. Coefficients err by about as much. The system is singular, so
asking for much more lets rounding carry the solution away along the null space."""


@dataclass(frozen=True)
class AbsorbedFit:
    """A fitted model. With k regressors, n rows, J teachers and L levels of the other factors together."""

    coefficients: np.ndarray
    """(k,) NaN where a regressor is a combination of the others and the effects."""
    covariance: np.ndarray
    """(k, k) CR1 by cluster."""
    teacher_effects: np.ndarray
    """(J,) up to one constant per connected set."""
    residuals: np.ndarray
    """(n,) outcome minus everything fitted."""
    connected_set: np.ndarray
    """(J,) number of the set in which a teacher can be compared, 0 being the largest."""
    clusters: int
    converged: bool


def fit_absorbing(
    regressors: np.ndarray,
    outcome: np.ndarray,
    weights: np.ndarray,
    teachers: np.ndarray,
    factors: Sequence[np.ndarray],
    clusters: np.ndarray | None,
) -> AbsorbedFit:
    """Least squares of `outcome` on `regressors`, absorbing integer-coded `teachers` and `factors`.

    Formula
        D1'WD1 a = D1'W(z - D2 b);  [D2'WD2 - D2'WD1 (D1'WD1)^-1 D1'WD2] b = D2'W(z - D1 a0), for z every column;
        cross-products of z net of the effects = z'Wz - (D1'Wz)'a - (D2'Wz)'b
    Errors
        CR1: scores summed by cluster, factor G/(G-1) x (n-1)/(n-k), k counting the effects not nested in clusters,
        as pyfixest and reghdfe do. Without `clusters` no covariance is computed (NaN), for refits of a jackknife
    """
    columns = np.column_stack([regressors, outcome])
    k = regressors.shape[1]
    sizes = [int(factor.max()) + 1 for factor in factors]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    stacked = [factor + offset for factor, offset in zip(factors, offsets[:-1], strict=True)]
    teacher_weight = np.bincount(teachers, weights=weights)
    between = sum(_table(teachers, levels, weights, (len(teacher_weight), offsets[-1])) for levels in stacked)
    inside = sum(_table(a, b, weights, (offsets[-1], offsets[-1])) for a in stacked for b in stacked)
    teacher_sums = _sums(columns, weights, teachers, len(teacher_weight))
    level_sums = np.sum([_sums(columns, weights, levels, offsets[-1]) for levels in stacked], axis=0)
    scaled = sparse.diags_array(1 / teacher_weight) @ between
    system = (inside - between.T @ scaled).tocsr()
    b, converged = _solve(system, level_sums - scaled.T @ teacher_sums)
    a = (teacher_sums - between @ b) / teacher_weight[:, None]
    cross = columns.T @ (columns * weights[:, None]) - teacher_sums.T @ a - level_sums.T @ b
    coefficients, bread = solve_normal_equations(
        cross[:k, :k], cross[:k, k], np.einsum("ij,ij->j", regressors, regressors)
    )
    contrast = np.append(-np.nan_to_num(coefficients), 1.0)
    teacher_effects, stacked_effects = a @ contrast, b @ contrast
    residuals = columns @ contrast - teacher_effects[teachers] - sum(stacked_effects[levels] for levels in stacked)
    groups, sandwich = 0, np.full((k, k), np.nan)
    if clusters is not None:
        score = weights * residuals
        summed = np.column_stack(
            [
                np.bincount(clusters, score * _net_of_effects(columns[:, i], a[:, i], b[:, i], teachers, stacked))
                for i in range(k)
            ]
        )
        groups = int(np.count_nonzero(np.bincount(clusters)))
        parameters = int(np.isfinite(coefficients).sum()) + _absorbed_parameters([teachers, *factors], clusters)
        sandwich = covariance(bread, summed.T @ summed, cr1_factor(groups, len(outcome), parameters))
    return AbsorbedFit(
        coefficients=coefficients,
        covariance=sandwich,
        teacher_effects=teacher_effects,
        residuals=residuals,
        connected_set=connected_sets(teachers, factors, weights),
        clusters=groups,
        converged=converged,
    )


def connected_sets(teachers: np.ndarray, factors: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """For every teacher, the number of the set in which effects can be compared; 0 is the set with most students.

    Teachers are linked when they share a level (the same school and year) directly or through others. With several
    factors they must be linked through each.
    """
    count = int(teachers.max()) + 1
    label = np.zeros(count, dtype=int)
    for factor in factors:
        levels = int(factor.max()) + 1
        edges = _table(teachers, factor, np.ones(len(teachers)), (count, levels))
        graph = sparse.block_array([[None, edges], [edges.T, None]])
        _, components = csgraph.connected_components(graph, directed=False)
        _, label = np.unique(np.column_stack([label, components[:count]]), axis=0, return_inverse=True)
    mass = np.bincount(label, weights=np.bincount(teachers, weights=weights, minlength=count))
    rank = np.empty(len(mass), dtype=int)
    rank[np.argsort(-mass, kind="stable")] = np.arange(len(mass))
    return rank[label]


def _absorbed_parameters(effects: Sequence[np.ndarray], clusters: np.ndarray) -> int:
    """Levels of the effects that reach over clusters, one constant counted once."""
    reaching = []
    for levels in effects:
        pairs = np.unique(levels.astype(np.int64) * (int(clusters.max()) + 1) + clusters)
        count = len(np.unique(levels))
        if len(pairs) > count:
            reaching.append(count)
    return sum(reaching) - max(len(reaching) - 1, 0)


def _table(rows: np.ndarray, columns: np.ndarray, weights: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    return sparse.coo_array((weights, (rows, columns)), shape=shape).tocsr()


def _sums(columns: np.ndarray, weights: np.ndarray, codes: np.ndarray, levels: int) -> np.ndarray:
    return np.column_stack([np.bincount(codes, weights=weights * column, minlength=levels) for column in columns.T])


def _net_of_effects(
    column: np.ndarray, a: np.ndarray, b: np.ndarray, teachers: np.ndarray, stacked: Sequence[np.ndarray]
) -> np.ndarray:
    return column - a[teachers] - sum(b[levels] for levels in stacked)


def _solve(system: sparse.csr_array, right: np.ndarray) -> tuple[np.ndarray, bool]:
    """A solution of the singular but consistent system, one per column of `right`."""
    if system.shape[0] <= DIRECT:
        return np.linalg.pinv(system.toarray(), rcond=1e-11, hermitian=True) @ right, True
    diagonal = system.diagonal()
    precondition = sparse.diags_array(np.where(diagonal > 0, 1 / np.where(diagonal > 0, diagonal, 1), 1))
    solutions, codes = zip(
        *(cg(system, column, rtol=TOLERANCE, maxiter=1000, M=precondition) for column in right.T), strict=True
    )
    return np.column_stack(solutions), all(code == 0 for code in codes)


def solve_normal_equations(
    cross: np.ndarray, right: np.ndarray, raw: np.ndarray, tolerance: float = 1e-9
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and bread; a regressor whose variation is explained by those before it gets NaN and a zero row."""
    kept: list[int] = []
    for candidate in range(len(right)):
        explained = 0.0
        if kept:
            block, column = cross[np.ix_(kept, kept)], cross[kept, candidate]
            explained = float(column @ np.linalg.solve(block, column))
        if cross[candidate, candidate] - explained > tolerance * raw[candidate]:
            kept.append(candidate)
    coefficients, bread = np.full(len(right), np.nan), np.zeros_like(cross)
    bread[np.ix_(kept, kept)] = np.linalg.inv(cross[np.ix_(kept, kept)])
    coefficients[kept] = bread[np.ix_(kept, kept)] @ right[kept]
    return coefficients, bread
