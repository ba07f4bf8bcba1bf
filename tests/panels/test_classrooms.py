from __future__ import annotations

import pandas as pd
import pytest
from small_state import FORMER_AIDE, MOVER, OF_RECORD, RETURNER, STAYER

from partnerlib import engine
from partnerlib.errors import DataError
from partnerlib.panels import Panels
from partnerlib.panels.classrooms import KEY, check_classrooms
from partnerlib.samples import SAMPLES


@pytest.fixture(scope="module")
def classrooms(panels: Panels) -> pd.DataFrame:
    return panels.classrooms().set_index(["sasid", "subject", "mepid"]).sort_index()


def weights(classrooms: pd.DataFrame, sasid: str, subject: str) -> dict[str, float]:
    return classrooms.loc[(sasid, subject), "weight"].to_dict()


def test_a_teacher_alone_has_the_whole_student(classrooms: pd.DataFrame) -> None:
    assert weights(classrooms, "9000000000", "math") == {STAYER: 1.0}


def test_co_teachers_share_the_student_and_an_aide_does_not_count(classrooms: pd.DataFrame) -> None:
    assert weights(classrooms, "9000000004", "math") == {STAYER: 0.5, RETURNER: 0.5}
    assert weights(classrooms, "9000000004", "ela") == {RETURNER: 1.0}
    assert FORMER_AIDE not in set(classrooms.index.get_level_values("mepid"))


def test_two_sections_of_a_subject_count_equally(classrooms: pd.DataFrame) -> None:
    assert weights(classrooms, "9000000008", "math") == pytest.approx({MOVER: 0.75, OF_RECORD: 0.25})


def test_weights_add_to_one_for_every_student_subject_and_year(classrooms: pd.DataFrame) -> None:
    totals = classrooms.groupby(["sasid", "subject", "school_year"])["weight"].sum()
    assert totals.to_numpy() == pytest.approx(1.0)
    assert not classrooms.reset_index().duplicated(list(KEY)).any()


def test_scores_come_with_those_of_a_year_earlier_in_both_subjects(classrooms: pd.DataFrame) -> None:
    row = classrooms.loc[("9000000002", "math", STAYER)]
    assert (row["score"], row["lag_score"], row["lag_score_other"]) == pytest.approx((1.2, 0.2, -0.2))
    assert row["lag_grade"] == "03" and row["grade"] == "04"


def test_only_grades_with_a_test_appear_and_an_absent_student_has_no_score(classrooms: pd.DataFrame) -> None:
    assert "9000000099" not in set(classrooms.index.get_level_values("sasid"))
    absent = classrooms.loc[("9000000003", "math", STAYER)]
    assert pd.isna(absent["score"]) and absent["lag_score"] == pytest.approx(0.3)


def test_sections_without_a_teacher_are_counted_not_lost_in_silence(panels: Panels) -> None:
    match = panels.section_match().set_index(["school_year", "subject"])
    math = match.loc[(2018, "math")]
    assert (math["sections"], math["matched_sections"]) == (5, 4)
    assert (math["enrollments"], math["matched_enrollments"]) == (4 + 4 + 3 + 3 + 1 + 1, 4 + 4 + 3 + 3 + 1)
    assert math["matched_rate"] == pytest.approx(15 / 16)


def test_the_sample_of_tested_classrooms_says_who_is_left_out(panels: Panels) -> None:
    sample = SAMPLES["tested_classrooms"](panels)
    assert list(sample.ledger["dropped_rows"]) == [0, 1, 0]
    assert len(panels.classrooms()) - 1 == len(sample.frame)


def test_doubled_rows_and_wrong_weights_are_errors(panels: Panels) -> None:
    rows = panels.classrooms()
    with pytest.raises(DataError, match="on several rows"):
        check_classrooms(engine.from_pandas(pd.concat([rows, rows.head(1)])))
    with pytest.raises(DataError, match="do not add to 1"):
        check_classrooms(engine.from_pandas(rows.assign(weight=0.3)))
