"""Which schools serve the students with the highest needs. The state has no one definition: ours is a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import narwhals as nw
import pandas as pd

from partnerlib.errors import ParameterError
from partnerlib.panels.inputs import Processed, checked_grain, panel


@dataclass(frozen=True)
class HighNeedsRule:
    """When a school counts as a high-needs school, by its share of high-needs students in October."""

    kind: Literal["top_share", "threshold"] = "top_share"
    """`top_share`: the schools with the highest shares of their year. `threshold`: every school at or above a share."""
    share: float = 0.25
    """Share of the year's schools (`top_share`), or of a school's students (`threshold`), between 0 and 1."""

    def __post_init__(self) -> None:
        problems = []
        if self.kind not in ("top_share", "threshold"):
            problems.append(f"kind {self.kind!r}: expected 'top_share' or 'threshold'")
        if not 0 < self.share < 1:
            problems.append(f"share {self.share}: expected a share between 0 and 1, such as 0.25")
        if problems:
            raise ParameterError("high-needs rule: " + "; ".join(problems))

    def __str__(self) -> str:
        if self.kind == "top_share":
            return f"schools in the top {self.share:.0%} of their year by share of high-needs students"
        return f"schools where at least {self.share:.0%} of students are high-needs"


TOP_QUARTILE = HighNeedsRule()
"""The headline rule: top quartile of the year."""


def high_needs_schools(processed: Processed, rule: HighNeedsRule = TOP_QUARTILE) -> pd.DataFrame:
    """Share of high-needs students in every school and October, and whether the school counts as a high-needs school.

    Columns
        school_code, school_year, students (with a known answer), high_needs_rate (0-1), is_high_needs
    """
    students = processed.scan("students").filter(
        nw.col("collection") == "october", ~nw.col("is_high_needs").is_null(), ~nw.col("school_code").is_null()
    )
    rates = students.group_by("school_code", "school_year").agg(
        students=nw.len(), high_needs_rate=nw.col("is_high_needs").cast(nw.Float64).mean()
    )
    schools = panel(rates, required=["school_year", "students"]).sort_values(
        ["school_code", "school_year"], ignore_index=True
    )
    if rule.kind == "threshold":
        line = pd.Series(rule.share, index=schools.index)
    else:
        line = schools.groupby("school_year")["high_needs_rate"].transform("quantile", 1 - rule.share)
    schools["is_high_needs"] = (schools["high_needs_rate"] >= line).astype(bool)
    return checked_grain(schools, ["school_code", "school_year"], "high_needs")
