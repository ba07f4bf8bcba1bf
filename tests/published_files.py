"""Small invented files in the layouts of the published families, with the oddities of the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl

RETENTION_HEADER = ["School Name", "School Code", "Principal Total", "Principal # Retained", "Principal % Retained",
                    "Teacher Total", "Teacher # Retained", "Teacher % Retained"]  # fmt: skip
COLLECTED_RETENTION = ("Raw likert calculation,Likert Score,Admin Data Item,Academic Year,School Name,DESE ID,"
                       "Principal Total,Principal # Retained,Principal % Retained,Teacher Total,Teacher # Retained,"
                       "Teacher % Retained")  # fmt: skip
COLLECTED_TEACHERS = ("Raw likert calculation,Likert Score,Admin Data Item,Academic Year,School Name,DESE ID,"
                      "Total # of Teachers(FTE),Percent of Teachers Licensed,Student/Teacher Ratio,"
                      "Percent of Experienced Teachers,Percent of Teachers without Waiver or Provisional License,"
                      "Percent Teaching in-field")  # fmt: skip
LONG_PAGES = ("orgcode,organization,report_year,left_nav_id,data_last_updated,cohort_wording,table,table_kind,program,"
              "label,completers,ever_employed,pct_ever_employed,retention_cohort,pct_remaining_2yr,url")  # fmt: skip


def write_lines(path: Path, lines: Sequence[str], encoding: str = "utf-8", newline: str = "\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(newline.join([*lines, ""]).encode(encoding))
    return path


def write_sheet(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    workbook.save(path)
    return path


RETENTION_ROWS = (
    ["Alder Falls-Brook Elementary School", "95000005", "1", "1", "100.0", "  20", "  15", " 75.0"],
    ["Alder Falls-Alder High", "95000505", "2", "1", " 50.0", "  1,000", "  900", " 90.0"],
    ["Cedar-Hill-Cedar Middle", "95010305", "", "", "", "4", "0", "0.0"],
    ["Dune Harbor-Dune Academy", "95020305", "1", "0", "0.0", "0", "0", ""],
)
STATE_ROWS = (
    ["State Total", "00000000", "    4", "    2", "50.0", "  1,024", "  915", "89.4"],
    ["State Total", "00000000", "    4", "    3", "75.0", "  1,010", "  940", "93.1"],
)


def retention_export(folder: Path, rows: Sequence[Sequence[object]] = (*RETENTION_ROWS, *STATE_ROWS),
                     title: str = "2014Staffing Retention Report") -> Path:  # fmt: skip
    return write_sheet(folder / "retention.xlsx", [[title], RETENTION_HEADER, *rows])


def collected_retention(folder: Path, rows: Sequence[str], name: str = "collected.csv") -> Path:
    return write_lines(folder / name, [COLLECTED_RETENTION, *rows])


def collected_teachers(folder: Path, rows: Sequence[str], name: str = "collected.csv") -> Path:
    return write_lines(folder / name, [COLLECTED_TEACHERS, *rows])


TEACHER_ROWS = (
    "4.0,4,a-exp-i1,2018-19,Alder Falls - Brook Elementary School,95000005,  20.0, 95.0, 12.5 to 1, 80.0, 90.0, 85.0",
    '4.0,4,a-exp-i1,2018-19,"Alder Falls - Alder High, Upper",95000505,  60.5, 98.0, 13.1 to 1, 90.0, 99.0, 97.0',
)


def teacher_data(folder: Path) -> Path:
    return collected_teachers(folder, TEACHER_ROWS)


def page(report_year: int = 2020, code: str = "89000001", rows: Sequence[str] = (), wording: str = "numerator",
         table: str = "Employment by Year (All Programs)") -> list[str]:  # fmt: skip
    """The lines of a saved page of one provider; rows are 'label|completers|...'."""
    return [
        f"source: https://profiles.doe.mass.edu./epp/student.aspx?fycode={report_year}&leftNavId=12483&orgcode={code}",
        "organization: Birch College",
        f"orgcode: {code}",
        f"report_year(fycode): {report_year}",
        f"wording: retention cohort is the {wording} for the retention rates",
        "NOTE: cells joined by '|'; the excerpt stops part-way.",
        "",
        table,
        *(rows or ("All Years|100|80|80.0|60|75.0", "2018 - 19|50|40|80.0|30|75.0")),
    ]


def employment_page(folder: Path) -> Path:
    return write_lines(folder / "page.txt", page())
