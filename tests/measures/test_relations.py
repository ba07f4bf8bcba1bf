"""What the gate is told of the measures holds for the estimates of the sample."""

from __future__ import annotations

import pytest

from partnerlib.measures import all_measures
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


@pytest.mark.parametrize("name", sorted(name for name, found in POPULATIONS.items() if found.within))
def test_a_population_lies_within_another_of_the_same_cohort_and_district(name: str) -> None:
    inner, outer = POPULATIONS[name], POPULATIONS[POPULATIONS[name].within]
    assert inner.name != outer.name
    assert inner.cohort == outer.cohort or outer.name == "teachers"
    assert inner.district == outer.district
