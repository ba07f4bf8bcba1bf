"""Proof by a few people: which hidden counts can be another number while every printed one stays what it is.

From a world that agrees with everything printed, let a person gain the property that is counted. If the rows that
person stands in (pair, provider, district, program, state; single cohorts and windows of them) all have room, the
changed world prints the same release. Where a row has no room, another person who loses the property in the same row
makes up for it. Four ways are tried, each a complete table that anybody can check:

    alone       one person of a pair gains
    in turn     one gains, one of another provider loses, in the same district and cohort
    in time     one gains, one of the same pair loses in another cohort
    crosswise   both: four people, two providers, two cohorts, one district

and the same with providers and districts exchanged. An insider knows its own people: the change must be possible
without the people of any other provider and of any other district together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from partnerlib.disclosure.audit.worlds import Ints

Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Rooms:
    """How many people more, and fewer, each printed row of one kind of node may hold: shape (channels, nodes, spans).

    A channel is one way to gain: the property itself, a level at the cost of another, or a person more who has it.
    `up` and `down` count the steps of the channel, 0, 1 or 2, that leave every number printed of the row as it is.
    """

    up: Ints
    down: Ints
    inside: Truths
    """Which cohorts lie in which span: shape (spans, cohorts)."""

    def gain(self, step: int) -> Truths:
        """Whether `step` people may gain in a cohort: shape (channels, nodes, cohorts)."""
        return ~((self.up < step).astype(np.int32) @ self.inside.astype(np.int32)).astype(bool)

    def lose(self, step: int) -> Truths:
        return ~((self.down < step).astype(np.int32) @ self.inside.astype(np.int32)).astype(bool)

    def shift(self, step: int) -> Truths:
        """Whether `step` may gain in one cohort and lose in another: shape (channels, nodes, cohorts, cohorts)."""
        only_first = self.inside[:, :, None] & ~self.inside[:, None, :]
        only_second = ~self.inside[:, :, None] & self.inside[:, None, :]
        blocked = np.tensordot((self.up < step).astype(np.int32), only_first.astype(np.int32), axes=([2], [0]))
        blocked += np.tensordot((self.down < step).astype(np.int32), only_second.astype(np.int32), axes=([2], [0]))
        return blocked == 0


@dataclass(frozen=True)
class Board:
    """Everything a change of `step` people runs into, seen from one side: `own` nodes against `other` nodes.

    Arrays of people have shape (channels, own, other, cohorts).
    """

    own: Rooms
    other: Rooms
    state: Rooms
    can_gain: Truths
    """There are `step` people who could gain, and the pair's printed rows allow it."""
    can_lose: Truths
    class_gain: Truths
    """Shape (channels, own, cohorts): a program of the node has room too; all true on the side without programs."""
    class_lose: Truths
    other_class_gain: Truths
    """The same of the other side: shape (channels, other, cohorts)."""
    other_class_lose: Truths

    def reversed(self) -> Board:
        """The same board for a loss: gains and losses exchanged."""

        def turned(rooms: Rooms) -> Rooms:
            return Rooms(rooms.down, rooms.up, rooms.inside)

        return Board(
            turned(self.own), turned(self.other), turned(self.state),
            self.can_lose, self.can_gain, self.class_lose, self.class_gain,
            self.other_class_lose, self.other_class_gain,
        )  # fmt: skip


@dataclass(frozen=True)
class Proved:
    """For every level, own node and cohort: whether it can gain, and whether it still can under any insider's eyes.

    `total` asks for a gain of the node in all its cohorts together (its windows move), `single` for a gain in that
    cohort, whatever happens in others. Shape (levels, own, cohorts).
    """

    single: Truths
    single_hidden: Truths
    total: Truths
    total_hidden: Truths


