"""An audit without an answer says so: out of time, out of luck or contradicted, it raises and proves nothing."""

from __future__ import annotations

import numpy as np
import pytest
from enumeration import all_tables
from small_releases import two_way

from partnerlib.disclosure.audit import knowledge
from partnerlib.disclosure.audit.components import components
from partnerlib.disclosure.audit.propagation import propagate
from partnerlib.disclosure.audit.ranges import feasible_table, ranges
from partnerlib.disclosure.audit.solver import Clock
from partnerlib.disclosure.audit.system import SolverGaveUp, System, SystemBuilder
from partnerlib.errors import ReleaseRefused


def market_split(equations: int, unknowns: int) -> System:
    """Cornuejols and Dawande's family: small, dense, and out of any branch and bound's reach."""
    draw = np.random.default_rng(1)
    builder = SystemBuilder()
    bought = [builder.unknown(f"shop {at}", 0, 1) for at in range(unknowns)]
    for row in range(equations):
        coefficients = draw.integers(1, 100, unknowns)
        half = int(coefficients.sum() // 2)
        builder.constrain(f"product {row}", dict(zip(bought, coefficients.tolist(), strict=True)), half, half)
    return builder.build()


@pytest.mark.parametrize("enough", [0, 3])
def test_out_of_time_is_an_error_and_never_a_range(enough):
    with pytest.raises(SolverGaveUp, match="product 0"):
        ranges(market_split(5, 40), [{0: 1}], enough, seconds=0.5)


def test_no_time_at_all_is_an_error():
    with pytest.raises(SolverGaveUp, match="within 0 seconds"):
        feasible_table(market_split(2, 10), seconds=0)


def test_a_solver_without_an_answer_refuses_the_release():
    assert issubclass(SolverGaveUp, ReleaseRefused)
    assert SolverGaveUp("").exit_code == 4


def test_a_table_that_contradicts_what_is_printed_is_never_taken_as_proof():
    system = next(
        system
        for seed in range(50)
        if len(all_tables(system := two_way(np.random.default_rng(seed)).builder.build())) > 3
    )
    component = components(system, *propagate(system))[0]
    known = knowledge.Knowledge(component, [{0: 1}], 3, False, Clock(10))
    known.begin()
    with pytest.raises(RuntimeError, match="internal error"):
        known.learn(known.base + 1)


def test_a_table_at_hand_that_is_not_of_this_release_is_not_used():
    system = next(
        system
        for seed in range(50)
        if len(all_tables(system := two_way(np.random.default_rng(seed)).builder.build())) > 3
    )
    wrong = np.full(len(system.names), 77)
    targets = [{unknown: 1} for unknown in range(len(system.names))]
    with_it = ranges(system, targets, 3, 10, tables=[wrong])
    assert [found.values for found in with_it] == [found.values for found in ranges(system, targets, 3, 10)]
    assert all(found.maximum < 77 for found in with_it)
