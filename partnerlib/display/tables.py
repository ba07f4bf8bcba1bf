"""Tables whose cells know what they are: a number with its interval and people, or one of five kinds of gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from partnerlib.display.blocks import Block
from partnerlib.display.keys import key_of, numbers_of
from partnerlib.display.printed import detail, printed
from partnerlib.display.text import MARKS, is_number, legend


@dataclass(frozen=True)
class Cell:
    """One cell: what is printed large, what is printed small beneath it, and its status."""

    text: str
    detail: str = ""
    """Interval and people, or nothing."""
    status: str = "reported"
    key: str = ""
    """Name of the released cell it prints; empty for words."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """The released numbers behind it, for a workbook."""

    @property
    def meaning(self) -> str:
        """What a screen reader says instead of a mark; empty for a plain number."""
        return MARKS[self.status].meaning if self.status in MARKS and self.status != "zero" else ""

    def data_for_page(self) -> dict[str, Any]:
        shown = {"text": self.text, "detail": self.detail, "status": self.status, "meaning": self.meaning}
        return {**shown, "key": self.key, "numbers": dict(self.numbers)}


EMPTY = Cell("", status="blank")
"""A cell for which there is no row at all: nothing was ever asked of it."""


def estimate_cell(row: Mapping[str, Any] | None, decimals: int | None = None, with_people: bool = True) -> Cell:
    """The cell of one row: its number as it may be printed, 95% interval and people, or the mark of its status.

    Zero keeps its interval and people, as any number does; suppressed, missing, not applicable and not yet observed
    are four different marks.
    """
    if row is None:
        return EMPTY
    status = str(row["status"])
    if status not in {"reported", "zero"} or not is_number(row["value"]):
        status = status if status in MARKS and status != "zero" else "missing"
        return Cell(MARKS[status].symbol, status=status, key=key_of(row))
    return Cell(
        printed(row, decimals), detail(row, decimals, with_people), status, key=key_of(row), numbers=numbers_of(row)
    )


@dataclass(frozen=True, repr=False)
class Table(Block):
    """A table with a caption, column heads, rows headed by their first cell, a note and a legend of its marks."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    row_links: Sequence[str] = field(default_factory=tuple)
    """For each row the name of the measure it shows, so that the page can link to how it was made; or empty."""
    kind = "table"

    @property
    def marks(self) -> list[tuple[str, str]]:
        return legend(cell.status for row in self.rows for cell in row)

    def data_for_page(self) -> dict[str, Any]:
        return {
            "caption": self.caption,
            "columns": list(self.columns),
            "rows": [[cell.data_for_page() for cell in row] for row in self.rows],
            "row_links": list(self.row_links) or [""] * len(self.rows),
            "note": self.note,
            "legend": [list(mark) for mark in self.marks],
        }

    def as_html(self) -> str:
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in self.columns)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{escape(cell.text)} <small>{escape(cell.detail)}</small></td>" for cell in row)
            + "</tr>"
            for row in self.rows
        )
        marks = " · ".join(f"{escape(symbol)} {escape(meaning)}" for symbol, meaning in self.marks)
        return (
            f"<table><caption>{escape(self.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p><small>{escape(self.note)} {marks}</small></p>"
        )

    def as_text(self) -> str:
        lines = [self.caption, " | ".join(self.columns)]
        for row in self.rows:
            lines.append(" | ".join(f"{cell.text} ({cell.detail})" if cell.detail else cell.text for cell in row))
        if self.note:
            lines.append(self.note)
        lines += [f"{symbol}: {meaning}" for symbol, meaning in self.marks]
        return "\n".join(lines)
