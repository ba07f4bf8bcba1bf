"""Sums that equations alone settle: a bridge of a table's graph, or whatever else the null space leaves no room for."""

from __future__ import annotations

import random

import numpy as np
from scipy import sparse

from partnerlib.disclosure.audit.propagation import propagate
from partnerlib.disclosure.audit.system import Integers, System

PRIME = 2**61 - 1
"""Arithmetic is modulo this prime: exact, and a sum that is not settled looks settled once in 10**18 draws."""

MOST_WORK = 5_000_000
"""Entries an elimination may touch, about five seconds, before it is left to the solver."""

Row = dict[int, int]


def exact_unknowns(system: System) -> tuple[str, ...]:
    """Names of the unknowns that have one possible value by equations alone, given that what is printed is consistent.

    In a table with totals these are the bridges of the graph whose edges are the withheld cells. Bounds that settle
    an unknown by themselves count; what only whole numbers, bands or several bounds together settle does not: see
    `ranges`.
    """
    lower, upper = propagate(system)
    move = null_move(system.matrix, lower == upper, system.row_low == system.row_high)
    if move is None:
        return tuple(name for name, settled in zip(system.names, lower == upper, strict=True) if settled)
    return tuple(name for name, change in zip(system.names, move, strict=True) if change == 0)


def null_move(matrix: sparse.csr_array, settled: np.ndarray, is_equation: np.ndarray) -> list[int] | None:
    """A random change of all unknowns, modulo `PRIME`, that leaves every equation as it is; None if it takes too long.

    A sum of unknowns is settled by the equations exactly when every such change leaves it, hence (but for one draw in
    10**18) when this one does.
    """
    rows = _equations(matrix, np.flatnonzero(~settled), np.flatnonzero(is_equation))
    pivots = _eliminated(rows)
    if pivots is None:
        return None
    draw = random.Random(0)
    move = [0 if is_settled else draw.randrange(1, PRIME) for is_settled in settled]
    for unknown, row in reversed(pivots):
        rest = sum(factor * move[other] for other, factor in row.items() if other != unknown)
        move[unknown] = -rest * pow(row[unknown], -1, PRIME) % PRIME
    return move


def _equations(matrix: sparse.csr_array, unknowns: Integers, rows: Integers) -> list[Row]:
    is_open = np.zeros(matrix.shape[1], dtype=bool)
    is_open[unknowns] = True
    part = matrix[rows]
    return [
        {
            unknown: factor % PRIME
            for unknown, factor in zip(part.indices[start:end].tolist(), part.data[start:end].tolist(), strict=True)
            if is_open[unknown]
        }
        for start, end in zip(part.indptr[:-1], part.indptr[1:], strict=True)
    ]


def _eliminated(rows: list[Row]) -> list[tuple[int, Row]] | None:
    """Pivots in the order of elimination; a row holds no earlier pivot. The shortest row goes first, by its rarest
    unknown: in a two-way table this merges two rows a step and fills nothing in."""
    holders: dict[int, set[int]] = {}
    for number, row in enumerate(rows):
        for unknown in row:
            holders.setdefault(unknown, set()).add(number)
    by_length: dict[int, set[int]] = {}
    for number, row in enumerate(rows):
        by_length.setdefault(len(row), set()).add(number)
    pivots: list[tuple[int, Row]] = []
    work = 0
    while True:
        length = min((length for length, group in by_length.items() if length and group), default=0)
        if not length:
            return pivots
        number = min(by_length[length])
        by_length[length].discard(number)
        row = rows[number]
        for unknown in row:
            holders[unknown].discard(number)
        pivot = min(row, key=lambda unknown: (len(holders[unknown]), unknown))
        inverse = pow(row[pivot], -1, PRIME)
        for other in sorted(holders[pivot]):
            work += length
            _subtract(rows, other, row, rows[other][pivot] * inverse % PRIME, holders, by_length)
        pivots.append((pivot, row))
        if work > MOST_WORK:
            return None


def _subtract(
    rows: list[Row], target: int, row: Row, factor: int, holders: dict[int, set[int]], by_length: dict[int, set[int]]
) -> None:
    """Take a multiple of one row from another, and keep the books of who holds what."""
    changed = rows[target]
    by_length[len(changed)].discard(target)
    for unknown, coefficient in row.items():
        value = (changed.get(unknown, 0) - factor * coefficient) % PRIME
        if value:
            changed[unknown] = value
            holders[unknown].add(target)
        else:
            changed.pop(unknown, None)
            holders[unknown].discard(target)
    by_length.setdefault(len(changed), set()).add(target)
