"""A quoted number is looked up in exactly the cell it names: its forms, its mark, and no other word or figure.

What a page prints of one cell is a few words of a known grammar. Whatever is left over once the forms of that one cell
are taken out is told: another cell's number, a digit more, a word that is none of the grammar's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.forms import NUMBER, PRINTED, USED, Scope, accounted_for
from partnerlib.disclosure.cells import HAS_NUMBER

_WORDS = re.compile(
    r"\b(?:interval|about|under|or more|to|of|index|people|person|records?)\b"
    r"|spread over many|between many and few|concentrated on few|[%\u2013\u2212()<>;,.\u00b7\s-]",
    re.IGNORECASE,
)
"""What stands around the numbers of a cell."""

MARKS = {
    "suppressed": ("\u2731", "withheld to protect people"),
    "missing": ("\u2014", "not reported to us"),
    "not_applicable": ("n/a", "does not apply here"),
    "not_yet_observed": ("...", "too early: the year that would tell has not been observed yet"),
    "unparsed": ("?", "the source prints something that is not a number"),
}
"""What a cell without a number shows, as a page is read: the mark of its status, and what it means."""

VIEWS = {"review": "provider", "advisory": "district"}
"""Kinds of page that are another view of a unit."""

EDGES = ("value", "value_low", "value_high", "low", "high", "n")
"""Columns of a cell that a page's workbook repeats as numbers."""


class Quotes:
    """The published cells by name."""

    def __init__(self, cells: pd.DataFrame, printed: Mapping[str, Sequence[np.ndarray]]) -> None:
        self._printed = printed
        self._rows = {name: row for row, name in enumerate(names_of(cells))}
        self._units = list(zip(cells["unit_kind"], cells["unit_code"], strict=True))
        self._measures = cells["measure"].to_numpy()
        self._statuses = cells["status"].to_numpy()
        self._numbers = {name: cells[name].to_numpy(dtype=float, na_value=np.nan) for name in EDGES}
        self._found: dict[tuple[str, str], list[str]] = {}

    def row_of(self, key: str) -> int | None:
        """Where a cell stands in the table; None for a name of none."""
        return self._rows.get(key)

    def number_of(self, key: str, column: str) -> float:
        """A column of a named cell, NaN where it tells none."""
        row = self._rows.get(key)
        return float("nan") if row is None or column not in self._numbers else float(self._numbers[column][row])

    def units_of(self, kind: str, code: str) -> tuple[str, str]:
        """The unit a page is about: its kind, by whatever view, and its code."""
        return VIEWS.get(kind, kind), code

    def left_over(self, key: str, text: str, unit: tuple[str, str], measure: str = "") -> list[str]:
        """What a passage says beyond the one cell it names.

        unit
            the page's own; a cell of another unit than that, the state or one of its partnerships is told, on the
            front page of none
        measure
            the one the passage's row is about; empty for any
        """
        row = self._rows.get(key)
        if row is None:
            return [f"{text}', which names no published cell: '{key}"]
        if not _may_quote(unit, self._units[row]):
            return [f"{text}', which is of another unit: '{key}"]
        if measure and self._measures[row] != measure:
            return [f"{text}', which is of another measure than its row: '{key}"]
        if (key, text) not in self._found:
            self._found[key, text] = self._beyond(row, text)
        return self._found[key, text]

    def _beyond(self, row: int, text: str) -> list[str]:
        status = self._statuses[row]
        if status not in HAS_NUMBER:
            said = {text, *(" ".join(text.split(maxsplit=1)), text.strip())}
            mark, meaning = MARKS.get(status, MARKS["missing"])
            return [] if said & {mark, f"{mark}{meaning}", f"{mark} {meaning}", meaning, ""} else [text]
        scope = [Scope(self._printed, np.array([row]))]
        rest = text
        for pattern, kind in PRINTED:
            rest = pattern.sub(partial(accounted_for, scope, kind), rest)
        if found := NUMBER.findall(rest):
            return [f"{text}', where its cell does not print '{found[0]}"]
        return [] if not _WORDS.sub("", rest).replace(USED, "") else [text]


def _may_quote(unit: tuple[str, str], cell: tuple[str, str]) -> bool:
    """Whether a page may print a cell: of its unit, of the state, of a partnership of its unit; the state's any."""
    kind, code = cell
    is_partner = kind == "partnership" and unit[1] in code.split("-")
    return unit[0] in {"", "state"} or cell == unit or kind == "state" or is_partner


def names_of(cells: pd.DataFrame) -> list[str]:
    """The name of every cell: measure, unit, cohort, window, and the group where it has one."""
    group = np.where(cells["group"] == "", "", " " + cells["group"] + "=" + cells["group_value"])
    plain = (
        cells["measure"] + " " + cells["unit_kind"] + ":" + cells["unit_code"] + " "
        + cells["cohort"].astype(str) + " " + cells["window_years"].astype(str)
    )  # fmt: skip
    return [f"{name}{end}" for name, end in zip(plain, group, strict=True)]
