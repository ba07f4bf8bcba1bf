"""Two releases about the same people: which of their numbers may stand beside each other.

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
