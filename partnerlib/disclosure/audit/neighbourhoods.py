"""A part of a block as a system: the counts of some providers and districts are unknown, the rest is as it is.

Whatever is found in it is a complete table all the same: everybody outside stays where the reference world has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from partnerlib.disclosure.audit.bounded_sums import BoundedSums
from partnerlib.disclosure.audit.layout import CLASS, DISTRICT, PAIR, PROVIDER, Layout, Place, Printed
from partnerlib.disclosure.audit.statements import PARTS, bounds_of
from partnerlib.disclosure.audit.system import Floats, Integers, System
from partnerlib.disclosure.audit.worlds import Classification, Ints


class Neighbourhood:
    """The system of some providers and districts of a block.

    holds_sizes
        the size of everything of which a share is printed stays as it is: every row is then a plain sum of counts, and
        a linear program's answers are nearly always whole
    """

    def __init__(self, layout: Layout, providers: Sequence[int], districts: Sequence[int], holds_sizes: bool) -> None:
        self.layout, self.holds_sizes = layout, holds_sizes
        self.providers, self.districts = np.array(providers, dtype=np.int64), np.array(districts, dtype=np.int64)
        self._at = {"provider": _places(providers), "district": _places(districts)}
        self._reference: list[Ints] = []
        self._fields: list[Ints] = []
        self._upper: list[Floats] = []
        self._statements = BoundedSums()
        self._free: dict[int, Ints] = {}
        """Numbers of the unknowns of pairs, providers, districts: shape (parts, nodes ..., cohorts)."""
        self._of_class: list[tuple[Classification, Ints, Ints]] = []
        """The same of classes, with which classes they are."""
        if layout.has_pairs:
            self._pairs()
        else:
            self._sides()
        self._classes()
        self.reference: Integers = np.concatenate(self._reference)
        self.fields: Ints = np.concatenate(self._fields)
        """Part, what it counts, provider, district, class and cohort of each unknown; -1 where one does not apply."""
        self._found: dict[Place, Ints] = {}
        for kind, own, free in self._of_class:
            self._add_up(kind, own, free)
        self._rows()
        self.system: System = self._statements.built(np.concatenate(self._upper))
        # Neighbourhoods are kept for further questions: what only the building needed goes.
        del self._statements, self._reference, self._fields, self._upper

    def unknowns_of(self, place: Place) -> Ints:
        """The unknowns that add up to a count, as far as they are free."""
        found = self._found.get(place)
        if found is None:
            found = self._found[place] = self._unknowns_of(place)
        return found

    def _unknowns_of(self, place: Place) -> Ints:
        if not place.cohorts:
            return np.empty(0, dtype=np.int64)
        years = slice(place.cohorts[0], place.cohorts[-1] + 1)
        has_pairs, part, node = self.layout.has_pairs, place.part, place.node
        match place.kind:
            case "state":
                return self._free[PAIR if has_pairs else PROVIDER][part, ..., years].ravel()
            case "provider" | "district":
                at = self._at[place.kind].get(node, slice(0, 0))
                if has_pairs:
                    free = self._free[PAIR][part]
                    return (free[at] if place.kind == "provider" else free[:, at])[..., years].ravel()
                return self._free[PROVIDER if place.kind == "provider" else DISTRICT][part, at][..., years].ravel()
            case "partnership":
                p, d = divmod(node, len(self.layout.world.districts))
                if not has_pairs or p not in self._at["provider"] or d not in self._at["district"]:
                    return np.empty(0, dtype=np.int64)
                return self._free[PAIR][part, self._at["provider"][p], self._at["district"][d], years]
            case "unlisted provider" | "unlisted district":
                free, side = self._free[PAIR][part], place.kind.removeprefix("unlisted ")
                at = self._at[side].get(node, slice(0, 0))
                kept = self.layout.unlisted(place)
                if side == "provider":
                    return free[at][..., kept[self.districts], years].ravel()
                return free[:, at][kept[self.providers]][..., years].ravel()
            case kind:
                for classification, own, free in self._of_class:
                    if classification.name == kind.removeprefix("group ") and part < len(free):
                        is_mine = own == node if kind == "program" else classification.value[own] == node
                        return free[part, is_mine, years].ravel()
                return np.empty(0, dtype=np.int64)

    def _cells(self, parts: Sequence[Ints], what: int, owners: tuple[Ints, Ints, Ints]) -> Ints:
        """An unknown for each part: levels of a whole add up to it, and every set lies in the next larger one.

        Parameters
            parts: the reference's counts, one array for each part, shape (nodes ..., cohorts)
            owners: provider, district and class of every node, of a shape that fits the nodes; -1 where none applies
        """
        world, levels = self.layout.world, self.layout.levels
        counts = np.stack(list(parts)).astype(np.int64)
        start = sum(map(len, self._reference))
        free = start + np.arange(counts.size, dtype=np.int64).reshape(counts.shape)
        axes: tuple[Ints, ...] = np.indices(counts.shape, sparse=True)
        part, cohort = axes[0], axes[counts.ndim - 1]
        provider, district, which = [np.asarray(owner)[None, ..., None] for owner in owners]
        fields = np.broadcast_arrays(part, what, provider, district, which, cohort)
        self._fields.append(np.stack([np.broadcast_to(field, counts.shape).ravel() for field in fields], axis=1))
        self._reference.append(counts.ravel())
        closed = np.array([*[world.counted.closed] * levels, *world.counted.sizes_closed])[: len(counts)]
        without = closed[:, 0].reshape(part.shape) & (provider == len(world.providers) - 1)
        without = without | (closed[:, 1].reshape(part.shape) & (district == len(world.districts) - 1))
        known = np.concatenate([np.repeat(world.seen[:1], levels, axis=0), world.seen[1:]])[: len(counts)]
        without = without & known[part, cohort]
        self._upper.append(np.where(np.broadcast_to(without, counts.shape), 0, np.inf).ravel())
        if world.counted.among:
            signs = np.array([1] * levels + [-1])
            cells = free[: levels + 1].reshape(levels + 1, -1).T
            self._statements.alike("whole", cells, signs, 0 if levels > 1 else -np.inf, 0)
        for inner, outer in zip(free[levels:], free[levels + 1 :], strict=False):
            pairs = np.stack([inner.ravel(), outer.ravel()], axis=1)
            self._statements.alike("inside", pairs, np.array([1, -1]), -np.inf, 0)
        return free

    def _pairs(self) -> None:
        chosen = np.ix_(self.providers, self.districts)
        none = np.array(-1)
        parts = [part[chosen] for part in self.layout.of_pairs()]
        self._free[PAIR] = self._cells(parts, PAIR, (self.providers[:, None], self.districts[None], none[None, None]))

    def _sides(self) -> None:
        """Where pairs are not known, each side by itself, with one total."""
        none = np.array([-1])
        ours = [part[self.providers] for part in self.layout.of_providers()]
        theirs = [part[self.districts] for part in self.layout.of_districts()]
        self._free[PROVIDER] = self._cells(ours, PROVIDER, (self.providers, none, none))
        self._free[DISTRICT] = self._cells(theirs, DISTRICT, (none, self.districts, none))
        for part in range(len(ours)):
            for cohort in range(len(self.layout.world.cohorts)):
                balance = int(ours[part][:, cohort].sum() - theirs[part][:, cohort].sum())
                first, second = self._free[PROVIDER][part, :, cohort], self._free[DISTRICT][part, :, cohort]
                self._statements.difference("both sides", first, second, balance)

    def _classes(self) -> None:
        """Classes of the free providers; where they are all of a provider's people, they add up to it."""
        at, none = 0, np.array([-1])
        for kind in self.layout.world.classifications:
            own = np.flatnonzero(np.isin(kind.provider, self.providers))
            # A class may tell of fewer parts than the block has: the larger sets are not counted by subgroup.
            parts = [part[own] for part in self.layout.of_classes(kind)]
            free = self._cells(parts, CLASS, (kind.provider[own], none, at + own))
            self._of_class.append((kind, own, free))
            at += len(kind.codes)

    def _add_up(self, kind: Classification, own: Ints, free: Ints) -> None:
        side = PAIR if self.layout.has_pairs else PROVIDER
        for p in np.unique(kind.provider[own]):
            members = np.flatnonzero(kind.provider[own] == p)
            for part, adds_up in enumerate(self.layout.adding_up(kind)):
                for cohort in np.flatnonzero(adds_up[p]):
                    whole = self._free[side][part, self._at["provider"][int(p)], ..., cohort].ravel()
                    inside = free[part, members, cohort]
                    balance = int(self.reference[whole].sum() - self.reference[inside].sum())
                    self._statements.difference("classes", whole, inside, balance)

    def _near(self) -> Iterator[Printed]:
        """The printed numbers in which somebody who may change is counted."""
        printed, width = self.layout.printed, len(self.layout.world.districts)
        programs = [own.tolist() for kind, own, _ in self._of_class if kind.name == "program"]
        nodes: dict[str, Sequence[int]] = {
            "state": [0],
            "provider": self.providers.tolist(),
            "district": self.districts.tolist(),
            "partnership": [p * width + d for p in self.providers.tolist() for d in self.districts.tolist()],
            "program": programs[0] if programs else [],
        }
        for kind, entries in printed.items():
            for node in nodes.get(kind, entries):
                yield from entries.get(node, ())

    def _rows(self) -> None:
        """Everything printed about them, as bounds on changes of the reference world."""
        rows, held_still = self._statements, set()
        for entry in self._near():
            counted = self.unknowns_of(entry.place)
            if not len(counted):
                continue
            count, free = self.layout.count(entry.place), int(self.reference[counted].sum())
            if not entry.is_share:
                rows.plain(entry.kind, counted, entry.low - count + free, entry.high - count + free)
                continue
            people = self.unknowns_of(entry.whole)
            size, held = self.layout.count(entry.whole), int(self.reference[people].sum())
            if self.holds_sizes:
                ends = bounds_of(entry.low, entry.high, entry.is_open, size)  # type: ignore[arg-type]
                fewest, most = (int(end) - count + free for end in ends)
                rows.plain(entry.kind, counted, fewest, most)
                if entry.whole not in held_still:
                    rows.plain(entry.kind, people, held, held)
                    held_still.add(entry.whole)
                continue
            both = np.concatenate([counted, people])
            for bound, low, high in ((entry.low, 0.0, np.inf), (entry.high, -np.inf, -1.0 if entry.is_open else 0.0)):
                terms = np.repeat(np.array([PARTS, -bound], dtype=np.int64), [len(counted), len(people)])
                shift = PARTS * (count - free) - bound * (size - held)
                rows.mixed(entry.kind, both, terms, low - shift, high - shift)


def _places(nodes: Sequence[int]) -> dict[int, int]:
    return {int(node): at for at, node in enumerate(nodes)}
