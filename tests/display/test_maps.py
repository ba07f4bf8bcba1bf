"""A map and flows draw printed numbers only, mark what is withheld, and say in words what they show."""

from __future__ import annotations

from typing import Any

import pytest

from partnerlib.display.blocks import Words
from partnerlib.display.drawing import Figure
from partnerlib.display.maps import FLOWS, dots_on_a_map, flows, short
from partnerlib.reports.geography import read_places

PLACES = read_places("97010000 42.100 -71.300\n97020000 42.300 -71.600\n97030000 42.200 -71.900")


def cell(code: str, value: float | None, status: str = "reported", name: str = "", rounding: str = "nearest 5") -> Any:
    return {
        "measure": "candidates_placed", "unit_kind": "district", "unit_code": code, "unit_name": name or f"Town {code}",
        "cohort": 2018, "window_years": 3, "group": "", "group_value": "", "statistic": "count", "value": value,
        "value_low": value, "value_high": value, "low": None, "high": None, "n": value, "n_rounding": rounding,
        "rounding": rounding if value else "exact", "people": None, "status": status,
    }  # fmt: skip


def drawn(rows: list[Any], places: Any = PLACES) -> Figure:
    figure = dots_on_a_map(rows, places, "Where candidates are placed", "A note.", True)
    assert isinstance(figure, Figure)
    return figure


def test_the_table_prints_each_number_as_released_with_the_name_of_its_cell() -> None:
    figure = drawn([cell("97010000", 45.0), cell("97020000", None, "suppressed"), cell("97030000", 0.0, "zero")])
    assert list(figure.data["Number"]) == ["about 45", "withheld to protect people", "0"]
    assert figure.keys[0] == "candidates_placed district:97010000 2018 3"
    assert "Town 97010000 about 45" in figure.alt and "Withheld: Town 97020000." in figure.alt


def test_a_larger_number_is_a_larger_dot_and_a_withheld_one_has_no_size() -> None:
    small, large = drawn([cell("97010000", 10.0), cell("97020000", 90.0)]), drawn([cell("97010000", 90.0)])
    assert small.png != large.png
    hidden = drawn([cell("97010000", 45.0), cell("97020000", None, "suppressed")])
    assert "97020000" not in str([numbers for numbers in hidden.numbers if numbers])
    assert hidden.numbers[1] == {}


def test_the_same_cells_draw_the_same_picture() -> None:
    rows = [cell("97010000", 45.0), cell("97020000", None, "suppressed")]
    assert drawn(rows).png == drawn(rows).png


def test_without_a_number_or_a_place_it_is_said_in_words() -> None:
    hidden = dots_on_a_map([cell("97010000", None, "suppressed")], PLACES, "A map", "", True)
    nowhere = dots_on_a_map([cell("97010000", 45.0)], {}, "A map", "", True)
    assert isinstance(hidden, Words) and isinstance(nowhere, Words) and isinstance(flows([], "", "", "", True), Words)


def test_a_district_without_a_place_stands_in_the_table() -> None:
    figure = drawn([cell("97010000", 45.0), cell("97990000", 20.0)])
    assert list(figure.data["Number"]) == ["about 45", "about 20"]


@pytest.mark.parametrize("name", ["$x^$", "\\frac{a", "x" * 4000, "\u202eعربي", "a\nb", ""])
def test_any_name_is_drawn_as_it_is(name: str) -> None:
    figure = drawn([cell("97010000", 45.0, name=name)])
    assert figure.width < 2000 and figure.height < 2000
    assert isinstance(flows([(name, name, cell("97010000", 45.0))], "Flows", "", "", True), Figure)


def test_a_label_is_short_and_the_table_has_the_whole_name() -> None:
    assert short("Northmoor") == "Northmoor" and len(short("word " * 40)) <= 26 and len(short("x" * 400)) <= 26


def test_flows_are_the_published_ones_largest_first_and_no_more_than_can_be_read() -> None:
    rows = [(f"College {place}", f"Town {place % 7}", cell("97010000", 10.0 + 5 * place)) for place in range(40)]
    figure = flows(
        [*rows, ("Hidden", "Town", cell("97010000", None, "suppressed"))], "Flows", "", "Others exist.", True
    )
    assert isinstance(figure, Figure)
    assert len(figure.data) == FLOWS == len(figure.keys)
    assert list(figure.data["Number"])[:2] == ["about 205", "about 200"]
    assert "Hidden" not in figure.alt and figure.alt.endswith("Others exist.")
