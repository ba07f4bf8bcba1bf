"""How many whole numbers remain possible for what a release withholds: exact ranges, with tables that prove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from partnerlib.disclosure.audit.components import components
from partnerlib.disclosure.audit.knowledge import PROOFS, Knowledge, Sum
from partnerlib.disclosure.audit.propagation import propagate
from partnerlib.disclosure.audit.solver import Clock
from partnerlib.disclosure.audit.system import Integers, System, reproduces


@dataclass(frozen=True)
class Completion:
    """A complete table: one that all proofs share, changed in the unknowns that this proof is about."""

    shared: Integers
    changes: tuple[tuple[Integers, Integers], ...]
    """Pairs of positions and values."""

    def table(self) -> Integers:
        complete = self.shared.copy()
        for unknowns, values in self.changes:
            complete[unknowns] = values
        return complete


@dataclass(frozen=True)
class Range:
    """What remains possible for one withheld quantity."""

    minimum: int | None
    """Smallest possible value; None when nothing bounds it."""
    maximum: int | None
    values: int | None
    """How many whole numbers are possible; None when they have no end. With `is_whole` false: at least so many."""
    proof: str
    """One of `PROOFS`: the tool that settled it."""
    is_whole: bool
    """Whether minimum and maximum are the true ends; if not, they are the ends of what the tables at hand reach."""
    lowest: Completion
    highest: Completion

    @property
    def low_table(self) -> Integers:
        """A complete table that reproduces everything printed and reaches `minimum`, shape (n,)."""
        return self.lowest.table()

    @property
    def high_table(self) -> Integers:
        """A complete table that reproduces everything printed and reaches `maximum`, shape (n,)."""
        return self.highest.table()


@dataclass(frozen=True)
class _Part:
    """What one component says of a target: its values and the tables at both ends."""

    low: int
    high: int
    low_end: float
    high_end: float
    seen: frozenset[int]
    proof: str
    low_change: tuple[Integers, Integers]
    high_change: tuple[Integers, Integers]


def ranges(
    system: System,
    targets: Sequence[Mapping[int, int]],
    enough: int,
    seconds: float,
    with_holes: bool = False,
    tables: Sequence[Integers] = (),
) -> list[Range]:
    """The whole numbers that remain possible for each sum of unknowns, given everything printed.

    Parameters
        enough: a target for which so many different values are proved possible is done, its true ends unknown;
            0 asks for the full range of every target. Fewer than `enough` values are always counted exactly.
        seconds: for the whole call
        with_holes: count the values between the ends one by one; without it (and with `enough` 0), `values` is the
            length of the interval, an upper bound
        tables: complete tables at hand, shape (n,) each: the true one, or those of an earlier call. They are checked;
            what does not reproduce everything printed is not used
    Errors
        `Infeasible`: no table at all reproduces what is printed. `SolverGaveUp`: time is over, or a bad status
    """
    clock = Clock(seconds)
    lower, upper = propagate(system)
    parts = components(system, lower, upper)
    member, position = _places(system, [part.unknowns for part in parts])
    asked, sums = _split(targets, member, position, len(parts))
    known = []
    for component, its_sums in zip(parts, sums, strict=True):
        knowledge = Knowledge(component, its_sums, enough, with_holes, clock)
        knowledge.begin(tables)
        known.append(knowledge)
    shared = np.where(lower == upper, lower, 0).astype(np.int64)
    for knowledge in known:
        shared[knowledge.component.unknowns] = knowledge.base
    if not reproduces(system, shared):
        raise RuntimeError("internal error: the parts' tables together do not reproduce what is printed")
    for knowledge in known:
        knowledge.settle_by_equations()
        knowledge.spread()
        for which in range(len(knowledge.sums)):
            knowledge.resolve(which)
    found = []
    for target, where in zip(targets, asked, strict=True):
        settled = sum(factor * int(shared[unknown]) for unknown, factor in target.items() if member[unknown] < 0)
        its_parts = [_part(known[component], which) for component, which in where]
        found.append(_range(shared, settled, _step(target), its_parts, enough, with_holes))
    return found


def feasible_table(system: System, seconds: float) -> Integers:
    """One complete table that reproduces everything printed, shape (n,); `Infeasible` when there is none."""
    return ranges(system, [{}], 1, seconds)[0].low_table


def _places(system: System, groups: Sequence[Integers]) -> tuple[Integers, Integers]:
    """Component of each unknown (-1: settled), and its position therein."""
    member = np.full(len(system.names), -1, dtype=np.int64)
    position = np.zeros(len(system.names), dtype=np.int64)
    for number, unknowns in enumerate(groups):
        member[unknowns], position[unknowns] = number, np.arange(len(unknowns))
    return member, position


def _split(
    targets: Sequence[Mapping[int, int]], member: Integers, position: Integers, count: int
) -> tuple[list[list[tuple[int, int]]], list[list[Sum]]]:
    """Each target as sums of single components; a sum that several targets share is asked once."""
    sums: list[dict[tuple[tuple[int, int], ...], int]] = [{} for _ in range(count)]
    asked = []
    for target in targets:
        pieces: dict[int, dict[int, int]] = {}
        for unknown, factor in target.items():
            if factor and member[unknown] >= 0:
                pieces.setdefault(int(member[unknown]), {})[int(position[unknown])] = int(factor)
        asked.append(
            [
                (part, sums[part].setdefault(tuple(sorted(piece.items())), len(sums[part])))
                for part, piece in sorted(pieces.items())
            ]
        )
    return asked, [[dict(key) for key in each] for each in sums]


def _part(knowledge: Knowledge, which: int) -> _Part:
    return _Part(
        low=int(knowledge.low[which]),
        high=int(knowledge.high[which]),
        low_end=float(knowledge.outer_low[which]),
        high_end=float(knowledge.outer_high[which]),
        seen=frozenset(knowledge.seen[which]),
        proof=knowledge.proof[which],
        low_change=knowledge.table_change(int(knowledge.low_at[which])),
        high_change=knowledge.table_change(int(knowledge.high_at[which])),
    )


def _step(target: Mapping[int, int]) -> int:
    """Common divisor of a target's coefficients: its values are multiples of it."""
    return max(1, gcd(*(int(factor) for factor in target.values())))


