"""What a release says, number by number: each printed cell as bounds on how many people of a set a unit has.

Read from the printed columns alone: an exact count, a rounded count, a band of a share beside its size, a size.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]

COUNTABLE = ("rate", "count", "share")
"""Statistics that are counts of people, or shares of them."""

PARTS = 10_000
"""Shares are read to a hundredth of a percent, so that every bound on a count is computed in whole numbers."""

COLUMNS = ("set", "of", "unit_kind", "unit_code", "first", "last", "group", "group_value", "low", "high", "is_open")
"""`low` and `high`: counts where `of` is empty; else ten-thousandths of the people of the set `of`. `is_open`: the
share is below `high`, not at it."""


@dataclass(frozen=True)
class Statements:
    """Every number of a release about a count of people, by the set it counts."""

    rows: pd.DataFrame
    by_set: Mapping[str, pd.DataFrame]

    def about(self, name: str) -> pd.DataFrame:
        """The statements on one set; none for a set the release is silent about."""
        return self.by_set.get(name, self.rows.iloc[:0])

    def and_nobody(self, name: str, years: Collection[int]) -> Statements:
        """These, and that in some years the set holds nobody."""
        nobody = [("", "state", "", year, year, "", "", 0, 0, False) for year in sorted(years)]
        rows = pd.DataFrame([(name, *row) for row in nobody], columns=list(COLUMNS))
        return Statements(self.rows, {**self.by_set, name: pd.concat([self.about(name), rows], ignore_index=True)})


def levels_of(definitions: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Measures whose numbers are shares of levels that exhaust the whole, with their levels."""
    parted = definitions[definitions["level"] != ""]
    return {str(name): tuple(part["level"]) for name, part in parted.groupby("measure", sort=False)}


def statements(cells: pd.DataFrame, definitions: pd.DataFrame) -> Statements:
    """The printed numbers of a release as statements; withheld cells say nothing."""
    printed = cells[cells["status"].isin(["reported", "zero"])]
    rows = pd.concat([_sizes(printed), _counts(printed), _shares(printed)], ignore_index=True)
    with_levels = levels_of(definitions)
    named = printed.loc[printed["measure"].isin(list(with_levels)), "group"].unique()
    dimensions = {name for name in named if " x " not in str(name)}
    inside = rows["group"].isin(dimensions) & rows["set_has_levels"]
    rows.loc[inside, ["group", "group_value"]] = ""
    rows = rows[list(COLUMNS)].drop_duplicates()
    return Statements(rows, {str(name): part for name, part in rows.groupby("set", sort=False)})


def _frame(printed: pd.DataFrame, names: pd.Series, of: pd.Series | str, low: pd.Series, high: pd.Series) -> dict:
    return {
        "set": names.to_numpy(),
        "of": of.to_numpy() if isinstance(of, pd.Series) else of,
        "unit_kind": printed["unit_kind"].to_numpy(),
        "unit_code": printed["unit_code"].to_numpy(),
        "first": (printed["cohort"] - printed["window_years"] + 1).to_numpy(dtype=np.int64),
        "last": printed["cohort"].to_numpy(dtype=np.int64),
        "group": printed["group"].to_numpy(),
        "group_value": printed["group_value"].to_numpy(),
        "low": np.rint(low.to_numpy(dtype=float)).astype(np.int64),
        "high": np.rint(high.to_numpy(dtype=float)).astype(np.int64),
        "set_has_levels": printed["group"].to_numpy() != "",
    }


def _sizes(printed: pd.DataFrame) -> pd.DataFrame:
    sized = printed[(printed["among"] != "") & printed["n_low"].notna()]
    return pd.DataFrame(_frame(sized, sized["among"], "", sized["n_low"], sized["n_high"])).assign(is_open=False)


def _counts(printed: pd.DataFrame) -> pd.DataFrame:
    counts = printed[(printed["statistic"] == "count") & (printed["counted"] != "")]
    return pd.DataFrame(_frame(counts, counts["counted"], "", counts["value_low"], counts["value_high"])).assign(
        is_open=False
    )


def _shares(printed: pd.DataFrame) -> pd.DataFrame:
    shares = printed[printed["statistic"].isin(["rate", "share"]) & (printed["counted"] != "")]
    low, high = shares["value_low"] * PARTS, shares["value_high"] * PARTS
    frame = pd.DataFrame(_frame(shares, shares["counted"], shares["among"], low, high))
    is_band = shares["rounding"].str.startswith("band").to_numpy(dtype=bool)
    return frame.assign(is_open=is_band & (frame["high"] < PARTS).to_numpy())


def bounds_of(low: Ints, high: Ints, is_open: NDArray[np.bool_], size: Ints) -> tuple[Ints, Ints]:
    """Fewest and most people that a share of `size` people, printed in ten-thousandths, allows."""
    below = -(-high * size // PARTS) - 1
    return -(-low * size // PARTS), np.where(is_open, below, high * size // PARTS)


def count_bounds(rows: pd.DataFrame, size: Ints) -> tuple[Ints, Ints]:
    """Fewest and most people each statement allows, where the set it is a share of has `size` people."""
    low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
    at_least, at_most = bounds_of(low, high, rows["is_open"].to_numpy(), size)
    is_share = rows["of"].to_numpy() != ""
    return np.where(is_share, at_least, low).astype(np.int64), np.where(is_share, at_most, high).astype(np.int64)
