from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.classroom_features import regressors, subject_rows
from partnerlib.models.value_added import value_added
from partnerlib.models.variance_components import VarianceComponents, moments, shrunken_over_years, teacher_year_sums


def students(count: int, **columns: object) -> pd.DataFrame:
    """One class of invented students; every argument overrides a column."""
    plain = {
        "mepid": "90000001", "sasid": [f"{i:010d}" for i in range(count)], "school_year": 2018, "subject": "math",
        "school_code": "95000005", "class_id": "a", "grade": "05", "weight": 1.0,
        "score": np.linspace(-1, 1, count), "lag_score": np.linspace(-0.8, 0.8, count), "lag_score_other": 0.1,
        "is_low_income": False, "is_english_learner": False, "has_disability": False, "gender": "F",
        "race_ethnicity": "White",
    }  # fmt: skip
    return pd.DataFrame({**plain, **columns})


def test_a_one_year_mean_is_shrunken_by_its_reliability() -> None:
    """0.04 / (0.04 + 0.01 + 0.25/25) = 2/3, by hand."""
    components = VarianceComponents(persistent=0.04, transitory=0.01, student=0.25)
    assert components.reliability(np.array([25])) == pytest.approx([2 / 3])


def test_years_are_weighted_by_their_precision() -> None:
    """h = 1/(0.01 + 0.25/25) = 50 and 1/(0.01 + 0.25/5) = 16.667; mean 0.15; reliability 0.04/(0.04 + 1/66.667)."""
    years = pd.DataFrame(
        {"mepid": "1", "school_year": [2017, 2018], "effect": [0.2, 0.0], "effective_students": [25.0, 5.0],
         "n_students": [25, 5]}
    )  # fmt: skip
    teacher = shrunken_over_years(years, VarianceComponents(0.04, 0.01, 0.25), ["mepid"]).iloc[0]
    assert teacher["effect"] == pytest.approx(0.15)
    assert teacher["reliability"] == pytest.approx(0.04 / (0.04 + 0.015))
    assert teacher["effect_shrunken"] == pytest.approx(0.15 * 0.04 / 0.055)
    assert (teacher["n_students"], teacher["years"]) == (30, 2)


def test_the_lasting_variance_is_what_years_of_one_teacher_have_in_common() -> None:
    """Two teachers, two years, two students each: products of yearly means are 1 x 3 and -1 x -3, so 3."""
    rows = pd.DataFrame(
        {
            "mepid": ["1"] * 4 + ["2"] * 4,
            "school_year": [2017, 2017, 2018, 2018] * 2,
            "residual": [0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, -3.5],
            "weight": 1.0,
        }
    )
    persistent, transitory, student = moments(teacher_year_sums(rows))
    assert persistent == pytest.approx(3.0)
    # pairs of students of one year: 0.5 x 1.5 = 0.75 and 2.5 x 3.5 = 8.75, on average 4.75
    assert persistent + transitory == pytest.approx(4.75)
    assert student == pytest.approx(0.5)


def test_half_weights_of_a_fully_shared_class_do_not_make_it_half_as_precise() -> None:
    rows = pd.DataFrame({"mepid": "1", "school_year": 2018, "residual": np.arange(20.0), "weight": 0.5})
    year = teacher_year_sums(rows).iloc[0]
    assert (year["effective_students"], year["n_students"], year["effect"]) == (20, 20, 9.5)


def test_peers_are_counted_before_students_without_an_earlier_score_leave() -> None:
    lag = np.array([0.0, 1.0, 2.0, np.nan])
    rows, lost = subject_rows(students(4, lag_score=lag), "math")
    assert (len(rows), lost) == (3, 1)
    assert rows["class_mean_lag_score"].tolist() == pytest.approx([1.0] * 3)
    assert rows["class_sd_lag_score"].tolist() == pytest.approx([np.sqrt(2 / 3)] * 3)
    assert rows["class_share_missing_lag_score"].tolist() == pytest.approx([0.25] * 3)
    assert rows["class_size"].tolist() == [4.0] * 3


def test_a_co_taught_student_counts_once_among_the_peers() -> None:
    shared = students(2, lag_score=[0.0, 1.0], weight=[1.0, 0.5])
    second = students(2, lag_score=[0.0, 1.0], weight=0.5, mepid="90000002").iloc[[1]]
    rows, _ = subject_rows(pd.concat([shared, second], ignore_index=True), "math")
    assert set(rows["class_size"]) == {2.0}
    assert rows["class_mean_lag_score"].tolist() == pytest.approx([0.5] * 3)


def test_the_other_subject_is_filled_with_zero_and_flagged() -> None:
    rows, _ = subject_rows(students(3, lag_score_other=[None, 0.5, -0.5]), "math")
    design = regressors(rows)
    assert design["lag_score_other"].tolist() == [0.0, 0.5, -0.5]
    assert design["lag_score_other_missing"].tolist() == [1.0, 0.0, 0.0]


def test_an_unknown_demographic_is_zero_with_a_flag() -> None:
    rows, _ = subject_rows(students(3, is_low_income=pd.array([True, None, False], dtype="boolean")), "math")
    design = regressors(rows)
    assert design["is_low_income"].tolist() == [1.0, 0.0, 0.0]
    assert design["is_low_income_missing"].tolist() == [0.0, 1.0, 0.0]


def test_a_panel_without_a_column_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match="'lag_score_other'"):
        value_added(students(3).drop(columns="lag_score_other"), "math", sample_id="x")


def test_a_subject_nobody_was_tested_in_is_refused_in_words() -> None:
    with pytest.raises(DataError, match="no ela row"):
        value_added(students(3), "ela", sample_id="x")


def test_one_teacher_alone_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="fewer than two teachers"):
        value_added(students(30), "math", sample_id="x")
