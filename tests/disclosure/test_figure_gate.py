"""A figure is published when every number it draws is printed anyway; whatever shows people is named for what it is."""

from __future__ import annotations

import io
from collections.abc import Callable

import matplotlib
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from partnerlib.disclosure.figures import check_figure, refuse_raw_figure
from partnerlib.disclosure.images import png_chunks, refuse_image, strip_png, svg_points
from partnerlib.display import bands, style
from partnerlib.display import figures as house
from partnerlib.errors import ReleaseRefused

PRINTED = [0.55, 0.65, 0.35, 0.45, 0.48, 0.72, 0.28, 0.52, 120.0, 85.0, 40.0]
"""What an invented release prints: middles of bands, ends of intervals, numbers of people."""
PEOPLE = pd.DataFrame(
    {
        "score": np.random.default_rng(1).normal(70, 12, 120),
        "years": np.random.default_rng(2).integers(0, 9, 120),
        "group": np.random.default_rng(3).choice(["near", "far"], 120),
        "is_retained": np.random.default_rng(4).random(120) < 0.7,
    }
)


def axes() -> Axes:
    return Canvas().add_subplot()


def rules(ax: Axes, printed: list[float] | None = None, words: tuple[str, ...] = ()) -> str:
    assert isinstance(ax.figure, Canvas)
    return " | ".join(map(str, check_figure(ax.figure, PRINTED if printed is None else printed, words)))


def survival_of_people(ax: Axes) -> None:
    left = np.sort(PEOPLE["score"].to_numpy())
    ax.step(left, 1 - np.arange(1, len(left) + 1) / len(left))


def residuals(ax: Axes) -> None:
    fit = np.polyval(np.polyfit(PEOPLE["years"], PEOPLE["score"], 1), PEOPLE["years"])
    ax.plot(fit, PEOPLE["score"] - fit, "o")


RAW: dict[str, tuple[Callable[[Axes], object], str]] = {
    "scatter": (lambda ax: ax.scatter(PEOPLE["years"], PEOPLE["score"]), "points of a scatter"),
    "scatter of yes and no": (lambda ax: ax.scatter(PEOPLE["years"], PEOPLE["is_retained"]), "points of a scatter"),
    "seaborn scatter": (lambda ax: sns.scatterplot(PEOPLE, x="years", y="score", ax=ax), "points of a scatter"),
    "strip": (lambda ax: sns.stripplot(PEOPLE, x="group", y="score", ax=ax), "points of a scatter or strip"),
    "swarm": (lambda ax: sns.swarmplot(PEOPLE.head(40), x="group", y="score", ax=ax), "points of a scatter or strip"),
    "rug": (lambda ax: sns.rugplot(PEOPLE, x="score", ax=ax), "a rug"),
    "box plot with outliers": (lambda ax: sns.boxplot(PEOPLE, y="score", whis=0.5, ax=ax), "points (outliers"),
    "box plot": (lambda ax: ax.boxplot(PEOPLE["score"], showfliers=False), "a line at values"),
    "violin": (lambda ax: sns.violinplot(PEOPLE, y="score", ax=ax), "a filled area"),
    "histogram": (lambda ax: ax.hist(PEOPLE["score"], bins=20), "a histogram with a bin of fewer than 10"),
    "seaborn histogram": (lambda ax: sns.histplot(PEOPLE, x="score", bins=20, ax=ax), "a histogram with a bin"),
    "histogram outline": (lambda ax: ax.hist(PEOPLE["score"], bins=20, histtype="step"), "a shape"),
    "stairs": (lambda ax: ax.stairs(*np.histogram(PEOPLE["score"], bins=20)), "the outline of a histogram"),
    "survival of people": (survival_of_people, "a curve with a step where single people leave"),
    "cumulative distribution": (lambda ax: sns.ecdfplot(PEOPLE, x="score", ax=ax), "a curve with a step"),
    "residuals": (residuals, "points (outliers of a box plot, residuals"),
    "regression": (lambda ax: sns.regplot(PEOPLE, x="years", y="score", ci=None, ax=ax), "points of a scatter"),
    "bar of one": (lambda ax: ax.bar(["a", "b"], [1, 120]), "a bar whose length"),
    "unlabelled bar": (lambda ax: ax.barh(["a", "withheld"], [0.55, 0.4213]), "a bar whose length"),
    "heat map": (lambda ax: ax.imshow([[0.55, 0.4213], [np.nan, 0.65]]), "colours of cells"),
    "colour scale": (lambda ax: ax.imshow([[0.55, 0.65]], vmin=0, vmax=0.8713), "a colour scale that ends"),
    "mesh": (lambda ax: sns.heatmap(pd.crosstab(PEOPLE["group"], PEOPLE["years"]), ax=ax, cbar=False), "colours of"),
    "axis limit": (lambda ax: (ax.barh(["a"], [40]), ax.set_xlim(0, 312)), "a limit of the x axis"),
    "tick at the maximum": (lambda ax: (ax.barh(["a"], [40]), ax.set_xticks([0, 37])), "a tick of the x axis"),
    "hidden line": (lambda ax: ax.plot([1, 2], [0.4213, 0.6], visible=False), "a line at values"),
    "label": (lambda ax: (ax.barh(["a"], [40]), ax.text(3, 0, "n = 7")), "label: a text holds a number"),
    "title": (lambda ax: ax.set_title("Retained, 7 of 9 people"), "title: a text holds a number"),
    "legend": (lambda ax: (ax.barh(["a"], [40], label="near (n = 3)"), ax.legend()), "label: a text holds"),
    "category": (lambda ax: ax.barh(["Withheld (3)"], [40]), "label: a text holds a number"),
    "inset": (lambda ax: ax.inset_axes((0.5, 0.5, 0.4, 0.4)).scatter(PEOPLE["years"], PEOPLE["score"]), "points of"),
    "pie": (lambda ax: ax.pie([3, 9]), "a Wedge"),
    "stem": (lambda ax: ax.stem([1, 2, 3], [4, 5, 7.5]), "lines at values"),
    "points in shares of the axes": (
        lambda ax: ax.scatter(PEOPLE["score"] / 100, PEOPLE["score"] / 90, transform=ax.transAxes),
        "points of a scatter",
    ),
    "line through yes and no": (lambda ax: ax.plot([0, 1, 2, 3], [1, 0, 1, 1]), "a line at values"),
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_what_shows_people_or_unprinted_numbers_is_refused_by_its_name(name: str) -> None:
    draw, reason = RAW[name]
    ax = axes()
    draw(ax)
    assert reason in rules(ax)
    with pytest.raises(ReleaseRefused, match="draws more than a sealed release prints"):
        refuse_raw_figure(ax.figure, PRINTED)  # type: ignore[arg-type]


def test_a_figure_without_a_release_behind_it_is_refused() -> None:
    ax = axes()
    ax.barh(["a"], [40])
    assert rules(ax) == ""
    assert "a bar whose length" in rules(ax, printed=[])


CELLS = pd.DataFrame(
    {
        "label": ["Hired near", "Hired near", "Retained"], "series": ["This unit", "The state", "This unit"],
        "value": [0.55, 0.65, 0.35], "low": [0.45, 0.48, 0.28], "high": [0.72, 0.72, 0.52], "people": [40, 120, 40],
    }
)  # fmt: skip


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Canvas]:
    """The figures behind the pictures the house figures return."""
    kept: list[Canvas] = []
    finish = house.finish
    monkeypatch.setattr(house, "finish", lambda figure, synthetic: (kept.append(figure), finish(figure, synthetic))[1])
    return kept


