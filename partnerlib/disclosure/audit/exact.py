"""What the flips leave open, asked of the solver: another complete table that prints the same release.

Of a few providers and districts around the target first, of many or all then. What is not found counts as exposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.neighbourhoods import Layout, Neighbourhood, Place
from partnerlib.disclosure.audit.proofs import UNLISTED, BlockRooms
from partnerlib.disclosure.audit.solver import OPTIONS, Pace
from partnerlib.disclosure.audit.system import Integers, SolverGaveUp, reproduces
from partnerlib.disclosure.audit.worlds import NOBODYS, Ints

NEIGHBOURS = (3, 6, 12)
"""Other providers, and districts, whose people may change beside the target's own: at first, then, and last."""

KEPT = 16
"""Neighbourhoods kept inside the solver: each takes a few megabytes."""

ANY_WORLD: Mapping[str, bool | int | float | str] = {
    "presolve": "on",
    "mip_heuristic_run_feasibility_jump": True,
    "mip_max_improving_sols": 1,
}
"""How a world in whole numbers is looked for: any will do, and thousands of unknowns are quicker with a presolve."""

SOON, FEW = 2.0, 50
"""Seconds, and nodes of a search, that whole numbers may take while there are more people to ask."""

CHECKED = 4_000
"""Columns up to which the presolve is not believed that there is no world: it may be wrong, and is then too careful."""

SMALL = 600
"""Pairs up to which the last neighbourhood is the whole block."""


@dataclass(frozen=True)
class Attack:
    """Somebody who reads the release and knows some of the people in it."""

    provider: int = -1
    district: int = -1


@dataclass(frozen=True)
class Changed:
    """Another world that prints the same release, by what is different in it from the reference."""

    layout: Layout
    fields: Ints
    """Part, what it counts, provider, district, class and cohort of each count that differs; -1 where none applies."""
    by: Ints
    """By how much each of them differs from the reference world's."""

    def owners(self, side: int) -> Ints:
        """Providers (side 0) or districts (side 1) whose people differ."""
        found = np.unique(self.fields[:, 2 + side])
        return found[found >= 0]

    def change(self, place: Place) -> int:
        """By how much a count differs from the reference world's."""
        return int(self.by[self.layout.counted_in(place, self.fields)].sum())


