"""What the build works out from several rows or files: candidates, placements, educators, needs, standard scores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from raw_files import DIRECTORY, Row, write_raw

from partnerlib.build import build
from partnerlib.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    write_raw(tmp_path / "raw", "organization_directory", DIRECTORY)
    return Project(tmp_path, tmp_path / "raw", tmp_path / "processed", tmp_path / "out")


def built(project: Project, name: str) -> pd.DataFrame:
    build(project)
    return pd.read_parquet(project.processed / f"{name}.parquet")


def test_a_completer_and_a_cap_row_with_one_email_are_one_candidate(project: Project) -> None:
    write_raw(project.raw, "completers", [{"EMAIL": "ADA@birch.example", "MEPID": ""}])
    write_raw(project.raw, "cap", [{"CAND_EMAIL": "ada@birch.example"}])
    (candidate,) = built(project, "candidates").itertuples()
    assert (candidate.email, candidate.reported_mepid, candidate.is_completer) == (
        "ada@birch.example",
        "10000001",
        True,
    )
    assert candidate.birth_date is not None


def test_without_email_the_mepid_and_then_the_name_find_the_candidate(project: Project) -> None:
    write_raw(project.raw, "completers", [
        {}, {"SY": "2018-19", "EMAIL": ""}, {"SY": "2019-20", "EMAIL": "", "MEPID": ""},
    ], "all.csv")  # fmt: skip
    assert len(built(project, "candidates")) == 1
    completions = pd.read_parquet(project.processed / "completions.parquet")
    assert completions["completion_year"].tolist() == [2018, 2019, 2020]
    assert completions["candidate_id"].nunique() == 1


def test_two_people_of_one_name_stay_two(project: Project) -> None:
    write_raw(project.raw, "completers", [
        {"EMAIL": "a@birch.example", "MEPID": "10000001"}, {"EMAIL": "b@birch.example", "MEPID": "10000002"},
        {"EMAIL": "", "MEPID": "", "SY": "2018-19"},
    ], "all.csv")  # fmt: skip
    assert len(built(project, "candidates")) == 3


def test_a_candidate_of_two_providers_is_two_candidates(project: Project) -> None:
    write_raw(project.raw, "completers", [{}, {"SO_CODE": "89000002"}])
    assert len(built(project, "candidates")) == 2


def test_rows_found_to_be_one_candidate_are_checked_for_duplicates_again(project: Project) -> None:
    write_raw(project.raw, "completers", [{}, {"EMAIL": ""}])
    completions = built(project, "completions")
    rejects = pd.read_parquet(project.processed / "rejects.parquet")
    assert len(completions) == 1
    assert rejects.loc[rejects["action"] == "rejected", "row"].tolist() == [3]


def test_the_mepid_of_a_candidate_is_the_well_formed_one_most_rows_report(project: Project) -> None:
    write_raw(project.raw, "completers", [{"MEPID": "1000000"}])
    write_raw(project.raw, "cap", [{"CAND_MEPID": "10000001"}])
    assert built(project, "candidates")["reported_mepid"].tolist() == ["10000001"]


def test_two_programs_in_one_year_are_two_completions(project: Project) -> None:
    write_raw(project.raw, "completers", [{}, {"PROGRAM_NAME": "Mathematics 5-8, Initial, Bacc."}])
    assert len(built(project, "completions")) == 2


def test_a_place_written_as_an_alias_gets_its_code_and_says_how(project: Project) -> None:
    write_raw(project.raw, "organization_aliases", [{}])
    write_raw(project.raw, "cap", [{"PRACT_SCHOOL_NAME": "The Brook School"}])
    (placement,) = built(project, "placements").itertuples()
    assert (placement.placement_school_code, placement.place_match) == ("95000005", "alias")
    assert placement.placement_district_code == "95000000"
    assert (placement.formative_mean, placement.summative_mean) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("column", "written", "advice"),
    [
        ("PRACT_DISTRICT_NAME", "Adler Falls", "nearest is 'Alder Falls'"),
        ("PRACT_SCHOOL_NAME", "Brok Elementary School", "nearest is 'Brook Elementary School'"),
        ("ORGANIZATION_NM", "Qqq", "none is near"),
    ],
)
def test_an_unknown_place_rejects_the_row_and_suggests_the_nearest(
    project: Project, column: str, written: str, advice: str
) -> None:
    write_raw(project.raw, "cap", [{}, {column: written, "CAND_EMAIL": "b@birch.example"}])
    assert len(built(project, "placements")) == 1
    (problem,) = pd.read_parquet(project.processed / "rejects.parquet").itertuples()
    assert (problem.row, problem.column, problem.found, problem.action) == (3, column, written, "rejected")
    assert advice in problem.expected


def test_every_rating_of_a_placement_is_kept(project: Project) -> None:
    write_raw(project.raw, "cap", [{"S4A1C": "Exemplary", "F1A4Q": ""}])
    ratings = built(project, "cap_ratings")
    assert len(ratings) == 35
    best = ratings[ratings["rating"] == 4]
    assert best[["phase", "element", "dimension"]].values.tolist() == [["summative", "4A1", "consistency"]]


def test_a_teacher_of_record_is_placed_where_employed(project: Project) -> None:
    program = "Elementary 1-6, Initial, Post-Bacc., Teacher of Record"
    write_raw(project.raw, "cap", [{}, {"PROGRAM_NAME": program}])
    assert built(project, "placements")["is_practicum_equivalent"].tolist() == [False, True]


def test_someone_in_two_districts_is_counted_where_most_of_the_work_is(project: Project) -> None:
    write_raw(project.raw, "staff_roster", [{}, {"DIST_CODE": "95010000"}, {"DIST_CODE": "95020000", "SR09": "04"}])
    write_raw(project.raw, "work_assignment", [
        {"WA12": "0.2"}, {"DIST_CODE": "95010000", "WA06": "95010005", "WA12": "0.8"},
        {"DIST_CODE": "95020000", "WA06": "95020005", "WA12": "1.0"},
    ])  # fmt: skip
    (educator,) = built(project, "educators").itertuples()
    assert (educator.district_code, educator.district_count, educator.is_working) == ("95010000", 2, True)


def test_someone_who_left_is_on_file_and_not_working(project: Project) -> None:
    write_raw(project.raw, "staff_roster", [{"SR09": "04", "SR10": "02", "SR27": "06/30/2017"}])
    (educator,) = built(project, "educators").itertuples()
    assert (educator.is_working, educator.district_count, educator.exit_reason) == (False, 0, "02")


def test_an_english_learner_is_high_needs_for_two_more_years(project: Project) -> None:
    years = ["2014-15", "2015-16", "2016-17", "2017-18"]
    rows: list[Row] = [{"SY": year, "DOE025": "01" if year == "2014-15" else "00"} for year in years]
    write_raw(project.raw, "sims", rows)
    assert built(project, "students")["is_high_needs"].tolist() == [True, True, True, False]


def test_low_income_or_disability_is_high_needs(project: Project) -> None:
    write_raw(project.raw, "sims", [
        {"DOE002": "1000000001", "DOE019": "01"}, {"DOE002": "1000000002", "DOE034": "10"}, {"DOE002": "1000000003"},
    ])  # fmt: skip
    assert built(project, "students")["is_high_needs"].tolist() == [True, True, False]


def test_a_standard_score_is_in_deviations_of_its_year_grade_and_subject(project: Project) -> None:
    rows: list[Row] = [
        {"SASID": f"{1000000005 + n}", "ESCALEDS": str(500 + 10 * n), "MSCALEDS": str(450 + 20 * n)} for n in (-1, 1)
    ]
    write_raw(project.raw, "student_tests", [*rows, {"SASID": "1000000009", "GRADE": "05", "ESCALEDS": "530"}])
    scores = built(project, "scores")
    fourth = scores[scores["grade"] == "04"]
    assert fourth["standard_score"].tolist() == [-1.0, -1.0, 1.0, 1.0]
    assert scores.loc[scores["grade"] == "05", "standard_score"].isna().all()
