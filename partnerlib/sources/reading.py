"""Opening a raw file safely: what kind of file it is, where its header stands, and its cells as text.

Nothing here knows what the columns mean. A file that cannot be read is a `Problem` that says what to do.

For the author of a source
    `raw.scan()`    every regular data row as text (lazy; DuckDB reads large files on all cores), padding stripped,
                    empty cells null, `source_row` (line of the file) first. Leave `source_row` out of what you
                    select where you can: numbering the rows keeps DuckDB to one core.
    `raw.frame()`   the same, collected into pandas; for files that fit memory.
    `raw.ragged()`  one problem per row with more or fewer cells than the header, in the columns of `rejects`.
                    Append it to your problems: these rows are in neither `scan()` nor `frame()`.
    `raw.received`  data rows of the file, ragged ones included, blank lines not:
                    `received == len(frame()) + len(ragged())`, so that accepted + rejected can be made to equal it.
    `raw.remarks`   problems of the whole file with action `flagged` (fallback encoding, hidden sheet ...): pass them on
                    with `problem_frame(raw.remarks)`.
    `raw.padded_frame()`  regular and ragged rows together for layouts whose rows were short in some years;
                    `source_cells` says how many cells the row had.
    `raw.columns`   names of the columns of the frames: the header's, made unique ("# Retained", "# Retained (2)").
All of them may raise `UnreadableFile` for a large file found broken in the middle.
"""

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
from partnerlib.sources.headers import Header, delimiter_of, find_header, head_rows
from partnerlib.sources.large_csv import Gaps, Layout, numbered_rows, plain_cells, survey
from partnerlib.sources.sniffing import Form, UnreadableFile, form_of, hash_of, kind_of, unreadable
from partnerlib.sources.workbooks import sheet_rows

__all__ = ["LARGE", "RawFile", "UnreadableFile", "open_raw", "problem_frame"]

HEAD = 256 * 1024
"""Bytes looked at to find separator, title and header; and as many at the end, to see whether the file is whole."""
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
        if self.is_large:
            shifts = self._gaps.shifts
            at = np.searchsorted(shifts["from_row"].to_numpy(), wanted + 1, side="right") - 1
            return (wanted + 1 + shifts["shift"].to_numpy()[at]).tolist()
        lines = np.fromiter((line for line, cells in self._rows if len(cells) == len(self.header)), dtype="int64")
        return lines[wanted].tolist()

    def unnumbered(self) -> duckdb.DuckDBPyRelation | None:
        """The rows of a large file without their lines, read in one pass; None when the file may have gaps.

        The reader must say with `confirm` how many rows came: only when every line below the header gave one was the
        pass enough, and the survey of the gaps is spared.
        """
        if not self.is_large or self.form is None or self.form.has_empty_lines or "_gaps" in self.__dict__:
            return None
        return engine.connection().sql(f"SELECT {plain_cells(self._layout)} FROM {self._layout.relation()}")

    def confirm(self, rows: int) -> bool:
        """Whether so many rows are all lines below the header, so that the nth row stands on the nth line of them."""
        assert self.form is not None
        if rows != self.form.lines - self._layout.skipped:
            return False
        none = pd.DataFrame({"line": pd.Series(dtype=int), "cells": pd.Series(dtype=int)})
        start = pd.DataFrame({"from_row": [1], "shift": [self._layout.skipped]})
        self.__dict__["_gaps"] = Gaps(rows, none, start)
        return True

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


def problem_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Problems in the columns of the `rejects` table; row 0 and an empty column mean the whole file and row."""
    records = [
        {**asdict(problem), "row": problem.row or 0, "column": problem.column or ""} for problem in problems
    ]  # fmt: skip
    return pd.DataFrame(records, columns=PROBLEM_COLUMNS).astype({"row": "int64"})


def open_raw(path: Path, root: Path) -> RawFile:
    """Look at a file: kind, encoding, delimiter, title and header.

    Raises
        UnreadableFile  with the problem and what to do, for anything that is not a readable table or page
    """
    name = path.relative_to(root).as_posix()
    if kind_of(path, name) == "xlsx":
        return _open_workbook(path, name)
    form = form_of(path, name)
    with path.open("rb") as handle:
        head = handle.read(HEAD)
    text = head.decode(form.encoding, errors="ignore")
    if form.size > HEAD:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    delimiter = delimiter_of(text)
    if not delimiter:
        return RawFile(path, name, "text", form.sha256, form.encoding, "", "", (), 0, 1, _encoding_remark(name, form),
                       form)  # fmt: skip
    rows = head_rows(text, delimiter)
    header = find_header(rows, name)
    raw = RawFile(path, name, "csv", form.sha256, form.encoding, delimiter, header.title, header.names, header.row,
                  header.last_row + 1, _encoding_remark(name, form), form)  # fmt: skip
    _refuse_cut_off(raw, form)
    return raw


def _open_workbook(path: Path, name: str) -> RawFile:
    rows, remarks = sheet_rows(path, name)
    header: Header = find_header([(n, n, cells) for n, cells in rows[:200]], name)
    return RawFile(path, name, "xlsx", hash_of(path), "utf-8", "", header.title, header.names, header.row,
                   header.last_row + 1, tuple(remarks))  # fmt: skip


def _encoding_remark(name: str, form: Form) -> tuple[Problem, ...]:
    if form.encoding.startswith("utf-8"):
        return ()
    label = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "utf-16": "UTF-16"}[form.encoding]
    found = "UTF-16 text" if form.encoding == "utf-16" else f"bytes that are not UTF-8, read as {label}"
    return (Problem(name, None, None, found, "UTF-8; compare names with accents and dashes", "flagged"),)


def _refuse_cut_off(raw: RawFile, form: Form) -> None:
    """A last line that ends early, or a quote that is never closed: rows are missing, nobody knows how many."""
    if form.quotes % 2 and raw.is_large:
        raw.received  # noqa: B018 - the survey of the rows finds the open quote and says where
    if form.ends_with_newline and not form.quotes % 2:
        return
    with raw.path.open("rb") as handle:
        handle.seek(max(0, form.size - HEAD))
        tail = handle.read().decode(raw.encoding.replace("-sig", ""), errors="ignore")
    rows = [row for row in head_rows(tail, raw.delimiter) if any(row[2])]
    first, last, cells = rows[-1]
    above = len(rows[-2][2]) if len(rows) > 1 else len(raw.header)
    at = form.lines - (last - first)
    if form.quotes % 2 and last > first:
        raise unreadable(raw.name, "a quote that is opened and never closed",
                         "every quote in a pair; the file was cut off: ask for it again", at)  # fmt: skip
    if not form.ends_with_newline and at >= raw.data_row and len(cells) < min(above, len(raw.header)):
        raise unreadable(raw.name, f"a last line of {len(cells)} cells that does not end",
                         f"{len(raw.header)} cells as in the header; the file was cut off: ask for it again",
                         at)  # fmt: skip
