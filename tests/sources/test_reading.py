"""A raw file is opened by its content: what is no table is refused with a remedy, every row keeps its line."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from pathlib import Path

import openpyxl
import pytest
from published_files import write_lines, write_sheet

from partnerlib.errors import Problem
from partnerlib.sources.reading import RawFile, UnreadableFile, open_raw

ROWS = ["CODE,NAME,COUNT", "95000000,Alder Falls,12", "95010000,Cedar-Hill,7"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def opened(path: Path) -> RawFile:
    return open_raw(path, path.parent)


def written(folder: Path, content: bytes, name: str = "received.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refused(path: Path) -> Problem:
    with pytest.raises(UnreadableFile) as caught:
        raw = opened(path)
        raw.frame()
    problem = caught.value.problem
    assert problem.action == "rejected" and problem.source_file == path.name
    assert problem.found and problem.expected, "says what stands there and what to do"
    return problem


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_separator_line_end_and_mark_gives_the_same_rows(
    tmp_path: Path, delimiter: str, newline: str, encoding: str
) -> None:
    lines = [line.replace(",", delimiter) for line in ROWS]
    raw = opened(write_lines(tmp_path / "a.csv", lines, encoding, newline))
    assert raw.header == ("CODE", "NAME", "COUNT")
    assert raw.frame().values.tolist() == [[2, "95000000", "Alder Falls", "12"], [3, "95010000", "Cedar-Hill", "7"]]


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", ROWS)
    assert opened(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_cells_lose_their_padding_and_empty_ones_are_null(tmp_path: Path) -> None:
    raw = opened(write_lines(tmp_path / "a.csv", ["CODE, NAME ,COUNT", '95000000,"  Alder ", ', '95010000,"",3']))
    assert raw.header == ("CODE", "NAME", "COUNT")
    frame = raw.frame()
    assert frame["NAME"].tolist()[0] == "Alder" and frame["NAME"].isna().tolist() == [False, True]
    assert frame["COUNT"].isna().tolist() == [True, False]


def test_titles_above_the_header_are_the_title(tmp_path: Path) -> None:
    raw = opened(write_lines(tmp_path / "a.csv", ["Grades by District", "", *ROWS]))
    assert (raw.title, raw.header_row, raw.header[0]) == ("Grades by District", 3, "CODE")
    assert raw.frame()["source_row"].tolist() == [4, 5]


def test_a_line_break_in_a_quoted_name_moves_the_rows_down(tmp_path: Path) -> None:
    raw = opened(write_lines(tmp_path / "a.csv", ['CODE,"NAME OF\nDISTRICT",COUNT', *ROWS[1:]]))
    assert raw.header[1] == "NAME OF\nDISTRICT"
    assert raw.frame()["source_row"].tolist() == [3, 4]


def test_blank_lines_are_no_rows_but_count_as_lines(tmp_path: Path) -> None:
    raw = opened(write_lines(tmp_path / "a.csv", [ROWS[0], "", ROWS[1], ",,", "   ", ROWS[2], ""]))
    assert raw.frame()["source_row"].tolist() == [3, 6]
    assert raw.received == 2


def test_rows_with_too_many_or_too_few_cells_are_listed_with_their_line(tmp_path: Path) -> None:
    raw = opened(write_lines(tmp_path / "a.csv", [*ROWS, "95020000,Dune", "95030000,Elm,1,2", "95040000,Fern,9"]))
    ragged = raw.ragged()
    assert ragged["row"].tolist() == [4, 5]
    assert ragged["found"].tolist() == ["2 cells", "4 cells"]
    assert set(ragged["action"]) == {"rejected"} and "3 cells" in ragged["expected"][0]
    assert raw.received == len(raw.frame()) + len(ragged) == 5
    assert raw.padded_frame()["source_cells"].tolist() == [3, 3, 2, 4, 3]


def test_repeated_and_empty_names_are_told_apart(tmp_path: Path) -> None:
    raw = opened(write_lines(tmp_path / "a.csv", ["CODE,# Retained,# Retained,,END", "95000000,1,2,3,4"]))
    assert raw.columns == ("CODE", "# Retained", "# Retained (2)", "column 4", "END")
    assert raw.frame().iloc[0].tolist() == [2, "95000000", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("encoding", "text", "named"),
    [("cp1252", "Müller – Academy", "Windows-1252"), ("mac_roman", "–", "Mac Roman")],
)
def test_other_encodings_are_read_with_a_remark(tmp_path: Path, encoding: str, text: str, named: str) -> None:
    raw = opened(write_lines(tmp_path / "a.csv", [*ROWS, f"95020000,{text},5"], encoding))
    assert raw.frame()["NAME"].iloc[-1] == text
    assert named in raw.remarks[0].found and raw.remarks[0].action == "flagged"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "empty"),
        (b"CODE,NAME\n9500,A\x00B\n", "zero bytes"),
        ("CODE,NAME\n95000000,Alder\n".encode("utf-16-le"), "UTF-16"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password-protected"),
        (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "old .xls"),
        (b"<!-- ENCRYPT --><html><table><tr><td>1</td></tr></table></html>", "HTML"),
        (gzip.compress(b"CODE,NAME\n1,2\n", mtime=0), "gzip"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"95000000,Alder Falls,12,80.5\n", "data where the header should be; the file has 1 line"),
        (b"CODE,NAME,COUNT\n95000000,Alder Falls,12\n95010000,Ce", "does not end"),
        (b'CODE,NAME,COUNT\n95000000,"Alder Falls,12\n95010000,Cedar-Hill,7\n', "never closed"),
    ],
)
def test_what_is_no_table_is_refused_and_says_why(tmp_path: Path, content: bytes, found: str) -> None:
    assert found in refused(written(tmp_path, content)).found


def test_an_html_page_named_xls_says_its_ending(tmp_path: Path) -> None:
    problem = refused(written(tmp_path, b"\r\n<HTML><body>...", "scores.xls"))
    assert ".xls" in problem.found and ".xlsx or .csv" in problem.expected


def test_a_cut_off_file_names_the_line(tmp_path: Path) -> None:
    assert refused(written(tmp_path, b"CODE,NAME,COUNT\n95000000,A,1\n95010000,B")).row == 3
    assert refused(written(tmp_path, b'CODE,NAME,COUNT\n95000000,"A,1\n95010000,B,2\n')).row == 2


def test_archives_are_never_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "CODE,NAME\n1,2\n")
    assert "zip archive" in refused(path).found


def test_a_workbook_that_unpacks_to_far_more_than_its_size_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 1024**2))
    assert "unpacks to" in refused(path).found


def test_a_workbook_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "a.xlsx", [["CODE", "NAME"], ["95000000", "Alder"]])
    path.write_bytes(path.read_bytes()[:-400])
    assert "cut off" in refused(path).found or "damaged" in refused(path).found


def test_running_text_is_a_page_not_a_table(tmp_path: Path) -> None:
    raw = opened(write_lines(tmp_path / "notes.txt", ["A page, saved.", "It says many things, or few, and", "ends."]))
    assert raw.kind == "text" and raw.header == () and len(raw.lines) == 3


def test_a_sheet_is_read_as_people_see_it(tmp_path: Path) -> None:
    rows = [
        ["2014 Report "],
        ["Name", "Code", "FTE"],
        ["  Alder", "95000000", 30.400000000000002],
        [],
        ["B", "95010000", 12.0],
    ]
    raw = opened(write_sheet(tmp_path / "a.xlsx", rows))
    assert (raw.kind, raw.title, raw.header_row) == ("xlsx", "2014 Report", 2)
    assert raw.frame().values.tolist() == [[3, "Alder", "95000000", "30.4"], [5, "B", "95010000", "12"]]
    assert raw.received == 2 and raw.ragged().empty


def test_the_header_of_a_sheet_may_stand_in_row_five(tmp_path: Path) -> None:
    raw = opened(write_sheet(tmp_path / "a.xlsx", [["Report"], [], [], [], ["Name", "Code"], ["Alder", "95000000"]]))
    assert raw.header_row == 5 and raw.frame()["source_row"].tolist() == [6]


def test_a_two_row_header_is_merged(tmp_path: Path) -> None:
    rows = [["Populations"], ["School", "Code", "English Learner", None, "High Needs", None],
            [None, None, "#", "%", "#", "%"], ["Alder", "95000005", "5", "1.2", "9", "3.4"]]  # fmt: skip
    raw = opened(write_sheet(tmp_path / "a.xlsx", rows))
    assert raw.header == ("School", "Code", "English Learner #", "English Learner %", "High Needs #", "High Needs %")
    assert raw.frame()["source_row"].tolist() == [4]


def test_hidden_and_further_sheets_and_formulas_are_reported(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["Name", "Code", "Twice"], ["Alder", "95000000", "=1+1"]):
        sheet.append(row)
    workbook.create_sheet("Secret").append(["x", "y"])
    workbook["Secret"].sheet_state = "hidden"
    workbook.create_sheet("Layout").append(["x", "y"])
    workbook.save(tmp_path / "a.xlsx")
    found = " ".join(problem.found for problem in opened(tmp_path / "a.xlsx").remarks)
    assert "hidden sheet 'Secret'" in found and "further sheet 'Layout'" in found and "formulas" in found
