"""CSV files too large for memory: scanned by DuckDB on all cores, with the line of the file beside every row.

DuckDB numbers the rows it accepts. Lines it does not count (blank ones, rows with too many or too few cells, line
breaks inside quotes) are found by one cheap survey of the file, and shift the numbers that follow them.
"""

from __future__ import annotations

import atexit
import codecs
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import duckdb
import pandas as pd

from partnerlib import engine
from partnerlib.sources.sniffing import BLOCK, Form, unreadable

MAX_RAGGED = 100_000
"""More rows than this with the wrong number of cells: the file is not one table, and is refused."""
_SCAN_NUMBER = count(1)


@dataclass(frozen=True)
class Layout:
    """What DuckDB needs to know to read the rows below the header."""

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    skipped: int
    """Lines above the first data row."""
    form: Form

    @property
    def source(self) -> Path:
        """The file itself, or its copy in UTF-8 with plain line ends where DuckDB could not read the original."""
        if self.form.encoding.startswith("utf-8") and self.form.newline != "\r":
            return self.path
        return _plain_copy(self.path, self.form.encoding, self.form.newline)

    def relation(self, rejects: str = "") -> str:
        """The `read_csv` call. Rows with the wrong number of cells are left out, and listed in `rejects` if named."""
        columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in self.columns)
        wrong = f"store_rejects=true, rejects_table={_text(rejects)}, rejects_scan={_text(rejects + '_scan')}, " \
                "rejects_limit=0" if rejects else "ignore_errors=true"  # fmt: skip
        return (
            f"read_csv({_text(str(self.source))}, auto_detect=false, header=false, skip={self.skipped}, "
            f"columns={{{columns}}}, delim={_text(self.delimiter)}, quote='\"', escape='\"', nullstr='', "
            f"strict_mode=true, max_line_size={8 * BLOCK}, {wrong})"
        )


@dataclass(frozen=True)
class Gaps:
    """What one pass over the rows found besides rows."""

    rows: int
    """Rows with as many cells as the header, blank ones left out."""
    ragged: pd.DataFrame
    """`line`, `cells` of every row with another number of cells."""
    shifts: pd.DataFrame
    """`from_row`, `shift`: from this accepted row on, so many lines stand between its number and its line."""


def survey(layout: Layout, name: str) -> Gaps:
    """Count the rows of a large file and find every line that is not a row with all its cells."""
    connection = engine.connection()
    rejects = f"rejects_{next(_SCAN_NUMBER)}"
    try:
        accepted = _one(connection, f"SELECT count(*) FROM {layout.relation(rejects)}")
        listed = connection.sql(
            f"SELECT line, line_byte_position, min(csv_line) AS csv_line, min(column_idx) AS first_column, "
            f"bool_or(error_type = 'TOO MANY COLUMNS') AS is_long, "
            f"string_agg(DISTINCT CAST(error_type AS VARCHAR)) AS kinds "
            f"FROM {rejects} GROUP BY line, line_byte_position ORDER BY line"
        ).df()
    except duckdb.Error as error:
        raise unreadable(name, f"rows that cannot be parsed ({str(error).splitlines()[0][:160]})",
                         "one table with one separator; export the file again") from None  # fmt: skip
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {rejects}; DROP TABLE IF EXISTS {rejects}_scan")
    _refuse_broken(listed, name)
    empty = _empty_lines(layout)
    broken: list[tuple[int, int]] = []
    if accepted + layout.skipped + len(listed) + len(empty) != layout.form.lines:
        broken = _broken_rows(layout)
        listed["line"] = _lines_at(layout.source, listed["line_byte_position"])
    shifts = _shifts(sorted([*listed["line"].astype(int), *empty]), layout.skipped, broken)
    ragged = listed[listed["csv_line"].str.strip().ne("")]
    too_many = ragged["csv_line"].str.count("\\" + layout.delimiter) + 1
    cells = ragged["first_column"].where(~ragged["is_long"], too_many)
    rows = accepted
    if layout.form.has_empty_lines:
        rows = _one(connection, f"SELECT count(*) FROM {layout.relation()} WHERE {not_blank(layout.columns)}")
    return Gaps(rows, pd.DataFrame({"line": ragged["line"].astype(int), "cells": cells.astype(int)}), shifts)


def _refuse_broken(listed: pd.DataFrame, name: str) -> None:
    broken = listed[listed["kinds"].str.contains("QUOTE|LINE SIZE|UNICODE|STATE", regex=True)]
    if len(broken):
        raise unreadable(name, "a quote that is opened and never closed, or stands inside a value",
                         "every quote in a pair; the file was cut off or badly written: ask for it again",
                         int(broken["line"].iloc[0]))  # fmt: skip
    if len(listed) > MAX_RAGGED:
        raise unreadable(name, f"{len(listed):,} rows whose number of cells is not the header's",
                         "one table under one header; ask for the file again", int(listed["line"].iloc[0]))  # fmt: skip


