"""A page in five formats: inert whatever its texts say, the same twice, tagged, and the numbers of its cells alone."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import openpyxl
import pytest
from invented_page import CELL, invented_page, report_page
from invented_release import TYPICAL, invented_cells
from payloads import FORMULAS, SCRIPTS, STRANGE
from pypdf import PdfReader

from partnerlib.disclosure.audit.other_formats import leaks_of
from partnerlib.disclosure.audit.pages import read_page
from partnerlib.disclosure.audit.prints import read_pdf, read_word
from partnerlib.display.text import legible
from partnerlib.errors import EnvironmentProblem, ParameterError
from partnerlib.reports import formats
from partnerlib.reports.document import Document
from partnerlib.reports.formats import FORMATS, chosen, pdf, write
from partnerlib.reports.page import html_of

NAMES = tuple(FORMATS)
IN_PRINT = ("four thousand letters without a blank", "from right to left", "half a character")
needs_pango = pytest.mark.skipif(not pdf.is_available(), reason="Pango is not installed")


def in_format(page: Document, name: str, folder: Path) -> bytes:
    write(page, folder / "page.html", [name])
    return (folder / f"page.{FORMATS[name].ending}").read_bytes()


class Elements(HTMLParser):
    """Elements and attributes of a page, as a browser would see them; its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, tuple(name for name, _ in attrs)))
        self.words += [str(value) for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("payload", [*SCRIPTS, *FORMULAS, *STRANGE.values()], ids=lambda text: repr(text[:24]))
def test_no_text_is_more_than_text_on_a_page(payload: str) -> None:
    """Every field that says something says the payload: the page has the elements and attributes it always has."""
    plain, hostile = Elements(html_of(invented_page("A"))), Elements(html_of(invented_page(payload)))
    is_named = bool(legible(payload).strip())
    assert hostile.shape == plain.shape or not is_named
    assert not any(name.startswith("on") for _, names in hostile.shape for name in names)
    shown = legible(payload).replace("\r\n", "\n").replace("\r", "\n")
    assert not is_named or sum(shown.strip() in text for text in hostile.words) >= 15


@pytest.mark.parametrize("payload", [*SCRIPTS, *FORMULAS, *STRANGE.values()], ids=lambda text: repr(text[:24]))
def test_no_text_is_more_than_text_in_word_and_excel_and_csv(payload: str, tmp_path: Path) -> None:
    page, shown = invented_page(payload), legible(payload)
    word = read_word(in_format(page, "word", tmp_path), "page.docx")
    assert word.problems == () or not shown
    assert not shown.strip() or sum(" ".join(shown.split()) in " ".join(text.split()) for text in word.pieces) >= 15
    with zipfile.ZipFile(io.BytesIO(in_format(page, "excel", tmp_path))) as book:
        tags = {
            element.tag.rpartition("}")[2]
            for part in book.namelist()
            if part.startswith("xl/worksheets/")
            for element in ElementTree.fromstring(book.read(part)).iter()
        }
        assert not tags & {"f", "hyperlink", "hyperlinks"}
        assert not [part for part in book.namelist() if "external" in part.lower() or part.endswith(".rels.rels")]
    rows = list(csv.reader(io.StringIO(in_format(page, "csv", tmp_path).decode("utf-8-sig"))))
    running = [value for row in rows[1:] for value in row if re.match(r"[=@\t\r]|[+-](?![\d.]|$)", value)]
    assert not running and len({len(row) for row in rows}) == 1


@needs_pango
def test_no_text_is_more_than_text_in_a_pdf(tmp_path: Path) -> None:
    for payload in (SCRIPTS[7], *(STRANGE[name] for name in IN_PRINT)):
        content = in_format(invented_page(payload), "pdf", tmp_path)
        assert read_pdf(content, "page.pdf").problems == (), payload[:40]
    assert (
        "pwned" in PdfReader(io.BytesIO(in_format(invented_page(SCRIPTS[1]), "pdf", tmp_path))).pages[0].extract_text()
    )


@needs_pango
@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize(
    ("action", "told"),
    [({"S": "/JavaScript", "JS": "(app.alert)"}, ["JS", "JavaScript"]), ({"S": "/URI", "URI": "(elsewhere)"}, ["URI"])],
)
def test_a_pdf_that_runs_or_fetches_is_told_where_its_objects_are_packed_too(
    action: dict[str, str], told: list[str], is_packed: bool
) -> None:
    import pydyf

    document = pydyf.PDF()
    document.add_object(pydyf.Dictionary(action))
    document.catalog["OpenAction"] = document.objects[-1].reference
    content = _written(document, is_packed)
    assert (f"/{told[0]}".encode() in content) != is_packed
    found = read_pdf(content, "page.pdf").problems
    assert sorted(line.split(",")[0] for line in found if "does not need" in line) == told


@needs_pango
def test_bytes_of_a_picture_that_look_like_a_name_are_none() -> None:
    import pydyf

    document = pydyf.PDF()
    document.add_object(pydyf.Stream([b"q Q % /JS /Launch /URI"]))
    content = _written(document, is_packed=True)
    assert b"/JS /Launch" in content
    assert not [line for line in read_pdf(content, "page.pdf").problems if "does not need" in line]


def _written(document: Any, is_packed: bool) -> bytes:
    """A PDF of one empty page with the objects added, packed into a stream or plain."""
    import pydyf

    document.add_page(pydyf.Dictionary({"Type": "/Page", "Parent": document.pages.reference, "MediaBox": "[0 0 9 9]"}))
    out = io.BytesIO()
    document.write(out, version=b"1.7", identifier=True, compress=is_packed)
    return out.getvalue()


def test_a_name_from_right_to_left_stays_and_an_order_to_turn_goes() -> None:
    assert STRANGE["from right to left"] in html_of(invented_page(STRANGE["from right to left"]))
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", html_of(invented_page(STRANGE["turned around"])))


TWICE = """
import sys, hashlib, pathlib
sys.path.insert(0, sys.argv[1])
from invented_page import invented_page
from partnerlib.reports.formats import FORMATS, write
folder = pathlib.Path(sys.argv[2])
write(invented_page(), folder / "page.html", sys.argv[3].split(","))
for file in sorted(folder.glob("page.*")):
    print(file.name, hashlib.sha256(file.read_bytes()).hexdigest())
"""


def test_the_same_page_gives_the_same_bytes_on_another_day_in_another_process(tmp_path: Path) -> None:
    """Another time zone, another order of sets, another home; and two writings a while apart."""
    names = chosen().names
    write(invented_page(), tmp_path / "page.html", names)
    first = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in tmp_path.glob("page.*")}
    (tmp_path / "again").mkdir()
    told = subprocess.run(
        [sys.executable, "-c", TWICE, str(Path(__file__).parent), str(tmp_path / "again"), ",".join(names)],
        env={**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "LC_ALL": "C", "PYTHONUTF8": "1"},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert dict(line.split() for line in told.stdout.splitlines()) == first and len(first) == len(names)


@needs_pango
def test_a_pdf_is_tagged_and_its_pictures_have_their_texts(tmp_path: Path) -> None:
    content = in_format(invented_page(), "pdf", tmp_path)
    reader = PdfReader(io.BytesIO(content))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en" and "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] and "Harbor" in str(reader.metadata and reader.metadata.title)
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert read_pdf(content, "page.pdf").pictures == ("130 placed",)
    tags = re.findall(rb"/S /(\w+)", b" ".join(_objects(reader)))
    assert {b"H1", b"H2", b"Table", b"TH", b"TD", b"Figure", b"L"} <= set(tags)


