"""Every count of a release against everything printed about its set: what the flips prove, and what stays open.

One block at a time: a set of people, or the levels that part one, with the set it is counted among. A person may gain
the property, change one level for another, or come into the set: whatever leaves the printed numbers as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.flips import Board, Moves, Proved, Rooms, Truths, survives
from partnerlib.disclosure.audit.statements import Statements, bounds_of, count_bounds
from partnerlib.disclosure.audit.worlds import NO_LIMIT, NOBODYS, REST, Classification, Ints, World, merged
from partnerlib.errors import ReleaseRefused

STEPS = (1, 2)
"""Steps up and down that are tried: enough for three possible values."""

ENOUGH, ENOUGH_INSIDERS = 3, 2
"""Values for the public and for insiders from which on no dearer proof is tried."""


UNLISTED = "unlisted"
"""Kind of a count, before its side: the pairs of a node that are not printed, together."""


@dataclass(frozen=True)
class Channel:
    """One way in which a person can change: what happens to each level's count, and to the size."""

    gained: int
    """The level that gains."""
    lost: int | None
    """The level that loses, if another does."""
    is_joining: bool = False
    """Whether somebody comes into the set who was not in it."""
    is_arriving: bool = False
    """Whether that person comes into the larger sets too."""

    def change(self, level: int) -> int:
        return int(level == self.gained) - int(level == self.lost)


def channels_of(levels: int, is_sized: bool, has_larger: bool) -> list[Channel]:
    """Every way to gain. Where nothing is known of a larger set, gaining is joining, and joining is arriving."""
    ways = (
        [Channel(0, None)] if levels == 1 else [Channel(a, b) for a in range(levels) for b in range(levels) if a != b]
    )
    if is_sized and has_larger:
        ways += [Channel(level, None, is_joining=True) for level in range(levels)]
    if is_sized:
        ways += [Channel(level, None, is_joining=True, is_arriving=True) for level in range(levels)]
    return ways


@dataclass(frozen=True)
class Spans:
    """Windows of cohorts: those the release prints about a block, and every cohort singly."""

    bounds: tuple[tuple[int, int], ...]
    cohorts: Ints

    @property
    def inside(self) -> Truths:
        """Shape (spans, cohorts)."""
        return np.array([[low <= year <= high for year in self.cohorts] for low, high in self.bounds], dtype=bool)

    def summed(self, counts: Ints) -> Ints:
        return counts @ self.inside.T.astype(np.int64)

    def holds(self, rows: pd.DataFrame) -> pd.Series:
        return (rows["first"] >= self.cohorts[0]) & (rows["last"] <= self.cohorts[-1])


def spans_of(said: pd.DataFrame, cohorts: Ints) -> Spans:
    """A window minus its parts is a number too: single cohorts count whether they are printed or not."""
    inside = said[(said["first"] >= cohorts[0]) & (said["last"] <= cohorts[-1])]
    printed = {(int(first), int(last)) for first, last in zip(inside["first"], inside["last"], strict=True)}
    return Spans(tuple(sorted(printed | {(int(year), int(year)) for year in cohorts})), cohorts)


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
    rooms = BlockRooms(merged(world, listed), spans, about, sizes)
    rooms.refuse_contradictions()
    return rooms


