"""A release holds every cell of the estimates, and no number that rests on fewer than ten people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerlib.disclosure import RELEASE_COLUMNS, read_release, release, withhold_small_cells, write_release
from partnerlib.disclosure.release import SIZE_COLUMNS
from partnerlib.errors import DataError, ReleaseRefused


def cell(people: int, value: float | None = 0.5, status: str = "reported", **others: object) -> dict[str, object]:
    return {
        "report_year": 2018, "measure": "a_measure", "topic": "hiring", "unit_kind": "provider",
        "unit_code": "89000001", "unit_name": "A College", "cohort": 2017, "window_years": 1, "group": "",
        "group_value": "", "statistic": "rate", "numerator": None if value is None else value * people,
        "denominator": float(people), "people": people, "value": value, "low": value, "high": value,
        "status": status, "sample_id": "completers-00000000", "note": "", **others,
    }  # fmt: skip


def frame(*cells: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{**each, "cohort": 2000 + place} for place, each in enumerate(cells)])


def test_nine_people_are_withheld_and_ten_are_published() -> None:
    released = withhold_small_cells(frame(cell(9), cell(10)))
    assert released["withheld"].tolist() == [True, False]
    assert released["status"].tolist() == ["suppressed", "reported"]
    assert released["value"].isna().tolist() == [True, False]


def test_a_withheld_cell_tells_nothing_of_its_size() -> None:
    released = withhold_small_cells(frame(cell(3, note="fewer than 10 people")))
    assert released.loc[0, list(SIZE_COLUMNS)].isna().all()
    assert released.loc[0, "note"] == ""


def test_a_published_cell_is_published_as_it_was_estimated() -> None:
    estimates = frame(cell(42, 0.25))
    released = withhold_small_cells(estimates)
    for column in SIZE_COLUMNS:
        assert float(released.loc[0, column]) == float(estimates.loc[0, column])


def test_missing_not_applicable_not_yet_observed_and_zero_stay_what_they_are() -> None:
    statuses = ["missing", "not_applicable", "not_yet_observed"]
    cells = [cell(0, None, status) for status in statuses]
    released = withhold_small_cells(frame(*cells, cell(30, 0.0, "zero")))
    assert released["status"].tolist() == [*statuses, "zero"]
    assert not released["withheld"].any()
    assert released["value"].iloc[-1] == 0


def test_a_zero_about_few_people_is_withheld_like_any_number() -> None:
    assert withhold_small_cells(frame(cell(4, 0.0, "zero")))["status"].tolist() == ["suppressed"]


def test_a_share_of_a_larger_whole_rests_on_those_who_make_it_up() -> None:
    few, many = cell(60, 2 / 60, statistic="share"), cell(60, 12 / 60, statistic="share")
    assert withhold_small_cells(frame(few, many))["withheld"].tolist() == [True, False]


def test_withholding_changes_nothing_in_the_estimates_given() -> None:
    estimates = frame(cell(3), cell(30))
    before = estimates.copy(deep=True)
    withhold_small_cells(estimates)
    pd.testing.assert_frame_equal(estimates, before)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["rate", "mean", "count", "share"])), max_size=30))
def test_no_release_holds_a_number_about_fewer_than_ten(rows: list[tuple[int, str]]) -> None:
    estimates = frame(cell(99), *(cell(people, statistic=statistic) for people, statistic in rows))
    released = withhold_small_cells(estimates)
    small = estimates["people"].to_numpy() < 10
    assert released.loc[small, list(SIZE_COLUMNS)].isna().all().all()
    assert len(released) == len(estimates)
    published = released[released["value"].notna()]
    assert (published["people"] >= 10).all()


def test_an_incomplete_or_ambiguous_table_is_refused() -> None:
    with pytest.raises(ReleaseRefused, match="no column people"):
        withhold_small_cells(frame(cell(20)).drop(columns="people"))
    with pytest.raises(ReleaseRefused, match="1 cells named twice"):
        withhold_small_cells(pd.DataFrame([cell(20), cell(30)]))


def test_a_release_written_is_the_release_read(tmp_path: Path) -> None:
    released = withhold_small_cells(frame(cell(9), cell(10)), is_synthetic=True)
    read = read_release(write_release(released, tmp_path / "releases" / "2018.parquet"))
    assert list(read.columns) == list(RELEASE_COLUMNS)
    pd.testing.assert_frame_equal(read, released, check_dtype=False)
    assert [file.name for file in (tmp_path / "releases").iterdir()] == ["2018.parquet"]


def test_a_release_of_an_invented_state_says_so_in_every_row(tmp_path: Path) -> None:
    frame(cell(9), cell(10)).to_parquet(tmp_path / "estimates.parquet")
    released = release(tmp_path / "estimates.parquet", tmp_path / "release.parquet", is_synthetic=True)
    assert np.all(read_release(released)["is_synthetic"])


def test_a_file_that_is_no_release_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    frame(cell(20)).to_parquet(tmp_path / "estimates.parquet")
    with pytest.raises(DataError, match="no column withheld"):
        read_release(tmp_path / "estimates.parquet")
    with pytest.raises(DataError, match="no such release"):
        read_release(tmp_path / "nothing.parquet")
