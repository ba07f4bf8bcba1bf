"""An error says what, where, why and what to do, and never shows a person."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from partnerlib.errors import Problem, did_you_mean, shape


def test_a_problem_names_file_row_column_finding_expectation_and_action() -> None:
    problem = Problem("cap.csv", 12, "SCH_YEAR", "'17-18'", "a school year such as '2017-18'", "rejected")
    assert (
        str(problem)
        == "cap.csv: row 12, column SCH_YEAR: found '17-18'; expected a school year such as '2017-18' (rejected)"
    )


def test_a_mistyped_word_gets_the_nearest_known_one() -> None:
    assert did_you_mean("yeer", ["year", "raw", "unit_code"]) == "did you mean 'year'?"
    assert did_you_mean("yeer", ["report_year", "raw", "unit_code"]) == "did you mean 'report_year'?"
    assert did_you_mean("zzz", ["year", "raw"]) == "known: raw, year"


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1))
def test_the_shape_of_a_personal_value_keeps_no_letter_and_no_digit_of_it(value: str) -> None:
    assert set(shape(value)) <= set("Aa9")
    assert len(shape(value)) == len(value)
