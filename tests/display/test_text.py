"""Numbers are printed so that a gap never looks like a zero, nor nearly all like all."""

from __future__ import annotations

import doctest

import pandas as pd
import pytest

from partnerlib.display import text
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
