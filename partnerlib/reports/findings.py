"""The figures and tables of a report, each drawn from released cells alone. One function, one figure or table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from partnerlib.display import style
from partnerlib.display.bands import band_curves, compared_bands
from partnerlib.display.blocks import Block
from partnerlib.display.figures import bars
from partnerlib.display.keys import key_of, numbers_of
from partnerlib.display.printed import is_band, printed, size
from partnerlib.display.tables import EMPTY, Cell, Table, estimate_cell
from partnerlib.display.text import MARKS, cohort_label, is_number, listed
from partnerlib.reports.cohorts import POOLED, Compared, Row, cohorts_of
from partnerlib.reports.definitions import definition

BEFORE = "a cohort earlier"
STATE = "the state"


def _drawn_as(rows: Sequence[Row]) -> str:
    """What the marks of a figure are, for its note."""
    bands, points = any(map(is_band, rows)), any(_prints(row) and not is_band(row) for row in rows)
    marks = ["thick bars are the bands numbers are printed in"] * bands + ["markers are single numbers"] * points
    return f"{listed([*marks, 'thin lines are 95% intervals']).capitalize()}."


def sample_table(found: Sequence[Compared]) -> Table:
    """The samples behind a page: identifier, cohorts, and the most people behind one number."""
    rows: dict[str, list[Compared]] = {}
    for pair in found:
        row = pair.this or pair.pooled
        if row is not None:
            rows.setdefault(str(row["sample_id"]), []).append(pair)
    body = []
    for sample, used in sorted(rows.items()):
        cohorts = sorted({pair.cohort for pair in used})
        years = cohort_label(cohorts[0]) + (f" to {cohort_label(cohorts[-1])}" if len(cohorts) > 1 else "")
        body.append([Cell(sample), Cell(years), _most_people([pair.this or pair.pooled or {} for pair in used])])
    return Table(
        "Samples behind the numbers of this page",
        ("Sample", "Newest cohorts", "Most people behind one number"),
        body,
        "The identifier of a sample changes when its restrictions or the year of its data change. "
        "Who is in it is told with every measure at the end of this page.",
    )


def _most_people(rows: Sequence[Row]) -> Cell:
    if sized := [row for row in rows if is_number(row["n"])]:
        largest = max(sized, key=_size_rank)
        return Cell(_size_of(largest), key=key_of(largest), numbers={"n": float(largest["n"])})
    statuses = {row["status"] for row in rows}
    if "suppressed" in statuses:
        return Cell(MARKS["suppressed"].symbol, status="suppressed")
    return Cell("0") if statuses <= {"zero", "not_applicable"} else EMPTY


def measure_table(found: Sequence[Compared], caption: str, with_state: bool) -> Table:
    """Every measure of a topic: the newest cohort, the cohort before, three pooled, and the state beside them.

    A column that no measure has a row for is left out: small units are released for three cohorts pooled only, and
    the state's three stand beside them.
    """
    is_pooled = all(pair.this is None for pair in found)
    columns: dict[str, list[Cell]] = {
        "Newest cohort": [estimate_cell(pair.this) for pair in found],
        "Cohort before": [estimate_cell(pair.before) for pair in found],
        "Three cohorts pooled": [estimate_cell(pair.pooled) for pair in found],
        "State": [estimate_cell(pair.state_pooled if is_pooled else pair.state) if with_state else EMPTY
                  for pair in found],
    }  # fmt: skip
    shown = {name: cells for name, cells in columns.items() if any(cell is not EMPTY for cell in cells)}
    window = POOLED if is_pooled else 1
    rows = [
        [Cell(definition(pair.measure).title, cohort_label(pair.cohort, window)), *cells]
        for pair, *cells in zip(found, *shown.values(), strict=True)
    ]
    note = "Beneath each number: its 95% interval and how many people it rests on."
    return Table(caption, ["Measure", *shown], rows, note, [pair.measure for pair in found])


def rate_comparison(found: Sequence[Compared], title: str, unit: str, with_state: bool, is_synthetic: bool) -> Block:
    """The rates of a topic with their intervals: this unit, the same a cohort earlier, and the state.

    Three cohorts pooled are drawn instead where they print more of the rates than the newest cohort alone does.
    """
    newest = [pair for pair in found if _prints(pair.this)]
    pooled = [pair for pair in found if _prints(pair.pooled)]
    is_pooled = len(pooled) > len(newest)
    looks = {unit: style.UNIT, BEFORE: style.BEFORE, **({STATE: style.STATE} if with_state else {})}
    rows = [
        {**row, "label": _wrapped(definition(pair.measure).title), "series": name}
        for pair in (pooled if is_pooled else newest)
        for name, row in (
            ((unit, pair.pooled), (STATE, pair.state_pooled))
            if is_pooled
            else ((unit, pair.this), (BEFORE, pair.before), (STATE, pair.state))
        )
        if row is not None and name in looks
    ]
    cohorts = listed(dict.fromkeys(cohorts_of(row) for row in rows if row["series"] == unit))
    sizes = span(row for row in rows if row["series"] == unit)
    note = f"Cohorts: {cohorts}. The numbers of {unit} rest on {sizes}. {_drawn_as(rows)}"
    return compared_bands(rows, title, note, looks, is_synthetic)


def _prints(row: Row | None) -> bool:
    return row is not None and is_number(row["value"])


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
    rows: list[dict[str, Any]] = []
    for level, words in RETENTION_LEVELS.items():
        for years in YEARS:
            pair = pairs.get(f"{prefix}_{level}_{years}y")
            row = pair and next((r for r in (pair.pooled, pair.this) if r is not None and is_number(r["value"])), None)
            if row:
                rows.append({**row, "series": words, "years": years})
    if not rows:
        return None
    newest = listed(
        f"{listed(dict.fromkeys(cohorts_of(row) for row in rows if row['years'] == years))} after {years} "
        f"year{'s' if years > 1 else ''}"
        for years in sorted({row["years"] for row in rows})
    )
    note = f"{who}. Cohorts: {newest}. The numbers rest on {span(rows)}. {_drawn_as(rows)}"
    return band_curves(rows, title, note, "years later", is_synthetic)


OUTCOMES = {
    "stayer": "same school",
    "mover_in_district": "moved within the district",
    "mover_other_district": "moved to another district",
    "changed_role": "changed role",
    "left": "left",
}
HIRED = {
    "host_district": "hired by the host district",
    "other_district": "hired by another district",
    "not_found": "not found",
}
READINESS = {
    "fully_ready": "fully ready",
    "mostly_ready": "mostly ready",
    "moderately_ready": "moderately ready",
    "minimally_ready": "minimally ready",
    "not_ready": "not ready",
}


def level_shares(
    sources: Sequence[tuple[str, str, str, pd.DataFrame]],
    dimension: str,
    levels: Mapping[str, str],
    title: str,
    is_synthetic: bool,
) -> Block | None:
    """Shares of levels, a line each, under a heading for each group of people: the unit and the state beside it.

    Banded shares of a whole do not add to one, so they are not stacked: each stands by itself on the same scale.

    sources
        heading, series, measure and the cells of one cohort and window it is told by; a heading is drawn when the
        first series under it has a printed level
    """
    rows: list[dict[str, Any]] = []
    for heading, series, measure, cells in sources:
        mine = cells[(cells["measure"] == measure) & (cells["group"] == dimension)]
        by_level = {row["group_value"]: row for row in mine.to_dict("records")}
        is_first = all(row["heading"] != heading for row in rows)
        if is_first and not any(map(_prints, by_level.values())):
            continue
        rows += [
            {**by_level[level], "heading": heading, "label": words, "series": series}
            for level, words in levels.items()
            if level in by_level
        ]
    if not rows:
        return None
    looks = dict(zip(dict.fromkeys(row["series"] for row in rows), (style.UNIT, style.STATE), strict=False))
    note = f"Each share is told by itself; bands do not add to one. The shares rest on {span(rows)}. {_drawn_as(rows)}"
    return compared_bands(rows, title, note, looks, is_synthetic)


MOST_LINES = 3
"""Lines of a name in a picture; the table beside it has the whole of it."""

PARTNERS_SHOWN = 12
"""Most bars in one figure."""

SMALL_PARTNERS = "Partners with small numbers are not shown."
MANY_PARTNERS = "The largest are drawn; every partnership with a published number has a page of its own."


def partners(
    cells: pd.DataFrame, measure: str, own_name: str, title: str, is_synthetic: bool, is_own: bool = False
) -> Block | None:
    """The unit's published partners by one count, largest first, ties by name. Nothing tells how many others there are.

    is_own
        the release is for this unit alone: its own partners are all there
    """
    mine = cells[(cells["measure"] == measure) & (cells["group"] == "") & cells["value"].notna()]
    published = mine[mine["cohort"] == mine["cohort"].max()].sort_values(
        ["value", "unit_name"], ascending=[False, True]
    )
    if published.empty:
        return None
    drawn = published.head(PARTNERS_SHOWN)
    names = drawn["unit_name"].str.removeprefix(f"{own_name} and ").str.removesuffix(f" and {own_name}")
    frame = pd.DataFrame(
        {
            "label": [_wrapped(name) for name in names],
            "name": list(names),
            "value": drawn["value"].astype(float).to_numpy(),
            "printed": [printed(row) for row in drawn.to_dict("records")],
            "key": [key_of(row) for row in drawn.to_dict("records")],
            "numbers": [numbers_of(row) for row in drawn.to_dict("records")],
        }
    )
    others = [MANY_PARTNERS] * (len(published) > len(drawn)) + [SMALL_PARTNERS] * (not is_own)
    note = f"{cohorts_of(published.iloc[0].to_dict())}, together."
    return bars(frame, title, note, "count", " ".join(others), is_synthetic)


def span(rows: Iterable[Row]) -> str:
    """How many people a set of numbers rests on, from the fewest to the most, as printed."""
    sized = [row for row in rows if is_number(row["n"])]
    if not sized:
        return "people whose number is withheld"
    fewest, most = _fewest(sized), _most(sized)
    if fewest == most:
        return most
    if fewest.startswith("about") and most.startswith("about"):
        return f"{fewest.removesuffix(' people')} to {most.removeprefix('about ')} each"
    return f"{fewest} to {most} each"


def _size_rank(row: Row) -> tuple[float, str]:
    return float(row["n"]), str(row["n_rounding"])


def _size_of(row: Row) -> str:
    return size({**row, "people": None})


def _fewest(rows: Sequence[Row]) -> str:
    return _size_of(min(rows, key=_size_rank)) if rows else ""


def _most(rows: Sequence[Row]) -> str:
    return _size_of(max(rows, key=_size_rank)) if rows else ""


def _wrapped(title: str, width: int = 34) -> str:
    return "\n".join(textwrap.wrap(title, width, max_lines=MOST_LINES, placeholder=" …"))
