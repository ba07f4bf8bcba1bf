"""How much of a mean is one person's, or two people's: the largest contributions to its sum, in all cells at once.

A mean that one or two people nearly make up tells their values to whoever knows the others'; such means are withheld.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.measures.cells import Cells, Floats, Ints, added


@dataclass(frozen=True)
class Clusters:
    """Rows of one person in one cell, taken together; clusters are in the order of their cells."""

    of_row: Ints
    cell: Ints
    """Cell of each cluster."""


@dataclass(frozen=True)
class Contributions:
    """What people add to the sum behind each cell's mean; null where nobody is in the cell."""

    largest: Floats
    second_largest: Floats
    """Zero where one person is the only one."""
    contributed: Floats
    """Everybody's together: the sum itself where no value is negative, more than it where some are."""

    def at(self, cells: Ints, is_known: NDArray[np.bool_]) -> dict[str, Floats]:
        """The contributions of some cells by name, null where they are not known."""
        return {name: np.where(is_known, values[cells], np.nan) for name, values in vars(self).items()}


def clusters(rows: Ints, cell: Ints, cells: Cells) -> Clusters:
    """Rows by cell and person; where rows are no people, every row is a cluster of its own."""
    person = rows if cells.people_behind is not None else cells.person[rows]
    width = int(person.max()) + 1 if len(person) else 1
    of_row, pairs = pd.factorize(cell * width + person)
    return Clusters(of_row.astype(np.int64, copy=False), np.asarray(pairs, dtype=np.int64) // width)


def contributions(terms: Floats, people: Clusters, count: int) -> Contributions:
    """The largest two people's contributions to the sum of each of `count` cells, and everybody's.

    Formula
        contribution of a person = |sum over the person's rows in the cell of (weight x value)|
    Units
        the measure's unit times that of its weights: growth percentiles x students, for one
    Parameters
        terms: weight x value of every row
    Source
        Hundepool et al. (2012), Statistical Disclosure Control, ch. 4: for variables that may be negative, dominance
        is judged on absolute contributions
    """
    size = np.abs(added(people.of_row, len(people.cell), terms))
    start = _firsts(people.cell)
    filled, length = people.cell[start], np.diff(np.append(start, len(size)))
    if not len(start):
        return none(count)
    most = np.maximum.reduceat(size, start)
    place = np.repeat(np.arange(len(start)), length)
    equal = np.flatnonzero(size == most[place])
    # Of two equally large, one is the largest and the other the second.
    others = size.copy()
    others[equal[_firsts(place[equal])]] = 0
    found = none(count)
    found.largest[filled] = most
    found.second_largest[filled] = np.maximum.reduceat(others, start)
    found.contributed[filled] = np.add.reduceat(size, start)
    return found


def none(count: int) -> Contributions:
    """No contributions, for numbers that are no mean over people."""
    return Contributions(*(np.full(count, np.nan) for _ in range(3)))


def _firsts(ordered: Ints) -> Ints:
    """Where each new value of an ordered array begins."""
    is_first = np.ones(len(ordered), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(is_first)
