"""The files of a release read back as anybody would read them: cells, definitions, and whatever else they hold.

Shares no code with what writes the files. A file that cannot be read, or that no release has, is told as a leak:
silence about it would be a guess.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from partnerlib.disclosure.audit.other_formats import ENDINGS, leaks_of, page_of
from partnerlib.disclosure.audit.pages import Page, read_page
from partnerlib.disclosure.audit.workbooks import Sheet, read_workbook
from partnerlib.disclosure.cells import DEFINITION_COLUMNS, KEY, PUBLIC_COLUMNS, checked
from partnerlib.disclosure.manifest import content_sha256, seal_of
from partnerlib.errors import DataError, ReleaseRefused

CELLS, DEFINITIONS, WORKBOOK = "cells.csv", "definitions.csv", "cells.xlsx"
MANIFEST = "manifest.json"
FRONT = "index.html"
ACCOUNTS = (MANIFEST, "run_record.json")
DEFINITION_TYPES = {name: "bool" if name == "is_partition" else "str" for name in DEFINITION_COLUMNS}


@dataclass(frozen=True)
class Leak:
    """Something in a published file that no release publishes; told by its place, never by its content."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


@dataclass(frozen=True)
class Published:
    """What anybody can read in a published folder."""

    cells: pd.DataFrame
    """Columns of PUBLIC_COLUMNS, as the table prints them."""
    definitions: pd.DataFrame
    leaks: tuple[Leak, ...]
    pages: Mapping[str, Page] = field(default_factory=dict, repr=False)
    """Every page by its path in the folder."""
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Words outside the cells: sheets of the workbook that hold no cells."""


def read_published(folder: Path, scripts: frozenset[str] = frozenset()) -> Published:
    """Every file of a year's folder, read back.

    scripts
        hashes of the scripts that the front page may hold

    Errors
        ReleaseRefused when the table of cells is missing or cannot be read: nothing can be said of the rest then
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; `partnerlib report` makes the one of a year")
    cells, leaks = _table(folder, CELLS, PUBLIC_COLUMNS)
    definitions, more = _table(folder, DEFINITIONS, DEFINITION_TYPES)
    leaks += more + _of_order(cells, CELLS)
    try:
        checked(cells)
    except DataError as problem:
        leaks.append(Leak(CELLS, str(problem)))
    leaks += _changed(folder, cells)
    remarks: dict[str, tuple[str, ...]] = {}
    if (folder / WORKBOOK).is_file():
        from_book, remarks, more = _of_workbook(folder / WORKBOOK)
        leaks += more
        leaks += _disagreements(from_book[0], cells, KEY, CELLS)
        leaks += _disagreements(from_book[1], definitions, DEFINITION_COLUMNS, DEFINITIONS)
    pages: dict[str, Page] = {}
    others = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        if file.is_symlink():
            leaks.append(Leak(name, "a link to another place"))
        elif file.suffix == ".html":
            pages[name] = read_page(file.read_text(encoding="utf-8"), scripts if name == FRONT else frozenset())
            leaks += [Leak(name, problem) for problem in pages[name].problems]
        elif file.suffix in ENDINGS and (folder / page_of(name)).is_file():
            others.append(name)
        elif name not in {CELLS, DEFINITIONS, WORKBOOK, *ACCOUNTS}:
            leaks.append(Leak(name, _foreign(file)))
    leaks += [Leak(name, what) for name, what in leaks_of(folder, others, pages, cells)]
    return Published(cells, definitions, tuple(leaks), pages, remarks)


def _changed(folder: Path, cells: pd.DataFrame) -> list[Leak]:
    """Files that are not those the release was published with."""
    try:
        account = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        hashes, sealed, seal = dict(account["files"]), account["cells_sha256"], account.pop("seal")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [Leak(MANIFEST, "missing, or no account of a release: whose cells these are cannot be said")]
    leaks = [Leak(MANIFEST, "changed after it was published")] * (seal != seal_of(account))
    for name in (CELLS, DEFINITIONS, WORKBOOK):
        if not (folder / name).is_file():
            leaks.append(Leak(name, "missing"))
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != hashes.get(name):
            leaks.append(Leak(name, "changed after it was published"))
    return leaks + [Leak(CELLS, "not the cells that were sealed")] * (content_sha256(cells) != sealed)


def _of_order(cells: pd.DataFrame, name: str) -> list[Leak]:
    """Rows stand by unit and key: any other order was chosen by somebody, and may be that of what is withheld."""
    order = ["unit_kind", "unit_code", *(part for part in KEY if not part.startswith("unit_"))]
    is_ordered = cells.sort_values(order, kind="stable").index.equals(cells.index)
    return [] if is_ordered else [Leak(name, "the order of its rows is not that of their keys")]


def _foreign(file: Path) -> str:
    if file.suffix == ".ipynb":
        return "a notebook: its outputs hold rows and numbers that no page prints"
    if file.suffix in {".pkl", ".pickle", ".parquet", ".feather", ".joblib", ".db", ".duckdb"}:
        return "a data file: it holds more than what is printed"
    return "not a file of a release"


