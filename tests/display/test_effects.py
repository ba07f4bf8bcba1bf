"""Figures of effects say every number they draw, and never suggest an order that is noise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.display.blocks import Words
from partnerlib.display.drawing import Figure
from partnerlib.display.effects import caterpillar, difference, event_study

EFFECTS = pd.DataFrame(
    {
        "since": [-2, -1, 0, 1],
        "estimate": [0.004, 0.0, 0.031, 0.05],
        "low": [-0.02, 0.0, 0.01, 0.02],
        "high": [0.03, 0.0, 0.052, 0.08],
    }
)
UNITS = pd.DataFrame(
    {
        "unit": ["Amber", "Birch"], "contrast": [-0.02, 0.03], "low": [-0.05, 0.01], "high": [0.01, 0.05],
        "low_bonferroni": [-0.06, 0.0], "high_bonferroni": [0.02, 0.06], "shrunken": [-0.01, np.nan],
        "null": [0.01, -0.01],
    }
)  # fmt: skip


def drawn(figure: Figure | Words) -> Figure:
    assert isinstance(figure, Figure)
    return figure


def test_an_event_study_says_every_year_and_which_one_is_zero_by_construction() -> None:
    figure = drawn(event_study(EFFECTS, "Share hired", "A note.", "share"))
    assert figure.alt == (
        "Share hired. 2 years before +0.4 points (−2.0 to +3.0); 1 year before 0, the base; in the year of the start "
        "+3.1 points (+1.0 to +5.2); 1 year after +5.0 points (+2.0 to +8.0)."
    )
    assert figure.data["Years since the start"].tolist() == ["-2", "-1", "0", "1"]


def test_amounts_are_no_points() -> None:
    figure = drawn(event_study(EFFECTS, "Hires", "A note.", "mean", base=None))
    assert "1 year after +0.050 (+0.020 to +0.080)" in figure.alt and "points" not in figure.alt


def test_unranked_units_say_that_their_order_is_that_of_names() -> None:
    plain = drawn(caterpillar(UNITS, "Share hired", "A note.", "share"))
    assert "In the order of their names, for a ranking would be noise: Amber −2.0 points (−5.0 to +1.0)" in plain.alt
    ranked = drawn(caterpillar(UNITS.iloc[::-1], "Share hired", "A note.", "share", is_ranked=True))
    assert "From the highest to the lowest: Birch" in ranked.alt
    assert plain.data["Shrunken"].tolist() == ["−1.0 points", ""]


def test_the_same_effects_give_the_same_bytes() -> None:
    pictures = [drawn(event_study(EFFECTS, "Share hired", "A note.", "share")).png for _ in range(2)]
    assert pictures[0] == pictures[1]


def test_nothing_to_draw_is_said_in_words() -> None:
    assert isinstance(event_study(EFFECTS.assign(estimate=np.nan), "Share hired", ""), Words)
    assert isinstance(caterpillar(UNITS.iloc[:0], "Share hired", ""), Words)


def test_a_difference_carries_its_sign_and_zero_none() -> None:
    assert [difference(value, "share") for value in (0.0004, -0.0004, 0.02)] == [
        "0.0 points",
        "0.0 points",
        "+2.0 points",
    ]
