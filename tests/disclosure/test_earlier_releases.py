"""Two releases that are safe one by one and not together: the attacker reads both, and the gate withholds more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "leaks"))

import leaky_state as state
from planted_cells import POLICY, at, printed, released
from planted_releases import COUNTED, aggregates_of_both, attacked_beside, entered, last_year

from partnerlib.disclosure.audit.earlier import beside
from partnerlib.disclosure.releasing import pass_gate


def test_each_release_alone_is_safe_and_both_together_are_not() -> None:
    alone = attacked_beside(last_year(), only_totals=True)
    assert attacked_beside().exposed == () and alone.exposed == () and alone.already == ()
    found = attacked_beside(last_year()).exposed
    assert any(f"provider:{unit}, 2017" in said for said in found for unit in state.SMALL_PROVIDERS)


def test_the_gate_withholds_more_beside_an_earlier_release_until_nobody_is_exposed() -> None:
    passed = pass_gate(aggregates_of_both(), POLICY, state.Relations(), True, [last_year()])
    assert passed.exposed == () and passed.earlier["sets joined"] == 1
    assert passed.cells["withheld"].sum() > released(COUNTED).cells["withheld"].sum()


@pytest.mark.parametrize("change", ["the same people", "a record more"])
def test_a_set_that_changed_since_is_compared_and_one_that_did_not_is_joined(change: str) -> None:
    before, now = last_year(), released(COUNTED)
    more = 0 if change == "the same people" else 12
    numbers = ("value", "value_low", "value_high", "n", "n_low", "n_high")
    cells = before.cells.assign(**{name: before.cells[name] + more for name in numbers})
    earlier = last_year(**{name: cells[name] for name in numbers})
    found = beside(now.cells, now.definitions, aggregates_of_both().frame, [earlier])
    assert (found.joined, found.compared) == ((COUNTED, ()) if not more else ((), COUNTED))
    assert len(found.cells) == (not more)


def test_numbers_of_cohorts_nobody_counts_now_are_left_out() -> None:
    now, before = released(COUNTED), last_year(cohort=2009)
    assert beside(now.cells, now.definitions, aggregates_of_both().frame, [before]).cells.empty


def test_what_an_earlier_release_gave_away_is_named_and_refused_no_more() -> None:
    """Last year printed three people of a small provider: nothing printed now can make that worse, or undo it."""
    small = {"unit_code": state.SMALL_PROVIDERS[0], "cohort": 2017, "window_years": 1}
    cells = released(COUNTED).cells
    is_here = at(cells, **small)
    before = entered(printed(cells, COUNTED, is_here)[is_here].assign(report_year=state.YEAR - 1))
    told: list[str] = []
    passed = pass_gate(aggregates_of_both(), POLICY, state.Relations(), True, [before], progress=told.append)
    assert passed.exposed == () and len(passed.already) > 0
    assert all(f"provider:{state.SMALL_PROVIDERS[0]}, 2017" in given for given in passed.already)
    assert [line for line in told if passed.already[0] in line]
    assert set(attacked_beside(before).already) >= set(passed.already)
