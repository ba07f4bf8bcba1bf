"""Figures of exact numbers, for studies: title, note, an alternative text written from their numbers, and their data.

Intervals are the ones given, never bootstrapped while drawing. Pages draw bands: `partnerlib.display.bands`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from partnerlib.display import style
from partnerlib.display.blocks import Words
from partnerlib.display.drawing import Figure, canvas, finish, nothing_to_draw
from partnerlib.display.text import interval, is_number, listed, number, people, percent

__all__ = ["Figure", "bars", "curves", "dots", "parts_of_a_whole"]

LABEL_WIDTH = 40
"""Letters after which the name of a line goes on below."""

MANY = 20
"""Lines of a figure from which on they stand closer."""


def _axis_of(axes: Axes, statistic: str) -> None:
    if statistic in {"rate", "share"}:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}%"))
    axes.grid(axis="x", color=style.RULE, linewidth=0.7)


def _printed(row: Mapping[str, Any], statistic: str) -> str:
    text = number(float(row["value"]), statistic)
    if is_number(row.get("low")) and is_number(row.get("high")):
        text += f" ({interval(float(row['low']), float(row['high']), statistic)})"
    return text


def dots(
    frame: pd.DataFrame,
    title: str,
    note: str,
    series: Mapping[str, style.Series],
    statistic: str = "rate",
    is_synthetic: bool = False,
    aim: float | None = None,
    counted: str = "People",
) -> Figure | Words:
    """Each measure on its own line: a dot and its 95% interval for every series, the first series on top.

    frame
        columns `label`, `series`, `value`, `low`, `high`, `people`; labels are drawn in the order they first appear.
    aim
        A value that all are held against: a line, and an axis no longer than the values need.
    counted
        What `people` counts, where it is not people.
    """
    if frame["value"].notna().sum() == 0:
        return nothing_to_draw(title)
    drawn = frame[frame["value"].notna()]
    labels = list(dict.fromkeys(drawn["label"]))
    names = [name for name in series if name in set(drawn["series"])]
    figure, axes = canvas(0.75 + (0.56 if len(labels) <= MANY else 0.36) * len(labels))
    step = 0.62 / max(len(names), 1)
    for rank, name in enumerate(names):
        look = series[name]
        part = drawn[drawn["series"] == name]
        heights = [labels.index(label) + (rank - (len(names) - 1) / 2) * step for label in part["label"]]
        values = part["value"].astype(float)
        whiskers = [
            (values - part["low"].astype(float).fillna(values)).clip(lower=0),
            (part["high"].astype(float).fillna(values) - values).clip(lower=0),
        ]
        axes.errorbar(
            values,
            heights,
            xerr=whiskers,
            fmt=look.marker,
            color=look.colour,
            markerfacecolor=look.colour if look.is_filled else style.PAPER,
            markersize=6.5 if rank == 0 else 5.5,
            elinewidth=1.6,
            linestyle="none",
            label=name,
        )
    axes.set_yticks(range(len(labels)), [textwrap.fill(label, LABEL_WIDTH) for label in labels])
    has_legend = aim is None or len(names) > 1
    axes.set_ylim(len(labels) - 0.45, -0.55 if has_legend else -1.1)
    _axis_of(axes, statistic)
    if aim is not None:
        axes.axvline(aim, color=style.INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0)
    elif statistic in {"rate", "share"}:
        axes.set_xlim(-0.015, 1.015)
    if has_legend:
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(names), frameon=False, fontsize=9, handletextpad=0.3,
            borderaxespad=0.2,
        )  # fmt: skip
    alt = "; ".join(
        f"{label}: "
        + listed(f"{row['series']} {_printed(row, statistic)}" for _, row in drawn[drawn["label"] == label].iterrows())
        for label in labels
    )
    data = pd.DataFrame(
        {
            "Measure": drawn["label"],
            "Who": drawn["series"],
            "Value (95% interval)": [_printed(row, statistic) for _, row in drawn.iterrows()],
            counted: [people(count) for count in drawn["people"]],
        }
    )
    return Figure(title, note, f"{title}. {alt}.", data, *finish(figure, is_synthetic))


def curves(
    frame: pd.DataFrame,
    title: str,
    note: str,
    across: str,
    is_synthetic: bool = False,
) -> Figure | Words:
    """Shares over years since the start, one line a series, whiskers for 95% intervals: survival or retention curves.

    frame
        columns `series`, `years`, `value`, `low`, `high`, `people`, in the order the series are to be named.
    """
    if frame["value"].notna().sum() == 0:
        return nothing_to_draw(title)
    drawn = frame[frame["value"].notna()]
    names = list(dict.fromkeys(drawn["series"]))
    figure, axes = canvas(3.4)
    for look, (rank, name) in zip(style.CYCLE, enumerate(names), strict=False):
        part = drawn[drawn["series"] == name].sort_values("years")
        values = part["value"].astype(float)
        shift = 0.035 * (rank - (len(names) - 1) / 2)
        axes.errorbar(
            part["years"] + shift,
            values,
            yerr=[
                (values - part["low"].astype(float).fillna(values)).clip(lower=0),
                (part["high"].astype(float).fillna(values) - values).clip(lower=0),
            ],
            marker=look.marker,
            linestyle=look.line,
            color=look.colour,
            linewidth=1.8,
            elinewidth=1.1,
            markersize=6,
            label=name,
        )
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}%"))
    axes.set_xticks(sorted(drawn["years"].unique()))
    axes.set_xlabel(across, fontsize=9.5, color=style.INK)
    axes.grid(axis="y", color=style.RULE, linewidth=0.7)
    axes.legend(loc="lower left", frameon=False, fontsize=9)
    alt = "; ".join(
        f"{name}: "
        + listed(
            f"{percent(float(row['value']))} after {row['years']:g} year{'s' if row['years'] != 1 else ''}"
            for _, row in drawn[drawn["series"] == name].sort_values("years").iterrows()
        )
        for name in names
    )
    data = pd.DataFrame(
        {
            "Who": drawn["series"],
            across: [f"{years:g}" for years in drawn["years"]],
            "Value (95% interval)": [_printed(row, "rate") for _, row in drawn.iterrows()],
            "People": [people(count) for count in drawn["people"]],
        }
    )
    return Figure(title, note, f"{title}. {alt}.", data, *finish(figure, is_synthetic))


def parts_of_a_whole(
    frame: pd.DataFrame,
    title: str,
    note: str,
    colours: Sequence[str] = style.PARTS,
    is_synthetic: bool = False,
) -> Figure | Words:
    """One bar a row, split into parts that add to one: stayers, movers and leavers; or levels of readiness.

    frame
        columns `label`, `part`, `value`; parts are stacked in the order they first appear.
    """
    if frame["value"].notna().sum() == 0:
        return nothing_to_draw(title)
    wide = frame.pivot_table(index="label", columns="part", values="value", sort=False, observed=True).astype(float)
    figure, axes = canvas(0.95 + 0.52 * len(wide))
    start = pd.Series(0.0, index=wide.index)
    for colour, part in zip(colours, wide.columns, strict=False):
        widths = wide[part].fillna(0.0)
        bars = axes.barh(
            range(len(wide)), widths, left=start, color=colour, height=0.62, label=str(part), edgecolor=style.PAPER
        )
        for bar, share in zip(bars, widths, strict=True):
            if share >= 0.06:
                axes.text(
                    bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height() / 2, percent(share),
                    ha="center", va="center", fontsize=9, color=style.text_on(colour),
                )  # fmt: skip
        start = start + widths
    axes.set_yticks(range(len(wide)), [str(label) for label in wide.index])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2 if len(wide.columns) == 4 else 3, frameon=False,
        fontsize=8.5, handlelength=1.0, handletextpad=0.5, columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip
    alt = "; ".join(
        f"{label}: "
        + listed(f"{percent(share)} {str(part).lower()}" for part, share in row.items() if is_number(share))
        for label, row in wide.iterrows()
    )
    data = wide.map(lambda share: percent(share) if is_number(share) else "").rename_axis("Who").reset_index()
    return Figure(title, note, f"{title}. {alt}.", data, *finish(figure, is_synthetic))


def bars(
    frame: pd.DataFrame,
    title: str,
    note: str,
    statistic: str = "count",
    others: str = "",
    is_synthetic: bool = False,
) -> Figure | Words:
    """Ranked bars with their number at the end: host districts by candidates placed, providers by beginners.

    frame
        columns `label`, `value`; drawn in the order given. `printed` says how each number is printed, where it is
        rounded, `name` how it is called in words, `key` and `numbers` of which released cell it is.
    others
        What is not drawn, in words; it ends the note and the alternative text.
    """
    if frame["value"].notna().sum() == 0:
        return nothing_to_draw(title)
    drawn = frame[frame["value"].notna()]
    figure, axes = canvas(0.35 + 0.36 * max(len(drawn), 1))
    values = drawn["value"].astype(float)
    axes.barh(range(len(drawn)), values, color=style.UNIT.colour, height=0.66)
    top = float(values.max()) if len(values) else 1.0
    printed = list(drawn["printed"]) if "printed" in drawn else [number(value, statistic) for value in values]
    for place, (value, text) in enumerate(zip(values, printed, strict=True)):
        axes.text(value + 0.012 * top, place, text, va="center", fontsize=9.5, color=style.INK)
    if is_synthetic and "printed" in drawn:
        axes.set_title(" ", fontsize=7)  # room for the words above
    axes.set_yticks(range(len(drawn)), list(drawn["label"]))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12 * top)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    names = list(drawn["name"] if "name" in drawn else drawn["label"])
    alt = listed(f"{name} {text}" for name, text in zip(names, printed, strict=True))
    data = pd.DataFrame({"Name": names, "Number": printed})
    closing = f" {others}" if others else ""
    cells = (list(drawn["key"]), list(drawn["numbers"])) if "key" in drawn else ((), ())
    return Figure(title, f"{note}{closing}", f"{title}. {alt}.{closing}", data, *finish(figure, is_synthetic), *cells)
