"""What the agencies' row-level layouts have in common: cells declared once, read by DuckDB in one pass over the file.

A layout lists its cells and how each is read. From that follow the typed rows, the problems with their place in the
file, the duplicates and the counts; a module per layout holds the declaration and nothing else.

A row is rejected only when its identity, or a column that may never be empty, cannot be read, or when it comes twice.
Any other unreadable cell becomes missing and is flagged: losing the row would lose a person for a misprint.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import duckdb
import pandas as pd

from partnerlib import engine
from partnerlib.sources.contract import Conformed, RawColumn, Source
from partnerlib.sources.layouts import Cell, Layout, StagedRows
from partnerlib.sources.reading import RawFile, problem_frame
from partnerlib.sources.readings import quoted
from partnerlib.sources.screening import (
    is_personal,
    look_up,
    moved_columns,
    repeated_rows,
    stray_years,
    together,
    unreadable_cells,
)

_staged_numbers = count(1)


@dataclass(frozen=True)
class StagedFile(Conformed):
    """A conformed file that keeps its staged rows at hand, for checks that span files."""

    staged: StagedRows | None = None


def layout_source(layout: Layout) -> Source:
    """The source of a layout: recognised by its columns, conformed by its cells."""
    kept = tuple(
        RawColumn((cell.raw,), into=cell.into or f"{layout.table}.{cell.name}", personal=is_personal(layout, index))
        for index, cell in enumerate(layout.cells)
    )
    ignored = tuple(RawColumn((raw,), ignored=reason, required=False) for raw, reason in layout.ignored.items())
    wanted = {cell.raw.upper() for cell in layout.cells}

    def recognise(raw: RawFile) -> bool:
        return wanted <= {name.strip().upper() for name in raw.header}

    def conform(raw: RawFile, known: object = None) -> Conformed:
        return conform_layout(raw, layout, known)

    return Source(
        name=layout.name, title=layout.title, feeds=tuple(dict.fromkeys(output.table for output in layout.outputs)),
        columns=kept + ignored, recognise=recognise, conform=conform, quirks=layout.quirks,
        usual_names=layout.usual_names, needs=layout.needs,
    )  # fmt: skip


def conform_layout(raw: RawFile, layout: Layout, known: object = None) -> StagedFile:
    """Read one file of a layout; `known` is what the build knows already, for layouts that need it."""
    staged = stage(raw, layout)
    unreadable = unreadable_cells(staged)
    problems = [problem_frame(raw.remarks), raw.ragged(), moved_columns(staged, unreadable), unreadable]
    problems += [look_up(staged, lookup, known) for lookup in layout.lookups]
    problems += [stray_years(staged), repeated_rows([staged])]
    return staged_file(staged, together(problems))


def staged_file(staged: StagedRows, problems: pd.DataFrame) -> StagedFile:
    """The conformed file as its staged rows stand now; every remark on a rejected row says so."""
    connection = engine.connection()
    rejected = problems.loc[(problems["action"] == "rejected") & (problems["row"] > 0), "row"].unique()
    problems = problems.assign(action=problems["action"].mask(problems["row"].isin(rejected), "rejected"))
    kept = staged.kept()
    tables = {
        name: engine.lazy(connection.sql(staged.table_sql(name)))
        for name in dict.fromkeys(output.table for output in staged.layout.outputs)
    }
    return StagedFile(tables, problems, staged.raw.received, accepted=kept, rejected=len(rejected), staged=staged)


def stage(raw: RawFile, layout: Layout) -> StagedRows:
    """Read the file's kept columns into an engine table, one row per data row, in the file's order.

    The engine's own row number leads to the line in the file: asking for a numbered scan would read on one core only.
    """
    table = f"staged_{next(_staged_numbers)}"
    if not raw.confirm(_stage_rows(raw.unnumbered(), layout, table)):
        _stage_rows(engine.relation(raw.scan()), layout, table)
    return StagedRows(table, layout, raw)


def _stage_rows(relation: duckdb.DuckDBPyRelation, layout: Layout, table: str) -> int:
    """Cells read, unreadable ones remarked upon, rows without a required cell set aside; how many rows there are."""
    written = {name.strip().upper(): name for name in relation.columns}
    texts, values, remarks, needed = [], [], [], []
    for index, cell in enumerate(layout.cells):
        text, value, tests = _cell_sql(cell, written[cell.raw.upper()], index)
        texts.append(text)
        values.append(value)
        remarks += tests
        needed += [f'"{cell.name}" IS NOT NULL'] if cell.required else []
    names = ", ".join(f'"{cell.name}"' for cell in layout.cells)
    listed = ", ".join(f"CASE WHEN {test} THEN {remark} END" for test, remark in remarks)
    remarkable = " OR ".join(test for test, _ in remarks)
    remark_list = f"CASE WHEN {remarkable} THEN list_filter([{listed}], lambda r: r IS NOT NULL) END"
    relation.query(
        "scanned",
        f"""CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT {names}, {" AND ".join(needed) or "TRUE"} AS is_kept, {remark_list if remarks else "NULL"} AS remarks
        FROM (SELECT *, {", ".join(values)} FROM (SELECT {", ".join(texts)} FROM scanned))""",
    )
    return int(engine.connection().execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _cell_sql(cell: Cell, column: str, index: int) -> tuple[str, str, list[tuple[str, str]]]:
    """SQL of a cell: its stripped text, its value, and the tests with the remark each leaves."""
    x, v = f'"x_{cell.name}"', f'"{cell.name}"'
    written = '"' + column.replace('"', '""') + '"'
    absent = ", ".join(quoted(word) for word in cell.reading.not_applicable)
    text = f"CASE WHEN {written} NOT IN ({absent}) THEN {written} END AS {x}" if absent else f"{written} AS {x}"
    value = f"{cell.reading.value.replace('{x}', x)} AS {v}"
    tests = []
    if cell.required:
        tests.append((f"{v} IS NULL", f"{{'cell': {index}, 'found': {x}, 'mended': FALSE}}"))
    elif not cell.reading.takes_any_text:
        tests.append((f"({v} IS NULL AND {x} IS NOT NULL)", f"{{'cell': {index}, 'found': {x}, 'mended': FALSE}}"))
    if cell.reading.repaired:
        mended = cell.reading.repaired.replace("{x}", x).replace("{v}", v)
        tests.append((f"coalesce({mended}, FALSE)", f"{{'cell': {index}, 'found': {x}, 'mended': TRUE}}"))
    return text, value, tests
