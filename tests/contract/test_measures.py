"""One contract for every measure: it says what it means, its hand-computed example comes out, its totals reconcile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from contract.measure_examples import EXAMPLES
from measures.invented import invented
from measures.random_state import LAST, random_state

from partnerlib.errors import DataError
from partnerlib.measures import all_measures, explain, measures_page
from partnerlib.measures.estimates import COLUMNS, CONTRIBUTIONS, KEY
from partnerlib.measures.estimation import estimate
from partnerlib.measures.evidence import Evidence
from partnerlib.measures.populations import POPULATIONS
from partnerlib.measures.registry import Measure

MEASURES = all_measures()
NUMBERS = ["numerator", "denominator", "people", "value", "low", "high", *CONTRIBUTIONS]


@pytest.fixture(scope="module")
def state() -> Evidence:
    return random_state()


@pytest.fixture(scope="module")
def estimates(state: Evidence) -> pd.DataFrame:
    return estimate(state, LAST, MEASURES.values())


@pytest.mark.parametrize("entry", MEASURES.values(), ids=MEASURES)
def test_a_measure_says_what_it_means_and_where_it_comes_from(entry: Measure) -> None:
    assert entry.summary.endswith("."), "the first line is a sentence an agency reader understands"
    assert {"Formula", "Source"} <= set(entry.sections)
    assert all(line in explain(entry.name) for line in entry.sections["Formula"].splitlines())
    assert entry.informs and entry.unit and entry.sample in POPULATIONS
    assert "{" not in entry.text + entry.title + entry.name, "a template was not filled in"
    assert entry.name in measures_page()


@pytest.mark.parametrize("name", MEASURES)
def test_the_hand_computed_example_comes_out(name: str) -> None:
    assert name in EXAMPLES, f"measure {name} has no example: add six rows to tests/contract/measure_examples.py"
    example = EXAMPLES[name]
    found = estimate(example.evidence, example.evidence.school_years[1], [MEASURES[name]], windows=[1])
    of_state = found.loc[(found["unit_kind"] == "state") & (found["cohort"] == example.cohort)].set_index("group_value")
    for group, (numerator, denominator, value) in example.expected.items():
        row = of_state.loc[group]
        assert row["denominator"] == pytest.approx(denominator)
        assert row["numerator"] == pytest.approx(numerator if numerator is not None else np.nan, nan_ok=True)
        assert row["value"] == pytest.approx(value if value is not None else np.nan, nan_ok=True, abs=1e-12)


def test_every_example_belongs_to_a_measure() -> None:
    assert set(EXAMPLES) == set(MEASURES)


def test_the_state_gives_every_measure_a_number(estimates: pd.DataFrame) -> None:
    """Guards the tests below: a measure without numbers would pass them all."""
    numbered = estimates.loc[estimates["status"].isin(["reported", "zero"]) & (estimates["unit_kind"] == "state")]
    assert set(numbered["measure"]) == set(MEASURES)
    assert list(estimates.columns) == list(COLUMNS)


@pytest.mark.parametrize("name", ["candidates_placed", "ever_employed", "share_of_beginners", "ready_candidate"])
def test_evidence_of_one_kind_only_is_no_error_for_the_other_measures(name: str) -> None:
    found = estimate(EXAMPLES[name].evidence, EXAMPLES[name].evidence.school_years[1], MEASURES.values())
    assert name in set(found["measure"])


def test_no_evidence_at_all_is_an_empty_table() -> None:
    found = estimate(invented(), 2019, MEASURES.values())
    assert found.empty and list(found.columns) == list(COLUMNS)


def test_row_order_does_not_matter(state: Evidence, estimates: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)

    def shuffled(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.iloc[rng.permutation(len(rows))]

    assert state.teacher_effects is not None
    mixed = _changed(state, shuffled, teacher_effects=shuffled(state.teacher_effects))
    again = estimate(mixed, LAST, MEASURES.values()).sort_values(list(KEY), ignore_index=True)
    expected = estimates.sort_values(list(KEY), ignore_index=True)
    pd.testing.assert_frame_equal(again, expected, rtol=1e-9, atol=1e-9)


def _changed(state: Evidence, change: Callable[[pd.DataFrame], pd.DataFrame], **more: pd.DataFrame) -> Evidence:
    return replace(
        state,
        first_jobs=change(state.first_jobs),
        careers=change(state.careers),
        retention=lambda years: change(state.retention(years)),
        classroom_means=lambda: change(state.classroom_means()),
        evaluations=lambda: change(state.evaluations()),
        survey_responses=lambda: change(state.survey_responses()),
        **more,
    )


@pytest.fixture(scope="module")
def small_state() -> Evidence:
    return random_state(people=120)


@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("panel", ["first_jobs", "careers", "classroom_means", "evaluations", "survey_responses"])
def test_a_row_given_twice_is_refused_or_counted_once(small_state: Evidence, name: str, panel: str) -> None:
    def doubled(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([rows, rows], ignore_index=True)

    given = getattr(small_state, panel)
    twice = replace(
        small_state, **{panel: doubled(given) if isinstance(given, pd.DataFrame) else lambda: doubled(given())}
    )
    key = list(POPULATIONS[name].key)
    once = POPULATIONS[name].frame(small_state)
    try:
        rows = POPULATIONS[name].frame(twice)
    except DataError:
        return
    pd.testing.assert_frame_equal(
        rows.sort_values(key, ignore_index=True), once.sort_values(key, ignore_index=True), check_dtype=False
    )


def test_every_population_refuses_a_panel_with_a_row_twice(state: Evidence) -> None:
    jobs = pd.concat([state.first_jobs, state.first_jobs.tail(1)], ignore_index=True)
    with pytest.raises(DataError, match="repeat candidate_id"):
        estimate(replace(state, first_jobs=jobs), LAST, [MEASURES["candidates_placed"]])


@pytest.mark.parametrize("kind", ["provider", "district"])
def test_numerators_of_units_that_share_nobody_add_up_to_the_state(estimates: pd.DataFrame, kind: str) -> None:
    additive = [name for name, entry in MEASURES.items() if entry.is_additive and kind in entry.unit]
    counted = estimates.loc[estimates["measure"].isin(additive) & (estimates["group"] == "")]
    counted = counted.loc[counted["statistic"].isin(["rate", "count"])]
    by = ["measure", "cohort", "window_years"]
    units = counted.loc[counted["unit_kind"] == kind].groupby(by)[["numerator", "denominator"]].sum()
    whole = counted.loc[counted["unit_kind"] == "state"].set_index(by)[["numerator", "denominator"]].fillna(0)
    assert len(units) > 100
    pd.testing.assert_frame_equal(units, whole.loc[units.index], check_dtype=False)


def test_the_state_has_at_least_the_people_of_every_unit(estimates: pd.DataFrame) -> None:
    at = ["measure", "cohort", "window_years", "group", "group_value"]
    state = estimates.loc[estimates["unit_kind"] == "state", [*at, "people"]]
    units = estimates.loc[estimates["unit_kind"] != "state"].merge(state, on=at, suffixes=("", "_of_state"))
    assert len(units) > 1000
    # A unit's curve that has come down to nobody rests on its last people; the state's may go on with fewer.
    is_ended = units["measure"].str.startswith("survival") & (units["value"] == 0)
    too_many = units.loc[(units["people"] > units["people_of_state"]) & ~is_ended]
    assert too_many.empty, too_many["measure"].unique()


def test_three_years_pooled_are_the_sum_of_their_cohorts(estimates: pd.DataFrame) -> None:
    curves = estimates["measure"].str.startswith("survival")
    rates = estimates.loc[(estimates["statistic"] == "rate") & ~curves & (estimates["unit_kind"] != "partnership")]
    at = ["measure", "unit_kind", "unit_code", "group", "group_value", "cohort"]
    single = rates.loc[rates["window_years"] == 1]
    later = [single.assign(cohort=single["cohort"] + shift) for shift in range(3)]
    summed = pd.concat(later).groupby(at)[["numerator", "denominator"]].sum()
    pooled = rates.loc[rates["window_years"] == 3].set_index(at)[["numerator", "denominator"]].fillna(0)
    assert len(pooled) > 1000
    pd.testing.assert_frame_equal(pooled, summed.loc[pooled.index], check_dtype=False)


def test_no_number_without_its_denominator_and_no_gap_without_its_reason(estimates: pd.DataFrame) -> None:
    numbered = estimates["value"].notna()
    is_count = estimates["statistic"] == "count"
    assert (estimates.loc[numbered & ~is_count, "denominator"] > 0).all()
    assert (estimates.loc[numbered & ~is_count, "people"] > 0).all()
    assert set(estimates.loc[~numbered, "status"]) == {"not_applicable", "not_yet_observed"}
    assert estimates.loc[~numbered, NUMBERS].drop(columns=["denominator", "people"]).isna().all(axis=None)


def test_a_cohort_too_young_is_not_yet_observed(estimates: pd.DataFrame) -> None:
    """For every measure that must wait, the newest cohort of the state says so and the oldest has a number."""
    for name, entry in MEASURES.items():
        if entry.horizon == 0:
            continue
        rows = estimates.loc[
            (estimates["measure"] == name) & (estimates["unit_kind"] == "state") & (estimates["window_years"] == 1)
        ]
        young = rows["cohort"] + entry.horizon > LAST
        assert young.any() and set(rows.loc[young, "status"]) == {"not_yet_observed"}, name
        assert rows.loc[~young, "value"].notna().any(), name


@pytest.mark.parametrize("prefix", ["new_teacher_outcomes", "teacher_outcomes", "ratings_of_novices", "readiness_"])
def test_shares_of_exclusive_outcomes_add_to_one(estimates: pd.DataFrame, prefix: str) -> None:
    rows = estimates.loc[estimates["measure"].str.startswith(prefix) & (estimates["unit_kind"] == "state")]
    rows = rows.loc[~rows["group"].str.contains(" x ") & rows["value"].notna()]
    totals = rows.groupby(["measure", "cohort", "window_years"])["value"].sum()
    assert len(totals) and totals.to_numpy() == pytest.approx(1)


def test_the_official_rate_is_asked_only_of_cohorts_that_could_have_had_a_year() -> None:
    """Completers of the year before the report are in the denominator and cannot be in the numerator."""
    young = invented(
        first_jobs="""
