"""A part of a block as a system: the counts of some providers and districts are unknown, the rest is as it is.

Whatever is found in it is a complete table all the same: everybody outside stays where the reference world has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.proofs import BlockRooms
from partnerlib.disclosure.audit.statements import PARTS, bounds_of
from partnerlib.disclosure.audit.system import Integers, System, SystemBuilder
from partnerlib.disclosure.audit.worlds import Classification, Ints

PAIR, PROVIDER, DISTRICT, CLASS = range(4)
"""What an unknown counts: a pair's people, one side's where pairs are not known, or a class's."""


@dataclass(frozen=True)
class Printed:
    """One printed number of a block, with its place in it."""

    part: int
    kind: str
    node: int
    cohorts: tuple[int, ...]
    low: int
    high: int
    is_share: bool
    is_open: bool


@dataclass(frozen=True)
class Place:
    """A count of a block: of a level, at a node, over cohorts."""

    kind: str
    node: int
    part: int
    cohorts: tuple[int, ...]


class Layout:
    """The parts, nodes and printed numbers of a block, read once for all its neighbourhoods."""

    def __init__(self, rooms: BlockRooms) -> None:
        world = rooms.world
        self.rooms, self.world, self.levels = rooms, world, rooms.levels
        self.has_pairs = all(counts.pair is not None for counts in (world.x, world.n, *world.around))
        self.sizes = [world.n, *world.around]
        self.printed = self._printed()

    @property
    def size_part(self) -> int:
        """The part that holds the sizes levels are counted among."""
        return self.levels

    def of_pairs(self) -> list[Ints]:
        """Every part's counts by provider, district and cohort."""
        return [*self.world.x.pair, *(counts.pair for counts in self.sizes)]  # type: ignore[misc,list-item]

    def of_providers(self) -> list[Ints]:
        return [*self.world.x.provider, *(counts.provider for counts in self.sizes)]

    def of_districts(self) -> list[Ints]:
        return [*self.world.x.district, *(counts.district for counts in self.sizes)]

    def of_classes(self, kind: Classification) -> list[Ints]:
        """Every part's counts by class; a subgroup tells of the sizes it is counted among alone."""
        return [*kind.x, kind.n, *kind.around]

    def _printed(self) -> dict[str, dict[int, list[Printed]]]:
        world = self.world
        codes = {
            "provider": pd.Index(world.providers),
            "district": pd.Index(world.districts),
            "state": pd.Index([""]),
            "partnership": pd.Index(self.rooms.pairs_named()) if self.has_pairs else pd.Index([]),
        }
        for kind in world.classifications:
            is_program = kind.name == "program"
            codes[kind.name if is_program else f"group {kind.name}"] = pd.Index(
                kind.codes if is_program else kind.values
            )
        found: dict[str, dict[int, list[Printed]]] = {kind: {} for kind in codes}

        @cache
        def within(first: int, last: int) -> tuple[int, ...]:
            return tuple(at for at, year in enumerate(world.cohorts) if first <= year <= last)

        for part, rows in enumerate([*self.rooms.about, *self.rooms.sizes]):
            kinds = np.where(rows["group"] != "", "group " + rows["group"], rows["unit_kind"])
            for kind, own in rows.assign(of_kind=kinds).groupby("of_kind", sort=False):
                if kind not in codes:
                    continue
                named = own["group_value"] if str(kind).startswith("group ") else own["unit_code"]
                nodes = np.zeros(len(own), dtype=int) if kind == "state" else codes[str(kind)].get_indexer(named)
                names = ("first", "last", "low", "high", "of", "is_open")
                columns = (own[name].tolist() for name in names)
                for node, first, last, low, high, of, is_open in zip(nodes, *columns, strict=True):
                    entry = Printed(
                        part, str(kind), int(node), within(first, last), low, high, bool(of), bool(is_open)
                    )  # fmt: skip
                    found[str(kind)].setdefault(int(node), []).append(entry)
        return found


