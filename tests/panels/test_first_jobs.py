from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from small_state import ELM, NORTH, OAK, SHORE, SOUTH

from partnerlib.panels import HighNeedsRule, Panels, load_panels
from partnerlib.panels.teaching import grade_span, matches_license

EMPLOYED = ["employed_first_october", "employed_within_2_years", "employed_within_3_years"]


def test_every_candidate_with_a_placement_or_completion_is_one_row(first_jobs: pd.DataFrame) -> None:
    assert len(first_jobs) == 10 and first_jobs.index.is_unique


def test_hired_in_the_placement_district_is_not_hired_in_the_placement_school(first_jobs: pd.DataFrame) -> None:
    row = first_jobs.loc["same_district"]
    assert (row["placement_school_code"], row["first_job_school_code"]) == (ELM, OAK)
    assert row["first_job_district_code"] == row["placement_district_code"] == NORTH
    assert row["hired_in_placement_district"] and not row["hired_in_placement_school"]
    assert row["years_to_hire"] == 0 and row["first_job_year"] == 2015


def test_hired_in_the_placement_school(first_jobs: pd.DataFrame) -> None:
    row = first_jobs.loc["same_school"]
    assert row["hired_in_placement_school"] and row["first_job_distance_miles"] == pytest.approx(0)
    assert row["same_grade_level"] and row["same_grade"]


def test_a_teacher_of_record_starts_counting_after_completion(first_jobs: pd.DataFrame) -> None:
    row = first_jobs.loc["of_record"]
    # At work in October 2015 (school year 2016) already; completed in spring 2016.
    assert row["is_practicum_equivalent"] and row["first_job_year"] == 2017 and row["years_to_hire"] == 0


def test_a_person_of_two_providers_is_a_candidate_of_each(first_jobs: pd.DataFrame) -> None:
    both = first_jobs.loc[["first_provider", "second_provider"]]
    assert both["mepid"].nunique() == 1
    assert list(both["first_job_year"]) == [2016, 2018]
    assert both["first_job_school_code"].eq(SHORE).all()


def test_not_found_is_kept_apart_from_not_yet_observable(first_jobs: pd.DataFrame) -> None:
    unlinked, newest = first_jobs.loc["unlinked"], first_jobs.loc["newest"]
    assert not unlinked["is_linked"] and unlinked["link_method"] == "unmatched"
    assert list(unlinked[EMPLOYED[:2]]) == [False, False] and pd.isna(unlinked[EMPLOYED[2]])
    assert newest[EMPLOYED].isna().all()


def test_who_has_not_completed_has_no_first_job(first_jobs: pd.DataFrame) -> None:
    row = first_jobs.loc["not_completed"]
    assert not row["is_completer"] and row["placement_school_code"] == OAK
    assert row[["first_job_year", "ever_employed_by_report", *EMPLOYED]].isna().all()


def test_ever_employed_counts_the_end_of_year_collection(first_jobs: pd.DataFrame) -> None:
    row = first_jobs.loc["spring_hire"]
    assert row["ever_employed_by_report"] and not row["employed_first_october"]
    assert pd.isna(row["first_job_year"]) and pd.isna(row["employed_within_2_years"])


def test_as_of_decides_what_a_report_year_could_know(world: Path) -> None:
    then = load_panels(world, as_of=2017).first_jobs.set_index("candidate_id")
    assert not then.loc["spring_hire", "ever_employed_by_report"]
    assert "newest" not in then.index
    assert then["first_job_year"].max() <= 2017


def test_a_first_job_as_an_aide_is_told_from_a_first_job_as_a_teacher(first_jobs: pd.DataFrame) -> None:
    row = first_jobs.loc["aide_first"]
    assert row["first_job_year"] == 2016 and not row["first_job_is_teacher"]
    assert row["first_teaching_year"] == 2017


