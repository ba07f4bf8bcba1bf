"""The name of the released cell a printed number is of, carried beside it from the notebook to every format of a page.

Whoever checks a page looks up exactly that cell: a number without a name, or with another's, is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from partnerlib.display.text import is_number

SPOKEN_NUMBERS = ("value", "value_low", "value_high", "low", "high", "n")
"""The columns of a released cell that a page's workbook holds as numbers, as the release's own table does."""


def key_of(row: Mapping[str, Any] | None) -> str:
    """A released cell by its name, in the form `partnerlib release --explain` takes; empty for any other row.

    >>> key_of({"rounding": "exact", "measure": "retained_school_1y", "unit_kind": "provider",
    ...         "unit_code": "89000001", "cohort": 2018, "window_years": 3, "group": "", "group_value": ""})
    'retained_school_1y provider:89000001 2018 3'
    """
    if row is None or "rounding" not in row or "measure" not in row:
        return ""
    group = f" {row['group']}={row['group_value']}" if row["group"] else ""
    unit = f"{row['unit_kind']}:{row['unit_code']}"
    return f"{row['measure']} {unit} {int(row['cohort'])} {int(row['window_years'])}{group}"


def numbers_of(row: Mapping[str, Any] | None) -> dict[str, float]:
    """The released numbers of a cell, for a workbook's columns; empty where it has none or is of no release."""
    if row is None or not key_of(row):
        return {}
    return {name: round(float(row[name]), 9) for name in SPOKEN_NUMBERS if is_number(row.get(name))}
