"""Which more cells to withhold so that no sum gives a small one back: least information lost first.

suppressed(table)   greedy, checked by whole-number programs of its own; for tables of any size
optimum(table)      the least loss possible, for tables of up to 150 cells
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from partnerlib.disclosure.protection.additive import AdditiveTable, Floats, Ints, Marks
from partnerlib.disclosure.protection.moves import Moves, Openness
from partnerlib.errors import ReleaseRefused

PUBLIC, INSIDERS = 3, 2
"""Values that a withheld count keeps: for anybody, and for an owner of other cells."""

LARGEST_SOLVED = 150
"""Cells of the largest table whose optimum is looked for."""


@dataclass(frozen=True)
class Suppression:
    """A pattern of withheld cells and what it costs."""

    table: AdditiveTable
    hidden: Marks

    @property
    def loss(self) -> float:
        """Sum of the weights of the cells withheld."""
        return float(self.table.cost[self.hidden].sum())

    @property
    def share_of_cells(self) -> float:
        """Withheld part of the cells that count somebody."""
        filled = self.table.counts > 0
        return float(self.hidden[filled].mean()) if filled.any() else 0.0

    @property
    def share_of_people(self) -> float:
        """Part of the people, summed over cells, who stand in withheld ones."""
        return float(self.table.counts[self.hidden].sum() / max(int(self.table.counts.sum()), 1))

    def __str__(self) -> str:
        primary = int(self.table.primary.sum())
        return (
            f"{int(self.hidden.sum())} of {len(self.hidden)} cells withheld ({primary} for their own sake): "
            f"{self.share_of_cells:.1%} of cells, {self.share_of_people:.1%} of people"
        )


def suppressed(
    table: AdditiveTable, public: int = PUBLIC, insiders: int = INSIDERS, second_thoughts: int = 3
) -> Suppression:
    """A pattern that keeps every small count open to everybody, found greedily and then thinned out.

    Parameters
        second_thoughts: times a small table's pattern is tried again without one of its cells; 0 takes the first
    Rule
        Small counts in turn: the cheapest move that opens one decides which cells join it. Then every cell that joined
        is published again where all stay open without it, the dearest first. Small tables are done from the largest
        count down and from the smallest up, and then without each cell that joined in turn; the cheapest pattern wins
    Errors
        ReleaseRefused when some count cannot be opened: the cells that may never be withheld give it away
    """
    best = _greedy(table, -table.counts, public, insiders)
    if len(table.counts) > LARGEST_SOLVED or not second_thoughts:
        return best
    best = min(best, _greedy(table, table.counts, public, insiders), key=lambda pattern: pattern.loss)
    for _ in range(second_thoughts):
        better = min([best, *_spared(table, best, public, insiders)], key=lambda pattern: pattern.loss)
        if better is best:
            break
        best = better
    return best


def _spared(table: AdditiveTable, pattern: Suppression, public: int, insiders: int) -> Iterator[Suppression]:
    """Patterns without one of the cells that joined."""
    for cell in np.flatnonzero(pattern.hidden & ~table.primary):
        spared = replace(table, kept=table.kept | (np.arange(len(table.counts)) == cell))
        with suppress(ReleaseRefused):
            for order in (-table.counts, table.counts):
                yield Suppression(table, _greedy(spared, order, public, insiders).hidden)


def cheapest(table: AdditiveTable, public: int = PUBLIC, insiders: int = INSIDERS) -> Suppression:
    """The optimum where it can be had, else the greedy pattern; either checked before it is used."""
    if len(table.counts) > LARGEST_SOLVED:
        return suppressed(table, public, insiders)
    pattern = optimum(table, public, insiders)
    if Openness(table, pattern.hidden).wanting(public, insiders):
        return suppressed(table, public, insiders)
    return pattern


def _greedy(table: AdditiveTable, order: Ints, public: int, insiders: int) -> Suppression:
    state = Openness(table, table.primary.copy())
    for reader in table.readers:
        values = insiders if reader else public
        own = np.flatnonzero(table.primary & ~state.known[reader])
        for cell in own[np.argsort(order[own], kind="stable")]:
            if not state.is_open(int(cell), reader, values):
                _open(state, int(cell), reader, values)
    _thin_out(state, public, insiders)
    if left := state.wanting(public, insiders):
        raise ReleaseRefused(f"{len(left)} counts stay open to fewer values than asked for; nothing is published")
    return Suppression(table, state.hidden)


def _open(state: Openness, cell: int, reader: str, values: int) -> None:
    """Withhold the cheapest cells that give a count enough values for a reader."""
    table = state.table
    free = ~table.kept & ~state.known[reader]
    # Cells withheld already cost nothing but the length of the way.
    cost = np.where(state.hidden, 1e-4, table.cost)
    ways = [(step, two_way) for step in range(1, values) for two_way in (False, True)]
    found: list[tuple[float, Ints]] = []
    for step, two_way in ways:
        reached = 2 * step + 1 if two_way else step + 1
        if reached < values:
            continue
        for sign in (1,) if two_way else (1, -1):
            move = state.moves.cheapest(cell, sign * step, free, cost, two_way)
            if move is not None:
                joined = (move != 0) & ~state.hidden
                found.append((float(table.cost[joined].sum()), move))
    if not found:
        raise ReleaseRefused("a small count is told by cells that may never be withheld; merge it with others first")
    _, move = min(found, key=lambda way: way[0])
    state.hidden |= move != 0
    state.add(move)
    if not state.is_open(cell, reader, values):
        raise ReleaseRefused("a small count keeps gaps between its values; merge it with others first")


def _thin_out(state: Openness, public: int, insiders: int) -> None:
    table = state.table
    joined = np.flatnonzero(state.hidden & ~table.primary)
    for cell in joined[np.argsort(-table.cost[joined], kind="stable")]:
        without = state.hidden.copy()
        without[cell] = False
        if all(
            state.is_open(int(other), reader, insiders if reader else public, without)
            for reader in table.readers
            for other in np.flatnonzero(table.primary & ~state.known[reader])
        ):
            state.hidden = without


def optimum(table: AdditiveTable, public: int = PUBLIC, insiders: int = INSIDERS, rounds: int = 500) -> Suppression:
    """The pattern of least loss, by whole-number programming with a constraint for every count found wanting.

    Method
        Fischetti & Salazar-Gonzalez (2001): whether a pattern opens a count is a maximal flow over the withheld cells;
        where it falls short, the dual prices of the flow are a constraint every good pattern obeys. Exact for tables
        whose sums form a network (rows by columns, one of them nested)
    Errors
        ReleaseRefused for a table of more than 150 cells, or one that has no pattern
    """
    if len(table.counts) > LARGEST_SOLVED:
        raise ReleaseRefused(f"table of {len(table.counts)} cells: the optimum is looked for up to {LARGEST_SOLVED}")
    flows = _Flows(table, max(public, insiders) - 1)
    fixed = np.where(table.primary, 1.0, 0.0), np.where(table.kept & ~table.primary, 0.0, 1.0)
    cuts: list[Floats] = []
    needs: list[float] = []
    for _ in range(rounds):
        constraints = [LinearConstraint(np.array(cuts), np.array(needs), np.inf)] if cuts else []
        solved = milp(
            table.cost, integrality=np.ones(len(table.counts)), bounds=Bounds(*fixed), constraints=constraints
        )
        if solved.status != 0:
            raise ReleaseRefused(f"no pattern protects this table ({solved.message})")
        hidden = np.rint(solved.x).astype(bool)
        new = flows.broken(hidden, public, insiders)
        if not new:
            return Suppression(table, hidden)
        cuts += [cut for cut, _need in new]
        needs += [need for _cut, need in new]
    raise ReleaseRefused(f"no optimum after {rounds} rounds; nothing is claimed of it")


class _Flows:
    """Capacity constraints of a table: how far a count may move over a pattern, and what would let it move further."""

    def __init__(self, table: AdditiveTable, most: int) -> None:
        self.table, self.most = table, most
        self.moves = Moves(table)
        self.known = {reader: table.known_to(reader) for reader in table.readers}
        self.sums = sparse.csr_array(table.sums).astype(float)

    def broken(self, hidden: Marks, public: int, insiders: int) -> list[tuple[Floats, float]]:
        """A constraint for every small count that a pattern leaves too few values, to some reader."""
        found = []
        for reader in self.table.readers:
            need = (insiders if reader else public) - 1
            for cell in np.flatnonzero(self.table.primary & ~self.known[reader]):
                up, up_cut = self._reach(int(cell), 1, hidden, reader, need)
                down, down_cut = self._reach(int(cell), -1, hidden, reader, need)
                if up + down < need - 1e-6:
                    cut = np.minimum(up_cut + down_cut, need)
                    found.append((cut, float(need)))
        return found

    def _reach(self, cell: int, sign: int, hidden: Marks, reader: str, need: int) -> tuple[float, Floats]:
        """How far a count moves one way, and the dual bound on it for any pattern: coefficients of the cells."""
        size = self.moves.size
        allowed = ~self.known[reader]
        rise = np.where(allowed, float(need), 0.0)
        fall = np.where(allowed, np.minimum(self.table.counts, need), 0).astype(float)
        rise[cell], fall[cell] = (rise[cell], 0.0) if sign > 0 else (0.0, fall[cell])
        capacity = np.concatenate([rise, fall])
        cost = np.zeros(2 * size)
        cost[cell if sign > 0 else size + cell] = -1.0
        solver = self.moves.solver
        self.moves._solved(solver, np.zeros(2 * size), capacity * np.tile(hidden, 2), cost)
        solution = solver.getSolution()
        prices = self.sums.T @ np.asarray(solution.row_dual)
        reduced = cost - np.concatenate([prices, -prices])
        gain = np.maximum(-reduced, 0.0) * capacity
        return -float(cost @ np.asarray(solution.col_value)), gain[:size] + gain[size:]
