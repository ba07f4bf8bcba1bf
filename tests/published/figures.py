"""Numbers in the text of a published figure."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?|(?<![\d.,])\.\d+")


def numbers_in(text: str) -> list[float]:
    """Every number of a text, thousands commas removed.

    >>> numbers_in("73,878 / 62,753 / 84.9")
    [73878.0, 62753.0, 84.9]
    """
    return [float(found.replace(",", "").rstrip(".")) for found in _NUMBER.findall(text)]


def ending(path: str) -> str:
    """The file name at the end of a 'reproduce from' cell."""
    return path.rsplit("/", 1)[-1]
