"""How withheld counts can move together while every sum stays: the second table a reader cannot tell from the first.

A move is a change of whole people in some cells that leaves every published cell and every sum as it is. A withheld
count is open by as many values as moves can give it.
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

from partnerlib.disclosure.protection.additive import AdditiveTable, Floats, Ints, Marks
from partnerlib.errors import ReleaseRefused

_WHOLE = 1e-6

_OPTIONS: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "random_seed": 0, "presolve": "off"}


class Moves:
    """The moves of one table, found by linear programs that start from each other's solutions.

    Columns are the rises and the falls of every cell; a row for each sum holds rises minus falls at zero.
    """

    def __init__(self, table: AdditiveTable) -> None:
        self.table = table
        self.size = len(table.counts)
        self.room = float(table.counts.sum() + 10)
        both = sparse.csc_array(sparse.hstack([table.sums, -table.sums]).astype(float))
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = 2 * self.size, both.shape[0]
        model.col_cost_ = np.zeros(2 * self.size)
        model.col_lower_, model.col_upper_ = np.zeros(2 * self.size), np.zeros(2 * self.size)
        model.row_lower_ = model.row_upper_ = np.zeros(both.shape[0])
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = both.indptr, both.indices, both.data
        self.solver = _solver(model)
        self.whole = _solver(model)
        columns = np.arange(2 * self.size, dtype=np.int32)
        self.whole.changeColsIntegrality(
            2 * self.size, columns, np.full(2 * self.size, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        )
        self._columns = columns

    def cheapest(self, cell: int, by: int, free: Marks, cost: Floats, is_two_way: bool = False) -> Ints | None:
        """The cheapest move that changes a cell by so many, among free cells; None when there is none.

        Parameters
            cost: of each unit a cell moves
            is_two_way: whether the opposite move must be possible, too
        """
        rise = np.where(free & ((self.table.counts > 0) | (not is_two_way)), self.room, 0.0)
        fall = np.where(free, self.table.counts, 0).astype(float)
        low = np.zeros(2 * self.size)
        low[cell], low[self.size + cell] = max(by, 0), max(-by, 0)
        high = np.concatenate([rise, fall])
        if high[cell] < low[cell] or high[self.size + cell] < low[self.size + cell]:
            return None
        high[cell], high[self.size + cell] = low[cell], low[self.size + cell]
        found = self._solved(self.solver, low, high, np.concatenate([cost, cost]))
        if found is not None and np.abs(found - np.rint(found)).max() > _WHOLE:
            found = self._solved(self.whole, low, high, np.concatenate([cost, cost]))
        if found is None:
            return None
        move = np.rint(found[: self.size] - found[self.size :]).astype(np.int64)
        if (self.table.sums @ move).any() or (self.table.counts + move < 0).any():
            raise ReleaseRefused("the solver's move does not keep the sums; nothing is published on it")
        return move

    def _solved(self, solver: highspy.Highs, low: Floats, high: Floats, cost: Floats) -> Floats | None:
        count = 2 * self.size
        solver.changeColsBounds(count, self._columns, low, high)
        solver.changeColsCost(count, self._columns, cost)
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise ReleaseRefused(
                f"the solver gave no answer ({solver.modelStatusToString(status)}); nothing is published"
            )
        return np.asarray(solver.getSolution().col_value)


def _solver(model: highspy.HighsLp) -> highspy.Highs:
    solver = highspy.Highs()
    for name, value in _OPTIONS.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    return solver


class Openness:
    """Which values of each withheld count a reader must keep in mind, as far as moves found so far show."""

    def __init__(self, table: AdditiveTable, hidden: Marks) -> None:
        self.table, self.moves = table, Moves(table)
        self.hidden = hidden.copy()
        self.found: list[list[tuple[Ints, Ints]]] = [[] for _ in table.counts]
        self.known = {reader: table.known_to(reader) for reader in table.readers}

    def add(self, move: Ints) -> None:
        """Remember a move with each cell it changes; its opposite, too, where no count would fall below zero."""
        cells = np.flatnonzero(move)
        changes = [move[cells]] if (self.table.counts[cells] < move[cells]).any() else [move[cells], -move[cells]]
        for cell in cells:
            self.found[cell] += [(cells, change) for change in changes]

    def attained(self, cell: int, free: Marks) -> set[int]:
        """Changes of a cell by moves remembered, of free cells only."""
        return {0, *(int(change[cells == cell][0]) for cells, change in self.found[cell] if free[cells].all())}

    def is_open(self, cell: int, reader: str, values: int, hidden: Marks | None = None) -> bool:
        """Whether a cell keeps so many neighbouring values for a reader; looks for moves where none is remembered."""
        free = (self.hidden if hidden is None else hidden) & ~self.known[reader]
        attained = self.attained(cell, free)
        if _run(attained) >= values:
            return True
        for sign in (1, -1):
            for step in range(1, values):
                if sign * step in attained:
                    continue
                move = self.moves.cheapest(cell, sign * step, free, np.ones(len(free)))
                if move is None:
                    break
                self.add(move)
                attained |= {sign * step} | ({-sign * step} if (self.table.counts - move >= 0).all() else set())
                if _run(attained) >= values:
                    return True
        return False

    def wanting(self, public: int, insiders: int) -> list[tuple[int, str]]:
        """Withheld cells of few people that keep too few values, and for whom."""
        return [
            (int(cell), reader)
            for reader in self.table.readers
            for cell in np.flatnonzero(self.table.primary & ~self.known[reader])
            if not self.is_open(int(cell), reader, insiders if reader else public)
        ]


def _run(attained: set[int]) -> int:
    """How many neighbouring values around zero are attained."""
    above = next(step for step in range(1, len(attained) + 2) if step not in attained)
    below = next(step for step in range(1, len(attained) + 2) if -step not in attained)
    return above + below - 1
