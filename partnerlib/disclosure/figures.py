"""What a figure may show: numbers that are printed anyway, and nothing between the lines.

A figure is read back by machine: an SVG gives its points to eight digits or more, a bar its height, an axis the largest
value, a colour bar the largest cell. So every coordinate of a published figure must be a printed number of a sealed
release; what cannot be one (a dot per person, a rug, outliers of a box plot, thin bins) is named for what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, Rectangle, StepPatch
from matplotlib.transforms import BlendedAffine2D, BlendedGenericTransform

from partnerlib.disclosure.labels import categories, unprinted_labels, unprinted_ticks
from partnerlib.errors import ReleaseRefused

MINIMUM_PEOPLE = 10
ENDS_OF_SCALES = (0.0, 1.0, 100.0)
"""Where a scale of shares begins and ends, whatever the data are."""
CLOSENESS = 1e-6
"""Relative distance at which a drawn coordinate is taken to be a printed number."""
BESIDE = 0.5
"""Categories stand at whole numbers; series stand beside them, less than half a place away."""
MARGIN = 0.15
"""Share of what is drawn an axis may reach beyond it; matplotlib's own margin is 0.05."""


@dataclass(frozen=True)
class FigureFinding:
    """One thing in a figure that a release does not print. Holds no value."""

    rule: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}"


@dataclass(frozen=True)
class Printed:
    """The numbers a release prints, which alone may be drawn."""

    values: np.ndarray
    """Sorted, each once."""
    count: int
    """How many cells print them: no artist has more points."""

    @classmethod
    def of(cls, values: Iterable[float]) -> Printed:
        given = np.array([value for value in values], dtype=float)
        finite = given[np.isfinite(given)]
        return cls(np.unique(finite), len(finite))

    def has(self, asked: np.ndarray, also: tuple[float, ...] = ()) -> bool:
        """Whether each number is a printed one (or one of `also`)."""
        asked = asked[np.isfinite(asked)]
        known = np.unique(np.concatenate([self.values, also]))
        if not len(known):
            return not len(asked)
        place = np.searchsorted(known, asked)
        after, before = known[np.clip(place, 0, len(known) - 1)], known[np.clip(place - 1, 0, len(known) - 1)]
        nearest = np.minimum(np.abs(asked - after), np.abs(asked - before))
        return bool((nearest <= CLOSENESS * np.maximum(np.abs(asked), 1.0)).all())


def check_figure(
    figure: Figure, printed: Iterable[float] = (), words: Iterable[str] = (), minimum: int = MINIMUM_PEOPLE
) -> tuple[FigureFinding, ...]:
    """Everything in a figure that a sealed release does not already print; empty for a figure that may be published.

    printed   every number the release prints in the cells the figure draws: values, bounds of intervals, sizes
    words     texts that hold numbers and are no data (school years, names), each as it stands in the figure
    """
    known = Printed.of(printed)
    found = [
        FigureFinding("something is drawn outside of all axes", "figure")
        for artists in (figure.lines, figure.images, figure.patches)
        if len(artists)
    ]
    for number, axes in enumerate(_all_axes(figure.axes), start=1):
        found += [FigureFinding(rule, f"axes {number}") for rule in _check_axes(axes, known, minimum)]
    found += [
        FigureFinding("a text holds a number that is not printed", where)
        for where in unprinted_labels(figure, known, tuple(words))
    ]
    return tuple(dict.fromkeys(found))


def refuse_raw_figure(figure: Figure, printed: Iterable[float] = (), words: Iterable[str] = ()) -> None:
    """Raise unless every number the figure draws is printed by the release it belongs to."""
    if found := check_figure(figure, printed, words):
        raise ReleaseRefused(
            "figure: it draws more than a sealed release prints\n"
            + "\n".join(f"- {finding}" for finding in found)
            + "\nDraw it from sealed cells with partnerlib.display.figures."
        )


def _all_axes(axes: Iterable[Axes]) -> Iterator[Axes]:
    """Axes and the axes set into them."""
    for each in axes:
        yield each
        yield from _all_axes([child for child in each.child_axes if isinstance(child, Axes)])


def _check_axes(axes: Axes, printed: Printed, minimum: int) -> Iterator[str]:
    """The rules an axes breaks. Invisible artists count: they are in a pickled figure and in every vector file."""
    drawn = [np.zeros((0, 2))]
    bars: set[int] = set()
    for container in axes.containers:
        if isinstance(container, BarContainer):
            bars |= {id(patch) for patch in container.patches}
            boxes = np.array([_corners(patch) for patch in container.patches if isinstance(patch, Rectangle)])
            if len(boxes):
                yield from _check_bars(boxes, container.orientation == "horizontal", printed, minimum)
                drawn += [boxes.reshape(-1, 2), boxes.mean(axis=1)]
    for artist in (*axes.lines, *axes.collections, *axes.patches, *axes.images):
        if id(artist) in bars:
            continue
        rule, points = _check_artist(artist, printed)
        drawn.append(points[np.isfinite(points).all(axis=1)])
        if rule:
            yield rule
    points = np.vstack(drawn)
    yield from _check_limits(axes, points)
    yield from unprinted_ticks(axes, points, printed)


