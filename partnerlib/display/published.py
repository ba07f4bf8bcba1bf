"""The published statewide retention series, each level with a colour and a marker of its own."""

from __future__ import annotations

import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from partnerlib.codes import year_label
from partnerlib.display import style
from partnerlib.display.blocks import Words
from partnerlib.display.drawing import Figure, canvas, finish
from partnerlib.display.text import listed

_LOOKS = {
    "state_school_rollup": ("sum of schools", style.CYCLE[0]),
    "state_district_rollup": ("sum of districts", style.CYCLE[1]),
    "state_unduplicated": ("people counted once", style.CYCLE[2]),
}


def retention_by_level(published: pd.DataFrame, role: str = "teacher") -> Figure | Words:
    """State retention as published, one line a level; in words when there is no published series.

    published
        state rows of `staff_retention_published`: school_year, level, role, base_count, retained_count, retained_rate
    """
    rows = published[published["role"] == role]
    if rows.empty:
        return Words("No published retention series was given.", role="nothing")
    points = rows.drop_duplicates(["school_year", "level", "base_count"]).sort_values(["level", "school_year"])
    figure, axes = canvas(3.6)
    said = []
    for level, (words, look) in _LOOKS.items():
        line = points[points["level"] == level]
        if line.empty:
            continue
        years = range(int(line["school_year"].min()), int(line["school_year"].max()) + 1)
        # A year without a file is a gap in the line, not a straight way across it.
        rates_by_year = line.set_index("school_year")["retained_rate"].reindex(years)
        axes.plot(
            list(years), rates_by_year, marker=look.marker, linestyle=look.line, color=look.colour, label=words,
            linewidth=1.8, markersize=6,
        )  # fmt: skip
        rates = (
            f"{year_label(int(year))} {100 * rate:.1f}%"
            for year, rate in zip(line["school_year"], line["retained_rate"], strict=True)
        )
        said.append(f"{words}: {listed(rates)}")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}%"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda year, _: year_label(round(year))))
    axes.grid(axis="y", color=style.RULE, linewidth=0.7)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False, fontsize=9)
    title = f"{role.capitalize()} retention in the state as published, by level"
    note = (
        "A year is labelled by its later October: 2017-18 is October 2016 to October 2017. "
        "A move inside a district is a loss in the sum of schools only."
    )
    data = pd.DataFrame(
        {
            "Year": points["school_year"].map(lambda year: year_label(int(year))),
            "Level": points["level"].map(lambda level: _LOOKS[level][0]),
            "Retained": [f"{100 * rate:.2f}%" for rate in points["retained_rate"]],
            "Base": [f"{count:,.0f}" for count in points["base_count"]],
        }
    )
    return Figure(title, note, f"{title}. {'; '.join(said)}.", data, *finish(figure, is_synthetic=False))
