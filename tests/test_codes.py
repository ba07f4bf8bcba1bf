"""Identifiers are text with their zeros; a school year is the int of its spring."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerlib.codes import (
    district_of,
    level_of,
    organization_code,
    partnership_code,
    repaired_code,
    school_year,
    year_label,
)
from partnerlib.errors import ParameterError


@pytest.mark.parametrize(
    ("label", "spring"),
    [("2017-18", 2018), ("2013 - 14", 2014), ("2018", 2018), (2018, 2018), ("1999-00", 2000), ("2017-2018", 2018),
     (" SY 2020-21", 2021), ("2009-10", 2010)],
)  # fmt: skip
def test_every_label_met_in_real_files_names_its_spring(label: object, spring: int) -> None:
    assert school_year(label) == spring


@pytest.mark.parametrize("label", ["2017-19", "17-18", "", "next year", "2018-17", "20178"])
def test_a_label_that_is_no_school_year_is_refused_with_its_text(label: str) -> None:
    with pytest.raises(ParameterError, match="school year"):
        school_year(label)


@given(st.integers(1901, 2098))
def test_a_printed_year_reads_back_as_itself(spring: int) -> None:
    assert school_year(year_label(spring)) == spring


def test_a_code_without_its_zeros_is_refused_and_the_whole_code_is_offered() -> None:
    with pytest.raises(ParameterError, match="'00350000'"):
        organization_code("350000")


@given(st.integers(0, 99_999_999))
def test_a_code_that_became_a_number_is_repaired_to_the_code_it_was(code: int) -> None:
    text = f"{code:08d}"
    assert repaired_code(str(code)) == text
    assert repaired_code(f"{code}.0") == text


@pytest.mark.parametrize("text", ["", "ABC", "12-34", "123456789", "1.5"])
def test_what_was_never_a_code_is_not_repaired(text: str) -> None:
    assert repaired_code(text) is None


def test_a_school_belongs_to_the_district_of_its_first_four_digits() -> None:
    assert district_of("97010305") == "97010000"
    assert [level_of(code) for code in ("00000000", "97010000", "97010305")] == ["state", "district", "school"]
    assert partnership_code("89000001", "97010000") == "89000001-97010000"
