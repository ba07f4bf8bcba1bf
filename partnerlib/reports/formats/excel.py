"""A page's numbers as a workbook: numbers are numbers, text is text and never a formula, and every column is explained.

Nothing in it is hidden, and nothing tells who made it or when: the same page gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from partnerlib.reports.document import Document
from partnerlib.reports.formats.rows import COLUMNS, rows_of
from partnerlib.reports.page import printing_of

LONGEST = 32_767
"""Letters one cell of a workbook can hold."""

WIDTHS = {"section": 18, "table": 30, "what": 44, "column": 20, "printed": 18, "beneath": 34, "meaning": 24, "cell": 60}
"""Widths of columns in letters; any other is 11."""

OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def write(page: Document, path: Path) -> None:
    """Write a page as a workbook: read me, numbers, measures, and a dictionary of columns and terms."""
    book = xlsxwriter.Workbook(path, OPTIONS)
    book.set_properties({"author": "partnerlib", "created": datetime(int(page.facts["report_year"]), 6, 30)})
    head = book.add_format({"bold": True, "bg_color": "#e8eef5", "bottom": 1, "text_wrap": True, "valign": "top"})
    body = book.add_format({"valign": "top", "text_wrap": True})
    _sheet(book, "Read me", ("", ""), _introduction(page), (22, 100), head, body)
    rows = [list(row.values()) for row in rows_of(page)]
    _sheet(book, "Numbers", list(COLUMNS), rows, [WIDTHS.get(name, 11) for name in COLUMNS], head, body)
    made = [
        (entry.title, entry.name, entry.summary, heading, text)
        for entry in page.measures
        for heading, text in (entry.sections or {"": ""}).items()
    ]
    titles = ("measure", "name", "what it means", "part", "how it was made")
    _sheet(book, "Measures", titles, made, (34, 32, 50, 22, 90), head, body)
    dictionary = [("column", name, meaning) for name, meaning in COLUMNS.items()]
    dictionary += [("term", term, meaning) for term, meaning in page.glossary]
    _sheet(book, "Data dictionary", ("kind", "name", "meaning"), dictionary, (12, 26, 100), head, body)
    book.close()


def _introduction(page: Document) -> list[tuple[str, str]]:
    facts = page.facts
    lines = [("SYNTHETIC DATA", "Every person, place and number here is invented.")] if page.is_synthetic else []
    lines += [("Only for", page.audience)] if page.audience else []
    lines += [
        ("Page", f"{page.kind_title}: {page.title}"),
        ("Unit", str(facts["unit_code"])),
        ("School year", str(facts["year"])),
        *page.method,
        *(("How numbers are printed", passage) for passage in printing_of(page)),
        ("How to cite", page.citation),
    ]
    return lines


def _sheet(
    book: Any, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int], head: Any,
    body: Any,
) -> None:  # fmt: skip
    sheet = book.add_worksheet(name)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    start = int(any(columns))
    for place, column in enumerate(columns if start else ()):
        sheet.write_string(0, place, column, head)
    sheet.freeze_panes(start, 0)
    for line, row in enumerate(rows, start=start):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(line, place, value[:LONGEST], head if not start and place == 0 else body)
            elif value is not None:
                sheet.write_number(line, place, value, body)
