"""What is printed, as an attacker writes it down: whole unknowns, and bounds on their sums; nothing of estimates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from partnerlib.errors import ReleaseRefused

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""How far a row's bound may lie beyond a whole number by floating-point error alone."""


class Infeasible(ReleaseRefused):
    """What is printed contradicts itself: no table of whole numbers reproduces it."""


class SolverGaveUp(ReleaseRefused):
    """A question to which the solver has no answer in time; never read as 'safe'."""


@dataclass(frozen=True)
class System:
    """Whole unknowns and what is printed of them: `row_low <= matrix @ x <= row_high`, `lower <= x <= upper`."""

    names: tuple[str, ...]
    """One name for each of the n unknowns."""
    lower: Integers
    """Shape (n,)."""
    upper: Floats
    """Shape (n,); infinite where nothing bounds the unknown."""
    matrix: sparse.csr_array
    """Shape (m, n), whole coefficients, no stored zeros."""
    row_low: Floats
    """Shape (m,); whole or minus infinity."""
    row_high: Floats
    """Shape (m,); whole or infinity."""
    row_names: tuple[str, ...]
    """One name for each of the m rows: the printed number it stands for."""


@dataclass
class SystemBuilder:
    """Collects unknowns and printed statements one by one, then builds the system once."""

    _names: list[str] = field(default_factory=list)
    _lower: list[int] = field(default_factory=list)
    _upper: list[float] = field(default_factory=list)
    _row_names: list[str] = field(default_factory=list)
    _row_low: list[float] = field(default_factory=list)
    _row_high: list[float] = field(default_factory=list)
    _starts: list[int] = field(default_factory=lambda: [0])
    _columns: list[int] = field(default_factory=list)
    _values: list[int] = field(default_factory=list)

    def unknown(self, name: str, lower: int = 0, upper: float = np.inf) -> int:
        """The number by which rows and targets name this unknown."""
        self._names.append(name)
        self._lower.append(lower)
        self._upper.append(upper)
        return len(self._names) - 1

    def constrain(self, name: str, terms: Mapping[int, int], low: float = -np.inf, high: float = np.inf) -> None:
        """State that `low <= sum of coefficient * unknown <= high`; both ends are included.

        A half-open band is stated in whole numbers: `100 x < 40 n` is `100 x - 40 n <= -1`.
        """
        for unknown, coefficient in terms.items():
            if coefficient != int(coefficient):
                raise ValueError(f"{name}: coefficient {coefficient} is not whole; multiply the whole row")
            if not 0 <= unknown < len(self._names):
                raise ValueError(f"{name}: there is no unknown {unknown}; there are {len(self._names)}")
            if coefficient:
                self._columns.append(unknown)
                self._values.append(int(coefficient))
        self._starts.append(len(self._columns))
        self._row_names.append(name)
        self._row_low.append(low)
        self._row_high.append(high)

    def build(self) -> System:
        """The system, its rows' bounds drawn in to the whole numbers their sums can take."""
        matrix = sparse.csr_array(
            (
                np.array(self._values, dtype=np.int64),
                np.array(self._columns, dtype=np.int32),
                np.array(self._starts, dtype=np.int32),
            ),
            shape=(len(self._row_names), len(self._names)),
        )
        low, high = whole_bounds(matrix, np.array(self._row_low, float), np.array(self._row_high, float))
        return System(
            names=tuple(self._names),
            lower=np.array(self._lower, dtype=np.int64),
            upper=np.floor(np.array(self._upper, dtype=float) + ROUNDING),
            matrix=matrix,
            row_low=low,
            row_high=high,
            row_names=tuple(self._row_names),
        )


def whole_bounds(matrix: sparse.csr_array, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The nearest values inside each row's bounds that its sum can take: multiples of its common divisor."""
    divisor = np.ones(matrix.shape[0], dtype=np.int64)
    filled = np.diff(matrix.indptr) > 0
    if filled.any():
        divisor[filled] = np.gcd.reduceat(np.abs(matrix.data), matrix.indptr[:-1][filled])
    # An empty row sums to 0 and keeps its bounds: a contradiction in it shows in propagation.
    return np.ceil(low / divisor - ROUNDING) * divisor, np.floor(high / divisor + ROUNDING) * divisor


def reproduces(system: System, table: Integers) -> bool:
    """Whether a complete table agrees with everything printed, in whole-number arithmetic."""
    sums = system.matrix @ table
    return bool(
        (table >= system.lower).all()
        and (table <= system.upper).all()
        and (sums >= system.row_low).all()
        and (sums <= system.row_high).all()
    )


def fixed(system: System, known: Mapping[int, int]) -> System:
    """The same printed statements read by somebody who knows some of the unknowns: an insider.

    Shares every array it does not change, so that hundreds of insiders cost little.
    """
    where = np.fromiter(known.keys(), dtype=np.int64, count=len(known))
    what = np.fromiter(known.values(), dtype=np.int64, count=len(known))
    outside = (what < system.lower[where]) | (what > system.upper[where])
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise Infeasible(
            f"{system.names[where[first]]}: the insider's {what[first]} lies outside what is possible "
            f"({system.lower[where[first]]} to {system.upper[where[first]]:g}); read the insider's own numbers again"
        )
    lower, upper = system.lower.copy(), system.upper.copy()
    lower[where], upper[where] = what, what
    return replace(system, lower=lower, upper=upper)
