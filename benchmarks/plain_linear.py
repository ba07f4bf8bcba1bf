"""A plain audit by linear programming, as one would write it: for each withheld number of each table, two programs.

It bounds each number by what its own table says (units, state, bands times sizes), one table at a time: no whole
numbers, no sums over years, no insiders. So it is quicker than an audit that asks for all of that, and finds less.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

TABLE = ["measure", "cohort", "window_years", "group", "group_value"]
SIDES = ("provider", "district")
EXACT = 0.5
"""Ends of a range nearer than this leave one whole number."""


@dataclass(frozen=True)
class Attacked:
    """What was asked, how long it took, and how much was left when time was up."""

    asked: int
    of: int
    exact: int
    seconds: float

    @property
    def for_all(self) -> float:
        """Seconds for every withheld number, had there been time."""
        return self.seconds / max(self.asked, 1) * self.of


@dataclass(frozen=True)
class _Program:
    matrix: sparse.csr_array
    low: np.ndarray
    high: np.ndarray
    names: list[tuple[str, str]]


def attack(cells: pd.DataFrame, seconds: float, seed: int = 0) -> Attacked:
    """Bound the withheld numbers of providers and districts, in random order, until time is up."""
    rows = cells[cells["statistic"].isin(["rate", "share", "count"]) & cells["unit_kind"].isin([*SIDES, "state"])]
    rows = rows.assign(**_bounds(rows))
    tables = {key: table for key, table in rows.groupby(TABLE, sort=True) if set(SIDES) <= set(table["unit_kind"])}
    withheld = [
        (key, place) for key, table in tables.items()
        for place in np.flatnonzero((table["status"] == "suppressed") & (table["unit_kind"] != "state"))
    ]  # fmt: skip
    random.Random(seed).shuffle(withheld)
    programs: dict[object, _Program] = {}
    start, asked, exact = time.perf_counter(), 0, 0
    for key, place in withheld:
        if time.perf_counter() - start > seconds:
            break
        if key not in programs:
            programs = {key: _program(tables[key])}
        low, high = _range(programs[key], int(place))
        asked, exact = asked + 1, exact + (high - low < EXACT)
    return Attacked(asked, len(withheld), exact, time.perf_counter() - start)


def _bounds(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """What each printed number says of the count behind it; nothing where it is withheld."""
    is_count = (rows["statistic"] == "count").to_numpy()
    size_low, size_high = (rows[name].to_numpy(dtype=float, na_value=np.nan) for name in ("n_low", "n_high"))
    low, high = (rows[name].to_numpy(dtype=float, na_value=np.nan) for name in ("value_low", "value_high"))
    least, most = np.where(is_count, low, low * size_low), np.where(is_count, high, high * size_high)
    return {"least": np.nan_to_num(least, nan=0.0), "most": np.where(np.isnan(most), np.inf, most)}


def _program(table: pd.DataFrame) -> _Program:
    """Unknowns: people of each provider in each district, and of none. Rows: the units of the table."""
    codes = {kind: list(table.loc[table["unit_kind"] == kind, "unit_code"]) for kind in SIDES}
    shape = (len(codes["provider"]) + 1, len(codes["district"]) + 1)
    number = np.arange(shape[0] * shape[1]).reshape(shape)
    rows, columns = [], []
    for place, (kind, code) in enumerate(zip(table["unit_kind"], table["unit_code"], strict=True)):
        own = number.ravel() if kind == "state" else (
            number[codes[kind].index(code)] if kind == "provider" else number[:, codes[kind].index(code)]
        )  # fmt: skip
        rows.append(np.full(len(own), place))
        columns.append(own)
    at = (np.concatenate(rows), np.concatenate(columns))
    matrix = sparse.csr_array((np.ones(len(at[0])), at), shape=(len(table), number.size))
    names = list(zip(table["unit_kind"], table["unit_code"], strict=True))
    return _Program(matrix, table["least"].to_numpy(), table["most"].to_numpy(), names)


def _range(program: _Program, place: int) -> tuple[float, float]:
    """Least and most people a withheld number may stand for; infinite where nothing bounds it."""
    bounded = np.isfinite(program.high)
    above = sparse.vstack([program.matrix[bounded], -program.matrix])
    limits = np.concatenate([program.high[bounded], -program.low])
    cost = program.matrix[[place]].toarray().ravel()
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(sign * cost, A_ub=above, b_ub=limits, method="highs")
        ends.append(sign * found.fun if found.status == 0 else -sign * np.inf)
    return ends[0], ends[1]
