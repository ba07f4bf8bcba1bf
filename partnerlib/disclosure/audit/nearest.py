"""Tables close to one that is known: few unknowns change, so a large component costs little more than a small one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from partnerlib.disclosure.audit.components import Component
from partnerlib.disclosure.audit.solver import Clock, Model, Solver, linear_program
from partnerlib.disclosure.audit.system import Integers, SolverGaveUp

NEIGHBOURS = (80, 320, 1280)
"""Unknowns left free around a change, to find a whole one without the rest of the component."""

LARGE = 20_000
"""Unknowns from which on the neighbours of a sum are asked before all: one question to all takes 0.3 s or more."""


@dataclass(frozen=True)
class Step:
    """A way to change a sum and nothing that is printed."""

    is_possible: bool
    """False: proved that no table changes the sum so far."""
    table: Integers | None
    proof: str
    """`linear` or `integer`."""


class Nearest:
    """Changes of one known table, the fewest people first.

    Formula
        minimise the sum of all changes, up or down, subject to everything printed and to the change asked for.
        No change at all is best but for the one row that asks: a few dual simplex steps from there find the answer.
    """

    def __init__(self, component: Component, table: Integers, clock: Clock) -> None:
        self.component, self.table, self._clock = component, table, clock
        sums = component.matrix @ table
        self._size = len(table)
        program = linear_program(
            sparse.csr_array(sparse.hstack([component.matrix, -component.matrix], format="csr")),
            np.zeros(2 * self._size),
            np.concatenate([component.upper - table, table - component.lower]),
            component.row_low - sums,
            component.row_high - sums,
        )
        program.col_cost_ = -np.ones(2 * self._size)
        self._model = Model(program, clock, component.name)

    def beyond(self, terms: Mapping[int, int], change: int) -> Step:
        """A table in which a sum lies at least so far above the known one (below it, for a negative change)."""
        if self._size > LARGE:
            close = self._close(terms, change, np.zeros(0, dtype=np.int64), NEIGHBOURS)
            if close is not None:
                return close
        row = self._row(terms, change)
        outcome = self._model.largest({}, whole=False, row=row)
        if outcome.values is None:
            return Step(False, None, "linear")
        moved = outcome.values[: self._size] - outcome.values[self._size :]
        table = self.table + np.rint(moved).astype(np.int64)
        if self.component.reproduces(table) and self._changes(table, terms, change):
            return Step(True, table, "linear")
        support = np.flatnonzero(np.abs(moved) > 1e-6)
        close = self._close(terms, change, support, NEIGHBOURS)
        return close if close is not None else self._anywhere(terms, change, row)

    def _row(self, terms: Mapping[int, int], change: int) -> tuple[float, dict[int, float], float]:
        both = {unknown: float(factor) for unknown, factor in terms.items()}
        both |= {self._size + unknown: -float(factor) for unknown, factor in terms.items()}
        return (change, both, np.inf) if change > 0 else (-np.inf, both, change)

    def _changes(self, table: Integers, terms: Mapping[int, int], change: int) -> bool:
        moved = sum(factor * int(table[unknown] - self.table[unknown]) for unknown, factor in terms.items())
        return moved >= change if change > 0 else moved <= change

    def _close(self, terms: Mapping[int, int], change: int, support: Integers, sizes: tuple[int, ...]) -> Step | None:
        """The same question with only a sum's neighbours free, few first; None when they do not suffice."""
        sign = 1 if change > 0 else -1
        for most in sizes:
            if self._size <= 2 * most:
                return None
            near = self.component.neighbours(np.union1d(support, np.fromiter(terms, dtype=np.int64)), most)
            place = {int(unknown): at for at, unknown in enumerate(near)}
            inside = {place[unknown]: sign * factor for unknown, factor in terms.items()}
            answer = Solver(self.component.around(self.table, near), self._clock).largest(inside, whole=True)
            if answer.table is None:
                continue
            table = self.table.copy()
            table[near] = answer.table
            if self._changes(table, terms, change):
                return Step(True, table, "integer")
        return None

    def _anywhere(self, terms: Mapping[int, int], change: int, row: tuple[float, dict[int, float], float]) -> Step:
        outcome = self._model.largest({}, whole=True, row=row, first=True)
        if outcome.values is None:
            return Step(False, None, "integer")
        whole = np.rint(outcome.values).astype(np.int64)
        table = self.table + whole[: self._size] - whole[self._size :]
        if not (self.component.reproduces(table) and self._changes(table, terms, change)):
            raise SolverGaveUp(f"{self.component.name}: the solver's table does not reproduce what is printed")
        return Step(True, table, "integer")
