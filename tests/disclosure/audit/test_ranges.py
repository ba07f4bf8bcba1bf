"""The audit's ranges are exact: they equal what brute force finds, and every claim comes with tables that prove it."""

from __future__ import annotations

import numpy as np
import pytest
from enumeration import all_tables, possible_values

from partnerlib.disclosure.audit.ranges import ranges
from partnerlib.disclosure.audit.system import Infeasible, SystemBuilder, reproduces


def random_system(seed: int):
    """A few unknowns under a few random sums, some of which contradict each other."""
    draw = np.random.default_rng(seed)
    builder = SystemBuilder()
    truth = draw.integers(0, 5, draw.integers(1, 7))
    for number in range(len(truth)):
        builder.unknown(f"unknown {number}", 0, int(draw.integers(4, 7)))
    for row in range(draw.integers(0, 6)):
        columns = draw.choice(len(truth), draw.integers(1, len(truth) + 1), replace=False)
        terms = {int(column): int(draw.choice([1, 1, 1, 1, -1, 2, 3, 5, -3])) for column in columns}
        value = sum(factor * truth[unknown] for unknown, factor in terms.items())
        slack = (0, 0) if draw.random() < 0.5 else draw.integers(0, 4, 2)
        shift = 3 if draw.random() < 0.1 else 0
        builder.constrain(f"row {row}", terms, value - slack[0] + shift, value + slack[1])
    return builder.build()


@pytest.mark.parametrize("seed", range(100))
def test_ranges_of_random_sums_equal_enumeration(seed):
    system = random_system(seed)
    tables = all_tables(system)
    targets = [{unknown: 1} for unknown in range(len(system.names))]
    if len(tables) == 0:
        with pytest.raises(Infeasible):
            ranges(system, targets, enough=0, seconds=10)
        return
    for target, found in zip(targets, ranges(system, targets, enough=0, seconds=10, with_holes=True), strict=True):
        expected = possible_values(tables, target)
        assert (found.minimum, found.maximum, found.values) == (expected[0], expected[-1], len(expected))
        assert reproduces(system, found.low_table) and reproduces(system, found.high_table)
