"""Small invented states, what a release prints of them, and every table that agrees with it, written independently.

People fall into disjoint kinds: one for each level that is counted, those counted nowhere, and those of ever larger
sets around. Each kind is crossed with provider, district, class (program or subgroup) and cohort.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.disclosure.audit.ranges import ranges
from partnerlib.disclosure.audit.release_audit import audit_block
from partnerlib.disclosure.audit.statements import PARTS, statements
from partnerlib.disclosure.audit.system import System, SystemBuilder
from partnerlib.disclosure.audit.worlds import Counted
from partnerlib.disclosure.policy import read_policy

POLICY = read_policy("standard")
LADDER = ((61, 5), (31, 10), (16, 20), (0, 50))
COHORTS = (2016, 2017, 2018)
SPANS = ((2, 2), (1, 1), (0, 2))
IS_EXHAUSTIVE = bool(os.environ.get("PARTNERLIB_EXHAUSTIVE"))

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Shape:
    """What a block is made of."""

    levels: int = 1
    is_partition: bool = False
    around: int = 0
    """Number of larger sets."""
    kinds: tuple[str, ...] = ("provider", "district", "partnership", "state")
    classes: str = ""
    """What classes stand for: `program`, `subgroup`, or nothing."""
    closed: tuple[tuple[bool, bool], ...] = ((True, False),)
    """Of the set and of the larger ones: whether everybody has a provider, and a district."""
    of_sizes: bool = False
    """The counted set is itself a size: it is printed as a size among its parent."""
    has_rest: bool = False
    """Some people of a provider have no program."""


@dataclass(frozen=True)
class Printed:
    """One printed number: which people, and what is said of them."""

    part: int
    """Levels first, then the set they are counted among, then the larger ones."""
    unit_kind: str
    p: int
    d: int
    k: int
    first: int
    last: int


@dataclass(frozen=True)
class State:
    """Counts of an invented state, shape (kinds of people, providers + 1, districts + 1, classes + 1, cohorts)."""

    shape: Shape
    people: NDArray[np.int64]
    printed: tuple[Printed, ...]
    sizes: tuple[str, ...]
    """How the sizes of each set are printed: exact or nearest 5."""
    points: int = 0
    """Width of all bands, as narrow as a careless release has them; 0 for the ladder's."""
    least: int = 10
    """Fewest people of whom a number is printed."""

    @property
    def parts(self) -> list[tuple[int, ...]]:
        """The kinds of people each part is made of."""
        levels = self.shape.levels
        larger = [tuple(range(levels + 1 + more)) for more in range(self.shape.around + 1)]
        return [*((level,) for level in range(levels)), *larger]

    def inside(self, part: int, p: int, d: int, k: int, first: int, last: int) -> Mask:
        mask = np.zeros(self.people.shape, dtype=bool)
        chosen = [slice(None) if at < 0 else slice(at, at + 1) for at in (p, d, k)]
        for kind in self.parts[part]:
            mask[(kind, *chosen, slice(first, last + 1))] = True
        return mask

    def count(self, part: int, p: int, d: int, k: int, first: int, last: int) -> int:
        return int(self.people[self.inside(part, p, d, k, first, last)].sum())

    @property
    def units(self) -> list[tuple[str, int, int, int]]:
        """Every unit the aggregates have rows of: kind, provider, district, class."""
        providers, districts, classes = (range(length - 1) for length in self.people.shape[1:4])
        found = [("state", -1, -1, -1), *(("provider", p, -1, -1) for p in providers)]
        found += [("district", -1, d, -1) for d in districts]
        found += [("partnership", p, d, -1) for p, d in itertools.product(providers, districts)]
        if self.shape.classes == "program":
            found += [("program", p, -1, k) for p, k in itertools.product(providers, classes)]
        return [unit for unit in found if unit[0] in self.shape.kinds]


def code(kind: str, p: int, d: int, k: int) -> str:
    return {
        "state": "00000000",
        "provider": f"{p:08d}",
        "district": f"{d + 100:08d}",
        "program": f"{p:08d}:{k}",
        "partnership": f"{p:08d}-{d + 100:08d}",
    }[kind]


