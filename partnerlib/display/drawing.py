"""What every figure is made of: an empty canvas in the house style, its picture, and the words that go with it.

Plain matplotlib without pyplot: nothing global is changed, and a figure costs a tenth of a second.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, cast

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from partnerlib.display import style
from partnerlib.display.blocks import Block, Words
from partnerlib.display.palette import palette_png

SYNTHETIC = "SYNTHETIC DATA"


@dataclass(frozen=True, repr=False)
class Figure(Block):
    """A drawn figure with everything a reader needs who cannot see it."""

    title: str
    note: str
    """How many people, which years, what the whiskers are."""
    alt: str
    """The figure in words, from its own numbers."""
    data: pd.DataFrame
    """The numbers drawn, as printed."""
    png: bytes = field(compare=False)
    width: int = 0
    height: int = 0
    keys: Sequence[str] = ()
    """For each row of the data the name of the released cell it prints; empty for a figure of exact numbers."""
    numbers: Sequence[Mapping[str, float]] = ()
    """For each row the released numbers behind it, for a workbook."""
    kind = "figure"

    def data_for_page(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "note": self.note,
            "alt": self.alt,
            "columns": [str(column) for column in self.data.columns],
            "rows": [[str(value) for value in row] for row in self.data.itertuples(index=False)],
            "keys": list(self.keys) or [""] * len(self.data),
            "numbers": [dict(numbers) for numbers in self.numbers] or [{}] * len(self.data),
            "png": base64.b64encode(self.png).decode(),
            "width": self.width,
            "height": self.height,
        }

    def as_html(self) -> str:
        image = base64.b64encode(self.png).decode()
        return (
            f'<figure><figcaption><b>{escape(self.title)}</b></figcaption><img alt="{escape(self.alt, quote=True)}" '
            f'src="data:image/png;base64,{image}" style="max-width:46rem;width:100%"><p><small>{escape(self.note)}'
            f"</small></p></figure>"
        )

    def as_text(self) -> str:
        return f"{self.title}\n{self.alt}\n{self.note}"


def canvas(height: float, left: float = 0.02) -> tuple[Canvas, Axes]:
    """An empty figure in the house style: white, quiet rules, no box."""
    with matplotlib.rc_context({"font.family": style.FONT}):
        figure = Canvas(
            figsize=(style.WIDTH, height), dpi=style.DOTS_PER_INCH, facecolor=style.PAPER, layout="constrained"
        )
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(style.RULE)
    axes.tick_params(length=0, colors=style.INK, labelsize=9.5)
    axes.set_axisbelow(True)
    return figure, axes


def finish(figure: Canvas, is_synthetic: bool) -> tuple[bytes, int, int]:
    """The PNG and its size in pixels. A figure drawn from invented data says so in the picture itself."""
    if is_synthetic:
        figure.text(0.997, 0.992, SYNTHETIC, ha="right", va="top", fontsize=7, color=style.QUIET, weight="bold")
    canvas = cast(FigureCanvasAgg, figure.canvas)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    return palette_png(pixels), pixels.shape[1], pixels.shape[0]


def nothing_to_draw(title: str) -> Words:
    """What stands in place of a figure without a number: a unit with nothing to show is a normal path."""
    return Words(f"{title}: there is no number to draw.", role="nothing")