def targets_of(rooms: BlockRooms, small: int) -> pd.DataFrame:
    """Counts of a block that could tell something small, with how many values the flips prove each may have.

    Columns
        set, level, unit_kind, unit_code, node, first, last: the count; `count` and `size`: its value in the world and
        of how many; `values`, `values_insider`: at least so many integers are possible for the public, for the worst
        insider; `least`, `most`: the lowest and highest of the public's that are proved
    """
    found = [_side(rooms, kind, small) for kind in ("provider", "district")]
    found += [part for kind in ("provider", "district") for part in _remainders(rooms, kind, small)]
    kinds = rooms.world.classifications
    found += [_programs(rooms, place, small) for place, kind in enumerate(kinds) if kind.name == "program"]
    return pd.concat(found, ignore_index=True)


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
    """Room of every printed row of a block, by kind of node and channel."""

    def __init__(self, world: World, spans: Spans, about: list[pd.DataFrame], sizes: list[pd.DataFrame]) -> None:
        self.world, self.spans, self.about, self.sizes = world, spans, about, sizes
        self._sorted: dict[int, dict[tuple[str, str], pd.DataFrame]] = {}
        self._known: dict[tuple[int, str, str], Read] = {}
        self.channels = channels_of(len(about), bool(world.counted.among), bool(world.around))
        around = [(part.provider, part.district, part.state[None]) for part in world.around]
        self.provider = self._rooms(
            "provider", world.providers, world.x.provider, world.n.provider, [part[0] for part in around]
        )
        self.district = self._rooms(
            "district", world.districts, world.x.district, world.n.district, [part[1] for part in around]
        )
        self.state = self._rooms(
            "state", ("",), world.x.state[:, None], world.n.state[None], [part[2] for part in around]
        )
        self.pair = self._pair_rooms()
        self.classes = [self._class_rooms(kind) for kind in world.classifications]

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

    def refuse_contradictions(self) -> None:
        """The world must print the release: a number of which it says something else is an error of the release."""
        world = self.world
        counts = [
            *((world.x, level) for level in range(self.levels)),
            (world.n, None),
            *((c, None) for c in world.around),
        ]
        programs = next((kind for kind in world.classifications if kind.name == "program"), None)
        for place, part in enumerate([*self.about, *self.sizes]):
            own, level = counts[place]
            sides = {
                "provider": (world.providers, own.provider, world.n.provider),
                "district": (world.districts, own.district, world.n.district),
                "state": (("",), own.state[..., None, :], world.n.state[None]),
            }
            if own.pair is not None and world.n.pair is not None:
                flat = (-1, len(world.providers) * len(world.districts), len(world.cohorts))
                pair = own.pair.reshape(flat) if level is not None else own.pair.reshape(flat[1:])
                sides["partnership"] = (self.pairs_named(), pair, world.n.pair.reshape(flat[1:]))
            if programs is not None:
                of_sizes = (programs.n, *programs.around)
                x = programs.x if level is not None else of_sizes[place - self.levels]
                sides["program"] = (programs.codes, x, programs.n)
            for kind, (nodes, x, n) in sides.items():
                rows = self._rows(part, kind, "")
                if rows.empty:
                    continue
                node, span, _ = self._places(rows, pd.Index(nodes))
                here = self.spans.summed(x if level is None else x[level])[node, span]
                low, high = count_bounds(rows, self.spans.summed(n)[node, span])
                wrong = (node < 0) | (here < low) | (here > high)
                if wrong.any():
                    row = rows.iloc[int(np.flatnonzero(wrong)[0])]
                    raise ReleaseRefused(
                        f"{row['set']}: {int(wrong.sum())} printed numbers are not what the internal aggregates hold; "
                        f"first: {kind}:{row['unit_code']} {row['first']}-{row['last']}; nothing is published"
                    )

    @cached_property
    def listed_pairs(self) -> dict[tuple[int, int], Truths]:
        """Pairs about which something is printed, by window: shape (providers, districts)."""
        rows = pd.concat([*self.about, *self.sizes])
        rows = rows[rows["unit_kind"] == "partnership"]
        shape = (len(self.world.providers), len(self.world.districts))
        found = {}
        for (first, last), part in rows.groupby(["first", "last"], sort=True):
            listed = np.isin(np.array(self.pairs_named(), dtype=object), part["unit_code"].unique())
            found[int(first), int(last)] = listed.reshape(shape)
        return found

    def pairs_named(self) -> tuple[str, ...]:
        return tuple(f"{p}-{d}" for p in self.world.providers for d in self.world.districts)

    def _pair_rooms(self) -> Rooms:
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

    def class_room(self, place: int, step: int) -> tuple[Truths, Truths]:
        """Which providers have a class with room, by channel and cohort."""
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
        by_class = [self.class_room(place, step) for place in range(len(self.classes))]
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


