"""A page's released numbers as rows: what its workbook and its CSV hold, a row a number, each with its cell's name."""

from __future__ import annotations

from partnerlib.display.keys import SPOKEN_NUMBERS
from partnerlib.reports.document import Document

COLUMNS = {
    "section": "Heading the number stands under.",
    "table": "Table, figure, card or sentence it stands in.",
    "what": "What was counted, and which cohort; or what a figure calls it.",
    "column": "Column of the table it stands in: this unit, a cohort before, three cohorts pooled, the state.",
    "printed": "The number as the page prints it, or the mark of why there is none.",
    "beneath": "What the page prints beneath it: 95% interval and people.",
    "meaning": "What the mark means, where there is no number.",
    "value": "What is printed, as a number: an exact count, the middle of a band, a rounded mean.",
    "value_low": "Least the true value can be.",
    "value_high": "Most the true value can be.",
    "low": "Lower end of the 95% interval, computed from what is printed.",
    "high": "Upper end of the 95% interval, computed from what is printed.",
    "n": "People (or records) counted, as printed.",
    "cell": "Name of the released cell: measure, unit, cohort, cohorts pooled, and group. "
    "Every number of the release stands under the same name in cells.csv.",
}
"""Columns and what they mean."""

NUMBERS = SPOKEN_NUMBERS


def rows_of(page: Document) -> list[dict[str, str | float | None]]:
    """Every released number of a page, in reading order."""
    return [
        {
            "section": number.section,
            "table": number.table,
            "what": number.what,
            "column": number.column,
            "printed": number.text,
            "beneath": number.detail,
            "meaning": number.status,
            **{name: number.numbers.get(name) for name in NUMBERS},
            "cell": number.key,
        }
        for number in page.numbers()
    ]
