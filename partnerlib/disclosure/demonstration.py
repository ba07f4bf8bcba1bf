"""One table attacked and protected before one's eyes: what the gate is for, and what it costs.

Everything here works on internal counts and is for whoever decides about a policy. The attacks are those of the audit;
the protection is that of the release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from partnerlib.disclosure.audit.ranges import Range, ranges
from partnerlib.disclosure.audit.system import System, SystemBuilder, fixed
from partnerlib.disclosure.protection.additive import AdditiveTable, Marks, crossed

THRESHOLD = 10
OUTSIDERS, INSIDERS = 3, 2
"""Whole numbers that must stay possible for the public, and for an organization that knows its own cells."""
MANY = 10
"""Possible values that are enough not to be counted further."""
SECONDS = 60.0
"""Longest an attack may take; without an answer there is an error, never a count of zero."""
WITHHELD = "·"
PARTS = 10_000
"""Shares are stated in ten-thousandths, so that every row of a system is whole."""
READERS = {"row": "a provider", "column": "a district"}
"""Who knows a row of a table by provider and district beforehand, and who a column."""


@dataclass(frozen=True)
class Attack:
    """What one kind of reader finds in one table."""

    reader: str
    withheld: int
    """Withheld counts asked for; of insiders, those of others, over all insiders."""
    exact: int
    """Counts with one possible value."""
    few: int
    """Counts with fewer possible values than the reader may be left with, the exact ones included."""
    values: tuple[int, ...]
    """Possible values of each count asked for; `MANY` stands for so many or more."""


def crossing(estimates: pd.DataFrame, measure: str, cohort: int, window: int = 3) -> pd.DataFrame:
    """Counts of one measure by provider (rows) and district (columns), zero where nobody is counted."""
    rows = estimates[
        (estimates["measure"] == measure)
        & (estimates["unit_kind"] == "partnership")
        & (estimates["cohort"] == cohort)
        & (estimates["window_years"] == window)
        & (estimates["group"] == "")
    ]
    codes = rows["unit_code"].str.split("-", n=1, expand=True)
    wide = rows.assign(provider=codes[0], district=codes[1]).pivot_table(
        index="provider", columns="district", values="numerator", aggfunc="sum"
    )
    return wide.fillna(0).astype(int)


def by_cohort(estimates: pd.DataFrame, measure: str, cohort: int, kind: str = "provider") -> pd.DataFrame:
    """Counts of one measure by unit (rows) and by the three cohorts a window pools (columns)."""
    rows = estimates[
        (estimates["measure"] == measure)
        & (estimates["unit_kind"] == kind)
        & estimates["cohort"].between(cohort - 2, cohort)
        & (estimates["window_years"] == 1)
        & (estimates["group"] == "")
    ]
    wide = rows.pivot_table(index="unit_code", columns="cohort", values="numerator", aggfunc="sum")
    return wide.fillna(0).astype(int).rename(columns=str)


def by_level(estimates: pd.DataFrame, measure: str, cohort: int, least: int = THRESHOLD) -> pd.DataFrame:
    """Counts of a distribution's levels (columns) by provider (rows) over a window, of at least so many people."""
    rows = estimates[
        (estimates["measure"] == measure)
        & (estimates["unit_kind"] == "provider")
        & (estimates["cohort"] == cohort)
        & (estimates["window_years"] == 3)
        & (estimates["denominator"] >= least)
    ]
    return rows.pivot_table(index="unit_code", columns="group_value", values="numerator").fillna(0).astype(int)


def merged(counts: pd.DataFrame, least: int) -> pd.DataFrame:
    """The table with its small rows and columns put together as `others`: those of fewer than `least` people."""
    return _merged_columns(_merged_columns(counts, least).T, least).T


def _merged_columns(counts: pd.DataFrame, least: int) -> pd.DataFrame:
    totals = counts.sum()
    small = totals < least
    if small.sum() == 1:  # one alone would still be itself under another name
        small = small | (totals == totals[~small].min())
    return counts if not small.any() else counts.loc[:, ~small].assign(others=counts.loc[:, small].sum(axis="columns"))