@dataclass(frozen=True)
class Explored:
    """What is proved for each change (+1, -1, +2, -2), and the ways it was proved by."""

    found: Mapping[int, Proved]
    moves: Mapping[int, Moves]


Asks = Callable[[Mapping[int, Proved]], tuple[Truths, Truths]]
"""What is still to be proved: levels, nodes and cohorts of open windows, and those open as single cohorts."""


def _explored(
    rooms: BlockRooms,
    side: str,
    level_of: Ints,
    asks: Asks,
    without: int | None = None,
    within: Truths | None = None,
) -> Explored:
    """Cheap proofs first; dearer ones, one change after the other, for what is still open."""
    boards = [rooms.board(side, step, without) for step in STEPS]
    turned = [board.reversed() for board in boards]
    moves = {}
    for step in STEPS:
        moves[step] = Moves(boards, step, level_of, within)
        moves[-step] = Moves(turned, step, level_of, within)
    found = {change: move.cheap() for change, move in moves.items()}
    for is_single, prove in ((False, Moves.in_turn), (True, Moves.in_time), (True, Moves.crosswise)):
        for change, move in moves.items():
            windows, singles = asks(found)
            if not (windows.any() or singles.any()):
                return Explored(found, moves)
            found[change] = prove(move, found[change], singles if is_single else windows | singles)
    return Explored(found, moves)


@dataclass(frozen=True)
class Reach:
    """What is proved of every count (level, node, span): how many values, and the least and most of them."""

    values: Ints
    least: Ints
    most: Ints


def _reach(rooms: BlockRooms, reached: Mapping[int, tuple[Truths, Truths]], count: Ints) -> Reach:
    """Integers each count may be, as far as proved: itself, and one for every change."""
    is_single = rooms.spans.inside.sum(axis=1) == 1
    inside = rooms.spans.inside.T.astype(np.int32)
    values, least, most = np.ones_like(count), count.copy(), count.copy()
    for change, (single, total) in reached.items():
        can = np.where(is_single, single.astype(np.int32) @ inside, total.astype(np.int32) @ inside) > 0
        values += can
        least, most = np.minimum(least, count + change * can), np.maximum(most, count + change * can)
    return Reach(values, least, most)


def _is_small(rooms: BlockRooms, count: Ints, size: Ints, limit: int) -> Truths:
    """Counts of a few people, or of all but a few; of everybody placed or completing, the few alone are small."""
    if not rooms.world.counted.among or rooms.world.counted.is_answering:
        return (count > 0) & (count < limit)
    return (size > 0) & (np.minimum(count, size - count) < limit)


def _open(rooms: BlockRooms, is_small: Truths, public: Reach, insider: Reach) -> tuple[Truths, Truths]:
    """Cohorts of nodes with a small count not yet proved safe: in a window, and by themselves."""
    is_open = is_small & ((public.values < ENOUGH) | (insider.values < ENOUGH_INSIDERS))
    is_single = rooms.spans.inside.sum(axis=1) == 1
    inside = rooms.spans.inside.astype(np.int32)
    windows, singles = ((is_open & kept).astype(np.int32) @ inside > 0 for kept in (~is_single, is_single))
    return windows, singles


def _smalls(rooms: BlockRooms, x: Ints, n: Ints, nodes: tuple[str, ...], limit: int) -> Truths:
    """Counts that could tell something small: shape (levels, nodes, spans)."""
    count, size = rooms.spans.summed(x), rooms.spans.summed(n)
    is_small = _is_small(rooms, count, np.broadcast_to(size, count.shape), limit)
    is_small[:, [at for at, code in enumerate(nodes) if code == NOBODYS]] = False
    return is_small


def _side(rooms: BlockRooms, side: str, limit: int) -> pd.DataFrame:
    world = rooms.world
    nodes = world.providers if side == "provider" else world.districts
    x, n = (world.x.provider, world.n.provider) if side == "provider" else (world.x.district, world.n.district)
    return _looked_at(rooms, side, side, nodes, x, n, _smalls(rooms, x, n, nodes, limit))


