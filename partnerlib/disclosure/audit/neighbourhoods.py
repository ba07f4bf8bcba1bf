"""A part of a block as a system: the counts of some providers and districts are unknown, the rest is as it is.

Whatever is found in it is a complete table all the same: everybody outside stays where the reference world has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from scipy import sparse

from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.proofs import BlockRooms
from partnerlib.disclosure.audit.statements import PARTS, bounds_of
from partnerlib.disclosure.audit.system import Floats, Integers, System, whole_bounds
from partnerlib.disclosure.audit.worlds import Classification, Ints

PAIR, PROVIDER, DISTRICT, CLASS = range(4)
"""What an unknown counts: a pair's people, one side's where pairs are not known, or a class's."""


@dataclass(frozen=True)
class Place:
    """A count of a block: of a level, at a node, over cohorts."""

    kind: str
    node: int
    part: int
    cohorts: tuple[int, ...]


@dataclass(frozen=True)
class Printed:
    """One printed number of a block, with its place in it."""

    place: Place
    whole: Place
    """What a share is a share of."""
    low: int
    high: int
    is_share: bool
    is_open: bool

    @property
    def kind(self) -> str:
        return self.place.kind


class Layout:
    """The parts, nodes and printed numbers of a block, read once for all its neighbourhoods."""

    def __init__(self, rooms: BlockRooms) -> None:
        world = rooms.world
        self.rooms, self.world, self.levels = rooms, world, rooms.levels
        self.has_pairs = all(counts.pair is not None for counts in (world.x, world.n, *world.around))
        self.sizes = [world.n, *world.around]
        self.printed = self._printed()
        self._counts: dict[Place, int] = {}
        self._adding_up: dict[str, list[Truths]] = {}

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

    def count(self, place: Place) -> int:
        """A count of the whole reference world, free or not."""
        found = self._counts.get(place)
        if found is None:
            found = self._counts[place] = self._count(place)
        return found

    def _count(self, place: Place) -> int:
        cohorts = list(place.cohorts)
        match place.kind:
            case "state":
                counts = [*self.world.x.state, *(sizes.state for sizes in self.sizes)][place.part]
                return int(counts[cohorts].sum())
            case "provider":
                return int(self.of_providers()[place.part][place.node, cohorts].sum())
            case "district":
                return int(self.of_districts()[place.part][place.node, cohorts].sum())
            case "partnership":
                p, d = divmod(place.node, len(self.world.districts))
                return int(self.of_pairs()[place.part][p, d, cohorts].sum())
            case "unlisted provider":
                pairs = self.of_pairs()[place.part][place.node]
                return int(pairs[self.unlisted(place)][:, cohorts].sum())
            case "unlisted district":
                pairs = self.of_pairs()[place.part][:, place.node]
                return int(pairs[self.unlisted(place)][:, cohorts].sum())
            case kind:
                own = next(each for each in self.world.classifications if each.name == kind.removeprefix("group "))
                members = [place.node] if kind == "program" else np.flatnonzero(own.value == place.node)
                return int(self.of_classes(own)[place.part][members][:, cohorts].sum())

    def counted_in(self, place: Place, fields: Ints) -> Truths:
        """Which counts of single cells (rows of `fields`, see `Neighbourhood.fields`) a place adds up."""
        part, what, provider, district, which, cohort = fields.T
        mine: Truths = (part == place.part) & np.isin(cohort, place.cohorts)
        match place.kind:
            case "state":
                return mine & ((what == PAIR) | (what == PROVIDER))
            case "provider":
                return mine & ((what == PAIR) | (what == PROVIDER)) & (provider == place.node)
            case "district":
                return mine & ((what == PAIR) | (what == DISTRICT)) & (district == place.node)
            case "partnership":
                own = divmod(place.node, len(self.world.districts))
                return mine & (what == PAIR) & (provider == own[0]) & (district == own[1])
            case "unlisted provider":
                return mine & (what == PAIR) & (provider == place.node) & self.unlisted(place)[district]
            case "unlisted district":
                return mine & (what == PAIR) & (district == place.node) & self.unlisted(place)[provider]
            case _:
                return mine & (what == CLASS) & np.isin(which, self._classes_of(place))

    def _classes_of(self, place: Place) -> Ints:
        """Numbers of the classes that a program is, or a subgroup's value is made of."""
        start = 0
        for kind in self.world.classifications:
            if kind.name == place.kind.removeprefix("group "):
                is_program = kind.name == "program"
                return start + (np.array([place.node]) if is_program else np.flatnonzero(kind.value == place.node))
            start += len(kind.codes)
        return np.empty(0, dtype=np.int64)

    def unlisted(self, place: Place) -> Truths:
        """Which nodes of the other side make pairs with a node that are not printed in a window."""
        years = self.world.cohorts[list(place.cohorts)]
        listed = self.rooms.listed_pairs[int(years[0]), int(years[-1])]
        return ~(listed[place.node] if place.kind == "unlisted provider" else listed[:, place.node])

    def adding_up(self, kind: Classification) -> list[Truths]:
        """For each part, in which cohorts the classes of a provider are all of its people: (providers, cohorts)."""
        if kind.name not in self._adding_up:
            found = []
            for own, whole in zip(self.of_classes(kind), self.of_providers(), strict=False):
                sums = np.zeros_like(whole)
                np.add.at(sums, kind.provider, own)
                found.append(sums == whole)
            self._adding_up[kind.name] = found
        return self._adding_up[kind.name]

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
                    place = Place(str(kind), int(node), part, within(first, last))
                    whole = replace(place, part=self.size_part)
                    entry = Printed(place, whole, low, high, bool(of), bool(is_open))
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
        self.providers, self.districts = np.array(providers, dtype=np.int64), np.array(districts, dtype=np.int64)
        self._at = {"provider": _places(providers), "district": _places(districts)}
        self._reference: list[Ints] = []
        self._fields: list[Ints] = []
        self._upper: list[Floats] = []
        self._statements = _Rows()
        self._free: dict[int, Ints] = {}
        """Numbers of the unknowns of pairs, providers, districts: shape (parts, nodes ..., cohorts)."""
        self._of_class: list[tuple[Classification, Ints, Ints]] = []
        """The same of classes, with which classes they are."""
        if layout.has_pairs:
            self._pairs()
        else:
            self._sides()
        self._classes()
        self.reference: Integers = np.concatenate(self._reference)
        self.fields: Ints = np.concatenate(self._fields)
        """Part, what it counts, provider, district, class and cohort of each unknown; -1 where one does not apply."""
        self._found: dict[Place, Ints] = {}
        for kind, own, free in self._of_class:
            self._add_up(kind, own, free)
        self._rows()
        self.system: System = self._statements.built(np.concatenate(self._upper))
        # Neighbourhoods are kept for further questions: what only the building needed goes.
        del self._statements, self._reference, self._fields, self._upper

    def unknowns_of(self, place: Place) -> Ints:
        """The unknowns that add up to a count, as far as they are free."""
        found = self._found.get(place)
        if found is None:
            found = self._found[place] = self._unknowns_of(place)
        return found

    def _unknowns_of(self, place: Place) -> Ints:
        if not place.cohorts:
            return np.empty(0, dtype=np.int64)
        years = slice(place.cohorts[0], place.cohorts[-1] + 1)
        has_pairs, part, node = self.layout.has_pairs, place.part, place.node
        match place.kind:
            case "state":
                return self._free[PAIR if has_pairs else PROVIDER][part, ..., years].ravel()
            case "provider" | "district":
                at = self._at[place.kind].get(node, slice(0, 0))
                if has_pairs:
                    free = self._free[PAIR][part]
                    return (free[at] if place.kind == "provider" else free[:, at])[..., years].ravel()
                return self._free[PROVIDER if place.kind == "provider" else DISTRICT][part, at][..., years].ravel()
            case "partnership":
                p, d = divmod(node, len(self.layout.world.districts))
                if not has_pairs or p not in self._at["provider"] or d not in self._at["district"]:
                    return np.empty(0, dtype=np.int64)
                return self._free[PAIR][part, self._at["provider"][p], self._at["district"][d], years]
            case "unlisted provider" | "unlisted district":
                free, side = self._free[PAIR][part], place.kind.removeprefix("unlisted ")
                at = self._at[side].get(node, slice(0, 0))
                kept = self.layout.unlisted(place)
                if side == "provider":
                    return free[at][..., kept[self.districts], years].ravel()
                return free[:, at][kept[self.providers]][..., years].ravel()
            case kind:
                for classification, own, free in self._of_class:
                    if classification.name == kind.removeprefix("group ") and part < len(free):
                        is_mine = own == node if kind == "program" else classification.value[own] == node
                        return free[part, is_mine, years].ravel()
                return np.empty(0, dtype=np.int64)

    def _cells(self, parts: Sequence[Ints], what: int, owners: tuple[Ints, Ints, Ints]) -> Ints:
        """An unknown for each part: levels of a whole add up to it, and every set lies in the next larger one.

        Parameters
            parts: the reference's counts, one array for each part, shape (nodes ..., cohorts)
            owners: provider, district and class of every node, of a shape that fits the nodes; -1 where none applies
        """
        world, levels = self.layout.world, self.layout.levels
        counts = np.stack(list(parts)).astype(np.int64)
        start = sum(map(len, self._reference))
        free = start + np.arange(counts.size, dtype=np.int64).reshape(counts.shape)
        axes: tuple[Ints, ...] = np.indices(counts.shape, sparse=True)
        part, cohort = axes[0], axes[counts.ndim - 1]
        provider, district, which = [np.asarray(owner)[None, ..., None] for owner in owners]
        fields = np.broadcast_arrays(part, what, provider, district, which, cohort)
        self._fields.append(np.stack([np.broadcast_to(field, counts.shape).ravel() for field in fields], axis=1))
        self._reference.append(counts.ravel())
        closed = np.array([*[world.counted.closed] * levels, *world.counted.sizes_closed])[: len(counts)]
        without = closed[:, 0].reshape(part.shape) & (provider == len(world.providers) - 1)
        without = without | (closed[:, 1].reshape(part.shape) & (district == len(world.districts) - 1))
        self._upper.append(np.where(np.broadcast_to(without, counts.shape), 0, np.inf).ravel())
        if world.counted.among:
            signs = np.array([1] * levels + [-1])
            cells = free[: levels + 1].reshape(levels + 1, -1).T
            self._statements.alike("whole", cells, signs, 0 if levels > 1 else -np.inf, 0)
        for inner, outer in zip(free[levels:], free[levels + 1 :], strict=False):
            pairs = np.stack([inner.ravel(), outer.ravel()], axis=1)
            self._statements.alike("inside", pairs, np.array([1, -1]), -np.inf, 0)
        return free

    def _pairs(self) -> None:
        chosen = np.ix_(self.providers, self.districts)
        none = np.array(-1)
        parts = [part[chosen] for part in self.layout.of_pairs()]
        self._free[PAIR] = self._cells(parts, PAIR, (self.providers[:, None], self.districts[None], none[None, None]))

    def _sides(self) -> None:
        """Where pairs are not known, each side by itself, with one total."""
        none = np.array([-1])
        ours = [part[self.providers] for part in self.layout.of_providers()]
        theirs = [part[self.districts] for part in self.layout.of_districts()]
        self._free[PROVIDER] = self._cells(ours, PROVIDER, (self.providers, none, none))
        self._free[DISTRICT] = self._cells(theirs, DISTRICT, (none, self.districts, none))
        for part in range(len(ours)):
            for cohort in range(len(self.layout.world.cohorts)):
                balance = int(ours[part][:, cohort].sum() - theirs[part][:, cohort].sum())
                first, second = self._free[PROVIDER][part, :, cohort], self._free[DISTRICT][part, :, cohort]
                self._statements.difference("both sides", first, second, balance)

    def _classes(self) -> None:
        """Classes of the free providers; where they are all of a provider's people, they add up to it."""
        at, none = 0, np.array([-1])
        for kind in self.layout.world.classifications:
            own = np.flatnonzero(np.isin(kind.provider, self.providers))
            # A class may tell of fewer parts than the block has: the larger sets are not counted by subgroup.
            parts = [part[own] for part in self.layout.of_classes(kind)]
            free = self._cells(parts, CLASS, (kind.provider[own], none, at + own))
            self._of_class.append((kind, own, free))
            at += len(kind.codes)

    def _add_up(self, kind: Classification, own: Ints, free: Ints) -> None:
        side = PAIR if self.layout.has_pairs else PROVIDER
        for p in np.unique(kind.provider[own]):
            members = np.flatnonzero(kind.provider[own] == p)
            for part, adds_up in enumerate(self.layout.adding_up(kind)):
                for cohort in np.flatnonzero(adds_up[p]):
                    whole = self._free[side][part, self._at["provider"][int(p)], ..., cohort].ravel()
                    inside = free[part, members, cohort]
                    balance = int(self.reference[whole].sum() - self.reference[inside].sum())
                    self._statements.difference("classes", whole, inside, balance)

    def _near(self) -> Iterator[Printed]:
        """The printed numbers in which somebody who may change is counted."""
        printed, width = self.layout.printed, len(self.layout.world.districts)
        programs = [own.tolist() for kind, own, _ in self._of_class if kind.name == "program"]
        nodes: dict[str, Sequence[int]] = {
            "state": [0],
            "provider": self.providers.tolist(),
            "district": self.districts.tolist(),
            "partnership": [p * width + d for p in self.providers.tolist() for d in self.districts.tolist()],
            "program": programs[0] if programs else [],
        }
        for kind, entries in printed.items():
            for node in nodes.get(kind, entries):
                yield from entries.get(node, ())

    def _rows(self) -> None:
        """Everything printed about them, as bounds on changes of the reference world."""
        rows, held_still = self._statements, set()
        for entry in self._near():
            counted = self.unknowns_of(entry.place)
            if not len(counted):
                continue
            count, free = self.layout.count(entry.place), int(self.reference[counted].sum())
            if not entry.is_share:
                rows.plain(entry.kind, counted, entry.low - count + free, entry.high - count + free)
                continue
            people = self.unknowns_of(entry.whole)
            size, held = self.layout.count(entry.whole), int(self.reference[people].sum())
            if self.holds_sizes:
                ends = bounds_of(entry.low, entry.high, entry.is_open, size)  # type: ignore[arg-type]
                fewest, most = (int(end) - count + free for end in ends)
                rows.plain(entry.kind, counted, fewest, most)
                if entry.whole not in held_still:
                    rows.plain(entry.kind, people, held, held)
                    held_still.add(entry.whole)
                continue
            both = np.concatenate([counted, people])
            for bound, low, high in ((entry.low, 0.0, np.inf), (entry.high, -np.inf, -1.0 if entry.is_open else 0.0)):
                terms = np.repeat(np.array([PARTS, -bound], dtype=np.int64), [len(counted), len(people)])
                shift = PARTS * (count - free) - bound * (size - held)
                rows.mixed(entry.kind, both, terms, low - shift, high - shift)