def invented(seed: int, shape: Shape) -> State:
    """A state of a few providers and districts, with people nobody placed, printed here and there."""
    chance = np.random.default_rng(seed)
    has = {kind: kind in shape.kinds for kind in ("provider", "district")}
    providers = int(chance.integers(2, 4)) if has["provider"] else 0
    districts = int(chance.integers(2, 4)) if has["district"] else 0
    classes = int(chance.integers(2, 4)) if shape.classes else 0
    size = (shape.levels + 1 + shape.around, providers + 1, districts + 1, classes + 1, len(COHORTS))
    cells = max(providers, 1) * max(districts, 1) * max(classes, 1)
    share = chance.dirichlet(np.full(shape.levels, chance.choice([0.6, 3]))) if shape.levels > 1 else np.ones(1)
    rate = 1.0 if shape.is_partition else float(chance.choice([0.05, 0.5, 0.8, 0.97]))
    mean = chance.uniform(3, 40) / cells
    weights = np.concatenate([share * rate, [1 - rate], chance.uniform(0.05, 1, shape.around)]) * mean
    people = chance.poisson(weights[:, None, None, None, None], size)
    for kind in range(size[0]):
        is_closed = shape.closed[max(0, kind - shape.levels)] if len(shape.closed) > 1 else shape.closed[0]
        if has["provider"]:
            people[kind, -1] = 0 if is_closed[0] else chance.poisson(0.2, people[kind, -1].shape)
        if has["district"]:
            few = chance.poisson(0.2, people[kind, :, -1].shape)
            people[kind, :, -1] = 0 if is_closed[1] else np.minimum(few, people[kind].max())
        if shape.classes:
            people[kind, :, :, -1] = 0 if not shape.has_rest else chance.poisson(0.2, people[kind, :, :, -1].shape)
            if shape.classes == "program" and has["provider"] and not is_closed[0]:
                people[kind, -1, :, :-1] = 0
        if has["provider"] and is_closed[0]:
            people[kind, -1] = 0
        if has["district"] and is_closed[1]:
            people[kind, :, -1] = 0
    # A cohort without anybody in the whole state is not observed: somebody always is.
    people[0, 0, 0, 0] = np.maximum(people[0, 0, 0, 0], 1)
    points, least = int(chance.choice([0, 0, 1, 5, 10, 20])), int(chance.choice([10, 10, 4, 0]))
    printed = tuple(_printed(chance, State(shape, people, (), ()), float(chance.choice([0.5, 0.75, 0.95]))))
    return State(shape, people, printed, tuple(_roundings(chance, shape)), points, least)


def _roundings(chance: np.random.Generator, shape: Shape) -> list[str]:
    """Sizes of the widest set are often exact, of those within it to the nearest 5."""
    return [str(chance.choice(["exact", "nearest 5"])) for _ in range(shape.around)] + [
        str(chance.choice(["exact", "nearest 5"]))
    ]


def _printed(chance: np.random.Generator, state: State, share: float) -> Iterator[Printed]:
    shape = state.shape
    listed = {unit for unit in state.units if unit[0] not in ("program", "partnership") or chance.random() < 0.35}
    places = [unit for unit in state.units if unit in listed]
    if shape.classes == "subgroup":
        places += [("state", -1, -1, k) for k in range(state.people.shape[3] - 1)]
    for kind, p, d, k in places:
        for first, last in SPANS:
            if kind in ("partnership", "program") and first == last:
                continue
            is_sure = kind == "state" and k < 0
            if is_sure or chance.random() < share:
                parts = range(shape.levels) if chance.random() < 0.85 else [int(chance.integers(shape.levels))]
                yield from (Printed(part, kind, p, d, k, first, last) for part in parts)
            # The measures of larger sets are not shown by subgroup.
            for larger in range(shape.levels + 1, shape.levels + 1 + shape.around):
                if (k < 0 or kind == "program") and (is_sure or chance.random() < share):
                    yield Printed(larger, kind, p, d, k, first, last)


def size_of(state: State, printed: Printed) -> tuple[int, int, int]:
    """The size of a printed cell, and the bounds it is printed with."""
    part = max(printed.part, state.shape.levels)
    people = state.count(part, printed.p, printed.d, printed.k, printed.first, printed.last)
    if state.sizes[part - state.shape.levels] == "exact":
        return people, people, people
    near = 5 * round(people / 5)
    return people, max(near - 2, state.least, 0), near + 2