candidate_id mepid completion_year first_job_year ever_employed_by_report
a            11    2018            2019           T
b            12    2017            2018           T
""",
        careers="""
mepid school_year
11    2019
12    2018
12    2019
""",
    )
    found = estimate(young, 2019, [MEASURES["official_retention_from_2019"]])
    of_state = found.loc[found["unit_kind"] == "state"].set_index(["cohort", "window_years"])
    assert of_state.loc[(2018, 1), "status"] == "not_yet_observed"
    assert of_state.loc[(2018, 3), ["numerator", "denominator"]].tolist() == [1, 1]


@pytest.mark.parametrize("name", ["hired_in_placement_school", "hired_in_placement_district", "hired_near_placement"])
def test_a_number_without_a_fixed_horizon_says_so(name: str) -> None:
    """Of two completers of a year, one is found at once and one a year later: later reports count both."""
    jobs = "candidate_id completion_year first_job_year\na 2017 2018\n"
    near = {"hired_in_placement_school": True, "hired_in_placement_district": True, "first_job_distance_miles": 1.0}
    counted = []
    for text in (jobs, jobs + "b 2017 2019\n"):
        found = estimate(invented(text, **near), 2019, [MEASURES[name]], windows=[1])
        counted.append(found.loc[(found["unit_kind"] == "state") & (found["cohort"] == 2017), "denominator"].item())
    assert counted == [1, 2]
    assert "first found at work years later" in MEASURES[name].sections["Caution"]
