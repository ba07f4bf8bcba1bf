"""Brute force: every table of whole numbers that agrees with what is printed. The oracle for the audit's ranges."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from partnerlib.disclosure.audit.system import Integers, System

MOST_TABLES = 1_000_000


def all_tables(system: System) -> Integers:
    """All tables, shape (tables, n): one unknown after the other, a partial table dropped once a row cannot be met."""
    matrix = system.matrix.toarray()
    upper = _ceilings(system, matrix)
    ends = np.stack([matrix * system.lower, matrix * upper])
    least, most = ends.min(axis=0), ends.max(axis=0)
    tables = np.zeros((1, 0), dtype=np.int64)
    sums = np.zeros((1, matrix.shape[0]), dtype=np.int64)
    for unknown in range(len(system.names)):
        values = np.arange(system.lower[unknown], upper[unknown] + 1)
        tables = np.column_stack([np.repeat(tables, len(values), axis=0), np.tile(values, len(tables))])
        sums = np.repeat(sums, len(values), axis=0) + np.outer(np.tile(values, len(sums)), matrix[:, unknown])
        low, high = least[:, unknown + 1 :].sum(axis=1), most[:, unknown + 1 :].sum(axis=1)
        kept = ((sums + low <= system.row_high) & (sums + high >= system.row_low)).all(axis=1)
        tables, sums = tables[kept], sums[kept]
        assert len(tables) < MOST_TABLES, "the random system is too large to enumerate"
    return tables


def possible_values(tables: Integers, target: Mapping[int, int]) -> list[int]:
    """The different values of one sum over all tables, ascending."""
    values = np.zeros(len(tables), dtype=np.int64)
    for unknown, factor in target.items():
        values = values + factor * tables[:, unknown]
    return np.unique(values).tolist()


def _ceilings(system: System, matrix: Integers) -> Integers:
    """Upper bounds to try: an unknown without one is at most a total of counts that holds it."""
    upper = system.upper.copy()
    for row, high in zip(matrix, system.row_high, strict=True):
        if (row >= 0).all() and np.isfinite(high):
            held = row > 0
            upper[held] = np.minimum(upper[held], high // row[held])
    assert np.isfinite(upper).all(), "an unknown without any bound cannot be enumerated"
    return upper.astype(np.int64)
