"""New teachers are followed from their first job to the first exit; host districts are compared with all others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.models.new_teachers import novice_effects, returners_ladder, spells_of_new_teachers
from partnerlib.models.partnerships import hired_by_host_ladder, host_district_cells

HIRED = pd.DataFrame(
    {
        "candidate_id": ["C1", "C2", "C3", "C4", "C5"],
        "mepid": ["1", "2", "3", "4", "4"],
        "first_job_year": [2015, 2015, 2016, 2016, 2017],
    }
)
# 1 leaves after two years and comes back; 2 is still there; 3 starts in the last October that can tell;
# 4 was a candidate of two providers.
CAREERS = pd.DataFrame(
    [
        ("1", 2015, True), ("1", 2016, False), ("1", 2018, True),
        ("2", 2014, True), ("2", 2015, True), ("2", 2016, True), ("2", 2017, None),
        ("3", 2016, None),
        ("4", 2016, False), ("4", 2017, True),
    ],
    columns=["mepid", "school_year", "retained_state_position"],
).astype({"retained_state_position": "boolean"})  # fmt: skip


def test_a_spell_runs_from_the_first_job_to_the_first_exit_and_a_return_is_no_second_life() -> None:
    spells = spells_of_new_teachers(HIRED, CAREERS).set_index("mepid")
    assert spells.loc["1", ["entry", "duration", "event"]].tolist() == [0, 2, True]


def test_years_before_the_first_job_and_the_october_that_cannot_tell_add_no_time() -> None:
    spells = spells_of_new_teachers(HIRED, CAREERS).set_index("mepid")
    assert spells.loc["2", ["duration", "event"]].tolist() == [2, False]
    assert "3" not in spells.index


def test_someone_with_two_providers_is_followed_once_from_the_earlier_first_job() -> None:
    spells = spells_of_new_teachers(HIRED, CAREERS)
    four = spells[spells["mepid"] == "4"]
    assert four[["candidate_id", "first_job_year", "duration", "event"]].to_numpy().tolist() == [["C4", 2016, 1, True]]


def test_an_aide_who_becomes_a_teacher_has_not_left_teaching() -> None:
    hired = HIRED.assign(first_job_is_teacher=pd.array([True, False, True, True, True], dtype="boolean"))
    assert spells_of_new_teachers(hired, CAREERS)["mepid"].tolist() == ["1", "4"]


def many_careers(people: int = 300, seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Six Octobers each; one in five is away in a year and, half of the time, back in the next."""
    rng = np.random.default_rng(seed)
    away = rng.random((people, 6)) < 0.2
    away[:, 0] = False
    gone = (away & (rng.random((people, 6)) < 0.5)).cumsum(axis=1) > 0
    there = ~away & ~gone
    person, place = np.nonzero(there[:, :5])
    careers = pd.DataFrame({"mepid": person.astype(str), "school_year": 2014 + place, "is_teacher": True})
    careers["outcome"] = np.where(there[person, place + 1], "stayer", "left")
    hired = pd.DataFrame({"mepid": np.arange(people).astype(str), "first_job_year": 2014})
    placed = pd.DataFrame({"placed": rng.random(people) < 0.5, "placement_school_code": np.arange(people) % 40})
    return hired.assign(candidate_id=hired["mepid"]).join(placed), careers


def test_both_rules_for_returners_stand_side_by_side_and_say_which_they_are() -> None:
    hired, careers = many_careers()
    first, again = returners_ladder(hired, careers, exposures=["placed"], sample_id="invented")
    assert (first.people, again.people) == (300, 300)
    unbroken = careers["school_year"] - 2014 == careers.groupby("mepid").cumcount()
    assert first.n == int(unbroken.sum()) < len(careers) == again.n
    assert "not at risk again" in first.estimand and "same career" in again.estimand


def test_novices_are_in_their_first_or_second_year() -> None:
    effects = pd.DataFrame({"mepid": ["2"] * 4, "school_year": [2014, 2015, 2016, 2017], "effect": 0.0})
    assert novice_effects(effects, HIRED)["experience_years"].tolist() == [0, 1]


PLACES = pd.DataFrame(
    {
        "role": ["provider", "district", "district", "district"],
        "organization_code": ["89000001", "95000000", "95010000", "95020000"],
        "latitude": [42.0, 42.0, 42.0, 43.0],
        "longitude": [-71.0, -71.0, -71.5, -71.0],
    }
)


def hired_by(host: str, employers: list[str], first: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "candidate_id": [f"C{first + i}" for i in range(len(employers))],
            "provider_code": "89000001",
            "placement_district_code": host,
            "first_job_district_code": employers,
        }
    )


def test_every_hiring_district_is_an_alternative_and_shares_add_to_one() -> None:
    hired = pd.concat(
        [hired_by("95000000", ["95000000", "95000000", "95010000", "95020000"]), hired_by("95010000", ["95010000"], 9)]
    )
    cells = host_district_cells(hired, PLACES)
    assert len(cells) == 2 * 3
    assert cells.groupby("placement_district_code")["share_hired"].sum().tolist() == [1.0, 1.0]
    host = cells[(cells["placement_district_code"] == "95000000") & cells["is_host"]].iloc[0]
    assert (host["candidates"], host["share_hired"], host["log_distance_miles"]) == (4, 0.5, 0.0)
    far = cells[cells["first_job_district_code"] == "95020000"].iloc[0]
    assert np.expm1(far["log_distance_miles"]) == pytest.approx(69.09, abs=0.1), "one degree of latitude"


def test_the_raw_step_is_the_difference_of_the_means_and_counts_candidates_as_people() -> None:
    hired = pd.concat(
        [
            hired_by("95000000", ["95000000"] * 6 + ["95010000"] * 2 + ["95020000"] * 2),
            hired_by("95010000", ["95010000"] * 5 + ["95000000"] * 3 + ["95020000"] * 2, 10),
            hired_by("95020000", ["95020000"] * 4 + ["95000000"] * 4 + ["95010000"] * 2, 20),
        ]
    )
    raw = hired_by_host_ladder(hired, PLACES, sample_id="invented")[0]
    # The host's share is .6, .5 and .4; the two others split the rest: .2, .25 and .3 each.
    assert raw["is_host"]["estimate"] == pytest.approx(0.5 - 0.25)
    assert raw.people == 30
    assert raw.clusters == 3
