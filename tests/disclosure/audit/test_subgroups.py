"""The state's numbers by subgroup, against every table there is: what the public finds, and what providers find."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from partnerlib.disclosure.audit.statements import statements
from partnerlib.disclosure.audit.subgroups import subgroups
from partnerlib.disclosure.audit.worlds import Counted
from partnerlib.disclosure.policy import read_policy

STATES = 400 if os.environ.get("PARTNERLIB_EXHAUSTIVE") else 40
POLICY = read_policy("standard")
VALUES, COHORTS = ("no", "yes"), (2018, 2019)
DEFINITIONS = pd.DataFrame(
    {"measure": ["hired"], "level": "", "statistic": "rate", "counted": "hired", "among": "everybody"}
)


@dataclass(frozen=True)
class State:
    """People by provider, subgroup and cohort: `having` the property, and `without` it; shape (3, 2, 2) each."""

    having: np.ndarray
    without: np.ndarray
    printed: list[tuple[str, int, int, int, int, int, int]]
    """Subgroup ("" for all), first and last cohort, ends of the size, ends of the band in percent."""


def invented(seed: int) -> State:
    """A few people; sizes as they are of single cohorts, bands of shares of everything printed."""
    chance = np.random.default_rng(seed)
    n = chance.poisson(chance.uniform(0.3, 1.6), (3, 2, 2))
    having = chance.binomial(n, chance.choice([0.1, 0.5, 0.95]))
    printed = []
    for value, (first, last) in itertools.product(("", *VALUES), ((0, 0), (1, 1), (0, 1))):
        inside = (slice(None), VALUES.index(value) if value else slice(None), slice(first, last + 1))
        size, count = int(n[inside].sum()), int(having[inside].sum())
        if size and (value == "" or chance.random() < 0.7):
            width = int(chance.choice([20, 50]))
            step = min(100 * count // (size * width), 100 // width - 1)
            off = 0 if first == last else int(chance.integers(0, 3))
            printed.append((value, first, last, size - off, size + off, step * width, (step + 1) * width))
    return State(having, n - having, printed)


def cells_of(state: State) -> pd.DataFrame:
    rows = [
        {
            "measure": "hired", "unit_kind": "state", "unit_code": "00000000", "cohort": COHORTS[last],
            "window_years": last - first + 1, "group": "late" if value else "", "group_value": value,
            "statistic": "rate", "value_low": low / 100, "value_high": high / 100, "rounding": "band",
            "n_low": least, "n_high": most, "counted": "hired", "among": "everybody", "status": "reported",
        }
        for value, first, last, least, most, low, high in state.printed
    ]  # fmt: skip
    return pd.DataFrame(rows)


def aggregates_of(state: State) -> pd.DataFrame:
    """Single cohorts of the state and of every provider, by subgroup and altogether."""
    rows = []
    for provider, cohort in itertools.product((-1, 0, 1, 2), range(2)):
        who = slice(None) if provider < 0 else slice(provider, provider + 1)
        for value in ("", *VALUES):
            which = VALUES.index(value) if value else slice(None)
            having, without = (int(part[who, which, cohort].sum()) for part in (state.having, state.without))
            rows.append(
                {
                    "unit_kind": "state" if provider < 0 else "provider", "unit_code": f"{max(provider, 0):08d}",
                    "cohort": COHORTS[cohort], "group": "late" if value else "", "group_value": value,
                    "numerator": float(having), "denominator": float(having + without),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def tables(state: State) -> np.ndarray:
    """Every table that prints the same, shape (tables, 2, subgroups, cohorts); sizes of cohorts are printed exactly."""
    by_cohort = []
    for people in (state.having + state.without).sum(axis=(0, 1)):
        most = range(int(people) + 1)
        by_cohort.append(
            [(*four, people - sum(four)) for four in itertools.product(most, repeat=3) if sum(four) <= people]
        )
    pairs = np.array(list(itertools.product(*by_cohort)))
    every = pairs.reshape(-1, 2, 2, 2).transpose(0, 2, 3, 1)
    fits = np.ones(len(every), dtype=bool)
    for value, first, last, least, largest, low, high in state.printed:
        which = [VALUES.index(value)] if value else [0, 1]
        x, w = (every[:, side][:, which, first : last + 1].sum(axis=(1, 2)) for side in (0, 1))
        fits &= (x + w >= least) & (x + w <= largest) & (100 * x >= low * (x + w))
        fits &= (100 * x < high * (x + w)) if high < 100 else (100 * x <= high * (x + w))
    return every[fits]


@pytest.mark.parametrize("seed", range(STATES))
def test_every_subgroup_has_as_many_values_as_there_are_tables(seed: int) -> None:
    state = invented(seed)
    every = tables(state)
    block = Counted(("hired",), "everybody", "hired", among_source=("hired", ""))
    said = statements(cells_of(state), DEFINITIONS)
    found = subgroups([block], said, DEFINITIONS, {"hired": aggregates_of(state)}, POLICY, 30, {})
    true = np.stack([state.having, state.without])
    for row in found.itertuples(index=False):
        inside = (slice(None), VALUES.index(row.of), slice(COHORTS.index(row.first), COHORTS.index(row.last) + 1))
        counts = [every[:, side][inside].sum(axis=1) for side in (0, 1)]
        public = min(len(np.unique(counts[side])) for side in (0, 1) if true[side].sum(axis=0)[inside[1:]].sum() < 10)
        assert (row.values < 3) == (public < 3), f"{row}: {public} values are possible"
        assert row.values <= public or row.values >= 3
        if public < 3:
            assert row.attacker == "public"
            continue
        least = 3
        for provider in range(3):
            own = true[:, provider]
            others = true.sum(axis=1) - own
            if not own[:, inside[1], inside[2]].any() or not others[:, inside[1], inside[2]].any():
                continue
            possible = (every >= own).all(axis=(1, 2, 3))
            for side in (0, 1):
                least = min(least, len(np.unique(counts[side][possible])))
        assert (row.values_insider < 2) == (least < 2), f"{row}: the worst provider is left with {least}"
        assert row.attacker.startswith("provider:") == (least < 2)


def test_what_is_exposed_is_found_in_some_states_and_not_in_others() -> None:
    """The states invented here are no help if all of them are safe, or none."""
    attackers = set()
    for seed in range(40):
        state = invented(seed)
        block = Counted(("hired",), "everybody", "hired", among_source=("hired", ""))
        said = statements(cells_of(state), DEFINITIONS)
        found = subgroups([block], said, DEFINITIONS, {"hired": aggregates_of(state)}, POLICY, 30, {})
        attackers |= {str(name).partition(":")[0] for name in found["attacker"]}
    assert attackers == {"", "public", "provider"}
