"""A block in some cohorts alone, those of the others held where the reference world has them.

Sizes may tie many cohorts to the few that something is said of. Most of their counts are proved safe without moving
anybody in the others, in a block of half the size; only what is left open is asked of the whole.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.channels import spans_of
from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.rooms import BlockRooms
from partnerlib.disclosure.audit.statements import count_bounds
from partnerlib.disclosure.audit.worlds import Ints, of_cohorts


def narrowed(rooms: BlockRooms, asked: Truths) -> BlockRooms:
    """The block of cohorts in a row; what is printed of a window that reaches out of them is said of its part inside.

    A world found in it is a complete table all the same, with the other cohorts as they are. One that is not found may
    still be there.
    """
    if asked.all():
        return rooms
    clipped = [_clipped(rooms, asked, place, rows) for place, rows in enumerate([*rooms.about, *rooms.sizes])]
    parts = [inside for inside, _ in clipped]
    about, sizes = parts[: rooms.levels], parts[rooms.levels :]
    held = pd.concat([of for _, of in clipped[: rooms.levels]]).drop_duplicates()
    if sizes and len(held):
        sizes[0] = pd.concat([sizes[0], held])
    small = of_cohorts(rooms.world, asked)
    found = BlockRooms(small, spans_of(pd.concat([*parts, held]), small.cohorts), about, sizes)
    found.refuse_contradictions()
    return found


def _clipped(rooms: BlockRooms, asked: Truths, place: int, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The statements on a part, in terms of the cohorts asked about; and the sizes that shares reaching out are of.

    Those sizes stay as well, so that the shares are plain counts.
    """
    years = rooms.world.cohorts[asked]
    is_out, is_apart = _reach(years, rows)
    out = rows[is_out & ~is_apart]
    if out.empty:
        return rows[~is_out], out
    outside, size, inside = _counts(rooms, asked, place, out)
    low, high = count_bounds(out, size)
    cut = out.assign(
        first=out["first"].clip(lower=int(years[0])), last=out["last"].clip(upper=int(years[-1])), of="",
        is_open=False, is_reaching=True,
    )  # fmt: skip
    held = cut.assign(low=inside, high=inside, set=rooms.world.counted.among)[(out["of"] != "").to_numpy()]
    return pd.concat([rows[~is_out], cut.assign(low=low - outside, high=high - outside)]), held


def _reach(years: Ints, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Which windows reach out of the cohorts asked about, and which lie outside of them altogether."""
    is_out = (rows["first"] < years[0]) | (rows["last"] > years[-1])
    return is_out, (rows["last"] < years[0]) | (rows["first"] > years[-1])


def _counts(rooms: BlockRooms, asked: Truths, place: int, rows: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """For each window: how many of a part are in its cohorts outside, and the size of all of it and of its inside."""
    world = rooms.world
    outside, whole, inside = (np.zeros(len(rows), dtype=np.int64) for _ in range(3))
    first, last = (rows[name].to_numpy()[:, None] for name in ("first", "last"))
    within = (world.cohorts >= first) & (world.cohorts <= last)
    named = rows["unit_code"].where(rows["unit_kind"] != "state", rows["group_value"]).to_numpy()
    for side in rooms.sides(place):
        mine = ((rows["unit_kind"] == side.kind) & (rows["group"] == side.group)).to_numpy()
        node = pd.Index(side.nodes).get_indexer(named[mine])
        outside[mine] = np.where(within[mine] & ~asked, side.counts[node], 0).sum(axis=1)
        whole[mine] = np.where(within[mine], side.sizes[node], 0).sum(axis=1)
        inside[mine] = np.where(within[mine] & asked, side.sizes[node], 0).sum(axis=1)
    return outside, whole, inside