def _remainders(rooms: BlockRooms, side: str, limit: int) -> list[pd.DataFrame]:
    """What is left of a node when its printed pairs are subtracted, in each window that pairs are printed of."""
    world, found = rooms.world, []
    if world.x.pair is None or world.n.pair is None or any(part.pair is None for part in world.around):
        return []
    for span, listed in rooms.listed_pairs.items():
        if side == "provider":
            within, x, n, nodes = ~listed, world.x.pair, world.n.pair, world.providers
            codes = tuple(f"{code}-{REST}" for code in nodes)
        else:
            within, x, n, nodes = ~listed.T, world.x.pair.swapaxes(1, 2), world.n.pair.swapaxes(0, 1), world.districts
            codes = tuple(f"{REST}-{code}" for code in nodes)
        left = [np.where(within[..., None], part, 0).sum(axis=-2) for part in (x, n)]
        is_small = _smalls(rooms, left[0], left[1], nodes, limit)
        is_small[:, within.all(axis=1)] = False
        is_small[..., np.arange(is_small.shape[2]) != rooms.spans.bounds.index(span)] = False
        if is_small.any():
            kind = f"{UNLISTED} {side}"
            found.append(_looked_at(rooms, side, kind, codes, left[0], left[1], is_small, within))
    return found


def _looked_at(
    rooms: BlockRooms,
    side: str,
    kind: str,
    nodes: tuple[str, ...],
    x: Ints,
    n: Ints,
    is_small: Truths,
    within: Truths | None = None,
) -> pd.DataFrame:
    """The small counts of one side's nodes, or of some of their pairs, with what is proved of them."""
    count = rooms.spans.summed(x)

    def reached(found: Mapping[int, Proved]) -> tuple[Reach, Reach]:
        public = _reach(rooms, {change: (way.single, way.total) for change, way in found.items()}, count)
        insider = _reach(rooms, {change: (way.single_hidden, way.total_hidden) for change, way in found.items()}, count)
        return public, insider

    level_of = np.array([channel.gained for channel in rooms.channels])
    explored = _explored(rooms, side, level_of, lambda found: _open(rooms, is_small, *reached(found)), within=within)
    public, insider = reached(explored.found)
    hidden = insider.values
    for level, node, span in np.argwhere(is_small & (hidden < ENOUGH_INSIDERS)):
        ways = [(int(channel), int(node)) for channel in np.flatnonzero(level_of == level)]
        if survives(_options(rooms, explored, ways, int(span))):
            hidden[level, node, span] = ENOUGH_INSIDERS
    return _frame(rooms, kind, nodes, x, n, public, hidden, is_small)


def _options(
    rooms: BlockRooms,
    explored: Explored,
    ways: Sequence[tuple[int, int]],
    span: int,
    able: Mapping[int, Truths] | None = None,
) -> Truths:
    """Everybody whose people may change when a count does, in any direction and any of its cohorts, all together.

    An insider is left with two values when one change is left that touches none of its people, whichever it is.
    """
    inside = np.flatnonzero(rooms.spans.inside[span])
    options = np.zeros(explored.moves[1].gains.shape[1:3], dtype=bool)
    for change, move in explored.moves.items():
        for at, (channel, node) in enumerate(ways):
            for cohort in inside:
                if able is None or able[change][at, cohort]:
                    options |= move.options(channel, node, int(cohort), is_single=len(inside) == 1)
    return options


def _frame(
    rooms: BlockRooms,
    kind: str,
    nodes: tuple[str, ...],
    x: Ints,
    n: Ints,
    public: Reach,
    insider: Ints,
    is_small: Truths,
) -> pd.DataFrame:
    count, size = rooms.spans.summed(x), rooms.spans.summed(n)
    sizes = np.broadcast_to(size, count.shape)
    level, node, span = np.nonzero(is_small)
    bounds = np.array(rooms.spans.bounds)
    return pd.DataFrame(
        {
            "set": np.array(rooms.world.counted.sets, dtype=object)[level],
            "level": level,
            "unit_kind": kind,
            "unit_code": np.array(nodes, dtype=object)[node],
            "node": node,
            "first": bounds[span, 0],
            "last": bounds[span, 1],
            "count": count[is_small],
            "size": sizes[is_small],
            "values": public.values[is_small],
            "least": public.least[is_small],
            "most": public.most[is_small],
            "values_insider": insider[is_small],
        }
    )


