"""What printed means give away together: the mean of a few people, from sums of larger ones.

A mean times its n is a sum, and sums add up: the window less its printed cohorts, the state less its printed providers
(districts), a provider less its printed programs. What is left over is somebody's sum. It is exposed when few people
are behind it and the bounds on their mean are so close that an estimate from their middle lies within the p% rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from partnerlib.disclosure.policy import Policy

ADDS_UP = {"provider": "providers", "district": "districts", "program": "programs"}
"""Kinds of unit, and the column of the definitions that says whether their counts add up to the larger unit's."""


@dataclass(frozen=True)
class Sum:
    """Bounds on a sum of values, and on how many people it is over."""

    low: float
    high: float
    n_low: float
    n_high: float

    def beside(self, other: Sum) -> Sum:
        """What two releases say of the same sum."""
        return Sum(
            max(self.low, other.low), min(self.high, other.high),
            max(self.n_low, other.n_low), min(self.n_high, other.n_high),
        )  # fmt: skip

    def less(self, parts: list[Sum]) -> Sum:
        """What is left when the parts are taken away."""
        return Sum(
            self.low - sum(part.high for part in parts),
            self.high - sum(part.low for part in parts),
            max(self.n_low - sum(part.n_high for part in parts), 0),
            self.n_high - sum(part.n_low for part in parts),
        )


def exposed_means(
    cells: pd.DataFrame, definitions: pd.DataFrame, aggregates: Mapping[str, pd.DataFrame], policy: Policy
) -> pd.DataFrame:
    """Means of fewer people than the threshold that follow from printed ones within the p% rule.

    Result
        one row for every leftover group of few people: measure, unit_kind, unit_code, first, last, people, is_exposed.
        The leftover of a total stands under the total's name
    """
    means = cells[(cells["statistic"] == "mean") & (cells["group"] == "")]
    printed = means[means["value_low"].notna() & means["n_low"].notna()]
    relations = definitions.drop_duplicates("measure").set_index("measure")
    found = []
    for measure, rows in printed.groupby("measure", sort=False):
        sums: dict[Place, Sum] = {}
        for row in rows.itertuples(index=False):
            place = str(row.unit_kind), str(row.unit_code), int(row.cohort) - int(row.window_years) + 1, int(row.cohort)
            own = _sum(row)
            sums[place] = own.beside(sums[place]) if place in sums else own
        whole = aggregates.get(str(measure))
        if whole is None or measure not in relations.index:
            continue
        people = whole[whole["group"] == ""].set_index(["unit_kind", "unit_code", "cohort"])["denominator"].to_dict()
        adds_up = {kind for kind, column in ADDS_UP.items() if relations.at[measure, column] == "equal"}
        for place, left, count in (*_over_time(sums, people), *_over_units(sums, people, adds_up)):
            if 0 < count < policy.thresholds.people:
                found.append((measure, *place, count, _is_close(left, count, policy)))
    columns = ["measure", "unit_kind", "unit_code", "first", "last", "people", "is_exposed"]
    return pd.DataFrame(found, columns=columns)


def _sum(row: object) -> Sum:
    low, high = float(row.value_low), float(row.value_high)  # type: ignore[attr-defined]
    n_low, n_high = float(row.n_low), float(row.n_high)  # type: ignore[attr-defined]
    ends = [low * n_low, low * n_high, high * n_low, high * n_high]
    return Sum(min(ends), max(ends), n_low, n_high)


Place = tuple[str, str, int, int]


def _over_time(
    sums: Mapping[Place, Sum], people: Mapping[tuple[str, str, int], float]
) -> Iterator[tuple[Place, Sum, float]]:
    """A window less the cohorts of it that are printed."""
    for (kind, code, first, last), whole in sums.items():
        if first == last:
            continue
        cohorts = range(first, last + 1)
        parts = {year: sums[(kind, code, year, year)] for year in cohorts if (kind, code, year, year) in sums}
        hidden = [year for year in cohorts if year not in parts]
        if parts and hidden:
            count = sum(people.get((kind, code, year), 0.0) for year in hidden)
            yield (kind, code, hidden[0], hidden[-1]), whole.less(list(parts.values())), count


def _over_units(
    sums: Mapping[Place, Sum], people: Mapping[tuple[str, str, int], float], adds_up: set[str]
) -> Iterator[tuple[Place, Sum, float]]:
    """The state less its printed providers (districts), and a provider less its printed programs."""
    for kind in adds_up:
        above = "provider" if kind == "program" else "state"
        for (whole_kind, code, first, last), whole in sums.items():
            if whole_kind != above:
                continue
            parts = {
                part: own
                for (part_kind, part, start, end), own in sums.items()
                if (part_kind, start, end) == (kind, first, last) and (above == "state" or part.startswith(f"{code}:"))
            }
            if not parts:
                continue
            cohorts = range(first, last + 1)
            total = sum(people.get((above, code, year), 0.0) for year in cohorts)
            count = total - sum(people.get((kind, part, year), 0.0) for part in parts for year in cohorts)
            yield (above, code, first, last), whole.less(list(parts.values())), count


def _is_close(left: Sum, people: float, policy: Policy) -> bool:
    """Whether the mean of those left over is known within the p% rule to whoever knows how many they are."""
    low, high = left.low / people, left.high / people
    return (high - low) / 2 < policy.means.dominance_percent / 100 * abs(low + high) / 2
