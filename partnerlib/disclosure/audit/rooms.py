"""How many people more, and fewer, every printed row of a block may hold: the rooms that flips rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.channels import STEPS, Channel, Spans, channels_of, spans_of
from partnerlib.disclosure.audit.flips import Board, Rooms, Truths
from partnerlib.disclosure.audit.statements import Statements, bounds_of, count_bounds
from partnerlib.disclosure.audit.worlds import NO_LIMIT, Classification, Ints, World, merged, summed_to
from partnerlib.errors import ReleaseRefused


def rooms_of(world: World, said: Statements) -> BlockRooms:
    """The printed rows of a block around the world; a release that says something else than the world is refused."""
    about = [said.about(name) for name in world.counted.sets]
    # The same people may be printed as a share of another set: that is the business of the other set's block.
    about = [part[part["of"].isin(["", world.counted.among])] for part in about]
    sizes = [
        said.about(name) for name in ([world.counted.among] if world.counted.among else []) + [*world.counted.around]
    ]
    # Shares of a larger set are that set's own block's business: here only plain sizes are.
    sizes = [part[part["of"] == ""] for part in sizes]
    spans = spans_of(pd.concat([*about, *sizes]), world.cohorts)
    kinds = world.counted.kinds
    about, sizes = (
        [part[spans.holds(part) & part["unit_kind"].isin(kinds)] for part in parts] for parts in (about, sizes)
    )
    everything = pd.concat([*about, *sizes])
    listed = set(everything.loc[everything["unit_kind"] == "program", "unit_code"])
    about, sizes = ([part.assign(is_reaching=False) for part in parts] for parts in (about, sizes))
    rooms = BlockRooms(merged(world, listed), spans, about, sizes)
    rooms.refuse_contradictions()
    return rooms


class Side(NamedTuple):
    """The nodes of a kind, with the counts of a part and the sizes that shares are of; shape (nodes, cohorts)."""

    kind: str
    group: str
    nodes: Sequence[str]
    counts: Ints
    sizes: Ints


@dataclass(frozen=True)
class Read:
    """Statements on one kind of node as columns: where each stands, and what it allows."""

    node: Ints
    span: Ints
    low: Ints
    high: Ints
    is_open: Truths
    is_share: Truths

    def narrow(self, allowed: Truths, count: Ints, size: Ints) -> None:
        """Take away the nodes and spans (shape (nodes, spans)) whose counts some statement does not allow."""
        if not len(self.node):
            return
        here = count[self.node, self.span]
        low, high = bounds_of(self.low, self.high, self.is_open, size[self.node, self.span])
        fits = np.where(self.is_share, (low <= here) & (here <= high), (self.low <= here) & (here <= self.high))
        allowed[self.node[~fits], self.span[~fits]] = False


class BlockRooms:
    """Room of every printed row of a block, by kind of node and channel; worked out when flips first need it."""

    def __init__(self, world: World, spans: Spans, about: list[pd.DataFrame], sizes: list[pd.DataFrame]) -> None:
        """A row that `is_reaching` says of a part of a window what is printed of the whole."""
        self.world, self.spans, self.about, self.sizes = world, spans, about, sizes
        self._sorted: dict[int, dict[tuple[str, str], pd.DataFrame]] = {}
        self._known: dict[tuple[int, str, str], Read] = {}
        self.channels = channels_of(len(about), bool(world.counted.among), bool(world.around))

    @cached_property
    def provider(self) -> Rooms:
        around = [part.provider for part in self.world.around]
        return self._rooms("provider", self.world.providers, self.world.x.provider, self.world.n.provider, around)

    @cached_property
    def district(self) -> Rooms:
        around = [part.district for part in self.world.around]
        return self._rooms("district", self.world.districts, self.world.x.district, self.world.n.district, around)

    @cached_property
    def state(self) -> Rooms:
        around = [part.state[None] for part in self.world.around]
        return self._rooms("state", ("",), self.world.x.state[:, None], self.world.n.state[None], around)

    @cached_property
    def classes(self) -> list[Rooms]:
        return [self._class_rooms(kind) for kind in self.world.classifications]

    @property
    def levels(self) -> int:
        return len(self.about)

    def _rooms(
        self, kind: str, nodes: tuple[str, ...], x: Ints, n: Ints, around: Sequence[Ints], group: str = ""
    ) -> Rooms:
        """Steps of each channel that a kind of node has room for."""
        index = pd.Index(nodes)
        shape = (len(nodes), len(self.spans.bounds))
        count, size = self.spans.summed(x), [self.spans.summed(part) for part in (n, *around)]
        steps = {}
        for sign in (1, -1):
            room = np.zeros((len(self.channels), *shape), dtype=np.int64)
            for step in STEPS:
                room += np.stack(
                    [self._allowed(kind, group, index, count, size, way, sign * step) for way in self.channels]
                )
            steps[sign] = room
        return Rooms(steps[1], steps[-1], self.spans.inside)

    def _allowed(
        self, kind: str, group: str, index: pd.Index, count: Ints, size: list[Ints], channel: Channel, step: int
    ) -> Truths:
        """Where a change leaves everything printed as it is: shape (nodes, spans)."""
        allowed = np.ones(size[0].shape, dtype=bool)
        more = step * channel.is_joining
        for place, (part, people) in enumerate(zip(self.sizes, size, strict=True) if self.sizes else ()):
            if more and (place == 0 or channel.is_arriving):
                self._read(part, kind, group, index).narrow(allowed, people + more, people + more)
        for level, part in enumerate(self.about):
            change = step * channel.change(level)
            if change or more:
                self._read(part, kind, group, index).narrow(allowed, count[level] + change, size[0] + more)
        return allowed

    def _rows(self, part: pd.DataFrame, kind: str, group: str) -> pd.DataFrame:
        """The statements on one kind of node; looked up often, sorted once."""
        sorted_ = self._sorted.get(id(part))
        if sorted_ is None:
            keys = part.groupby(["unit_kind", "group"], sort=False)
            sorted_ = {(str(of), str(by)): rows for (of, by), rows in keys}
            for key in [key for key in sorted_ if key[0] == "state"]:
                rows = sorted_[key]
                sorted_[key] = rows.assign(unit_code=rows["group_value"] if key[1] else "")
            self._sorted[id(part)] = sorted_
        return sorted_.get((kind, group), part.iloc[:0])

    def _read(self, part: pd.DataFrame, kind: str, group: str, index: pd.Index) -> Read:
        """The statements on one kind of node with their places; asked for with every change, read once."""
        key = (id(part), kind, group)
        if key not in self._known:
            rows = self._rows(part, kind, group)
            node, span, _ = self._places(rows, index)
            self._known[key] = Read(
                node, span, rows["low"].to_numpy(np.int64), rows["high"].to_numpy(np.int64),
                rows["is_open"].to_numpy(bool), (rows["of"] != "").to_numpy(bool),
            )  # fmt: skip
        return self._known[key]

    def _places(self, rows: pd.DataFrame, index: pd.Index) -> tuple[Ints, Ints, pd.DataFrame]:
        at_span = {span: at for at, span in enumerate(self.spans.bounds)}
        node = index.get_indexer(rows["unit_code"])
        span = np.array([at_span[pair] for pair in zip(rows["first"], rows["last"], strict=True)], dtype=np.int64)
        return node, span, rows

    def sides(self, part: int) -> Iterator[Side]:
        """Every kind of node that numbers of a part are printed of: the levels first, then the sizes."""
        world, level = self.world, part if part < self.levels else None
        own = world.x.level(part) if level is not None else [world.n, *world.around][part - self.levels]
        yield Side("provider", "", world.providers, own.provider, world.n.provider)
        yield Side("district", "", world.districts, own.district, world.n.district)
        yield Side("state", "", ("",), own.state[None], world.n.state[None])
        if own.pair is not None and world.n.pair is not None:
            flat = (len(world.providers) * len(world.districts), len(world.cohorts))
            yield Side("partnership", "", self.pairs_named(), own.pair.reshape(flat), world.n.pair.reshape(flat))
        for kind in world.classifications:
            counts = [*kind.x, kind.n, *kind.around]
            if kind.name == "program":
                yield Side("program", "", kind.codes, counts[part], kind.n)
            elif part < len(counts):
                yield Side("state", kind.name, kind.values, self._of_values(kind, counts[part]), self._of_values(kind))

    def _of_values(self, kind: Classification, counts: Ints | None = None) -> Ints:
        """Counts of a subgroup's values over all providers, of the sizes where no others are given."""
        return summed_to(kind.n if counts is None else counts, 0, kind.value, len(kind.values))

    def refuse_contradictions(self) -> None:
        """The world must print the release: a number of which it says something else is an error of the release."""
        for place, part in enumerate([*self.about, *self.sizes]):
            for side in self.sides(place):
                rows = self._rows(part, side.kind, side.group)
                if rows.empty:
                    continue
                node, span, _ = self._places(rows, pd.Index(side.nodes))
                here = self.spans.summed(side.counts)[node, span]
                low, high = count_bounds(rows, self.spans.summed(side.sizes)[node, span])
                wrong = (node < 0) | (here < low) | (here > high)
                if wrong.any():
                    row = rows.iloc[int(np.flatnonzero(wrong)[0])]
                    raise ReleaseRefused(
                        f"{row['set']}: {int(wrong.sum())} printed numbers are not what the internal aggregates hold; "
                        f"first: {side.kind}:{row['unit_code']} {row['first']}-{row['last']}; nothing is published"
                    )

    @cached_property
    def asks(self) -> Truths:
        """Spans that counts are asked of, shape (spans,): single cohorts, and windows that something is printed of."""
        rows = pd.concat([*self.about, *self.sizes])
        rows = rows[~rows["is_reaching"]]
        printed = set(zip(rows["first"], rows["last"], strict=True))
        return np.array([first == last or (first, last) in printed for first, last in self.spans.bounds])

    @cached_property
    def listed_pairs(self) -> dict[tuple[int, int], Truths]:
        """Pairs about which something is printed, by window: shape (providers, districts)."""
        rows = pd.concat([*self.about, *self.sizes])
        rows = rows[(rows["unit_kind"] == "partnership") & ~rows["is_reaching"]]
        shape = (len(self.world.providers), len(self.world.districts))
        found = {}
        for (first, last), part in rows.groupby(["first", "last"], sort=True):
            listed = np.isin(np.array(self.pairs_named(), dtype=object), part["unit_code"].unique())
            found[int(first), int(last)] = listed.reshape(shape)
        return found

    def pairs_named(self) -> tuple[str, ...]:
        return tuple(f"{p}-{d}" for p in self.world.providers for d in self.world.districts)

    @cached_property
    def pair(self) -> Rooms:
        """Room of listed pairs, shape (channels, providers * districts, spans)."""
        x, n, codes = self.world.x.pair, self.world.n.pair, self.pairs_named()
        is_listed = any((part["unit_kind"] == "partnership").any() for part in (*self.about, *self.sizes))
        if x is None or n is None or not is_listed:
            free = np.full((len(self.channels), len(codes), len(self.spans.bounds)), len(STEPS))
            return Rooms(free, free, self.spans.inside)
        flat = (-1, len(codes), len(self.world.cohorts))
        around = [part.pair.reshape(flat[1:]) for part in self.world.around if part.pair is not None]
        return self._rooms("partnership", codes, x.reshape(flat), n.reshape(flat[1:]), around)

    def _class_rooms(self, kind: Classification) -> Rooms:
        if kind.name == "program":
            return self._rooms("program", kind.codes, kind.x, kind.n, kind.around)
        n = np.zeros((len(kind.values), kind.n.shape[1]), dtype=np.int64)
        x = np.zeros((len(kind.x), *n.shape), dtype=np.int64)
        np.add.at(n, kind.value, kind.n)
        np.add.at(x, (slice(None), kind.value), kind.x)  # type: ignore[arg-type]
        state = self._rooms("state", kind.values, x, n, (), kind.name)
        return Rooms(state.up[:, kind.value], state.down[:, kind.value], self.spans.inside)

    def people(self, x: Ints, n: Ints, larger: Ints | None) -> tuple[Ints, Ints]:
        """People who could gain, and who could lose, in every channel; `larger` counts the next larger set."""
        unlimited = np.full_like(n, NO_LIMIT)
        outside = unlimited if larger is None else np.maximum(larger - n, 0)
        spare = np.maximum(n - x.sum(axis=0), 0) if self.world.counted.among else unlimited
        gain = [
            unlimited if way.is_arriving else outside if way.is_joining else spare if way.lost is None else x[way.lost]
            for way in self.channels
        ]
        return np.stack(gain), np.stack([x[way.gained] for way in self.channels])

    @cached_property
    def capacity(self) -> tuple[Ints, Ints]:
        """People of each pair who could gain and lose: shape (channels, providers, districts, cohorts)."""
        x, n = self.world.x, self.world.n
        larger = self.world.around[0] if self.world.around else None
        if x.pair is not None and n.pair is not None and (larger is None or larger.pair is not None):
            return self._without_nobody(*self.people(x.pair, n.pair, larger.pair if larger else None))
        by_provider = self.people(x.provider, n.provider, larger.provider if larger else None)
        by_district = self.people(x.district, n.district, larger.district if larger else None)
        gain, lose = (
            np.minimum(own[:, :, None], other[:, None]) for own, other in zip(by_provider, by_district, strict=True)
        )
        return self._without_nobody(gain, lose)

    def _without_nobody(self, gain: Ints, lose: Ints) -> tuple[Ints, Ints]:
        """Where everybody is known to have a provider (a district), there are no people of nobody to gain."""
        gain = gain.copy()
        if self.world.counted.closed[0]:
            gain[:, -1] = 0
        if self.world.counted.closed[1]:
            gain[:, :, -1] = 0
        return gain, lose

    @cached_property
    def class_rooms(self) -> dict[int, list[tuple[Truths, Truths]]]:
        """Which providers have a class with room to gain, and to lose, by step and classification."""
        return {step: [self._class_room(place, step) for place in range(len(self.classes))] for step in STEPS}

    def _class_room(self, place: int, step: int) -> tuple[Truths, Truths]:
        """Shape (channels, providers, cohorts) each."""
        kind, rooms = self.world.classifications[place], self.classes[place]
        gain, lose = self.people(kind.x, kind.n, kind.around[0] if kind.around else None)
        shape = (len(self.channels), len(self.world.providers), len(self.world.cohorts))
        has_class = np.zeros(shape[1], dtype=bool)
        has_class[kind.provider] = True
        found = []
        for able in ((gain >= step) & rooms.gain(step), (lose >= step) & rooms.lose(step)):
            best = np.zeros(shape, dtype=bool)
            np.logical_or.at(best, (slice(None), kind.provider), able)  # type: ignore[arg-type]
            best[:, ~has_class] = True
            found.append(best)
        return found[0], found[1]

    def board(self, side: str, step: int, without: int | None = None) -> Board:
        """What a change of `step` people runs into; `without` leaves one classification out of what a gain needs."""
        gain, lose = self.capacity
        whole = gain.shape
        can_gain = (gain >= step) & self.pair.gain(step).reshape(whole)
        can_lose = (lose >= step) & self.pair.lose(step).reshape(whole)
        by_class = self.class_rooms[step]
        nodes = (whole[0], whole[1], whole[3])
        gaining = [part[0] for place, part in enumerate(by_class) if place != without]
        class_gain = np.logical_and.reduce([np.ones(nodes, dtype=bool), *gaining])
        class_lose = np.logical_and.reduce([np.ones(nodes, dtype=bool), *(part[1] for part in by_class)])
        free = np.ones((whole[0], whole[2], whole[3]), dtype=bool)
        if side == "provider":
            rows = (self.provider, self.district, self.state)
            return Board(*rows, can_gain, can_lose, class_gain, class_lose, free, free)
        turned = (can_gain.transpose(0, 2, 1, 3), can_lose.transpose(0, 2, 1, 3))
        return Board(self.district, self.provider, self.state, *turned, free, free, class_gain, class_lose)
