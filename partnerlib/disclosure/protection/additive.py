"""Tables that add up: cells with counts, and sums of cells that are cells themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class AdditiveTable:
    """Counts and the sums they obey: what a reader of the table knows to begin with."""

    counts: Ints
    sums: sparse.csr_array
    """One row a sum: 1 for its parts, -1 for its total; every row times the counts is zero."""
    primary: Marks
    """Cells withheld for their own sake, whose counts must stay open."""
    kept: Marks
    """Cells that are never withheld, such as the state's totals."""
    owners: Mapping[str, Ints] = field(default_factory=dict)
    """Who knows which cells beforehand: a provider its row, a district its column."""
    weights: Floats | None = None
    """Information lost with each cell; by default half for the cell, half for its people."""

    def __post_init__(self) -> None:
        if (self.sums @ self.counts).any():
            raise ValueError("the counts do not add up to their totals")

    @property
    def cost(self) -> Floats:
        if self.weights is not None:
            return self.weights
        return 1.0 + self.counts / max(float(self.counts.mean()), 1.0)

    def known_to(self, owner: str) -> Marks:
        """Cells an owner knows; nobody's for the public."""
        known = np.zeros(len(self.counts), dtype=bool)
        if owner:
            known[self.owners[owner]] = True
        return known

    @property
    def readers(self) -> tuple[str, ...]:
        """The public (empty name) and every owner."""
        return ("", *self.owners)


def crossed(counts: Ints, threshold: int, insiders: bool = True, kept: Sequence[str] = ("total",)) -> AdditiveTable:
    """A table of rows by columns with its margins; zeros are published, cells under the threshold are not.

    Parameters
        counts: shape (rows, columns)
        kept: margins never withheld: any of rows, columns, total
    """
    rows, columns = counts.shape
    full = np.zeros((rows + 1, columns + 1), dtype=np.int64)
    full[:-1, :-1] = counts
    full[-1, :-1], full[:-1, -1], full[-1, -1] = counts.sum(axis=0), counts.sum(axis=1), counts.sum()
    number = np.arange(full.size).reshape(full.shape)
    lines = [*number, *number.T]
    matrix = sparse.lil_array((len(lines), full.size), dtype=np.int64)
    for place, line in enumerate(lines):
        matrix[place, line[:-1]] = 1
        matrix[place, line[-1]] = -1
    fixed = np.zeros(full.shape, dtype=bool)
    fixed[:-1, -1], fixed[-1, :-1], fixed[-1, -1] = "rows" in kept, "columns" in kept, "total" in kept
    owners = {f"row {place}": number[place] for place in range(rows)}
    owners |= {f"column {place}": number[:, place] for place in range(columns)}
    return AdditiveTable(
        counts=full.ravel(),
        sums=matrix.tocsr(),
        primary=((full > 0) & (full < threshold) & ~fixed).ravel(),
        kept=fixed.ravel(),
        owners=owners if insiders else {},
    )
