"""What a measure returns: one entry per row of its sample, never a total. The engine does the adding.

A null entry means "this row is not in the denominator" (not observable, or the question does not apply to it). Keeping
the rows until the end is what lets one function serve every unit, cohort, window and subgroup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

Curve = Literal["hazard", "survival"]


@dataclass(frozen=True)
class Rate:
    """A share of rows: true counts in numerator and denominator, false in the denominator only, null in neither."""

    success: pd.Series


@dataclass(frozen=True)
class Mean:
    """A mean over rows, with an interval clustered on people because one person may stand in several rows."""

    values: pd.Series
    weights: pd.Series | None = None
    """Weight of each row, such as the students behind a teacher's mean; one each when absent."""


@dataclass(frozen=True)
class Median:
    """The middle value over rows, with the exact interval of its order statistics."""

    values: pd.Series


@dataclass(frozen=True)
class Count:
    """A number of distinct people: those with a true entry."""

    counted: pd.Series


@dataclass(frozen=True)
class Distribution:
    """Shares over exclusive levels that add to one; becomes one rate for each level, as values of `dimension`."""

    values: pd.Series
    dimension: str
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Concentration:
    """The chance that two rows drawn with replacement share their category (Herfindahl-Hirschman index, 0 to 1)."""

    category: pd.Series


@dataclass(frozen=True)
class Share:
    """People of a unit as a share of the people of the larger unit it lies in: a provider's part of a district."""

    member: pd.Series
    within: Mapping[str, str] = field(default_factory=dict)
    """Kind of unit -> kind of the larger unit whose people are the denominator; other kinds are their own."""


@dataclass(frozen=True)
class LifeTable:
    """A row per person and year at risk; becomes one value for each year: the hazard, or survival to its end."""

    year: pd.Series
    event: pd.Series
    curve: Curve
    years: tuple[int, ...] = (1, 2, 3, 4, 5)


Result = Rate | Mean | Median | Count | Distribution | Concentration | Share | LifeTable


def both(left: pd.Series, right: pd.Series) -> pd.Series:
    """Whether two columns hold the same value, null where either is unknown: unknown is not "different"."""
    return (left == right).astype("boolean").mask(left.isna() | right.isna())