class Nearest:
    """The worlds nearest to the reference that print the same and in which a count has changed.

    Nearest in people who changed: such a world touches few owners, so that one answer disposes of many insiders.
    """

    def __init__(self, rooms: BlockRooms, seconds: float) -> None:
        self.layout, self.seconds, self.pace = Layout(rooms), seconds, Pace()
        self.world = rooms.world
        self.found: list[Changed] = []
        """Every world found so far: one that was found for a count often serves another."""
        self._programs: dict[tuple[tuple[int, ...], tuple[int, ...], bool], _Program] = {}
        by_provider, by_district = self.layout.of_providers()[-1], self.layout.of_districts()[-1]
        self._largest = [np.argsort(-counts.sum(axis=1), kind="stable") for counts in (by_provider, by_district)]

    def changed(self, place: Place, change: int, attack: Attack = Attack()) -> Changed | None:
        """A world in which a count is up by at least `change` (down, if negative) and no insider's people differ."""
        if self.layout.count(place) + change < 0:
            return None
        counts = (len(self.world.providers), len(self.world.districts))
        everybody = (tuple(range(counts[0])), tuple(range(counts[1])))
        is_small = counts[0] * counts[1] <= SMALL
        for width in NEIGHBOURS:
            is_last = width == NEIGHBOURS[-1]
            near = everybody if is_small and is_last else self._around(place, attack, width)
            # With sizes held, every row is a plain sum of counts: quickly answered, and most often yes.
            for holds_sizes in (True, False):
                # A small block is built once, and those who are far away are held still in it.
                program = self._program(*(everybody if is_small else near), holds_sizes)
                table = program.nearest(place, change, attack, near, is_last)
                if table is not None:
                    by = table - program.reference
                    moved = np.flatnonzero(by)
                    found = Changed(self.layout, program.neighbourhood.fields[moved], by[moved])
                    self.found.append(found)
                    return found
        return None

    def changes_found(self, place: Place) -> Ints:
        """By how much a count differs in every world found so far."""
        if not self.found:
            return np.empty(0, dtype=np.int64)
        fields, by = (np.concatenate([getattr(found, name) for found in self.found]) for name in ("fields", "by"))
        world = np.repeat(np.arange(len(self.found)), [len(found.by) for found in self.found])
        counted = self.layout.counted_in(place, fields)
        changes = np.zeros(len(self.found), dtype=np.int64)
        np.add.at(changes, world[counted], by[counted])
        return changes

    def _around(self, place: Place, attack: Attack, width: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """A neighbourhood: the target's own nodes, others that hold its people or are like it, and those of nobody."""
        counts = (len(self.world.providers), len(self.world.districts))
        own, like = self._own(place), self._alike(place)
        chosen = []
        for side, known in ((0, attack.provider), (1, attack.district)):
            others = (*like[side][:width], *self._near(place, side))
            picked = [at for at in dict.fromkeys(others) if at not in own[side] and at != known][: 2 * width]
            chosen.append(tuple(sorted({*own[side], *picked, counts[side] - 1})))
        return chosen[0], chosen[1]

    def _own(self, place: Place) -> tuple[list[int], list[int]]:
        if place.kind == "program":
            kind = next(kind for kind in self.world.classifications if kind.name == "program")
            return [int(kind.provider[place.node])], []
        if place.kind == "partnership":
            provider, district = divmod(place.node, len(self.world.districts))
            return [provider], [district]
        side = place.kind.removeprefix(f"{UNLISTED} ")
        return ([place.node] if side == "provider" else []), ([place.node] if side == "district" else [])

    def _alike(self, place: Place) -> tuple[list[int], list[int]]:
        """Nodes of the target's own kind about which as little is printed: people can be moved between them."""
        found: tuple[list[int], list[int]] = ([], [])
        for side, kind in enumerate(("provider", "district")):
            if place.kind.removeprefix(f"{UNLISTED} ") == kind:
                printed = self.layout.printed[kind]
                order = self._largest[side]
                found[side].extend(int(at) for at in order if not printed.get(int(at)))
        return found

    def _near(self, place: Place, side: int) -> list[int]:
        """The other side's nodes in the order of how many of the target's people they hold; the largest otherwise."""
        own = self._own(place)[1 - side]
        if own and self.layout.has_pairs:
            whole = self.layout.of_pairs()[-1]
            shared = whole[:, own[0]] if side == 0 else whole[own[0]]
            return [int(at) for at in np.argsort(-shared.sum(axis=1), kind="stable")]
        return [int(at) for at in self._largest[side]]

    def _program(self, providers: tuple[int, ...], districts: tuple[int, ...], holds_sizes: bool) -> _Program:
        key = (providers, districts, holds_sizes)
        if key not in self._programs:
            if len(self._programs) >= KEPT:
                self._programs.clear()
            near = Neighbourhood(self.layout, providers, districts, holds_sizes)
            self._programs[key] = _Program(near, self.seconds, self.pace)
        return self._programs[key]


class _Program:
    """One neighbourhood inside the solver, as changes of the reference world."""

    def __init__(self, neighbourhood: Neighbourhood, seconds: float, pace: Pace) -> None:
        system = neighbourhood.system
        self.neighbourhood, self.seconds, self.pace = neighbourhood, seconds, pace
        self.reference = neighbourhood.reference
        size = len(self.reference)
        activity = system.matrix @ self.reference
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = 2 * size, len(activity)
        program.col_cost_ = np.ones(2 * size)
        program.col_lower_ = np.zeros(2 * size)
        self.most = np.concatenate([system.upper - self.reference, self.reference - system.lower]).astype(float)
        program.col_upper_ = self.most
        program.row_lower_, program.row_upper_ = system.row_low - activity, system.row_high - activity
        both = sparse.hstack([system.matrix, -system.matrix]).tocsr()
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.num_col_, program.a_matrix_.num_row_ = both.shape[1], both.shape[0]
        program.a_matrix_.start_, program.a_matrix_.index_ = both.indptr, both.indices
        program.a_matrix_.value_ = both.data.astype(float)
        self.rows = len(activity)
        # Linear questions start from the answer to the one before, faster than a presolve; those in whole numbers must
        # do without, as it calls some solvable ones infeasible.
        self.model = _model(program, OPTIONS)

    def nearest(
        self, place: Place, change: int, attack: Attack, near: tuple[Sequence[int], Sequence[int]], is_last: bool
    ) -> Integers | None:
        """The counts with the change; where a linear program has fractions for an answer, whole ones beside them."""
        size = len(self.reference)
        target = self.neighbourhood.unknowns_of(place)
        columns = np.concatenate([target, size + target]).astype(np.int32)
        values = np.concatenate([np.ones(len(target)), -np.ones(len(target))])
        known = np.flatnonzero(self._known_to(attack) | self._far_from(near))
        at = np.concatenate([known, size + known]).astype(np.int32)
        low, high = (change, np.inf) if change > 0 else (-np.inf, change)
        self.model.addRow(low, high, len(columns), columns, values)
        if len(at):
            self.model.changeColsBounds(len(at), at, np.zeros(len(at)), np.zeros(len(at)))
        try:
            found = self._solved(self.model, self.seconds)
            if found is None or self._is_changed(found, target, change):
                return found
            # With sizes held, a wider question is quicker than whole numbers.
            return None if self.neighbourhood.holds_sizes else self._whole(target, change, is_last)
        finally:
            self.model.deleteRows(1, np.array([self.rows], dtype=np.int32))
            if len(at):
                self.model.changeColsBounds(len(at), at, np.zeros(len(at)), self.most[at])

    def _known_to(self, attack: Attack) -> Truths:
        """What an insider knows: every count of its own people."""
        provider, district = self.neighbourhood.fields[:, 2], self.neighbourhood.fields[:, 3]
        mine = (provider == attack.provider) & (attack.provider >= 0)
        return mine | ((district == attack.district) & (attack.district >= 0))

    def _far_from(self, near: tuple[Sequence[int], Sequence[int]]) -> Truths:
        far = np.zeros(len(self.reference), dtype=bool)
        for side, kept in enumerate(near):
            owner = self.neighbourhood.fields[:, 2 + side]
            far |= (owner >= 0) & ~np.isin(owner, kept)
        return far

    def _is_changed(self, table: Integers, target: Ints, change: int) -> bool:
        """Whether a table, rounded as the solver's answers are, prints the release and has the change."""
        by = int((table[target] - self.reference[target]).sum())
        return (by >= change if change > 0 else by <= change) and reproduces(self.neighbourhood.system, table)

    def _whole(self, target: Ints, change: int, is_last: bool) -> Integers | None:
        """The first world in whole numbers that comes, from a model of its own: a start from the linear answer is slow.

        That there is none is asked again without a presolve, where it is quick; and not while more people are yet to be
        asked.
        """
        program, found = self.model.getLp(), None
        program.integrality_ = [highspy.HighsVarType.kInteger] * program.num_col_
        if is_last:
            found = self._solved(_model(program, ANY_WORLD), self.seconds)
            if found is None and program.num_col_ <= CHECKED:
                found = self._solved(_model(program, OPTIONS), self.seconds)
        else:
            with suppress(SolverGaveUp):
                found = self._solved(_model(program, {**ANY_WORLD, "mip_max_nodes": FEW}), min(SOON, self.seconds))
        if found is not None and not self._is_changed(found, target, change):
            raise SolverGaveUp("the solver's world does not print the release; nothing is proved by it")
        return found

    def _solved(self, model: highspy.Highs, seconds: float) -> Integers | None:
        """The counts of an answer, rounded; None where there is none."""
        model.setOptionValue("time_limit", model.getRunTime() + seconds * self.pace.slower())
        model.run()
        status, kinds = model.getModelStatus(), highspy.HighsModelStatus
        if status == kinds.kInfeasible:
            return None
        # Stopped at the first world: as good a proof as the nearest, once it is found to print the release.
        is_world = status == kinds.kSolutionLimit and model.getSolution().value_valid
        if status != kinds.kOptimal and not is_world:
            raise SolverGaveUp(f"no answer within {seconds:g} seconds ({model.modelStatusToString(status)})")
        moved = np.rint(np.asarray(model.getSolution().col_value)).astype(np.int64)
        size = len(self.reference)
        return self.reference + moved[:size] - moved[size:]


def _model(program: highspy.HighsLp, options: Mapping[str, bool | int | float | str]) -> highspy.Highs:
    """A program inside the solver."""
    model = highspy.Highs()
    for option, value in {**OPTIONS, **options}.items():
        if model.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise SolverGaveUp(f"the installed HiGHS does not know the option '{option}'; install highspy again")
    model.passModel(program)
    return model


def changes_for_public(nearest: Nearest, place: Place, enough: int) -> set[int]:
    """By how much a count is proved to be able to differ from the reference world's; 0 among them, `enough` at most
    asked for."""
    changes = {0, *nearest.changes_found(place).tolist()}
    for change in (1, -1, 2, -2):
        if len(changes) >= enough:
            break
        found = nearest.changed(place, change)
        if found is not None:
            changes.add(found.change(place))
    return changes


def exposed_to(nearest: Nearest, place: Place, own: Attack) -> Attack | None:
    """The first insider to whom the count can only be what it is; None when there is no such insider.

    A world found that leaves an insider's people as they are disposes of that insider: few questions settle hundreds.
    """
    world = nearest.world
    providers = [-1, *(at for at, code in enumerate(world.providers) if code != NOBODYS and at != own.provider)]
    districts = [-1, *(at for at, code in enumerate(world.districts) if code != NOBODYS and at != own.district)]
    open_ = np.ones((len(providers), len(districts)), dtype=bool)

    def dispose(found: Changed) -> None:
        keeps = np.zeros_like(open_)
        keeps[np.isin(providers, found.owners(0))] = True
        keeps[:, np.isin(districts, found.owners(1))] = True
        np.logical_and(open_, keeps, out=open_)

    for at in np.flatnonzero(nearest.changes_found(place)):
        dispose(nearest.found[at])
    while open_.any():
        row, column = map(int, np.argwhere(open_)[-1])
        attack = Attack(providers[row], districts[column])
        other = nearest.changed(place, 1, attack) or nearest.changed(place, -1, attack)
        if other is None:
            return attack
        dispose(other)
    return None


def named(nearest: Nearest, attack: Attack) -> str:
    """An insider by kind and code."""
    parts: Sequence[tuple[str, tuple[str, ...], int]] = (
        ("provider", nearest.world.providers, attack.provider),
        ("district", nearest.world.districts, attack.district),
    )
    return " and ".join(f"{kind}:{codes[at]}" for kind, codes, at in parts if at >= 0)
