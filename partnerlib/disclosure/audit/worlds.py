"""A reference world: counts at the finest crossing, which everything printed agrees with, to start every proof from.

The world is the truth when the internal aggregates are at hand. A proof changes one person in it and checks that
nothing printed changes: whoever reads the release cannot tell the two worlds apart.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

NO_LIMIT = np.int64(2**40)
"""Stands for "as many as you like" among whole numbers."""

NOBODYS = ""
"""Code of the people without a provider, or without a district."""


@dataclass(frozen=True)
class Counted:
    """One set of people, or the levels that part it, and the set it is counted among."""

    sets: tuple[str, ...]
    """Names of the counted sets: one, or the levels that exhaust `among`."""
    among: str
    """The set they are counted among; empty when nothing is known of it."""
    measure: str
    """The measure of the internal aggregates that holds the counts."""
    levels: tuple[str, ...] = ("",)
    """Its levels, as the aggregates name them; one empty name for a measure without levels."""
    role: str = "numerator"
    """Column of the aggregates that holds the counted set: numerator, or denominator for a set of sizes."""
    among_source: tuple[str, str] = ("", "")
    """Measure, and level of it, whose denominator is `among`, when it is not the measure's own."""
    around: tuple[str, ...] = ()
    """Ever larger sets that hold everybody of `among`, the next larger first."""
    around_sources: tuple[tuple[str, str], ...] = ()
    kinds: tuple[str, ...] = ("provider", "district", "program", "partnership", "state")
    """Kinds of unit whose counts add up to the state's."""
    closed: tuple[bool, bool] = (False, False)
    """Whether everybody counted is known to have a provider, and a district: that units add up is published."""
    sizes_closed: tuple[tuple[bool, bool], ...] = ((False, False),)
    """The same of `among` and of the larger sets around it."""
    has_programs: bool = True
    """Whether everybody of a provider is known to be in one of its programs; else some may be in none."""
    is_answering: bool = False
    """Whether the set holds those of a sample who could be asked: that somebody was not says nothing of them."""


@dataclass(frozen=True)
class Classification:
    """People of providers sorted by something else: their program, or a subgroup. Its sums say nothing of districts."""

    name: str
    codes: tuple[str, ...]
    """One for each class: a program's code, or `provider|value`."""
    provider: Ints
    """Position of each class's provider."""
    value: Ints
    """Position of each class's value among `values`: the state prints sums over providers for these."""
    values: tuple[str, ...]
    n: Ints
    """Shape (classes, cohorts)."""
    x: Ints
    """Shape (levels, classes, cohorts)."""
    around: tuple[Ints, ...]
    """Counts of the larger sets, the next larger first; shape (classes, cohorts) each."""


@dataclass(frozen=True)
class Counts:
    """Counts of one or several sets: shapes (..., providers, cohorts), (..., districts, cohorts), (..., cohorts)."""

    provider: Ints
    district: Ints
    state: Ints
    pair: Ints | None
    """Shape (..., providers, districts, cohorts); None where the crossing is in no aggregate."""

    def level(self, at: int) -> Counts:
        """The counts of one of several levels; a view of them."""
        pair = None if self.pair is None else self.pair[at]
        return Counts(self.provider[at], self.district[at], self.state[at], pair)

    def of(self, cohorts: NDArray[np.bool_]) -> Counts:
        """The counts of some cohorts."""
        pair = None if self.pair is None else self.pair[..., cohorts]
        return Counts(self.provider[..., cohorts], self.district[..., cohorts], self.state[..., cohorts], pair)


@dataclass(frozen=True)
class World:
    """Counts of one block of sets: by provider, district and cohort, and by class within a provider."""

    counted: Counted
    providers: tuple[str, ...]
    """The last one is `NOBODYS`."""
    districts: tuple[str, ...]
    """The last one is `NOBODYS`."""
    cohorts: Ints
    n: Counts
    """People of `among`."""
    x: Counts
    """People counted, level by level."""
    around: tuple[Counts, ...]
    """Counts of the larger sets, the next larger first."""
    classifications: tuple[Classification, ...]
    seen: NDArray[np.bool_]
    """Shape (sets, cohorts): when the counted sets, what they are counted among and the larger sets are known. Until
    then a set holds everybody of the next larger one."""


def of_cohorts(world: World, kept: NDArray[np.bool_]) -> World:
    """The world of some cohorts alone."""
    kinds = tuple(
        replace(
            kind, n=kind.n[..., kept], x=kind.x[..., kept], around=tuple(larger[..., kept] for larger in kind.around)
        )
        for kind in world.classifications
    )
    return replace(
        world, cohorts=world.cohorts[kept], n=world.n.of(kept), x=world.x.of(kept),
        around=tuple(part.of(kept) for part in world.around), classifications=kinds, seen=world.seen[:, kept],
    )  # fmt: skip


REST = "~"
"""Code of the programs of a provider nothing is printed about, put together; with its people in no program, if any."""


def merged(world: World, printed: Collection[str]) -> World:
    """The world with the unprinted programs of each provider put together: nobody can tell them apart."""
    return replace(world, classifications=tuple(_merged_classes(kind, printed) for kind in world.classifications))


def summed_to(values: Ints, axis: int, place: Ints, count: int) -> Ints:
    """Sums over the entries of an axis that go to the same place."""
    moved = np.moveaxis(values, axis, 0)
    sums = np.zeros((count, *moved.shape[1:]), dtype=np.int64)
    np.add.at(sums, place, moved)
    return np.moveaxis(sums, 0, axis)


def _merged_classes(kind: Classification, printed: Collection[str]) -> Classification:
    if kind.name != "program":
        return kind
    names = [code if code in printed else f"{code.partition(':')[0]}:{REST}" for code in kind.codes]
    listed = {code.partition(":")[0] for code in printed}
    # With no program of a provider printed, its programs together are the provider, which is looked at anyway.
    of_printed = np.array([code.partition(":")[0] in listed for code in kind.codes], dtype=bool)
    if not of_printed.any():
        return replace(kind, codes=(), provider=kind.provider[:0], value=kind.value[:0], n=kind.n[:0],
                       x=kind.x[:, :0], around=tuple(larger[:0] for larger in kind.around))  # fmt: skip
    names = [name for name, own in zip(names, of_printed, strict=True) if own]
    kind = replace(
        kind, provider=kind.provider[of_printed], value=kind.value[of_printed], n=kind.n[of_printed],
        x=kind.x[:, of_printed], around=tuple(larger[of_printed] for larger in kind.around),
    )  # fmt: skip
    codes, place = np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)
    first = np.zeros(len(codes), dtype=np.int64)
    first[place[::-1]] = np.arange(len(names))[::-1]
    n, x = summed_to(kind.n, -2, place, len(codes)), summed_to(kind.x, -2, place, len(codes))
    around = tuple(summed_to(larger, -2, place, len(codes)) for larger in kind.around)
    return replace(
        kind, codes=tuple(codes), provider=kind.provider[first], value=kind.value[first], n=n, x=x, around=around
    )
