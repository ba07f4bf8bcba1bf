"""The worlds nearest to the reference that print the same: of a few providers and districts first, of many then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partnerlib.disclosure.audit.change_program import NO_INSIDER, Attack, ChangeProgram
from partnerlib.disclosure.audit.layout import Layout, Place
from partnerlib.disclosure.audit.neighbourhoods import Neighbourhood
from partnerlib.disclosure.audit.rooms import BlockRooms
from partnerlib.disclosure.audit.solver import Pace
from partnerlib.disclosure.audit.targets import UNLISTED
from partnerlib.disclosure.audit.worlds import Ints

NEIGHBOURS = (3, 6, 12)
"""Other providers, and districts, whose people may change beside the target's own: at first, then, and last."""

KEPT = 16
"""Neighbourhoods kept inside the solver: each takes a few megabytes."""

SMALL = 600
"""Pairs up to which the last neighbourhood is the whole block."""


@dataclass(frozen=True)
class Changed:
    """Another world that prints the same release, by what is different in it from the reference."""

    layout: Layout
    fields: Ints
    """Part, what it counts, provider, district, class and cohort of each count that differs; -1 where none applies."""
    by: Ints
    """By how much each of them differs from the reference world's."""

    def owners(self, side: int) -> Ints:
        """Providers (side 0) or districts (side 1) whose people differ."""
        found = np.unique(self.fields[:, 2 + side])
        return found[found >= 0]

    def change(self, place: Place) -> int:
        """By how much a count differs from the reference world's."""
        return int(self.by[self.layout.counted_in(place, self.fields)].sum())


class Nearest:
    """The worlds nearest to the reference that print the same and in which a count has changed.

    Nearest in people who changed: such a world touches few owners, so that one answer disposes of many insiders.
    """

    def __init__(self, rooms: BlockRooms, seconds: float) -> None:
        self.layout, self.seconds, self.pace = Layout(rooms), seconds, Pace()
        self.world = rooms.world
        self.found: list[Changed] = []
        """Every world found so far: one that was found for a count often serves another."""
        self._programs: dict[tuple[tuple[int, ...], tuple[int, ...], bool], ChangeProgram] = {}
        by_provider, by_district = self.layout.of_providers()[-1], self.layout.of_districts()[-1]
        self._largest = [np.argsort(-counts.sum(axis=1), kind="stable") for counts in (by_provider, by_district)]

    def changed(self, place: Place, change: int, attack: Attack = NO_INSIDER) -> Changed | None:
        """A world in which a count is up by at least `change` (down, if negative) and no insider's people differ."""
        if self.layout.count(place) + change < 0:
            return None
        counts = (len(self.world.providers), len(self.world.districts))
        everybody = (tuple(range(counts[0])), tuple(range(counts[1])))
        is_small = counts[0] * counts[1] <= SMALL
        for width in NEIGHBOURS:
            is_last = width == NEIGHBOURS[-1]
            near = everybody if is_small and is_last else self._around(place, attack, width)
            # With sizes held, every row is a plain sum of counts: quickly answered, and most often yes.
            for holds_sizes in (True, False):
                # A small block is built once, and those who are far away are held still in it.
                program = self._program(*(everybody if is_small else near), holds_sizes)
                table = program.nearest(place, change, attack, near, is_last)
                if table is not None:
                    by = table - program.reference
                    moved = np.flatnonzero(by)
                    found = Changed(self.layout, program.neighbourhood.fields[moved], by[moved])
                    self.found.append(found)
                    return found
        return None

    def changes_found(self, place: Place) -> Ints:
        """By how much a count differs in every world found so far."""
        if not self.found:
            return np.empty(0, dtype=np.int64)
        fields, by = (np.concatenate([getattr(found, name) for found in self.found]) for name in ("fields", "by"))
        world = np.repeat(np.arange(len(self.found)), [len(found.by) for found in self.found])
        counted = self.layout.counted_in(place, fields)
        changes = np.zeros(len(self.found), dtype=np.int64)
        np.add.at(changes, world[counted], by[counted])
        return changes

    def _around(self, place: Place, attack: Attack, width: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """A neighbourhood: the target's own nodes, others that hold its people or are like it, and those of nobody."""
        counts = (len(self.world.providers), len(self.world.districts))
        own, like = self._own(place), self._alike(place)
        chosen = []
        for side, known in ((0, attack.provider), (1, attack.district)):
            others = (*like[side][:width], *self._near(place, side))
            picked = [at for at in dict.fromkeys(others) if at not in own[side] and at != known][: 2 * width]
            chosen.append(tuple(sorted({*own[side], *picked, counts[side] - 1})))
        return chosen[0], chosen[1]

    def _own(self, place: Place) -> tuple[list[int], list[int]]:
        if place.kind == "program":
            kind = next(kind for kind in self.world.classifications if kind.name == "program")
            return [int(kind.provider[place.node])], []
        if place.kind == "partnership":
            provider, district = divmod(place.node, len(self.world.districts))
            return [provider], [district]
        side = place.kind.removeprefix(f"{UNLISTED} ")
        return ([place.node] if side == "provider" else []), ([place.node] if side == "district" else [])

    def _alike(self, place: Place) -> tuple[list[int], list[int]]:
        """Nodes of the target's own kind about which as little is printed: people can be moved between them."""
        found: tuple[list[int], list[int]] = ([], [])
        for side, kind in enumerate(("provider", "district")):
            if place.kind.removeprefix(f"{UNLISTED} ") == kind:
                printed = self.layout.printed[kind]
                order = self._largest[side]
                found[side].extend(int(at) for at in order if not printed.get(int(at)))
        return found

    def _near(self, place: Place, side: int) -> list[int]:
        """The other side's nodes in the order of how many of the target's people they hold; the largest otherwise."""
        own = self._own(place)[1 - side]
        if own and self.layout.has_pairs:
            whole = self.layout.of_pairs()[-1]
            shared = whole[:, own[0]] if side == 0 else whole[own[0]]
            return [int(at) for at in np.argsort(-shared.sum(axis=1), kind="stable")]
        return [int(at) for at in self._largest[side]]

    def _program(self, providers: tuple[int, ...], districts: tuple[int, ...], holds_sizes: bool) -> ChangeProgram:
        key = (providers, districts, holds_sizes)
        if key not in self._programs:
            if len(self._programs) >= KEPT:
                self._programs.clear()
            near = Neighbourhood(self.layout, providers, districts, holds_sizes)
            self._programs[key] = ChangeProgram(near, self.seconds, self.pace)
        return self._programs[key]
