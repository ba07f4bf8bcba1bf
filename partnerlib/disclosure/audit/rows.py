"""The rows of a page's workbook and CSV: each number is looked up in the cell its row names, each word on the page."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from partnerlib.disclosure.audit.pages import Page, plain
from partnerlib.disclosure.audit.quotes import EDGES, Quotes
from partnerlib.disclosure.audit.workbooks import Book, read_workbook
from partnerlib.errors import ReleaseRefused

CELL, PRINTED, BENEATH = "cell", "printed", "beneath"
WORDS = ("section", "table", "what", "column", "meaning")
COLUMNS = (*WORDS[:4], PRINTED, BENEATH, "meaning", *EDGES, CELL)
"""Columns of a table of a page's numbers, in order."""

_LEVEL = re.compile(r"95%\s*interval")
_SAME = 1e-8

Value = str | float | bool | None


def of_csv(content: bytes, name: str) -> tuple[list[list[Value]], list[str]]:
    """Rows of a page's CSV under its columns, and what it holds beside them.

    Errors
        ReleaseRefused when it cannot be read as a table
    """
    try:
        head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=True)
    except (UnicodeDecodeError, ValueError, csv.Error) as problem:
        raise ReleaseRefused(f"{name}: cannot be read as a table ({type(problem).__name__})") from None
    running = [f"row {line}: text that a spreadsheet runs" for line, row in enumerate(rows, start=2)
               if any(re.match(r"[=@\t\r]|[+-](?![\d.]|$)", value) for value in row)]  # fmt: skip
    return [[value[1:] if value.startswith("'") else value for value in row] for row in rows], _of_head(head) + running


def of_workbook(content: bytes, name: str) -> tuple[list[list[Value]], list[str], list[str]]:
    """Rows of a page's workbook, the words of its other sheets, and what is hidden in it."""
    book: Book = read_workbook(content, name)
    rows: list[list[Value]] = []
    words: list[str] = []
    problems = list(book.problems)
    for sheet in book.sheets:
        head = [str(value) for value in sheet.rows[0]] if sheet.rows else []
        if CELL in head:
            rows += [[*row, *[None] * (len(COLUMNS) - len(row))] for row in sheet.rows[1:]]
            problems += _of_head(head)
        else:
            words += [str(value) for row in sheet.rows for value in row if value is not None]
    return rows, words, problems


def _of_head(head: Sequence[str]) -> list[str]:
    return [] if tuple(head) == COLUMNS else ["columns that are not those of a page's numbers"]


class PageWords:
    """What a page says, passage by passage: its other formats say nothing else."""

    def __init__(self, page: Page, codes: Sequence[str]) -> None:
        pieces = page.pieces
        self._known = {*pieces, *codes, *(words.text for words in page.words)}
        for joint in (", ", " "):
            pairs = [f"{first}{joint}{second}" for first, second in pairwise(pieces)]
            self._known |= {*pairs, *(f"{pair}{joint}{third}" for pair, third in zip(pairs, pieces[2:], strict=False))}

    def strange(self, text: str) -> bool:
        """Whether a text with a number in it is none of the page's."""
        said = plain(text)
        return any(letter.isdigit() for letter in _LEVEL.sub("", said)) and said not in self._known


def strange_rows(
    rows: Sequence[Sequence[Value]], quotes: Quotes, unit: tuple[str, str], words: PageWords
) -> Iterator[str]:
    """What rows say that their cells, and their page, do not."""
    for line, row in enumerate(rows, start=2):
        if len(row) != len(COLUMNS):
            yield f"row {line}: {len(row)} values under {len(COLUMNS)} columns"
            continue
        values = dict(zip(COLUMNS, row, strict=True))
        key = str(values[CELL])
        for column in (PRINTED, BENEATH):
            told = quotes.left_over(key, plain(str(values[column] or "")), unit) if values[column] else []
            yield from (f"row {line}, {column}: '{text}'" for text in told)
        yield from (f"row {line}, {name}: another number than its cell's" for name in _others(values, key, quotes))
        yield from (
            f"row {line}, {name}: '{str(values[name])[:60]}', which the page does not say"
            for name in WORDS
            if words.strange(str(values[name] or ""))
        )


def _others(values: Mapping[str, Value], key: str, quotes: Quotes) -> Iterator[str]:
    for name in EDGES:
        if values[name] in (None, ""):
            continue
        try:
            found = float(str(values[name]))
        except ValueError:
            yield name
            continue
        if not math.isclose(found, quotes.number_of(key, name), rel_tol=_SAME, abs_tol=_SAME):
            yield name


__all__ = ["COLUMNS", "PageWords", "of_csv", "of_workbook", "strange_rows"]
