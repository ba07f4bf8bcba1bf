"""How numbers, years and gaps are printed. Five kinds of gap look different from each other and from zero.

Rows of estimates print their exact number. Rows of a release say in `rounding` how much of it may be told; they are
printed by `partnerlib.display.printed`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from partnerlib.codes import year_label

EN_DASH = "–"
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
"""Characters that no reader sees and no format wants: controls, halves of characters, and orders to turn text around.

A name may be written from right to left. It may not turn the numbers after it.
"""
NOT_SHOWN = "none"


@dataclass(frozen=True)
class Mark:
    """How one status that is not a plain number is printed, and what the legend says of it."""

    symbol: str
    """What stands in the cell."""
    meaning: str
    """What the legend and a screen reader say."""


MARKS = {
    "suppressed": Mark("✱", "withheld to protect people"),
    "missing": Mark("—", "not reported to us"),
    "not_applicable": Mark("n/a", "does not apply here"),
    "not_yet_observed": Mark("…", "too early: the year that would tell has not been observed yet"),
    "unparsed": Mark("?", "the source prints something that is not a number"),
    "zero": Mark("0", "a true zero, not a gap"),
}


def legible(text: str) -> str:
    """Text with nothing in it but what is read.

    >>> legible("North\\x00moor \\u202egnittirw")
    'Northmoor gnittirw'
    """
    return _UNSEEN.sub("", text)


def is_number(value: object) -> bool:
    """True for a number that is there: neither None, NaN nor pandas' NA."""
    try:
        return value is not None and math.isfinite(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def percent(share: float, decimals: int = 0) -> str:
    """A share as people print it. Never 0% or 100% for a share that is neither.

    >>> percent(0.7243), percent(0.7243, 1), percent(0.998), percent(1.0)
    ('72%', '72.4%', '>99%', '100%')
    """
    text = f"{100 * share:.{decimals}f}"
    edge = 10**-decimals
    if share > 0 and float(text) == 0:
        return f"<{edge:g}%"
    if share < 1 and float(text) == 100:
        return f">{100 - edge:g}%"
    return f"{text}%"


def amount(value: float, decimals: int | None = None) -> str:
    """A mean, a median or an index: the two or three figures that matter.

    >>> amount(1234.2), amount(0.2134), amount(13.26), amount(-0.0312)
    ('1,234', '0.21', '13.3', '-0.031')
    """
    if decimals is None:
        size = abs(value)
        decimals = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 0.1 or size == 0 else 3
    return f"{value:,.{decimals}f}".replace("-0.000", "0.000")


def number(value: float, statistic: str, decimals: int | None = None) -> str:
    """One number in the form of its statistic: rates and shares as percents, means, counts and indices as amounts."""
    if statistic in {"rate", "share"}:
        return percent(value, decimals or 0)
    if statistic == "count":
        return f"{round(value):,}"
    return amount(value, decimals)


def interval(low: float, high: float, statistic: str, decimals: int | None = None) -> str:
    """A 95% interval beside its number.

    >>> interval(0.61, 0.815, "rate")
    '61–82%'
    """
    if statistic in {"rate", "share"}:
        places = decimals or 0
        return f"{100 * low:.{places}f}{EN_DASH}{100 * high:.{places}f}%"
    if statistic == "count":
        return f"{round(low):,}{EN_DASH}{round(high):,}"
    joint = f" to {amount(high, decimals)}" if low < 0 or high < 0 else f"{EN_DASH}{amount(high, decimals)}"
    return f"{amount(low, decimals)}{joint}"


def cohort_label(cohort: int, window_years: int = 1) -> str:
    """A cohort by its school year, or the span of a pooled one.

    >>> cohort_label(2018), cohort_label(2018, 3)
    ('2017-18', '2015-16 to 2017-18')
    """
    if window_years <= 1:
        return year_label(int(cohort))
    return f"{year_label(int(cohort) - window_years + 1)} to {year_label(int(cohort))}"


def people(count: object) -> str:
    """How many people a number rests on; nothing when that is withheld.

    >>> people(1234), people(1), people(None)
    ('1,234 people', '1 person', '')
    """
    if not is_number(count):
        return ""
    whole = int(float(count))  # type: ignore[arg-type]
    return f"{whole:,} person" if whole == 1 else f"{whole:,} people"


def listed(items: Iterable[str], last: str = "and") -> str:
    """Words in a row as a sentence needs them.

    >>> listed(["a", "b", "c"]), listed(["a", "b"]), listed(["a"])
    ('a, b and c', 'a and b', 'a')
    """
    words = list(items)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else NOT_SHOWN


def legend(statuses: Iterable[str]) -> list[tuple[str, str]]:
    """The marks that appear, each with its meaning, in a fixed order."""
    present = set(statuses)
    return [(mark.symbol, mark.meaning) for status, mark in MARKS.items() if status in present]
