"""What a page prints is what its release prints: bands, rounded sizes and means, marks, and no number besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
from invented_release import DISTRICT, PAIR, STATE, TYPICAL

from partnerlib.disclosure.zones import SealedRelease
from partnerlib.display.blocks import Block
from partnerlib.reports.unit_report import Report

UNITS = [("state", STATE), ("provider", TYPICAL), ("district", DISTRICT), ("partnership", PAIR)]

SHARE = re.compile(r"\d+–\d+%|under \d+%|\d+% or more")
"""A band or an interval; a percent by itself is no printed form."""


def everything(report: Report) -> list[Block]:
    """Every block a report notebook can show."""
    topics = ("placement", "hiring", "retention", "surveys")
    return [
        report.title(), report.headline(), report.cards(), report.sample(), report.retention(), report.outcomes(),
        report.readiness(), report.partners("candidates_placed", "Partners"),
        *(block for topic in topics for block in (report.table(topic), report.comparison(topic))),
    ]  # fmt: skip


def texts(data: Any) -> list[str]:
    """Every text in the data of a block, without its picture."""
    if isinstance(data, str):
        return [data]
    if isinstance(data, Mapping):
        return [text for name, value in data.items() if name not in {"png", "release"} for text in texts(value)]
    return [text for value in data for text in texts(value)] if isinstance(data, list) else []


@pytest.mark.parametrize(("kind", "code"), UNITS)
def test_every_percent_is_a_band_or_an_interval(kind: str, code: str, release: SealedRelease) -> None:
    said = " \n".join(text for block in everything(Report(kind, code, release)) for text in texts(block.as_data()))
    rest = SHARE.sub("", said.replace("95% interval", ""))
    assert SHARE.search(said) and "%" not in rest, re.findall(r".{0,20}%.{0,10}", rest)[:3]


@pytest.mark.parametrize(("kind", "code"), UNITS)
def test_every_number_of_people_is_a_printed_size(kind: str, code: str, release: SealedRelease) -> None:
    """A rounded size says about and ends in 0 or 5; only counts of everybody, which are released so, stand without."""
    cells = pd.concat([unit_cells(kind, code, release), unit_cells("state", STATE, release)])
    exact = {f"{n:,.0f}" for n in cells.loc[cells["n_rounding"] == "exact", "n"]}
    said = " \n".join(text for block in everything(Report(kind, code, release)) for text in texts(block.as_data()))
    sizes = re.findall(r"(about )?(?:[\d,]+ to )?([\d,]+) people", said)
    assert sizes and all(size[-1] in "05" if about else size in exact for about, size in sizes), sizes[:5]


def unit_cells(kind: str, code: str, release: SealedRelease) -> pd.DataFrame:
    cells = release.cells
    return cells[(cells["unit_kind"] == kind) & (cells["unit_code"] == code)]


@pytest.mark.parametrize(("kind", "code"), UNITS)
def test_every_cell_of_a_table_prints_a_cell_of_the_release(kind: str, code: str, release: SealedRelease) -> None:
    """Band for band: the edges printed are the edges released of that measure, for the unit or for the state."""
    cells = pd.concat([unit_cells(kind, code, release), unit_cells("state", STATE, release)])
    report = Report(kind, code, release)
    compared = 0
    for topic in ("placement", "hiring"):
        table = report.table(topic).as_data()
        for measure, row in zip(table["row_links"], table["rows"], strict=True):
            mine = cells[(cells["measure"] == measure) & (cells["statistic"] == "rate") & cells["value"].notna()]
            ends = zip(mine["value_low"], mine["value_high"], strict=True)
            edges = {(round(100 * low), round(100 * high)) for low, high in ends}
            for text in (cell["text"] for cell in row[1:] if "%" in cell["text"]):
                found = [int(number) for number in re.findall(r"\d+", text)]
                shown = (0, found[0]) if text.startswith("under") else (found[0], 100 if "more" in text else found[-1])
                assert shown in edges, (measure, text)
                compared += 1
    assert compared


def test_partners_stand_in_an_order_that_tells_nothing_more(release: SealedRelease) -> None:
    """Ties are ordered by name, and a partner without a published number is neither named nor counted."""
    report = Report("district", DISTRICT, release)
    pairs = report.partnerships
    twin = pairs.assign(unit_code=f"89000009-{DISTRICT}", unit_name="Amber Hall and Northmoor")
    report.partnerships = pd.concat([pairs, twin])
    figure = report.partners("candidates_placed", "Providers").as_data()
    assert [row[0] for row in figure["rows"]] == ["Amber Hall", "Harbor & Hill <College>"]
    assert figure["note"].endswith("Partners with small numbers are not shown.")
    names = {"unit_code": f"89000008-{DISTRICT}", "unit_name": "Zed and Northmoor"}
    hidden = twin.assign(value=pd.NA, status="suppressed", **names)
    report.partnerships = pd.concat([pairs, twin, hidden])
    assert report.partners("candidates_placed", "Providers").as_data() == figure


def test_no_sentence_names_the_rule_a_number_is_withheld_by(release: SealedRelease) -> None:
    for kind, code in (*UNITS, ("provider", "89000002")):
        said = " ".join(text for block in everything(Report(kind, code, release)) for text in texts(block.as_data()))
        assert not re.search(r"fewer than|ten people|threshold|minimum", said)
