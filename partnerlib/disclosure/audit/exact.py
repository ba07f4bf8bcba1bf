"""What the flips leave open, asked of the solver: another complete table that prints the same release.

The unknowns are the counts of a block by provider and district, cohort by cohort, with the programs beside them. In a
large state only a neighbourhood of the target is free and the rest stays as in the reference world: whatever is found
is a complete table all the same, and what is not found counts as exposed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
import pandas as pd
from scipy import sparse

from partnerlib.disclosure.audit.proofs import BlockRooms
from partnerlib.disclosure.audit.statements import PARTS, bounds_of
from partnerlib.disclosure.audit.system import Integers, SolverGaveUp, System, SystemBuilder, reproduces
from partnerlib.disclosure.audit.worlds import NOBODYS, Ints

NEIGHBOURS = 4
"""Other providers, and other districts, whose people may change beside the target's own, at first."""

Key = tuple[str, int, int, int]
"""A variable: kind (x0, x1, ..., n), position of the owner, of the district or class (-1 if none), of the cohort."""


@dataclass(frozen=True)
class Attack:
    """Somebody who reads the release and knows some of the people in it."""

    provider: int = -1
    district: int = -1


@dataclass
class Block:
    """The system of one block around one target, and who owns each unknown."""

    rooms: BlockRooms
    free_providers: Sequence[int]
    free_districts: Sequence[int]
    holds_sizes: bool = False
    """Whether the size of everything of which a share is printed stays as it is: every row is then a plain sum of
    counts, and the linear program's answers are nearly always whole."""
    builder: SystemBuilder = field(default_factory=SystemBuilder)
    reference: list[int] = field(default_factory=list)
    owners: list[tuple[int, int]] = field(default_factory=list)
    sums: dict[tuple[str, str, int, int], tuple[dict[int, int], int]] = field(default_factory=dict)
    """For (part, kind, node, cohort): the unknowns of its count, and the constant of what is not free."""

    def __post_init__(self) -> None:
        self._pairs()
        self._classes()
        self._rows()
        self.system: System = self.builder.build()

    @property
    def parts(self) -> list[str]:
        """The counted levels, the size they are counted among, and the larger sets around it."""
        return [*(f"x{level}" for level in range(self.rooms.levels)), *self._sizes]

    @property
    def _sizes(self) -> list[str]:
        return ["n", *(f"around{place}" for place in range(len(self.rooms.world.around)))]

    def _new(self, name: str, value: int, lower: int, upper: float, owner: tuple[int, int]) -> int:
        self.reference.append(value)
        self.owners.append(owner)
        return self.builder.unknown(name, lower, upper)

    def _add(self, key: tuple[str, str, int, int], unknown: int | None, constant: int = 0) -> None:
        terms, known = self.sums.setdefault(key, ({}, 0))
        if unknown is not None:
            terms[unknown] = terms.get(unknown, 0) + 1
        self.sums[key] = (terms, known + constant)

    def _pairs(self) -> None:
        """Counts by provider and district where the crossing is known; each side by itself where it is not."""
        world = self.rooms.world
        if world.x.pair is None or world.n.pair is None or any(larger.pair is None for larger in world.around):
            by_provider = [world.n.provider, *(larger.provider for larger in world.around)]
            by_district = [world.n.district, *(larger.district for larger in world.around)]
            self._side("provider", world.x.provider, by_provider, self.free_providers)
            self._side("district", world.x.district, by_district, self.free_districts)
            return
        free = np.zeros(world.n.pair.shape[:2], dtype=bool)
        free[np.ix_(list(self.free_providers), list(self.free_districts))] = True
        sizes = [world.n.pair, *(larger.pair for larger in world.around)]
        for cohort in range(len(world.cohorts)):
            for p, d in np.argwhere(free):
                made = self._cell(world.x.pair[:, p, d, cohort], [part[p, d, cohort] for part in sizes], (int(p), int(d)))
                for part, unknown in made.items():
                    for key in (("provider", p), ("district", d), ("state", 0)):
                        self._add((part, key[0], int(key[1]), cohort), unknown)
                    self._add((part, "partnership", int(p) * free.shape[1] + int(d), cohort), unknown)
            for part, counts in self._by_part(world.x.pair, sizes):
                rest = np.where(free, 0, counts[..., cohort])
                for kind, sums in (("provider", rest.sum(axis=1)), ("district", rest.sum(axis=0)), ("state", [rest.sum()])):
                    for node, constant in enumerate(sums):
                        self._add((part, kind, node, cohort), None, int(constant))

    def _by_part(self, x: Ints, sizes: Sequence[Ints]) -> Iterator[tuple[str, Ints]]:
        yield from ((f"x{level}", x[level]) for level in range(self.rooms.levels))
        yield from zip(self._sizes, sizes, strict=True)

    def _cell(self, x: Sequence[int], sizes: Sequence[int], owner: tuple[int, int]) -> dict[str, int]:
        """One count of each part: levels of a whole add up to it, and every set lies in the next larger one."""
        named = "-".join(map(str, owner))
        values = [*x, *sizes]
        made = {
            part: self._new(f"{part}:{named}", int(value), 0, np.inf, owner)
            for part, value in zip(self.parts, values, strict=True)
        }
        if self.rooms.world.counted.among:
            counted = {made[f"x{level}"]: 1 for level in range(self.rooms.levels)}
            self.builder.constrain(f"whole:{named}", counted | {made["n"]: -1}, 0 if len(x) > 1 else -np.inf, 0)
        for inner, outer in zip(self._sizes, self._sizes[1:], strict=False):
            self.builder.constrain(f"inside:{named}", {made[inner]: 1, made[outer]: -1}, -np.inf, 0)
        return made

    def _side(self, kind: str, x: Ints, sizes: Sequence[Ints], free: Sequence[int]) -> None:
        world = self.rooms.world
        for cohort in range(len(world.cohorts)):
            for node in range(sizes[0].shape[0]):
                if node not in free:
                    for part, counts in self._by_part(x, sizes):
                        for key in ((part, kind, node, cohort), (part, f"all {kind}s", 0, cohort)):
                            self._add(key, None, int(counts[node, cohort]))
                    continue
                owner = (node, -1) if kind == "provider" else (-1, node)
                made = self._cell(x[:, node, cohort], [part[node, cohort] for part in sizes], owner)
                for part, unknown in made.items():
                    self._add((part, kind, node, cohort), unknown)
                    self._add((part, f"all {kind}s", 0, cohort), unknown)
                    if kind == "provider":
                        self._add((part, "state", 0, cohort), unknown)
            if kind == "provider":
                for part, counts in self._by_part(x, sizes):
                    rest = sum(int(counts[node, cohort]) for node in range(counts.shape[0]) if node not in free)
                    self._add((part, "state", 0, cohort), None, rest)
                continue
            for part in self.parts:
                ours, other = (self.sums[(part, side, 0, cohort)] for side in ("all districts", "all providers"))
                terms = dict(ours[0]) | {unknown: -1 for unknown in other[0]}
                self.builder.constrain(f"{part}: both sides", terms, other[1] - ours[1], other[1] - ours[1])

    def _classes(self) -> None:
        """Programs of the free providers: their counts add up to the provider's."""
        world = self.rooms.world
        for kind in world.classifications:
            is_program = kind.name == "program"
            groups = kind.provider if is_program else kind.value
            for cohort in range(len(world.cohorts)):
                whole: dict[tuple[str, int], dict[int, int]] = {}
                sizes = [kind.n, *kind.around] if is_program else [kind.n] * (1 + len(world.around))
                for at in range(len(kind.codes)):
                    owner = int(kind.provider[at])
                    name = kind.name if is_program else f"group {kind.name}"
                    node = at if is_program else int(groups[at])
                    if owner not in self.free_providers:
                        for part, counts in self._by_part(kind.x, sizes):
                            self._add((part, name, node, cohort), None, int(counts[at, cohort]))
                        continue
                    made = self._cell(kind.x[:, at, cohort], [part[at, cohort] for part in sizes], (owner, -1))
                    for part, unknown in made.items():
                        self._add((part, name, node, cohort), unknown)
                        whole.setdefault((part, owner), {})[unknown] = -1
                for (part, owner), terms in whole.items():
                    own, constant = self.sums[(part, "provider", owner, cohort)]
                    in_classes = sum(self.reference[unknown] for unknown in terms)
                    if in_classes == constant + sum(self.reference[unknown] for unknown in own):
                        self.builder.constrain(f"{part}: classes", dict(own) | terms, -constant, -constant)

    def _rows(self) -> None:
        """Everything printed about the block."""
        rooms, world = self.rooms, self.rooms.world
        codes = {
            "provider": pd.Index(world.providers),
            "district": pd.Index(world.districts),
            "state": pd.Index([""]),
            "partnership": pd.Index(rooms._pairs_named()),
        }
        for kind in world.classifications:
            codes[kind.name if kind.name == "program" else f"group {kind.name}"] = pd.Index(
                kind.codes if kind.name == "program" else kind.values
            )
        for place, part in enumerate([*rooms.about, *rooms.sizes]):
            name = self.parts[place]
            for row in part.itertuples(index=False):
                kind_of, code = str(row.unit_kind), str(row.unit_code)
                if row.group:
                    kind_of, code = f"group {row.group}", str(row.group_value)
                elif kind_of == "state":
                    code = ""
                if kind_of not in codes:
                    continue
                node = int(codes[kind_of].get_indexer([code])[0])
                cohorts = [at for at, year in enumerate(world.cohorts) if row.first <= year <= row.last]
                self._print(name, kind_of, node, cohorts, row)

    def _sum(self, part: str, kind: str, node: int, cohorts: Sequence[int]) -> tuple[dict[int, int], int]:
        terms: dict[int, int] = {}
        constant = 0
        for cohort in cohorts:
            own, known = self.sums.get((part, kind, node, cohort), ({}, 0))
            constant += known
            for unknown, times in own.items():
                terms[unknown] = terms.get(unknown, 0) + times
        return terms, constant

    def _print(self, part: str, kind: str, node: int, cohorts: Sequence[int], row) -> None:  # noqa: ANN001
        terms, constant = self._sum(part, kind, node, cohorts)
        if not terms:
            return
        if not row.of:
            self.builder.constrain(f"{part}:{kind}", terms, row.low - constant, row.high - constant)
            return
        sizes, known = self._sum("n", kind, node, cohorts)
        if self.holds_sizes:
            size = known + sum(times * self.reference[unknown] for unknown, times in sizes.items())
            self.builder.constrain(f"n:{kind}", sizes, size - known, size - known)
            low, high = bounds_of(row.low, row.high, row.is_open, size)
            self.builder.constrain(f"{part}:{kind}", terms, low - constant, high - constant)
            return
        for bound, low, high in ((row.low, 0, np.inf), (row.high, -np.inf, -1 if row.is_open else 0)):
            mixed = {unknown: PARTS * times for unknown, times in terms.items()}
            for unknown, times in sizes.items():
                mixed[unknown] = mixed.get(unknown, 0) - int(bound) * times
            shift = PARTS * constant - int(bound) * known
            self.builder.constrain(f"{part}:{kind}", mixed, low - shift, high - shift)

    def target(self, kind: str, node: int, level: int, cohorts: Sequence[int]) -> dict[int, int]:
        return self._sum(f"x{level}", kind, node, cohorts)[0]

    def known_to(self, attack: Attack) -> list[int]:
        """What an insider knows: every count of its own people."""
        owners = np.array(self.owners)
        mine = (owners[:, 0] == attack.provider) & (attack.provider >= 0)
        return np.flatnonzero(mine | ((owners[:, 1] == attack.district) & (attack.district >= 0))).tolist()


