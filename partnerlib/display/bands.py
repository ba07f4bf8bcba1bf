"""Figures of a release: a band is a thick bar from its lower to its upper edge, its 95% interval a thin line behind.

No dot stands in a band: where in it the true number lies is not known. Every coordinate is a printed number, every
axis of shares runs from 0 to 100%, and what is withheld is a mark at the edge: nothing tells more than the tables do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MultipleLocator

from partnerlib.display import style
from partnerlib.display.blocks import Words
from partnerlib.display.drawing import Figure, canvas, finish, nothing_to_draw
from partnerlib.display.keys import key_of, numbers_of
from partnerlib.display.printed import is_band, printed, printed_interval, printed_or_mark, size
from partnerlib.display.text import MARKS, is_number, listed

Rows = Sequence[Mapping[str, Any]]
"""Rows of a release with what a figure calls them: `label`, `series` (and `heading`), or `series` and `years`."""

THICK = 8.5
"""Points: height of a band."""
THIN = 1.3
"""Points: an interval."""
EDGE = 0.012
"""Room left and right of the scale of shares, so that bands at its ends are whole."""
STEP = 0.165
"""Inches from one series of a line to the next."""
GAP = 0.18
"""Inches between lines, beside what their series take."""


@dataclass(frozen=True)
class Place:
    """Where a band is drawn: along the scale of shares, `at` a place across it."""

    at: float
    is_upright: bool = False

    def points(self, values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
        across = [self.at] * len(values)
        return (across, values) if self.is_upright else (values, across)


def draw_number(axes: Axes, row: Mapping[str, Any], place: Place, look: style.Series, thick: float = THICK) -> None:
    """One printed number: its interval, and over it its band, or a marker where it is exact or rounded."""
    if is_number(row["low"]) and is_number(row["high"]):
        ends = place.points([float(row["low"]), float(row["high"])])
        axes.plot(*ends, color=look.colour, linewidth=THIN, solid_capstyle="butt", zorder=2)
    if not is_band(row):
        fill = look.colour if look.is_filled else style.PAPER
        axes.plot(
            *place.points([float(row["value"])]), marker=look.marker, color=look.colour, markerfacecolor=fill,
            markersize=6, zorder=4,
        )  # fmt: skip
        return
    ends = place.points([float(row["value_low"]), float(row["value_high"])])
    axes.plot(*ends, color=look.colour, linewidth=thick, solid_capstyle="butt", zorder=3)
    if look.stripes:
        axes.plot(*ends, zorder=3.1, **_light(look, thick))
    if not look.is_filled:
        axes.plot(*ends, color=style.PAPER, linewidth=thick - 2.6, solid_capstyle="butt", zorder=3.1)
        stroke = "_" if place.is_upright else "|"
        axes.plot(
            *ends, linestyle="none", marker=stroke, color=look.colour, markersize=thick - 1, markeredgewidth=1.3,
            zorder=3.2,
        )  # fmt: skip


def _light(look: style.Series, thick: float) -> dict[str, Any]:
    """How the light gaps of a striped band are drawn."""
    return {
        "color": style.PAPER, "linewidth": thick - 2.4, "linestyle": (0.1, look.stripes), "dash_capstyle": "butt",
        "alpha": 0.85,
    }  # fmt: skip


def _key(look: style.Series, is_band_drawn: bool) -> tuple[Line2D, ...]:
    """An entry of the legend, drawn as the numbers are."""
    if not is_band_drawn:
        fill = look.colour if look.is_filled else style.PAPER
        return (Line2D([], [], marker=look.marker, color=look.colour, markerfacecolor=fill, markersize=6),)
    if look.is_filled:
        whole = Line2D([], [], color=look.colour, linewidth=THICK, solid_capstyle="butt")
        return (whole, Line2D([], [], **_light(look, THICK))) if look.stripes else (whole,)
    hollow: dict[str, Any] = {"linestyle": "none", "marker": "s", "markerfacecolor": style.PAPER}
    return (Line2D([], [], color=look.colour, markersize=THICK - 1, markeredgewidth=1.3, **hollow),)


def _legend(axes: Axes, names: Sequence[str], looks: Sequence[style.Series], is_band_drawn: bool, columns: int) -> None:
    """Which look is whose, above the figure."""
    axes.legend(
        handles=[_key(look, is_band_drawn) for look in looks], labels=list(names), loc="lower left",
        bbox_to_anchor=(0, 1.0), ncols=columns, frameon=False, fontsize=9, handlelength=1.6, handletextpad=0.5,
        borderaxespad=0.2, handler_map={tuple: HandlerTuple(ndivide=1)},
    )  # fmt: skip


def _shares(axis: Any) -> None:
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}%"))
    axis.set_major_locator(MultipleLocator(0.2))


def _spoken(row: Mapping[str, Any]) -> str:
    if not is_number(row["value"]):
        return "withheld" if row["status"] == "suppressed" else MARKS.get(str(row["status"]), MARKS["missing"]).meaning
    interval = printed_interval(row)
    return f"{printed(row)} (95% {interval})" if interval else printed(row)


def _closed(note: str, rows: Rows) -> str:
    """The note, ended by what the marks at the edge mean."""
    statuses = [
        status for status in MARKS if any(row["status"] == status for row in rows if not is_number(row["value"]))
    ]
    return " ".join([note, *(f"{MARKS[status].symbol} {MARKS[status].meaning}." for status in statuses)])


def _numbers(rows: Rows, **names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **names,
            "Value": [printed_or_mark(row) for row in rows],
            "95% interval": [printed_interval(row).removeprefix("interval ") for row in rows],
            "People": [size(row) for row in rows],
        }
    )


def _cells(rows: Rows) -> tuple[list[str], list[dict[str, float]]]:
    """The released cells of the rows drawn: their names, and their numbers."""
    return [key_of(row) for row in rows], [numbers_of(row) for row in rows]


def compared_bands(
    rows: Rows, title: str, note: str, series: Mapping[str, style.Series], is_synthetic: bool = False
) -> Figure | Words:
    """Shares line by line, the series of a line under each other, their printed values at the right edge.

    rows
        each with `label`, `series` and optionally `heading`, under which its line stands; drawn in the order given
    """
    if not any(is_number(row["value"]) for row in rows):
        return nothing_to_draw(title)
    names = [name for name in series if any(row["series"] == name for row in rows)]
    lines: dict[tuple[str, str], int] = {}
    headings: dict[str, int] = {}
    for row in rows:
        heading, label = str(row.get("heading", "")), str(row["label"])
        if heading and heading not in headings:
            headings[heading] = len(lines) + len(headings)
        lines.setdefault((heading, label), len(lines) + len(headings))
    total = len(lines) + len(headings)
    height = GAP + STEP * len(names)
    figure, axes = canvas(0.8 + total * height)
    for row in rows:
        line = lines[str(row.get("heading", "")), str(row["label"])]
        place = Place(line + (names.index(row["series"]) - (len(names) - 1) / 2) * STEP / height)
        look = series[row["series"]]
        if is_number(row["value"]):
            draw_number(axes, row, place, look)
        axes.text(
            1.02, place.at, printed_or_mark(row), transform=axes.get_yaxis_transform(), va="center_baseline",
            fontsize=8.2, color=look.colour if is_number(row["value"]) else style.QUIET,
        )  # fmt: skip
    axes.set_yticks([*headings.values(), *lines.values()], [*headings, *(label for _, label in lines)])
    for tick, _ in zip(axes.get_yticklabels(), headings, strict=False):
        tick.set_fontweight("bold")
    axes.set_ylim(total - 0.45, -0.6)
    _shares(axes.xaxis)
    axes.set_xlim(-EDGE, 1 + EDGE)
    axes.grid(axis="x", color=style.RULE, linewidth=0.7)
    _legend(axes, names, [series[name] for name in names], any(map(is_band, rows)), len(names))
    said = "; ".join(
        (f"{heading}, {label}: " if heading else f"{label}: ")
        + listed(
            f"{row['series']} {_spoken(row)}"
            for row in rows
            if (str(row.get("heading", "")), str(row["label"])) == (heading, label)
        )
        for heading, label in lines
    )
    data = _numbers(
        rows,
        **({"Cohorts": [str(row["heading"]) for row in rows]} if headings else {}),
        What=[str(row["label"]).replace("\n", " ") for row in rows],
        Who=[str(row["series"]) for row in rows],
    )
    alt = f"{title}. {said}.".replace("\n", " ")
    return Figure(title, _closed(note, rows), alt, data, *finish(figure, is_synthetic), *_cells(rows))


def _join(axes: Axes, ends: Sequence[tuple[Mapping[str, Any], Place]], look: style.Series) -> None:
    """A pale ribbon from band to band. Years told by one cohort and years told by three are not joined."""
    axes.fill_between(
        [place.at for _, place in ends], [float(row["value_low"]) for row, _ in ends],
        [float(row["value_high"]) for row, _ in ends], color=look.colour, alpha=0.13, linewidth=0, zorder=1,
    )  # fmt: skip


def _years(years: float) -> str:
    return f"{years:g} year{'' if years == 1 else 's'}"


def band_curves(rows: Rows, title: str, note: str, across: str, is_synthetic: bool = False) -> Figure | Words:
    """Shares over years since the start: for every series a band at each year, joined by a pale ribbon.

    rows
        each with `series`, `years` and `window_years`, in the order the series are to be named
    """
    drawn = [row for row in rows if is_number(row["value"])]
    if not drawn:
        return nothing_to_draw(title)
    names = list(dict.fromkeys(row["series"] for row in drawn))
    figure, axes = canvas(3.8)
    for look, (rank, name) in zip(style.CYCLE, enumerate(names), strict=False):
        part = sorted((row for row in drawn if row["series"] == name), key=lambda row: row["years"])
        shift = 0.09 * (rank - (len(names) - 1) / 2)
        places = [Place(row["years"] + shift, is_upright=True) for row in part]
        for before, after in pairwise(zip(part, places, strict=True)):
            if before[0]["window_years"] == after[0]["window_years"]:
                _join(axes, [before, after], look)
        for row, place in zip(part, places, strict=True):
            draw_number(axes, row, place, look, thick=6.5)
    axes.set_ylim(-EDGE, 1 + EDGE)
    _shares(axes.yaxis)
    years = sorted({row["years"] for row in drawn})
    axes.set_xticks(years)
    axes.set_xlim(min(years) - 0.4, max(years) + 0.4)
    axes.set_xlabel(across, fontsize=9.5, color=style.INK)
    axes.grid(axis="y", color=style.RULE, linewidth=0.7)
    looks = [look for look, _ in zip(style.CYCLE, names, strict=False)]
    _legend(axes, names, looks, any(map(is_band, drawn)), 2)
    order = f" From left to right at each year: {listed(names)}." if len(names) > 1 else ""
    said = "; ".join(
        f"{name}: "
        + listed(
            f"{printed(row)} after {_years(row['years'])}"
            for row in sorted(drawn, key=lambda row: row["years"])
            if row["series"] == name
        )
        for name in names
    )
    data = _numbers(
        drawn, Who=[str(row["series"]) for row in drawn], **{across: [_years(row["years"]) for row in drawn]}
    )
    return Figure(
        title, f"{note}{order}", f"{title}. {said}.", data, *finish(figure, is_synthetic), *_cells(drawn)
    )  # fmt: skip
