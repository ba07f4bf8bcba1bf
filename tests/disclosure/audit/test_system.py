"""A system says exactly what is printed: rows of whole numbers, drawn in to what their sums can take."""

from __future__ import annotations

import numpy as np
import pytest

from partnerlib.disclosure.audit.system import Infeasible, SystemBuilder, fixed, reproduces


def two_cells():
    builder = SystemBuilder()
    first, second = builder.unknown("first"), builder.unknown("second", 1, 9.7)
    builder.constrain("total", {first: 1, second: 1}, 12, 12)
    builder.constrain("twice the first", {first: 2}, 3.5, 10.999999999999)
    return builder.build()


def test_bounds_are_drawn_in_to_whole_numbers_and_to_the_rows_divisor():
    system = two_cells()
    assert system.upper.tolist() == [np.inf, 9]
    assert system.row_low.tolist() == [12, 4]
    assert system.row_high.tolist() == [12, 10]


def test_a_bound_off_by_floating_point_is_read_as_the_whole_number_it_means():
    builder = SystemBuilder()
    x = builder.unknown("x")
    builder.constrain("ten tenths of three", {x: 1}, 0.1 * 3 * 10, 0.7 * 10 - 1e-12)
    system = builder.build()
    assert (system.row_low[0], system.row_high[0]) == (3, 7)


def test_a_table_reproduces_only_when_every_row_and_bound_holds():
    system = two_cells()
    assert reproduces(system, np.array([3, 9]))
    assert not reproduces(system, np.array([3, 8]))
    assert not reproduces(system, np.array([2, 10]))
    assert not reproduces(system, np.array([12, 0]))


def test_an_insider_knows_its_own_cells_and_shares_the_rest():
    system = two_cells()
    insider = fixed(system, {0: 4})
    assert (insider.lower[0], insider.upper[0]) == (4, 4)
    assert insider.matrix is system.matrix
    assert system.lower[0] == 0


def test_an_insider_who_knows_the_impossible_is_refused_by_name():
    with pytest.raises(Infeasible, match=r"second.*the insider's 10"):
        fixed(two_cells(), {1: 10})


def test_a_fractional_coefficient_and_an_unknown_that_is_not_there_are_refused():
    builder = SystemBuilder()
    x = builder.unknown("x")
    with pytest.raises(ValueError, match="not whole"):
        builder.constrain("half", {x: 0.5}, 0, 1)  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="no unknown 1"):
        builder.constrain("other", {1: 1}, 0, 1)
