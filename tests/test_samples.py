from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerlib import engine
from partnerlib.errors import ParameterError
from partnerlib.panels import TOP_QUARTILE, Panels
from partnerlib.panels.inputs import Processed
from partnerlib.samples import LEDGER_COLUMNS, SAMPLES, Restriction, Sample, restrict, sample


def candidates() -> pd.DataFrame:
    """Completed, placed, teacher of record, first job; in that order."""
    rows = [
        ("stays_north", 2015, "95000005", False, 2016),
        ("two_years_later", 2015, "95000005", False, 2018),
        ("not_found", 2015, "95000005", False, None),
        ("of_record", 2015, "95000005", True, 2016),
        ("no_practicum", 2015, None, False, 2016),
        ("not_completed", None, "95000005", False, None),
        ("newest", 2018, "95000005", False, None),
    ]
    columns = [
        "candidate_id", "completion_year", "placement_school_code", "is_practicum_equivalent", "first_job_year",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame["is_completer"] = frame["completion_year"].notna()
    frame["placement_year"] = frame["completion_year"]
    frame["first_job_is_teacher"] = (frame["candidate_id"] != "two_years_later").where(frame["first_job_year"].notna())
    years = ["completion_year", "first_job_year", "placement_year"]
    return frame.astype({year: "Int64" for year in years})


def careers() -> pd.DataFrame:
    frame = pd.DataFrame(
        [
            ("10000001", 2015, True, None, "stayer"),
            ("10000001", 2016, True, False, "left"),
            ("10000002", 2016, True, True, "stayer"),
            ("10000002", 2017, True, False, None),
            ("10000003", 2016, False, False, "stayer"),
        ],
        columns=["mepid", "school_year", "is_teacher", "is_beginner", "outcome"],
    )
    return frame.astype({"is_beginner": "boolean"})


def placements() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "practitioner_mepid": ["10000001", None, "10000009", "10000001"],
            "practitioner_experience": pd.array([4, None, None, 4], dtype="Int64"),
            "placement_year": [2016, 2016, 2016, 2016],
            "is_practicum_equivalent": [False, False, False, True],
        }
    )


def classrooms() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "mepid": ["10000001"] * 3,
            "sasid": ["9000000001", "9000000002", "9000000003"],
            "subject": ["math"] * 3,
            "school_year": [2017] * 3,
            "weight": [1.0] * 3,
            "co_teachers": [1] * 3,
            "score": [0.5, None, 0.1],
            "lag_score": [0.4, 0.2, None],
        }
    )


def small_panels() -> Panels:
    empty = pd.DataFrame()
    lazy = engine.from_pandas(classrooms())
    return Panels(
        processed=Processed(Path(), None),
        teacher_jobs=("2305",),
        high_needs_rule=TOP_QUARTILE,
        school_years=(2015, 2018),
        organizations=empty,
        high_needs=empty,
        placements=placements(),
        careers=careers(),
        first_jobs=candidates(),
        lazy_classrooms=lazy,
        _positions=lazy,
        _histories=lazy,
    )


def assert_adds_up(result: Sample, rows_in: int) -> None:
    ledger = result.ledger
    assert list(ledger.columns) == list(LEDGER_COLUMNS)
    assert ledger["rows"].iloc[0] == rows_in
    assert rows_in - ledger["dropped_rows"].sum() == len(result.frame) == ledger["rows"].iloc[-1]
    assert (ledger["rows"].shift() - ledger["dropped_rows"]).iloc[1:].eq(ledger["rows"].iloc[1:]).all()
    assert (ledger["people"].shift() - ledger["dropped_people"]).iloc[1:].eq(ledger["people"].iloc[1:]).all()
    assert ledger[["rows", "people", "dropped_rows", "dropped_people"]].ge(0).all().all()
    assert ledger["reason"].str.len().gt(10).all()


