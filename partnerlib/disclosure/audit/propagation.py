"""Bounds that follow from one printed statement at a time, until nothing more follows: sound, not exact."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from partnerlib.disclosure.audit.system import Floats, Infeasible, Integers, System

ROUNDS = 200
"""Passes over all rows after which bounds that still creep are taken as they are: they are sound at any time."""


def activity(matrix: sparse.csr_array, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest sum of each row, shapes (m,), from the bounds of its unknowns alone."""
    smallest, largest = _terms(matrix, lower, upper)
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    size = matrix.shape[0]
    return _total(row, smallest, size), _total(row, largest, size)


def propagate(system: System) -> tuple[Floats, Floats]:
    """Lower and upper bound of every unknown, shapes (n,), each whole or infinite.

    Formula
        in a row with `a_j x_j + rest <= high`, `a_j x_j` is at most `high` less the smallest value of the rest
    Errors
        `Infeasible` when a bound passes its opposite, or a row cannot be met
    """
    lower, upper = system.lower.astype(float), system.upper.copy()
    matrix = system.matrix
    rows = np.arange(matrix.shape[0])
    _refuse_crossed(system, lower, upper)
    for _ in range(ROUNDS):
        part = matrix if len(rows) == matrix.shape[0] else matrix[rows]
        new_lower, new_upper = _one_round(part, system.row_low[rows], system.row_high[rows], lower, upper)
        changed = (new_lower > lower) | (new_upper < upper)
        lower, upper = np.maximum(lower, new_lower), np.minimum(upper, new_upper)
        _refuse_crossed(system, lower, upper)
        if not changed.any():
            break
        # Only rows that hold a changed unknown can say anything new.
        rows = np.flatnonzero(np.diff(matrix[:, np.flatnonzero(changed)].indptr))
    smallest, largest = activity(matrix, lower, upper)
    broken = (smallest > system.row_high) | (largest < system.row_low)
    if broken.any():
        raise Infeasible(
            f"{system.row_names[int(np.flatnonzero(broken)[0])]}: the printed number cannot be reached by any whole "
            "numbers behind it; something printed is wrong, or was read wrongly"
        )
    return lower, upper


def _terms(matrix: sparse.csr_array, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest value of every stored coefficient times its unknown, shapes (stored,)."""
    coefficient = matrix.data.astype(float)
    at_lower, at_upper = coefficient * lower[matrix.indices], coefficient * upper[matrix.indices]
    return np.minimum(at_lower, at_upper), np.maximum(at_lower, at_upper)


def _one_round(
    matrix: sparse.csr_array, row_low: Floats, row_high: Floats, lower: Floats, upper: Floats
) -> tuple[Floats, Floats]:
    smallest, largest = _terms(matrix, lower, upper)
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    # What the row leaves for one term: its bound less the rest of the row at its other extreme.
    most = row_high[row] - _rest(smallest, row, matrix.shape[0])
    least = row_low[row] - _rest(largest, row, matrix.shape[0])
    coefficient = matrix.data.astype(float)
    positive = coefficient > 0
    # Bounds and coefficients are whole and far below 2**53, so quotients are off by less than 1e-9.
    high = np.floor(np.where(positive, most, least) / coefficient + 1e-9)
    low = np.ceil(np.where(positive, least, most) / coefficient - 1e-9)
    new_lower, new_upper = lower.copy(), upper.copy()
    np.maximum.at(new_lower, matrix.indices, low)
    np.minimum.at(new_upper, matrix.indices, high)
    return new_lower, new_upper


def _total(row: Integers, terms: Floats, size: int) -> Floats:
    """Sum of the terms of each row, shape (size,)."""
    return np.asarray(np.bincount(row, terms, size), dtype=float)


def _rest(terms: Floats, row: Integers, size: int) -> Floats:
    """Sum of the other terms of the same row, exact when at most this term is infinite."""
    infinite = ~np.isfinite(terms)
    finite = np.where(infinite, 0.0, terms)
    total = _total(row, finite, size)
    infinities = _total(row, infinite.astype(float), size)[row] - infinite
    sign = np.sign(terms[infinite][0]) if infinite.any() else 1.0
    return np.where(infinities > 0, sign * np.inf, total[row] - finite)


def _refuse_crossed(system: System, lower: Floats, upper: Floats) -> None:
    crossed = np.flatnonzero(lower > upper)
    if len(crossed):
        raise Infeasible(
            f"{system.names[crossed[0]]}: what is printed asks for at least {lower[crossed[0]]:g} and at most "
            f"{upper[crossed[0]]:g}; something printed is wrong, or was read wrongly"
        )