def _objects(reader: PdfReader) -> Iterator[bytes]:
    waiting: list[Any] = [reader.trailer["/Root"]["/StructTreeRoot"]]  # type: ignore[index]
    while waiting:
        node = waiting.pop()
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            yield f"/S {node.get('/S', '')}".encode()
            if "/K" in node:
                waiting.append(node["/K"])


def test_a_word_file_has_headings_table_heads_and_texts_of_pictures(tmp_path: Path) -> None:
    paper = docx.Document(io.BytesIO(in_format(invented_page(), "word", tmp_path)))
    levels = [
        paragraph.style.name for paragraph in paper.paragraphs if paragraph.style.name.startswith(("Head", "Title"))
    ]
    assert levels[:2] == ["Title", "Heading 1"]
    xml = [table._tbl.xml for table in paper.tables]
    assert len(xml) == 3 and all("w:tblHeader" in table for table in xml)
    assert [shape._inline.docPr.get("descr") for shape in paper.inline_shapes] == ["130 placed"]
    assert paper.core_properties.author == "partnerlib" and paper.core_properties.created.year == 2018


def test_a_workbook_says_what_every_column_is_and_names_every_cell(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(in_format(invented_page(), "excel", tmp_path)))
    assert book.sheetnames == ["Read me", "Numbers", "Measures", "Data dictionary"]
    head, *rows = book["Numbers"].values
    explained = {row[1] for row in book["Data dictionary"].values}
    assert set(head) <= explained and {row[head.index("cell")] for row in rows} == {CELL}
    assert [row[head.index("value")] for row in rows] == [None, 130, 130, 130, None, 130]