PANEL_OF = {"beginners": "careers", "followed_teachers": "careers", "hosts": "placements"}


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"tested_classrooms"}))
@given(order=st.lists(st.integers(0, 6), max_size=20), seed=st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_every_ledger_adds_up_whatever_the_rows(name: str, order: list[int], seed: int) -> None:
    panels = small_panels()
    panel_name = PANEL_OF.get(name, "first_jobs")
    whole: pd.DataFrame = getattr(panels, panel_name)
    rows = whole.iloc[[index % len(whole) for index in order]].sample(frac=1, random_state=seed)
    result = SAMPLES[name](replace(panels, **{panel_name: rows}))
    assert_adds_up(result, len(rows))


def test_the_ledger_of_classrooms_adds_up() -> None:
    result = SAMPLES["tested_classrooms"](small_panels())
    assert_adds_up(result, 3)
    assert list(result.frame["sasid"]) == ["9000000001"]


@given(
    people=st.lists(st.integers(0, 5), max_size=30),
    masks=st.lists(st.integers(0, 2**30), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_any_restrictions_keep_the_account(people: list[int], masks: list[int]) -> None:
    frame = pd.DataFrame({"person": pd.array(people, dtype="Int64")})

    def keep(bits: int) -> Restriction:
        return Restriction(
            f"left out by pattern {bits}", lambda rows: pd.Series([bool(bits >> i & 1) for i in rows.index], rows.index)
        )

    result = restrict("any", frame, "person", "everyone there is", [keep(bits) for bits in masks], year=2018)
    assert_adds_up(result, len(people))
    kept = [value for index, value in enumerate(people) if all(bits >> index & 1 for bits in masks)]
    assert list(result.frame["person"]) == kept


def test_an_unknown_answer_is_left_out_rather_than_kept() -> None:
    frame = pd.DataFrame({"person": [1, 2], "flag": pd.array([True, None], dtype="boolean")})
    result = restrict("any", frame, "person", "everyone there is", [Restriction("no flag", lambda r: r["flag"])], 2018)
    assert list(result.frame["person"]) == [1]


def names(name: str, **options: object) -> list[str]:
    return list(sample(name, small_panels(), **options).frame["candidate_id"])


def test_hired_completers_leave_out_teachers_of_record_by_name() -> None:
    assert names("hired_completers") == ["stays_north", "two_years_later"]
    reasons = sample("hired_completers", small_panels()).ledger["reason"].str.cat(sep="; ")
    assert "teacher of record" in reasons and "invisible" in reasons


def test_who_starts_as_an_aide_is_hired_and_no_teacher_to_lose() -> None:
    assert names("hired_teachers") == ["stays_north"]
    last = sample("hired_teachers", small_panels()).ledger.iloc[-1]
    assert (last["reason"], last["dropped_people"]) == ("the first job is not as a teacher", 1)


def test_a_cohort_too_young_for_the_horizon_is_left_out() -> None:
    assert "newest" not in names("first_jobs_observable", horizon=1)
    assert names("first_jobs_observable", horizon=3) == [
        "stays_north", "two_years_later", "not_found", "of_record", "no_practicum",
    ]  # fmt: skip
    assert names("first_jobs_observable", horizon=4) == []


def test_the_first_october_has_no_beginners_and_the_last_no_stayers() -> None:
    beginners = sample("beginners", small_panels()).frame
    assert list(beginners["mepid"]) == ["10000002"]
    followed = sample("followed_teachers", small_panels()).frame
    assert len(followed) == 3 and followed["outcome"].notna().all()


def test_hosts_are_practitioners_found_at_work() -> None:
    assert len(sample("hosts", small_panels()).frame) == 1


def test_cohorts_are_the_years_from_the_first_to_the_last() -> None:
    assert names("completers", cohorts=(2016, 2018)) == ["newest"]
    with pytest.raises(ParameterError, match="the first year comes after the last"):
        names("completers", cohorts=(2018, 2016))


def test_an_identifier_changes_with_the_rule_and_the_year_and_with_nothing_else() -> None:
    panels = small_panels()
    plain = sample("completers", panels).sample_id
    assert plain == sample("completers", replace(panels, first_jobs=candidates().iloc[::-1])).sample_id
    assert plain != sample("completers", panels, cohorts=(2015, 2017)).sample_id
    assert plain != sample("completers", replace(panels, processed=Processed(Path(), 2017))).sample_id
    assert plain.startswith("completers-") and len(plain) == len("completers-") + 8


def test_an_unknown_sample_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'completers'"):
        sample("completer", small_panels())


def test_samples_do_not_change_the_panel() -> None:
    panels = small_panels()
    before = panels.first_jobs.copy()
    for name in SAMPLES:
        sample(name, panels)
    pd.testing.assert_frame_equal(panels.first_jobs, before)
    assert np.array_equal(panels.first_jobs.index, before.index)