class Nearest:
    """The world nearest to the reference that prints the same and in which a sum has changed.

    Nearest in people who changed: such a world touches few owners, so that one answer disposes of many insiders. Asked
    first of a few neighbours with sizes held, then of the whole block with sizes held, then of everything.
    """

    def __init__(self, rooms: BlockRooms, seconds: float) -> None:
        everybody = range(len(rooms.world.providers)), range(len(rooms.world.districts))
        self.rooms = rooms
        self.block = Block(rooms, *everybody)
        self._held = _Program(Block(rooms, *everybody, holds_sizes=True), seconds)
        self._free = _Program(self.block, seconds)
        self.reference = self._free.reference
        self.found: list[Integers] = []
        """Every world found so far: one that was found for a count often serves another."""

    def world(self, target: Mapping[int, int], change: int, known: Sequence[int] = ()) -> Integers | None:
        """A complete table in which the target is up by at least `change` (down, if negative); None if there is none.

        known
            unknowns that stay as they are: those of an insider
        """
        mine = np.array(known, dtype=np.int64)
        far = np.union1d(mine, self._held.far_from(target, mine))
        for program, still, is_whole in ((self._held, far, False), (self._held, mine, False), (self._free, far, False)):
            table = program.world(target, change, still, is_whole)
            if table is not None:
                break
        else:
            table = self._free.world(target, change, mine, is_whole=True)
        if table is not None:
            self.found.append(table)
        return table


