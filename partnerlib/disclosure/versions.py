"""Two releases about the same people: which numbers may stand beside each other, and which sets are still the same.

A late record or a corrected one changes a count by a few. Whoever holds both releases then knows of those few what no
single release tells.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from partnerlib.disclosure.cells import HAS_NUMBER, KEY
from partnerlib.disclosure.ledger import Earlier

PLACE = ("unit_kind", "unit_code", "cohort", "window_years", "group", "group_value")
"""Where a set is counted."""


def small_differences(cells: pd.DataFrame, earlier: Iterable[Earlier], threshold: int) -> pd.DataFrame:
    """Cells whose exact count differs from the one of an earlier release by fewer people than may be shown.

    Rule
        an exact count of the same people in the same place, printed in two releases, differs by 0 or by at least
        `threshold`. Otherwise the newer one goes out rounded or withheld
    Returns
        the key of each such cell, `column` (`value` or `n`) and `release_id` of the earlier release; the difference
        itself is not told
    """
    found = []
    sizes = _sizes(cells)
    now = sizes[sizes["low"] == sizes["high"]]
    for release in earlier:
        sizes = _sizes(release.cells)
        before = sizes[sizes["low"] == sizes["high"]]
        for same in (["set"], ["measure", "column"]):
            both = now.merge(before, on=[*same, *PLACE], suffixes=("", "_before"))
            gap = (both["low"] - both["low_before"]).abs()
            found.append(both[(gap > 0) & (gap < threshold)].assign(release_id=release.entry.release_id))
    columns = [*KEY, "column", "release_id"]
    if not found:
        return pd.DataFrame(columns=columns)
    return pd.concat(found)[columns].drop_duplicates().sort_values(columns).reset_index(drop=True)


def joinable_sets(cells: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """Which sets of people are the same in two releases, so far as both can tell: one system may hold both.

    A set is the same for a cohort when no number about it contradicts another: two exact counts agree, two bands
    overlap. A window that disagrees leaves none of its cohorts the same. Where they are not the same, an equation
    between them would be wrong, and what it proves as well.

    Returns
        `set`, `cohort`, `common` (places where both releases say something), `is_joinable`
    """
    both = _statements(cells).merge(_statements(earlier), on=["set", "of", *PLACE], suffixes=("", "_before"))
    apart = (both["low"] > both["high_before"]) | (both["low_before"] > both["high"])
    touching = (both["low"] == both["high_before"]) & both["is_open_before"]
    touching |= (both["low_before"] == both["high"]) & both["is_open"]
    both = both.assign(contradicts=apart | touching)
    spans = [
        both[both["window_years"] > back].assign(cohort=lambda rows, back=back: rows["cohort"] - back)
        for back in range(int(both["window_years"].max() if len(both) else 0))
    ]
    if not spans:
        return pd.DataFrame(columns=["set", "cohort", "common", "is_joinable"])
    told = pd.concat(spans).groupby(["set", "cohort"], as_index=False)
    counted = told.agg(common=("contradicts", "size"), against=("contradicts", "sum"))
    return counted.assign(is_joinable=counted["against"] == 0).drop(columns="against")


def _sizes(cells: pd.DataFrame) -> pd.DataFrame:
    """Every printed number of people: counts by the set they count, n by the set it is the size of."""
    printed = cells[cells["status"].isin(HAS_NUMBER)]
    counts = printed[printed["statistic"] == "count"]
    parts = [
        counts.assign(set=counts["counted"], low=counts["value_low"], high=counts["value_high"], column="value"),
        printed[printed["n"].notna()].assign(
            set=printed["among"], low=printed["n_low"], high=printed["n_high"], column="n"
        ),
    ]
    both = pd.concat([part[["set", *KEY, "low", "high", "column"]] for part in parts])
    return both[both["set"] != ""].dropna(subset=["low", "high"])


def _statements(cells: pd.DataFrame) -> pd.DataFrame:
    """Sizes, and shares of one set in another, each once for its place."""
    shares = cells[cells["status"].isin(HAS_NUMBER) & cells["statistic"].isin(["rate", "share"])]
    shares = shares.assign(
        set=shares["counted"], of=shares["among"], low=shares["value_low"], high=shares["value_high"],
        is_open=shares["rounding"].str.startswith("band") & (shares["value_high"] < 1),
    )  # fmt: skip
    sizes = _sizes(cells).assign(of="", is_open=False)
    columns = ["set", "of", *PLACE, "low", "high", "is_open"]
    told = pd.concat([sizes[columns], shares.loc[shares["set"] != "", columns]])
    # Several measures print the same set's size; what is known of it is what all of them leave possible.
    return told.groupby(["set", "of", *PLACE], as_index=False, sort=False).agg(
        low=("low", "max"), high=("high", "min"), is_open=("is_open", "any")
    )
