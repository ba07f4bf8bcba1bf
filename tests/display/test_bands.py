"""Figures of a release draw bands and not points, tell every number they draw, and draw nothing that is not printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from matplotlib.figure import Figure as Canvas

from partnerlib.disclosure.figures import check_figure
from partnerlib.display import bands, style
from partnerlib.display.bands import band_curves, compared_bands
from partnerlib.display.figures import Figure

LOOKS = {"here": style.UNIT, "earlier": style.BEFORE, "the state": style.STATE}


def share(low: float, high: float, **names: Any) -> dict[str, Any]:
    """A printed share of about 60 people."""
    return {
        "statistic": "rate", "status": "reported", "rounding": f"band {round(100 * (high - low))}",
        "value": (low + high) / 2, "value_low": low, "value_high": high, "low": max(0.0, low - 0.08),
        "high": min(1.0, high + 0.08), "n": 60.0, "n_rounding": "nearest 5", "people": None, **names,
    }  # fmt: skip


def withheld(**names: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("value", "value_low", "value_high", "low", "high", "n", "people"))
    return {"statistic": "rate", "status": "suppressed", "rounding": "", "n_rounding": "", **nothing, **names}


def exact(value: float, **names: Any) -> dict[str, Any]:
    return share(value, value, **{"rounding": "exact", "n_rounding": "exact", **names})


ROWS = [
    share(0.6, 0.65, label="Hired", series="here"),
    share(0.95, 1.0, label="Hired", series="earlier"),
    share(0.0, 0.05, label="Hired", series="the state"),
    share(0.5, 1.0, label="Stayed", series="here"),
    withheld(label="Stayed", series="earlier"),
    exact(0.71, label="Stayed", series="the state"),
]
CURVES = [
    share(0.8 - 0.1 * years, 0.9 - 0.1 * years, series=series, years=years, window_years=3 if years < 5 else 1)
    for series in ("same district", "same school")
    for years in (1, 2, 3, 5)
]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Canvas]]:
    """The canvases of the figures made in a test."""
    canvases: list[Canvas] = []

    def kept(figure: Canvas, is_synthetic: bool, finish: Any = bands.finish) -> Any:
        canvases.append(figure)
        return finish(figure, is_synthetic)

    monkeypatch.setattr(bands, "finish", kept)
    yield canvases


def numbers_of(rows: list[dict[str, Any]]) -> list[float]:
    names = ("value_low", "value_high", "low", "high", "n")
    exact_values = [row["value"] for row in rows if row["rounding"] == "exact"]
    return [row[name] for row in rows for name in names if row[name] is not None] + exact_values


def test_every_coordinate_is_a_printed_number(drawn: list[Canvas]) -> None:
    """The middle of a band is no printed number: a dot in it, or a line through it, would be found."""
    compared_bands(ROWS, "Hiring", "A note.", LOOKS)
    band_curves(CURVES, "Still there", "A note.", "years later")
    headed = [{**row, "heading": "2016-17 to 2018-19"} for row in ROWS]
    compared_bands(headed, "Levels", "A note.", LOOKS)
    words = ["2016-17 to 2018-19"]
    for canvas, rows in zip(drawn, (ROWS, CURVES, headed), strict=True):
        assert check_figure(canvas, numbers_of(rows), words) == ()


def test_a_dot_in_the_middle_of_a_band_would_be_found(drawn: list[Canvas]) -> None:
    compared_bands(ROWS[:3], "Hiring", "A note.", LOOKS)
    drawn[0].axes[0].plot([0.625], [0.3], marker="o")
    assert check_figure(drawn[0], numbers_of(ROWS[:3]))


def test_the_words_say_every_band_as_a_band_and_what_is_withheld() -> None:
    figure = compared_bands(ROWS, "Hiring", "A note.", LOOKS)
    assert isinstance(figure, Figure)
    assert figure.alt == (
        "Hiring. Hired: here 60–65% (95% interval 52–73%), earlier 95% or more (95% interval 87–100%) and the state "
        "under 5% (95% interval 0–13%); Stayed: here 50–100% (95% interval 42–100%), earlier withheld and the state "
        "71% (95% interval 63–79%)."
    )
    assert figure.data["Value"].tolist() == ["60–65%", "95% or more", "under 5%", "50–100%", "✱", "71%"]
    assert figure.note.endswith("✱ withheld to protect people.")


def test_the_scale_is_the_same_whatever_is_drawn(drawn: list[Canvas]) -> None:
    compared_bands(ROWS[:1], "Hiring", "", LOOKS)
    compared_bands(ROWS, "Hiring", "", LOOKS)
    assert drawn[0].axes[0].get_xlim() == drawn[1].axes[0].get_xlim()


def test_a_curve_is_told_year_by_year_in_bands() -> None:
    figure = band_curves(CURVES[:2], "Still there", "A note.", "years later")
    assert isinstance(figure, Figure)
    assert figure.alt == "Still there. same district: 70–80% after 1 year and 60–70% after 2 years."


def test_years_of_one_cohort_are_not_joined_to_years_of_three(drawn: list[Canvas]) -> None:
    band_curves(CURVES[:4], "Still there", "", "years later")
    assert len(drawn[0].axes[0].collections) == 2  # from 1 to 2 and from 2 to 3 years; not on to 5


def test_nothing_printed_is_nothing_drawn() -> None:
    words = compared_bands([withheld(label="Hired", series="here")], "Hiring", "", LOOKS)
    assert words.as_text() == "Hiring: there is no number to draw."
