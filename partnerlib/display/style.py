"""One look for every figure: colours that colour-blind readers tell apart, each with a marker of its own."""

from __future__ import annotations

from dataclasses import dataclass

INK = "#1d2733"
"""Text and axes: 14:1 on white."""
QUIET = "#5b6773"
"""Second-rank text: 5.8:1 on white."""
RULE = "#d5dbe1"
PAPER = "#ffffff"


@dataclass(frozen=True)
class Series:
    """How one series is drawn: a colour, and a marker and a line style that tell it without colour."""

    colour: str
    marker: str
    line: str
    is_filled: bool = True
    stripes: tuple[float, float] | None = None
    """Light gaps across a band, as lengths of stroke and gap in its own height: told from a plain band in grey."""


UNIT = Series("#0b5cad", "o", "-")
"""The unit the page is about."""
BEFORE = Series("#0b5cad", "o", ":", is_filled=False)
"""The same unit a cohort earlier: the same colour, hollow."""
STATE = Series("#b3470f", "D", "--", stripes=(0.22, 0.22))
"""The whole state."""

CYCLE = (
    UNIT,
    STATE,
    Series("#00704f", "s", "-.", is_filled=False),
    Series("#7b3f8c", "^", ":", stripes=(0.7, 0.35)),
    Series("#4a5560", "v", "-"),
)
"""Up to five series of equal rank. Dark enough for 3:1 on white; markers differ as well."""

PARTS = ("#0b5cad", "#5b9bd5", "#f0b25c", "#8a94a0", "#c8541b")
"""Parts of a whole, in the order stayer, mover in the district, mover to another, changed role, leaver."""

LEVELS = ("#0a3f7a", "#2f7fc4", "#a9c8e6", "#f0b25c", "#b3470f")
"""Five ordered levels from fully ready to not ready."""

WIDTH = 7.4
"""Inches; 1,184 pixels at the resolution below, sharp on a phone and in print."""
DOTS_PER_INCH = 160
FONT = "DejaVu Sans"
"""Shipped with matplotlib: the same letters on every machine."""


def text_on(colour: str) -> str:
    """White or ink, whichever reads better on a fill."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return PAPER if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else INK
