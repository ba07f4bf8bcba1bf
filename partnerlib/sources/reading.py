"""Opening a raw file safely: what kind of file it is, where its header stands, and its cells as text.

Nothing here knows what the columns mean. A file that cannot be read is a `Problem` that says what to do.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import narwhals as nw
import pandas as pd

from partnerlib import engine
from partnerlib.errors import DataError, Problem


class UnreadableFile(DataError):
    """A raw file that is not what it seems: carries the `Problem` to list."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


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

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """All lines of a `text` file."""
        return tuple(self.path.read_text(encoding=self.encoding).splitlines())

    def frame(self) -> pd.DataFrame:
        """Every data row as text, named by the header, with `source_row` (line in the file) first."""
        frame = engine.collect(self.scan())
        return frame

    def scan(self) -> nw.LazyFrame:
        """The same, lazily, for large CSV files."""
        connection = engine.connection()
        relation = connection.read_csv(
            str(self.path), header=True, all_varchar=True, delimiter=self.delimiter, skiprows=self.header_row - 1
        )
        numbered = relation.project(f"row_number() OVER () + {self.header_row} AS source_row, *")
        return engine.lazy(numbered)


def open_raw(path: Path, root: Path) -> RawFile:
    """Look at a file: kind, encoding, delimiter, title and header.

    Raises
        UnreadableFile  with the problem and what to do, for anything that is not a readable table
    """
    name = path.relative_to(root).as_posix()
    content = path.read_bytes()
    if not content.strip():
        raise UnreadableFile(
            Problem(name, None, None, "an empty file", "a header and rows; ask for it again", "rejected")
        )
    with path.open(encoding="utf-8-sig", newline="") as handle:
        header = next(csv.reader(handle))
    return RawFile(
        path=path, name=name, kind="csv", sha256=hashlib.sha256(content).hexdigest(), encoding="utf-8", delimiter=",",
        title="", header=tuple(cell.strip() for cell in header), header_row=1,
    )  # fmt: skip
