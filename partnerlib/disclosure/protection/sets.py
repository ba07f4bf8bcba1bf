"""Which sets of people the numbers count, and what their counts sum to.

Two measures that count the same people in every cell share the name of the set: the denominator of one rate is often
the numerator of another. A relation is stated only where it holds in every cell of the estimates.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from partnerlib.disclosure.cells import DEFINITION_COLUMNS
from partnerlib.disclosure.protection.counts import AMONG, COUNTED, Counts, Floats, Ints, Units, counted_sets
from partnerlib.disclosure.protection.relations import Relations
from partnerlib.disclosure.protection.shape import WINDOW

EQUAL, AT_MOST, NONE = "equal", "at most", "none"

_STRENGTH = (NONE, AT_MOST, EQUAL)
_ROOM = 1e-6
"""Room for the last bits of sums of fractions: counts of people are whole."""


def definitions(estimates: pd.DataFrame, relations: Relations) -> pd.DataFrame:
    """One row for each measure and level: the sets it counts and what they sum to; columns of DEFINITION_COLUMNS."""
    every, units = counted_sets(estimates, relations)
    classes = _classes(every, units)
    name = {number: min(own, key=_preferred).name for number, own in classes.items()}
    widest = {number: max(own, key=lambda counts: len(counts.cell)) for number, own in classes.items()}
    of = {(c.measure, c.level, c.role): number for number, own in classes.items() for c in own}
    sums = {number: _sums(counts, units) for number, counts in widest.items()}
    parent = _parents(classes, widest, of, relations)
    weightless = {
        number for (measure, _, role), number in of.items() if role == AMONG and measure in relations.weighted
    }
    parent = {number: above for number, above in parent.items() if number not in weightless}
    partitions = {measure for measure in {c.measure for c in every} if _is_partition(measure, every, relations)}
    rows = []
    for among in (counts for counts in every if counts.role == AMONG):
        own, counted = of[among.measure, among.level, AMONG], of.get((among.measure, among.level, COUNTED))
        both = [sums[own]] if counted is None else [sums[own], sums[counted]]
        rows.append(
            {
                "measure": among.measure,
                "level": among.level,
                "statistic": among.statistic,
                "counted": "" if counted is None else name[counted],
                # People behind a sum of weights are distinct people: they add up to nothing.
                "among": "" if among.measure in relations.weighted else name[own],
                "within": name[parent[own]] if own in parent else "",
                "is_partition": among.measure in partitions,
                **{relation: min((each[relation] for each in both), key=_STRENGTH.index) for relation in sums[own]},
            }
        )
    kinds = {"is_partition": "bool"}
    return pd.DataFrame(rows, columns=list(DEFINITION_COLUMNS)).astype(
        {column: kinds.get(column, "str") for column in DEFINITION_COLUMNS}
    )


def _preferred(counts: Counts) -> tuple[bool, bool]:
    """Which of several names a set goes by: a count's first, then that of those counted, in the order of measures."""
    return counts.statistic != "count", counts.role == AMONG


def _classes(every: list[Counts], units: Units) -> dict[int, list[Counts]]:
    """Sets that count the same people in every cell both are observed in, compared at the state before elsewhere."""
    classes: dict[int, list[Counts]] = {}
    states: dict[int, Counts] = {}
    order = sorted(range(len(every)), key=lambda place: -len(every[place].cell))
    for place in order:
        counts = every[place]
        state = _at_state(counts, units)
        same = next(
            (n for n, other in states.items() if _agree(state, other) and _agree(counts, classes[n][0])), len(classes)
        )
        classes.setdefault(same, []).append(counts)
        states.setdefault(same, state)
    ranked = {id(counts): place for place, counts in enumerate(every)}
    return {n: sorted(own, key=lambda counts: ranked[id(counts)]) for n, own in classes.items()}


def _at_state(counts: Counts, units: Units) -> Counts:
    is_state = units.kind[units.unit(counts.cell)] == "state"
    return Counts(
        counts.measure, counts.level, counts.role, counts.statistic, counts.cell[is_state], counts.size[is_state]
    )


def _agree(one: Counts, other: Counts) -> bool:
    """Whether two sets count as many in every cell, and somebody in some."""
    size, is_there = other.at(one.cell)
    mine = one.size[is_there]
    return bool(mine.any()) and bool((np.abs(mine - size[is_there]) < _ROOM).all())


def _contained(one: Counts, other: Counts) -> bool:
    size, is_there = other.at(one.cell)
    return bool(is_there.any()) and bool((one.size[is_there] <= size[is_there] + _ROOM).all())


