"""Sums of unknowns with their bounds, collected array by array and built into a system once."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from partnerlib.disclosure.audit.system import Floats, System, whole_bounds
from partnerlib.disclosure.audit.worlds import Ints


class BoundedSums:
    """Sums of unknowns with their bounds, collected array by array."""

    def __init__(self) -> None:
        self.columns: list[Ints] = []
        self.values: list[Ints] = []
        self.lengths: list[Ints] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.names: list[tuple[str, ...]] = []

    def mixed(self, name: str, columns: Ints, values: Ints, low: float, high: float) -> None:
        """One row; an unknown may stand in it twice."""
        self.columns.append(columns)
        self.values.append(values)
        self.lengths.append(np.array([len(columns)]))
        self.low.append(np.array([low], dtype=float))
        self.high.append(np.array([high], dtype=float))
        self.names.append((name,))

    def plain(self, name: str, columns: Ints, low: float, high: float) -> None:
        self.mixed(name, columns, np.ones(len(columns), dtype=np.int64), low, high)

    def difference(self, name: str, first: Ints, second: Ints, balance: int) -> None:
        signs = np.repeat(np.array([1, -1], dtype=np.int64), [len(first), len(second)])
        self.mixed(name, np.concatenate([first, second]), signs, balance, balance)

    def alike(self, name: str, columns: Ints, signs: Ints, low: float, high: float) -> None:
        """A row for each row of `columns`, all with the same signs and bounds."""
        count, width = columns.shape
        self.columns.append(columns.ravel())
        self.values.append(np.tile(signs, count))
        self.lengths.append(np.full(count, width))
        self.low.append(np.full(count, low, dtype=float))
        self.high.append(np.full(count, high, dtype=float))
        self.names.append((name,) * count)

    def built(self, upper: Floats) -> System:
        """The system, its rows' bounds drawn in to the whole numbers their sums can take."""
        lengths = np.concatenate(self.lengths) if self.lengths else np.empty(0, dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        columns = np.concatenate(self.columns) if self.columns else np.empty(0, dtype=np.int64)
        values = np.concatenate(self.values) if self.values else np.empty(0, dtype=np.int64)
        matrix = sparse.csr_array(
            (values.astype(np.int64), columns.astype(np.int32), starts.astype(np.int32)),
            shape=(len(lengths), len(upper)),
        )
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        low, high = (np.concatenate(ends) if ends else np.empty(0) for ends in (self.low, self.high))
        names = tuple(name for group in self.names for name in group)
        low, high = whole_bounds(matrix, low, high)
        return System(("",) * len(upper), np.zeros(len(upper), dtype=np.int64), upper, matrix, low, high, names)
