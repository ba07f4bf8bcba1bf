"""What all studies share: the published series with its levels, curves of whole windows, and stable print."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from partnerlib import samples
from partnerlib.errors import ParameterError
from partnerlib.models.linear import Question, linear
from partnerlib.studies import (
    charted,
    curve,
    open_study,
    outcome_shares,
    printed,
    publishable,
    publishable_steps,
    retention_series,
    statewide_retention,
)


def published(rows: list[tuple[int, str, str, int, int, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        rows, columns=["school_year", "organization_code", "level", "base_count", "retained_count", "source_file"]
    )
    return frame.assign(
        from_year=frame["school_year"] - 2, to_year=frame["school_year"] - 1, role="teacher", status="reported",
        retained_rate=frame["retained_count"] / frame["base_count"],
    )  # fmt: skip


SERIES = published(
    [
        (2012, "95000005", "school", 40, 30, "old.xlsx"),
        (2012, "95010005", "school", 60, 54, "old.xlsx"),
        (2012, "00000000", "state_school_rollup", 100, 84, "old.xlsx"),
        (2012, "00000000", "state_unduplicated", 98, 90, "old.xlsx"),
        (2017, "95000005", "school", 50, 40, "april.csv"),
        (2017, "95000005", "school", 50, 40, "june.csv"),
        (2017, "95010005", "school", 50, 45, "june.csv"),
    ]
)


def test_a_printed_state_row_is_kept_and_a_missing_one_is_the_sum_of_the_schools_of_one_file() -> None:
    state = statewide_retention(SERIES).set_index(["school_year", "level"])
    assert state.loc[(2012, "state_school_rollup"), ["base_count", "is_computed"]].tolist() == [100, False]
    assert state.loc[(2017, "state_school_rollup"), ["base_count", "retained_count", "is_computed"]].tolist() == [
        100,
        85,
        True,
    ]
    assert len(state) == 3


def test_every_point_of_the_series_says_its_level() -> None:
    shown = retention_series(statewide_retention(SERIES))
    assert shown.count("a move inside a district is a loss") == 2
    assert shown.count("people counted once") == 1
    assert "91.84" in shown


def cells(rows: list[dict[str, object]]) -> pd.DataFrame:
    base = {"low": 0.1, "high": 0.9, "people": 20, "denominator": 20.0, "window_years": 3}
    base |= {"status": "reported", "note": "", "group_value": ""}
    return pd.DataFrame([{**base, **row} for row in rows])


def test_a_curve_rests_on_windows_all_of_whose_cohorts_are_old_enough() -> None:
    points = curve(
        cells(
            [
                {"measure": "retained_school_1y", "cohort": 2017, "value": 0.8},
                {"measure": "retained_school_1y", "cohort": 2018, "value": 0.5, "note": "rests on 2 of 3 cohorts"},
                {"measure": "retained_school_2y", "cohort": 2016, "value": 0.7},
            ]
        )
    )
    assert points[["series", "years", "value"]].to_numpy().tolist() == [
        ["same school", 0, 1.0], ["same school", 1, 0.8], ["same school", 2, 0.7],
    ]  # fmt: skip


def test_print_is_rounded_and_leaves_gaps_empty_with_their_status() -> None:
    text = printed(
        cells(
            [
                {"measure": "ever_employed", "cohort": 2017, "value": 2 / 3},
                {"measure": "ever_employed", "cohort": 2018, "value": None, "low": None, "high": None,
                 "status": "not_yet_observed"},
            ]
        )
    )  # fmt: skip
    assert "0.667" in text
    assert "not_yet_observed" in text
    assert "nan" not in text.lower()


def test_outcomes_are_drawn_in_their_own_order_stayed_first() -> None:
    names = ["left", "stayer", "changed_role", "mover_in_district", "mover_other_district"]
    frame = outcome_shares(
        cells([{"measure": "teacher_outcomes", "cohort": 2018, "value": 0.2, "group_value": name} for name in names])
    )
    assert frame["part"].tolist()[0] == "stayed"
    assert frame["part"].tolist()[-1] == "left"


def test_a_chart_names_measures_by_their_short_titles() -> None:
    frame = charted(cells([{"measure": "employed_first_october", "cohort": 2018, "value": 0.6}]))
    assert frame["series"].tolist() == ["by the first October"]
    assert frame["label"].tolist() == ["2015-16 to 2017-18"]


def test_a_study_of_a_measure_that_does_not_exist_offers_the_nearest() -> None:
    study = open_study()
    with pytest.raises(ParameterError, match="ever_employed"):
        study.cells("ever_employd")
    assert study.is_synthetic


def test_value_added_carries_the_identifier_of_the_sample_whose_ledger_is_shown() -> None:
    study = open_study()
    assert {model.coefficients.sample_id for model in study.value_added.values()} == {
        samples.tested_classrooms(study.panels).sample_id
    }


def test_a_model_of_a_study_leaves_through_the_gate_or_says_why_not() -> None:
    people = 400
    chance = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "candidate_id": np.arange(people).astype(str), "school_code": chance.integers(0, 60, people).astype(str),
            "is_hired": chance.random(people) < 0.6, "is_near": chance.random(people) < 0.4,
            "is_the_one": np.arange(people) == 17, "score": chance.normal(size=people),
        }
    )  # fmt: skip
    asked = Question("is_hired", ("is_near", "score"), "difference", "school_code", "candidate_id", "sample-0a")
    plain = linear(frame, asked, "raw")
    thin = linear(frame, replace(asked, exposures=("is_near", "is_the_one")), "with one apart")
    told = publishable(plain, thin)
    assert told.startswith("models: nothing is published") and "term 'is_the_one'" in told
    exact, told = plain["is_near"], publishable(plain)
    assert f"{exact['estimate']:.3g}" in told and f"{exact['estimate']:.6f}" not in told and "p_value" not in told


def test_a_curve_of_a_study_leaves_in_steps_of_ten_or_not_at_all() -> None:
    table = pd.DataFrame(
        {"time": [1, 2, 3], "at_risk": [201, 150, 60], "events": [40, 4, 20], "survival": [0.801, 0.78, 0.52]}
    )
    told = publishable_steps(table)
    assert "200" in told and "201" not in told and len(told.splitlines()) == 3, "the second year joins the third"
    assert "no step holds 10 who left" in publishable_steps(table.iloc[1:2])
