"""Sentences ready to paste say what was measured, how surely, and what cannot be printed; views are made of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from invented_release import DISTRICT, EMPTY, PAIR, TINY, TYPICAL, YEAR, invented_cells

from partnerlib.disclosure.zones import SealedRelease
from partnerlib.display.blocks import Quote, Words
from partnerlib.project import Project
from partnerlib.reports import run
from partnerlib.reports.answers import answer, apart, by_group, scorecard
from partnerlib.reports.cohorts import Compared, compared
from partnerlib.reports.drawn import Drawn
from partnerlib.reports.unit_report import Report


def pairs(kind: str, code: str) -> dict[str, Compared]:
    cells = invented_cells()
    unit = cells[(cells["unit_kind"] == kind) & (cells["unit_code"] == code)]
    return {pair.measure: pair for pair in compared(unit, cells[cells["unit_kind"] == "state"])}


def with_interval(pair: Compared, low: float, high: float) -> Compared:
    assert pair.this is not None
    return replace(pair, this={**pair.this, "low": low, "high": high})


def test_an_answer_gives_number_interval_people_cohort_the_cohort_before_and_the_state() -> None:
    told = answer([pairs("provider", TYPICAL)["retained_school_1y"]]).text
    assert re.match(r"Of the new teachers of 2016-17, \d+–\d+% \(interval \d+–\d+%; about \d+ people\)", told)
    assert "; in the state, " in told and "A cohort before: " in told


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.0, 1.0, "overlap: no difference"),
        (0.98, 0.99, "apart, this one higher"),
        (0.01, 0.02, "apart, this one lower"),
    ],
)
def test_a_difference_is_claimed_only_where_intervals_lie_apart(low: float, high: float, said: str) -> None:
    pair = with_interval(pairs("provider", TYPICAL)["retained_school_1y"], low, high)
    assert said in answer([pair]).text


def test_intervals_that_touch_are_not_apart_and_none_is_no_claim() -> None:
    assert apart({"low": 0.2, "high": 0.4}, {"low": 0.4, "high": 0.5}) == 0
    assert apart({"low": None, "high": None}, {"low": 0.4, "high": 0.5}) is None
    assert apart(None, None) is None


def test_a_count_is_not_compared_with_the_state() -> None:
    told = answer([pairs("provider", TYPICAL)["candidates_placed"]]).text
    assert "interval" not in told and "in the state" not in told


def test_what_cannot_be_printed_is_named_with_its_reason() -> None:
    told = answer([pairs("provider", TINY)["retained_school_1y"]])
    assert told.text == "New teachers retained after 1 year, same school: withheld to protect people."
    assert not any(isinstance(piece, Quote) for piece in told.pieces)
    assert "informs" in answer([]).text


def test_every_number_of_an_answer_names_its_cell() -> None:
    told = answer([pairs("provider", TYPICAL)["retained_school_1y"]])
    quotes = [piece for piece in told.pieces if isinstance(piece, Quote)]
    assert len(quotes) == 3 and all(piece.key.startswith("retained_school_1y ") for piece in quotes)
    assert quotes[1].key.split()[1].startswith("state:")


def test_a_scorecard_lists_published_partners_only_and_says_so() -> None:
    cells = invented_cells()
    ties = cells[cells["unit_kind"] == "partnership"]
    table = scorecard(ties, "Northmoor", ("candidates_placed", "retained_school_1y"), "Providers", "Provider")
    assert table is not None
    assert [row[0].text for row in table.rows] == ["Harbor & Hill <College>"]
    assert table.rows[0][1].key == f"candidates_placed partnership:{PAIR} 2018 3"
    assert "small ones are not listed" in table.note and "2015-16 to 2017-18" in table.note
    assert scorecard(ties[:0], "Northmoor", ("candidates_placed",), "", "") is None


def test_fields_stand_in_the_order_of_the_pooled_numbers() -> None:
    cells = invented_cells()
    one = cells[(cells["unit_kind"] == "state") & (cells["measure"] == "an_unregistered_rate")]
    low = one.assign(group="license_field", group_value="science", value=one["value"] - 0.2)
    high = one.assign(group="license_field", group_value="foreign_language")
    table = by_group(pd.concat([low, high]), "an_unregistered_rate", "license_field", "Fields", "Field", "")
    assert table is not None and [row[0].text for row in table.rows] == ["Foreign language", "Science"]
    assert table.rows[0][1].key.endswith("license_field=foreign_language")
    assert not any(letter.isdigit() for column in table.columns for letter in column) and "2014-15" in table.note
    assert by_group(one, "an_unregistered_rate", "license_field", "", "", "") is None


def test_a_view_shows_the_unit_it_is_a_view_of(release: SealedRelease) -> None:
    review, advisory = Report("review", TYPICAL, release), Report("advisory", DISTRICT, release)
    assert review.unit_name == "Harbor & Hill <College>" and advisory.unit_name == "Northmoor"
    assert review.headline().text and not isinstance(advisory.scorecard("Providers", "candidates_placed"), Words)
    assert Drawn.of_release(release).by("review", TYPICAL) == Drawn.of_release(release).by("provider", TYPICAL)


def test_the_state_is_drawn_from_the_numbers_of_its_map_too(release: SealedRelease) -> None:
    cells = release.cells
    whole = Drawn(cells, {}).by("state", "00000000")
    other = cells.copy()
    is_placed = (other["unit_kind"] == "district") & (other["measure"] == "candidates_placed")
    other.loc[is_placed, "value"] += 1
    assert Drawn(other, {}).by("state", "00000000") != whole
    elsewhere = cells.copy()
    elsewhere.loc[(cells["unit_kind"] == "district") & (cells["measure"] == "completers_hired"), "value"] += 1
    assert Drawn(elsewhere, {}).by("state", "00000000") == whole


def test_views_of_a_typical_a_tiny_and_an_empty_unit_are_made_and_read_back(here: Project, release_file: Path) -> None:
    asked = [f"review:{TYPICAL}", f"review:{TINY}", f"review:{EMPTY}", f"advisory:{DISTRICT}"]
    made = run(here, YEAR, release_file, asked, jobs=1)
    assert {entry.unit_code: entry.outcome for entry in made.entries} == {
        TYPICAL: "done", TINY: "nothing to report", EMPTY: "nothing to report", DISTRICT: "done",
    }  # fmt: skip
    folder = made.index.parent
    pages = {path.parent.name: path.read_text(encoding="utf-8") for path in folder.glob("*/*.html")}
    assert "Criterion 5" in pages["review"] or "protect people" in pages["review"]
    assert "What the data cannot say" in pages["advisory"] and 'class="answer"' in pages["advisory"]
    for code, reason in ((TINY, "withheld to protect people"), (EMPTY, "hold no candidate")):
        page = next(folder.glob(f"review/{code}*.html")).read_text(encoding="utf-8")
        assert reason in page
