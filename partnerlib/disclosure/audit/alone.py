"""Numbers that belong to no sum: a share whose people are counted again elsewhere is attacked by itself.

Where counts of a kind of unit do not add up to a larger one's (a teacher who works in two districts, a host class of
two providers), no total gives a number away. What is left to an attacker is the number itself: the band or the rounded
share, and the size beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.statements import PARTS, bounds_of
from partnerlib.disclosure.policy import Policy

COLUMNS = ("measure", "set", "unit_kind", "unit_code", "first", "last", "size", "least", "most", "values")

RELATED = {"provider": "providers", "program": "programs", "district": "districts", "partnership": "partnerships"}
"""Kinds of unit, and the column of the definitions that says how their counts relate to larger ones."""


def shares_alone(cells: pd.DataFrame, definitions: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """How many whole numbers each share of a unit that adds up to nothing may stand for, read by itself.

    Result
        one row for every such share that may be one of few people, or of all but a few: `least` and `most` people it
        may count, `values` how many whole numbers are possible (of those who have the property, or of those who have
        not, whichever are fewer)
    """
    shares = cells[
        cells["status"].isin(["reported", "zero"])
        & cells["statistic"].isin(["rate", "share"])
        & (cells["counted"] != "")
        & cells["n_low"].notna()
    ]
    printed = shares[_adds_up_to_nothing(shares, definitions)]
    columns = ("value_low", "value_high", "n_low", "n_high")
    value_low, value_high, n_low, n_high = (printed[name].to_numpy(dtype=float) for name in columns)
    is_open = printed["rounding"].str.startswith("band").to_numpy(dtype=bool) & (value_high < 1)
    low, high = np.rint(value_low * PARTS).astype(np.int64), np.rint(value_high * PARTS).astype(np.int64)
    sizes = np.ceil(n_low).astype(np.int64), np.floor(n_high).astype(np.int64)
    fewest, most = _ends(lambda size: bounds_of(low, high, is_open, size), *sizes)
    least_without, most_without = _ends(lambda size: _without(low, high, is_open, size), *sizes)
    found = pd.DataFrame(
        {
            "measure": printed["measure"].to_numpy(),
            "set": printed["counted"].to_numpy(),
            "unit_kind": printed["unit_kind"].to_numpy(),
            "unit_code": printed["unit_code"].to_numpy(),
            "first": (printed["cohort"] - printed["window_years"] + 1).to_numpy(dtype=np.int64),
            "last": printed["cohort"].to_numpy(dtype=np.int64),
            "size": sizes[1],
            "least": fewest,
            "most": most,
            "values": np.minimum(most - fewest, most_without - least_without) + 1,
        }
    )
    is_small = np.minimum(fewest, least_without) < policy.thresholds.people
    return found.loc[is_small, list(COLUMNS)].reset_index(drop=True)


def _adds_up_to_nothing(shares: pd.DataFrame, definitions: pd.DataFrame) -> np.ndarray:
    """Which cells are of a kind of unit whose counts the release relates to no larger one."""
    relations = definitions.drop_duplicates("measure").set_index("measure")
    alone = np.zeros(len(shares), dtype=bool)
    for kind, column in RELATED.items():
        unrelated = shares["measure"].map(relations[column]).eq("none").to_numpy(dtype=bool)
        alone |= shares["unit_kind"].eq(kind).to_numpy(dtype=bool) & unrelated
    return alone


def _without(low: np.ndarray, high: np.ndarray, is_open: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fewest and most people who do not have the property."""
    fewest, most = bounds_of(low, high, is_open, size)
    return size - most, size - fewest


def _ends(
    bounds: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], lowest: np.ndarray, highest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most over every size that the printed one may stand for."""
    least, most = bounds(lowest)
    for step in range(1, int((highest - lowest).max(initial=0)) + 1):
        here = bounds(np.minimum(lowest + step, highest))
        least, most = np.minimum(least, here[0]), np.maximum(most, here[1])
    return least, most
