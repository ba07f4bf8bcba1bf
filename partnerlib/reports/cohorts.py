"""Which cohort of a measure a page shows, and what stands beside it: the cohort before, three pooled, the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from partnerlib.display.text import cohort_label, is_number
from partnerlib.reports.definitions import definition

Row = Mapping[str, Any]

POOLED = 3
"""Cohorts of the pooled number."""


@dataclass(frozen=True)
class Compared:
    """One measure of a unit in the newest cohort that can be known, with everything a page prints beside it."""

    measure: str
    topic: str
    statistic: str
    cohort: int
    this: Row | None
    before: Row | None
    pooled: Row | None
    state: Row | None
    state_pooled: Row | None = None

    @property
    def value(self) -> float | None:
        return float(self.this["value"]) if self.this is not None and is_number(self.this["value"]) else None

    @property
    def is_rate(self) -> bool:
        return self.statistic in {"rate", "share"}

    @property
    def is_empty(self) -> bool:
        """True when the question applies to nobody here, in any of the cohorts shown."""
        rows = [row for row in (self.this, self.before, self.pooled) if row is not None]
        return all(row["status"] == "not_applicable" for row in rows)

    @property
    def state_beside_best(self) -> Row | None:
        """The state's row over the same cohorts as `best`: a pooled number stands beside a pooled one."""
        return self.state_pooled if self.best is not None and self.best is self.pooled else self.state

    @property
    def best(self) -> Row | None:
        """The newest cohort's row when it is published, else the pooled one, else nothing."""
        return next((row for row in (self.this, self.pooled) if row is not None and is_number(row["value"])), None)


def compared(unit: pd.DataFrame, state: pd.DataFrame, topic: str = "") -> list[Compared]:
    """Every ungrouped measure of a unit, in the order of the registry, for its newest knowable cohort.

    Small units (a partnership) are released for three cohorts pooled only: their newest cohort alone is then empty.

    The state stands beside it where its number is of the same thing.

    Rule
        the newest cohort for which the state has a number; without any, the newest cohort of the unit that is not
        'not yet observed'; without that, its newest. The cohort depends on the measure alone, so that all units of a
        kind show the same years.
    """
    unit = unit[(unit["group"] == "") & ((unit["topic"] == topic) if topic else True)]
    state_rows = _by_cell(state[state["group"] == ""])
    by_measure: dict[str, dict[tuple[str, int, int], Row]] = {}
    for cell, row in _by_cell(unit).items():
        by_measure.setdefault(cell[0], {})[cell] = row
    found = []
    for name, cells in by_measure.items():
        years = sorted({cohort for _, cohort, _ in cells})
        known = [year for year in years if is_number(state_rows.get((name, year, 1), {}).get("value"))]
        observed = [
            cohort for _, cohort, window in sorted(cells) if cells[name, cohort, window]["status"] != "not_yet_observed"
        ]
        year = (known or observed or years)[-1]
        this = cells.get((name, year, 1))
        any_row = next(iter(cells.values()))
        is_alike = any_row["unit_kind"] not in definition(name).unlike_state
        found.append(
            Compared(
                name,
                str(any_row["topic"]),
                str(any_row["statistic"]),
                year,
                this,
                cells.get((name, year - 1, 1)),
                cells.get((name, year, POOLED)),
                state_rows.get((name, year, 1)) if is_alike else None,
                state_rows.get((name, year, POOLED)) if is_alike else None,
            )
        )
    return sorted(found, key=lambda pair: (definition(pair.measure).rank, pair.measure))


def cohorts_of(row: Row) -> str:
    """The cohorts a number rests on, as school years. A pooled number is released only when all of them are observed.

    >>> cohorts_of({"cohort": 2018, "window_years": 3})
    '2015-16 to 2017-18'
    """
    return cohort_label(int(row["cohort"]), int(row["window_years"]))


def _by_cell(rows: pd.DataFrame) -> dict[tuple[str, int, int], Row]:
    records = rows.to_dict("records")
    return {(row["measure"], int(row["cohort"]), int(row["window_years"])): row for row in records}
