"""The parts, nodes and printed numbers of a block, and the places in it that a count may be asked of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.rooms import BlockRooms
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
