"""The first district among all: rows worked out by hand, the ladder's terms, and who is left out and told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.choice_sets import choices
from partnerlib.models.conditional_logit import fit_choices
from partnerlib.models.first_district import (
    DISTRICT,
    PLACEMENT,
    district_choices,
    first_district,
    first_district_ladder,
    independence_check,
)
from partnerlib.models.nested_logit import reading_of_independence
from validation.worlds.hiring import districts_chosen

A_DEGREE_NORTH = np.radians(1.0) * 3958.7613
TERMS = ("is_placement_district", "log_miles_from_placement", "log_miles_from_home", "log_teachers")
State = dict[str, pd.DataFrame]


@pytest.fixture
def state() -> State:
    """Three districts one degree apart, a school in each; the third has no coordinates. Four hired completers."""
    organizations = pd.DataFrame(
        [
            ("district", "01", None, 42.0), ("district", "02", None, 43.0), ("district", "03", None, np.nan),
            ("school", "11", "01", 42.0), ("school", "12", "02", 43.0), ("school", "13", "03", np.nan),
            ("provider", "90", None, 41.0),
        ],
        columns=["role", "organization_code", "parent_code", "latitude"],
    ).assign(longitude=-71.0)  # fmt: skip
    careers = pd.DataFrame(
        [("a", "11", "01", True), ("b", "11", "01", False), ("c", "11", "01", False), ("d", "12", "02", True),
         ("e", "13", "03", True)],
        columns=["mepid", "school_code", "district_code", "retained_school"],
    ).assign(school_year=2017, is_teacher=True)  # fmt: skip
    careers["retained_school"] = careers["retained_school"].astype("boolean")
    high_needs = pd.DataFrame(
        {"school_code": ["11", "12"], "school_year": 2017, "high_needs_rate": [0.2, 0.8], "students": [100, 50]}
    )
    hired = pd.DataFrame(
        {
            "candidate_id": ["north", "south", "off the map", "too early"],
            "provider_code": "90",
            "placement_school_code": ["11", "12", "11", "12"],
            "placement_district_code": ["01", "02", "01", "02"],
            "first_job_district_code": ["01", "01", "03", "02"],
            "first_job_year": pd.array([2018, 2018, 2018, 2012], dtype="Int64"),
            "grade_point_average": [3.0, 4.0, np.nan, 3.5],
            "placement_is_high_needs": pd.array([False, True, None, True], dtype="boolean"),
        }
    )
    homes = pd.DataFrame({"candidate_id": ["south"], "latitude": [42.0], "longitude": [-71.0]})
    return {
        "hired": hired, "organizations": organizations, "careers": careers, "high_needs": high_needs, "homes": homes
    }  # fmt: skip


def test_every_hired_completer_stands_in_front_of_every_district_on_the_map(state: State) -> None:
    rows = district_choices(**state).set_index(["candidate_id", "district_code"]).sort_index()
    assert list(rows.index) == [("north", "01"), ("north", "02"), ("south", "01"), ("south", "02")]
    assert rows["is_first_district"].to_list() == [True, False, True, False]
    assert rows["is_placement_district"].to_list() == [1.0, 0.0, 0.0, 1.0]
    assert rows["log_teachers"].to_list() == pytest.approx([np.log(3), 0.0, np.log(3), 0.0])
    assert rows["high_needs_share"].to_list() == [0.2, 0.8, 0.2, 0.8]
    assert (rows["hired_completers"] == 4).all()


def test_distances_are_miles_between_places_and_the_same_everywhere_where_a_home_is_not_known(state: State) -> None:
    rows = district_choices(**state).set_index(["candidate_id", "district_code"]).sort_index()
    one, two = np.log1p(A_DEGREE_NORTH), np.log1p(2 * A_DEGREE_NORTH)
    assert rows["log_miles_from_placement"].to_list() == pytest.approx([0.0, one, one, 0.0], abs=1e-5)
    assert rows["log_miles_from_college"].to_list() == pytest.approx([one, two, one, two])
    assert rows["log_miles_from_home"].to_list() == pytest.approx([0.0, 0.0, 0.0, one], abs=1e-5)
    assert rows["home_is_known"].to_list() == [False, False, True, True]


def test_openings_at_the_placement_school_count_in_its_own_district_alone(state: State) -> None:
    """Two teachers left school 11 over the summer before, nobody left school 12."""
    rows = district_choices(**state).set_index(["candidate_id", "district_code"]).sort_index()
    assert rows[PLACEMENT[1]].to_list() == pytest.approx([np.log(3), 0.0, 0.0, 0.0])


def test_nobody_in_front_of_a_district_is_refused_in_words(state: State) -> None:
    with pytest.raises(DataError, match="none of 1 hired completers started in a district with coordinates"):
        district_choices(**{**state, "hired": state["hired"].iloc[[2]]})
    with pytest.raises(DataError, match="no hired completer has"):
        district_choices(**{**state, "hired": state["hired"].assign(first_job_district_code=None)})
    with pytest.raises(DataError, match="did you mean 'provider_codes'"):
        district_choices(**{**state, "hired": state["hired"].rename(columns={"provider_code": "provider_codes"})})


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return districts_chosen(4, placement=0.9)


def test_it_is_the_conditional_logit_with_errors_by_placement_school(rows: pd.DataFrame) -> None:
    fit = fit_choices(choices(rows, TERMS, "candidate_id", "is_first_district", "placement_school_code"))
    found = first_district(rows, TERMS, "all", "hired_completers-0a")
    assert found.terms["estimate"].to_numpy() == pytest.approx(fit.coefficients)
    assert found.terms["std_error"].to_numpy() == pytest.approx(fit.std_errors)
    assert (found.people, found.n, found.clusters) == (600, 24_000, rows["placement_school_code"].nunique())
    assert found.support is not None
    assert "nobody's preference" in found.estimand


def test_each_step_of_the_ladder_adds_terms_and_keeps_the_people(rows: pd.DataFrame) -> None:
    rng = np.random.default_rng(5)
    more = {name: rng.normal(size=len(rows)) for name in ("log_miles_from_college", *DISTRICT[1:], PLACEMENT[1])}
    more |= {f"high_needs_share x {trait}": rng.normal(size=len(rows)) for trait in ("placed_in_high_needs",)}
    more |= {"high_needs_share x grade_point_average": rng.normal(size=len(rows))}
    steps = first_district_ladder(rows.assign(**more), sample_id="hired_completers-0a")
    assert [len(step.terms) for step in steps] == [1, 4, 6, 9]
    assert {(step.people, step.n) for step in steps} == {(600, 24_000)}
    likelihoods = [step.statistics["log_likelihood"] for step in steps]
    assert likelihoods == sorted(likelihoods)
    pulls = [step["is_placement_district"]["estimate"] for step in steps]
    assert pulls[0] - pulls[1] > 0.5  # placed near home and hired near home: distances take that away


def test_who_is_left_out_and_whose_home_is_not_known_is_told(rows: pd.DataFrame) -> None:
    without = rows.assign(hired_completers=640, home_is_known=rows["candidate_id"] >= 10)
    said = " ".join(first_district(without, TERMS, "all", "hired_completers-0a").cautions)
    assert "40 of 640 hired completers are left out" in said
    assert "10 candidates have no known home town" in said


def test_a_term_that_tells_the_choice_gets_no_number(rows: pd.DataFrame) -> None:
    told = rows.assign(told=rows["is_first_district"].astype(float))
    found = first_district(told, (*TERMS[:1], "told"), "all", "hired_completers-0a")
    assert np.isnan(found["told"]["estimate"])
    assert any("Separation" in sentence and "told" in sentence for sentence in found.cautions)


def test_a_term_that_is_the_same_for_all_districts_is_left_out_and_named(rows: pd.DataFrame) -> None:
    found = first_district(rows.assign(age=30.0), (*TERMS, "age"), "all", "hired_completers-0a")
    assert "age" not in set(found.terms["term"])
    assert any("left out: age" in sentence for sentence in found.cautions)


def test_one_placement_school_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="one placement_school_code only"):
        first_district(rows.assign(placement_school_code="11"), TERMS, "all", "hired_completers-0a")


def test_near_and_far_districts_are_the_nests_of_the_check(rows: pd.DataFrame) -> None:
    fit = independence_check(rows, terms=TERMS)
    assert set(fit.taus()["nest"]) == {"within 25 miles of the practicum", "further away"}
    assert reading_of_independence(fit).startswith("Inclusive values further away")
