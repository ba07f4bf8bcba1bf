"""What the gate is told of the measures holds for the estimates of the sample."""

from __future__ import annotations

import pytest
from measures.random_state import LAST, random_state

from partnerlib.disclosure.protection.sets import definitions
from partnerlib.measures import all_measures, find
from partnerlib.measures.estimation import estimate
from partnerlib.measures.first_jobs import HIRED_WHERE
from partnerlib.measures.populations import POPULATIONS
from partnerlib.measures.relations import relations


def test_every_measure_and_population_is_told_of() -> None:
    told = relations()
    assert set(told.population) == set(told.domain) == set(told.minimum) == set(told.levels) == set(all_measures())
    assert set(told.within) == set(told.rows) == set(told.is_whole) == set(POPULATIONS)
    assert {name for name in told.within.values() if name} <= set(POPULATIONS)


def test_growth_percentiles_and_tests_have_thresholds_of_their_own() -> None:
    told = relations()
    assert told.domain["growth_of_novices"] == "growth"
    assert told.domain["scores_of_host_classrooms"] == "tests"
    assert told.domain["novices_rated_proficient"] == "people"
    assert told.minimum["growth_of_novices"] == 20 and told.minimum["completers_counted"] == 0


def test_what_kind_of_number_a_measure_is_follows_from_what_it_returns() -> None:
    told = relations()
    assert told.levels["new_teacher_outcomes"][0] == "stayer"
    assert "hazard_school" in told.curves and "survival_school" in told.curves
    assert "growth_of_novices" in told.weighted and "placement_distance_mean" not in told.weighted


def test_hired_by_the_host_is_one_set_and_with_elsewhere_and_not_found_everybody_hosted() -> None:
    """Printed under two names, it is one number: whoever reads both, and those hired elsewhere, reads them together."""
    names = ("host_yield_1y", "hosted_and_hired", "completers_counted")
    told = definitions(estimate(random_state(), LAST, [find(name) for name in names]), relations())
    yielded = told[told["measure"] == "host_yield_1y"].iloc[0]
    levels = told[told["measure"] == "hosted_and_hired"].set_index("level")
    assert tuple(levels.index) == HIRED_WHERE and levels["is_partition"].all()
    assert levels["counted"]["host_district"] == yielded["counted"] and levels["counted"].nunique() == 3
    assert set(levels["among"]) == {yielded["among"]}


def test_a_share_of_a_larger_units_people_is_of_another_thing_than_the_states() -> None:
    unlike = {name: entry.unlike_state for name, entry in all_measures().items() if entry.unlike_state}
    assert unlike == {"share_of_beginners": ("partnership", "provider")}


@pytest.mark.parametrize("name", sorted(name for name, found in POPULATIONS.items() if found.within))
def test_a_population_lies_within_another_of_the_same_cohort_and_district(name: str) -> None:
    inner, outer = POPULATIONS[name], POPULATIONS[POPULATIONS[name].within]
    assert inner.name != outer.name
    assert inner.cohort == outer.cohort or outer.name == "teachers"
    assert inner.district == outer.district