def test_the_figures_of_the_house_draw_printed_numbers_only(drawn: list[Canvas]) -> None:
    house.dots(CELLS, "Where", "n", dict(zip(("This unit", "The state"), style.CYCLE, strict=False)), is_synthetic=True)
    curve = CELLS.assign(series="This unit", years=[1, 2, 3])
    start = curve.iloc[:1].assign(years=0, value=1.0, low=1.0, high=1.0)
    house.curves(pd.concat([start, curve]), "Still there", "n", "Years since the first job", is_synthetic=True)
    parts = pd.DataFrame({"label": ["a", "a"], "part": ["stayed", "left"], "value": [0.65, 0.35]})
    house.parts_of_a_whole(parts, "What became of them", "n", is_synthetic=True)
    house.bars(pd.DataFrame({"label": ["a", "b"], "value": [120.0, 40.0]}), "Hosts", "n", is_synthetic=True)
    assert len(drawn) == 4
    for figure in drawn:
        assert check_figure(figure, PRINTED) == ()
    planted = CELLS.assign(value=[0.55, 0.6512, 0.35])
    house.dots(planted, "Where", "n", dict(zip(("This unit", "The state"), style.CYCLE, strict=False)))
    assert "points" in str(check_figure(drawn[-1], PRINTED)[0])


def test_words_that_hold_years_are_given_and_everything_beside_them_is_read() -> None:
    ax = axes()
    ax.set_title("Completers of 2015-16 to 2017-18")
    assert "title" in rules(ax)
    assert rules(ax, words=("2015-16", "2017-18")) == ""
    ax.set_title("Completers of 2015-16 to 2017-18, 7 people")
    assert "title" in rules(ax, words=("2015-16", "2017-18"))


def file_of(figure: Canvas, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format=kind, **options)
    return stream.getvalue()


