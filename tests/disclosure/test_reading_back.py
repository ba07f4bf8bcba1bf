"""Published files are read back cell by cell; whatever else they hold is told by its place, never by its content."""

from __future__ import annotations

import ast
import base64
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from invented_cells import sealed
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

import partnerlib.disclosure.audit.reading as reading
from partnerlib.disclosure.audit.reading import read_published
from partnerlib.disclosure.files import write_files
from partnerlib.errors import DataError, ReleaseRefused

SECRET = "7.0390625"
"""Stands for a number that must not be published, and never in what is told about it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_files(sealed(folder), folder / "2018")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "2018", tmp_path / "2018"))


def test_what_was_sealed_is_read_back_from_table_and_workbook_alike(folder: Path, made: Path) -> None:
    found = read_published(folder)
    release = sealed(made)
    assert found.leaks == ()
    pd.testing.assert_frame_equal(found.cells, release.cells)
    pd.testing.assert_frame_equal(found.definitions, release.definitions)
    assert list(found.remarks) == ["cells.xlsx, sheet read me"]


def change_book(change: Callable[[Workbook], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        book = load_workbook(folder / "cells.xlsx")
        change(book)
        book.save(folder / "cells.xlsx")

    return apply


def change_table(old: str, new: str, count: int = -1, name: str = "cells.csv") -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, count), encoding="utf-8")

    return apply


def add_column(folder: Path) -> None:
    table = pd.read_csv(folder / "cells.csv", dtype=str, keep_default_na=False)
    table.assign(numerator=SECRET).to_csv(folder / "cells.csv", index=False)


def page(body: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "a.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")


def file(name: str, content: str = SECRET) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8")


def picture(*chunks: tuple[bytes, bytes], after: bytes = b"") -> str:
    raw = b"\x89PNG\r\n\x1a\n"
    for kind, body in [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), *chunks,
                       (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]:  # fmt: skip
        raw += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(raw + after).decode()}">'


def hide_column(book: Workbook) -> None:
    book["provider"].column_dimensions["C"].hidden = True


def hide_row(book: Workbook) -> None:
    book["provider"].row_dimensions[3].hidden = True


def thin_column(book: Workbook) -> None:
    book["provider"].column_dimensions["C"].width = 0.1


def hide_sheet(book: Workbook, state: str = "hidden") -> None:
    sheet = book.create_sheet("provider 2")
    sheet.append([SECRET])
    sheet.sheet_state = state


def name_value(book: Workbook) -> None:
    book.defined_names["n"] = DefinedName("n", attr_text=SECRET)


def remark(book: Workbook) -> None:
    book["provider"]["C2"].comment = Comment(SECRET, "Jane")


def formula(book: Workbook) -> None:
    book["state"]["O2"] = f"={SECRET}"


def author(book: Workbook) -> None:
    book.properties.creator = "Jane Canary"


def invisible(book: Workbook) -> None:
    book["state"]["A2"].number_format = ";;;"


def beside(book: Workbook) -> None:
    book["state"].cell(2, 60, SECRET)


def filtered(book: Workbook) -> None:
    book["state"].auto_filter.ref = "A1:C3"


LEAKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a column more in the table": (add_column, "cells.csv: column numerator"),
    "a number in a withheld row": (change_table('"suppressed"', '"reported"'), "cells.csv: cells:"),
    "table and workbook disagree": (change_table("0.65,0.6,0.7", "0.625,0.6,0.65", 1), "rows differ"),
    "rows missing in the workbook": (change_book(lambda book: book["state"].delete_rows(2)), "rows, where cells.csv"),
    "a hidden column": (change_book(hide_column), "sheet provider: hidden columns"),
    "a column too thin to see": (change_book(thin_column), "sheet provider: hidden columns"),
    "a hidden row": (change_book(hide_row), "sheet provider: hidden rows"),
    "a hidden sheet": (change_book(hide_sheet), "sheet 8: hidden"),
    "a sheet hidden from the menu, too": (change_book(lambda book: hide_sheet(book, "veryHidden")), "sheet 8: hidden"),
    "a defined name": (change_book(name_value), "definedName"),
    "a comment": (change_book(remark), "xl/comments"),
    "a formula": (change_book(formula), "sheet state: f"),
    "the name of who made it": (change_book(author), "document property creator"),
    "a format that shows nothing": (change_book(invisible), "number formats of its own"),
    "a cell beside the table": (change_book(beside), "cells beside the table"),
    "a filter": (change_book(filtered), "sheet state: autoFilter"),
    "a script": (page(f"<script>let n={SECRET}</script>"), "a.html: <script>"),
    "a vector drawing": (page(f"<svg><path d='M0 {SECRET}'/></svg>"), "a.html: <svg>"),
    "a comment in a page": (page(f"<!-- n={SECRET} -->"), "a.html: a comment"),
    "a hidden passage": (page(f"<p hidden>{SECRET}</p>"), "a.html: a hidden <p>"),
    "a passage hidden by style": (page(f"<p style='display:none'>{SECRET}</p>"), "a.html: style of <p>"),
    "text in a picture": (page(picture((b"tEXt", f"n\0{SECRET}".encode()))), "more than pixels (tEXt)"),
    "data after a picture's end": (page(picture(after=SECRET.encode())), "bytes after the end"),
    "a picture from elsewhere": (page('<img alt="" src="https://example.org/7.png">'), "not a PNG of the page"),
    "an executed notebook": (file("executed.ipynb"), "executed.ipynb: a notebook"),
    "a pickle": (file("cache.pkl"), "cache.pkl: a data file"),
    "a log": (file("run.log"), "run.log: not a file of a release"),
}  # fmt: skip


@pytest.mark.parametrize(("plant", "told"), LEAKS.values(), ids=list(LEAKS))
def test_what_a_release_does_not_publish_is_told_by_its_place(
    folder: Path, plant: Callable[[Path], object], told: str
) -> None:
    plant(folder)
    leaks = [str(leak) for leak in read_published(folder).leaks]
    assert any(told in leak for leak in leaks), leaks
    assert not any(SECRET in leak or "Jane" in leak for leak in leaks)


def test_a_clean_picture_and_a_page_of_words_are_no_leak(folder: Path) -> None:
    page(f"<h1>A page</h1><p>Words.</p>{picture()}")(folder)
    assert read_published(folder).leaks == ()


@pytest.mark.parametrize("name", ["cells.csv", "definitions.csv", "cells.xlsx", "manifest.json"])
def test_a_published_file_that_was_changed_or_lost_is_told(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[content.rindex(b"a")] ^= 4
    (folder / name).write_bytes(bytes(content))
    try:
        told = [str(leak) for leak in read_published(folder).leaks]
    except ReleaseRefused as refused:
        told = [str(refused)]
    assert any(each.startswith(name) for each in told), told
    (folder / name).unlink()
    try:
        told = [str(leak) for leak in read_published(folder).leaks]
    except ReleaseRefused as refused:
        told = [str(refused)]
    assert any(name in each for each in told), told


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "cells.csv").unlink(), "no cells.csv"),
        (lambda folder: (folder / "definitions.csv").unlink(), "no definitions.csv"),
        (change_table('"value_low"', '"lowest"'), "no column value_low"),
        (change_table("0.65", "about 0.65", 1), "column value: 1 values are not numbers"),
        (change_table(",true", ",perhaps", 1), "neither true nor false"),
        (lambda folder: (folder / "cells.xlsx").write_bytes(b"PK"), "cannot be read as a workbook"),
        (lambda folder: (folder / "cells.csv").write_text("a,b\n1\n"), "cannot be read as a table"),
    ],
)
def test_files_that_cannot_be_read_are_refused_not_read_past(
    folder: Path, spoil: Callable[[Path], object], told: str
) -> None:
    spoil(folder)
    with pytest.raises(ReleaseRefused, match=told):
        read_published(folder)


def test_a_folder_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_published(tmp_path / "nothing")


def test_the_reader_shares_no_code_with_the_writer_or_the_protection() -> None:
    for module in ("reading", "workbooks", "pages"):
        source = Path(reading.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
        imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
        assert not {
            name for name in imported if name and ("files" in name or "protection" in name or "openpyxl" in name)
        }
