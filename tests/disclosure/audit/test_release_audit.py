"""What the audit of a release proves, against every table there is: small random states, all attackers."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from partnerlib.disclosure.audit.blocks import blocks
from partnerlib.disclosure.audit.certificate import witnesses
from partnerlib.disclosure.audit.layout import Place
from partnerlib.disclosure.audit.ranges import ranges
from partnerlib.disclosure.audit.release_audit import audit_block
from partnerlib.disclosure.audit.statements import PARTS, statements
from partnerlib.disclosure.audit.system import SystemBuilder, fixed
from partnerlib.disclosure.audit.worlds import Counted
from partnerlib.disclosure.policy import read_policy

STATES = 600 if os.environ.get("PARTNERLIB_EXHAUSTIVE") else 36
TIED_BY_THE_STATE = (113, 168, 235, 240, 471, 555, 580)
"""Seeds whose people of one cohort are known by taking two of the state's sizes from each other."""
LADDER = ((61, 5), (31, 10), (16, 20), (0, 50))
COHORTS = (2016, 2017, 2018)
POLICY = read_policy("standard")


@dataclass(frozen=True)
class State:
    """Counts of an invented state and what is printed about it."""

    n: np.ndarray
    """Shape (providers + 1, districts + 1, cohorts); the last of each are nobody's."""
    x: np.ndarray
    printed: list[tuple[str, int, int, int, int]]
    """Kind, provider, district, first and last cohort of each printed cell; -1 for all."""
    sizes: str
    """How sizes are printed: exact or nearest 5."""
    only_sizes: bool
    observed: int = len(COHORTS)
    """How many cohorts it is known of what became of them; of newer ones sizes alone are printed."""
    empty: int = 0
    """How many cohorts, the oldest, nobody was observed in, which windows of several are printed without."""

    def code(self, kind: str, p: int, d: int) -> str:
        return {"state": "00000000", "provider": f"{p:08d}", "district": f"{d + 100:08d}"}.get(
            kind, f"{p:08d}-{d + 100:08d}"
        )

    def inside(self, p: int, d: int, first: int, last: int) -> np.ndarray:
        mask = np.zeros(self.n.shape, dtype=bool)
        rows = slice(None) if p < 0 else slice(p, p + 1)
        columns = slice(None) if d < 0 else slice(d, d + 1)
        mask[rows, columns, first : last + 1] = True
        return mask


def invented(seed: int) -> State:
    """A state of a few providers and districts, with people nobody placed, printed here and there."""
    chance = np.random.default_rng(seed)
    shape = (int(chance.integers(2, 4)) + 1, int(chance.integers(2, 4)) + 1, len(COHORTS))
    n = chance.poisson(chance.uniform(0.5, 9), shape)
    n[-1] = 0
    n[:-1, -1] = chance.poisson(0.4, n[:-1, -1].shape)
    x = chance.binomial(n, chance.choice([0.05, 0.5, 0.8, 0.97]))
    places = [("state", -1, -1)]
    places += [("provider", p, -1) for p in range(shape[0] - 1)]
    places += [("district", -1, d) for d in range(shape[1] - 1)]
    places += [("partnership", p, d) for p in range(shape[0] - 1) for d in range(shape[1] - 1) if chance.random() < 0.2]
    printed = []
    for kind, p, d in places:
        for first, last in ((2, 2), (1, 1), (0, 2)):
            if kind == "partnership" and first == last:
                continue
            if chance.random() < (1.0 if kind == "state" else 0.75):
                printed.append((kind, p, d, first, last))
    return State(n, x, printed, str(chance.choice(["exact", "nearest 5"])), bool(chance.random() < 0.2))


def not_observed_yet(seed: int) -> State:
    """The same state a year before anything is known of its newest cohort; windows of two years besides."""
    state = invented(seed)
    chance = np.random.default_rng([seed, 1])
    units = sorted({(kind, p, d) for kind, p, d, *_ in state.printed if kind != "partnership"})
    printed = [
        (*unit, first, last)
        for unit in units
        for first, last in ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))
        if unit[0] == "state" or chance.random() < 0.6
    ]
    return replace(state, printed=printed, only_sizes=False, observed=len(COHORTS) - 1)