def _range(shared: Integers, settled: int, step: int, parts: Sequence[_Part], enough: int, with_holes: bool) -> Range:
    """A target's range from its parts: ends add up, and so do the sets of values."""
    low, high = settled + sum(part.low for part in parts), settled + sum(part.high for part in parts)
    endless = any(np.isinf(part.low_end) or np.isinf(part.high_end) for part in parts)
    is_whole = all(
        end == reached or (np.isinf(end) and not enough)
        for part in parts
        for end, reached in ((part.low_end, part.low), (part.high_end, part.high))
    )
    values: int | None
    if endless and not enough:
        values = None
    elif enough or with_holes:
        values = len(_sums_of_values(settled, parts, enough))
    else:
        values = (high - low) // step + 1
    return Range(
        minimum=None if is_whole and any(np.isinf(part.low_end) for part in parts) else low,
        maximum=None if is_whole and any(np.isinf(part.high_end) for part in parts) else high,
        values=values,
        proof=max((part.proof for part in parts), key=PROOFS.index, default="propagated"),
        is_whole=is_whole,
        lowest=Completion(shared, tuple(part.low_change for part in parts)),
        highest=Completion(shared, tuple(part.high_change for part in parts)),
    )


def _sums_of_values(settled: int, parts: Sequence[_Part], enough: int) -> set[int]:
    """Every value a target can take, from the values of its parts, which are free of each other; stops at enough."""
    reached = {settled}
    for part in parts:
        reached = {value + more for value in reached for more in part.seen}
        if 0 < enough <= len(reached):
            break
    return reached
