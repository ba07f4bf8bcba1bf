"""Teacher data: columns by the layout of the year, each school-year once, ratios only where there are teachers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from published_files import TEACHER_ROWS, collected_teachers, write_lines, write_sheet

from partnerlib import engine
from partnerlib.sources import teacher_data
from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import open_raw

TABLE = "teacher_data_published"


def conformed(path: Path) -> Conformed:
    given = teacher_data.conform(open_raw(path, path.parent))
    assert given.received == given.accepted + given.rejected
    return given


def rows_of(given: Conformed) -> pd.DataFrame:
    return engine.collect(given.tables[TABLE]).set_index("organization_code")


def row(cells: str, year: str = "2018-19", code: int = 95000005, item: str = "a-exp-i1") -> str:
    return f"4.0,4,{item},{year},Alder - School,{code},{cells}"


def test_numbers_lose_their_dress_and_percents_become_shares(tmp_path: Path) -> None:
    rows = rows_of(conformed(collected_teachers(tmp_path, TEACHER_ROWS)))
    assert rows.loc["95000005", ["teacher_fte", "licensed_rate", "student_teacher_ratio", "experienced_rate",
                                 "not_provisional_rate", "in_field_rate"]].tolist() == pytest.approx(
        [20.0, 0.95, 12.5, 0.8, 0.9, 0.85])  # fmt: skip
    assert rows["level"].unique().tolist() == ["school"] and rows["school_year"].unique().tolist() == [2019]


def test_rows_that_stand_twice_under_two_items_count_once(tmp_path: Path) -> None:
    twice = [
        *TEACHER_ROWS,
        *(line.replace("a-exp-i1", "a-exp-i3").replace("4.0,4,", "3.0,3,") for line in TEACHER_ROWS),
    ]
    given = conformed(collected_teachers(tmp_path, twice))
    assert (given.received, given.accepted, given.rejected) == (4, 2, 2)
    assert given.problems["expected"].str.contains("line 2").tolist() == [True, False]
    assert rows_of(given)["teacher_fte"].sum() == pytest.approx(80.5)


def test_early_rows_under_a_later_header_are_read_by_their_own_layout(tmp_path: Path) -> None:
    lines = [row(" 40.0, 95.0, 590, 99.2, 13.4 to 1", "2016-17"), *TEACHER_ROWS]
    given = conformed(collected_teachers(tmp_path, lines))
    early = rows_of(given).query("school_year == 2017").iloc[0]
    assert early[["teacher_fte", "licensed_rate", "student_teacher_ratio"]].tolist() == pytest.approx(
        [40.0, 0.95, 13.4]
    )
    assert early[["experienced_rate", "not_provisional_rate", "in_field_rate"]].isna().all()
    assert given.problems["action"].tolist() == ["flagged"] and "2016-17" in given.problems["found"][0]


def test_a_year_without_the_in_field_column_has_short_rows_and_other_years_have_not(tmp_path: Path) -> None:
    short = " 40.0, 95.0, 13.1 to 1, 81.1, 83.7"
    given = conformed(collected_teachers(tmp_path, [row(short, "2017-18"), row(short, "2020-21"), *TEACHER_ROWS]))
    assert rows_of(given).query("school_year == 2018")["not_provisional_rate"].tolist() == pytest.approx([0.837])
    rejected = given.problems[given.problems["action"] == "rejected"]
    assert rejected[["row", "found"]].values.tolist() == [[3, "11 cells"]] and "2020-21" in rejected["expected"].iloc[0]


def test_a_row_shifted_under_the_header_is_rejected(tmp_path: Path) -> None:
    shifted = row(" 40.0, 95.0, 590, 99.2, 13.4 to 1, ", "2018-19", 95000015)
    given = conformed(collected_teachers(tmp_path, [shifted, *TEACHER_ROWS]))
    assert given.rejected == 1 and "ratio" in given.problems["found"][0]


def test_without_teachers_there_is_no_ratio_and_no_share(tmp_path: Path) -> None:
    lines = [row("0.0, 0.0,N/A,,,"), row("0.1, 100.0,900.0 to 1,100.0,100.0,100.0", code=95000015),
             row(",,,,,", code=95000025), row("9.0,100.0,Infinity,50.0,50.0,50.0", code=95000035)]  # fmt: skip
    given = conformed(collected_teachers(tmp_path, lines))
    rows = rows_of(given)
    assert rows["status"].to_dict() == {"95000005": "not_applicable", "95000015": "reported", "95000025": "missing",
                                        "95000035": "reported"}  # fmt: skip
    assert rows["student_teacher_ratio"].isna().all() and pd.isna(rows.loc["95000005", "licensed_rate"])
    assert given.problems[["row", "column"]].values.tolist() == [[5, "Student/Teacher Ratio"]]


def test_a_percent_over_one_hundred_is_flagged_and_left_out(tmp_path: Path) -> None:
    given = conformed(collected_teachers(tmp_path, [row("9.0,102.5,12.0 to 1,50.0,50.0,50.0")]))
    assert pd.isna(rows_of(given)["licensed_rate"].iloc[0]) and given.problems["found"].tolist() == ["'102.5'"]


def test_the_older_export_takes_its_year_from_the_title(tmp_path: Path) -> None:
    header = ["School Name", "School Code", "Total # of Teachers", "% of Teachers Licensed in Teaching Assignment",
              "Total # of Classes in Core Academic Areas",
              "% of Core Academic Classes Taught by Teachers Who are Highly Qualified",
              "Student / Teacher Ratio"]  # fmt: skip
    cells = ["Alder - School", "95000005", "     111.9", "  87.9", "     582", "  98.5", "  12.7 to 1"]
    given = conformed(write_sheet(tmp_path / "a.xlsx", [["2013-14 Teacher Data - All Teachers"], header, cells]))
    first = rows_of(given).iloc[0]
    assert first[["school_year", "teacher_fte", "student_teacher_ratio"]].tolist() == [2014, 111.9, 12.7]


def test_the_bulk_file_has_state_district_and_school_rows(tmp_path: Path) -> None:
    lines = ["FY_CODE,PARENT_ORG_CODE,ORG_CODE,ORG_NAME,TEACHER_COUNT,LICENSED_PCT,CORE_COUNT,HQ_PCT,STAFF_TEASTU_PCT",
             '2004,00000000,00000000,"State Totals",72.5,93.88,59.1,93.89,13.6',
             "2004,95000000,95000000,Alder Falls,72.5,93.88,59.1,93.89,13.6",
             "2004,95000000,95000005,Brook,70.25,93.88,59.1,93.89,13.6"]  # fmt: skip
    given = conformed(write_lines(tmp_path / "a.csv", lines))
    assert rows_of(given)["level"].tolist() == ["state", "district", "school"]
    assert "state row 72.50 FTE, districts 72.50" in " ".join(given.notes)


def test_program_area_files_are_not_teacher_data(tmp_path: Path) -> None:
    lines = ["School Name,School Code,General Education (#),FTE Count", "Alder - School,95000005,12.5,14"]
    assert not teacher_data.recognise(open_raw(write_lines(tmp_path / "a.csv", lines), tmp_path))
