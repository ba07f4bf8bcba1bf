"""Processed tables into Parquet files: exact types, sorted, the same bytes for the same rows.

The large tables are sorted and set down one school year after another: a year fits memory where ten do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from partnerlib import engine
from partnerlib.checking import TakenFile, release, rows_of
from partnerlib.derivation import DERIVED
from partnerlib.sources.layouts import StagedRows
from partnerlib.sources.microdata import StagedFile
from partnerlib.tables import TABLES, Table

YEARS_BEFORE = 2
"""School years before its own that a derived row may look at."""
_TYPES = {"text": "VARCHAR", "int": "BIGINT", "float": "DOUBLE", "bool": "BOOLEAN", "date": "DATE"}


def write_files(name: str, files: Sequence[TakenFile], folder: Path, is_last: bool) -> None:
    """The table that these files give together; `is_last` when no other table needs their rows.

    Rows that nothing needs any longer are forgotten at once, so that the next year takes their place in memory.
    """
    years = {file.raw.name: _years(file, TABLES[name]) for file in files}
    if not all(years.values()):
        rows = _union([rows_of(file, name) for file in files])
        write_table(name, DERIVED[name](rows, rows) if name in DERIVED else rows, folder)
        return
    connection = engine.connection()
    table = TABLES[name]
    connection.execute("CREATE OR REPLACE TEMP TABLE ordered (" + ", ".join(
        f'"{column.name}" {_TYPES[column.type]}' for column in table.columns) + ")")  # fmt: skip
    for year in sorted(set().union(*years.values())):
        rows = _of_years(name, files, years, {year})
        if name in DERIVED:
            before = set(range(year - YEARS_BEFORE, year))
            rows = DERIVED[name](rows, _of_years(name, files, years, before))
        connection.execute(f"INSERT INTO ordered {_typed(table, rows)} ORDER BY {_order(table)}")
        if is_last:
            kept_from = year + 1 - (YEARS_BEFORE if name in DERIVED else 0)
            release([file for file in files if max(years[file.raw.name]) < kept_from])
    _write(f"SELECT * FROM ordered UNION ALL {_no_row(table)}", folder / f"{name}.parquet")
    connection.execute("DROP TABLE ordered")


def write_table(name: str, query: str | None, folder: Path) -> None:
    """One processed table from a query, sorted as a whole; without a query, an empty one."""
    table = TABLES[name]
    path = folder / f"{name}.parquet"
    if query is None:
        pq.write_table(table.arrow_schema().empty_table(), path)
        return
    _write(f"{_typed(table, query)} UNION ALL {_no_row(table)} ORDER BY {_order(table)}", path)


def _write(query: str, path: Path) -> None:
    engine.write_parquet(engine.lazy(engine.connection().sql(query)), path)


def _typed(table: Table, query: str) -> str:
    """The query's rows in the table's columns and types."""
    columns = (f'CAST("{column.name}" AS {_TYPES[column.type]}) AS "{column.name}"' for column in table.columns)
    return f"SELECT {', '.join(columns)} FROM ({query})"


def _no_row(table: Table) -> str:
    """A row of nulls that never comes: DuckDB marks a column without nulls as required, and the types would depend
    on the content."""
    nothing = ", ".join(f"CAST(NULL AS {_TYPES[column.type]})" for column in table.columns)
    return f"SELECT {nothing} WHERE random() < -1"


def _order(table: Table) -> str:
    return ", ".join(f'"{column}"' for column in table.order)


def _union(queries: Sequence[str]) -> str:
    return " UNION ALL ".join(queries)


def _years(file: TakenFile, table: Table) -> frozenset[int]:
    """The school years a file has rows of; none where its rows are not held by year."""
    staged = _staged(file)
    if staged is None or "school_year" not in table.key or "school_year" not in staged.layout.grain:
        return frozenset()
    return staged.school_years


def _staged(file: TakenFile) -> StagedRows | None:
    return file.conformed.staged if isinstance(file.conformed, StagedFile) else None


def _of_years(name: str, files: Sequence[TakenFile], years: dict[str, frozenset[int]], wanted: set[int]) -> str:
    """SQL of the rows of some school years, from the files that have any."""
    listed = ", ".join(str(year) for year in sorted(wanted))
    parts = [
        rows_of(file, name) if years[file.raw.name] <= wanted
        else f"SELECT * FROM ({rows_of(file, name)}) WHERE school_year IN ({listed})"
        for file in files if years[file.raw.name] & wanted
    ]  # fmt: skip
    return _union(parts) or f"SELECT * FROM ({rows_of(files[0], name)}) WHERE FALSE"