def _sums(counts: Counts, units: Units) -> dict[str, str]:
    """How the counts of smaller units, and of single cohorts, relate to those of the whole they lie in."""
    unit, time = units.unit(counts.cell), units.time(counts.cell)
    kind = units.kind[unit]
    width = 2 * units.years
    state = units.unit(counts.cell[kind == "state"][:1])
    the_state = int(state[0]) if len(state) else -1

    def against(part: str, whole: Ints) -> str:
        chosen = (kind == part) & (whole >= 0)
        if not chosen.any():
            return NONE
        total, at = _added(whole[chosen] * width + time[chosen], counts.size[chosen])
        # A whole in which nobody of a smaller unit stands still has its own count to compare.
        present = np.unique(whole[chosen])
        others = counts.cell[np.isin(unit, present) & ~np.isin(counts.cell, at)]
        return _relation(counts, np.concatenate([at, others]), np.concatenate([total, np.zeros(len(others))]))

    by_provider = against("partnership", units.provider[unit])
    by_district = against("partnership", units.district[unit])
    return {
        "providers": against("provider", np.full(len(unit), the_state)),
        "programs": against("program", units.provider[unit]),
        "districts": against("district", np.full(len(unit), the_state)),
        "partnerships": min(by_provider, by_district, key=_STRENGTH.index),
        "cohorts": _over_cohorts(counts, units),
    }


def _added(key: Ints, size: Floats) -> tuple[Floats, Ints]:
    at, place = np.unique(key, return_inverse=True)
    return np.bincount(place, size, len(at)).astype(np.float64), at


def _over_cohorts(counts: Counts, units: Units) -> str:
    """Single cohorts against the window that ends with the last of them; cohorts before the first hold nobody."""
    single = (units.time(counts.cell) % 2) == 0
    cell, size = counts.cell[single], counts.size[single]
    year = units.time(cell) // 2
    ends = np.concatenate([cell[year + later < units.years] + 2 * later + 1 for later in range(WINDOW)])
    total, at = _added(ends, np.concatenate([size[year + later < units.years] for later in range(WINDOW)]))
    is_whole = units.time(at) // 2 >= WINDOW - 1
    return _relation(counts, at[is_whole], total[is_whole])


def _relation(counts: Counts, at: Ints, total: Floats) -> str:
    whole, is_there = counts.at(at)
    total, whole = total[is_there], whole[is_there]
    if not len(whole):
        return NONE
    if (np.abs(total - whole) < _ROOM).all():
        return EQUAL
    return AT_MOST if (total <= whole + _ROOM).all() else NONE


def _parents(
    classes: Mapping[int, list[Counts]],
    widest: Mapping[int, Counts],
    of: Mapping[tuple[str, str, str], int],
    relations: Relations,
) -> dict[int, int]:
    """For every set, the next larger one that contains it in every cell."""
    base = _bases(widest, of, relations)
    parent: dict[int, int] = {}
    for number, own in classes.items():
        counted = [of[c.measure, c.level, AMONG] for c in own if c.role == COUNTED]
        populations = [relations.population[c.measure] for c in own if c.role == AMONG]
        wider = [relations.within.get(name, "") for name in populations]
        candidates = [*counted, *(base[name] for name in (*populations, *wider) if name in base)]
        found = [n for n in candidates if n != number and _contained(widest[number], widest[n])]
        if found:
            parent[number] = found[0]
    return parent


def _bases(
    widest: Mapping[int, Counts], of: Mapping[tuple[str, str, str], int], relations: Relations
) -> dict[str, int]:
    """For every population, the set among its measures' denominators that contains the others: all its rows."""
    sets: dict[str, list[int]] = {}
    for (measure, _level, role), number in of.items():
        if role == AMONG and measure not in relations.weighted:
            sets.setdefault(relations.population[measure], []).append(number)
    found = {}
    for name, numbers in sets.items():
        ranked = sorted(set(numbers), key=lambda number: -len(widest[number].cell))
        whole = [n for n in ranked if all(_contained(widest[other], widest[n]) for other in ranked if other != n)]
        if whole:
            found[name] = whole[0]
    return found


def _is_partition(measure: str, every: list[Counts], relations: Relations) -> bool:
    """Whether a measure's levels share its denominator out, everybody in one of them."""
    parts = [counts for counts in every if counts.measure == measure and counts.role == COUNTED]
    if not relations.levels[measure] or len(parts) != len(relations.levels[measure]):
        return False
    whole = next(counts for counts in every if counts.measure == measure and counts.role == AMONG)
    total = sum(part.at(whole.cell)[0] for part in parts)
    return bool((np.abs(total - whole.size) < _ROOM).all())
