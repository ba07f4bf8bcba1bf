"""What is known so far of the sums asked about one component: outer bounds, tables that reach values, what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from partnerlib.disclosure.audit.components import Component
from partnerlib.disclosure.audit.solver import Clock, Solver
from partnerlib.disclosure.audit.system import Infeasible, Integers

Sum = Mapping[int, int]
"""A sum of unknowns of one component: position in the component -> whole coefficient."""

PROOFS = ("propagated", "bridge", "linear", "integer", "tables")
"""How a range was proved, weakest tool first; `tables`: the tables at hand reach enough values, the ends stay open."""


class Knowledge:
    """Bounds and tables for every sum asked about one component; each table found serves all of them."""

    def __init__(self, component: Component, sums: Sequence[Sum], enough: int, every_value: bool, clock: Clock) -> None:
        self.component = component
        self.sums = sums
        self.enough = enough
        self.every_value = every_value or enough > 0
        self.solver = Solver(component, clock)
        self.tables: list[Integers] = []
        self.seen: list[set[int]] = [set() for _ in sums]
        self.low_at = np.zeros(len(sums), dtype=np.int64)
        self.high_at = np.zeros(len(sums), dtype=np.int64)
        self.proof = ["propagated"] * len(sums)
        self.coefficients = np.zeros((len(component.unknowns), len(sums)), dtype=np.int64)
        for number, terms in enumerate(sums):
            self.coefficients[list(terms.keys()), number] = list(terms.values())
        ends = [
            sorted((factor * component.lower[unknown], factor * component.upper[unknown]))
            for number, terms in enumerate(sums)
            for unknown, factor in terms.items()
        ]
        owner = np.repeat(np.arange(len(sums)), [len(terms) for terms in sums])
        self.outer_low = np.bincount(owner, [low for low, _ in ends], len(sums))
        self.outer_high = np.bincount(owner, [high for _, high in ends], len(sums))
        self.low = np.zeros(len(sums), dtype=np.int64)
        self.high = np.zeros(len(sums), dtype=np.int64)

    def learn(self, table: Integers) -> None:
        """Take a table into account for every sum. A table that contradicts what is printed is an error of ours."""
        if not self.component.reproduces(table):
            raise RuntimeError("internal error: a table that does not reproduce what is printed was offered as proof")
        values = table @ self.coefficients
        first, number = not self.tables, len(self.tables)
        lower, higher = (values < self.low) | first, (values > self.high) | first
        self.tables.append(table)
        self.low[lower], self.low_at[lower] = values[lower], number
        self.high[higher], self.high_at[higher] = values[higher], number
        if self.every_value:
            for which, value in enumerate(values.tolist()):
                if not self.has_enough(which):
                    self.seen[which].add(value)

    def begin(self) -> None:
        """Find one table, or raise `Infeasible`."""
        for whole in (False, True):
            if self.tables:
                return
            answer = self.solver.largest({}, whole)
            if answer.table is not None:
                self.learn(answer.table)
            elif answer.bound == -np.inf:
                names = ", ".join(self.component.row_names[:3])
                raise Infeasible(
                    f"{names} and what is tied to them ({len(self.component.row_names)} statements): no whole numbers "
                    "reproduce them all; something printed is wrong, or was read wrongly"
                )

    def has_enough(self, which: int) -> bool:
        return 0 < self.enough <= len(self.seen[which])

    def resolve(self, which: int) -> None:
        """Both ends of one sum, and its values between them if they are asked for; stops at enough values."""
        for sign in (1, -1):
            for whole in (False, True):
                if self.has_enough(which):
                    return
                if not self._is_at_end(which, sign):
                    self._reach(which, sign, whole)
        if self.every_value:
            self._walk(which)

    def _is_at_end(self, which: int, sign: int) -> bool:
        return bool(
            self.high[which] >= self.outer_high[which] if sign > 0 else self.low[which] <= self.outer_low[which]
        )

    def _reach(self, which: int, sign: int, whole: bool) -> None:
        """Ask the solver for one end of one sum."""
        outer = self.outer_high if sign > 0 else self.outer_low
        if whole and np.isinf(outer[which]):
            return  # Whole coefficients: a sum without end among fractions has none among whole numbers.
        answer = self.solver.largest({unknown: sign * factor for unknown, factor in self.sums[which].items()}, whole)
        if answer.table is not None:
            self.learn(answer.table)
        outer[which] = sign * min(sign * outer[which], answer.bound)
        self.proof[which] = max(self.proof[which], "integer" if whole else "linear", key=PROOFS.index)
        if whole and not self._is_at_end(which, sign):
            raise RuntimeError("internal error: the solver's optimum is not reached by its own table")

    def _walk(self, which: int) -> None:
        """Visit every value from the lowest up, until enough: from each, the solver is asked for the next one above."""
        value = int(self.low[which])
        while not self.has_enough(which) and value < self.outer_high[which]:
            if not self.enough and np.isinf(self.outer_high[which]):
                return
            if value + 1 not in self.seen[which]:
                down = {unknown: -factor for unknown, factor in self.sums[which].items()}
                answer = self.solver.largest(down, whole=True, ceiling=-(value + 1))
                self.proof[which] = "integer"
                if answer.table is None:
                    raise RuntimeError("internal error: a value was reached before and is not reached now")
                self.learn(answer.table)
                value = -int(answer.bound)
            else:
                value += 1
