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
    parts = [_inside(rooms, asked, place, rows) for place, rows in enumerate([*rooms.about, *rooms.sizes])]
    held = _held(rooms, asked)
    about, sizes = parts[: rooms.levels], parts[rooms.levels :]
    if sizes and len(held):
        sizes[0] = pd.concat([sizes[0], held])
    small = of_cohorts(rooms.world, asked)
    found = BlockRooms(small, spans_of(pd.concat([*parts, held]), small.cohorts), about, sizes)
    found.refuse_contradictions()
    return found


def _inside(rooms: BlockRooms, asked: Truths, place: int, rows: pd.DataFrame) -> pd.DataFrame:
    """The statements on a part, in terms of the cohorts asked about."""
    years = rooms.world.cohorts[asked]
    is_out, is_apart = _reach(years, rows)
    out = rows[is_out & ~is_apart]
    outside, size, _ = _counts(rooms, asked, place, out)
    low, high = count_bounds(out, size)
    return pd.concat([rows[~is_out], _clipped(years, out).assign(low=low - outside, high=high - outside)])


def _held(rooms: BlockRooms, asked: Truths) -> pd.DataFrame:
    """Sizes that shares of windows reaching out are of: they stay, so that those shares are plain counts."""
    found, years = [], rooms.world.cohorts[asked]
    for place, rows in enumerate(rooms.about):
        is_out, is_apart = _reach(years, rows)
        shares = rows[is_out & ~is_apart & (rows["of"] != "")]
        _, _, inside = _counts(rooms, asked, place, shares)
        found.append(_clipped(years, shares).assign(low=inside, high=inside, set=rooms.world.counted.among))
    return pd.concat(found).drop_duplicates() if found else pd.DataFrame()


def _reach(years: Ints, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Which windows reach out of the cohorts asked about, and which lie outside of them altogether."""
    is_out = (rows["first"] < years[0]) | (rows["last"] > years[-1])
    return is_out, (rows["last"] < years[0]) | (rows["first"] > years[-1])


def _clipped(years: Ints, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(
        first=rows["first"].clip(lower=int(years[0])), last=rows["last"].clip(upper=int(years[-1])), of="",
        is_open=False, is_reaching=True,
    )  # fmt: skip


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