class _Program:
    """One block inside the solver, as changes of the reference world."""

    def __init__(self, block: Block, seconds: float) -> None:
        system = block.system
        self.block, self.seconds = block, seconds
        self.reference = np.array(block.reference, dtype=np.int64)
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
        self.owners = np.array(block.owners, dtype=np.int64)
        self.by_size = [self._largest(side) for side in (0, 1)]
        self.model = highspy.Highs()
        for option, value in {"output_flag": False, "threads": 1, "random_seed": 0}.items():
            self.model.setOptionValue(option, value)
        self.model.passModel(program)
        self.whole = np.full(2 * size, highspy.HighsVarType.kInteger)
        self.any = np.full(2 * size, highspy.HighsVarType.kContinuous)

    def far_from(self, target: Mapping[int, int], known: Integers) -> Integers:
        """Unknowns outside a neighbourhood of the target: its own people and those of a few others, insiders apart."""
        own = self.owners[np.fromiter(target, dtype=np.int64)]
        barred = self.owners[known]
        near = np.ones(len(self.owners), dtype=bool)
        for side in (0, 1):
            centre = np.unique(own[:, side])
            others = self.by_size[side]
            others = others[~np.isin(others, centre) & ~np.isin(others, np.unique(barred[:, side]))]
            kept = np.concatenate([centre[:NEIGHBOURS], others[:NEIGHBOURS], [-1]])
            near &= np.isin(self.owners[:, side], kept)
        near[np.fromiter(target, dtype=np.int64)] = True
        return np.flatnonzero(~near)

    def _largest(self, side: int) -> Integers:
        """Owners on one side, those with most people first."""
        owner, at = np.unique(self.owners[:, side], return_inverse=True)
        people = np.bincount(at, weights=self.reference)
        order = np.argsort(-people, kind="stable")
        return owner[order][owner[order] >= 0]

    def world(self, target: Mapping[int, int], change: int, known: Integers, is_whole: bool) -> Integers | None:
        """A complete table with the change; of a linear program's fractions none, unless whole numbers are asked for."""
        size = len(self.reference)
        columns = np.array([*target, *(size + unknown for unknown in target)], dtype=np.int32)
        values = np.array([*target.values(), *(-times for times in target.values())], dtype=float)
        at = np.concatenate([known, size + known]).astype(np.int32)
        low, high = (change, np.inf) if change > 0 else (-np.inf, change)
        self.model.addRow(low, high, len(columns), columns, values)
        if len(at):
            self.model.changeColsBounds(len(at), at, np.zeros(len(at)), np.zeros(len(at)))
        try:
            found = self._solved()
            if found is None or self._is_world(found):
                return found
            return self._whole() if is_whole else None
        finally:
            self.model.deleteRows(1, np.array([self.rows], dtype=np.int32))
            if len(at):
                self.model.changeColsBounds(len(at), at, np.zeros(len(at)), self.most[at])

    def _whole(self) -> Integers | None:
        every = np.arange(len(self.whole), dtype=np.int32)
        self.model.changeColsIntegrality(len(every), every, self.whole)
        try:
            found = self._solved()
        finally:
            self.model.changeColsIntegrality(len(every), every, self.any)
        if found is not None and not self._is_world(found):
            raise SolverGaveUp("the solver's world does not print the release; nothing is proved by it")
        return found

    def _is_world(self, table: Integers) -> bool:
        return reproduces(self.block.system, table)

    def _solved(self) -> Integers | None:
        self.model.setOptionValue("time_limit", self.model.getRunTime() + self.seconds)
        self.model.run()
        status = self.model.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverGaveUp(f"no answer within {self.seconds:g} seconds ({self.model.modelStatusToString(status)})")
        moved = np.rint(np.asarray(self.model.getSolution().col_value)).astype(np.int64)
        size = len(self.reference)
        return self.reference + moved[:size] - moved[size:]


