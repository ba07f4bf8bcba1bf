"""Colours of figures are told apart by readers without one kind of cone, and in grey where they touch."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from partnerlib.display import style

SEEN = {
    "with all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
    "in grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
"""What linear red, green and blue become: Machado, Oliveira and Fernandes 2009, severity 1; grey is luminance."""

TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)
"""sRGB to CIE XYZ, white D65 (IEC 61966-2-1)."""

PALETTES = {
    "series": [series.colour for series in style.CYCLE],
    "parts of a whole": list(style.PARTS),
    "ordered levels": list(style.LEVELS),
}
APART = 20
"""Least distance of two colours of a palette in CIE L*a*b* 1976; a difference just noticed is 2.3."""
APART_IN_GREY = 13
"""Least difference of lightness, of 100, of two that touch or stand beside each other; markers tell the others."""


def seen(colour: str, by: str) -> np.ndarray:
    """Lightness and the two chroma axes of a colour, as somebody sees it."""
    share = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    ratio = TO_XYZ @ np.clip(SEEN[by] @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distances(colours: list[str], by: str) -> dict[tuple[str, str], float]:
    return {pair: float(np.linalg.norm(seen(pair[0], by) - seen(pair[1], by))) for pair in combinations(colours, 2)}


def test_the_computation_gives_known_values() -> None:
    assert seen("#ffffff", "with all cones") == pytest.approx([100, 0, 0], abs=0.01)
    assert seen("#ff0000", "with all cones") == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert distances(["#ff0000", "#008b00"], "deuteranopia")["#ff0000", "#008b00"] < 60 < 120
    assert seen("#777777", "tritanopia") == pytest.approx(seen("#777777", "with all cones"), abs=0.01)


@pytest.mark.parametrize("by", [name for name in SEEN if name != "in grey"])
@pytest.mark.parametrize("name", PALETTES)
def test_any_two_colours_of_a_palette_are_told_apart(name: str, by: str) -> None:
    found = distances(PALETTES[name], by)
    pair = min(found, key=lambda each: found[each])
    assert found[pair] >= APART, f"{pair} are {found[pair]:.1f} apart"


@pytest.mark.parametrize("name", PALETTES)
def test_neighbours_are_told_apart_in_grey(name: str) -> None:
    colours = PALETTES[name]
    found = distances(colours, "in grey")
    for pair in pairwise(colours):
        assert found[pair] >= APART_IN_GREY, f"{pair} are {found[pair]:.1f} apart"


def test_the_palette_of_most_programs_would_not_pass() -> None:
    """Red beside green, and the five first colours of a common default."""
    assert min(distances(["#2ca02c", "#d62728"], "deuteranopia").values()) < 60
    common = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"]
    assert min(min(distances(common, by).values()) for by in SEEN if by != "in grey") < APART