def cells_of(state: State) -> pd.DataFrame:
    """The public cells: a band of each share beside its size, where at least ten people stand behind it."""
    rows, shape = [], state.shape
    for printed in state.printed:
        people, low, high = size_of(state, printed)
        if people < max(state.least, printed.part < shape.levels):
            continue
        is_share = printed.part < shape.levels and not shape.of_sizes
        own = printed.part - shape.levels
        if shape.of_sizes and printed.part < shape.levels:
            # The set counted is itself a size, printed as such; its parent prints its own.
            count = state.count(printed.part, printed.p, printed.d, printed.k, printed.first, printed.last)
            if count < state.least:
                continue
            near = 5 * round(count / 5)
            is_exact = state.people.sum() % 2 > 0
            low, high = (count, count) if is_exact else (max(near - 2, state.least, 0), near + 2)
        is_answer = shape.of_sizes and printed.part < shape.levels
        name = "answers" if is_answer else "everybody" if own <= 0 else f"around{own}"
        width = state.points or next(points for least, points in LADDER if people >= least)
        step = 0
        if is_share:
            count = state.count(printed.part, printed.p, printed.d, printed.k, printed.first, printed.last)
            step = min(100 * count // (people * width), 100 // width - 1)
        is_level = shape.levels > 1 and is_share
        is_group = printed.unit_kind == "state" and printed.k >= 0
        rows.append(
            {
                "measure": "hired" if printed.part < shape.levels else f"of {name}",
                "unit_kind": printed.unit_kind,
                "unit_code": code(printed.unit_kind, printed.p, printed.d, printed.k),
                "cohort": COHORTS[printed.last], "window_years": printed.last - printed.first + 1,
                "group": "outcome" if is_level else "kind" if is_group else "",
                "group_value": f"level {printed.part}" if is_level else f"value {printed.k}" if is_group else "",
                "statistic": "rate", "value_low": step * width / 100, "value_high": (step + 1) * width / 100,
                "rounding": f"band {width}", "n_low": low, "n_high": high,
                "counted": (f"hired/{printed.part}" if is_level else "hired") if is_share else "",
                "among": name, "status": "reported",
            }
        )  # fmt: skip
        rows[-1]["printed"] = printed
    if shape.of_sizes:
        # The parent prints its own sizes too.
        chance = np.random.default_rng(int(state.people.sum()))
        for printed in [at for at in state.printed if at.part < shape.levels and chance.random() < 0.8]:
            people, low, high = size_of(state, printed)
            if people >= state.least and not (printed.k >= 0 and printed.unit_kind == "state"):
                parent = replace(printed, part=shape.levels)
                rows.append(
                    {
                        "measure": "of everybody", "unit_kind": printed.unit_kind,
                        "unit_code": code(printed.unit_kind, printed.p, printed.d, printed.k),
                        "cohort": COHORTS[printed.last], "window_years": printed.last - printed.first + 1,
                        "group": "", "group_value": "", "statistic": "rate", "value_low": 0.0, "value_high": 1.0,
                        "rounding": "band 50", "n_low": low, "n_high": high, "counted": "", "among": "everybody",
                        "status": "reported", "printed": parent,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def definitions_of(state: State) -> pd.DataFrame:
    levels = [f"level {at}" for at in range(state.shape.levels)] if state.shape.levels > 1 else [""]
    return pd.DataFrame({"measure": ["hired"] * len(levels), "level": levels})


def counted_of(state: State) -> Counted:
    shape = state.shape
    around = tuple(f"around{at}" for at in range(1, shape.around + 1))
    closed = shape.closed if len(shape.closed) > 1 else shape.closed * (shape.around + 1)
    levels = tuple(f"level {at}" for at in range(shape.levels)) if shape.levels > 1 else ("",)
    sets = tuple(f"hired/{at}" for at in range(shape.levels)) if shape.levels > 1 else ("hired",)
    source = ("hired", levels[0])
    if shape.of_sizes:
        sets, source = ("answers",), ("of everybody", "")
    return Counted(
        sets, "everybody", "hired", levels, "denominator" if shape.of_sizes else "numerator", source, around,
        tuple((f"of {name}", "") for name in around), shape.kinds, closed[0], closed, not shape.has_rest,
    )  # fmt: skip


def aggregates_of(state: State) -> dict[str, pd.DataFrame]:
    """The internal aggregates, single cohorts of every unit."""
    shape, found = state.shape, {}
    whole = shape.levels
    parts = {"hired": [(level, whole) for level in range(shape.levels)]}
    parts |= {f"of around{at}": [(whole + at, whole + at)] for at in range(1, shape.around + 1)}
    if shape.of_sizes:
        parts |= {"hired": [(0, 0)], "of everybody": [(whole, whole)]}
    for measure, pairs in parts.items():
        rows = []
        places = [(unit, "", "") for unit in state.units]
        if shape.classes == "subgroup" and measure == "hired":
            values = range(state.people.shape[3] - 1)
            of = [unit for unit in state.units if unit[0] in ("state", "provider")]
            places += [((kind, p, d, k), "kind", f"value {k}") for kind, p, d, _ in of for k in values]
        for (kind, p, d, k), group, value in places:
            for cohort, (level, size) in itertools.product(range(len(COHORTS)), pairs):
                is_level = len(pairs) > 1
                rows.append(
                    {
                        "unit_kind": kind, "unit_code": code(kind, p, d, k), "cohort": COHORTS[cohort],
                        "group": "outcome" if is_level else group,
                        "group_value": f"level {level}" if is_level else value,
                        "numerator": float(state.count(level, p, d, k, cohort, cohort)),
                        "denominator": float(state.count(size, p, d, k, cohort, cohort)),
                    }
                )  # fmt: skip
        found[measure] = pd.DataFrame(rows)
    return found


class Everything:
    """The release written down independently: each finest count unknown, every printed number a row."""

    def __init__(self, state: State, cells: pd.DataFrame) -> None:
        self.state = state
        self._rows: list[tuple[dict[int, int], float, float]] = []
        self._most = np.full(state.people.shape, np.inf)
        self._at = np.arange(state.people.size).reshape(state.people.shape)
        self._close()
        for row in cells.itertuples(index=False):
            self._say(row)
        self._public = self._built([])

    def _close(self) -> None:
        shape = self.state.shape
        for kind in range(self.state.people.shape[0]):
            is_closed = shape.closed[max(0, kind - shape.levels)] if len(shape.closed) > 1 else shape.closed[0]
            if is_closed[0] and "provider" in shape.kinds:
                self._most[kind, -1] = 0
            if is_closed[1] and "district" in shape.kinds:
                self._most[kind, :, -1] = 0
        if shape.is_partition:
            self._most[shape.levels] = 0
        if shape.classes == "program":
            self._most[:, -1, :, :-1] = 0
            if not shape.has_rest:
                self._most[:, :-1, :, -1] = 0

    def _say(self, row: object) -> None:
        printed, shape = row.printed, self.state.shape  # type: ignore[attr-defined]
        where = (printed.p, printed.d, printed.k, printed.first, printed.last)
        is_answer = shape.of_sizes and printed.part < shape.levels
        size = printed.part if is_answer else max(printed.part, shape.levels)
        people = self._at[self.state.inside(size, *where)].tolist()
        self._rows.append((dict.fromkeys(people, 1), row.n_low, row.n_high))  # type: ignore[attr-defined]
        if printed.part >= shape.levels or is_answer:
            return
        low, high = round(row.value_low * PARTS), round(row.value_high * PARTS)  # type: ignore[attr-defined]
        counted = set(self._at[self.state.inside(printed.part, *where)].tolist())
        for bound, least, most in ((low, 0.0, np.inf), (high, -np.inf, 0.0 if high == PARTS else -1.0)):
            self._rows.append(({u: PARTS * (u in counted) - bound for u in people}, least, most))

    def _built(self, facts: list[Mask]) -> System:
        builder = SystemBuilder()
        for most in self._most.ravel():
            builder.unknown("", 0, most)
        for terms, low, high in self._rows:
            builder.constrain("", terms, low, high)
        for mask in facts:
            known = int(self.state.people[mask].sum())
            builder.constrain("", dict.fromkeys(self._at[mask].tolist(), 1), known, known)
        return builder.build()

    def facts_of(self, p: int, d: int) -> list[Mask]:
        """What insiders know: a provider its own people by district and by class, a district its own by provider.

        Where providers and districts are not crossed in any aggregate, each knows its own margin alone.
        """
        shape, facts = self.state.people.shape, []
        has_pairs = "partnership" in self.state.shape.kinds
        for kind, cohort in itertools.product(range(shape[0]), range(shape[4])):
            if p >= 0:
                by = itertools.product(range(shape[2]), [-1]) if has_pairs else [(-1, -1)]
                by = [*by, *((-1, k) for k in range(shape[3]))]
                for district, k in by:
                    facts.append(self._mask(kind, p, district, k, cohort))
            if d >= 0:
                for provider in range(shape[1]) if has_pairs else [-1]:
                    facts.append(self._mask(kind, provider, d, -1, cohort))
        return facts

    def _mask(self, kind: int, p: int, d: int, k: int, cohort: int) -> Mask:
        mask = np.zeros(self.state.people.shape, dtype=bool)
        chosen = [slice(None) if at < 0 else slice(at, at + 1) for at in (p, d, k)]
        mask[(kind, *chosen, cohort)] = True
        return mask

    def values(self, inside: Mask, attacker: tuple[int, int], enough: int) -> int:
        """How many integers a count may be, to the public or to somebody who knows some of the people."""
        system = self._public if attacker == (-1, -1) else self._built(self.facts_of(*attacker))
        target = dict.fromkeys(self._at[inside].tolist(), 1)
        truth = self.state.people.ravel().astype(np.int64)
        found = ranges(system, [target], enough=enough, seconds=60, with_holes=True, tables=(truth,))[0]
        return enough if found.values is None else min(found.values, enough)


def disagreements(state: State, seed: int, cells: pd.DataFrame | None = None) -> list[str]:
    """Where the audit and every table there is differ, in either direction; of other cells of the state, if given."""
    cells = cells_of(state) if cells is None else cells
    if cells.empty:
        return []
    said = statements(cells.drop(columns="printed"), definitions_of(state))
    found = audit_block(counted_of(state), aggregates_of(state), said, POLICY, 60)
    every, wrong = Everything(state, cells), []
    chance = np.random.default_rng(seed)
    rows = list(found.itertuples(index=False))
    if not IS_EXHAUSTIVE and len(rows) > 8:
        open_ = [row for row in rows if row.values < 3 or row.values_insider < 2]
        some = [group[at] for group in (open_, rows) if group for at in chance.choice(len(group), 3)]
        rows = list(dict.fromkeys(some))
    providers, districts = state.people.shape[1] - 1, state.people.shape[2] - 1
    for row in rows:
        p, d = _own(row.unit_kind, row.unit_code)
        inside = _inside(state, row, p, d, cells)
        public = every.values(inside, (-1, -1), 3)
        named = f"{row.unit_kind} {row.unit_code} {row.set} {row.first}-{row.last}"
        if (row.values >= 3) != (public >= 3) or min(row.values, 3) > public:
            wrong.append(f"{named}: {row.values} said, {public} possible")
        if public < 3 or row.values < 3:
            continue
        attackers = [(a, b) for a in (-1, *range(providers)) for b in (-1, *range(districts))]
        attackers = [(a, b) for a, b in attackers if (a, b) != (-1, -1) and not (a == p >= 0) and not (b == d >= 0)]
        if row.values_insider >= 2:
            if not IS_EXHAUSTIVE and len(attackers) > 3:
                attackers = [attackers[at] for at in chance.choice(len(attackers), 3, replace=False)]
            for attacker in attackers:
                if every.values(inside, attacker, 2) < 2:
                    wrong.append(f"{named}: safe from insiders is said, {attacker} knows it")
                    break
            continue
        who = _attacker(row.attacker)
        if every.values(inside, who, 2) >= 2:
            wrong.append(f"{named}: {row.attacker} is said to know it, and does not")
    return wrong


def _attacker(name: str) -> tuple[int, int]:
    parts = dict(part.split(":") for part in name.split(" and "))
    return int(parts.get("provider", -1)), int(parts["district"]) - 100 if "district" in parts else -1


def _own(kind: str, name: str) -> tuple[int, int]:
    """Provider and district a count is of; -1 for any. Of pairs, those left beside the printed ones: `p-~`, `~-d`."""
    first, _, second = name.partition(":")[0].partition("-")
    has_provider = kind in ("provider", "program") or (kind == "partnership" and first != "~")
    district = first if kind == "district" else second if kind == "partnership" and second != "~" else ""
    return int(first) if has_provider else -1, int(district) - 100 if district else -1


def _inside(state: State, row: object, p: int, d: int, cells: pd.DataFrame) -> Mask:
    first, last = COHORTS.index(row.first), COHORTS.index(row.last)  # type: ignore[attr-defined]
    name = str(row.set)  # type: ignore[attr-defined]
    part = int(name.partition("/")[2] or 0)
    if row.unit_kind == "partnership":  # type: ignore[attr-defined]
        pairs = cells[(cells["unit_kind"] == "partnership") & (cells["window_years"] == last - first + 1)]
        listed_pairs = set(pairs.loc[pairs["cohort"] == row.last, "unit_code"])  # type: ignore[attr-defined]
        mask = state.inside(part, p, d, -1, first, last)
        for a, b in itertools.product(range(state.people.shape[1] - 1), range(state.people.shape[2] - 1)):
            if code("partnership", a, b, -1) in listed_pairs:
                mask[:, a, b] = False
        return mask
    if row.unit_kind != "program":  # type: ignore[attr-defined]
        return state.inside(part, p, d, -1, first, last)
    which = row.unit_code.partition(":")[2]  # type: ignore[attr-defined]
    if which != "~":
        return state.inside(part, p, d, int(which), first, last)
    listed = set(cells.loc[cells["unit_kind"] == "program", "unit_code"])
    # The unprinted programs together, with the people who are in none.
    programs = state.people.shape[3] - (not state.shape.has_rest)
    others = [k for k in range(programs) if code("program", p, -1, k) not in listed]
    return np.logical_or.reduce([state.inside(part, p, d, k, first, last) for k in others])