def test_a_format_nobody_knows_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'excel'"):
        chosen(["exel"])
    assert chosen(["pdf,docx", "csv"] if pdf.is_available() else ["word", "csv"]).names[0] == "html"


def test_without_pango_pdfs_are_left_out_aloud_and_refused_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats.import_module("partnerlib.reports.formats.pdf"), "is_available", lambda: False)
    choice = chosen()
    assert choice.names == ("html", "word", "excel", "csv")
    assert "PDFs are left out" in choice.remark and "apt-get install" in choice.remark
    with pytest.raises(EnvironmentProblem, match="--formats pdf: Pango"):
        chosen(["pdf"])
    assert chosen(["csv"]).remark == ""


STEM = f"provider/{TYPICAL}-harbor-hill-college"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, release_file: Path) -> Path:
    """A provider's page in every format this computer can write."""
    folder = tmp_path_factory.mktemp("made")
    write(report_page("provider", TYPICAL, release_file), folder / f"{STEM}.html", chosen().names)
    return folder


def leaks(folder: Path, changed: dict[str, bytes] | None = None) -> list[tuple[str, str]]:
    for name, content in (changed or {}).items():
        (folder / name).write_bytes(content)
    names = [f"{STEM}.{entry.ending}" for entry in FORMATS.values() if entry.name != "html"]
    page = read_page((folder / f"{STEM}.html").read_text(encoding="utf-8"))
    there = [name for name in names if (folder / name).is_file()]
    return list(leaks_of(folder, there, {f"{STEM}.html": page}, invented_cells()))


def test_every_format_of_a_page_is_read_back_as_the_page(made: Path) -> None:
    assert leaks(made) == []


def packed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """An archive with one of its parts changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return stream.getvalue()


def first(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode(), 1)

    return change


BOOK, TEXTS, NUMBERS, WORDS = "xlsx", "xl/sharedStrings.xml", "xl/worksheets/sheet2.xml", "word/document.xml"
CHANGES: dict[str, tuple[str, str, Callable[[bytes], bytes]]] = {
    "a number in the CSV": ("csv", "", first(",130,", ",7,")),
    "a cell's name in the CSV": ("csv", "", first(f"provider:{TYPICAL} 2018 1", "state:00000000 2018 1")),
    "a word with a number in the CSV": ("csv", "", first("Key numbers,", "Key numbers of 7,")),
    "a formula in the CSV": ("csv", "", first(",130,", ",=130,")),
    "a number in the workbook": (BOOK, TEXTS, first(">130<", ">7<")),
    "a column's number in the workbook": (BOOK, NUMBERS, first("<v>130</v>", "<v>7</v>")),
    "a remark in the workbook": (BOOK, TEXTS, first("School year", "School 7 year")),
    "a number in the Word file": ("docx", WORDS, first(">130<", ">7<")),
    "a picture's text in the Word file": ("docx", WORDS, first('descr="', 'descr="Seven: ')),
    "an author of the Word file": ("docx", "docProps/core.xml", first(">partnerlib<", ">Jane<")),
}
"""What is changed: the file, the part of its archive, and how."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_to_a_format_is_told_by_its_file(change: str, made: Path, tmp_path: Path) -> None:
    ending, part, how = CHANGES[change]
    (tmp_path / "provider").mkdir()
    for file in (made / "provider").glob(f"*.{ending}"):
        (tmp_path / "provider" / file.name).write_bytes(
            packed(file.read_bytes(), part, how) if part else how(file.read_bytes())
        )
    (tmp_path / f"{STEM}.html").write_bytes((made / f"{STEM}.html").read_bytes())
    assert {file for file, _ in leaks(tmp_path)} == {f"{STEM}.{ending}"}


@needs_pango
@pytest.mark.parametrize("number", ["7"])
def test_a_number_planted_in_a_pdf_is_told(number: str, made: Path, tmp_path: Path, release_file: Path) -> None:
    """The same page printed with another number in its first card."""
    page = report_page("partnership", f"{TYPICAL}-97010000", release_file)
    write(page, tmp_path / f"{STEM}.html", ["html"])
    cards = next(item for item in page.opening if not hasattr(item, "text") and item["kind"] == "cards")
    cards["cards"][0]["value"] = number  # type: ignore[index]
    write(page, tmp_path / f"{STEM}.html".replace("html", "pdf"), ["pdf"])
    assert any("which its page does not say there" in what for _, what in leaks(tmp_path))