class Neighbourhood:
    """The system of some providers and districts of a block.

    holds_sizes
        the size of everything of which a share is printed stays as it is: every row is then a plain sum of counts, and
        a linear program's answers are nearly always whole
    """

    def __init__(self, layout: Layout, providers: Sequence[int], districts: Sequence[int], holds_sizes: bool) -> None:
        self.layout, self.holds_sizes = layout, holds_sizes
        self.providers, self.districts = list(providers), list(districts)
        self.builder = SystemBuilder()
        self._reference: list[int] = []
        self._fields: list[tuple[int, int, int, int, int, int]] = []
        self._fixed: dict[tuple[str, int, int, int], int] = {}
        if layout.has_pairs:
            self._pairs()
        else:
            self._sides()
        self._classes()
        self.reference: Integers = np.array(self._reference, dtype=np.int64)
        self.fields: Ints = np.array(self._fields, dtype=np.int64).reshape(-1, 6)
        """Part, what it counts, provider, district, class and cohort of each unknown; -1 where one does not apply."""
        self._columns = tuple(np.ascontiguousarray(column) for column in self.fields.T)
        self._in_cohorts: dict[tuple[int, ...], Truths] = {}
        self._found: dict[Place, Ints] = {}
        self._rows()
        self.system: System = self.builder.build()

    def unknowns_of(self, place: Place) -> Ints:
        """The unknowns that add up to a count, as far as they are free."""
        found = self._found.get(place)
        if found is None:
            found = self._found[place] = self._unknowns_of(place)
        return found

    def _unknowns_of(self, place: Place) -> Ints:
        part, counts, provider, district, which, _ = self._columns
        within = self._in_cohorts.get(place.cohorts)
        mine = (part == place.part) & (self._remember(place.cohorts) if within is None else within)
        side = PAIR if self.layout.has_pairs else PROVIDER
        match place.kind:
            case "state":
                mine &= counts == side
            case "provider":
                mine &= (counts == side) & (provider == place.node)
            case "district":
                mine &= (counts == (PAIR if self.layout.has_pairs else DISTRICT)) & (district == place.node)
            case "partnership":
                width = len(self.layout.world.districts)
                mine &= (counts == PAIR) & (provider * width + district == place.node)
            case kind:
                mine &= (counts == CLASS) & np.isin(which, self._members(kind, place.node))
        return np.flatnonzero(mine)

    def _remember(self, cohorts: tuple[int, ...]) -> Truths:
        self._in_cohorts[cohorts] = np.isin(self._columns[5], cohorts)
        return self._in_cohorts[cohorts]

    def _members(self, kind: str, node: int) -> Ints:
        """Numbers of the classes that make up a printed class: one program, or a subgroup's in all providers."""
        at = 0
        for other in self.layout.world.classifications:
            if other.name == kind.removeprefix("group "):
                own = np.arange(len(other.codes))
                return at + (own[own == node] if kind == "program" else own[other.value == node])
            at += len(other.codes)
        return np.empty(0, dtype=np.int64)

    def _cell(self, values: Sequence[int], fields: tuple[int, int, int, int, int]) -> None:
        """An unknown for each part: levels of a whole add up to it, and every set lies in the next larger one."""
        layout, levels = self.layout, self.layout.levels
        made = []
        counted = layout.world.counted
        closed = [counted.closed] * levels + [*counted.sizes_closed]
        has_provider = fields[1] != len(layout.world.providers) - 1
        has_district = fields[2] != len(layout.world.districts) - 1
        for part, value in enumerate(values):
            self._reference.append(int(value))
            self._fields.append((part, *fields))
            is_nobodys = (closed[part][0] and not has_provider) or (closed[part][1] and not has_district)
            made.append(self.builder.unknown("", 0, 0 if is_nobodys else np.inf))
        if layout.world.counted.among:
            parts = dict.fromkeys(made[:levels], 1) | {made[levels]: -1}
            self.builder.constrain("whole", parts, 0 if levels > 1 else -np.inf, 0)
        for inner, outer in zip(made[levels:], made[levels + 1 :], strict=False):
            self.builder.constrain("inside", {inner: 1, outer: -1}, -np.inf, 0)

    def _pairs(self) -> None:
        parts = self.layout.of_pairs()
        for p in self.providers:
            for d in self.districts:
                for cohort in range(len(self.layout.world.cohorts)):
                    self._cell([part[p, d, cohort] for part in parts], (PAIR, p, d, -1, cohort))

    def _sides(self) -> None:
        """Where pairs are not known, each side by itself, with one total."""
        cohorts = range(len(self.layout.world.cohorts))
        by_provider, by_district = self.layout.of_providers(), self.layout.of_districts()
        for cohort in cohorts:
            start = len(self._reference)
            for p in self.providers:
                self._cell([part[p, cohort] for part in by_provider], (PROVIDER, p, -1, -1, cohort))
            middle = len(self._reference)
            for d in self.districts:
                self._cell([part[d, cohort] for part in by_district], (DISTRICT, -1, d, -1, cohort))
            for part in range(len(by_provider)):
                ours = {at: 1 for at in range(start, middle) if self._fields[at][0] == part}
                theirs = {at: -1 for at in range(middle, len(self._reference)) if self._fields[at][0] == part}
                balance = sum(self._reference[at] for at in ours) - sum(self._reference[at] for at in theirs)
                self.builder.constrain("both sides", ours | theirs, balance, balance)

    def _classes(self) -> None:
        """Classes of the free providers; where they are all of a provider's people, they add up to it."""
        at = 0
        for kind in self.layout.world.classifications:
            parts = self.layout.of_classes(kind)
            for own in np.flatnonzero(np.isin(kind.provider, self.providers)):
                for cohort in range(len(self.layout.world.cohorts)):
                    values = [part[own, cohort] for part in parts]
                    self._class_cell(values, (CLASS, int(kind.provider[own]), -1, at + int(own), cohort))
            self._add_up(kind, at, len(parts))
            at += len(kind.codes)

    def _class_cell(self, values: Sequence[int], fields: tuple[int, int, int, int, int]) -> None:
        """A class may tell of fewer parts than the block has: the larger sets are not counted by subgroup."""
        self._cell(values, fields)

    def _add_up(self, kind: Classification, at: int, parts: int) -> None:
        fields = np.array(self._fields, dtype=np.int64).reshape(-1, 6)
        reference = np.array(self._reference, dtype=np.int64)
        side = PAIR if self.layout.has_pairs else PROVIDER
        is_mine = (fields[:, 1] == CLASS) & (fields[:, 4] >= at) & (fields[:, 4] < at + len(kind.codes))
        for p in sorted(set(kind.provider.tolist()) & set(self.providers)):
            for cohort in range(len(self.layout.world.cohorts)):
                here = (fields[:, 2] == p) & (fields[:, 5] == cohort)
                for part in range(parts):
                    inside = np.flatnonzero(is_mine & here & (fields[:, 0] == part))
                    whole = np.flatnonzero((fields[:, 1] == side) & here & (fields[:, 0] == part))
                    counts = self.layout.of_classes(kind)[part][kind.provider == p][:, cohort].sum()
                    if counts == self.layout.of_providers()[part][p, cohort]:
                        terms = {int(u): 1 for u in whole} | {int(u): -1 for u in inside}
                        balance = reference[whole].sum() - reference[inside].sum()
                        self.builder.constrain("classes", terms, balance, balance)

    def _near(self) -> Iterator[Printed]:
        """The printed numbers in which somebody who may change is counted."""
        printed, width = self.layout.printed, len(self.layout.world.districts)
        nodes = {
            "state": [0],
            "provider": self.providers,
            "district": self.districts,
            "partnership": [p * width + d for p in self.providers for d in self.districts],
        }
        for kind, entries in printed.items():
            for node in nodes.get(kind, entries):
                yield from entries.get(node, ())

    def _rows(self) -> None:
        """Everything printed about them, as bounds on changes of the reference world."""
        for entry in self._near():
            place = Place(entry.kind, entry.node, entry.part, entry.cohorts)
            counted = self.unknowns_of(place)
            if not len(counted):
                continue
            count, free = self._reference_of(place), int(self.reference[counted].sum())
            terms = dict.fromkeys(counted.tolist(), 1)
            if not entry.is_share:
                self.builder.constrain(entry.kind, terms, entry.low - count + free, entry.high - count + free)
                continue
            whole = Place(entry.kind, entry.node, self.layout.size_part, entry.cohorts)
            people = self.unknowns_of(whole)
            size, held = self._reference_of(whole), int(self.reference[people].sum())
            if self.holds_sizes:
                ends = bounds_of(entry.low, entry.high, entry.is_open, size)  # type: ignore[arg-type]
                fewest, most = (int(end) - count + free for end in ends)
                self.builder.constrain(entry.kind, terms, fewest, most)
                self.builder.constrain(entry.kind, dict.fromkeys(people.tolist(), 1), held, held)
                continue
            for bound, low, high in ((entry.low, 0.0, np.inf), (entry.high, -np.inf, -1.0 if entry.is_open else 0.0)):
                mixed = dict.fromkeys(counted.tolist(), PARTS)
                for unknown in people.tolist():
                    mixed[unknown] = mixed.get(unknown, 0) - bound
                shift = PARTS * (count - free) - bound * (size - held)
                self.builder.constrain(entry.kind, mixed, low - shift, high - shift)

    def _reference_of(self, place: Place) -> int:
        """A count of the whole reference world, free or not."""
        layout, cohorts = self.layout, list(place.cohorts)
        match place.kind:
            case "state":
                counts = [*layout.world.x.state, *(sizes.state for sizes in layout.sizes)][place.part]
                return int(counts[cohorts].sum())
            case "provider":
                return int(layout.of_providers()[place.part][place.node, cohorts].sum())
            case "district":
                return int(layout.of_districts()[place.part][place.node, cohorts].sum())
            case "partnership":
                p, d = divmod(place.node, len(layout.world.districts))
                return int(layout.of_pairs()[place.part][p, d, cohorts].sum())
            case kind:
                own = next(each for each in layout.world.classifications if each.name == kind.removeprefix("group "))
                members = [place.node] if kind == "program" else np.flatnonzero(own.value == place.node)
                return int(layout.of_classes(own)[place.part][members][:, cohorts].sum())
