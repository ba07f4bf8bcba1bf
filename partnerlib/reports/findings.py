"""The figures and tables of a report, each drawn from released cells alone. One function, one figure or table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from partnerlib.display import style
from partnerlib.display.blocks import Block
from partnerlib.display.figures import bars, curves, dots, parts_of_a_whole
from partnerlib.display.tables import Cell, Table, estimate_cell
from partnerlib.display.text import MARKS, cohort_label, is_number, listed, people
from partnerlib.reports.cohorts import Compared, Row, cohorts_of
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
            _pooled_cell(pair.pooled),
            *([estimate_cell(pair.state)] if with_state else []),
        ]
        for pair in found
    ]
    note = "Beneath each number: its 95% interval and how many people it rests on."
    return Table(caption, columns, rows, note, [pair.measure for pair in found])


def _pooled_cell(row: Row | None) -> Cell:
    """A pooled number, with the cohorts it rests on where the data do not hold all three."""
    cell = estimate_cell(row)
    if row is None or "rests on" not in str(row["note"]):
        return cell
    return replace(cell, detail=" · ".join(part for part in (cell.detail, f"only {cohorts_of(row)}") if part))


def rate_comparison(found: Sequence[Compared], title: str, unit: str, with_state: bool, is_synthetic: bool) -> Block:
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


RETENTION_LEVELS = {
    "state_any": "any position in the state",
    "state_position": "same position in the state",
    "district": "same district",
    "school": "same school",
}
"""The four levels of retention, widest first. A retention rate without its level is wrong."""

YEARS = (1, 2, 3, 5)


def retention_curves(found: Sequence[Compared], prefix: str, who: str, title: str, is_synthetic: bool) -> Block | None:
    """Share still there after 1, 2, 3 and 5 years at the four levels, from the newest cohorts that can tell.

    Three cohorts are pooled where the newest alone is withheld, and always where both are published: a curve through
    single small cohorts would show their noise.
    """
    pairs = {pair.measure: pair for pair in found}
    rows = []
    for level, words in RETENTION_LEVELS.items():
        for years in YEARS:
            pair = pairs.get(f"{prefix}_{level}_{years}y")
            row = pair and next((r for r in (pair.pooled, pair.this) if r is not None and is_number(r["value"])), None)
            if row:
                rows.append({"series": words, "years": years, "cohorts": cohorts_of(row), **numbers(row)})
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    newest = listed(
        f"{listed(dict.fromkeys(part['cohorts']))} after {years} year{'s' if years > 1 else ''}"
        for years, part in frame.groupby("years")
    )
    note = (
        f"{who}. Cohorts: {newest}. {_sentence_of(span(frame['people'].dropna().tolist()))}. Lines are 95% intervals."
    )
    return curves(frame, title, note, "years later", is_synthetic)


OUTCOMES = {
    "stayer": "same school",
    "mover_in_district": "moved within the district",
    "mover_other_district": "moved to another district",
    "changed_role": "changed role",
    "left": "left",
}
READINESS = {
    "fully_ready": "fully ready",
    "mostly_ready": "mostly ready",
    "moderately_ready": "moderately ready",
    "minimally_ready": "minimally ready",
    "not_ready": "not ready",
}


def shares_of_levels(
    sources: Sequence[tuple[str, pd.DataFrame, str]],
    known: int,
    dimension: str,
    levels: Mapping[str, str],
    title: str,
    colours: Sequence[str],
    is_synthetic: bool,
) -> Block | None:
    """Shares over levels that add to one: a bar each for the unit's newest cohort, three pooled, and the state.

    sources
        for each group of bars: its label, its released cells, and the measure. A bar is drawn only when every one of
        its levels is published.
    known
        the newest cohort that can be known; a pool that ends later would count cohorts nobody has observed yet.
    """
    rows, counts = [], []
    for label, cells, measure in sources:
        mine = cells[(cells["measure"] == measure) & (cells["group"] == dimension)]
        for window in (1, 3):
            whole = _newest_whole(mine[(mine["window_years"] == window) & (mine["cohort"] <= known)], len(levels))
            if whole is None:
                continue
            bar = f"{label}, {cohorts_of(whole.iloc[0])}"
            values = dict(zip(whole["group_value"], whole["value"], strict=True))
            rows += [{"label": _wrapped(bar), "part": words, "value": values[level]} for level, words in levels.items()]
            counts.append(float(whole["people"].iloc[0]))
    if not rows:
        return None
    note = f"The shares of a bar add to one. {_sentence_of(span(counts))}."
    return parts_of_a_whole(pd.DataFrame(rows), title, note, colours, is_synthetic)


def _newest_whole(cells: pd.DataFrame, levels: int) -> pd.DataFrame | None:
    published = cells[cells["value"].notna()]
    sizes = published.groupby("cohort").size()
    complete = sizes[sizes == levels]
    return published[published["cohort"] == complete.index.max()] if len(complete) else None


PARTNERS_SHOWN = 12
"""Most bars in one figure; the rest are counted in words."""


def partners(cells: pd.DataFrame, measure: str, own_name: str, title: str, is_synthetic: bool) -> Block | None:
    """The unit's partners by one published count, largest first; how many more there are is told, not which."""
    mine = cells[(cells["measure"] == measure) & (cells["group"] == "")]
    mine = mine[mine["cohort"] == mine["cohort"].max()]
    published = mine[mine["value"].notna()].sort_values(["value", "unit_name"], ascending=[False, True])
    if published.empty:
        return None
    drawn = published.head(PARTNERS_SHOWN)
    names = drawn["unit_name"].str.removeprefix(f"{own_name} and ").str.removesuffix(f" and {own_name}")
    frame = pd.DataFrame({"label": [_wrapped(name) for name in names], "value": drawn["value"].astype(float)})
    others = len(mine) - len(drawn)
    window = int(mine["window_years"].iloc[0])
    note = f"{cohort_label(int(mine['cohort'].iloc[0]), window)}, distinct people."
    more = f"{others} more with smaller or withheld numbers." if others else ""
    return bars(frame, title, note, "count", more, is_synthetic)


def _sentence_of(words: str) -> str:
    return f"Each number rests on {words.removesuffix(' each')}"


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
