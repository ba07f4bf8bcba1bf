"""Statewide pictures: a dot for each district at its place, and the flow from providers into districts.

Only published numbers have a size, the one they are printed with. A number that is withheld has a mark of its own, and
nothing in the picture tells it from another that is withheld.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

import numpy as np
import pandas as pd

from partnerlib.display import style
from partnerlib.display.blocks import Words
from partnerlib.display.drawing import Figure, canvas, finish, nothing_to_draw
from partnerlib.display.keys import key_of, numbers_of
from partnerlib.display.printed import printed_or_mark
from partnerlib.display.text import MARKS, is_number, listed

Row = Mapping[str, Any]

LARGEST_DOT = 900.0
"""Area in square points of the dot of the largest number; the others in proportion."""

SMALLEST_DOT = 14.0
NAMED = 25
"""Districts named in the picture, and partnerships named in words; the table beneath has all of them."""

FLOWS = 30
"""Most flows drawn."""

MILES_A_DEGREE = 69.0
SCALE_MILES = 10


def short(name: str, letters: int = 26) -> str:
    """A name on one line, cut where it is longer than a label may be."""
    return textwrap.shorten(name, letters, placeholder="…") or f"{name[: letters - 1]}…"


def dots_on_a_map(
    rows: Sequence[Row], places: Mapping[str, tuple[float, float]], title: str, note: str, is_synthetic: bool
) -> Figure | Words:
    """Districts at their places, each dot as large as its printed number.

    rows
        released cells of districts, one a district
    places
        latitude and longitude by code; a district without a place stands in the table only
    """
    sized = [row for row in rows if is_number(row["value"]) and float(row["value"]) > 0]
    drawn = [row for row in rows if row["unit_code"] in places]
    if not sized or not drawn:
        return nothing_to_draw(title)
    figure, axes = canvas(5.2)
    across = MILES_A_DEGREE * cos(radians(float(np.mean([places[row["unit_code"]][0] for row in drawn]))))
    spots = {
        row["unit_code"]: (places[row["unit_code"]][1] * across, places[row["unit_code"]][0] * MILES_A_DEGREE)
        for row in drawn
    }
    most = max(float(row["value"]) for row in sized)
    groups: dict[str, list[Row]] = {"sized": [], "zero": [], "suppressed": [], "other": []}
    for row in drawn:
        is_zero = is_number(row["value"]) and float(row["value"]) == 0
        kind = "zero" if is_zero else "sized" if is_number(row["value"]) else str(row["status"])
        groups[kind if kind in groups else "other"].append(row)
    large = sorted(groups["sized"], key=lambda row: -float(row["value"]))
    _dots(axes, large, spots, s=[_area(row, most) for row in large], c=style.UNIT.colour, alpha=0.78,
          edgecolors=style.PAPER, linewidths=1.0, label="candidates placed, by area")  # fmt: skip
    _dots(axes, groups["zero"], spots, s=34, facecolors="none", edgecolors=style.UNIT.colour, label="nobody")
    _dots(axes, groups["suppressed"], spots, s=40, c=style.STATE.colour, marker="x", linewidths=1.6, label="withheld")
    _dots(axes, groups["other"], spots, s=26, c=style.QUIET, marker="_", label="no number")
    for row in [*large, *groups["suppressed"], *groups["zero"]][:NAMED]:
        reach = (_area(row, most) / np.pi) ** 0.5 if row in large else 4.0
        number = f" {printed_or_mark(row)}" if row in large else ""
        axes.annotate(
            f"{short(_plain(row['unit_name']))}{number}", spots[row["unit_code"]], (reach + 3, 0),
            textcoords="offset points", va="center", fontsize=7.8, color=style.INK, parse_math=False,
        )  # fmt: skip
    _frame(axes, spots)
    data = pd.DataFrame({"District": [str(row["unit_name"]) for row in rows], "Number": [_said(row) for row in rows]})
    return Figure(
        title, note, f"{title}. {_in_words(rows)}", data, *finish(figure, is_synthetic),
        [key_of(row) for row in rows], [numbers_of(row) for row in rows],
    )  # fmt: skip


def _dots(axes: Any, rows: Sequence[Row], spots: Mapping[str, tuple[float, float]], **look: Any) -> None:
    if rows:
        axes.scatter(*zip(*(spots[row["unit_code"]] for row in rows), strict=True), zorder=3, **look)


def _area(row: Row, most: float) -> float:
    return max(SMALLEST_DOT, LARGEST_DOT * float(row["value"]) / most)


def _plain(name: object) -> str:
    return str(name).removesuffix(" Public Schools").removesuffix(" School District")


def _said(row: Row) -> str:
    """What the table prints: the number, or the meaning of its mark."""
    if is_number(row["value"]):
        return printed_or_mark(row)
    return MARKS.get(str(row["status"]), MARKS["missing"]).meaning


def _frame(axes: Any, spots: Mapping[str, tuple[float, float]]) -> None:
    """Room for the labels, a scale in place of axes, the same miles both ways."""
    east, north = (np.array(values) for values in zip(*spots.values(), strict=True))
    wide, high = max(np.ptp(east), 20.0), max(np.ptp(north), 14.0)
    axes.set_xlim(east.min() - 0.08 * wide, east.max() + 0.3 * wide)
    axes.set_ylim(north.min() - 0.16 * high, north.max() + 0.14 * high)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    start, level = east.min(), north.min() - 0.11 * high
    axes.plot([start, start + SCALE_MILES], [level, level], color=style.INK, linewidth=1.4)
    axes.text(start + SCALE_MILES + 0.012 * wide, level, f"{SCALE_MILES} miles", va="center", fontsize=8,
              color=style.INK)  # fmt: skip
    marks = axes.legend(loc="upper left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, fontsize=8.5)
    for handle in marks.legend_handles:
        handle.set_sizes([40])


def _in_words(rows: Sequence[Row]) -> str:
    """The map in words: the largest numbers, and which are withheld."""
    sized = sorted((row for row in rows if is_number(row["value"])), key=lambda row: -float(row["value"]))
    said = listed(f"{row['unit_name']} {printed_or_mark(row)}" for row in sized[:NAMED])
    hidden = [str(row["unit_name"]) for row in rows if row["status"] == "suppressed"]
    more = " More districts stand in the table beneath." * (len(sized) > NAMED or len(hidden) > NAMED)
    return f"{said}." + (f" Withheld: {listed(hidden[:NAMED])}." if hidden else "") + more


def flows(
    rows: Sequence[tuple[str, str, Row]], title: str, note: str, others: str, is_synthetic: bool
) -> Figure | Words:
    """Providers on the left, districts on the right, a ribbon for each published partnership as wide as its number.

    rows
        name of the provider, name of the district, the released cell of their partnership
    """
    known = [row for row in rows if is_number(row[2]["value"]) and float(row[2]["value"]) > 0]
    known.sort(key=lambda row: (-float(row[2]["value"]), row[0], row[1]))
    if not known:
        return nothing_to_draw(title)
    drawn = known[:FLOWS]
    left = _stacks([(provider, float(row["value"])) for provider, _, row in drawn])
    right = _stacks([(district, float(row["value"])) for _, district, row in drawn])
    height = max(max(top for _, top in left.values()), max(top for _, top in right.values()))
    figure, axes = canvas(max(2.6, 0.34 * max(len(left), len(right)) + 0.8))
    colours = dict(zip(left, [look.colour for look in style.CYCLE] * len(left), strict=False))
    from_left = {name: span[0] for name, span in left.items()}
    from_right = {name: span[0] for name, span in right.items()}
    steps = np.linspace(0, 1, 40)
    bend = steps**2 * (3 - 2 * steps)
    for provider, district, row in sorted(drawn, key=lambda row: (right[row[1]][0], left[row[0]][0])):
        size, start, end = float(row["value"]), from_left[provider], from_right[district]
        edge = start + (end - start) * bend
        axes.fill_between(steps, edge, edge + size, color=colours[provider], alpha=0.55, linewidth=0.6)
        from_left[provider] += size
        from_right[district] += size
    for names, place, side, shift in ((left, -0.015, "right", -1), (right, 1.015, "left", 1)):
        for name, (low, top) in names.items():
            axes.plot([place * 1.0 + 0.008 * shift * -1] * 2, [low, top], color=style.INK, linewidth=2.2,
                      solid_capstyle="butt")  # fmt: skip
            axes.text(place, (low + top) / 2, short(name, 34), ha=side, va="center", fontsize=8.6, color=style.INK,
                      parse_math=False)  # fmt: skip
    axes.set_xlim(-0.62, 1.62)
    axes.set_ylim(height * 1.02, -0.06 * height)
    axes.axis("off")
    data = pd.DataFrame(
        {
            "Provider": [provider for provider, _, _ in drawn],
            "District": [district for _, district, _ in drawn],
            "Number": [printed_or_mark(row) for _, _, row in drawn],
        }
    )
    said = listed(f"{provider} to {district} {printed_or_mark(row)}" for provider, district, row in drawn)
    return Figure(
        title, f"{note} {others}".strip(), f"{title}. {said}. {others}".strip(), data, *finish(figure, is_synthetic),
        [key_of(row) for _, _, row in drawn], [numbers_of(row) for _, _, row in drawn],
    )  # fmt: skip


def _stacks(rows: Sequence[tuple[str, float]]) -> dict[str, tuple[float, float]]:
    """Where each name stands: its numbers stacked, largest name first, with room between names."""
    totals: dict[str, float] = {}
    for name, size in rows:
        totals[name] = totals.get(name, 0.0) + size
    gap = 0.045 * sum(totals.values())
    found, level = {}, 0.0
    for name in sorted(totals, key=lambda name: (-totals[name], name)):
        found[name] = (level, level + totals[name])
        level += totals[name] + gap
    return found
