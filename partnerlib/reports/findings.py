"""The figures and tables of a report, each drawn from released cells alone. One function, one figure or table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from partnerlib.display import style
from partnerlib.display.figures import Figure, dots
from partnerlib.display.tables import Cell, Table, estimate_cell
from partnerlib.display.text import MARKS, cohort_label, is_number, listed, people
from partnerlib.reports.cohorts import Compared, Row
from partnerlib.reports.definitions import definition

BEFORE = "a cohort earlier"
STATE = "the state"


def sample_table(found: Sequence[Compared]) -> Table:
    """The samples behind a page: identifier, measures, cohorts, and the most people behind one number."""
    rows: dict[str, list[tuple[Compared, int]]] = {}
    for pair in found:
        if pair.this is not None:
            count = int(pair.this["people"]) if is_number(pair.this["people"]) else 0
            rows.setdefault(str(pair.this["sample_id"]), []).append((pair, count))
    body = []
    for sample, used in sorted(rows.items()):
        cohorts = sorted({pair.cohort for pair, _ in used})
        most = max(count for _, count in used)
        years = (
            cohort_label(cohorts[0])
            if len(cohorts) == 1
            else f"{cohort_label(cohorts[0])} to {cohort_label(cohorts[-1])}"
        )
        withheld = all(pair.this is not None and pair.this["status"] == "suppressed" for pair, _ in used)
        mark = Cell(MARKS["suppressed"].symbol, status="suppressed") if withheld else Cell(f"{most:,}")
        body.append([Cell(sample), Cell(years), Cell(f"{len(used)}"), mark])
    return Table(
        "Samples behind the numbers of this page",
        ("Sample", "Newest cohorts", "Measures", "Most people behind one number"),
        body,
        "The identifier of a sample changes when its restrictions or the year of its data change. "
        "Who is in it is told with every measure at the end of this page.",
    )


def measure_table(found: Sequence[Compared], caption: str, with_state: bool) -> Table:
    """Every measure of a topic: the newest cohort, the cohort before, three pooled, and the state beside them."""
    columns = ["Measure", "Newest cohort", "Cohort before", "Three cohorts pooled", *(["State"] if with_state else [])]
    rows = [
        [
            Cell(definition(pair.measure).title, cohort_label(pair.cohort)),
            estimate_cell(pair.this),
            estimate_cell(pair.before),
            estimate_cell(pair.pooled),
            *([estimate_cell(pair.state)] if with_state else []),
        ]
        for pair in found
    ]
    note = "Beneath each number: its 95% interval and how many people it rests on."
    return Table(caption, columns, rows, note, [pair.measure for pair in found])


def rate_comparison(found: Sequence[Compared], title: str, unit: str, with_state: bool, is_synthetic: bool) -> Figure:
    """The rates of a topic with their intervals: this unit, the same a cohort earlier, and the state."""
    looks = {unit: style.UNIT, BEFORE: style.BEFORE, **({STATE: style.STATE} if with_state else {})}
    rows = [
        {"label": _wrapped(definition(pair.measure).title), "series": name, **numbers(row)}
        for pair in found
        for name, row in ((unit, pair.this), (BEFORE, pair.before), (STATE, pair.state))
        if row is not None and name in looks
    ]
    cohorts = listed(cohort_label(cohort) for cohort in sorted({pair.cohort for pair in found}))
    counts = [row["people"] for row in rows if row["series"] == unit and is_number(row["people"])]
    note = f"Newest cohorts: {cohorts}. The numbers of {unit} rest on {span(counts)}. Lines are 95% intervals."
    return dots(pd.DataFrame(rows), title, note, looks, is_synthetic=is_synthetic)


def numbers(row: Row) -> dict[str, Any]:
    """Value, interval and people of a released row, as floats or nothing."""
    return {name: float(row[name]) if is_number(row[name]) else None for name in ("value", "low", "high", "people")}


def span(counts: Sequence[float]) -> str:
    """How many people a set of numbers rests on, from the fewest to the most."""
    if not counts:
        return "people whose number is withheld"
    fewest, most = int(min(counts)), int(max(counts))
    return people(most) if fewest == most else f"{fewest:,} to {most:,} people each"


def _wrapped(title: str, width: int = 34) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(title, width))
