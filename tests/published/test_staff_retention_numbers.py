"""Published retention figures come out of the real files, each at its own level and at no other."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from figures import ending, numbers_in

from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import RawFile

Numbers = Mapping[str, Mapping[str, str]]


def summed(rows: pd.DataFrame) -> list[float]:
    base, kept = int(rows["base_count"].sum()), int(rows["retained_count"].sum())
    return [base, kept, round(100 * kept / base, 1)]


def of_file(rows: pd.DataFrame, numbers: Numbers, key: str) -> pd.DataFrame:
    return rows[rows["source_file"].str.endswith(ending(numbers[key]["reproduce_from"]))]


@pytest.mark.parametrize(("key", "role"), [("R1", "teacher"), ("R3", "principal")])
def test_school_rows_add_up_to_the_school_rollup_of_2012(
    retention: pd.DataFrame, numbers: Numbers, key: str, role: str
) -> None:
    rows = of_file(retention, numbers, key).query("role == @role and school_year == 2012")
    published = numbers_in(numbers[key]["published"])
    assert summed(rows[rows["level"] == "school"]) == published
    assert summed(rows[rows["level"] == "state_school_rollup"]) == published


def test_the_second_state_row_of_2012_is_the_unduplicated_total(retention: pd.DataFrame, numbers: Numbers) -> None:
    rows = of_file(retention, numbers, "R1").query("role == 'teacher' and level == 'state_unduplicated'")
    stated = numbers["R1"]["remark"].split("(")[1].split(")")[0]
    assert summed(rows) == numbers_in(stated)


@pytest.mark.parametrize(("key", "year"), [("R5", 2020), ("R6", 2021)])
def test_school_rows_do_not_give_the_other_state_rates(
    retention: pd.DataFrame, numbers: Numbers, key: str, year: int
) -> None:
    rows = of_file(retention, numbers, key).query("role == 'teacher' and level == 'school' and school_year == @year")
    base, kept, rate = summed(rows)
    assert [base, kept, round(100 * kept / base, 2)] == numbers_in(numbers[key]["value_obtained"])
    assert rate not in numbers_in(numbers[key]["published"])
    assert not set(retention["level"]) & {"state", ""}, "no rate without its level"


def test_the_school_rollup_of_every_year_of_the_series(retention: pd.DataFrame, numbers: Numbers) -> None:
    rows = of_file(retention, numbers, "R7").query("role == 'teacher' and level == 'school'")
    by_year = rows.groupby("school_year")[["base_count", "retained_count"]].sum().astype(float)
    rates = (100 * by_year["retained_count"] / by_year["base_count"]).round(2)
    assert rates.tolist() == numbers_in(numbers["R7"]["value_obtained"])
    assert rates.index.tolist() == list(range(2017, 2024))


def test_the_district_rollup_of_2017(retention: pd.DataFrame, numbers: Numbers) -> None:
    rows = of_file(retention, numbers, "R8").query("school_year == 2017")
    published = iter(numbers_in(numbers["R8"]["published"]))
    for role in ("superintendent", "principal", "teacher"):
        figures = [next(published) for _ in range(3)]
        of_role = rows[rows["role"] == role]
        assert summed(of_role[of_role["level"] == "district"]) == figures
        assert summed(of_role[of_role["level"] == "state_district_rollup"]) == figures


def test_no_row_of_the_real_files_is_lost(retention_files: list[tuple[RawFile, Conformed]]) -> None:
    for raw, given in retention_files:
        assert given.received == raw.received == given.accepted + given.rejected
    assert [given.rejected for _, given in retention_files] == [0, 0, 0, 1]


def test_every_real_rate_follows_from_its_counts(retention_files: list[tuple[RawFile, Conformed]]) -> None:
    flagged = pd.concat([given.problems for _, given in retention_files]).query("action == 'flagged'")
    assert not flagged["column"].str.contains("% Retained").any()


def test_two_vintages_stand_side_by_side(retention: pd.DataFrame) -> None:
    shared = retention.query("level == 'school' and school_year.between(2017, 2022)")
    copies = shared.groupby(["school_year", "organization_code", "role"])["source_file"].nunique()
    assert (copies == 2).all()
