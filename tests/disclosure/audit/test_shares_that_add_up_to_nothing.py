"""A share that is part of no sum is read by itself: brute force over every size and count it may stand for."""

import itertools

import numpy as np
import pandas as pd
import pytest

from partnerlib.disclosure.audit.alone import shares_alone
from partnerlib.disclosure.policy import read_policy

POLICY = read_policy("standard")


def printed(value_low, value_high, n_low, n_high, rounding):
    cells = pd.DataFrame(
        {
            "measure": ["share_of_beginners"], "unit_kind": ["provider"], "unit_code": ["89000001"],
            "cohort": [2019], "window_years": [3], "statistic": ["share"], "status": ["reported"],
            "value_low": [value_low], "value_high": [value_high], "n_low": [n_low], "n_high": [n_high],
            "rounding": [rounding], "counted": ["beginners"], "among": ["teachers"],
        }
    )  # fmt: skip
    definitions = pd.DataFrame(
        {
            "measure": ["share_of_beginners"], "providers": ["none"], "programs": ["none"],
            "districts": ["equal"], "partnerships": ["at most"],
        }
    )  # fmt: skip
    return cells, definitions


def possible(value_low, value_high, n_low, n_high, is_band):
    """Every (count, size) that prints so, by trying all."""
    return [
        (count, size)
        for size in range(n_low, n_high + 1)
        for count in range(size + 1)
        if value_low <= count / size + 1e-12
        and (count / size < value_high - 1e-12 if is_band and value_high < 1 else count / size <= value_high + 1e-12)
    ]


@pytest.mark.parametrize("seed", range(60))
def test_what_is_possible_is_what_trying_every_count_finds(seed):
    random = np.random.default_rng(seed)
    width = int(random.choice([5, 10, 20, 50]))
    low = int(random.integers(0, 100 // width)) * width
    n_low = int(random.integers(10, 60))
    n_high = n_low + int(random.choice([0, 2, 4]))
    worlds = possible(low / 100, (low + width) / 100, n_low, n_high, is_band=True)
    assert worlds, "ten people or more always have a count in a band"
    found = shares_alone(*printed(low / 100, (low + width) / 100, n_low, n_high, f"band {width}"), POLICY)
    have, have_not = {k for k, _ in worlds}, {n - k for k, n in worlds}
    if min(min(have), min(have_not)) >= POLICY.thresholds.people:
        assert found.empty
        return
    row = found.iloc[0]
    assert (row["least"], row["most"]) == (min(have), max(have))
    assert row["values"] == min(max(have) - min(have), max(have_not) - min(have_not)) + 1


def test_a_whole_percent_beside_an_exact_size_gives_the_count_away():
    found = shares_alone(*printed(0.115, 0.125, 25, 25, "nearest 1%"), POLICY)
    assert found.iloc[0]["values"] == 1
    assert found.iloc[0]["least"] == 3


def test_units_whose_counts_add_up_are_left_to_the_joint_attack():
    cells, definitions = printed(0.0, 0.5, 10, 14, "band 50")
    for related in itertools.chain(["equal", "at most"]):
        assert shares_alone(cells, definitions.assign(providers=related), POLICY).empty