def _programs(rooms: BlockRooms, place: int, limit: int) -> pd.DataFrame:
    """Programs: their provider gains through them, or a sister program of the same provider makes up for the gain."""
    world, kind = rooms.world, rooms.world.classifications[place]
    count, is_small = rooms.spans.summed(kind.x), _smalls(rooms, kind.x, kind.n, kind.codes, limit)
    able, swapped = _own_room(rooms, place)
    channels = np.array([channel.gained for channel in rooms.channels])

    def reached(found: Mapping[int, Proved]) -> tuple[Reach, Reach]:
        """A program gains in the same channel as its provider, or no one does outside it."""

        def through(change: int, part: Truths) -> Truths:
            return _of_levels(rooms, swapped[change] | (able[change] & part[:, kind.provider]))

        public = {change: (through(change, way.single), through(change, way.total)) for change, way in found.items()}
        hidden = {
            change: (through(change, way.single_hidden), through(change, way.total_hidden))
            for change, way in found.items()
        }
        return _reach(rooms, public, count), _reach(rooms, hidden, count)

    def asks(found: Mapping[int, Proved]) -> tuple[Truths, Truths]:
        parts = []
        for part in _open(rooms, is_small, *reached(found)):
            of_providers = np.zeros((rooms.levels, len(world.providers), part.shape[2]), dtype=bool)
            np.logical_or.at(of_providers, (slice(None), kind.provider), part)  # type: ignore[arg-type]
            parts.append(of_providers[channels])
        return parts[0], parts[1]

    explored = _explored(rooms, "provider", np.arange(len(channels)), asks, without=place)
    public, insider = reached(explored.found)
    hidden = insider.values
    for level, node, span in np.argwhere(is_small & (hidden < ENOUGH_INSIDERS)):
        own = np.flatnonzero(channels == level)
        ways = [(int(channel), int(kind.provider[node])) for channel in own]
        if survives(
            _options(rooms, explored, ways, int(span), {change: room[own, node] for change, room in able.items()})
        ):
            hidden[level, node, span] = ENOUGH_INSIDERS
    return _frame(rooms, kind.name, kind.codes, kind.x, kind.n, public, hidden, is_small)


def _own_room(rooms: BlockRooms, place: int) -> tuple[dict[int, Truths], dict[int, Truths]]:
    """For each change, which classes have room for it by themselves, and which with a sister that makes up for it.

    Shape (channels, classes, cohorts).
    """
    kind, own = rooms.world.classifications[place], rooms.classes[place]
    gain, lose = rooms.people(kind.x, kind.n, kind.around[0] if kind.around else None)
    able, swapped = {}, {}
    for step in STEPS:
        gains, loses = (gain >= step) & own.gain(step), (lose >= step) & own.lose(step)
        for sign, mine, theirs in ((1, gains, loses), (-1, loses, gains)):
            sisters = np.zeros((mine.shape[0], len(rooms.world.providers), mine.shape[2]), dtype=np.int32)
            np.add.at(sisters, (slice(None), kind.provider), theirs.astype(np.int32))  # type: ignore[arg-type]
            able[sign * step], swapped[sign * step] = mine, mine & (sisters[:, kind.provider] - theirs > 0)
    return able, swapped


def _of_levels(rooms: BlockRooms, truths: Truths) -> Truths:
    """A level can gain when it can in one of its channels."""
    found = np.zeros((rooms.levels, *truths.shape[1:]), dtype=bool)
    for at, channel in enumerate(rooms.channels):
        found[channel.gained] |= truths[at]
    return found
