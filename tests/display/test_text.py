"""Numbers are printed so that a gap never looks like a zero, nor nearly all like all."""

from __future__ import annotations

import doctest

import pandas as pd
import pytest

from partnerlib.display import printed, text
from partnerlib.display.tables import EMPTY, Table, estimate_cell


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(text).failed == 0


def row(status: str, value: float | None = None, **others: object) -> dict[str, object]:
    return {"status": status, "value": value, "low": None, "high": None, "people": None, "statistic": "rate", **others}


def test_the_five_gaps_and_zero_are_printed_differently() -> None:
    gaps = ["suppressed", "missing", "not_applicable", "not_yet_observed", "unparsed"]
    printed = [estimate_cell(row(status)).text for status in gaps] + [estimate_cell(row("zero", 0.0)).text]
    assert len(set(printed)) == len(gaps) + 1


@pytest.mark.parametrize("absent", [None, float("nan"), pd.NA])
def test_a_withheld_cell_prints_its_mark_whatever_kind_of_nothing_it_holds(absent: object) -> None:
    cell = estimate_cell(row("suppressed", absent, low=absent, high=absent, people=absent))  # type: ignore[arg-type]
    assert (cell.text, cell.detail) == ("✱", "")
    assert cell.meaning == "withheld to protect people"


def test_a_suppressed_status_wins_over_a_number_that_should_not_be_there() -> None:
    cell = estimate_cell(row("suppressed", 0.5, low=0.2, high=0.8, people=4))
    assert "50" not in cell.text + cell.detail and "4" not in cell.detail


def test_a_number_carries_its_interval_and_its_people() -> None:
    cell = estimate_cell(row("reported", 0.714, low=0.61, high=0.8, people=98))
    assert (cell.text, cell.detail) == ("71%", "61–80% · 98 people")


def test_a_zero_is_a_number_with_an_interval() -> None:
    cell = estimate_cell(row("zero", 0.0, low=0.0, high=0.11, people=30))
    assert (cell.text, cell.detail) == ("0%", "0–11% · 30 people")


def test_a_legend_names_the_marks_that_appear_and_no_other() -> None:
    shown = Table(
        "A caption", ["a", "b"], [[estimate_cell(row("suppressed")), estimate_cell(row("reported", 0.5)), EMPTY]]
    )
    assert [symbol for symbol, _meaning in shown.marks] == ["✱"]


def released(**cells: object) -> dict[str, object]:
    """A row of a release: a share in a band, about 60 people."""
    return {
        "status": "reported", "statistic": "rate", "rounding": "band 5", "value": 0.625, "value_low": 0.6,
        "value_high": 0.65, "low": 0.47, "high": 0.76, "n": 60.0, "n_rounding": "nearest 5", "people": pd.NA, **cells,
    }  # fmt: skip


def test_the_examples_of_printed_numbers_hold() -> None:
    assert doctest.testmod(printed).failed == 0


def test_a_released_share_is_its_band_its_interval_and_about_how_many() -> None:
    cell = estimate_cell(released())
    assert (cell.text, cell.detail) == ("60–65%", "interval 47–76% · about 60 people")


@pytest.mark.parametrize(
    ("cells", "text", "detail"),
    [
        ({"n_rounding": "exact"}, "60–65%", "60 people"),
        ({"people": 45.0}, "60–65%", "about 60 records of about 45 people"),
        ({"rounding": "nearest 0.01", "value": 0.72}, "72%", "about 60 people"),
        ({"rounding": "exact", "value": 0.7243, "n_rounding": "exact"}, "72%", "60 people"),
        ({"statistic": "count", "rounding": "nearest 5", "value": 60.0}, "about 60", ""),
        ({"statistic": "count", "rounding": "exact", "value": 1234.0}, "1,234", ""),
        ({"statistic": "mean", "rounding": "nearest 0.1", "value": 3.0}, "3.0", "about 60 people"),
        ({"statistic": "mean", "rounding": "nearest 0.5", "value": 13.5}, "13.5", "about 60 people"),
        ({"statistic": "median", "rounding": "nearest 10", "value": 120.0}, "120", "about 60 people"),
        ({"statistic": "mean", "rounding": "nearest 0.01", "value": -0.01}, "-0.01", "about 60 people"),
    ],
)
def test_a_number_has_the_digits_that_were_released_and_no_more(
    cells: dict[str, object], text: str, detail: str
) -> None:
    cell = estimate_cell(released(**{"low": None, "high": None, **cells}))
    assert (cell.text, cell.detail) == (text, detail)


@pytest.mark.parametrize(
    ("low", "high", "words", "edges"),
    [
        (0.0, 0.15, "spread over many", "index under 0.15"),
        (0.15, 0.25, "between many and few", "index 0.15 to under 0.25"),
        (0.25, 1.0, "concentrated on few", "index 0.25 or more"),
    ],
)
def test_an_index_is_told_in_words_with_its_edges(low: float, high: float, words: str, edges: str) -> None:
    index = {"statistic": "index", "rounding": "index band", "value_low": low, "value_high": high, "low": None}
    cell = estimate_cell(released(**index))
    assert (cell.text, cell.detail) == (words, f"{edges} · about 60 people")


def test_none_and_all_look_like_the_band_they_end() -> None:
    assert estimate_cell(released(value=0.0, value_low=0.0, value_high=0.05)).text == "under 5%"
    assert estimate_cell(released(value=1.0, value_low=0.95, value_high=1.0)).text == "95% or more"
