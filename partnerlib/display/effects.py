"""Figures of estimated effects: by years since a start, and of many units against what chance alone would show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from partnerlib.display import style
from partnerlib.display.blocks import Words
from partnerlib.display.drawing import Figure, canvas, finish, nothing_to_draw
from partnerlib.display.text import amount, is_number, listed

TALLEST = 9.0
"""Inches a figure of many units may take."""


def difference(value: float, statistic: str) -> str:
    """A difference as people print it: of shares in points, of anything else as an amount, always with its sign.

    >>> difference(0.0312, "share"), difference(-0.5, "mean"), difference(0.0, "share")
    ('+3.1 points', '−0.50', '0.0 points')
    """
    shown = f"{100 * abs(value):.1f} points" if statistic in {"rate", "share"} else amount(abs(value))
    is_zero = not any(digit in "123456789" for digit in shown)
    return shown if is_zero else f"{'+' if value > 0 else '−'}{shown}"


def _between(row: Mapping[str, Any], statistic: str, low: str = "low", high: str = "high") -> str:
    ends = [difference(float(row[end]), statistic).removesuffix(" points") for end in (low, high)]
    return f"{ends[0]} to {ends[1]}"


def event_study(
    effects: pd.DataFrame,
    title: str,
    note: str,
    statistic: str = "mean",
    base: int | None = -1,
    is_synthetic: bool = False,
) -> Figure | Words:
    """Effects by years since the start, with 95% intervals; years before are hollow, for they are a check.

    effects
        columns `since`, `estimate`, `low`, `high`; of shares or of amounts as `statistic` says.
    base
        The year since the start that is zero by construction, drawn without an interval.
    """
    drawn = effects[effects["estimate"].notna()].sort_values("since")
    if drawn.empty:
        return nothing_to_draw(title)
    figure, axes = canvas(3.4)
    for part, look, name in (
        (drawn[drawn["since"] < 0], style.BEFORE, "years before: should be near zero"),
        (drawn[drawn["since"] >= 0], style.UNIT, "years since the start"),
    ):
        known = part[part["since"] != base]
        if known.empty:
            continue
        values = known["estimate"].astype(float)
        axes.errorbar(
            known["since"], values, yerr=[values - known["low"], known["high"] - values], fmt=look.marker,
            color=look.colour, markerfacecolor=look.colour if look.is_filled else style.PAPER, markersize=6.5,
            elinewidth=1.6, linestyle="none", label=name,
        )  # fmt: skip
    if base is not None and (drawn["since"] == base).any():
        axes.plot([base], [0.0], marker="x", color=style.QUIET, markersize=7, linestyle="none", label="base: zero")
    axes.axhline(0.0, color=style.INK, linewidth=1.0)
    axes.axvline(-0.5, color=style.QUIET, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.set_xticks(range(int(drawn["since"].min()), int(drawn["since"].max()) + 1))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, statistic)))
    axes.set_xlabel("Years since the start", fontsize=9.5, color=style.INK)
    axes.set_ylabel(f"Effect{_unit(statistic)}", fontsize=9.5, color=style.INK)
    axes.grid(axis="y", color=style.RULE, linewidth=0.7)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False, fontsize=9, handletextpad=0.3,
        borderaxespad=0.2,
    )  # fmt: skip
    rows = drawn.to_dict("records")
    printed = [
        "0, the base" if row["since"] == base else f"{difference(row['estimate'], statistic)} "
        f"({_between(row, statistic)})"
        for row in rows
    ]  # fmt: skip
    alt = "; ".join(f"{_when(int(row['since']))} {text}" for row, text in zip(rows, printed, strict=True))
    data = pd.DataFrame({"Years since the start": [f"{row['since']:g}" for row in rows], "Effect (95%)": printed})
    return Figure(title, note, f"{title}. {alt}.", data, *finish(figure, is_synthetic))


def caterpillar(
    units: pd.DataFrame,
    title: str,
    note: str,
    statistic: str = "mean",
    is_ranked: bool = False,
    is_synthetic: bool = False,
) -> Figure | Words:
    """Each unit's distance from the mean with 95% and family-wide intervals, before what chance alone would draw.

    units
        columns `unit`, `contrast`, `low`, `high`, `low_bonferroni`, `high_bonferroni`, `shrunken`, `null`; drawn from
        the top in the order given. `null` is what the unit of that rank would show if all were equal: a curve where
        units are ranked; where they are not, the middle 95% of it is shaded behind all.
    """
    drawn = units[units["contrast"].notna()]
    if drawn.empty:
        return nothing_to_draw(title)
    places = np.arange(len(drawn))
    figure, axes = canvas(min(0.9 + 0.27 * len(drawn), TALLEST))
    contrast = drawn["contrast"].astype(float)
    if is_ranked:
        axes.plot(
            drawn["null"], places, color=style.QUIET, linewidth=5, alpha=0.35, solid_capstyle="round",
            label="if all were equal",
        )  # fmt: skip
    else:
        ends = np.quantile(drawn["null"].astype(float), [0.025, 0.975])
        axes.axvspan(*ends, color=style.QUIET, alpha=0.18, linewidth=0, label="if all were equal")
    axes.hlines(
        places, drawn["low_bonferroni"], drawn["high_bonferroni"], color=style.UNIT.colour, linewidth=0.9,
        label="95%, all units at once",
    )  # fmt: skip
    axes.hlines(places, drawn["low"], drawn["high"], color=style.UNIT.colour, linewidth=3.0, label="95%, one unit")
    axes.plot(contrast, places, "o", color=style.UNIT.colour, markersize=5.5, label="estimate")
    axes.plot(
        drawn["shrunken"], places, style.STATE.marker, color=style.STATE.colour, markerfacecolor=style.PAPER,
        markersize=5, label="shrunken",
    )  # fmt: skip
    axes.axvline(0.0, color=style.INK, linewidth=1.0)
    axes.set_yticks(places, [str(unit) for unit in drawn["unit"]], fontsize=9.5 if len(drawn) < 30 else 6.5)
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, statistic)))
    axes.set_xlabel(f"Distance from the mean{_unit(statistic)}", fontsize=9.5, color=style.INK)
    axes.grid(axis="x", color=style.RULE, linewidth=0.7)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False, fontsize=8.5,
        handletextpad=0.4, columnspacing=1.1, borderaxespad=0.2,
    )  # fmt: skip
    rows = drawn.to_dict("records")
    printed = [f"{difference(row['contrast'], statistic)} ({_between(row, statistic)})" for row in rows]
    order = (
        "From the highest to the lowest" if is_ranked else "In the order of their names, for a ranking would be noise"
    )
    alt = listed(f"{row['unit']} {text}" for row, text in zip(rows, printed, strict=True))
    data = pd.DataFrame(
        {
            "Unit": [str(row["unit"]) for row in rows],
            "Distance from the mean (95%)": printed,
            "All units at once (95%)": [_between(row, statistic, "low_bonferroni", "high_bonferroni") for row in rows],
            "Shrunken": [difference(row["shrunken"], statistic) if is_number(row["shrunken"]) else "" for row in rows],
        }
    )
    return Figure(title, note, f"{title}. {order}: {alt}.", data, *finish(figure, is_synthetic))


def _tick(value: float, statistic: str) -> str:
    shown = f"{100 * value:+.4g}" if statistic in {"rate", "share"} else f"{value:+.4g}"
    return "0" if abs(value) < 1e-12 else shown.replace("-", "−")


def _unit(statistic: str) -> str:
    return ", points" if statistic in {"rate", "share"} else ""


def _when(since: int) -> str:
    years = f"{abs(since)} year{'s' if abs(since) != 1 else ''}"
    return "in the year of the start" if since == 0 else f"{years} after" if since > 0 else f"{years} before"
