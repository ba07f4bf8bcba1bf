"""Every count of a release against everything printed about its set: what the flips prove, and what stays open.

One block at a time: a set of people, or the levels that part one, with the set it is counted among.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.flips import Proved, Truths, survives
from partnerlib.disclosure.audit.program_counts import programs_of
from partnerlib.disclosure.audit.proofs import (
    ENOUGH_INSIDERS,
    Reach,
    as_findings,
    everybody_involved,
    explored_by,
    reach,
    small_counts,
    still_open,
)
from partnerlib.disclosure.audit.rooms import BlockRooms
from partnerlib.disclosure.audit.worlds import REST, Ints

UNLISTED = "unlisted"
"""Kind of a count, before its side: the pairs of a node that are not printed, together."""


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
    found += [programs_of(rooms, place, small) for place, kind in enumerate(kinds) if kind.name == "program"]
    return pd.concat(found, ignore_index=True)


def _side(rooms: BlockRooms, side: str, limit: int) -> pd.DataFrame:
    world = rooms.world
    nodes = world.providers if side == "provider" else world.districts
    x, n = (world.x.provider, world.n.provider) if side == "provider" else (world.x.district, world.n.district)
    return _looked_at(rooms, side, side, nodes, x, n, small_counts(rooms, x, n, nodes, limit))


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
        is_small = small_counts(rooms, left[0], left[1], nodes, limit)
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
        public = reach(rooms, {change: (way.single, way.total) for change, way in found.items()}, count)
        insider = reach(rooms, {change: (way.single_hidden, way.total_hidden) for change, way in found.items()}, count)
        return public, insider

    level_of = np.array([channel.gained for channel in rooms.channels])
    explored = explored_by(
        rooms, side, level_of, lambda found: still_open(rooms, is_small, *reached(found)), within=within
    )
    public, insider = reached(explored.found)
    hidden = insider.values
    for level, node, span in np.argwhere(is_small & (hidden < ENOUGH_INSIDERS)):
        ways = [(int(channel), int(node)) for channel in np.flatnonzero(level_of == level)]
        if survives(everybody_involved(rooms, explored, ways, int(span))):
            hidden[level, node, span] = ENOUGH_INSIDERS
    return as_findings(rooms, kind, nodes, x, n, public, hidden, is_small)
