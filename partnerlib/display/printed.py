"""The numbers of a release in print: a band as a band, a rounded number with the digits it has, a size as it is given.

A row of a release says in `rounding` and `n_rounding` how much it tells. Rows of estimates have neither column: they
are internal, and print their exact number.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from partnerlib.display.text import EN_DASH, MARKS, amount, interval, is_number, number, people, percent

Row = Mapping[str, Any]

WIDEST_OPEN_BAND = 0.2
"""A band at an end of the scale is told by its one edge up to this width: `80% or more`, but `50–100%`."""

INDEX_BANDS = {
    (0.0, 0.15): ("spread over many", "index under 0.15"),
    (0.15, 0.25): ("between many and few", "index 0.15 to under 0.25"),
    (0.25, 1.0): ("concentrated on few", "index 0.25 or more"),
}
"""An index of concentration in words, and the edges of its band."""


def is_released(row: Row) -> bool:
    """Whether a row is of a release: it says how its number is rounded."""
    return "rounding" in row


def is_band(row: Row) -> bool:
    """Whether only a band of the number is told, so that no single point may stand for it."""
    return str(row.get("rounding", "")).startswith(("band", "index"))


def band(low: float, high: float) -> str:
    """A band of shares: at least its lower edge and under its upper one. 0% and 100% always look like the end band.

    >>> band(0.6, 0.65), band(0.0, 0.05), band(0.95, 1.0), band(0.5, 1.0)
    ('60–65%', 'under 5%', '95% or more', '50–100%')
    """
    is_narrow = high - low <= WIDEST_OPEN_BAND + 1e-9
    if low <= 0 and is_narrow:
        return f"under {_points(high)}%"
    if high >= 1 and is_narrow:
        return f"{_points(low)}% or more"
    return f"{_points(low)}{EN_DASH}{_points(high)}%"


def _points(share: float) -> str:
    return f"{round(100 * share, 6):g}"


def rounded(value: float, step: float, statistic: str) -> str:
    """A number rounded to a step, with the digits that step leaves and no more.

    >>> rounded(3.0, 0.1, "mean"), rounded(120.0, 10, "median"), rounded(60.0, 5, "count"), rounded(0.72, 0.01, "rate")
    ('3.0', '120', 'about 60', '72%')
    """
    if statistic in {"rate", "share"}:
        return percent(value, _decimals(100 * step))
    if statistic == "count":
        return f"about {value:,.0f}"
    return amount(value, _decimals(step))


def _decimals(step: float) -> int:
    return max(0, -int(Decimal(f"{step:.6g}").normalize().as_tuple().exponent))


def printed(row: Row, decimals: int | None = None) -> str:
    """The number of a row as it may be printed: `60–65%`, `about 60`, `3.4`; exact for internal estimates."""
    statistic = str(row["statistic"])
    rounding = str(row.get("rounding", ""))
    if rounding == "index band":
        return index_words(row)[0]
    if rounding.startswith("band"):
        return band(float(row["value_low"]), float(row["value_high"]))
    if rounding.startswith("nearest "):
        return rounded(float(row["value"]), float(rounding.removeprefix("nearest ")), statistic)
    return number(float(row["value"]), statistic, decimals)


def index_words(row: Row) -> tuple[str, str]:
    """An index band in words, and its edges; a band with edges of its own by its edges alone."""
    edges = (round(float(row["value_low"]), 6), round(float(row["value_high"]), 6))
    between = f"{edges[0]:g} to under {edges[1]:g}"
    return INDEX_BANDS.get(edges, (between, f"index {between}"))


def printed_interval(row: Row, decimals: int | None = None) -> str:
    """The 95% interval of a row, named as such beside a band; nothing where there is none, or only a count."""
    if not (is_number(row.get("low")) and is_number(row.get("high"))):
        return ""
    low, high, statistic = float(row["low"]), float(row["high"]), str(row["statistic"])
    if not is_released(row):
        return interval(low, high, statistic, decimals)
    rounding = str(row["rounding"])
    if rounding.startswith("nearest ") and statistic not in {"rate", "share", "count"}:
        decimals = _decimals(float(rounding.removeprefix("nearest ")))
    return f"interval {interval(low, high, statistic, decimals)}"


def size(row: Row) -> str:
    """How many people a number rests on, as printed: `60 people` when exact, `about 60 people` to the nearest 5.

    Where people are counted more than once (two practica, two years), the records and the people behind them.

    >>> size({"rounding": "band 5", "n": 60.0, "n_rounding": "nearest 5"})
    'about 60 people'
    >>> size({"rounding": "band 5", "n": 60.0, "n_rounding": "nearest 5", "people": 45.0})
    'about 60 records of about 45 people'
    """
    if not is_released(row):
        return people(row.get("people"))
    if not is_number(row["n"]):
        return ""
    about = "" if row["n_rounding"] == "exact" else "about "
    if is_number(distinct := row.get("people")):
        return f"{about}{int(row['n']):,} records of about {people(distinct)}"
    return f"{about}{people(row['n'])}"


def detail(row: Row, decimals: int | None = None, with_people: bool = True) -> str:
    """What is printed small beneath a number: the edges of an index band, the 95% interval, and the people."""
    is_count = row["statistic"] == "count"
    parts = [
        index_words(row)[1] if row.get("rounding") == "index band" else "",
        "" if is_count and is_released(row) else printed_interval(row, decimals),
        "" if is_count or not with_people else size(row),
    ]
    return " · ".join(part for part in parts if part)


def printed_or_mark(row: Row) -> str:
    """The number of a row, or the mark of what it has instead."""
    return printed(row) if is_number(row["value"]) else MARKS.get(str(row["status"]), MARKS["missing"]).symbol
