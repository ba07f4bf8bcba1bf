"""The table and the workbook beside the pages: exactly the sealed cells, no formula, no trace of their making."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from invented_cells import NAMES, PROVIDER, invented_cells, sealed, written
from openpyxl import load_workbook

from partnerlib.disclosure.cells import PUBLIC_COLUMNS
from partnerlib.disclosure.files import FILES, write_files
from partnerlib.disclosure.sealed import read_release
from partnerlib.errors import ReleaseRefused


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_files(sealed(folder), folder / "reports")
    return folder / "reports"


def test_the_files_are_those_named_and_their_hashes_are_told(tmp_path: Path) -> None:
    told = write_files(sealed(tmp_path), tmp_path / "reports")
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "reports").iterdir()}
    assert told == found and set(found) == set(FILES)
    account = json.loads((tmp_path / "reports" / "manifest.json").read_text())
    assert account["files"] == {name: digest for name, digest in found.items() if name != "manifest.json"}


def test_every_name_in_the_table_is_guarded_and_every_number_left(folder: Path) -> None:
    table = pd.read_csv(folder / "cells.csv", dtype=str, keep_default_na=False)
    assert list(table.columns) == list(PUBLIC_COLUMNS) and len(table) == len(invented_cells())
    assert not table.map(lambda text: text[:1] in set("=+@\t\r")).any(axis=None), "a spreadsheet would run it"
    starts = {name.replace("\n", " ") for name in NAMES.values()}
    assert {name.removeprefix("'") for name in table["unit_name"]} == starts
    assert {name for name in table["unit_name"] if name.startswith("'")} == {
        f"'{name}".replace("\n", " ") for name in NAMES.values() if name[0] in "=+-@'"
    }


def test_a_lone_dash_and_a_number_are_no_formula(tmp_path: Path) -> None:
    cells = invented_cells()
    cells["group_value"] = ["-", "-5", "+1.5", "-5+1", *cells["group_value"][4:]]
    write_files(sealed(tmp_path, cells), tmp_path)
    table = pd.read_csv(tmp_path / "cells.csv", dtype=str, keep_default_na=False)
    assert {"-", "-5", "+1.5", "'-5+1"} < set(table["group_value"])


def test_the_workbook_holds_the_same_cells_a_sheet_for_each_kind_of_unit(folder: Path) -> None:
    book = load_workbook(folder / "cells.xlsx")
    assert book.sheetnames == ["read me", "state", "provider", "district", "program", "partnership", "definitions"]
    rows = [row for name in book.sheetnames[1:-1] for row in book[name].iter_rows(min_row=2, values_only=True)]
    release = sealed(folder.parent)
    expected = release.cells.set_index(["unit_code", "measure"])
    for row in rows:
        cell = dict(zip(PUBLIC_COLUMNS, row, strict=True))
        sealed_cell = expected.loc[(cell["unit_code"], cell["measure"])]
        for name in ("unit_name", "value", "value_low", "n", "status", "withheld"):
            found = cell[name]
            assert (pd.isna(sealed_cell[name]) and found is None) or found == sealed_cell[name]
    assert len(rows) == len(release.cells)


def test_no_cell_of_the_workbook_is_a_formula_an_error_or_a_link(folder: Path) -> None:
    for sheet in load_workbook(folder / "cells.xlsx"):
        kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
        assert kinds <= {"s", "n", "b", "inlineStr"}
        assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)


def test_text_that_looks_like_an_error_value_stays_text(tmp_path: Path) -> None:
    write_files(sealed(tmp_path, invented_cells().assign(group_value="#N/A", group="=1+1")), tmp_path)
    sheet = load_workbook(tmp_path / "cells.xlsx")["state"]
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row if cell.value in ("#N/A", "=1+1")}
    assert kinds == {"s"}


def test_nothing_in_the_workbook_is_hidden(folder: Path) -> None:
    book = load_workbook(folder / "cells.xlsx")
    assert not book.defined_names
    for sheet in book:
        assert sheet.sheet_state == "visible" and not sheet.defined_names and sheet.auto_filter.ref is None
        assert not any(shape.hidden for shape in [*sheet.row_dimensions.values(), *sheet.column_dimensions.values()])
    parts = zipfile.ZipFile(folder / "cells.xlsx").namelist()
    assert not [part for part in parts if re.search("comment|pivot|macro|vba|drawing|external|custom", part)]


def test_the_same_release_gives_the_same_bytes_wherever_and_whenever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_files(sealed(tmp_path / "a"), tmp_path / "a" / "reports")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("USER", "jane.canary")
    shuffled = invented_cells().sample(frac=1, random_state=2)
    assert write_files(sealed(tmp_path / "b", shuffled), tmp_path / "b" / "reports") == first


def test_no_file_tells_a_path_a_user_or_what_the_agency_holds(folder: Path) -> None:
    told = b"".join(path.read_bytes() for path in folder.iterdir() if path.suffix != ".xlsx")
    book = zipfile.ZipFile(folder / "cells.xlsx")
    told += b"".join(book.read(part) for part in book.namelist())
    for word in (str(folder.parent), os.environ.get("USER") or "root/", "sr_2018.csv", "openpyxl"):
        assert word.encode() not in told
    assert {part.date_time for part in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    core = book.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2018-06-30T00:00:00Z"}


def test_a_part_of_a_release_is_not_published(tmp_path: Path) -> None:
    part = read_release(written(tmp_path), [[("unit_code", "==", PROVIDER)]])
    with pytest.raises(ReleaseRefused, match="read it whole"):
        write_files(part, tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partnerlib.disclosure.files.SHEET_ROWS", 3)
    write_files(sealed(tmp_path), tmp_path)
    book = load_workbook(io.BytesIO((tmp_path / "cells.xlsx").read_bytes()))
    assert [name for name in book.sheetnames if name.startswith("provider")] == ["provider", "provider 2", "provider 3"]
