"""A page is made of plain data by escaping templates: offline, without script, readable without pictures."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from partnerlib.display.blocks import MEDIA_TYPE, Completion, Facts, Words, seal
from partnerlib.display.tables import Cell, Table
from partnerlib.reports.execution import Incomplete, elements_of
from partnerlib.reports.page import result_page

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "<a href='https://example.org'>x</a>",
]


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
    """An executed notebook that showed these blocks, one a cell."""
    data = [{"kind": block.kind, **block.data_for_page()} for block in blocks]
    if sealed:
        data.append({"kind": "completion", **Completion(seal(data), len(data)).data_for_page()})
    cells = [
        {"cell_type": "code", "source": "x", "metadata": {}, "execution_count": place,
         "outputs": [{"output_type": "execute_result", "data": {MEDIA_TYPE: block}}]}
        for place, block in enumerate(data, start=1)
    ]  # fmt: skip
    cells[0]["outputs"] += extra or []
    path = folder / "executed.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "# T", "metadata": {}}, *cells]}))
    return path


def facts(title: str = "A College") -> Facts:
    return Facts({"title": title, "unit_code": "89000001", "year": "2017-18", "is_synthetic": False,
                  "reason_for_nothing": "", "key_number": {}})  # fmt: skip


def page_of(folder: Path, *blocks: Any, **options: Any) -> str:
    return result_page(elements_of(executed(folder, list(blocks), **options)), "Provider report", False)[0]


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


def test_html_script_and_markdown_that_a_cell_emits_are_not_on_the_page(tmp_path: Path) -> None:
    kinds = ("text/html", "text/markdown", "application/javascript", "image/svg+xml", "text/plain")
    rogue = [{"output_type": "display_data", "data": {kind: "ROGUE <script>x</script>"}} for kind in kinds]
    html = page_of(tmp_path, facts(), Words("Fine."), extra=[*rogue, {"output_type": "stream", "text": "ROGUE"}])
    assert "ROGUE" not in html and "Fine." in html


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
    found = elements_of(executed(tmp_path, [facts(), Words("one"), Words("two")]))
    assert [element.data.get("text") for element in found if element.kind == "words"] == ["one", "two"]


def test_a_run_that_ended_early_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="before its last cell"):
        elements_of(executed(tmp_path, [facts(), Words("one")], sealed=False))


@pytest.mark.parametrize("count", [None, 1, 7])
def test_a_cell_not_run_or_out_of_turn_is_incomplete(tmp_path: Path, count: int | None) -> None:
    with pytest.raises(Incomplete, match="code cell 2 of 3 was not run"):
        elements_of(change(executed(tmp_path, [facts(), Words("one")]), 2, execution_count=count))


def test_a_result_lost_or_changed_after_it_was_sealed_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="not what it sealed"):
        elements_of(change(executed(tmp_path, [facts(), Words("one")]), 2, outputs=[]))


def test_an_error_names_the_cell_and_not_the_value(tmp_path: Path) -> None:
    error = [{"output_type": "error", "ename": "KeyError", "evalue": "Jane Doe", "traceback": ["Jane Doe"]}]
    with pytest.raises(Incomplete) as raised:
        elements_of(change(executed(tmp_path, [facts(), Words("one")]), 2, outputs=error))
    assert "KeyError" in str(raised.value) and "Jane" not in str(raised.value)
