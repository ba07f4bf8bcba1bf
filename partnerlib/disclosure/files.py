"""What lies beside the pages of a year: every published cell as a table and as a workbook, made from a sealed release.

    cells.csv, definitions.csv    UTF-8, numbers as they are printed, empty where a cell is withheld
    cells.xlsx                    the same, a sheet for each kind of unit; text is text, never a formula
    manifest.json                 hashes of the release and of these files, its policy, and what the audit found

Nothing in a file tells who made it, when or where; the same release gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from partnerlib.disclosure.manifest import seal_of
from partnerlib.disclosure.zones import SealedRelease, sealed_only
from partnerlib.errors import ReleaseRefused

CELLS_CSV, DEFINITIONS_CSV, WORKBOOK, MANIFEST = "cells.csv", "definitions.csv", "cells.xlsx", "manifest.json"
FILES = (CELLS_CSV, DEFINITIONS_CSV, WORKBOOK, MANIFEST)

KINDS = ("state", "provider", "district", "program", "partnership")
"""Sheets of cells in the workbook, in order."""

SHEET_ROWS = 1_000_000
"""Rows of one sheet; Excel reads at most 1,048,576."""

FORMULA = r"^(?=[=+\-@\t\r'])(?!-$)(?![+-]?\d+(?:\.\d+)?$)"
"""Start of a text that a spreadsheet would read as a formula, or that looks as if it had been guarded already."""

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Date of every part of a workbook: the first a zip archive can hold."""


def write_files(release: SealedRelease, folder: Path) -> dict[str, str]:
    """Every file that goes beside the pages, and its hash.

    Errors
        ReleaseRefused for anything that is not a sealed release, or only a part of one
    """
    sealed = sealed_only(release, "files beside the pages")
    if not sealed.is_whole:
        raise ReleaseRefused("files beside the pages: only a part of a release is at hand; read it whole")
    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(sealed.cells, folder / CELLS_CSV)
    _write_csv(sealed.definitions, folder / DEFINITIONS_CSV)
    (folder / WORKBOOK).write_bytes(_workbook(sealed))
    written = {name: _sha256(folder / name) for name in (CELLS_CSV, DEFINITIONS_CSV, WORKBOOK)}
    account = {**sealed.manifest.public(), "files": written}
    account["seal"] = seal_of(account)
    (folder / MANIFEST).write_text(json.dumps(account, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return {**written, MANIFEST: _sha256(folder / MANIFEST)}


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """A table as CSV. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    text = frame.select_dtypes("str").columns
    guarded = frame.assign(**{name: frame[name].str.replace(FORMULA, "'", regex=True) for name in text})
    table = pa.Table.from_pandas(guarded, preserve_index=False)
    arrow_csv.write_csv(table, path, arrow_csv.WriteOptions(quoting_style="needed"))


def _workbook(release: SealedRelease) -> bytes:
    """The workbook as bytes: a sheet that says what is in it, one for each kind of unit, and the definitions."""
    book = Workbook(write_only=True)
    cells = release.cells
    _table(book, "read me", _introduction(release), widths=(34, 100), is_headed=False)
    for kind in KINDS:
        rows = cells[cells["unit_kind"] == kind]
        for start in range(0, max(len(rows), 1), SHEET_ROWS):
            title = kind if start == 0 else f"{kind} {start // SHEET_ROWS + 1}"
            _table(book, title, rows.iloc[start : start + SHEET_ROWS])
    _table(book, "definitions", release.definitions)
    stream = BytesIO()
    book.properties.creator = "partnerlib"
    book.save(stream)
    return same_every_time(stream, datetime(release.manifest.report_year, 6, 30))


def _introduction(release: SealedRelease) -> pd.DataFrame:
    manifest = release.manifest
    lines = {
        "What this is": "Published numbers on educator preparation, hiring and retention; one row a number.",
        "Report year": f"{manifest.report_year - 1}-{manifest.report_year % 100:02d}",
        "Policy": manifest.policy,
        "Release": manifest.release_id,
        "value": "What is printed: an exact count, the middle of a band, or a rounded mean.",
        "value_low, value_high": "What the printed value says of the true one.",
        "low, high": "95% interval, computed from what is printed.",
        "n, n_low, n_high": "People counted, as printed, and what that says of their number.",
        "status suppressed": "Withheld, whatever the reason.",
        "definitions": "Which people each measure counts, and what its counts sum to.",
    }
    if manifest.is_synthetic:
        lines = {"SYNTHETIC DATA": "Every person, place and number here is invented.", **lines}
    return pd.DataFrame({"name": lines.keys(), "meaning": lines.values()}, dtype="str")


def _table(
    book: Workbook, title: str, frame: pd.DataFrame, widths: tuple[int, ...] = (), is_headed: bool = True
) -> None:
    sheet = book.create_sheet(title)
    for place, name in enumerate(frame.columns):
        letter = chr(65 + place) if place < 26 else f"A{chr(39 + place)}"
        sheet.column_dimensions[letter].width = widths[place] if widths else max(9, min(len(str(name)) + 3, 24))
    if is_headed:
        sheet.freeze_panes = "A2"
        sheet.append([_bold(sheet, str(name)) for name in frame.columns])
    for row in _rows(frame):
        sheet.append([_as_text(sheet, value) if _is_special(value) else value for value in row])


def _rows(frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    columns = [frame[name].astype(object).where(frame[name].notna(), None) for name in frame.columns]
    return zip(*columns, strict=True)


def _is_special(value: object) -> bool:
    """Whether openpyxl would take a text for a formula or an error value."""
    return isinstance(value, str) and value[:1] in {"=", "#"}


def _as_text(sheet: WriteOnlyWorksheet, value: object) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet)
    cell._value, cell.data_type = value, "s"
    return cell


def _bold(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def same_every_time(book: BytesIO, stamp: datetime) -> bytes:
    """A workbook or a Word file without the time and the place of its making."""
    result = BytesIO()
    when = f"{stamp:%Y-%m-%dT%H:%M:%S}Z"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb">\d{4}-\d\d-\d\dT[^<]*<", f">{when}<".encode(), content)
            part = zipfile.ZipInfo(name, _EARLIEST)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o644 << 16
            new.writestr(part, content)
    return result.getvalue()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