def table_of(counts: pd.DataFrame, threshold: int = THRESHOLD) -> AdditiveTable:
    """The table with its margins, as the protection takes it: the state's total is never withheld."""
    return crossed(counts.to_numpy(np.int64), threshold)


def printed(counts: pd.DataFrame, table: AdditiveTable, hidden: Marks) -> str:
    """The table as a reader sees it: one mark for every withheld count, whatever the reason."""
    shape = (counts.shape[0] + 1, counts.shape[1] + 1)
    text = np.where(hidden, WITHHELD, table.counts.astype(str)).reshape(shape)
    names = [
        code[-4:] if code[:4] == "8900" else code.removesuffix("0000") for code in (*counts.index, *counts.columns)
    ]
    rows, columns = [*names[: shape[0] - 1], "all"], [*names[shape[0] - 1 :], "all"]
    return pd.DataFrame(text, index=rows, columns=columns).to_string()


def known_of(table: AdditiveTable, hidden: Marks, is_noted: bool = False, threshold: int = THRESHOLD) -> System:
    """What a table with withheld counts says: the printed counts, the sums, and the note if there is one.

    is_noted
        withheld counts carry the note "fewer than 10", so that each is read as 1 to 9
    """
    builder = SystemBuilder()
    top = int(table.counts.max())
    for place, (count, is_hidden) in enumerate(zip(table.counts, hidden, strict=True)):
        low, high = ((1, threshold - 1) if is_noted else (0, top)) if is_hidden else (int(count), int(count))
        builder.unknown(f"count {place}", low, high)
    for row in range(table.sums.shape[0]):
        start, end = table.sums.indptr[row], table.sums.indptr[row + 1]
        terms = dict(zip(map(int, table.sums.indices[start:end]), map(int, table.sums.data[start:end]), strict=True))
        builder.constrain(f"sum {row}", terms, 0, 0)
    return builder.build()


def attacked(
    table: AdditiveTable, hidden: Marks, is_noted: bool = False, readers: Mapping[str, str] = READERS
) -> list[Attack]:
    """The table attacked by the public and by every owner of a row or column who knows its own counts.

    Asked for are the small counts: a large one that is withheld only protects others.
    """
    system = known_of(table, hidden, is_noted)
    asked = np.flatnonzero(table.primary & hidden)
    found = [_attack("the public", [_values(system, asked)], OUTSIDERS)]
    for side, name in readers.items():
        values = []
        for owner, cells in table.owners.items():
            if owner.startswith(side):
                own = {int(cell): int(table.counts[cell]) for cell in cells}
                values.append(_values(fixed(system, own), np.setdiff1d(asked, cells)))
        found.append(_attack(name, values, INSIDERS))
    return found


def _values(system: System, asked: Iterable[int]) -> list[int]:
    return [_count(found) for found in ranges(system, [{int(cell): 1} for cell in asked], MANY, SECONDS, True)]


def _count(found: Range) -> int:
    return found.values if found.values is not None else np.iinfo(np.int64).max


def _attack(reader: str, values: Sequence[Sequence[int]], least: int) -> Attack:
    flat = tuple(value for part in values for value in part)
    return Attack(reader, len(flat), sum(v == 1 for v in flat), sum(v < least for v in flat), flat)


def linear_only(table: AdditiveTable, hidden: Marks, is_noted: bool = False) -> int:
    """Small counts that an attack by linear programming alone finds exactly: what a plain audit reports."""
    system = known_of(table, hidden, is_noted)
    return sum(_is_exact_linearly(system, int(cell)) for cell in np.flatnonzero(table.primary & hidden))


