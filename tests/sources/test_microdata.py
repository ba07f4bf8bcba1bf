"""Row-level files: what a cell may say, and what becomes of a row that says something else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from raw_files import HEADERS, Row, write_raw

from partnerlib import engine
from partnerlib.sources import all_sources
from partnerlib.sources.microdata import StagedFile
from partnerlib.sources.reading import open_raw

SOURCES = {source.name: source for source in all_sources()}


def read(folder: Path, layout: str, rows: list[Row], name: str = "", header: list[str] | None = None) -> StagedFile:
    path = write_raw(folder, layout, rows, name, header)
    conformed = SOURCES[layout].conform(open_raw(path, folder))
    assert isinstance(conformed, StagedFile)
    assert conformed.received == conformed.accepted + conformed.rejected == len(rows)
    return conformed


def table(file: StagedFile, name: str) -> pd.DataFrame:
    return engine.collect(file.tables[name])


def only_problem(file: StagedFile) -> pd.Series:
    assert len(file.problems) == 1, file.problems.to_string()
    return file.problems.iloc[0]


@pytest.mark.parametrize(
    ("layout", "column", "written", "action"),
    [
        ("staff_roster", "SR01", "2000001", "rejected"),
        ("staff_roster", "SR07", "02/30/1980", "flagged"),
        ("staff_roster", "SR08", "64", "flagged"),
        ("staff_roster", "SR09", "09", "rejected"),
        ("staff_roster", "SR11", "2010-09-01", "flagged"),
        ("staff_roster", "SY", "2107-18", "rejected"),
        ("staff_roster", "SY", "1917-18", "rejected"),
        ("staff_roster", "PERIOD", "MAR", "rejected"),
        ("work_assignment", "WA07", "teacher", "rejected"),
        ("work_assignment", "WA12", "1.2", "flagged"),
        ("work_assignment", "WA12", "-0.1", "flagged"),
        ("sims", "DOE002", "100000000X", "rejected"),
        ("sims", "DOE019", "7", "flagged"),
        ("sims", "DOE018", "1800", "flagged"),
        ("student_tests", "ESGP", "0", "flagged"),
        ("student_tests", "ETESTSTAT", "Q", "flagged"),
        ("evaluations", "OVERALL_RATING", "NI", "flagged"),
        ("surveys", "READINESS", "Quite ready", "flagged"),
        ("surveys", "ITEM_1", "5", "flagged"),
        ("organization_directory", "LATITUDE", "-71.5", "flagged"),
        ("completers", "GPA", "34", "flagged"),
    ],
)
def test_an_unreadable_cell_is_named_with_its_line(
    tmp_path: Path, layout: str, column: str, written: str, action: str
) -> None:
    problem = only_problem(read(tmp_path, layout, [{column: written}]))
    assert (problem["row"], problem["column"], problem["action"]) == (2, column, action)


def test_an_unreadable_cell_that_is_not_needed_becomes_missing_and_its_row_stays(tmp_path: Path) -> None:
    roster = table(read(tmp_path, "staff_roster", [{"SR07": "02/30/1980", "SR08": "99"}]), "staff_roster")
    assert len(roster) == 1
    assert roster[["birth_date", "race_ethnicity"]].isna().all(axis=None)


def test_what_stands_in_a_personal_cell_is_never_repeated(tmp_path: Path) -> None:
    file = read(tmp_path, "staff_roster", [{"SR01": "1234567", "SR07": "31/12/1979"}])
    assert set(file.problems["found"]) == {"9999999", "99/99/9999"}


def test_a_code_that_lost_its_zeros_is_mended_and_flagged(tmp_path: Path) -> None:
    file = read(tmp_path, "sims", [{"DOE015": "350005"}, {"DOE002": "1000000002", "DOE015": "350005.0"}])
    assert table(file, "students")["school_code"].tolist() == ["00350005", "00350005"]
    assert file.problems["action"].tolist() == ["flagged", "flagged"]


def test_not_applicable_is_missing_and_no_problem(tmp_path: Path) -> None:
    file = read(tmp_path, "staff_roster", [{"SR27": "NA", "SR05": "NMN", "SR03": "00", "SR10": "00"}])
    assert file.problems.empty
    roster = table(file, "staff_roster")
    assert roster[["exit_date", "middle_name", "license_number", "exit_reason"]].isna().all(axis=None)


def test_a_copied_row_is_rejected_and_its_first_place_named(tmp_path: Path) -> None:
    file = read(tmp_path, "sims", [{}, {"DOE002": "1000000002"}, {}])
    problem = only_problem(file)
    assert (problem["row"], problem["found"], problem["action"]) == (4, "a copy of row 2", "rejected")


def test_two_rows_for_one_student_that_differ_name_both_places_and_the_column(tmp_path: Path) -> None:
    file = read(tmp_path, "sims", [{}, {"DOE016": "05"}])
    assert file.problems[["row", "action"]].values.tolist() == [[3, "rejected"], [2, "flagged"]]
    assert "row 2" in file.problems["found"][0] and "another DOE016" in file.problems["found"][0]
    assert table(file, "students")["grade"].tolist() == ["04"]


def test_a_row_of_another_decade_is_rejected_and_one_of_the_year_before_flagged(tmp_path: Path) -> None:
    rows: list[Row] = [{"DOE002": f"{1000000000 + n}"} for n in range(60)]
    rows += [{"DOE002": "2000000000", "SY": "2007-08"}, {"DOE002": "2000000001", "SY": "2016-17"}]
    file = read(tmp_path, "sims", rows)
    assert file.problems[["row", "column", "found", "action"]].values.tolist() == [
        [62, "SY", "2007-08", "rejected"],
        [63, "SY", "2016-17", "flagged"],
    ]


def test_a_file_that_holds_two_whole_years_is_no_problem(tmp_path: Path) -> None:
    rows: list[Row] = [{"DOE002": f"{1000000000 + n}", "SY": year} for n in range(9) for year in ("2007-08", "2017-18")]
    assert read(tmp_path, "sims", rows).problems.empty


def test_columns_in_another_order_are_read_by_name(tmp_path: Path) -> None:
    file = read(tmp_path, "sims", [{}], header=HEADERS["sims"][::-1])
    assert table(file, "students").iloc[0][["sasid", "school_code", "grade"]].tolist() == [
        "1000000001",
        "95000005",
        "04",
    ]


def test_values_moved_under_the_header_are_told_for_the_whole_file(tmp_path: Path) -> None:
    rows: list[Row] = [{"DOE002": f"{1000000000 + n}", "DOE010": "F", "DOE009": "01"} for n in range(20)]
    problems = read(tmp_path, "sims", rows).problems
    whole = problems[problems["row"] == 0].iloc[0]
    assert whole["column"] == "DOE010" and whole["found"] == "20 of 20 rows unreadable"


def test_a_row_with_too_few_cells_is_rejected_with_its_line(tmp_path: Path) -> None:
    path = write_raw(tmp_path, "sims", [{}, {"DOE002": "1000000002"}])
    path.write_text(path.read_text() + "2017-18,OCT,95000000\n")
    file = SOURCES["sims"].conform(open_raw(path, tmp_path))
    assert (file.received, file.accepted, file.rejected) == (3, 2, 1)
    assert file.problems["row"].tolist() == [4]


def test_a_self_contained_class_is_taught_both_tested_subjects(tmp_path: Path) -> None:
    rows: list[Row] = [{"SCS05": "23004"}, {"SCS05": "01001"}, {"SCS05": "04001"}]
    rosters = table(read(tmp_path, "course_schedule", rows), "rosters")
    assert sorted(zip(rosters["course_code"], rosters["subject"], strict=True)) == [
        ("01001", "ela"), ("04001", "other"), ("23004", "ela"), ("23004", "math"),
    ]  # fmt: skip


def test_absent_medically_excused_and_tested_stay_apart(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"SASID": "1000000001", "ETESTSTAT": "NTA", "ESCALEDS": "", "ESGP": ""},
        {"SASID": "1000000002", "ETESTSTAT": "NTM", "ESCALEDS": "", "ESGP": ""},
        {"SASID": "1000000003", "ESGP": ""},
        {"SASID": "1000000004", "ETESTSTAT": "", "ESCALEDS": "", "ESGP": ""},
    ]
    scores = table(read(tmp_path, "student_tests", rows), "scores")
    ela = scores[scores["subject"] == "ela"].sort_values("sasid")
    assert ela["status"].tolist() == ["missing", "not_applicable", "reported"]
    assert ela["scaled_score"].notna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("year", "code", "is_low", "measure"),
    [
        ("2013-14", "02", True, "free_reduced_lunch"),
        ("2014-15", "01", True, "economically_disadvantaged"),
        ("2021-22", "00", False, "low_income"),
    ],
)
def test_the_low_income_measure_is_that_in_force(
    tmp_path: Path, year: str, code: str, is_low: bool, measure: str
) -> None:
    student = table(read(tmp_path, "sims", [{"SY": year, "DOE019": code}]), "students").iloc[0]
    assert (student["is_low_income"], student["low_income_measure"]) == (is_low, measure)


@pytest.mark.parametrize(
    ("program", "field", "grades"),
    [
        ("Elementary 1-6, Initial, Bacc.", "elementary", "1-6"),
        ("Moderate Disabilities PreK-8, Initial, Post-Bacc., Teacher of Record", "moderate_disabilities", "PreK-8"),
        ("English as a Second Language PreK-6, Initial, Bacc.", "english_as_a_second_language", "PreK-6"),
        ("English 8-12, Initial, Bacc.", "english", "8-12"),
        ("Visual Art PreK-8, Initial, Bacc.", "arts", "PreK-8"),
        ("Political Science/Political Philosophy 8-12, Initial, Bacc.", "history", "8-12"),
        ("Physical Education All, Initial, Bacc.", "physical_education", "All"),
        ("Library, Initial, Bacc.", "other", None),
    ],
)
def test_a_program_name_says_field_and_grades(tmp_path: Path, program: str, field: str, grades: str | None) -> None:
    row = table(read(tmp_path, "completers", [{"PROGRAM_NAME": program}]), "completions").iloc[0]
    assert (row["license_field"], row["grade_band"] if grades else None) == (field, grades)


def test_a_large_file_gives_the_same_lines_as_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = [{"DOE002": f"{1000000000 + n}", "DOE003": "x" * 40} for n in range(300)]
    rows[123] = {**rows[123], "DOE010": "77"}
    rows[200] = rows[7]
    small = read(tmp_path, "sims", rows)
    monkeypatch.setattr("partnerlib.sources.reading.LARGE", 1000)
    large = read(tmp_path, "sims", rows)
    pd.testing.assert_frame_equal(small.problems, large.problems)
    pd.testing.assert_frame_equal(table(small, "students"), table(large, "students"))


def test_a_large_file_with_a_broken_row_still_names_the_right_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_raw(tmp_path, "sims", [{"DOE002": f"{1000000000 + n}", "DOE010": "01"} for n in range(200)])
    lines = path.read_text().splitlines()
    lines.insert(50, "2017-18,OCT")
    lines[150] = lines[150].replace("1000000148", "148")
    path.write_text("\n".join(lines) + "\n")
    monkeypatch.setattr("partnerlib.sources.reading.LARGE", 1000)
    file = SOURCES["sims"].conform(open_raw(path, tmp_path))
    assert file.problems.sort_values("row")[["row", "column"]].values.tolist() == [[51, ""], [151, "DOE002"]]
    assert (file.received, file.accepted, file.rejected) == (201, 199, 2)
