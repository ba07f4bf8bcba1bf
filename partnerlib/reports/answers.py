"""Evidence in sentences ready to paste, and the tables of a view: partners side by side, fields of licences.

An answer says what was measured, for whom and how surely, and beside it the cohort before and the state. It never says
more than its intervals carry, and a number that cannot be printed is named with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from partnerlib.display.blocks import Quote, Words, quoting
from partnerlib.display.keys import key_of
from partnerlib.display.printed import printed
from partnerlib.display.tables import Cell, Table, estimate_cell
from partnerlib.display.text import MARKS, is_number
from partnerlib.reports.cohorts import POOLED, Compared, Row, cohorts_of
from partnerlib.reports.definitions import definition
from partnerlib.reports.headlines import sentence

OVERLAP = " The two 95% intervals overlap: no difference from the state is shown."
SIDE_BY_SIDE = (
    "Partnerships with a published number, three cohorts pooled. Others may exist; small ones are not listed."
)
APART = {
    1: " The two 95% intervals lie apart, this one higher; selection alone can make such a difference.",
    -1: " The two 95% intervals lie apart, this one lower; selection alone can make such a difference.",
}

COHORTS = {1: "Newest cohort", POOLED: "Three cohorts pooled"}
"""What a window is called in the head of a table."""


def answer(found: Sequence[Compared]) -> Words:
    """Each measure in a line of its own: the number, the cohort before, the state, and whether they differ at all."""
    pieces: list[str | Quote] = []
    for pair in found:
        told = _told(pair) if pair.best is not None else [_untold(pair)]
        pieces += [*(["\n"] if pieces else []), *told]
    return quoting("answer", pieces) if pieces else Words("No number of this release informs it.", "answer")


def _told(pair: Compared) -> list[str | Quote]:
    pieces = sentence(pair, with_state=True)
    before = pair.before
    if pair.best is pair.this and before is not None and is_number(before["value"]):
        pieces += [" A cohort before: ", Quote(printed(before), key_of(before)), "."]
    difference = apart(pair.best, pair.state_beside_best) if pair.statistic != "count" else None
    return [*pieces, *([] if difference is None else [APART.get(difference, OVERLAP)])]


def _untold(pair: Compared) -> str:
    row = pair.this if pair.this is not None else pair.pooled
    status = "missing" if row is None else str(row["status"])
    reason = MARKS[status].meaning if status in MARKS else MARKS["missing"].meaning
    return f"{definition(pair.measure).title}: {reason}."


def apart(row: Row | None, state: Row | None) -> int | None:
    """Whether an interval lies above (1) or below (-1) the state's, or overlaps it (0); None where either has none."""
    ends = [row.get(end) if row is not None else None for end in ("low", "high")]
    ends += [state.get(end) if state is not None else None for end in ("low", "high")]
    if not all(map(is_number, ends)):
        return None
    low, high, state_low, state_high = (float(str(end)) for end in ends)
    return 1 if low > state_high else -1 if high < state_low else 0


def scorecard(ties: pd.DataFrame, own_name: str, measures: Sequence[str], caption: str, heading: str) -> Table | None:
    """Published partners of a unit, a row each, with some measures beside one another: three cohorts pooled."""
    rows = ties[(ties["group"] == "") & (ties["window_years"] == POOLED) & ties["measure"].isin(measures)]
    newest = rows.groupby("measure")["cohort"].transform("max")
    rows = rows[rows["cohort"] == newest]
    cells = {(row["unit_code"], row["measure"]): row for row in rows.to_dict("records")}
    names = rows.drop_duplicates("unit_code").set_index("unit_code")["unit_name"]
    order = sorted(names.index, key=lambda code: (-_size(cells.get((code, measures[0]))), str(names[code]), code))
    if not order:
        return None
    body = [
        [Cell(_partner(str(names[code]), own_name)), *(estimate_cell(cells.get((code, name))) for name in measures)]
        for code in order
    ]
    columns = [heading, *(definition(name).title for name in measures)]
    years = "; ".join(filter(None, (_cohorts(name, rows) for name in measures)))
    note = f"{SIDE_BY_SIDE} {years}."
    return Table(caption, columns, body, note)


def _cohorts(measure: str, rows: pd.DataFrame) -> str:
    of_measure = rows[rows["measure"] == measure]
    if of_measure.empty:
        return ""
    return f"{definition(measure).title}: {cohorts_of(of_measure.iloc[0].to_dict())}"


def _size(row: Row | None) -> float:
    return float(row["value"]) if row is not None and is_number(row["value"]) else -1.0


def _partner(pair: str, own_name: str) -> str:
    return pair.removeprefix(f"{own_name} and ").removesuffix(f" and {own_name}")


def by_group(cells: pd.DataFrame, measure: str, group: str, caption: str, heading: str, note: str) -> Table | None:
    """One measure of the state by a subgroup: newest cohort and three pooled, highest first."""
    mine = cells[(cells["measure"] == measure) & (cells["group"] == group)]
    if not mine["value"].notna().any():
        return None
    windows = [(window, mine[mine["window_years"] == window]) for window in (1, POOLED)]
    newest = {window: rows[rows["cohort"] == rows["cohort"].max()] for window, rows in windows if not rows.empty}
    found = {window: {row["group_value"]: row for row in rows.to_dict("records")} for window, rows in newest.items()}
    widest = found[max(found)]
    order = sorted(mine["group_value"].unique(), key=lambda value: (-_size(widest.get(value)), str(value)))
    body = [
        [Cell(str(value).replace("_", " ").capitalize()), *(estimate_cell(rows.get(value)) for rows in found.values())]
        for value in order
    ]
    # No year stands in the head: a head is repeated on every sheet of paper, and the years with it.
    columns = [heading, *(COHORTS[window] for window in found)]
    years = "; ".join(f"{COHORTS[window]}: {cohorts_of(next(iter(rows.values())))}" for window, rows in found.items())
    return Table(caption, columns, body, f"{note} {years}.".strip(), [measure] * len(body))
