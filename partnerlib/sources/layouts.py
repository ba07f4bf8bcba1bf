"""How a row-level layout is declared: its cells, what makes a row unique, and the tables it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from partnerlib import engine
from partnerlib.sources.reading import RawFile
from partnerlib.sources.readings import Reading, quoted
from partnerlib.tables import TABLES

PARTITIONS = ("school_year", "collection")
"""What a file is one of: rows of different years or collections are never each other's duplicates."""


@dataclass(frozen=True)
class Cell:
    """One raw column that is kept."""

    raw: str
    """Column name in the file."""
    name: str
    """Column name once read."""
    reading: Reading
    into: str = ""
    """`table.column` it feeds, several separated by a blank; the layout's own table and `name` unless told."""
    required: bool = False
    """A row without it is rejected."""
    personal: bool = False


@dataclass(frozen=True)
class Output:
    """Rows of one processed table made from the rows of a layout."""

    table: str
    expressions: Mapping[str, str] = field(default_factory=dict)
    """Per column of the table, a DuckDB expression over the cells; a column not named here is the cell of its name."""
    where: str = "TRUE"
    """Which rows of the file give one."""
    each: str = ""
    """An `unnest(...) AS name` that gives several rows for one of the file; the expressions may use the name."""


@dataclass(frozen=True)
class Lookup:
    """Values found outside the file, such as the code of a written place name; asked once per distinct value."""

    on: tuple[str, ...]
    gives: tuple[str, ...]
    resolve: Callable[[pd.DataFrame, object], pd.DataFrame]
    """Distinct values of `on` (and what the build knows) -> the same rows with `gives` and, for those that
    cannot be used, `trouble_column`, `trouble_found` and `trouble_expected`."""


@dataclass(frozen=True)
class Layout:
    """A row-level file of an agency."""

    name: str
    title: str
    table: str
    """The processed table its cells feed unless they say otherwise."""
    cells: tuple[Cell, ...]
    grain: tuple[str, ...]
    """What makes a row of the file unique."""
    outputs: tuple[Output, ...]
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Raw columns nothing keeps, with the reason."""
    lookups: tuple[Lookup, ...] = ()
    usual_names: tuple[str, ...] = ()
    """Words by which the agencies' people name such files; a file so named with other content is reported."""
    needs: tuple[str, ...] = ()
    """Tables that must be known before this file can be read."""
    quirks: tuple[str, ...] = ()


@dataclass(frozen=True)
class StagedRows:
    """The rows of one file in the engine: every cell, `is_kept`, and `source_row`."""

    table: str
    layout: Layout
    raw: RawFile

    @property
    def file(self) -> str:
        """The file's name, as messages and `source_file` give it."""
        return self.raw.name

    def lines(self, row_ids: Iterable[int]) -> list[int]:
        """Lines of the file that hold these rows, counted from the engine's row number."""
        return self.raw.lines_of(row_ids)

    def table_sql(self, table: str) -> str:
        """The rows this file gives a processed table, with exactly its columns."""
        return " UNION ALL ".join(self._output_sql(output) for output in self.layout.outputs if output.table == table)

    def _output_sql(self, output: Output) -> str:
        columns = []
        for name in TABLES[output.table].column_names:
            expression = quoted(self.file) if name == "source_file" else output.expressions.get(name, f'"{name}"')
            columns.append(f'{expression} AS "{name}"')
        rows = f"(SELECT *, {output.each} FROM {self.table})" if output.each else self.table
        return f"SELECT {', '.join(columns)} FROM {rows} WHERE is_kept AND ({output.where})"

    def drop(self) -> None:
        engine.connection().execute(f"DROP TABLE IF EXISTS {self.table}")

    @cached_property
    def partitions(self) -> frozenset[tuple[object, ...]]:
        """The years and collections met in the file."""
        present = [name for name in PARTITIONS if name in self.layout.grain]
        sql = f"SELECT DISTINCT {', '.join(present) or '1'} FROM {self.table} WHERE is_kept"
        return frozenset(engine.connection().execute(sql).fetchall())

    @property
    def school_years(self) -> frozenset[int]:
        """The school years met in the file, for layouts that hold rows by year."""
        return frozenset(int(str(year)) for year, *_ in self.partitions)

    def kept(self) -> int:
        """Rows accepted so far."""
        sql = f"SELECT count(*) FROM {self.table} WHERE is_kept"
        return int(engine.connection().execute(sql).fetchall()[0][0])
