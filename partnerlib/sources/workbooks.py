"""Sheets of an Excel workbook as rows of text: what a person sees in the cells, without padding or floating noise."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl

from partnerlib.errors import Problem
from partnerlib.sources.sniffing import BLOCK, unreadable


def sheet_rows(path: Path, name: str, first: int | None = None) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """The rows of the first visible sheet with content (row number, cells), and remarks on the workbook.

    With `first`, only so many rows are looked at: enough to find the header.

    Raises
        UnreadableFile  when the workbook is damaged, or no visible sheet holds a cell
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that openpyxl does not keep
            workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises what its XML and zip layers raise: all mean a damaged workbook
        raise unreadable(name, f"a damaged workbook ({type(error).__name__})", "one that Excel opens; save it again") \
            from None  # fmt: skip
    try:
        remarks = [_formulas(path, name)]
        rows: list[tuple[int, list[str]]] = []
        for sheet in workbook.worksheets:
            if sheet.sheet_state != "visible":
                remarks.append(Problem(name, None, None, f"a hidden sheet '{sheet.title}'",
                                       "visible sheets only; it was not read", "flagged"))  # fmt: skip
            elif not rows:
                rows = _rows(sheet, name, first)
            elif any(True for row in sheet.iter_rows(max_row=5, values_only=True) if any(v is not None for v in row)):
                remarks.append(Problem(name, None, None, f"a further sheet '{sheet.title}'",
                                       "one table a workbook; it was not read", "flagged"))  # fmt: skip
    finally:
        workbook.close()
    if not rows:
        raise unreadable(name, "a workbook without a visible cell", "a header and rows; export it again")
    return rows, [remark for remark in remarks if remark]


def _rows(sheet: Any, name: str, first: int | None) -> list[tuple[int, list[str]]]:
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    try:
        found = enumerate(sheet.iter_rows(max_row=first, values_only=True), start=1)
        read = [(n, [cell_text(value) for value in row]) for n, row in found]
    except Exception as error:  # a sheet cut off inside fails here, in whichever layer meets it
        raise unreadable(name, f"a damaged sheet ({type(error).__name__})", "a workbook that Excel opens") from None
    return [(n, cells) for n, cells in read if any(cells)]


def cell_text(value: object) -> str:
    """A cell as the report prints it.

    >>> cell_text(30.400000000000002), cell_text("   1,426"), cell_text(12.0), cell_text(None)
    ('30.4', '1,426', '12', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(round(value, 10))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value).replace("\xa0", " ").strip()


def _formulas(path: Path, name: str) -> Problem | None:
    """A remark when a sheet computes its cells: what is read is the value the workbook was last saved with."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.startswith("xl/worksheets/") and member.endswith(".xml"):
                with archive.open(member) as sheet:
                    edge = b""
                    while block := sheet.read(BLOCK):
                        if b"<f>" in edge + block or b"<f " in edge + block:
                            return Problem(name, None, None, "cells with formulas",
                                           "values; those last saved were read", "flagged")  # fmt: skip
                        edge = block[-4:]
    return None
