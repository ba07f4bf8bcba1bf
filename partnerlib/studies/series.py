"""The state's published retention series: every point with the level it was counted at."""

from __future__ import annotations

import pandas as pd

from partnerlib.codes import year_label

LEVEL_WORDS = {
    "school": "school",
    "district": "district",
    "state_school_rollup": "state, sum of schools: a move inside a district is a loss",
    "state_district_rollup": "state, sum of districts: a move inside a district is no loss",
    "state_unduplicated": "state, people counted once: only leaving the position is a loss",
}
"""What each level of a published retention rate counts as lost."""


def statewide_retention(published: pd.DataFrame) -> pd.DataFrame:
    """The state's points of a published retention series: those printed, and the sum of the school rows for every year.

    The sum is computed where a file lists schools and prints no state row. Of several files about one year the one with
    the most people counts. `is_computed` tells the two apart; a year whose file lacks a large district is a lower base,
    so read the rate beside its base.
    """
    counted = published[published["status"].isin(["reported", "zero"])]
    printed_rows = counted[counted["level"].str.startswith("state_")].assign(is_computed=False)
    schools = counted[counted["level"] == "school"]
    sums = schools.groupby(["source_file", "school_year", "role"], as_index=False).agg(
        from_year=("from_year", "first"),
        to_year=("to_year", "first"),
        base_count=("base_count", "sum"),
        retained_count=("retained_count", "sum"),
    )
    sums = sums.assign(level="state_school_rollup", retained_rate=sums["retained_count"] / sums["base_count"])
    points = pd.concat([printed_rows, sums.assign(is_computed=True)], ignore_index=True)
    largest = points.sort_values(["is_computed", "base_count", "source_file"], ascending=[True, False, True])
    chosen = largest.drop_duplicates(["role", "level", "school_year"])
    words = chosen["level"].map(LEVEL_WORDS)
    return chosen.assign(level_in_words=words).sort_values(["role", "level", "school_year"], ignore_index=True)


def retention_series(published: pd.DataFrame) -> str:
    """A published state series as a table: every point with the level it was counted at."""
    shown = pd.DataFrame(
        {
            "year": published["school_year"].map(year_label),
            "role": published["role"],
            "base": [f"{count:,.0f}" for count in published["base_count"]],
            "retained": [f"{count:,.0f}" for count in published["retained_count"]],
            "rate": [f"{100 * rate:.2f}" for rate in published["retained_rate"]],
            "source": published["is_computed"].map({True: "computed", False: "printed"}),
            "level": published["level_in_words"],
        }
    )
    return shown.drop_duplicates().to_string(index=False)