def oldest_of_the_state_alone(seed: int) -> State:
    """The same, with nothing printed below the state that reaches back to the oldest cohort."""
    state = not_observed_yet(seed)
    return replace(state, printed=[cell for cell in state.printed if cell[0] == "state" or cell[3] > 0])


def begun_later(seed: int) -> State:
    """The same, with nobody observed in the oldest cohort."""
    state = not_observed_yet(seed)
    later = np.arange(len(COHORTS)) > 0
    return replace(state, n=state.n * later, x=state.x * later, empty=1, observed=len(COHORTS) - seed % 2)


def cells_of(state: State) -> pd.DataFrame:
    """The public cells: a band of the share beside its size, where at least ten people stand behind it."""
    rows = []
    for kind, p, d, first, last in state.printed:
        inside = state.inside(p, d, first, last)
        size, count = int(state.n[inside].sum()), int(state.x[inside].sum())
        if size < 10:
            continue
        width = next(points for least, points in LADDER if size >= least)
        step = min(100 * count // (size * width), 100 // width - 1)
        near = 5 * round(size / 5)
        low, high = (size, size) if state.sizes == "exact" else (max(near - 2, 10), near + 2)
        rows.append(
            {
                "measure": "hired", "unit_kind": kind, "unit_code": state.code(kind, p, d), "cohort": COHORTS[last],
                "window_years": last - first + 1, "group": "", "group_value": "", "statistic": "rate",
                "value_low": step * width / 100, "value_high": (step + 1) * width / 100, "rounding": f"band {width}",
                "n_low": low, "n_high": high, "among": "everybody", "status": "reported",
                "counted": "" if state.only_sizes or last >= state.observed else "hired",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def aggregates_of(state: State) -> dict[str, pd.DataFrame]:
    """The internal aggregates, single cohorts of every unit."""
    rows = []
    providers, districts, cohorts = state.n.shape
    units = [("state", -1, -1), *(("provider", p, -1) for p in range(providers - 1))]
    units += [("district", -1, d) for d in range(districts - 1)]
    units += [("partnership", p, d) for p, d in itertools.product(range(providers - 1), range(districts - 1))]
    for kind, p, d in units:
        for cohort in range(cohorts):
            inside = state.inside(p, d, cohort, cohort)
            rows.append(
                {
                    "unit_kind": kind, "unit_code": state.code(kind, p, d), "cohort": COHORTS[cohort], "group": "",
                    "group_value": "", "numerator": float(state.x[inside].sum()),
                    "denominator": float(state.n[inside].sum()),
                }
            )  # fmt: skip
    everybody = pd.DataFrame(rows)
    is_known = everybody["cohort"] < COHORTS[0] + state.observed
    hired = everybody.assign(
        numerator=everybody["numerator"].where(is_known), denominator=everybody["denominator"].where(is_known, 0.0)
    )
    return {"hired": hired, "found": hired[hired["unit_kind"] != "partnership"], "everybody": everybody}


class Everything:
    """The same release written down independently: every pair's counts unknown, every printed number a row."""

    def __init__(self, state: State, cells: pd.DataFrame) -> None:
        self.state, builder = state, SystemBuilder()
        self.n = np.empty(state.n.shape, dtype=int)
        self.x = np.empty(state.n.shape, dtype=int)
        for at in np.ndindex(state.n.shape):
            # Everybody has a provider: it is published that the providers add up to the state.
            most = 0 if at[0] == state.n.shape[0] - 1 else np.inf
            self.n[at], self.x[at] = builder.unknown(f"n{at}", 0, most), builder.unknown(f"x{at}", 0, most)
            builder.constrain("", {int(self.x[at]): 1, int(self.n[at]): -1}, -np.inf, 0)
        builder.constrain("", {int(u): 1 for u in self.n[..., : state.empty].ravel()}, 0, 0)
        kept = {(str(r.unit_kind), str(r.unit_code), int(r.cohort), int(r.window_years)): r for r in cells.itertuples()}
        for kind, p, d, first, last in state.printed:
            row = kept.get((kind, state.code(kind, p, d), COHORTS[last], last - first + 1))
            if row is None:
                continue
            inside = state.inside(p, d, first, last)
            people = {int(u): 1 for u in self.n[inside]}
            builder.constrain("", people, row.n_low, row.n_high)
            if not row.counted:
                continue
            low, high = round(row.value_low * PARTS), round(row.value_high * PARTS)
            counted = {int(u): PARTS for u in self.x[inside]}
            builder.constrain("", counted | {u: -low for u in people}, 0, np.inf)
            builder.constrain("", counted | {u: -high for u in people}, -np.inf, 0 if high == PARTS else -1)
        self.system = builder.build()

    def values(self, inside: np.ndarray, of_sizes: bool, known: np.ndarray | None = None) -> int:
        """How many integers a count may be, to the public or to somebody who knows some pairs."""
        unknowns = (self.n if of_sizes else self.x)[inside]
        system = self.system
        if known is not None:
            facts = {int(u): int(v) for u, v in zip(self.n[known], self.state.n[known], strict=True)}
            facts |= {int(u): int(v) for u, v in zip(self.x[known], self.state.x[known], strict=True)}
            system = fixed(system, facts)
        found = ranges(system, [{int(u): 1 for u in unknowns}], enough=3, seconds=60, with_holes=True)[0]
        return 3 if found.values is None else min(found.values, 3)


def definitions_of(state: State) -> pd.DataFrame:
    """What the release says of its measures: two count the same people, and only the second counts them by pair.

    Everybody has a provider, and not everybody a district.
    """
    relation = {"programs": "none", "providers": "equal", "districts": "at most", "cohorts": "none"}
    common = relation | {"level": "", "statistic": "rate", "among": "everybody", "within": "", "is_partition": False}
    hired = "" if state.only_sizes else "hired"
    return pd.DataFrame(
        [
            common | {"measure": "found", "counted": hired, "partnerships": "none"},
            common | {"measure": "hired", "counted": hired, "partnerships": "at most"},
            common | {"measure": "everybody", "counted": "", "partnerships": "at most"},
        ]
    )


def block_of(state: State) -> Counted:
    """What the audit makes of those definitions."""
    name = "everybody" if state.only_sizes else "hired"
    found = blocks(definitions_of(state), aggregates_of(state), samples={})
    return next(block for block in found if block.sets == (name,))


def audited(state: State, cells: pd.DataFrame) -> pd.DataFrame:
    said = statements(cells, definitions_of(state))
    return audit_block(block_of(state), aggregates_of(state), said, POLICY, 60)


CASES = [
    *(pytest.param(invented, seed, id=f"all observed {seed}") for seed in range(STATES)),
    *(
        pytest.param(not_observed_yet, seed, id=f"newest cohort not observed yet {seed}")
        for seed in sorted({*range(STATES), *TIED_BY_THE_STATE})
    ),
    *(
        pytest.param(oldest_of_the_state_alone, seed, id=f"oldest cohort of the state alone {seed}")
        for seed in range(STATES)
    ),
    *(
        pytest.param(begun_later, seed, id=f"nobody observed in the oldest cohort {seed}")
        for seed in range(STATES // 2)
    ),
]


@pytest.mark.parametrize(("made", "seed"), CASES)
def test_every_count_has_as_many_values_as_there_are_tables(made: Callable[[int], State], seed: int) -> None:
    """Public and every insider: what the audit calls safe is safe, and what it calls exposed is exposed."""
    state = made(seed)
    cells = cells_of(state)
    if cells.empty:
        pytest.skip("nothing is printed of so small a state")
    found = audited(state, cells)
    every = Everything(state, cells)
    providers, districts = state.n.shape[0] - 1, state.n.shape[1] - 1
    attackers = [(p, d) for p in (-1, *range(providers)) for d in (-1, *range(districts))]
    # What is left beside printed pairs has a test of its own, together with every other kind of block.
    for row in found[found["unit_kind"] != "partnership"].itertuples(index=False):
        p = int(row.unit_code) if row.unit_kind == "provider" else -1
        d = int(row.unit_code) - 100 if row.unit_kind == "district" else -1
        first, last = COHORTS.index(row.first), COHORTS.index(row.last)
        inside = state.inside(p, d, first, last)
        public = every.values(inside, state.only_sizes)
        assert min(row.values, 3) <= public, f"{row}: claims more values than there are"
        assert (row.values >= 3) == (public >= 3), f"{row}: {public} values are possible"
        if public < 3:
            continue
        least = 3
        for own_p, own_d in attackers:
            if (own_p, own_d) == (-1, -1) or (own_p == p and p >= 0) or (own_d == d and d >= 0):
                continue
            known = np.zeros(state.n.shape, dtype=bool)
            if own_p >= 0:
                known[own_p] = True
            if own_d >= 0:
                known[:, own_d] = True
            least = min(least, every.values(inside, state.only_sizes, known))
            if least < 2:
                break
        assert (row.values_insider >= 2) == (least >= 2), f"{row}: the worst insider is left with {least}"


@pytest.mark.parametrize("seed", range(STATES))
def test_every_small_count_is_asked_for_in_years_of_the_state_alone_too(seed: int) -> None:
    state = oldest_of_the_state_alone(seed)
    cells = cells_of(state)
    if cells.empty or (cells["counted"] != "hired").all():
        pytest.skip("nothing is printed of what people did")
    found = audited(state, cells)
    asked = set(zip(found["unit_kind"], found["unit_code"], found["first"], found["last"], strict=True))
    said = cells[cells["counted"] == "hired"]
    first, last = (said["cohort"] - said["window_years"] + 1).min(), said["cohort"].max()
    for cohort in range(COHORTS.index(first), COHORTS.index(last) + 1):
        for kind, nodes in (("provider", state.n.shape[0] - 1), ("district", state.n.shape[1] - 1)):
            for node in range(nodes):
                where = (node, -1) if kind == "provider" else (-1, node)
                inside = state.inside(*where, cohort, cohort)
                size, count = state.n[inside].sum(), state.x[inside].sum()
                is_small = size > 0 and min(count, size - count) < POLICY.thresholds.people
                key = (kind, state.code(kind, node, node), COHORTS[cohort], COHORTS[cohort])
                assert (key in asked) == is_small, key


@pytest.mark.parametrize("seed", range(6))
def test_two_complete_tables_print_the_same_release(seed: int) -> None:
    """A certificate's row can be followed to two tables; each reproduces every printed number, and they differ."""
    state = invented(seed)
    cells = cells_of(state)
    if cells.empty or state.only_sizes:
        pytest.skip("nothing is printed of what people did")
    said, counted = statements(cells, definitions_of(state)), block_of(state)
    found = audited(state, cells)
    row = found[found["values"] > 2].iloc[0]
    codes = [f"{p:08d}" for p in range(state.n.shape[0] - 1)], [f"{d + 100:08d}" for d in range(state.n.shape[1] - 1)]
    node = codes[0 if row["unit_kind"] == "provider" else 1].index(row["unit_code"])
    cohorts = tuple(range(COHORTS.index(row["first"]), COHORTS.index(row["last"]) + 1))
    place = Place(row["unit_kind"], node, 0, cohorts)
    two = witnesses(counted, aggregates_of(state), said, place, list(COHORTS))
    assert two.at_low < two.at_high
    for table in (two.low, two.high):
        assert (table["people"] > 0).all()
    assert not two.low.equals(two.high)
