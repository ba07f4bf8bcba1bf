"""A page is made of plain data by escaping templates: offline, without script, readable without pictures."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from invented_release import STATE

from partnerlib.disclosure.zones import SealedRelease
from partnerlib.display.blocks import MEDIA_TYPE, Completion, Facts, Words, seal
from partnerlib.display.tables import Cell, Table
from partnerlib.errors import ReleaseRefused
from partnerlib.reports.execution import Incomplete, elements_of
from partnerlib.reports.page import result_page
from partnerlib.reports.printing import account_in_words
from partnerlib.reports.unit_report import Report

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "<a href='https://example.org'>x</a>",
]


RELEASE = "a" * 64
"""Identifier of the release the blocks of these pages are drawn from."""


class Reader(HTMLParser):
    """Collects tags and attributes as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def executed(folder: Path, blocks: list[Any], extra: list[dict[str, Any]] | None = None, sealed: bool = True) -> Path:
    """An executed notebook that showed these blocks, one a cell, drawn from the release of this run or their own."""
    data = [(block if block.release else replace(block, release=RELEASE)).as_data() for block in blocks]
    if sealed:
        data.append(Completion(seal(data), len(data), release=RELEASE).as_data())
    cells = [
        {"cell_type": "code", "source": "x", "metadata": {}, "execution_count": place,
         "outputs": [{"output_type": "execute_result", "data": {MEDIA_TYPE: block}}]}
        for place, block in enumerate(data, start=1)
    ]  # fmt: skip
    cells[0]["outputs"] += extra or []
    path = folder / "executed.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "# T", "metadata": {}}, *cells]}))
    return path


def printing(audience: str = "", **found: int) -> dict[str, Any]:
    """What a page says of how its numbers are printed."""
    names = ("bands", "whole_percents", "rounded_sizes", "exact_sizes", "means", "index", "marks")
    account = account_in_words("standard 1", {"public": {"asked": 12, "exposed": 0, **found}})
    return {"audience": audience, "release": RELEASE, "account": account, **{f"has_{name}": True for name in names}}


def facts(title: str = "A College") -> Facts:
    return Facts({"title": title, "unit_code": "89000001", "year": "2017-18", "is_synthetic": False,
                  "reason_for_nothing": "", "key_number": {}, "printing": printing()})  # fmt: skip


def page_of(folder: Path, *blocks: Any, **options: Any) -> str:
    return result_page(elements_of(executed(folder, list(blocks), **options), RELEASE), "Provider report", False)[0]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_of_the_data_never_becomes_markup(tmp_path: Path, payload: str) -> None:
    plain = page_of(tmp_path, facts("A"), Words("A", "headline"), Table("A", ["A"], [[Cell("A", "A")]], "A", ["A"]))
    hostile = page_of(
        tmp_path, facts(payload), Words(payload, "headline"),
        Table(payload, [payload], [[Cell(payload, payload)]], payload, [payload]),
    )  # fmt: skip
    assert [tag for tag, _ in Reader(hostile).tags] == [tag for tag, _ in Reader(plain).tags]
    assert not any(name.startswith("on") for _, attributes in Reader(hostile).tags for name in attributes)
    assert unescape(hostile).count(payload) > 5, "the text itself is printed, letter for letter"


RAW = {
    "a raw table": ("a raw table or HTML", {"data": {"text/html": "<table>Jane", "text/plain": "Jane"}}),
    "HTML of one's own": ("a raw table or HTML", {"data": {"text/html": "<script>Jane</script>"}}),
    "a figure of one's own": ("a raw figure", {"data": {"image/png": "Jane", "text/plain": "<Figure>"}}),
    "a vector figure": ("a raw figure", {"data": {"image/svg+xml": "<svg>Jane"}}),
    "Markdown": ("a raw value", {"data": {"text/markdown": "Jane"}}),
    "a script": ("a raw value", {"data": {"application/javascript": "Jane"}}),
    "a value": ("a raw value", {"data": {"text/plain": "0.714"}}),
    "printed text": ("printed text", {"output_type": "stream", "name": "stdout", "text": "Jane"}),
    "a warning": ("printed text", {"output_type": "stream", "name": "stderr", "text": "Jane"}),
    "a block that is none": ("a raw value", {"data": {MEDIA_TYPE: "Jane"}}),
}


@pytest.mark.parametrize("raw", RAW)
def test_a_cell_that_shows_anything_but_released_numbers_fails_the_page(tmp_path: Path, raw: str) -> None:
    words, output = RAW[raw]
    with pytest.raises(Incomplete, match=f"code cell 1 of 3 shows {words}") as raised:
        page_of(tmp_path, facts(), Words("Fine."), extra=[{"output_type": "display_data", **output}])
    assert "Jane" not in str(raised.value)


