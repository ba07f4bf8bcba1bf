from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.disclosure.models import check_model, release_models
from partnerlib.errors import DataError, ReleaseRefused
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


def school(teachers: int = 8, students_each: int = 15) -> pd.DataFrame:
    """Two years of one school: every teacher has the same students twice, three of all the students a disability."""
    rng, classes = np.random.default_rng(2), []
    for teacher in range(teachers):
        for year in (2017, 2018):
            known = {name: rng.normal(size=students_each) for name in ("score", "lag_score", "lag_score_other")}
            one = students(
                students_each, mepid=f"9{teacher:07d}", sasid=[f"{teacher}-{i}" for i in range(students_each)],
                school_year=year, class_id=f"{teacher}-{year}", gender=rng.choice(["F", "M"], students_each),
                is_low_income=rng.random(students_each) < 0.4, has_disability=np.arange(students_each) < (teacher < 3),
                **known,
            )  # fmt: skip
            classes.append(one)
    return pd.concat(classes, ignore_index=True)


def test_without_the_people_behind_its_terms_no_coefficient_of_value_added_may_be_published() -> None:
    plain, counted = (value_added(school(), "math", sample_id="x", with_support=w).coefficients for w in (False, True))
    pd.testing.assert_frame_equal(plain.terms, counted.terms)
    assert plain.support is None
    with pytest.raises(ReleaseRefused, match="the people behind its terms were not counted"):
        release_models([plain])
    assert [finding.where for finding in check_model(counted)] == ["term 'has_disability'"]
    published = release_models([counted.keep("lag_score", "is_low_income")])
    assert list(published["term"]) == ["lag_score", "is_low_income"] and set(published["people"]) == {120}


def test_the_people_behind_a_coefficient_of_value_added_are_students_each_counted_once() -> None:
    frame = school()
    found = value_added(frame, "math", sample_id="x", with_support=True).coefficients.support
    assert found is not None
    people = found.terms.set_index("term")["people"]
    assert people["lag_score"] == frame["sasid"].nunique() == 120 < len(frame)
    assert people["has_disability"] == frame.loc[frame["has_disability"], "sasid"].nunique() == 3
    sides = [frame.loc[frame["is_low_income"] == side, "sasid"].nunique() for side in (True, False)]
    assert people["is_low_income"] == min(sides)


def test_leverage_and_degrees_of_freedom_of_value_added_are_those_of_a_regression_with_dummies() -> None:
    frame = school()
    found = value_added(frame, "math", sample_id="x", with_support=True).coefficients.support
    assert found is not None
    rows, _ = subject_rows(frame, "math")
    kept = regressors(rows)[list(found.terms["term"])].to_numpy(float)
    dummies = pd.concat(
        [pd.get_dummies(rows[name].astype("str"), dtype=float) for name in ("mepid", "school_year")], axis=1
    )
    whole = np.column_stack([dummies.to_numpy(), kept])
    assert found.residual_degrees_of_freedom == len(rows) - np.linalg.matrix_rank(whole)
    hats = [np.diag(design @ np.linalg.pinv(design)) for design in (whole, dummies.to_numpy())]
    assert found.leverage == pytest.approx((hats[0] - hats[1]).max(), abs=1e-6)
    assert list(found.effects["levels"]) == [8, 2] and list(found.effects["fewest"]) == [15, 120]
