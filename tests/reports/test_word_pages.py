"""The Word file of every kind of page can be read aloud, jumped through and pasted from."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from docx.document import Document as Paper
from docx.oxml.ns import qn
from invented_page import report_page
from invented_release import DISTRICT, PAIR, STATE, TYPICAL

from partnerlib.reports.formats import word

KINDS = {"provider": TYPICAL, "district": DISTRICT, "partnership": PAIR, "state": STATE, "review": TYPICAL,
         "advisory": DISTRICT}  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def paper(request: pytest.FixtureRequest, release_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Paper:
    """The Word file of a page of each kind, made by its own notebook from the invented release."""
    place = tmp_path_factory.mktemp("word") / f"{request.param}.docx"
    word.write(report_page(request.param, KINDS[request.param], release_file), place)
    return docx.Document(io.BytesIO(place.read_bytes()))


def test_headings_go_down_one_level_at_a_time(paper: Paper) -> None:
    names = [part.style.name for part in paper.paragraphs if part.style.name.startswith(("Heading", "Title"))]
    levels = [0 if name == "Title" else int(name.split()[-1]) for name in names]
    assert levels.count(0) == 1 and levels[0] == 0 and len(levels) > 6
    assert all(after <= before + 1 for before, after in pairwise(levels)), names
    texts = [part.text for part in paper.paragraphs if part.style.name.startswith(("Heading", "Title"))]
    assert all(text.strip() for text in texts), "a heading without words"


def test_every_table_has_a_caption_a_head_that_repeats_and_no_empty_cell(paper: Paper) -> None:
    assert paper.tables
    for table in paper.tables:
        caption = table._tbl.getprevious()
        assert caption.find(f"{qn('w:pPr')}/{qn('w:pStyle')}").get(qn("w:val")) == "Caption"
        rows = table._tbl.tr_lst
        assert [row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in rows][:2] == [True, False]
        words = ["".join(part.text or "" for part in caption.iter(qn("w:t")))]
        assert all(cell.text.strip() for cell in table._cells), f"{words}: an empty cell is read as nothing"
        assert not table._tbl.findall(f".//{qn('w:gridSpan')}") and not table._tbl.findall(f".//{qn('w:vMerge')}")


def test_every_picture_says_its_numbers(paper: Paper) -> None:
    pictures = paper.element.body.findall(f".//{qn('wp:docPr')}")
    assert len(pictures) == len(paper.inline_shapes)
    for picture in pictures:
        assert picture.get("title") and re.search(r"\d", picture.get("descr") or ""), picture.get("descr")


def test_it_says_its_language_and_what_it_is_called(paper: Paper) -> None:
    language = paper.styles["Normal"].element.find(f"{qn('w:rPr')}/{qn('w:lang')}")
    assert language.get(qn("w:val")) == "en-US" == paper.core_properties.language
    title = next(part.text for part in paper.paragraphs if part.style.name == "Title")
    assert paper.core_properties.title == f"{title}, 2017-18"
