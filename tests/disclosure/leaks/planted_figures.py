"""Leaks of figures and image files: what a reader of pixels, axes or coordinates finds that no cell prints."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from leak import Leak, Look, refusal
from leaky_state import people
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from partnerlib.disclosure.figures import check_figure
from partnerlib.disclosure.images import refuse_image, strip_png

PRINTED = [0.55, 0.65, 0.35, 0.475, 0.72, 120.0, 85.0, 40.0]
"""What the cells of the small release print."""


def safe(axes: Axes) -> None:
    axes.barh(["a", "b", "c"], [40, 85, 120])
    axes.set_title("Completers by provider")


def drawn(plant: Callable[[Axes], object] | None = None, base: Callable[[Axes], None] = safe) -> Figure:
    figure = Figure()
    axes = figure.add_subplot()
    base(axes)
    if plant:
        plant(axes)
    return figure


def looks_at(plant: Callable[[Axes], object] | None = None, base: Callable[[Axes], None] = safe) -> Look:
    return lambda _: check_figure(drawn(plant, base), PRINTED)


def heat_map(axes: Axes, end: float = 1.0) -> None:
    axes.imshow([[0.55, 0.65], [np.nan, 0.35]], vmin=0, vmax=end)


def survival(axes: Axes) -> None:
    axes.step([0, 1, 2, 3], [1.0, 0.72, 0.65, 0.55], where="post")


def last_step(axes: Axes) -> None:
    axes.step([0, 1, 2, 3, 3.4], [1.0, 0.72, 0.65, 0.55, 0.51], where="post")


def dots(axes: Axes) -> None:
    axes.errorbar([0.55, 0.65], [0, 1], xerr=[[0.075, 0.1], [0.1, 0.07]], fmt="o")


def rug(axes: Axes) -> None:
    axes.vlines(people()["score"], 0, 0.02, transform=axes.get_xaxis_transform())


def residuals(axes: Axes) -> None:
    axes.plot(np.arange(30) / 7, np.sin(np.arange(30)), "o")


def image(kind: str, metadata: dict[str, str] | None = None, after: bytes = b"") -> Callable[[], bytes]:
    def content() -> bytes:
        stream = io.BytesIO()
        drawn().savefig(stream, format=kind, metadata=metadata)
        return stream.getvalue() + after

    return content


def clean_png(_: Path | None = None) -> list[str]:
    return refusal(lambda: refuse_image(strip_png(image("png")()), "hosts.png"))


def _image(name: str, content: Callable[[], bytes], says: str) -> Leak:
    return Leak(name, "images", clean_png, lambda _: refusal(lambda: refuse_image(content(), "hosts")), says)


def _figure(name: str, plant: Callable[[Axes], object], says: str) -> Leak:
    return Leak(name, "figures", looks_at(), looks_at(plant), says)


LEAKS = [
    _figure("unlabelled bar height", lambda a: a.barh(["withheld"], [7]), "a bar whose length"),
    _figure("axis limit equal to the maximum", lambda a: a.set_xlim(0, 311), "a limit of the x axis"),
    _figure("tick at the maximum", lambda a: a.set_xticks([0, 40, 97]), "a tick of the x axis"),
    _figure("number in a figure's label", lambda a: a.text(10, 0, "n = 7"), "label: a text holds a number"),
    _figure("number in a figure's title", lambda a: a.set_title("7 of 9 retained"), "title: a text holds a number"),
    _figure("number in a legend", lambda a: (a.plot([], [], label="near (3)"), a.legend()), "label: a text holds"),
    _figure("points of people", lambda a: a.scatter(people()["score"], people().index % 7), "points of a scatter"),
    _figure("rug of people", rug, "a rug"),
    _figure("outliers of a box plot", lambda a: a.boxplot([*range(10, 50), 99]), "points (outliers"),
    _figure("histogram with a bin of one", lambda a: a.hist([*range(50), 90]), "a histogram with a bin"),
    _figure("residual plot", residuals, "points (outliers of a box"),
    _figure("curve hidden behind the axes", lambda a: a.plot([1, 2], [0.513, 0.62], visible=False), "a line at values"),
    _figure("map legend", lambda a: a.annotate("31 to 47 people", (0, 0)), "label: a text holds a number"),
    Leak("colour scale of a heat map", "figures", looks_at(base=heat_map),
         looks_at(base=lambda a: heat_map(a, 0.913)), "a colour scale that ends"),
    Leak("colour of a withheld cell", "figures", looks_at(base=heat_map),
         looks_at(lambda a: a.imshow([[0.14]]), heat_map), "colours of cells"),
    Leak("last step of a drawn survival curve", "figures", looks_at(base=survival), looks_at(base=last_step),
         "a step where single people leave"),
    Leak("whisker of an unrounded interval", "figures", looks_at(base=dots),
         looks_at(lambda a: a.errorbar([0.55], [2], xerr=[[0.0713], [0.0642]], fmt="o"), dots), "lines at values"),
    _image("vector figure over raw data", image("svg"), "SVG holds the plotted values"),
    _image("PDF over raw data", image("pdf"), "PDF holds the plotted values"),
    _image("text in a PNG", image("png", {"Description": "n = 7"}), "tEXt"),
    _image("author of a PNG", image("png", {"Author": "somebody"}), "tEXt"),
    _image("bytes after the end of a PNG", lambda: strip_png(image("png")()) + b"7 of 9", "after the end"),
]  # fmt: skip