def _places(nodes: Sequence[int]) -> dict[int, int]:
    return {int(node): at for at, node in enumerate(nodes)}


class _Rows:
    """Sums of unknowns with their bounds, collected array by array."""

    def __init__(self) -> None:
        self.columns: list[Ints] = []
        self.values: list[Ints] = []
        self.lengths: list[Ints] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.names: list[tuple[str, ...]] = []

    def mixed(self, name: str, columns: Ints, values: Ints, low: float, high: float) -> None:
        """One row; an unknown may stand in it twice."""
        self.columns.append(columns)
        self.values.append(values)
        self.lengths.append(np.array([len(columns)]))
        self.low.append(np.array([low], dtype=float))
        self.high.append(np.array([high], dtype=float))
        self.names.append((name,))

    def plain(self, name: str, columns: Ints, low: float, high: float) -> None:
        self.mixed(name, columns, np.ones(len(columns), dtype=np.int64), low, high)

    def difference(self, name: str, first: Ints, second: Ints, balance: int) -> None:
        signs = np.repeat(np.array([1, -1], dtype=np.int64), [len(first), len(second)])
        self.mixed(name, np.concatenate([first, second]), signs, balance, balance)

    def alike(self, name: str, columns: Ints, signs: Ints, low: float, high: float) -> None:
        """A row for each row of `columns`, all with the same signs and bounds."""
        count, width = columns.shape
        self.columns.append(columns.ravel())
        self.values.append(np.tile(signs, count))
        self.lengths.append(np.full(count, width))
        self.low.append(np.full(count, low, dtype=float))
        self.high.append(np.full(count, high, dtype=float))
        self.names.append((name,) * count)

    def built(self, upper: Floats) -> System:
        """The system, its rows' bounds drawn in to the whole numbers their sums can take."""
        lengths = np.concatenate(self.lengths) if self.lengths else np.empty(0, dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        columns = np.concatenate(self.columns) if self.columns else np.empty(0, dtype=np.int64)
        values = np.concatenate(self.values) if self.values else np.empty(0, dtype=np.int64)
        matrix = sparse.csr_array(
            (values.astype(np.int64), columns.astype(np.int32), starts.astype(np.int32)),
            shape=(len(lengths), len(upper)),
        )
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        low, high = (np.concatenate(ends) if ends else np.empty(0) for ends in (self.low, self.high))
        names = tuple(name for group in self.names for name in group)
        low, high = whole_bounds(matrix, low, high)
        return System(("",) * len(upper), np.zeros(len(upper), dtype=np.int64), upper, matrix, low, high, names)
