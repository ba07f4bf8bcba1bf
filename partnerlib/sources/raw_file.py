"""A raw file that was opened: its rows as text with their lines, whether it is small, large, a sheet or a page."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from partnerlib import engine
from partnerlib.errors import Problem
from partnerlib.sources.large_csv import Gaps, Layout, not_blank, numbered_rows, plain_cells, survey
from partnerlib.sources.sniffing import Form
from partnerlib.sources.workbooks import sheet_rows

LARGE = 8 * 1024 * 1024
"""CSV files beyond this many bytes are read by DuckDB, smaller ones row by row; the rows are the same."""

PROBLEM_COLUMNS = ["source_file", "row", "column", "found", "expected", "action"]


@dataclass(frozen=True)
class RawFile:
    """A raw file that was opened and looked at, but not yet read whole."""

    path: Path
    name: str
    """Path relative to the raw folder, with forward slashes: how every message and `source_file` names it."""
    kind: str
    """`csv`, `xlsx` or `text` (a page saved as text)."""
    sha256: str
    encoding: str
    delimiter: str
    title: str
    """The title line above the header, stripped; empty when there is none."""
    header: tuple[str, ...]
    """Column names as written, stripped; empty for `text`."""
    header_row: int
    """Line of the header, counted from 1; data start after it."""
    data_row: int = 2
    """First line below the header: later than the next one when a name or the header spans lines."""
    remarks: tuple[Problem, ...] = ()
    """What is odd about the whole file and does not prevent reading it; action `flagged`."""
    form: Form | None = field(default=None, repr=False)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """All lines of a `text` file."""
        return tuple(self.path.read_text(encoding=self.encoding).splitlines())

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The header made unique: a repeated name gets its number, an empty one its place."""
        seen: Counter[str] = Counter()
        names = []
        for place, name in enumerate(self.header, start=1):
            name = name or f"column {place}"
            seen[name.casefold()] += 1
            names.append(name if seen[name.casefold()] == 1 else f"{name} ({seen[name.casefold()]})")
        return tuple(names)

    @property
    def is_large(self) -> bool:
        """Too large to be held in memory as a matter of course."""
        return self.kind == "csv" and self.form is not None and self.form.size > LARGE

    @property
    def received(self) -> int:
        """Data rows of the file: not the title, the header or blank lines."""
        return self._gaps.rows + len(self._gaps.ragged)

    def scan(self) -> nw.LazyFrame:
        """Every row with as many cells as the header, lazily, as text; `source_row` (line in the file) first."""
        if self.is_large:
            return engine.lazy(numbered_rows(self._layout, self._gaps))
        schema = pa.schema([("source_row", pa.int64()), *((name, pa.string()) for name in self.columns)])
        return engine.from_pandas(self.frame(), schema)

    def lines_of(self, rows: Iterable[int]) -> list[int]:
        """Lines of the file that hold these rows of `scan()`, its first row counted as 0."""
        wanted = np.fromiter(rows, dtype="int64")
        if not len(wanted):
            return []
        is_counted = "_gaps" in self.__dict__ and len(self._gaps.shifts) > 0
        if not self._may_have_empty_lines and (is_counted or self.is_large):
            shifts = self._gaps.shifts
            at = np.searchsorted(shifts["from_row"].to_numpy(), wanted + 1, side="right") - 1
            return (wanted + 1 + shifts["shift"].to_numpy()[at]).tolist()
        if self.is_large:
            numbered = engine.relation(self.scan()).project("source_row").order("source_row").fetchnumpy()
            return numbered["source_row"][wanted].tolist()
        lines = np.fromiter((line for line, cells in self._rows if len(cells) == len(self.header)), dtype="int64")
        return lines[wanted].tolist()

    def unnumbered(self) -> duckdb.DuckDBPyRelation:
        """The rows of `scan()` in the file's order, without their lines, read by DuckDB on all cores.

        Whoever has read them asks `confirm` with how many came: when every line below the header gave one, that pass
        was enough. Otherwise the file has gaps; a large one is surveyed, and a small one must be read with `scan()`.
        """
        if self.kind != "csv" or self.form is None or (self._may_have_empty_lines and not self.is_large):
            return engine.relation(self.scan())
        where = f" WHERE {not_blank(self.columns)}" if self.form.has_empty_lines else ""
        return engine.connection().sql(f"SELECT {plain_cells(self._layout)} FROM {self._layout.relation()}{where}")

    def confirm(self, rows: int) -> bool:
        """Whether `unnumbered`, which gave so many rows, gave all there are."""
        if self.kind != "csv" or self.form is None or self._may_have_empty_lines or "_gaps" in self.__dict__:
            return True
        if rows == self.form.lines - self._layout.skipped:
            none = pd.DataFrame({"line": pd.Series(dtype=int), "cells": pd.Series(dtype=int)})
            start = pd.DataFrame({"from_row": [1], "shift": [self._layout.skipped]})
            self.__dict__["_gaps"] = Gaps(rows, none, start)
            return True
        return self.is_large

    @property
    def _may_have_empty_lines(self) -> bool:
        return self.form is not None and self.form.has_empty_lines

    def frame(self) -> pd.DataFrame:
        """Every row with as many cells as the header, as text; `source_row` (line in the file) first."""
        if self.is_large:
            return engine.collect(self.scan()).sort_values("source_row", ignore_index=True)
        whole = self.padded_frame()
        return whole[whole["source_cells"] == len(self.header)].drop(columns="source_cells").reset_index(drop=True)

    def padded_frame(self) -> pd.DataFrame:
        """Every data row, short ones filled up with nulls and long ones cut; `source_cells` says what they had."""
        width = len(self.header)
        rows = self._rows
        cells = [[cell or None for cell in row[:width]] + [None] * (width - len(row)) for _, row in rows]
        frame = pd.DataFrame(cells, columns=list(self.columns), dtype=object)
        frame.insert(0, "source_row", pd.Series([line for line, _ in rows], dtype="int64"))
        frame.insert(1, "source_cells", pd.Series([len(row) for _, row in rows], dtype="int64"))
        return frame

    def ragged(self) -> pd.DataFrame:
        """The rows with more or fewer cells than the header, each as a rejected row with its line."""
        expected = f"{len(self.header)} cells, as in the header; mend the row or ask for the file again"
        return problem_frame(
            Problem(self.name, int(line), None, f"{int(cells)} cells", expected, "rejected")
            for line, cells in self._gaps.ragged[["line", "cells"]].itertuples(index=False)
        )

    @cached_property
    def _rows(self) -> list[tuple[int, list[str]]]:
        """Line and cells of every data row that is not blank; empty cells beyond the header are dropped."""
        if self.kind == "text":
            return []
        if self.kind == "xlsx":
            below = [(n, cells) for n, cells in sheet_rows(self.path, self.name)[0] if n >= self.data_row]
            return [(n, _trimmed(cells, len(self.header), fill=True)) for n, cells in below]
        return [(line, _trimmed(cells, len(self.header))) for line, cells in self._csv_rows() if any(cells)]

    def _csv_rows(self) -> Iterator[tuple[int, list[str]]]:
        with self.path.open(encoding=self.encoding, newline="") as handle:
            reader = csv.reader(handle, delimiter=self.delimiter)
            end = 0
            for cells in reader:
                start, end = end + 1, reader.line_num
                if start >= self.data_row:
                    yield start, [cell.strip() for cell in cells]

    @cached_property
    def _layout(self) -> Layout:
        assert self.form is not None
        return Layout(self.path, self.columns, self.delimiter, self.data_row - 1, self.form)

    @cached_property
    def _gaps(self) -> Gaps:
        if self.is_large:
            return survey(self._layout, self.name)
        odd = [(line, len(cells)) for line, cells in self._rows if len(cells) != len(self.header)]
        return Gaps(len(self._rows) - len(odd), pd.DataFrame(odd, columns=["line", "cells"]), pd.DataFrame())


def _trimmed(cells: list[str], width: int, fill: bool = False) -> list[str]:
    """A row without the empty cells beyond the header; a sheet's row filled up to it, for its cells have places."""
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    return cells + [""] * (width - len(cells)) if fill else cells


_NO_PROBLEMS = pd.DataFrame(columns=PROBLEM_COLUMNS).astype({"row": "int64"})


def problem_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Problems in the columns of the `rejects` table; row 0 and an empty column mean the whole file and row."""
    listed = list(problems)
    if not listed:
        return _NO_PROBLEMS.copy()
    records = [
        {**asdict(problem), "row": problem.row or 0, "column": problem.column or ""} for problem in listed
    ]  # fmt: skip
    return pd.DataFrame(records, columns=PROBLEM_COLUMNS).astype({"row": "int64"})
