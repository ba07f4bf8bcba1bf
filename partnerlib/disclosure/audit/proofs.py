"""What the flips prove of counts: cheap proofs for all of them, dearer ones for those that are still open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.channels import STEPS
from partnerlib.disclosure.audit.flips import Moves, Proved, Truths
from partnerlib.disclosure.audit.rooms import BlockRooms
from partnerlib.disclosure.audit.worlds import NOBODYS, Ints

ENOUGH, ENOUGH_INSIDERS = 3, 2
"""Values for the public and for insiders from which on no dearer proof is tried."""


@dataclass(frozen=True)
class Explored:
    """What is proved for each change (+1, -1, +2, -2), and the ways it was proved by."""

    found: Mapping[int, Proved]
    moves: Mapping[int, Moves]


Asks = Callable[[Mapping[int, Proved]], tuple[Truths, Truths]]
"""What is still to be proved: levels, nodes and cohorts of open windows, and those open as single cohorts."""


def explored_by(
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


def reach(rooms: BlockRooms, reached: Mapping[int, tuple[Truths, Truths]], count: Ints) -> Reach:
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


def still_open(rooms: BlockRooms, is_small: Truths, public: Reach, insider: Reach) -> tuple[Truths, Truths]:
    """Cohorts of nodes with a small count not yet proved safe: in a window, and by themselves."""
    is_open = is_small & ((public.values < ENOUGH) | (insider.values < ENOUGH_INSIDERS))
    is_single = rooms.spans.inside.sum(axis=1) == 1
    inside = rooms.spans.inside.astype(np.int32)
    windows, singles = ((is_open & kept).astype(np.int32) @ inside > 0 for kept in (~is_single, is_single))
    return windows, singles


def small_counts(rooms: BlockRooms, x: Ints, n: Ints, nodes: tuple[str, ...], limit: int) -> Truths:
    """Counts that could tell something small: shape (levels, nodes, spans)."""
    count, size = rooms.spans.summed(x), rooms.spans.summed(n)
    is_small = _is_small(rooms, count, np.broadcast_to(size, count.shape), limit)
    is_small[:, [at for at, code in enumerate(nodes) if code == NOBODYS]] = False
    is_small[..., ~rooms.asks] = False
    return is_small


def everybody_involved(
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


def as_findings(
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
