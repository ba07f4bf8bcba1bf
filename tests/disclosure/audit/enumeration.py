"""Brute force: every table of whole numbers that agrees with what is printed. The oracle for the audit's ranges."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from partnerlib.disclosure.audit.system import Integers, System

MOST_TABLES = 3_000_000


def all_tables(system: System, ceiling: int = 12) -> Integers:
    """All tables, shape (tables, n), unknowns without a bound tried up to `ceiling`. One unknown after the other, each
    partial table dropped once a row cannot be met any more."""
    matrix = system.matrix.toarray()
    upper = np.minimum(system.upper, ceiling).astype(np.int64)
    least, most = np.minimum(matrix * system.lower, matrix * upper), np.maximum(matrix * system.lower, matrix * upper)
    tables = np.zeros((1, 0), dtype=np.int64)
    sums = np.zeros((1, matrix.shape[0]), dtype=np.int64)
    for unknown in range(len(system.names)):
        values = np.arange(system.lower[unknown], upper[unknown] + 1)
        tables = np.column_stack([np.repeat(tables, len(values), axis=0), np.tile(values, len(tables))])
        sums = np.repeat(sums, len(values), axis=0) + np.outer(np.tile(values, len(sums)), matrix[:, unknown])
        still = least[:, unknown + 1 :].sum(axis=1), most[:, unknown + 1 :].sum(axis=1)
        kept = ((sums + still[0] <= system.row_high) & (sums + still[1] >= system.row_low)).all(axis=1)
        tables, sums = tables[kept], sums[kept]
        assert len(tables) < MOST_TABLES, "the random system is too large to enumerate"
    return tables


def possible_values(tables: Integers, target: Mapping[int, int]) -> list[int]:
    """The different values of one sum over all tables, ascending."""
    return np.unique(
        sum((factor * tables[:, unknown] for unknown, factor in target.items()), np.zeros(len(tables), dtype=np.int64))
    ).tolist()