def _is_exact_linearly(system: System, unknown: int) -> bool:
    cost = np.zeros(len(system.lower))
    cost[unknown] = 1.0
    rows = LinearConstraint(system.matrix, system.row_low, system.row_high)
    bounds = Bounds(system.lower, system.upper)
    ends = [milp(sign * cost, constraints=rows, bounds=bounds, integrality=0 * cost).fun for sign in (1, -1)]
    return bool(abs(ends[0] + ends[1]) < 1e-6)


def levels_found(counts: pd.DataFrame, bands: Mapping[int, int] | None = None, is_size_exact: bool = True) -> pd.Series:
    """How many values stay possible for each unit's rarest level when the shares of all levels are printed.

    Parameters
        counts: units by levels, every person in one level
        bands: from how many people on a band is how many points wide, as policies say it; None for whole percents
        is_size_exact: beside the exact number of people; else beside the nearest five
    """
    found = {}
    for unit, row in counts.iterrows():
        system = _shares_of(row.to_numpy(np.int64), bands, is_size_exact)
        found[unit] = _count(ranges(system, [{int(np.argmin(row)): 1}], 0, SECONDS, True)[0])
    return pd.Series(found, name="possible values")


def levels_found_linearly(counts: pd.DataFrame) -> pd.Series:
    """Whether linear programming finds each unit's rarest level, from whole percents beside n."""
    found = {
        unit: _is_exact_linearly(_shares_of(row.to_numpy(np.int64), None, True), int(np.argmin(row)))
        for unit, row in counts.iterrows()
    }
    return pd.Series(found, name="found", dtype=bool)


def _shares_of(counts: np.ndarray, bands: Mapping[int, int] | None, is_size_exact: bool) -> System:
    """What printed shares of levels, and the size beside them, say of the counts."""
    size = int(counts.sum())
    near = 5 * round(size / 5)
    low, high = (size, size) if is_size_exact else (near - 2, near + 2)
    builder = SystemBuilder()
    levels = [builder.unknown(f"level {place}", 0, high) for place in range(len(counts))]
    builder.constrain("size", dict.fromkeys(levels, 1), low, high)
    for level, count in zip(levels, counts, strict=True):
        lowest, highest = _printed_share(int(count), size, bands, low)
        # Between lowest and highest ten-thousandths of the sum of all levels.
        builder.constrain("at least", {each: PARTS * (each == level) - lowest for each in levels}, 0)
        builder.constrain("at most", {each: PARTS * (each == level) - highest for each in levels}, high=0)
    return builder.build()


def _printed_share(count: int, size: int, bands: Mapping[int, int] | None, least: int) -> tuple[int, int]:
    """What a printed share says, in ten-thousandths: half a percent around a whole one, or the band it lies in."""
    if bands is None:
        whole = (200 * count + size) // (2 * size)
        return max(100 * whole - 50, 0), min(100 * whole + 50, PARTS)
    width = 100 * next(points for start, points in sorted(bands.items(), reverse=True) if start <= max(least, 10))
    start = min(PARTS * count // size // width * width, PARTS - width)
    return start, start + width


def summary(attacks: Mapping[str, Sequence[Attack]]) -> pd.DataFrame:
    """Attacks on several versions of one table, a line for each version and reader."""
    return pd.DataFrame(
        [
            {
                "version": version, "reader": attack.reader, "asked": attack.withheld, "exact": attack.exact,
                "too few values": attack.few,
            }
            for version, found in attacks.items()
            for attack in found
        ]
    )  # fmt: skip


def open_values(attacks: Mapping[str, Sequence[Attack]]) -> pd.DataFrame:
    """For a figure: of the counts asked for, the share with one, two, three to nine and more possible values."""
    steps = {"one": (1, 1), "two": (2, 2), "three to nine": (3, 9), "ten or more": (10, np.inf)}
    rows = []
    for version, found in attacks.items():
        for attack in found:
            values = np.array(attack.values, dtype=float)
            for part, (low, high) in steps.items():
                share = float(((values >= low) & (values <= high)).mean()) if len(values) else 0.0
                rows.append({"label": f"{version}: {attack.reader}", "part": part, "value": share})
    return pd.DataFrame(rows)
