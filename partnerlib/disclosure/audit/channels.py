"""Ways in which a person can change, and the spans of cohorts in which it would show.

A person may gain the property, change one level for another, or come into the set: whatever leaves the printed numbers
as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.worlds import Ints

STEPS = (1, 2)
"""Steps up and down that are tried: enough for three possible values."""


@dataclass(frozen=True)
class Channel:
    """One way in which a person can change: what happens to each level's count, and to the size."""

    gained: int
    """The level that gains."""
    lost: int | None
    """The level that loses, if another does."""
    is_joining: bool = False
    """Whether somebody comes into the set who was not in it."""
    is_arriving: bool = False
    """Whether that person comes into the larger sets too."""

    def change(self, level: int) -> int:
        return int(level == self.gained) - int(level == self.lost)


def channels_of(levels: int, is_sized: bool, has_larger: bool) -> list[Channel]:
    """Every way to gain. Where nothing is known of a larger set, gaining is joining, and joining is arriving."""
    ways = (
        [Channel(0, None)] if levels == 1 else [Channel(a, b) for a in range(levels) for b in range(levels) if a != b]
    )
    if is_sized and has_larger:
        ways += [Channel(level, None, is_joining=True) for level in range(levels)]
    if is_sized:
        ways += [Channel(level, None, is_joining=True, is_arriving=True) for level in range(levels)]
    return ways


@dataclass(frozen=True)
class Spans:
    """Windows of cohorts: those the release prints about a block, and every cohort singly."""

    bounds: tuple[tuple[int, int], ...]
    cohorts: Ints

    @property
    def inside(self) -> Truths:
        """Shape (spans, cohorts)."""
        return np.array([[low <= year <= high for year in self.cohorts] for low, high in self.bounds], dtype=bool)

    def summed(self, counts: Ints) -> Ints:
        return counts @ self.inside.T.astype(np.int64)

    def holds(self, rows: pd.DataFrame) -> pd.Series:
        return (rows["first"] >= self.cohorts[0]) & (rows["last"] <= self.cohorts[-1])


def spans_of(said: pd.DataFrame, cohorts: Ints) -> Spans:
    """A window minus its parts is a number too: single cohorts count whether they are printed or not."""
    inside = said[(said["first"] >= cohorts[0]) & (said["last"] <= cohorts[-1])]
    printed = {(int(first), int(last)) for first, last in zip(inside["first"], inside["last"], strict=True)}
    return Spans(tuple(sorted(printed | {(int(year), int(year)) for year in cohorts})), cohorts)