def values_for_public(nearest: Nearest, target: Mapping[int, int], enough: int) -> int:
    """How many integers are proved possible for a sum of unknowns, up to `enough`."""
    own = _value(nearest.reference, target)
    values = {own, *(_value(table, target) for table in nearest.found)}
    for change in (1, -1, 2, -2):
        if len(values) >= enough:
            break
        table = nearest.world(target, change)
        if table is not None:
            values.add(_value(table, target))
    return min(len(values), enough)


def exposed_to(nearest: Nearest, target: Mapping[int, int], own: Attack) -> Attack | None:
    """The first insider to whom the sum can only be what it is; None when there is no such insider.

    A world found that leaves an insider's people as they are disposes of that insider: few questions settle hundreds.
    """
    world, owners = nearest.rooms.world, np.array(nearest.block.owners)
    providers = [-1, *(at for at, code in enumerate(world.providers) if code != NOBODYS and at != own.provider)]
    districts = [-1, *(at for at, code in enumerate(world.districts) if code != NOBODYS and at != own.district)]
    place_p, place_d = {p: at for at, p in enumerate(providers)}, {d: at for at, d in enumerate(districts)}
    open_ = np.ones((len(providers), len(districts)), dtype=bool)

    def dispose(table: Integers) -> None:
        """Insiders whose people are as they were cannot tell this world from the reference."""
        touched = owners[np.flatnonzero(table != nearest.reference)]
        rows = [place_p[at] for at in np.unique(touched[:, 0]) if at >= 0 and at in place_p]
        columns = [place_d[at] for at in np.unique(touched[:, 1]) if at >= 0 and at in place_d]
        keeps = np.zeros_like(open_)
        keeps[rows], keeps[:, columns] = True, True
        np.logical_and(open_, keeps, out=open_)

    value = _value(nearest.reference, target)
    for table in nearest.found:
        if _value(table, target) != value:
            dispose(table)
    while open_.any():
        row, column = map(int, np.argwhere(open_)[-1])
        attack = Attack(providers[row], districts[column])
        known = nearest.block.known_to(attack)
        found = nearest.world(target, 1, known)
        found = nearest.world(target, -1, known) if found is None else found
        if found is None:
            return attack
        dispose(found)
    return None


def _value(table: Integers, target: Mapping[int, int]) -> int:
    return int(sum(times * int(table[unknown]) for unknown, times in target.items()))
