"""Numbers written in a figure: titles, notes, labels and ticks say only what the release prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
_BESIDE = 0.5
"""A tick belongs to a category when something is drawn less than half a place away."""


class Known(Protocol):
    """The numbers a release prints."""

    def has(self, asked: np.ndarray, also: tuple[float, ...] = ()) -> bool: ...


def unprinted_labels(figure: Figure, printed: Known, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Where in a figure a number is written that the release does not print, as it is or in percent.

    A label of an axis may write its own place, as it is or in percent: the places of ticks are checked themselves.
    """
    places = {id(label): place for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)
              for label, place in _tick_labels(axis)}  # fmt: skip
    titles = {id(axes.title) for axes in figure.axes}
    for text in figure.findobj(Text):
        written = text.get_text()
        for phrase in sorted((word for word in words if word), key=len, reverse=True):
            written = written.replace(phrase, " ")
        place = places.get(id(text), np.nan)
        if not all(_is_printed(token, printed) or _is_place(token, place) for token in _NUMBER.findall(written)):
            yield "title" if id(text) in titles else "label"


def unprinted_ticks(axes: Axes, points: np.ndarray, printed: Known) -> Iterator[str]:
    """Rules broken by ticks that somebody placed: at a printed value, or at a category that is drawn."""
    for name, axis, values in (("x", axes.xaxis, points[:, 0]), ("y", axes.yaxis, points[:, 1])):
        if not isinstance(axis.get_major_locator(), FixedLocator):
            continue
        named = set(categories(axis))
        for tick in np.asarray(axis.get_majorticklocs(), dtype=float):
            is_category = tick in named or (tick == round(tick) and bool((np.abs(values - tick) < _BESIDE).any()))
            if not is_category and not printed.has(np.array([tick]), (0.0, 1.0, 100.0)):
                yield f"a tick of the {name} axis stands at a number the release does not print"
                break


def categories(axis: Axis) -> list[float]:
    """Places of an axis that carry names: 0, 1, 2 ... without a gap, each with a label that is no number."""
    if not isinstance(axis.get_major_locator(), FixedLocator):
        return []
    places = [float(place) for place in axis.get_majorticklocs()]
    words = [label.get_text() for label in axis.get_ticklabels()]
    is_named = any(words) and not any(map(_is_number, words))
    return places if is_named and sorted(places) == [float(place) for place in range(len(places))] else []


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[\d.,]+\s*%?", text.strip()))


def _tick_labels(axis: Axis) -> Iterator[tuple[Text, float]]:
    """Every label of an axis with the place of its tick, brought up to date as drawing would."""
    axis.get_ticklabels(which="both")
    for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
        for label in (tick.label1, tick.label2):
            yield label, float(tick.get_loc())


def _is_printed(token: str, printed: Known) -> bool:
    value = float(token.replace(",", ""))
    return printed.has(np.array([value])) or printed.has(np.array([value / 100]))


def _is_place(token: str, place: float) -> bool:
    """Whether a tick's label is its place, rounded as axes do, in units or in percent."""
    value = float(token.replace(",", ""))
    return any(abs(value - abs(at)) <= 0.005 * max(abs(at), 1.0) for at in (place, 100 * place))
