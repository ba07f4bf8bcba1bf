"""Propagated bounds never cut off a table, settle a lone cell, and see plain contradictions."""

from __future__ import annotations

import numpy as np
import pytest
from enumeration import all_tables
from small_releases import FAMILIES

from partnerlib.disclosure.audit.propagation import propagate
from partnerlib.disclosure.audit.system import Infeasible, SystemBuilder


@pytest.mark.parametrize("family", FAMILIES[:-1], ids=lambda family: family.__name__)
def test_no_table_lies_outside_propagated_bounds(family):
    for seed in range(30):
        printed = family(np.random.default_rng([seed, 5]))
        system = printed.builder.build()
        lower, upper = propagate(system)
        tables = all_tables(system)
        assert (tables >= lower).all() and (tables <= upper).all()


def test_a_lone_withheld_cell_follows_from_its_total():
    builder = SystemBuilder()
    lone, first, second = builder.unknown("lone"), builder.unknown("first"), builder.unknown("second")
    builder.constrain("row", {lone: 1}, 4, 4)
    builder.constrain("column", {lone: 1, first: 1, second: 1}, 5, 5)
    lower, upper = propagate(builder.build())
    assert lower.tolist() == [4, 0, 0]
    assert upper.tolist() == [4, 1, 1]


def test_unbounded_unknowns_stay_so_until_a_row_bounds_them():
    builder = SystemBuilder()
    x, y, z = builder.unknown("x"), builder.unknown("y"), builder.unknown("z")
    builder.constrain("difference", {x: 1, y: -1}, -np.inf, 2)
    builder.constrain("both", {x: 1, z: 1}, 3, np.inf)
    lower, upper = propagate(builder.build())
    assert upper.tolist() == [np.inf] * 3
    assert lower.tolist() == [0, 0, 0]


def test_a_percent_that_no_count_can_give_is_refused_by_name():
    builder = SystemBuilder()
    x = builder.unknown("x", 0, 7)
    builder.constrain("50 percent of 7", {x: 200}, 99 * 7, 101 * 7 - 1)
    with pytest.raises(Infeasible, match=r"50 percent of 7|x"):
        propagate(builder.build())


def test_an_empty_row_that_says_something_false_is_refused():
    builder = SystemBuilder()
    builder.unknown("x")
    builder.constrain("nobody is somebody", {}, 1, 1)
    with pytest.raises(Infeasible, match="nobody is somebody"):
        propagate(builder.build())