def _empty_lines(layout: Layout) -> list[int]:
    """Lines with nothing on them: DuckDB passes over them without counting."""
    if not layout.form.has_empty_lines:
        return []
    with layout.source.open("rb") as handle:
        return [n for n, line in enumerate(handle, start=1) if n > layout.skipped and line in (b"\n", b"\r\n")]


def _broken_rows(layout: Layout) -> list[tuple[int, int]]:
    """Accepted rows that span several lines, and over how many more they run."""
    breaks = " + ".join(f"coalesce(length({_name(c)}) - length(replace({_name(c)}, chr(10), '')), 0)"
                        for c in layout.columns)  # fmt: skip
    numbered = f"SELECT row_number() OVER () AS n, {breaks} AS extra FROM {layout.relation()}"
    found = engine.connection().execute(f"SELECT n, extra FROM ({numbered}) WHERE extra > 0 ORDER BY n").fetchall()
    return [(int(n), int(extra)) for n, extra in found]


def _lines_at(path: Path, positions: pd.Series) -> list[int]:
    """The lines on which bytes of a file stand: DuckDB counts a row over several lines as one."""
    breaks = 0
    found: dict[int, int] = {}
    wanted = sorted(set(positions.astype(int)))
    with path.open("rb") as handle:
        at = 0
        for position in wanted:
            while at < position:
                block = handle.read(min(BLOCK, position - at))
                breaks, at = breaks + block.count(b"\n"), at + len(block)
            found[position] = breaks + 1
    return [found[int(position)] for position in positions]


def _shifts(lost: Sequence[int], skipped: int, broken: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """From which accepted row on how many lines are to be added: those above the first row, those that are no row,
    and the further lines of rows with line breaks inside quotes."""
    points, shift, pending = [(1, skipped)], skipped, list(broken)
    for line in lost:
        while pending and pending[0][0] + shift < line:
            row, extra = pending.pop(0)
            shift += extra
            points.append((row + 1, shift))
        points.append((line - shift, shift + 1))
        shift += 1
    for row, extra in pending:
        shift += extra
        points.append((row + 1, shift))
    return pd.DataFrame(points, columns=["from_row", "shift"]).drop_duplicates("from_row", keep="last")


def numbered_rows(layout: Layout, gaps: Gaps) -> duckdb.DuckDBPyRelation:
    """Every regular row as text, its line in the file first. Reading without `source_row` runs on all cores."""
    connection = engine.connection()
    cells = plain_cells(layout)
    where = f" WHERE {not_blank(layout.columns)}" if layout.form.has_empty_lines else ""
    if len(gaps.shifts) == 1:
        number = f"row_number() OVER () + {int(gaps.shifts['shift'].iloc[0])} AS source_row"
        return connection.sql(f"SELECT * FROM (SELECT {number}, {cells} FROM {layout.relation()}){where}")
    shifts = f"line_shifts_{next(_SCAN_NUMBER)}"
    connection.register(shifts, gaps.shifts)
    connection.execute(f"CREATE TEMP TABLE {shifts}_kept AS SELECT * FROM {shifts}")
    connection.unregister(shifts)
    names = ", ".join(_name(name) for name in layout.columns)
    return connection.sql(
        f"SELECT accepted_row + shift AS source_row, {names} FROM "
        f"(SELECT row_number() OVER () AS accepted_row, {cells} FROM {layout.relation()}) "
        f"ASOF JOIN {shifts}_kept ON accepted_row >= from_row{where}"
    )


def not_blank(columns: Sequence[str]) -> str:
    """SQL that is true for a row with anything in it."""
    return f"coalesce({', '.join(_name(name) for name in columns)}) IS NOT NULL"


def plain_cells(layout: Layout) -> str:
    """SQL of every cell, padding stripped where the file has any."""
    return ", ".join(_cell(name, layout.form.is_padded) for name in layout.columns)


def _cell(name: str, is_padded: bool) -> str:
    return f"nullif(trim({_name(name)}), '') AS {_name(name)}" if is_padded else _name(name)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


@cache
def _copies() -> Path:
    folder = tempfile.mkdtemp(prefix="partnerlib-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@cache
def _plain_copy(path: Path, encoding: str, newline: str) -> Path:
    """A copy in UTF-8 with plain line ends, written in blocks and removed when the process ends."""
    target = _copies() / f"{next(_SCAN_NUMBER)}.csv"
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict" if encoding == "utf-16" else "replace")
    with path.open("rb") as raw, target.open("w", encoding="utf-8", newline="") as plain:
        for block in iter(lambda: raw.read(BLOCK), b""):
            text = decoder.decode(block)
            plain.write(text.replace("\r", "\n") if newline == "\r" else text)
    return target
