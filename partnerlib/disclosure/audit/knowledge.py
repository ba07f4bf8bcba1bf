"""What is known so far of the sums asked about one component: outer bounds, tables that reach values, what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from partnerlib.disclosure.audit.bridges import PRIME, null_move
from partnerlib.disclosure.audit.components import Component, stored_in
from partnerlib.disclosure.audit.nearest import Nearest
from partnerlib.disclosure.audit.solver import Clock, Solver
from partnerlib.disclosure.audit.system import Infeasible, Integers, SolverGaveUp

Sum = Mapping[int, int]
"""A sum of unknowns of one component: position in the component -> whole coefficient."""

PROOFS = ("propagated", "bridge", "linear", "integer", "tables")
"""How a range was proved, weakest tool first; `tables`: the tables at hand reach enough values, the ends stay open."""

WORTH_A_NULL_SPACE = 30
"""Unknowns in a component from which on the equations' null space is quicker than asking the solver for each sum."""

WORTH_A_SPREAD = 20
"""Sums that one question in a random direction should settle."""


class Knowledge:
    """Bounds and tables for every sum asked about one component; each table found serves all of them.

    Tables are kept as changes of the first one.
    """

    def __init__(self, component: Component, sums: Sequence[Sum], enough: int, every_value: bool, clock: Clock) -> None:
        self.component, self.sums, self.enough = component, sums, enough
        self.every_value = every_value or enough > 0
        self.changes: list[tuple[Integers, Integers]] = []
        """Positions and differences from `base`, one pair for each table; the first is `base` itself."""
        self.low_at, self.high_at = np.zeros((2, len(sums)), dtype=np.int64)
        self.proof = ["propagated"] * len(sums)
        self._clock = clock
        self._solver = Solver(component, clock)
        self._nearest: Nearest | None = None
        self.coefficients = _coefficients(sums, len(component.unknowns))
        self.outer_low, self.outer_high = _outer_bounds(component, sums)

    def begin(self, candidates: Sequence[Integers] = ()) -> None:
        """Start from the first of the tables at hand that reproduces what is printed, or from the solver's."""
        mine = [table[self.component.unknowns] for table in candidates]
        valid = [table for table in mine if self.component.reproduces(table)]
        self.base = valid[0] if valid else self._first()
        self.base_values = np.asarray(self.base @ self.coefficients)
        self.low, self.high = self.base_values.copy(), self.base_values.copy()
        self.seen: list[set[int]] = [{value} for value in self.low.tolist()]
        self.changes.append((np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)))
        for table in valid[1:]:
            self.learn(table)

    def learn(self, table: Integers) -> None:
        """Take a table into account for every sum. A table that contradicts what is printed is an error of ours."""
        if not self.component.reproduces(table):
            raise RuntimeError("internal error: a table that does not reproduce what is printed was offered as proof")
        where = np.flatnonzero(table != self.base)
        self._note(where, table[where] - self.base[where])

    def resolve(self, which: int) -> None:
        """Both ends of one sum, and its values between them if they are asked for; stops at enough values."""
        for sign in (1, -1):
            if self.enough:
                self._step_out(which, sign)
            else:
                self._reach(which, sign)
        if self.every_value:
            self._walk(which)
        if self.has_enough(which) and not (self._is_at_end(which, 1) and self._is_at_end(which, -1)):
            self.proof[which] = "tables"

    def settle_by_equations(self) -> None:
        """Close every sum that the equations leave no room for."""
        if len(self.component.unknowns) < WORTH_A_NULL_SPACE or not self.sums:
            return
        equations = self.component.row_low == self.component.row_high
        move = null_move(self.component.matrix, np.zeros(len(self.base), dtype=bool), equations)
        if move is None:
            return
        for which, terms in enumerate(self.sums):
            is_closed = self._is_at_end(which, 1) and self._is_at_end(which, -1)
            if not is_closed and sum(factor * move[unknown] for unknown, factor in terms.items()) % PRIME == 0:
                self.outer_low[which] = self.outer_high[which] = self.low[which]
                self.proof[which] = "bridge"

    def spread(self) -> None:
        """Tables near the first in random directions, as long as whole ones come and settle many sums at once."""
        draw = np.random.default_rng(0)
        open_sums = self._open()
        for reach in range(1, self.enough):
            narrow = replace(
                self.component,
                lower=np.maximum(self.component.lower, self.base - reach),
                upper=np.minimum(self.component.upper, self.base + reach),
            )
            solver, settled = Solver(narrow, self._clock), WORTH_A_SPREAD
            while len(open_sums) >= WORTH_A_SPREAD <= settled:
                signs = np.zeros(len(self.sums), dtype=np.int64)
                signs[open_sums] = draw.choice([-1, 1], len(open_sums))
                for direction in (signs, -signs):
                    weights = self.coefficients @ direction
                    answer = solver.largest({int(u): int(weights[u]) for u in np.flatnonzero(weights)}, whole=False)
                    if answer.table is None:
                        return
                    self.learn(answer.table)
                settled, open_sums = len(open_sums) - len(self._open()), self._open()

    def _open(self) -> list[int]:
        return [which for which in range(len(self.sums)) if not self.has_enough(which)]

    def has_enough(self, which: int) -> bool:
        return 0 < self.enough <= len(self.seen[which])

    def table_change(self, number: int) -> tuple[Integers, Integers]:
        """One table, as positions in the system and values, relative to the first."""
        where, difference = self.changes[number]
        return self.component.unknowns[where], self.base[where] + difference

    def _first(self) -> Integers:
        for whole in (False, True):
            answer = self._solver.largest({}, whole)
            if answer.table is not None:
                return answer.table
            if answer.bound == -np.inf:
                break
        raise Infeasible(
            f"{self.component.name}: no whole numbers reproduce all of them; something printed is wrong, or was read "
            "wrongly"
        )

    def _note(self, where: Integers, difference: Integers) -> None:
        """Record a table as a change of the first one, for the sums it touches."""
        stored, lengths = stored_in(self.coefficients, where)
        change = self.coefficients.data[stored] * np.repeat(difference, lengths)
        moved = np.bincount(self.coefficients.indices[stored], change, len(self.sums))
        number = len(self.changes)
        self.changes.append((where, difference))
        for which in np.flatnonzero(moved).tolist():
            value = int(self.base_values[which] + round(moved[which]))
            if value > self.high[which]:
                self.high[which], self.high_at[which] = value, number
            if value < self.low[which]:
                self.low[which], self.low_at[which] = value, number
            if self.every_value and not self.has_enough(which):
                self.seen[which].add(value)

    def _is_at_end(self, which: int, sign: int) -> bool:
        if sign > 0:
            return bool(self.high[which] >= self.outer_high[which])
        return bool(self.low[which] <= self.outer_low[which])

    def _tighten(self, which: int, sign: int, bound: float, proof: str) -> None:
        """`bound`: nothing above it is possible for `sign` times the sum."""
        if bound < sign * int(self.high[which] if sign > 0 else self.low[which]):
            raise SolverGaveUp(f"{self.component.name}: the solver contradicts a table that reproduces what is printed")
        if sign > 0:
            self.outer_high[which] = min(self.outer_high[which], bound)
        else:
            self.outer_low[which] = max(self.outer_low[which], -bound)
        self.proof[which] = max(self.proof[which], proof, key=PROOFS.index)

    def _step_out(self, which: int, sign: int) -> None:
        """Tables ever further out in one direction, each close to the first one, until there are enough or no more."""
        while not self.has_enough(which) and not self._is_at_end(which, sign):
            if self._nearest is None:
                self._nearest = Nearest(self.component, self.base, self._clock)
            reached = int(self.high[which] if sign > 0 else self.low[which])
            step = self._nearest.beyond(self.sums[which], reached + sign - int(self.base_values[which]))
            if step.is_possible and step.table is not None:
                self._learn_with_its_likes(step.table)
            self._tighten(which, sign, np.inf if step.is_possible else sign * reached, step.proof)

    def _learn_with_its_likes(self, table: Integers) -> None:
        """A change that is possible may be so twice over, and backwards."""
        change = table - self.base
        self.learn(table)
        for likeness in (self.base - change, table + change):
            if self.component.reproduces(likeness):
                self.learn(likeness)

    def _reach(self, which: int, sign: int) -> None:
        """One end of one sum, from the solver: a bound from any numbers first, then from whole ones."""
        terms = {unknown: sign * factor for unknown, factor in self.sums[which].items()}
        for whole in (False, True):
            outer = self.outer_high[which] if sign > 0 else self.outer_low[which]
            # Coefficients are whole: a sum without end among fractions has none among whole numbers either.
            if self._is_at_end(which, sign) or (whole and np.isinf(outer)):
                return
            answer = self._solver.largest(terms, whole)
            if answer.table is not None:
                self.learn(answer.table)
            self._tighten(which, sign, answer.bound, "integer" if whole else "linear")
        if not self._is_at_end(which, sign):
            raise SolverGaveUp(f"{self.component.name}: the solver's table does not reproduce what is printed")

    def _walk(self, which: int) -> None:
        """Visit every value from the lowest up, until enough: from each, the solver is asked for the next one above."""
        down = {unknown: -factor for unknown, factor in self.sums[which].items()}
        value = int(self.low[which])
        if not self.enough and np.isinf([self.outer_low[which], self.outer_high[which]]).any():
            return
        while not self.has_enough(which) and value < self.high[which]:
            if value + 1 in self.seen[which]:
                value += 1
                continue
            for whole in (False, True):
                answer = self._solver.largest(down, whole, ceiling=-(value + 1))
                if answer.table is not None:
                    self.learn(answer.table)
                # A rounded answer may be a table of another value than asked for: enough is enough then too.
                if self.has_enough(which) or -answer.bound in self.seen[which]:
                    break
            else:
                raise SolverGaveUp(f"{self.component.name}: the solver contradicts a table that it found before")
            self.proof[which] = max(self.proof[which], "integer" if whole else "linear", key=PROOFS.index)
            value = -int(answer.bound)


def _coefficients(sums: Sequence[Sum], size: int) -> sparse.csr_array:
    """Shape (unknowns, sums)."""
    which = np.repeat(np.arange(len(sums)), np.array([len(terms) for terms in sums], dtype=np.int64))
    unknowns = np.array([unknown for terms in sums for unknown in terms], dtype=np.int64)
    factors = np.array([factor for terms in sums for factor in terms.values()], dtype=np.int64)
    return sparse.csr_array(sparse.coo_array((factors, (unknowns, which)), shape=(size, len(sums))))


def _outer_bounds(component: Component, sums: Sequence[Sum]) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.zeros(len(sums)), np.zeros(len(sums))
    for which, terms in enumerate(sums):
        for unknown, factor in terms.items():
            ends = factor * component.lower[unknown], factor * component.upper[unknown]
            low[which] += min(ends)
            high[which] += max(ends)
    return low, high