class Moves:
    """Every way in which nodes can gain `step`: cheap proofs for all of them, dear ones for those that are asked for.

    boards
        what changes of one person, of two, ... run into
    level_of
        the level each channel gains; levels are numbered from 0 and each has a channel
    within
        the pairs (own nodes by other nodes) whose people are asked about; all of a node's, unless given
    """

    def __init__(self, boards: Sequence[Board], step: int, level_of: Ints, within: Truths | None = None) -> None:
        self.boards, self.step, self.level_of = boards, step, level_of
        self.board = board = boards[step - 1]
        self.within = np.ones(board.can_gain.shape[1:3], dtype=bool) if within is None else within
        self.own_gain = board.own.gain(step) & board.class_gain
        self.gains = board.can_gain & self.own_gain[:, :, None] & self.within[..., None]
        self.loses = board.can_lose & (board.own.lose(step) & board.class_lose)[:, :, None]
        self.state_gain = board.state.gain(step)[:, 0]
        self.elsewhere = board.other.gain(step) & board.other_class_gain & self.state_gain[:, None]

    @cached_property
    def shifts(self) -> tuple[Truths, Truths, Truths]:
        """Gains in one cohort made up for in another, of the own nodes, the other nodes and the state."""
        board = self.board
        own, other, state = (rooms.shift(self.step) for rooms in (board.own, board.other, board.state))
        return own, other, state[:, 0]

    def cheap(self) -> Proved:
        """Alone, and in turn before the public."""
        hosts = _counted_hosts(self.gains & self.elsewhere[:, None])
        if self.step > 1:
            # Two people of two different pairs do as well as two of one.
            one = self.boards[0]
            parted = one.can_gain & self.own_gain[:, :, None] & self.within[..., None]
            parted &= (one.other.gain(1) & one.other_class_gain & self.state_gain[:, None])[:, None]
            pairs = parted.sum(axis=2, dtype=np.int32)
            hosts = np.maximum(hosts, np.where(pairs >= self.step, np.maximum(pairs - self.step + 1, 0), 0))
        losers = self.loses.sum(axis=1, dtype=np.int32)
        in_turn = self.gains & (losers[:, None] - self.loses > 0)
        total = self._by_level((hosts > 0) | in_turn.any(axis=2))
        total_hidden = self._by_level(hosts > 1)
        return Proved(total.copy(), total_hidden.copy(), total, total_hidden)

    def in_turn(self, found: Proved, wanted: Truths) -> Proved:
        """Somebody of another own node makes up for the gain, wherever any insider does not look."""
        total, hidden = found.total.copy(), found.total_hidden.copy()
        for channel, cohort, nodes in self._asked(wanted & ~(total & hidden)):
            level = self.level_of[channel]
            mine = self.gains[channel, nodes, :, cohort]
            hidden[level, nodes, cohort] |= _surely_survives(mine, self.loses[channel, :, :, cohort], nodes)
            if self.step > 1:
                total[level, nodes, cohort] |= self._by_two_others(int(channel), int(cohort), nodes)
        return Proved(found.single | total, found.single_hidden | hidden, total, hidden)

    def in_time(self, found: Proved, wanted: Truths) -> Proved:
        """One of a pair gains in a cohort, one of the same pair loses in another: windows of both are unmoved."""
        single, hidden = found.single.copy(), found.single_hidden.copy()
        for channel, cohort, nodes in self._asked(wanted & ~(single & hidden)):
            level = self.level_of[channel]
            hosts = _counted_hosts(self._moved_in_time(int(channel), nodes, int(cohort))[..., None])[:, 0]
            single[level, nodes, cohort] |= hosts > 0
            hidden[level, nodes, cohort] |= hosts > 1
        return Proved(single, hidden, found.total, found.total_hidden)

    def crosswise(self, found: Proved, wanted: Truths) -> Proved:
        """Four people: two own nodes, two cohorts, one other node."""
        single, hidden = found.single.copy(), found.single_hidden.copy()
        for channel, cohort, nodes in self._asked(wanted & ~(single & hidden)):
            level = self.level_of[channel]
            for mine, theirs in self._crosswise(int(channel), nodes, int(cohort)):
                partners = theirs.sum(axis=0, dtype=np.int32) - theirs[nodes]
                single[level, nodes, cohort] |= (mine & (partners > 0)).any(axis=1)
                hidden[level, nodes, cohort] |= _surely_survives(mine, theirs, nodes)
        return Proved(single, hidden, found.total, found.total_hidden)

    def options(self, channel: int, node: int, cohort: int, is_single: bool) -> Truths:
        """Whose people may change so that a node gains: own nodes by other nodes, beside the node's own people.

        What takes nobody of another own node stands in the last row, which is no insider's.
        """
        mine = self.gains[channel, node, :, cohort]
        options = self.loses[channel, :, :, cohort] & mine
        nodes = np.array([node])
        if is_single:
            for ours, theirs in self._crosswise(channel, nodes, cohort):
                options |= theirs & ours
        options[node] = False
        options[-1] |= mine & self.elsewhere[channel, :, cohort]
        if is_single:
            options[-1] |= self._moved_in_time(channel, nodes, cohort)[0]
        return options

    def _asked(self, wanted: Truths) -> Iterator[tuple[int, int, Ints]]:
        """Channels and cohorts with the nodes that are asked about."""
        for channel, level in enumerate(self.level_of):
            for cohort in np.flatnonzero(wanted[level].any(axis=0)):
                yield channel, int(cohort), np.flatnonzero(wanted[level, :, cohort])

    def _by_level(self, truths: Truths) -> Truths:
        """A level can gain when it can in one of its channels."""
        found = np.zeros((int(self.level_of.max()) + 1, *truths.shape[1:]), dtype=bool)
        for channel, level in enumerate(self.level_of):
            found[level] |= truths[channel]
        return found

    def _by_two_others(self, channel: int, cohort: int, nodes: Ints) -> Truths:
        """Whether two of different own and other nodes may lose one each, so that a node gains two."""
        one = self.boards[0]
        losing = (one.own.lose(1) & one.class_lose)[channel, :, cohort]
        theirs = one.can_lose[channel, :, :, cohort] & losing[:, None]
        mine = one.can_gain[channel, nodes, :, cohort] & self.own_gain[channel, nodes, cohort][:, None]
        mine &= self.within[nodes]
        count, rows, columns = _sums(mine, theirs, nodes)
        return (count > rows.max(axis=1)) & (count > columns.max(axis=1))

    def _moved_in_time(self, channel: int, nodes: Ints, gained: int) -> Truths:
        """Where one of a pair may gain in a cohort and one of it lose in another: shape (nodes, other)."""
        board, (own, other, state) = self.board, self.shifts
        moved = np.zeros((len(nodes), board.can_gain.shape[2]), dtype=bool)
        for lost in np.flatnonzero(state[channel, gained]):
            if lost == gained:
                continue
            mine = own[channel, nodes, gained, lost]
            mine = mine & board.class_gain[channel, nodes, gained] & board.class_lose[channel, nodes, lost]
            if not mine.any():
                continue
            theirs = other[channel, :, gained, lost]
            theirs = theirs & board.other_class_gain[channel, :, gained] & board.other_class_lose[channel, :, lost]
            people = board.can_gain[channel, nodes, :, gained] & board.can_lose[channel, nodes, :, lost]
            moved |= people & mine[:, None] & theirs
        return moved & self.within[nodes]

    def _crosswise(self, channel: int, nodes: Ints, gained: int) -> Iterator[tuple[Truths, Truths]]:
        """For every other cohort: where the nodes can gain and lose, and which own nodes can do the contrary."""
        board, own = self.board, self.shifts[0]
        for lost in range(board.can_gain.shape[-1]):
            able = own[channel, nodes, gained, lost]
            able = able & board.class_gain[channel, nodes, gained] & board.class_lose[channel, nodes, lost]
            if lost == gained or not able.any():
                continue
            mine = board.can_gain[channel, nodes, :, gained] & board.can_lose[channel, nodes, :, lost] & able[:, None]
            mine &= self.within[nodes]
            contrary = own[channel, :, lost, gained]
            contrary = contrary & board.class_gain[channel, :, lost] & board.class_lose[channel, :, gained]
            theirs = board.can_gain[channel, :, :, lost] & board.can_lose[channel, :, :, gained]
            yield mine, theirs & contrary[:, None]