def test_a_practitioner_needs_three_years_and_a_proficient_rating_before(first_jobs: pd.DataFrame) -> None:
    # The host was hired in 2005, is rated Proficient in 2015 and Needs Improvement in 2016.
    assert first_jobs.loc["aide_first", "practitioner_experience"] == 1
    assert pd.isna(first_jobs.loc["same_school", "practitioner_is_eligible"])  # no rating before 2014
    assert first_jobs.loc["unlinked", "practitioner_is_eligible"]
    assert not first_jobs.loc["not_completed", "practitioner_is_eligible"]


def test_distance_from_the_provider_is_in_miles(first_jobs: pd.DataFrame) -> None:
    # A tenth of a degree of latitude is 6.9 miles everywhere.
    assert first_jobs.loc["same_school", "placement_distance_miles"] == pytest.approx(6.909, abs=0.01)
    assert pd.isna(first_jobs.loc["newest", "placement_distance_miles"])


def test_the_top_quartile_school_of_the_year_is_high_needs(panels: Panels, first_jobs: pd.DataFrame) -> None:
    shares = panels.high_needs.set_index(["school_code", "school_year"])
    assert shares.loc[(OAK, 2017), "high_needs_rate"] == 0.5 and shares.loc[(OAK, 2017), "is_high_needs"]
    assert not shares.loc[(SHORE, 2017), "is_high_needs"]
    assert first_jobs.loc["not_completed", "placement_is_high_needs"]
    assert pd.isna(first_jobs.loc["same_school", "placement_is_high_needs"])  # no students known in 2014
    assert not first_jobs.loc["of_record", "first_job_is_high_needs"]


def test_high_needs_is_a_parameter(world: Path) -> None:
    strict = load_panels(world, high_needs=HighNeedsRule("threshold", 0.6))
    assert not strict.high_needs["is_high_needs"].any()


def test_a_practitioner_teaches_in_the_field_of_the_licence(first_jobs: pd.DataFrame) -> None:
    assert first_jobs.loc["same_school", "placement_field_matches"]  # self-contained grade 3 for Elementary 1-6
    assert first_jobs.loc["same_school", "placement_grade"] == "03"


def test_field_and_grade_must_both_fall_under_the_licence() -> None:
    cases = pd.DataFrame(
        [
            ("mathematics", "5-8", "02", "07", True),
            ("mathematics", "5-8", "02", "09", False),
            ("mathematics", "5-8", "01", "07", False),
            ("moderate_disabilities", "PreK-8", "01", "K", True),
            ("mathematics", "5-8", None, None, None),
        ],
        columns=["field", "band", "course", "grade", "expected"],
    )
    judged = matches_license(cases["field"], cases["band"], cases["course"], cases["grade"])
    assert [None if pd.isna(answer) else bool(answer) for answer in judged] == list(cases["expected"])


@pytest.mark.parametrize(("band", "grades"), [("PreK-2", 4), ("1-6", 6), ("8-12", 5), ("All", 14), ("0102", 2)])
def test_grade_bands_as_licences_write_them(band: str, grades: int) -> None:
    assert len(grade_span(band)) == grades


def test_a_candidate_in_the_south_works_in_the_south(first_jobs: pd.DataFrame) -> None:
    assert first_jobs.loc["of_record", "first_job_district_code"] == SOUTH


def test_an_earlier_report_does_not_know_whom_a_later_collection_finds(world: Path) -> None:
    """Someone first on file in spring 2018 was nobody the report of 2017 could link to."""
    then = load_panels(world, as_of=2017).first_jobs.set_index("candidate_id").loc["spring_hire"]
    assert not then["is_linked"] and pd.isna(then["mepid"]) and then["link_method"] == "unmatched"
    now = load_panels(world).first_jobs.set_index("candidate_id").loc["spring_hire"]
    assert now["is_linked"] and now["link_method"] == "mepid"


def test_before_anyone_is_hired_there_are_panels_all_the_same(world: Path) -> None:
    first = load_panels(world, as_of=2014)
    assert first.first_jobs["first_job_year"].isna().all() and len(first.first_jobs)
