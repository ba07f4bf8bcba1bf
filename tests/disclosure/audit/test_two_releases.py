"""Two releases of the same people attacked together: what is found equals what every table that agrees with both says.

The later one prints the years 2017, 2018 and 2016 to 2018; the earlier one 2016, 2017 and 2016 to 2017, of other
units, in other bands, beside sizes rounded otherwise.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from invented_states import IS_EXHAUSTIVE, Shape, State, cells_of, disagreements, invented

RELEASES = 200 if IS_EXHAUSTIVE else 3
A_YEAR_BEFORE = {(2, 2): (1, 1), (1, 1): (0, 0), (0, 2): (0, 1)}
SHAPES = {
    "a set": Shape(),
    "levels": Shape(levels=3, is_partition=True, kinds=("provider", "state")),
    "programs": Shape(kinds=("provider", "program", "state"), classes="program"),
}


def both_releases(state: State, seed: int) -> pd.DataFrame:
    """The cells of a release, and those that were printed of the same people a year before."""
    chance = np.random.default_rng(seed)
    printed = [replace(at, **_span(A_YEAR_BEFORE[at.first, at.last])) for at in state.printed if chance.random() < 0.8]
    sizes = tuple(str(name) for name in chance.choice(["exact", "nearest 5"], len(state.sizes)))
    before = replace(state, printed=tuple(printed), sizes=sizes, points=int(chance.choice([0, 1, 10, 20])))
    return pd.concat([cells_of(state), cells_of(before)], ignore_index=True)


def _span(span: tuple[int, int]) -> dict[str, int]:
    return {"first": span[0], "last": span[1]}


@pytest.mark.parametrize("shape", SHAPES)
def test_two_releases_attacked_together_tell_what_every_table_says(shape: str) -> None:
    wrong = []
    for seed in range(RELEASES):
        state = invented(seed, SHAPES[shape])
        wrong += [f"{seed}: {said}" for said in disagreements(state, seed, both_releases(state, seed))]
    assert wrong == []
