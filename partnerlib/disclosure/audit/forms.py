"""How the numbers of published cells may be printed on a page, each as what it is."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from partnerlib.disclosure.cells import HAS_NUMBER

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_N = r"(?<![\d.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?!\d|[.,]\d)"
_TO = r"(?:\s?[-\u2013\u2212]\s?|\sto\s(?:under\s)?[-\u2212]?)"
PRINTED = (
    (re.compile(rf"(?<=interval ){_N}{_TO}{_N}\s?%"), "intervals"),
    (re.compile(rf"{_N}{_TO}{_N}\s?%"), "ranges"),
    (re.compile(rf"(?<=under ){_N}%"), "edges"),
    (re.compile(rf"{_N}%(?= or more)"), "edges"),
    (re.compile(rf"(?<=[<>]){_N}%"), "nearly"),
    (re.compile(rf"{_N}\s?%"), "shares"),
    (re.compile(rf"(?<=[Aa]bout ){_N}{_TO}{_N}(?= (?:people|records)\b)"), "rounded_sizes"),
    (re.compile(rf"(?<=[Aa]bout ){_N}"), "rounded_sizes"),
    (re.compile(rf"{_N}(?= (?:people|person|records?)\b)"), "sizes"),
    (re.compile(rf"{_N}{_TO}{_N}(?!\s?%)"), "spans"),
    (re.compile(rf"(?<=index under ){_N}"), "index_edges"),
    (re.compile(rf"(?<=index ){_N}(?= or more)"), "index_edges"),
    (re.compile(rf"(?<![\w.,])(?<![Aa]bout ){_N}(?!\s?%|\w| (?:people|person|records?)\b)"), "values"),
)
"""The forms a page prints numbers in, and what each of them is; a form is looked for before those it contains."""

OPEN = 0.2
"""A band at an end of the scale is told by its one edge up to this width."""

USED = "\0"
"""Stands where a figure was accounted for."""


class Scope:
    """The cells a passage may quote, and the ways their numbers may be printed: a size is no mean, an edge no share."""

    def __init__(self, printed: Mapping[str, Sequence[np.ndarray]], rows: np.ndarray) -> None:
        self._printed = printed
        self.rows = rows
        self._forms: dict[str, frozenset[str]] = {}

    def prints(self, kind: str, text: str) -> bool:
        """Whether a cell of the scope prints this text as a number of this kind."""
        if kind not in self._forms:
            found = (text for column in self._printed[kind] for text in column[self.rows] if text)
            self._forms[kind] = frozenset(found)
        return text in self._forms[kind]


def accounted_for(scopes: Sequence[Scope], kind: str, found: re.Match[str]) -> str:
    """The text of a number, blotted out when a cell prints it as what it stands for."""
    numbers = [number.replace(",", "") for number in found.groups()]
    asked = numbers if kind in {"sizes", "rounded_sizes"} else ["|".join(numbers)]
    is_printed = all(any(scope.prints(kind, text) for scope in scopes) for text in asked)
    return USED * len(found[0]) if is_printed else found[0]


def printed_forms(cells: pd.DataFrame) -> dict[str, list[np.ndarray]]:
    """For each kind of number the texts each cell prints it as; empty where it prints none.

    ranges          bands of shares, in percent, from a cell's own lower to its own upper end
    intervals       the same of 95% intervals, which always say that they are
    edges           the inner edge of a band at an end of the scale: `under 5%`, `95% or more`
    shares          shares printed as one percent: rounded ones, no bands
    nearly          the same where rounding would make them none or all: `<1%`, `>99%`
    sizes           people or records a number rests on, and counts, printed as they are
    rounded_sizes   the same, rounded: `about 60`
    values          exact counts, and means with the digits their rounding leaves
    spans           intervals of means and bands of an index
    index_edges     the inner edge of an index band at an end of the scale
    """
    prints = cells["status"].isin(HAS_NUMBER).to_numpy(bool)
    is_band = prints & cells["rounding"].str.contains("band").to_numpy(bool)
    is_part = prints & cells["statistic"].isin(["rate", "share"]).to_numpy(bool)
    is_count = prints & (cells["statistic"] == "count").to_numpy(bool)
    is_mean = prints & ~is_band & ~is_part & ~is_count
    is_exact = (cells["rounding"] == "exact").to_numpy(bool)
    n_exact = prints & (cells["n_rounding"] == "exact").to_numpy(bool)
    low, high, value = cells["value_low"], cells["value_high"], cells["value"]
    places = cells["rounding"].map({name: _places(name) for name in cells["rounding"].unique()})
    of_means = [(is_mean & (places == count).to_numpy(bool), count) for count in sorted(places.dropna().unique())] + [
        (is_mean & places.isna().to_numpy(bool), count) for count in range(4)
    ]
    bands, indexes = is_band & is_part, is_band & ~is_part
    at_zero, at_one = (low <= 0).fillna(False).to_numpy(bool), (high >= 1).fillna(False).to_numpy(bool)
    is_open = (at_zero | at_one) & (high - low <= OPEN + 1e-9).fillna(False).to_numpy(bool)
    return {
        "ranges": [_joined(_texts(low, bands & ~is_open, _points), _texts(high, bands & ~is_open, _points))],
        "intervals": [_joined(_texts(cells["low"], is_part, _percent), _texts(cells["high"], is_part, _percent))],
        "edges": [_texts(high, bands & at_zero, _points), _texts(low, bands & at_one, _points)],
        "shares": [
            *(_texts(value, is_part & ~is_band, how) for how in (_percent, lambda share: f"{100 * share:.1f}")),
            _texts(value, is_part & (places == 4).to_numpy(bool), lambda share: f"{100 * share:.2f}"),
        ],
        "nearly": [_texts(value, is_part & ~is_band, _nearly)],
        "sizes": [_texts(cells["n"], n_exact, _whole), _texts(value, is_count & is_exact, _whole)],
        "rounded_sizes": [
            _texts(cells["n"], prints & ~n_exact, _whole), _texts(cells["people"], prints, _whole),
            _texts(value, is_count & ~is_exact, _whole),
        ],
        "values": [
            _texts(value, is_count & is_exact, _whole),
            *(_texts(value, rows, _with(count)) for rows, count in of_means),
        ],
        "spans": [
            _joined(_texts(low, indexes, _short), _texts(high, indexes, _short)),
            *(
                _joined(_texts(cells["low"], rows, _with(count)), _texts(cells["high"], rows, _with(count)))
                for rows, count in of_means
            ),
        ],
        "index_edges": [_texts(high, indexes & at_zero, _short), _texts(low, indexes & at_one, _short)],
    }  # fmt: skip


def _texts(column: pd.Series, rows: np.ndarray, how: Callable[[float], str]) -> np.ndarray:
    """The column as text where `rows` say so; each different number is written once."""
    codes, numbers = pd.factorize(column.where(rows).astype("Float64"))
    texts = np.array([*(how(float(number)) for number in numbers), ""], dtype=object)
    return texts[codes]


def _joined(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.array(
        [f"{first}|{last}" if first and last else "" for first, last in zip(low, high, strict=True)], object
    )


def _points(share: float) -> str:
    return f"{round(100 * share, 6):g}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _nearly(share: float) -> str:
    """The percent a share near none or all stays above or below of; empty for any other."""
    return "1" if 0 < share < 0.005 else "99" if 0.995 <= share < 1 else ""


def _whole(size: float) -> str:
    return f"{size:.0f}"


def _short(value: float) -> str:
    return f"{value:g}"


def _with(places: int) -> Callable[[float], str]:
    return lambda value: f"{abs(value):.{int(places)}f}"


def _places(rounding: str) -> int | None:
    """Decimals of a number by its rounding; of an exact one they are not said."""
    step = rounding.removeprefix("nearest ")
    try:
        return max(0, -math.floor(math.log10(float(step)) + 1e-9))
    except ValueError:
        return None
