"""A picture in few colours looks like the one that was drawn."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from partnerlib.display.drawing import canvas
from partnerlib.display.palette import COLOURS, palette_png


def drawn() -> np.ndarray:
    figure, axes = canvas(2.0)
    axes.barh([0, 1, 2], [3, 2, 1], color=["#0b5fa5", "#c44e52", "#888888"])
    axes.set_title("Letters have soft edges", color="#222222")
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


def test_areas_keep_their_colour_and_edges_nearly_so() -> None:
    pixels = drawn()
    picture = Image.open(io.BytesIO(palette_png(pixels)))
    assert picture.mode == "P" and len(picture.getcolors()) <= COLOURS
    difference = np.abs(np.asarray(picture.convert("RGB")).astype(int) - pixels[..., :3].astype(int))
    assert difference.max() <= 24 and difference.mean() < 0.1
    assert (difference.max(axis=2) == 0).mean() > 0.97


def test_the_same_picture_is_the_same_file() -> None:
    assert palette_png(drawn()) == palette_png(drawn())


def test_a_picture_of_paper_alone_is_one_colour() -> None:
    paper = np.full((4, 6, 4), 255, dtype=np.uint8)
    picture = Image.open(io.BytesIO(palette_png(paper))).convert("RGB")
    assert picture.getcolors() == [(24, (255, 255, 255))]
