"""A system cut into parts that say nothing about each other, once what the bounds already imply is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from partnerlib.disclosure.audit.propagation import activity
from partnerlib.disclosure.audit.system import Floats, Integers, System


@dataclass(frozen=True)
class Component:
    """Unknowns that share statements, directly or through others; every choice in it goes with every choice outside."""

    unknowns: Integers
    """Positions in the system, shape (k,)."""
    lower: Floats
    """Shape (k,), after propagation."""
    upper: Floats
    matrix: sparse.csr_array
    """Shape (rows, k): only rows that the bounds alone do not imply, settled unknowns moved to the right-hand side."""
    row_low: Floats
    row_high: Floats
    row_names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The statements that tie it together, for a message."""
        more = len(self.row_names) - 3
        return ", ".join(self.row_names[:3]) + (f" and {more} other statements" if more > 0 else "")

    def reproduces(self, table: Integers) -> bool:
        """Whether values of these unknowns agree with everything printed about them."""
        sums = self.matrix @ table
        return bool(
            (table >= self.lower).all()
            and (table <= self.upper).all()
            and (sums >= self.row_low).all()
            and (sums <= self.row_high).all()
        )

    @cached_property
    def by_unknown(self) -> sparse.csr_array:
        """The matrix turned: the rows of each unknown."""
        return sparse.csr_array(self.matrix.T.tocsr())

    def neighbours(self, unknowns: Integers, most: int) -> Integers:
        """These unknowns and others that share the most rows with them, ascending; about `most` in all."""
        rows = np.unique(self.by_unknown[unknowns].indices)
        shared = np.bincount(self.matrix[rows].indices, minlength=len(self.unknowns))
        shared[unknowns] = len(rows) + 1
        order = np.argsort(-shared, kind="stable")[: max(most, len(unknowns))]
        return np.sort(order[shared[order] > 0])

    def around(self, table: Integers, unknowns: Integers) -> Component:
        """The component with only these unknowns open and all others as in the table."""
        rows = np.unique(self.by_unknown[unknowns].indices)
        inside = sparse.csr_array(self.matrix[rows][:, unknowns])
        outside = self.matrix[rows] @ table - inside @ table[unknowns]
        return Component(
            unknowns=self.unknowns[unknowns],
            lower=self.lower[unknowns],
            upper=self.upper[unknowns],
            matrix=inside,
            row_low=self.row_low[rows] - outside,
            row_high=self.row_high[rows] - outside,
            row_names=tuple(self.row_names[row] for row in rows),
        )


def components(system: System, lower: Floats, upper: Floats) -> list[Component]:
    """Parts of the system under propagated bounds; unknowns settled by the bounds are in none of them."""
    smallest, largest = activity(system.matrix, lower, upper)
    useful = np.flatnonzero((smallest < system.row_low) | (largest > system.row_high))
    open_unknowns = np.flatnonzero(lower < upper)
    settled = np.where(lower == upper, lower, 0.0).astype(np.int64)
    rows = system.matrix[useful]
    moved = (rows @ settled).astype(float)
    low, high = system.row_low[useful] - moved, system.row_high[useful] - moved
    matrix = sparse.csr_array(rows[:, open_unknowns])
    count, unknown_label, row_label = _labels(matrix)
    unknowns_of = _grouped(unknown_label, count)
    rows_of = _grouped(row_label, count)
    found = []
    for its_unknowns, its_rows in zip(unknowns_of, rows_of, strict=True):
        where = open_unknowns[its_unknowns]
        found.append(
            Component(
                unknowns=where,
                lower=lower[where],
                upper=upper[where],
                matrix=_block(matrix, its_rows, its_unknowns),
                row_low=low[its_rows],
                row_high=high[its_rows],
                row_names=tuple(system.row_names[row] for row in useful[its_rows]),
            )
        )
    return found


def stored_in(matrix: sparse.csr_array, rows: Integers) -> tuple[Integers, Integers]:
    """Places of the stored entries of some rows, and how many each has; scipy's own slicing costs ten times as much."""
    starts, ends = matrix.indptr[rows], matrix.indptr[rows + 1]
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum()), lengths


def _labels(matrix: sparse.csr_array) -> tuple[int, Integers, Integers]:
    """Number of parts, and the part of each unknown and of each row, from the graph of who stands in which row."""
    rows, unknowns = matrix.shape
    entries = matrix.tocoo()
    graph = sparse.coo_array(
        (np.ones(entries.nnz), (entries.coords[1], entries.coords[0] + unknowns)),
        shape=(unknowns + rows, unknowns + rows),
    )
    count, label = sparse.csgraph.connected_components(graph, directed=False)
    return int(count), label[:unknowns], label[unknowns:]


def _grouped(label: Integers, count: int) -> list[Integers]:
    """Positions of each label 0 .. count-1, ascending."""
    order = np.argsort(label, kind="stable")
    if not count:
        return []
    return np.split(order, np.searchsorted(label[order], np.arange(1, count)))


def _block(matrix: sparse.csr_array, rows: Integers, unknowns: Integers) -> sparse.csr_array:
    """Rows and unknowns of one part, without scipy's checks: thousands of parts hold a handful of entries each."""
    stored, lengths = stored_in(matrix, rows)
    pointers = np.concatenate(([0], np.cumsum(lengths)))
    return sparse.csr_array(
        (matrix.data[stored], np.searchsorted(unknowns, matrix.indices[stored]), pointers),
        shape=(len(rows), len(unknowns)),
    )