def _check_artist(artist: Artist, printed: Printed) -> tuple[str, np.ndarray]:
    """The rule an artist breaks ('' for none), and the points it draws."""
    nothing = np.zeros((0, 2))
    if isinstance(artist, AxesImage | QuadMesh):
        return _check_colours(artist, printed), nothing
    if isinstance(artist, LineCollection) and _is_rug(artist):
        return "a rug has a tick for every person", nothing
    if isinstance(artist, StepPatch):
        heights = np.asarray(artist.get_data()[0], dtype=float)
        return ("" if printed.has(heights, (0.0,)) else "the outline of a histogram"), nothing
    if isinstance(artist, PathCollection):
        points: np.ndarray = np.ma.filled(np.ma.asarray(artist.get_offsets(), dtype=float), np.nan).reshape(-1, 2)
        return _check_points(points, printed, "points of a scatter or strip plot"), points
    if isinstance(artist, Collection):
        points = np.vstack([nothing, *(path.vertices for path in artist.get_paths())])
        return _check_points(
            points, printed, "a filled area" if isinstance(artist, PolyCollection) else "lines"
        ), points
    if isinstance(artist, Line2D):
        points = np.column_stack([np.asarray(axis, dtype=float) for axis in artist.get_data(orig=False)])
        return _check_points(points, printed, _kind_of_line(artist)), points
    if isinstance(artist, Rectangle | Polygon):
        points = _corners(artist) if isinstance(artist, Rectangle) else np.asarray(artist.get_xy(), dtype=float)
        return _check_points(points, printed, "a shape"), points
    return f"a {type(artist).__name__}, which no figure of a release has", nothing


def _kind_of_line(line: Line2D) -> str:
    if line.get_drawstyle().startswith("steps"):
        return "a curve with a step where single people leave,"
    if line.get_linestyle() in {"None", "none", " ", ""}:
        return "points (outliers of a box plot, residuals, people)"
    return "a line"


def _check_points(points: np.ndarray, printed: Printed, what: str) -> str:
    """Each point has a printed value on one axis and a place (category, year, printed value) on the other.

    A line may begin or end at an end of the scale (all are there at the start), or be a rule across the axes.
    """
    points = points[np.isfinite(points).all(axis=1)]
    ends = np.isin(points, ENDS_OF_SCALES)
    if not len(points) or (len(points) <= 2 and ends.all()):
        return ""
    fits = len(points) <= max(2 * printed.count, 2) + 1
    for value, place in ((0, 1), (1, 0)):
        # Everybody is there at the start of a curve: that point is no cell of a release.
        starts = ends[:, value]
        is_start = not starts.all() and len(np.unique(points[starts], axis=0)) <= 1
        inner = points[~starts, value] if is_start else points[:, value]
        if fits and printed.has(inner) and _are_places(points[:, place], printed):
            return ""
    return f"{what} at values the release does not print"


def _are_places(values: np.ndarray, printed: Printed) -> bool:
    """Categories or years: whole numbers and a few places beside them; or printed values."""
    if printed.has(values, (0.0,)):
        return True
    shifts = np.unique(np.round(values - np.round(values), 6))
    return len(shifts) <= 4 and bool((np.abs(shifts) <= BESIDE).all())


def _check_bars(boxes: np.ndarray, is_horizontal: bool, printed: Printed, minimum: int) -> Iterator[str]:
    sizes = np.ptp(boxes, axis=1)
    along, across = (0, 1) if is_horizontal else (1, 0)
    lengths = sizes[:, along]
    begins, ends = np.sort(boxes[:, :, across].min(axis=1)), np.sort(boxes[:, :, across].max(axis=1))
    is_histogram = len(boxes) > 1 and np.allclose(begins[1:], ends[:-1], rtol=1e-6)
    if is_histogram and ((lengths > 0) & (lengths < minimum) & (lengths == np.round(lengths))).any():
        yield f"a histogram with a bin of fewer than {minimum}"
    if not printed.has(lengths, (0.0,)):
        yield (
            "a histogram of values the release does not print"
            if is_histogram
            else "a bar whose length the release does not print, labelled or not"
        )


def _corners(patch: Patch) -> np.ndarray:
    assert isinstance(patch, Rectangle)
    return np.asarray(patch.get_corners(), dtype=float)


def _check_colours(image: AxesImage | QuadMesh, printed: Printed) -> str:
    values: np.ndarray = np.ma.compressed(np.ma.masked_invalid(np.ma.asarray(image.get_array(), dtype=float)))
    if not printed.has(values):
        return "colours of cells the release does not print"
    ends = np.array([end for end in (image.norm.vmin, image.norm.vmax) if end is not None], dtype=float)
    return (
        "" if printed.has(ends, ENDS_OF_SCALES) else "a colour scale that ends at a number the release does not print"
    )


def _is_rug(lines: LineCollection) -> bool:
    """Ticks along an axis are drawn half in data, half in shares of the axes: seaborn's rugs are."""
    return isinstance(lines.get_transform(), BlendedGenericTransform | BlendedAffine2D)


def _check_limits(axes: Axes, points: np.ndarray) -> Iterator[str]:
    """An axis that ends far beyond what is drawn ends at something that is not drawn."""
    sides = (("x", axes.xaxis, axes.get_xlim(), points[:, 0]), ("y", axes.yaxis, axes.get_ylim(), points[:, 1]))
    for name, axis, limits, values in sides:
        if not len(values):
            continue
        held = np.concatenate([values, ENDS_OF_SCALES[:2], categories(axis)])
        room = MARGIN * float(np.ptp(held)) + BESIDE
        if max(limits) > held.max() + room or min(limits) < held.min() - room:
            yield f"a limit of the {name} axis lies far beyond what is drawn"
