"""Published teacher figures come out of the real files: one row per school and year, means weighted by FTE."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from figures import ending, numbers_in

from partnerlib.codes import school_year
from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import RawFile

Numbers = Mapping[str, Mapping[str, str]]

RATES = [
    ("T1", "experienced_rate", 0.05), ("T2", "experienced_rate", 0.05), ("T3", "experienced_rate", 0.05),
    ("T4", "experienced_rate", 0.05), ("T5", "experienced_rate", 0.05), ("T6", "licensed_rate", 0.05),
    ("T9", "not_provisional_rate", 0.05), ("T10", "in_field_rate", 0.15),
]  # fmt: skip
"""Number, measure, and the rounding (in points) within which its recipe is said to agree: 'to 0.1' or 'to 0.2'."""


def years_of(numbers: Numbers, key: str) -> list[int]:
    return [school_year(label) for label in numbers[key]["year"].split("/")]


def schools(teachers: pd.DataFrame, numbers: Numbers, key: str, year: int) -> pd.DataFrame:
    rows = teachers[teachers["source_file"].str.endswith(ending(numbers[key]["reproduce_from"]))]
    return rows.query("school_year == @year and level == 'school'")


@pytest.mark.parametrize(("key", "measure", "rounding"), RATES)
def test_mean_over_schools_weighted_by_fte(
    teachers: pd.DataFrame, numbers: Numbers, key: str, measure: str, rounding: float
) -> None:
    years, published = years_of(numbers, key), numbers_in(numbers[key]["published"])
    obtained = numbers_in(numbers[key]["value_obtained"])
    assert len(years) == len(published) == len(obtained)
    for year, figure, value in zip(years, published, obtained, strict=True):
        rows = schools(teachers, numbers, key, year).dropna(subset=[measure, "teacher_fte"])
        mean = 100 * (rows[measure] * rows["teacher_fte"]).sum() / rows["teacher_fte"].sum()
        assert mean == pytest.approx(value, abs=0.006), year
        assert abs(mean - figure) <= rounding + 0.05, year


def test_fte_summed_over_schools_falls_short_by_staff_without_a_school(
    teachers: pd.DataFrame, numbers: Numbers
) -> None:
    row = numbers["T7"]
    for year, figure, value in zip(
        years_of(numbers, "T7"), numbers_in(row["published"]), numbers_in(row["value_obtained"]), strict=True
    ):
        total = schools(teachers, numbers, "T7", year)["teacher_fte"].sum()
        assert total == pytest.approx(value, abs=0.05)
        assert 0 < 1 - total / figure < (0.0151 if year == 2021 else 0.0015)


def test_districts_of_2004_add_up_to_the_state_row(teachers: pd.DataFrame, numbers: Numbers) -> None:
    file = ending(numbers["T11"]["reproduce_from"])
    rows = teachers[teachers["source_file"].str.endswith(file)].query("school_year == 2004")
    figure = numbers_in(numbers["T11"]["published"])[0]
    assert rows.query("level == 'district'")["teacher_fte"].sum() == pytest.approx(figure, abs=0.005)
    assert rows.query("level == 'state'")["teacher_fte"].tolist() == [figure]


def test_each_school_year_counts_once_and_no_row_is_lost(
    teacher_files: list[tuple[RawFile, Conformed]], teachers: pd.DataFrame
) -> None:
    assert not teachers.duplicated(["source_file", "school_year", "organization_code", "level"]).any()
    for raw, given in teacher_files:
        assert given.received == raw.received == given.accepted + given.rejected


def test_no_experience_is_read_from_the_shifted_rows_of_2017(teachers: pd.DataFrame) -> None:
    rows = teachers.query("school_year == 2017")
    assert len(rows) > 1000 and rows["experienced_rate"].isna().all()
    assert rows["student_teacher_ratio"].between(1, 60).sum() > 0.98 * len(rows)
