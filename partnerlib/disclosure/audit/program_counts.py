"""Counts of programs: their provider gains through them, or a sister program makes up for the gain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.channels import STEPS
from partnerlib.disclosure.audit.flips import Proved, Truths, survives
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


def programs_of(rooms: BlockRooms, place: int, limit: int) -> pd.DataFrame:
    """Programs: their provider gains through them, or a sister program of the same provider makes up for the gain."""
    world, kind = rooms.world, rooms.world.classifications[place]
    count, is_small = rooms.spans.summed(kind.x), small_counts(rooms, kind.x, kind.n, kind.codes, limit)
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
        return reach(rooms, public, count), reach(rooms, hidden, count)

    def asks(found: Mapping[int, Proved]) -> tuple[Truths, Truths]:
        parts = []
        for part in still_open(rooms, is_small, *reached(found)):
            of_providers = np.zeros((rooms.levels, len(world.providers), part.shape[2]), dtype=bool)
            np.logical_or.at(of_providers, (slice(None), kind.provider), part)  # type: ignore[arg-type]
            parts.append(of_providers[channels])
        return parts[0], parts[1]

    explored = explored_by(rooms, "provider", np.arange(len(channels)), asks, without=place)
    public, insider = reached(explored.found)
    hidden = insider.values
    for level, node, span in np.argwhere(is_small & (hidden < ENOUGH_INSIDERS)):
        own = np.flatnonzero(channels == level)
        ways = [(int(channel), int(kind.provider[node])) for channel in own]
        if survives(
            everybody_involved(
                rooms, explored, ways, int(span), {change: room[own, node] for change, room in able.items()}
            )
        ):
            hidden[level, node, span] = ENOUGH_INSIDERS
    return as_findings(rooms, kind.name, kind.codes, kind.x, kind.n, public, hidden, is_small)


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