def test_a_block_of_another_release_or_of_none_fails_the_page(tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="code cell 2 of 3 shows a words of another release"):
        page_of(tmp_path, facts(), Words("Fine.", release="b" * 64))
    bare = change(executed(tmp_path, [facts()]), 1, outputs=[{"data": {MEDIA_TYPE: Words("Fine.").as_data()}}])
    with pytest.raises(Incomplete, match="code cell 1 of 2 shows a words of no release"):
        elements_of(bare, RELEASE)


def test_only_a_sealed_release_makes_a_report(cells: pd.DataFrame, release: SealedRelease) -> None:
    with pytest.raises(ReleaseRefused, match="given a raw table"):
        Report("state", STATE, cells)  # type: ignore[arg-type]
    report = Report("state", STATE, release)
    assert report.headline().release == release.manifest.release_id == report.complete().release


def test_a_page_says_how_its_numbers_are_printed_and_what_the_attack_found(tmp_path: Path) -> None:
    html = page_of(tmp_path, facts(), Words("Fine."))
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    assert "How numbers are printed" in text and "60–65% says at least 60% and under 65%" in text
    assert "Policy: standard, version 1." in text and "Nobody was exposed." in text
    assert "only." not in text, "a public page is for everybody"
    exposed = account_in_words("dese_published 1", {"public": {"asked": 12, "exposed": 5}})
    assert exposed.endswith("By anybody outside, 5 of 12 numbers can be worked out.")


def test_the_page_of_an_owner_says_whose_it_is(tmp_path: Path) -> None:
    own = Facts({**facts().facts, "printing": printing("Harbor <College>")})
    html = page_of(tmp_path, own, Words("Fine."))
    assert "<strong>For Harbor &lt;College&gt; only.</strong>" in html
    assert "Numbers of Harbor &lt;College&gt; are exact" in html


def test_a_page_needs_no_network_and_runs_nothing(tmp_path: Path) -> None:
    html = page_of(tmp_path, facts(), Words("Fine."))
    reader = Reader(html)
    assert not reader.of("script") and not reader.of("link") and not reader.of("iframe")
    assert not re.search(r"https?://|//[a-z]", html)
    assert "default-src 'none'" in str(reader.of("meta"))


def test_a_page_has_a_language_one_main_heading_and_heads_for_its_table(tmp_path: Path) -> None:
    reader = Reader(page_of(tmp_path, facts(), Table("Numbers", ["What", "Value"], [[Cell("A"), Cell("1")]])))
    assert reader.of("html")[0]["lang"] == "en"
    assert len(reader.of("h1")) == 1 and len(reader.of("caption")) == 1
    assert {attributes.get("scope") for attributes in reader.of("th")} == {"col", "row"}


def change(path: Path, place: int, **fields: Any) -> Path:
    raw = json.loads(path.read_text())
    raw["cells"][place].update(fields)
    path.write_text(json.dumps(raw))
    return path


def test_a_whole_run_is_read_in_order(tmp_path: Path) -> None:
    found = elements_of(executed(tmp_path, [facts(), Words("one"), Words("two")]), RELEASE)
    assert [element.data.get("text") for element in found if element.kind == "words"] == ["one", "two"]


def test_a_run_that_ended_early_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="before its last cell"):
        elements_of(executed(tmp_path, [facts(), Words("one")], sealed=False), RELEASE)


@pytest.mark.parametrize("count", [None, 1, 7])
def test_a_cell_not_run_or_out_of_turn_is_incomplete(tmp_path: Path, count: int | None) -> None:
    with pytest.raises(Incomplete, match="code cell 2 of 3 was not run"):
        elements_of(change(executed(tmp_path, [facts(), Words("one")]), 2, execution_count=count), RELEASE)


def test_a_result_lost_or_changed_after_it_was_sealed_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="not what it sealed"):
        elements_of(change(executed(tmp_path, [facts(), Words("one")]), 2, outputs=[]), RELEASE)


def test_an_error_names_the_cell_and_not_the_value(tmp_path: Path) -> None:
    error = [{"output_type": "error", "ename": "KeyError", "evalue": "Jane Doe", "traceback": ["Jane Doe"]}]
    with pytest.raises(Incomplete) as raised:
        elements_of(change(executed(tmp_path, [facts(), Words("one")]), 2, outputs=error), RELEASE)
    assert "KeyError" in str(raised.value) and "Jane" not in str(raised.value)