def _counted_hosts(alone: Truths) -> Ints:
    """Other nodes whose people a gain may be; the last one's count twice, as no insider knows them."""
    return alone.sum(axis=-2, dtype=np.int64) + alone[..., -1, :]


def _sums(mine: Truths, theirs: Truths, nodes: Ints) -> tuple[NDArray[np.float32], ...]:
    """Options of each node (`mine` where a row of `theirs` but its own agrees): how many, by row and by column."""
    ours, others = mine.astype(np.float32), theirs.astype(np.float32)
    rows = ours @ others.T
    rows[np.arange(len(nodes)), nodes] = 0
    columns = ours * (others.sum(axis=0) - others[nodes])
    return rows.sum(axis=1), rows, columns


def _surely_survives(mine: Truths, theirs: Truths, nodes: Ints) -> Truths:
    """Nodes with more options than any one row and any one column hold together; others may survive all the same."""
    count, rows, columns = _sums(mine, theirs, nodes)
    return count > rows[:, :-1].max(axis=1, initial=0) + columns[:, :-1].max(axis=1, initial=0)


def survives(options: Truths) -> bool:
    """Whether options (own nodes x other nodes) are left when any one row and any one column are taken away.

    The last row and the last column are nobody's: no insider takes them away.
    """
    count = options.sum(dtype=np.int64)
    if count == 0:
        return False
    rows, columns = options.sum(axis=1)[:-1], options.sum(axis=0)[:-1]
    left = count - rows[:, None] - columns[None] + options[:-1, :-1]
    alone = min(count, *(count - rows), *(count - columns))
    return bool(alone > 0 and (left > 0).all())
