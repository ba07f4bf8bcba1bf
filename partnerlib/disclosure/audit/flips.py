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

from collections.abc import Sequence
from dataclasses import dataclass

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


def proved(boards: Sequence[Board], step: int, level_of: Ints, needed: Truths) -> Proved:
    """Which nodes can gain `step`. The last node of either side stands for the people who are no insider's.

    boards
        what changes of one person, of two, ... run into
    level_of
        the level each channel gains
    needed
        levels, nodes and cohorts that are asked about; the dearer proofs are tried for these only
    """
    board, one = boards[step - 1], boards[0]
    gains = board.can_gain & (board.own.gain(step) & board.class_gain)[:, :, None]
    loses = board.can_lose & (board.own.lose(step) & board.class_lose)[:, :, None]
    weight = np.ones(gains.shape[2], dtype=np.int32)
    weight[-1] = 2
    elsewhere = board.other.gain(step) & board.other_class_gain
    alone = gains & elsewhere[:, None] & board.state.gain(step)[:, :, None]
    hosts = np.einsum("koij,i->koj", alone.astype(np.int32), weight)
    if step > 1:
        # Two people of two different pairs do as well as two of one.
        parted = one.can_gain & (board.own.gain(step) & board.class_gain)[:, :, None]
        parted &= (one.other.gain(1) & one.other_class_gain)[:, None] & board.state.gain(step)[:, :, None]
        pairs = parted.sum(axis=2, dtype=np.int32)
        hosts = np.maximum(hosts, np.where(pairs >= step, np.maximum(pairs - step + 1, 0), 0))
    losers = loses.sum(axis=1, dtype=np.int32)
    in_turn = gains & (losers[:, None] - loses > 0)
    total = _by_level(level_of, (hosts > 0) | in_turn.any(axis=2), needed)
    total_hidden = _by_level(level_of, hosts > 1, needed)
    in_time = np.einsum("koij,i->koj", _in_time(board, step).astype(np.int32), weight)
    single = total | _by_level(level_of, in_time > 0, needed)
    single_hidden = total_hidden | _by_level(level_of, in_time > 1, needed)
    for level, node, cohort in np.argwhere(needed & ~total_hidden):
        for channel in np.flatnonzero(level_of == level):
            partners = loses[channel, :, :, cohort] & gains[channel, node, :, cohort][None]
            partners[node] = False
            if step > 1 and not total[level, node, cohort]:
                total[level, node, cohort] |= _two_of(_partners_of_two(boards, channel, node, cohort))
            if _survives(partners):
                total_hidden[level, node, cohort] = True
                break
    single, single_hidden = single | total, single_hidden | total_hidden
    own = board.own.shift(step)
    for level, node, cohort in np.argwhere(needed & ~single_hidden):
        for channel in np.flatnonzero(level_of == level):
            options = _crosswise(board, own, channel, node, cohort)
            single[level, node, cohort] |= options.any()
            if _survives(options):
                single_hidden[level, node, cohort] = True
                break
    return Proved(single, single_hidden, total, total_hidden)


def _by_level(level_of: Ints, truths: Truths, needed: Truths) -> Truths:
    """A level can gain when it can in one of its channels."""
    found = np.zeros(needed.shape, dtype=bool)
    for channel, level in enumerate(level_of):
        found[level] |= truths[channel]
    return found


def _partners_of_two(boards: Sequence[Board], channel: np.signedinteger, node: int, cohort: int) -> Truths:
    """Who may lose one each, so that the node gains two: other own nodes by other nodes."""
    one, two = boards[0], boards[1]
    if not (two.own.gain(2)[channel, node, cohort] and two.class_gain[channel, node, cohort]):
        return np.zeros(one.can_gain.shape[1:3], dtype=bool)
    losing = (one.own.lose(1) & one.class_lose)[channel, :, cohort]
    partners = one.can_lose[channel, :, :, cohort] & losing[:, None] & one.can_gain[channel, node, :, cohort][None]
    partners[node] = False
    return partners


def _two_of(options: Truths) -> bool:
    """Whether two options share neither row nor column."""
    count = options.sum(dtype=np.int64)
    return bool(count > 0 and (count > options.sum(axis=1)).all() and (count > options.sum(axis=0)).all())


def _survives(options: Truths) -> bool:
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


def _in_time(board: Board, step: int) -> Truths:
    """One of a pair gains in a cohort, one of the same pair loses in another: windows of both are unmoved."""
    moved = np.zeros_like(board.can_gain)
    own, other, state = (rooms.shift(step) for rooms in (board.own, board.other, board.state))
    cohorts = board.can_gain.shape[-1]
    for gained in range(cohorts):
        for lost in range(cohorts):
            if gained == lost:
                continue
            people = board.can_gain[..., gained] & board.can_lose[..., lost]
            classes = (board.class_gain[..., gained] & board.class_lose[..., lost])[:, :, None]
            classes = classes & (board.other_class_gain[..., gained] & board.other_class_lose[..., lost])[:, None]
            rows = own[:, :, None, gained, lost] & other[:, None, :, gained, lost] & state[:, :, None, gained, lost]
            moved[..., gained] |= people & classes & rows
    return moved


def _crosswise(board: Board, own: Truths, channel: np.signedinteger, node: int, gained: int) -> Truths:
    """Four people: two own nodes, two cohorts, one other node; who and where could be the second two."""
    options = np.zeros(board.can_gain.shape[1:3], dtype=bool)
    for lost in range(board.can_gain.shape[-1]):
        if lost == gained or not own[channel, node, gained, lost]:
            continue
        if not (board.class_gain[channel, node, gained] and board.class_lose[channel, node, lost]):
            continue
        mine = board.can_gain[channel, node, :, gained] & board.can_lose[channel, node, :, lost]
        able = own[channel, :, lost, gained] & board.class_gain[channel, :, lost] & board.class_lose[channel, :, gained]
        theirs = board.can_gain[channel, :, :, lost] & board.can_lose[channel, :, :, gained] & able[:, None]
        options |= theirs & mine[None]
    options[node] = False
    return options
