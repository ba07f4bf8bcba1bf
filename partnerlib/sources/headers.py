"""Where the column names of a table stand: separator, title line, header row or two-row merged header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from partnerlib.sources.sniffing import unreadable

HEADER_WITHIN = 10
"""Rows in which the header is looked for (quirk FMT-1)."""

_DATA_CELL = re.compile(r"^(\d{8}|-?\d*\.\d+%?|\d{4}-\d{2,4}|\d{1,2}/\d{1,2}/\d{4}|\$[\d,.]+)$")
"""Cells that no header holds: organization codes, decimals, school years, dates, amounts."""


LOOKED_AT = 200
"""Rows that decide about separator and header."""


def head_rows(text: str, delimiter: str, most: int | None = None) -> list[tuple[int, int, list[str]]]:
    """The rows of a piece of CSV (at most so many): first line, last line (from 1) and cells without padding."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, line = [], 0
    for cells in islice(reader, most):
        rows.append((line + 1, reader.line_num, [cell.strip() for cell in cells]))
        line = reader.line_num
    return rows


def delimiter_of(text: str) -> str:
    """The separator under which most rows have the same number of cells; empty for running text."""
    best, best_score = "", 0.0
    for delimiter in (",", "\t", ";"):
        try:
            widths = [len(cells) for _, _, cells in head_rows(text, delimiter, LOOKED_AT) if any(cells)]
        except csv.Error:
            continue
        wide = Counter(width for width in widths if width > 1)
        if not wide:
            continue
        width, count = wide.most_common(1)[0]
        agreeing = sum(n for w, n in wide.items() if abs(w - width) <= 2) if width > 4 else count
        share = agreeing / len(widths)
        if share >= 0.6 and share * width > best_score:
            best, best_score = delimiter, share * width
    return best


@dataclass(frozen=True)
class Header:
    """Where the column names stand, and what they are."""

    title: str
    names: tuple[str, ...]
    row: int
    """Line on which the names begin."""
    last_row: int
    """Line on which they end; data begin on the next."""


def find_header(rows: Sequence[tuple[int, int, Sequence[str]]], name: str) -> Header:
    """The first row within ten that is about as wide as the rows that follow; what stands above it is the title."""
    filled = [sum(cell != "" for cell in cells) for _, _, cells in rows]
    usual = Counter(n for n in filled[:LOOKED_AT] if n > 1).most_common(1)
    widest = max(filled[:HEADER_WITHIN], default=0)
    if not usual or widest < 2:
        raise unreadable(name, "no row with two cells or more", f"a header within the first {HEADER_WITHIN} rows")
    enough = max(2, min(usual[0][0], widest) * 0.6)
    at = next((i for i in range(min(HEADER_WITHIN, len(rows))) if filled[i] >= enough), None)
    if at is None:
        raise unreadable(name, f"no row of column names in the first {HEADER_WITHIN} rows",
                         "one title line at most, then the header")  # fmt: skip
    first, last, cells = rows[at]
    if any(_DATA_CELL.match(cell) for cell in cells):
        size = "; the file has 1 line" if len(rows) == 1 else ""
        raise unreadable(name, f"data where the header should be{size}",
                         "a header row; the file is half written or lost its first line: ask for it again",
                         first)  # fmt: skip
    title = " ".join(cell for row in rows[:at] for cell in row[2] if cell)
    if at + 1 < len(rows) and is_second_header(cells, rows[at + 1][2]):
        return Header(title, merged_names(cells, rows[at + 1][2]), first, rows[at + 1][1])
    width = max((i + 1 for i, cell in enumerate(cells) if cell), default=0)
    width = max(width, len(cells) if len(cells) == usual_width(rows[at + 1 :]) else width)
    return Header(title, tuple(cells[:width]), first, last)


def usual_width(rows: Iterable[tuple[int, int, Sequence[str]]]) -> int:
    """The number of cells most rows have."""
    widths = Counter(len(cells) for _, _, cells in rows if any(cells))
    return widths.most_common(1)[0][0] if widths else 0


def is_second_header(cells: Sequence[str], below: Sequence[str]) -> bool:
    """True when the row below only says '#' and '%' under merged group names."""
    marks = [cell for cell in below if cell]
    return "" in cells[: len(below)] and len(marks) > 1 and set(marks) <= {"#", "%"}


def merged_names(cells: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """Group names carried to the right, each followed by the mark under it."""
    names, group = [], ""
    for i in range(max(len(cells), len(below))):
        group = (cells[i] if i < len(cells) else "") or group
        mark = below[i] if i < len(below) else ""
        names.append(f"{group} {mark}".strip())
    return tuple(names)
