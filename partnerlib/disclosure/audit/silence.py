"""What a release says without printing it: intervals finer than their rate, means that give a sum, gaps that differ.

Counts and shares are attacked with whole numbers elsewhere. Here are the other columns of a cell, each checked against
what may be computed from the printed ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.disclosure.cells import HAS_NUMBER, KEY
from partnerlib.disclosure.policy import Policy

SLACK = 1e-6
"""Distance at which two ends of an interval are the same printed number."""

PLACE = ("measure", "unit_kind", "cohort", "window_years", "group", "group_value")
"""Cells that differ in their unit alone."""
WHERE = ("unit_kind", "unit_code", "cohort", "window_years")


@dataclass(frozen=True)
class Said:
    """One cell that says more than it prints."""

    cell: str
    what: str

    def __str__(self) -> str:
        return f"{self.cell}: {self.what}"


def said_beside(cells: pd.DataFrame, definitions: pd.DataFrame, aggregates: pd.DataFrame, policy: Policy) -> list[Said]:
    """Every cell that tells something beside its printed value and size; empty for a release that keeps silent."""
    return [
        *printed_elsewhere(cells, definitions),
        *unprinted_intervals(cells),
        *uneven_gaps(cells, definitions, aggregates),
        *exact_sums(cells, aggregates, policy),
    ]


def printed_elsewhere(cells: pd.DataFrame, definitions: pd.DataFrame) -> list[Said]:
    """Withheld cells whose number stands in another: the same people counted by another measure, or seen from the
    other side of a partnership, or as the size of another number.
    """
    cells = cells.assign(**_subgroup(cells, definitions))
    told = cells[cells["status"].isin(HAS_NUMBER)]
    place = ["unit_kind", "unit_code", "cohort", "window_years", "by"]
    is_share = told["statistic"].isin(["rate", "share"])
    counts = told[(told["statistic"] == "count") & (told["counted"] != "")]
    sizes = told[told["n"].notna() & (told["among"] != "")]
    shares = told[is_share & (told["counted"] != "")]
    known = [
        *_keys(counts.assign(of=""), "counted", place),
        *_keys(sizes.assign(of=""), "among", place),
        *_keys(shares.assign(of=shares["among"]), "counted", place),
    ]
    withheld = cells[(cells["status"] == "suppressed") & (cells["counted"] != "")]
    of = withheld["among"].where(withheld["statistic"] != "count", "")
    asked = list(_keys(withheld.assign(of=of), "counted", place))
    found = pd.MultiIndex.from_tuples(asked).isin(known) if asked else np.zeros(0, dtype=bool)
    return _named(withheld[found], "its number stands in another cell")


def _subgroup(cells: pd.DataFrame, definitions: pd.DataFrame) -> dict[str, pd.Series]:
    """The subgroup each cell is about, without the level that its set is named for."""
    levels = definitions.loc[definitions["level"] != "", ["measure", "level"]]
    last = cells["group_value"].str.rpartition(" x ")
    is_level = pd.MultiIndex.from_arrays([cells["measure"], last[2]]).isin(pd.MultiIndex.from_frame(levels))
    dimension = cells["group"].str.partition(" x ")[0]
    plain = cells["group"] + "=" + cells["group_value"]
    inside = (dimension + "=" + last[0]).where(last[0] != "", "=")
    return {"by": plain.mask(is_level, inside)}


def _keys(rows: pd.DataFrame, name: str, place: list[str]) -> Iterator[tuple[object, ...]]:
    return rows[[name, "of", *place]].itertuples(index=False, name=None)


def unprinted_intervals(cells: pd.DataFrame) -> list[Said]:
    """Intervals of shares that are not those of the printed share and size: their width would give the true ones.

    Formula
        Wilson's lower limit of `value_low` and upper limit of `value_high`, for the smaller of n and people
    """
    shown = cells[cells["statistic"].isin(["rate", "share"]) & cells["low"].notna() & cells["n"].notna()]
    if shown.empty:
        return []
    size = np.fmin(*(shown[name].to_numpy(dtype=float, na_value=np.nan) for name in ("n", "people")))
    low = _wilson(shown["value_low"].to_numpy(dtype=float), size, -1)
    high = _wilson(shown["value_high"].to_numpy(dtype=float), size, 1)
    wrong = np.abs(shown["low"].to_numpy(dtype=float) - low) > SLACK
    wrong |= np.abs(shown["high"].to_numpy(dtype=float) - high) > SLACK
    return _named(shown[wrong], "its interval is not that of the printed share and size")


def _wilson(share: np.ndarray, size: np.ndarray, side: int) -> np.ndarray:
    z = stats.norm.ppf(0.975)
    centre = share + z**2 / (2 * size)
    reach = z * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return np.clip((centre + side * reach) / (1 + z**2 / size), 0.0, 1.0)


def uneven_gaps(cells: pd.DataFrame, definitions: pd.DataFrame, aggregates: pd.DataFrame) -> list[Said]:
    """Cells whose status tells that nobody is in them, though somebody is in the whole they are part of.

    A number that is missing, not yet observed or not applicable is so for every unit of its kind; otherwise the status
    of one unit is about its people. That nobody at all was placed, completed or asked is no outcome of anybody.
    """
    silent = ~cells["status"].isin([*HAS_NUMBER, "suppressed"])
    key = [cells[name] for name in PLACE]
    uneven = silent & (~silent).groupby(key).transform("any")
    if not uneven.any():
        return []
    roots = definitions[(definitions["counted"] == definitions["among"]) & (definitions["within"] == "")]
    set_of = dict(zip(roots["measure"], roots["counted"], strict=True))
    empty = aggregates[aggregates["measure"].isin(list(set_of)) & (aggregates["denominator"] == 0)]
    nobody = set(zip(empty["measure"].map(set_of), *(empty[name] for name in WHERE), strict=True))
    around = dict(zip(definitions["among"], definitions["within"], strict=True))
    rows = cells[uneven]
    is_known = [
        any((whole, *(getattr(row, name) for name in WHERE)) in nobody for whole in _wholes(row.among, around))
        for row in rows.itertuples()
    ]
    return _named(rows[~np.array(is_known, dtype=bool)], "its status tells that nobody is in it")


def _wholes(among: str, around: dict[str, str]) -> list[str]:
    found = [among]
    while (whole := around.get(found[-1], "")) and whole not in found:
        found.append(whole)
    return found


def exact_sums(cells: pd.DataFrame, aggregates: pd.DataFrame, policy: Policy) -> list[Said]:
    """Means of whole numbers that, times their size, leave too few sums possible.

    Formula
        sums left = floor((value_high - value_low) n_low) + 1, or of the exact sum times the sizes possible
    """
    means = aggregates[(aggregates["statistic"] == "mean") & aggregates["value"].notna()]
    sums = (means["value"] * means["denominator"]).astype(float)
    is_whole = (sums - sums.round()).abs().groupby(means["measure"]).max() < SLACK
    shown = cells[(cells["statistic"] == "mean") & cells["value"].notna() & cells["n_low"].notna()]
    shown = shown[shown["measure"].map(is_whole).fillna(False).astype(bool)]
    width = (shown["value_high"] - shown["value_low"]).astype(float) * shown["n_low"].astype(float)
    left = np.floor(width + SLACK) + 1 + (shown["n_high"] - shown["n_low"]).astype(float)
    return _named(shown[left < policy.means.sums_left_open], "its mean times its size gives the sum back")


def _named(rows: pd.DataFrame, what: str) -> list[Said]:
    return [Said(" ".join(str(row[name]) for name in KEY[1:] if str(row[name])), what) for _, row in rows.iterrows()]
