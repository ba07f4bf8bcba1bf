"""The data a page's script reads: every number in it is a released cell's, told under that cell's name.

The data stand in the source of the page, where anybody reads them. They have one shape, and whatever else is there is
told as a problem and not read past.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

STRIDE = 5
"""Figures of a number: place of its measure, cohort, window, places of its text and of its detail."""

Told = tuple[str, str]
"""A passage, and the name of the cell it says it prints; empty for any other."""


def told_by(source: str, plain: Callable[[str], str]) -> tuple[list[Told], list[str]]:
    """Every passage of such data, and what is wrong with their shape."""
    try:
        content = json.loads(source)
        found = list(_passages(content))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return [], ["data of a shape no page has"]
    return [(plain(text), cell) for text, cell in found if plain(text)], []


def _passages(content: dict[str, Any]) -> Iterator[Told]:
    measures, texts, units = (content.pop(name) for name in ("measures", "texts", "units"))
    if content:
        raise ValueError("more than measures, texts and units")
    used: set[int] = {0}
    for measure in measures:
        name, title, topic = map(_word, measure)
        yield from ((text, "") for text in (name, title, topic))
    for unit in units:
        kind, code, name, path, numbers, withheld = unit
        yield from ((_word(text), "") for text in (kind, code, name, path))
        if any(not 0 <= _place(place) < len(measures) for place in withheld) or len(numbers) % STRIDE:
            raise ValueError("places of no measure")
        for at in range(0, len(numbers), STRIDE):
            measure, cohort, window, text, detail = map(_place, numbers[at : at + STRIDE])
            cell = f"{measures[measure][0]} {kind}:{code} {cohort} {window}"
            used |= {text, detail}
            yield from ((_word(texts[place]), cell) for place in (text, detail))
    yield from ((_word(text), "") for place, text in enumerate(texts) if place not in used)


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _place(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("no whole number")
    return value
