"""The certificate of an audit: for every count its range as far as proved, and two complete tables for any of them.

Both tables reproduce everything that is printed: whoever doubts a row can have them made and check every number.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.blocks import years_of
from partnerlib.disclosure.audit.layout import CLASS, DISTRICT, PAIR, PROVIDER, Place
from partnerlib.disclosure.audit.nearest_worlds import Changed, Nearest
from partnerlib.disclosure.audit.rooms import BlockRooms, rooms_of
from partnerlib.disclosure.audit.statements import Statements
from partnerlib.disclosure.audit.true_counts import world
from partnerlib.disclosure.audit.worlds import NOBODYS, Counted, Counts, Ints, World

COLUMNS = (
    "set", "kind", "unit_kind", "unit_code", "by", "of", "first", "last", "least", "most", "values", "values_insider",
)  # fmt: skip
"""What the certificate says of a count: that it may be as low as `least` and as high as `most` for all that is printed,
and how many values at least are possible for the public and for the worst insider."""


@dataclass(frozen=True)
class Witnesses:
    """Two complete tables of a set of people that print the same release, and the count in which they differ."""

    low: pd.DataFrame
    high: pd.DataFrame
    """Columns provider, district, cohort, part (a set, or a size), people."""
    at_low: int
    at_high: int


def certificate(findings: pd.DataFrame) -> bytes:
    """The certificate as Parquet, the same bytes for the same findings. Internal: it surrounds true counts."""
    rows = findings[list(COLUMNS)].sort_values(list(COLUMNS[:8]), kind="stable").reset_index(drop=True)
    stream = io.BytesIO()
    rows.to_parquet(stream, index=False)
    return stream.getvalue()


def witnesses(
    counted: Counted, parts: Mapping[str, pd.DataFrame], said: Statements, place: Place, cohorts: list[int],
    seconds: float = 30.0,
) -> Witnesses:  # fmt: skip
    """Two complete tables between which nothing printed decides.

    Errors
        ReleaseRefused when a table made does not reproduce every printed number: then the proof is none
    """
    rooms = rooms_of(world(counted, parts, cohorts, years_of(counted, parts, said)), said)
    nearest = Nearest(rooms, seconds)
    up, down = nearest.changed(place, 1), nearest.changed(place, -1)
    tables = [_changed(rooms.world, change) for change in (down, up)]
    for table in tables:
        replaced(rooms, table).refuse_contradictions()
    own = [0 if change is None else change.change(place) for change in (down, up)]
    return Witnesses(_complete(tables[0]), _complete(tables[1]), own[0], own[1])


def replaced(rooms: BlockRooms, other: World) -> BlockRooms:
    """The same printed rows around another world."""
    return BlockRooms(other, rooms.spans, rooms.about, rooms.sizes)


def _changed(reference: World, change: Changed | None) -> World:
    """The reference world with the people of a change where it has them."""
    if change is None:
        return reference
    levels = len(reference.counted.sets)
    counts = [reference.x, reference.n, *reference.around]
    changed = [_copied(part) for part in counts]
    classes = [
        (kind.x.copy(), kind.n.copy(), [larger.copy() for larger in kind.around]) for kind in reference.classifications
    ]
    starts = np.cumsum([0, *(len(kind.codes) for kind in reference.classifications)])
    for (part, what, provider, district, which, cohort), people in zip(change.fields, change.by, strict=True):
        own, at = (changed[0], (part,)) if part < levels else (changed[part - levels + 1], ())
        if what == PAIR and own.pair is not None:
            own.pair[(*at, provider, district, cohort)] += people
        if what in (PAIR, PROVIDER):
            own.provider[(*at, provider, cohort)] += people
            own.state[(*at, cohort)] += people
        if what in (PAIR, DISTRICT):
            own.district[(*at, district, cohort)] += people
        if what == CLASS:
            kind = int(np.searchsorted(starts, which, side="right")) - 1
            x, n, larger = classes[kind]
            mine = x[part] if part < levels else (n, *larger)[part - levels]
            mine[which - starts[kind], cohort] += people
    kinds = tuple(
        replace(kind, x=x, n=n, around=tuple(larger))
        for kind, (x, n, larger) in zip(reference.classifications, classes, strict=True)
    )
    return replace(reference, x=changed[0], n=changed[1], around=tuple(changed[2:]), classifications=kinds)


def _copied(counts: Counts) -> Counts:
    pair = None if counts.pair is None else counts.pair.copy()
    return Counts(counts.provider.copy(), counts.district.copy(), counts.state.copy(), pair)


def _complete(table: World) -> pd.DataFrame:
    """A world as rows; people of no provider or no district stand under an empty code."""
    names = [*table.counted.sets, f"among: {table.counted.among}"]
    rows = []
    for name, counts in zip(names, [*_levels(table.x), table.n], strict=True):
        whole = counts.pair if counts.pair is not None else counts.provider[:, None]
        districts = table.districts if counts.pair is not None else (NOBODYS,)
        for p, d, cohort in np.argwhere(whole > 0):
            rows.append((table.providers[p], districts[d], int(table.cohorts[cohort]), name, int(whole[p, d, cohort])))
    return pd.DataFrame(rows, columns=["provider", "district", "cohort", "part", "people"])


def _levels(counts: Counts) -> list[Counts]:
    pairs: list[Ints | None] = [None] * len(counts.provider) if counts.pair is None else list(counts.pair)
    return [
        Counts(provider, district, state, pair)
        for provider, district, state, pair in zip(counts.provider, counts.district, counts.state, pairs, strict=True)
    ]
