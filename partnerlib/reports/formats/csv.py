"""A page's numbers for any program that reads tables. Text that a spreadsheet would run is kept from it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from partnerlib.disclosure.files import FORMULA
from partnerlib.reports.document import Document
from partnerlib.reports.formats.rows import COLUMNS, rows_of


def guarded(value: str | float | None) -> str:
    """A value as it stands in a CSV: text that would be a formula gets an apostrophe in front, numbers do not.

    >>> guarded("=1+1"), guarded(-0.5), guarded("-"), guarded(None)
    ("'=1+1", '-0.5', '-', '')
    """
    if isinstance(value, str):
        return re.sub(FORMULA, "'", value)
    return "" if value is None else f"{value:.10g}"


def write(page: Document, path: Path) -> None:
    """Write a page's numbers as CSV: UTF-8 with the mark spreadsheets know it by, a row a number."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows([guarded(value) for value in row.values()] for row in rows_of(page))
