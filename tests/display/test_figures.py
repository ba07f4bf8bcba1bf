"""A figure carries its title, its note, its words and its data, and draws nothing that is withheld."""

from __future__ import annotations

import io

import pandas as pd
from PIL import Image

from partnerlib.display import style
from partnerlib.display.blocks import MEDIA_TYPE
from partnerlib.display.figures import Figure, bars, curves, dots, parts_of_a_whole


def comparison(**others: object) -> Figure:
    frame = pd.DataFrame(
        {
            "label": ["Hired", "Hired", "Stayed"],
            "series": ["here", "state", "here"],
            "value": [0.5, 0.6, None],
            "low": [0.3, 0.55, None],
            "high": [0.7, 0.65, None],
            "people": [24, 900, None],
        }
    )
    return dots(frame, "Hiring", "A note.", {"here": style.UNIT, "state": style.STATE}, **others)  # type: ignore[arg-type]


def test_the_alternative_text_says_every_number_drawn() -> None:
    assert comparison().alt == "Hiring. Hired: here 50% (30–70%) and state 60% (55–65%)."


def test_a_withheld_number_is_in_neither_the_words_nor_the_data() -> None:
    figure = comparison()
    assert "Stayed" not in figure.alt
    assert figure.data["Measure"].tolist() == ["Hired", "Hired"]


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert comparison().png == comparison().png


def test_an_invented_state_is_named_in_the_picture_itself() -> None:
    plain, marked = (Image.open(io.BytesIO(comparison(is_synthetic=flag).png)).convert("L") for flag in (False, True))
    corner = (plain.width - 260, 0, plain.width, 40)
    darkest = [picture.crop(corner).getextrema()[0] for picture in (plain, marked)]
    assert darkest[0] > 200 > darkest[1]


def test_a_block_says_the_same_to_a_page_and_to_a_reader_without_pictures() -> None:
    bundle = comparison()._repr_mimebundle_()
    assert bundle[MEDIA_TYPE]["alt"] in bundle["text/plain"]
    assert bundle[MEDIA_TYPE]["kind"] == "figure"


def test_text_of_a_figure_is_escaped_where_it_becomes_html() -> None:
    frame = pd.DataFrame({"label": ['<script>"x"'], "value": [3.0]})
    html = bars(frame, "<b>Title</b>", "A note")._repr_mimebundle_()["text/html"]
    assert "<script>" not in html and "<b>Title</b>" not in html.replace("<b>&lt;b&gt;Title", "")


def test_a_curve_is_told_year_by_year() -> None:
    frame = pd.DataFrame(
        {
            "series": "same school",
            "years": [1, 3],
            "value": [0.8, 0.6],
            "low": [0.7, 0.5],
            "high": [0.9, 0.7],
            "people": 50,
        }
    )
    assert curves(frame, "Still there", "", "years later").alt == (
        "Still there. same school: 80% after 1 year and 60% after 3 years."
    )


def test_parts_keep_their_order_and_add_to_one() -> None:
    frame = pd.DataFrame({"label": "state", "part": ["stayed", "moved", "left"], "value": [0.8, 0.15, 0.05]})
    figure = parts_of_a_whole(frame, "A year later", "")
    assert figure.data.columns.tolist() == ["Who", "stayed", "moved", "left"]
    assert figure.data.iloc[0].tolist() == ["state", "80%", "15%", "5%"]


def test_what_is_not_drawn_is_counted_in_words() -> None:
    figure = bars(pd.DataFrame({"label": ["North"], "value": [40.0]}), "Hosts", "Note.", others="4 more.")
    assert figure.alt == "Hosts. North 40. 4 more." and figure.note == "Note. 4 more."


def test_series_stand_out_from_paper_and_are_told_apart_without_colour() -> None:
    for series in (*style.CYCLE, style.BEFORE):
        assert 1.05 / (style.luminance(series.colour) + 0.05) >= 3
    looks = [(series.marker, series.is_filled) for series in (style.UNIT, style.BEFORE, style.STATE)]
    assert len(set(looks)) == 3 and len({series.marker for series in style.CYCLE}) == len(style.CYCLE)


def test_text_on_a_fill_is_readable() -> None:
    for colour in (*style.PARTS, *style.LEVELS):
        light, dark = sorted((style.luminance(colour), style.luminance(style.text_on(colour))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.0