def test_a_vector_figure_gives_its_values_back_to_eight_digits() -> None:
    rates = np.random.default_rng(6).random(30)
    ax = axes()
    ax.plot(np.arange(30), rates)
    with matplotlib.rc_context({"path.simplify": False}):
        svg = file_of(ax.figure, "svg")  # type: ignore[arg-type]
    line = next(points for points in svg_points(svg.decode()) if len(points) == 30)
    # Whoever knows two of the values (or reads two ticks of the axis) has the scale, and with it all the others.
    slope = (rates[1] - rates[0]) / (line[1, 1] - line[0, 1])
    recovered = rates[0] + slope * (line[:, 1] - line[0, 1])
    assert np.abs(recovered - rates).max() < 1e-7
    for kind in ("svg", "pdf", "ps"):
        with pytest.raises(ReleaseRefused, match="holds the plotted values"):
            refuse_image(file_of(ax.figure, kind), f"rates.{kind}")  # type: ignore[arg-type]
        refuse_image(file_of(ax.figure, kind), f"rates.{kind}", is_sealed=True)  # type: ignore[arg-type]


def test_a_png_holds_pixels_and_no_words() -> None:
    ax = axes()
    ax.barh(["a"], [40])
    named = file_of(ax.figure, "png", metadata={"Author": "a person", "Description": "n = 7"})  # type: ignore[arg-type]
    with pytest.raises(ReleaseRefused, match="tEXt"):
        refuse_image(named, "hosts.png")
    clean = strip_png(named)
    refuse_image(clean, "hosts.png")
    assert {kind for kind, _ in png_chunks(clean)} <= {b"IHDR", b"IDAT", b"IEND", b"pHYs"}
    assert Image.open(io.BytesIO(clean)).tobytes() == Image.open(io.BytesIO(named)).tobytes()


@pytest.mark.parametrize("compressed", [False, True])
def test_words_of_any_kind_and_bytes_after_the_end_are_found(compressed: bool) -> None:
    picture, words = Image.new("L", (4, 4)), PngInfo()
    words.add_text("note", "n = 7", zip=compressed)
    words.add_itxt("note", "n = 7", zip=compressed)
    stream = io.BytesIO()
    picture.save(stream, "png", pnginfo=words, exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00")
    with pytest.raises(ReleaseRefused, match="iTXt"):
        refuse_image(stream.getvalue(), "a.png")
    clean = strip_png(stream.getvalue())
    refuse_image(clean, "a.png")
    with pytest.raises(ReleaseRefused, match="after the end"):
        refuse_image(clean + b"candidate 17", "a.png")
    with pytest.raises(ReleaseRefused, match="not a PNG"):
        refuse_image(b"GIF89a", "a.png")


def test_pictures_of_the_house_hold_no_words() -> None:
    drawn = house.bars(pd.DataFrame({"label": ["a"], "value": [40.0]}), "Hosts", "n", is_synthetic=True)
    assert isinstance(drawn, house.Figure)
    refuse_image(drawn.png, "hosts.png")


BANDS = pd.DataFrame(
    {
        "label": ["Hired near", "Hired near", "Retained", "Withheld"],
        "series": ["This unit", "The state", "This unit", "This unit"],
        "years": [1, 1, 2, 3], "statistic": "rate", "value": [0.55, 0.65, 0.35, np.nan],
        "value_low": [0.5, 0.6, 0.3, np.nan], "value_high": [0.6, 0.7, 0.4, np.nan], "low": [0.35, 0.54, 0.17, np.nan],
        "high": [0.73, 0.75, 0.56, np.nan], "rounding": ["band 10"] * 3 + [""], "n": [40.0, 120.0, 40.0, np.nan],
        "n_low": [38.0, 118.0, 38.0, np.nan], "n_high": [42.0, 122.0, 42.0, np.nan], "window_years": 3, "cohort": 2018,
        "n_rounding": ["nearest 5"] * 3 + [""],
        "people": np.nan, "status": ["reported"] * 3 + ["suppressed"], "note": "",
    }
)  # fmt: skip


def test_the_figures_of_a_release_draw_printed_numbers_only(drawn_bands: list[Canvas]) -> None:
    rows = BANDS.to_dict("records")
    looks = dict(zip(("This unit", "The state"), style.CYCLE, strict=False))
    bands.compared_bands(rows, "Where they are hired", "n", looks, is_synthetic=True)
    bands.band_curves(rows, "Still there", "n", "Years since the first job", is_synthetic=True)
    columns = ["value", "value_low", "value_high", "low", "high", "n", "people"]
    printed = BANDS[columns].to_numpy(dtype=float).ravel()
    assert len(drawn_bands) == 2
    for figure in drawn_bands:
        assert check_figure(figure, printed) == ()
        assert check_figure(figure, printed[printed != 0.6]), "a band's edge that no cell prints is found"


@pytest.fixture
def drawn_bands(monkeypatch: pytest.MonkeyPatch) -> list[Canvas]:
    kept: list[Canvas] = []
    finish = bands.finish
    monkeypatch.setattr(bands, "finish", lambda figure, synthetic: (kept.append(figure), finish(figure, synthetic))[1])
    return kept