def _table(folder: Path, name: str, types: Mapping[str, str]) -> tuple[pd.DataFrame, list[Leak]]:
    """A CSV in its types, and what it holds beyond its columns."""
    if not (folder / name).is_file():
        raise ReleaseRefused(f"{folder}: no {name}; nothing can be said of a release without its table")
    try:
        raw = arrow_csv.read_csv(
            folder / name,
            convert_options=arrow_csv.ConvertOptions(strings_can_be_null=False, column_types=_all_text(folder / name)),
        ).to_pandas()
    except (pa.ArrowInvalid, UnicodeDecodeError) as problem:
        raise ReleaseRefused(f"{name}: cannot be read as a table ({type(problem).__name__})") from None
    return _typed(raw.apply(_unguarded), types, name)


def _all_text(file: Path) -> dict[str, pa.DataType]:
    """Every column as text: what stands there, before anybody decides what it means."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return dict.fromkeys(next(csv.reader(stream), []), pa.string())


def _unguarded(column: pd.Series) -> pd.Series:
    """Text without the apostrophe that keeps a spreadsheet from running it."""
    guarded = column.str.startswith("'")
    return column.where(~guarded, column.str[1:]) if guarded.any() else column


def _typed(raw: pd.DataFrame, types: Mapping[str, str], name: str) -> tuple[pd.DataFrame, list[Leak]]:
    leaks = [Leak(name, f"column {column}, which is not published") for column in raw if column not in types]
    if missing := [column for column in types if column not in raw]:
        raise ReleaseRefused(f"{name}: no column {', '.join(missing)}; it is not the table of a release")
    columns = {}
    for column, kind in types.items():
        columns[column] = raw[column] if kind == "str" else _numbers(raw[column], kind, f"{name}, column {column}")
    return pd.DataFrame(columns).astype(dict(types)), leaks


def _numbers(column: pd.Series, kind: str, where: str) -> pd.Series:
    """A column of numbers or truth values; whatever else stands in it is refused, not read past."""
    if kind == "bool":
        known = column.map({"true": True, "false": False, "True": True, "False": False, True: True, False: False})
        if known.isna().any():
            raise ReleaseRefused(f"{where}: {int(known.isna().sum())} values are neither true nor false")
        return known.astype(bool)
    blank = column.isna() | (column == "")
    if kind == "int64" and blank.any():
        raise ReleaseRefused(f"{where}: {int(blank.sum())} values are missing")
    found = pd.to_numeric(column.where(~blank), errors="coerce")
    if (wrong := found.isna() & ~blank).any() or np.isinf(found.to_numpy(dtype=float, na_value=0.0)).any():
        raise ReleaseRefused(f"{where}: {int(wrong.sum())} values are not numbers")
    return found.astype("Float64")


def _of_workbook(file: Path) -> tuple[list[pd.DataFrame], dict[str, tuple[str, ...]], list[Leak]]:
    """Cells and definitions of the workbook, the words of its other sheets, and what is hidden in it."""
    book = read_workbook(file.read_bytes(), file.name)
    leaks = [Leak(file.name, problem) for problem in book.problems]
    kinds: list[tuple[Mapping[str, str], list[pd.DataFrame]]] = [(PUBLIC_COLUMNS, []), (DEFINITION_TYPES, [])]
    remarks = {}
    for sheet in book.sheets:
        head = [str(value) for value in sheet.rows[0]] if sheet.rows else []
        for types, found in kinds:
            if set(types) <= set(head):
                frame, more = _typed(_frame(sheet, head), types, f"{file.name}, sheet {sheet.name}")
                leaks += more + [Leak(file.name, f"sheet {sheet.name}: cells beside the table")] * _is_wide(sheet)
                leaks += _of_order(frame, f"{file.name}, sheet {sheet.name}") if types is PUBLIC_COLUMNS else []
                found.append(frame)
                break
        else:
            remarks[f"{file.name}, sheet {sheet.name}"] = tuple(
                str(value) for row in sheet.rows for value in row if value is not None
            )
    frames = [pd.concat(found, ignore_index=True) if found else _nothing(types) for types, found in kinds]
    return frames, remarks, leaks


def _nothing(types: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})


def _is_wide(sheet: Sheet) -> bool:
    return any(len(row) > len(sheet.rows[0]) for row in sheet.rows)


def _frame(sheet: Sheet, head: list[str]) -> pd.DataFrame:
    width = len(head)
    rows = [(row + [None] * (width - len(row)))[:width] for row in sheet.rows[1:]]
    frame = pd.DataFrame(rows, columns=head, dtype=object)
    text = [name for name in head if {**PUBLIC_COLUMNS, **DEFINITION_TYPES}.get(name, "str") == "str"]
    return frame.assign(**{name: frame[name].where(frame[name].notna(), "") for name in text})


def _disagreements(book: pd.DataFrame, table: pd.DataFrame, key: tuple[str, ...], name: str) -> list[Leak]:
    """Rows and columns in which the workbook says another thing than the table."""
    first = book.sort_values(list(key), kind="stable").reset_index(drop=True)
    second = table.sort_values(list(key), kind="stable").reset_index(drop=True)
    if len(first) != len(second):
        return [Leak(WORKBOOK, f"{len(first)} rows, where {name} has {len(second)}")]
    leaks = []
    for column in table:
        one, other = first[column], second[column]
        differs = ~((one == other).fillna(False).astype(bool) | (one.isna() & other.isna()))
        if differs.any():
            leaks.append(Leak(WORKBOOK, f"column {column}: {int(differs.sum())} rows differ from {name}"))
    return leaks
