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
STATE = Series("#d9691e", "D", "--", stripes=(0.22, 0.22))
"""The whole state."""

CYCLE = (
    UNIT,
    STATE,
    Series("#08201a", "s", "-.", is_filled=False),
    Series("#b0578a", "^", ":", stripes=(0.7, 0.35)),
    Series("#74320f", "v", "-"),
)
"""Up to five series of equal rank. Dark enough for 3:1 on white; markers differ as well, for grey.

With full colour vision and without one kind of cone any two are 20 or more apart (CIE 1976 L*a*b*): see
`tests/display/test_colours.py`, which computes it.
"""

PARTS = ("#0b5cad", "#74b4ea", "#f6cf7a", "#878d94", "#7a2e0a")
"""Parts of a whole, in the order stayer, mover in the district, mover to another, changed role, leaver."""

LEVELS = ("#0a3f7a", "#2f7fc4", "#b9d6f0", "#e09a3e", "#9c3a0a")
"""Five ordered levels from fully ready to not ready."""

WIDTH = 7.4
"""Inches; 1,184 pixels at the resolution below, sharp on a phone and in print."""
DOTS_PER_INCH = 160
FONT = "DejaVu Sans"
"""Shipped with matplotlib: the same letters on every machine."""


def luminance(colour: str) -> float:
    """How much light a colour gives back, from 0 (black) to 1 (white): the relative luminance of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def text_on(colour: str) -> str:
    """White or ink, whichever reads better on a fill."""
    fill = luminance(colour) + 0.05
    return PAPER if 1.05 / fill > fill / (luminance(INK) + 0.05) else INK
