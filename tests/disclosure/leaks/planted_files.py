"""Leaks of published files: what a table, a workbook or a page holds beyond the sealed cells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from invented_cells import sealed
from leak import Leak, Look
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from partnerlib.disclosure.audit.reading import read_published
from partnerlib.disclosure.files import write_files

Spoil = Callable[[Path], object]


def made(folder: Path) -> Path:
    """The files of a small release, and one page."""
    write_files(sealed(folder), folder / "2018")
    page("")(folder / "2018")
    return folder / "2018"


def page(body: str) -> Spoil:
    html = f"<html><body><h1>Hiring</h1><p>Hired: 60% to 70%, about 130 people.</p>{body}</body></html>"
    return lambda folder: (folder / "provider.html").write_text(html, encoding="utf-8")


def looks_at(spoil: Spoil | None = None) -> Look:
    def look(folder: Path) -> list[object]:
        published = made(folder)
        if spoil:
            spoil(published)
        return list(read_published(published).leaks)

    return look


def in_table(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Spoil:
    def spoil(folder: Path) -> None:
        table = pd.read_csv(folder / "cells.csv", dtype=str, keep_default_na=False)
        change(table).to_csv(folder / "cells.csv", index=False)

    return spoil


def in_book(change: Callable[[Workbook], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        book = load_workbook(folder / "cells.xlsx")
        change(book)
        book.save(folder / "cells.xlsx")

    return spoil


def beside_html(table: pd.DataFrame) -> pd.DataFrame:
    """The page says 60% to 70%; the table says which."""
    is_rate = (table["measure"] == "employed") & (table["value"] != "")
    exact = {"value": "0.6512", "value_low": "0.65115", "value_high": "0.65125", "rounding": "nearest 0.0001"}
    return table.assign(**{name: table[name].where(~is_rate, text) for name, text in exact.items()})


def hidden_column(book: Workbook) -> None:
    sheet = book["provider"]
    sheet.cell(1, 30, "numerator")
    sheet.cell(2, 30, 7)
    sheet.column_dimensions["AD"].hidden = True


def hidden_sheet(book: Workbook) -> None:
    book.create_sheet("exact").append([7])
    book["exact"].sheet_state = "veryHidden"


def comment(book: Workbook) -> None:
    book["provider"]["B2"].comment = Comment("7 of 9", "somebody")


def hidden_row(book: Workbook) -> None:
    book["state"].row_dimensions[2].hidden = True


def formula(book: Workbook) -> None:
    book["state"]["O2"] = "=7/9"


def author(book: Workbook) -> None:
    book.properties.lastModifiedBy = "somebody"


def by_size(table: pd.DataFrame) -> pd.DataFrame:
    """Withheld rows first, in the order of what they hide."""
    return pd.concat([table[table["withheld"] == "true"], table[table["withheld"] != "true"]])


def of_withheld(column: str, text: str) -> Spoil:
    return in_table(lambda t: t.assign(**{column: t[column].where(t["withheld"] != "true", text)}))


def left_notebook(folder: Path) -> None:
    (folder / "executed.ipynb").write_text(json.dumps({"cells": []}), encoding="utf-8")


def _file(name: str, spoil: Spoil, says: str) -> Leak:
    return Leak(name, "reading of files", looks_at(), looks_at(spoil), says)


LEAKS = [
    _file("CSV beside banded HTML", in_table(beside_html), "rows differ from cells.csv"),
    _file("column of numerators in the CSV", in_table(lambda t: t.assign(numerator="7")), "column numerator"),
    _file("value in a withheld row", of_withheld("value", "0.4"), "cells.csv: cells:"),
    _file("threshold in the note of a withheld cell", of_withheld("note", "fewer than 10"), "has no remark"),
    _file("another mark for complementary cells", of_withheld("status", "not_applicable"), "withheld means suppressed"),
    _file("sort order of hidden cells", in_table(by_size), "order of its rows"),
    _file("hidden xlsx column", in_book(hidden_column), "sheet provider: hidden columns"),
    _file("hidden xlsx row", in_book(hidden_row), "sheet state: hidden rows"),
    _file("hidden xlsx sheet", in_book(hidden_sheet), "hidden"),
    _file("comment in a workbook", in_book(comment), "xl/comments"),
    _file("formula in a workbook", in_book(formula), "sheet state: f"),
    _file("user name in a workbook", in_book(author), "document property"),
    _file("script with the data of a figure", page("<script>let rates=[0.6512]</script>"), "<script>"),
    _file("drawing in a page as SVG", page("<svg><path d='M0 0.6512'/></svg>"), "<svg>"),
    _file("number in a comment of a page", page("<!-- 7 of 9 -->"), "a comment in the source"),
    _file("number in a hidden passage", page("<p hidden>7 of 9</p>"), "a hidden <p>"),
    _file("executed notebook beside the pages", left_notebook, "a notebook"),
    _file("pickle beside the pages", lambda folder: (folder / "cells.pkl").write_bytes(b"\x80\x04"), "a data file"),
]  # fmt: skip
