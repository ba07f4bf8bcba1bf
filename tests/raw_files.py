"""Made-up raw files in the agencies' layouts: every header in full, one sensible row, and what a test changes in it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from partnerlib.sources.cap import _rating_columns

Row = Mapping[str, str]


def _columns(*names: str) -> list[str]:
    return "".join(names).split(",")


HEADERS: dict[str, list[str]] = {
    "organization_directory": _columns(
        "ORG_CODE,ORG_NAME,ORG_ROLE,ORG_TYPE,PARENT_CODE,SY,TOWN,GRADES,LATITUDE,LONGITUDE,STATUS,SUCCESSOR_CODE,",
        "SYNTHETIC",
    ),
    "organization_aliases": ["ORG_CODE", "ORG_ROLE", "ALIAS"],
    "completers": _columns(
        "SO_CODE,SO_NAME,SY,PROGRAM_NAME,PROGRAM_TYPE,PROGRAM_LEVEL,MEPID,FIRST_NAME,MIDDLE_NAME,LAST_NAME,DATE_OF_BIRTH,",
        "GENDER,RACE_ETHNICITY,EMAIL,LICENSE_NUMBER,COMPLETION_DATE,HOME_TOWN,GPA",
    ),
    "cap": [
        "ORGANIZATION_NM", "PRACT_DISTRICT_NAME", "PRACT_SCHOOL_NAME", "SCH_YEAR", "PROGRAM_NAME",
        "CAND_MEPID", "CAND_FIRST_NAME", "CAND_LAST_NAME", "CAND_EMAIL",
        "PS_NAME", "PS_EMAIL", "SP_NAME", "SP_MEPID", "SP_FIRST_NAME", "SP_LAST_NAME", "SP_EMAIL",
        *_rating_columns("F"), *_rating_columns("S"), "READY_TO_TEACH",
    ],
    "staff_roster": ["SY", "PERIOD", "DIST_CODE", *(f"SR{n:02d}" for n in range(1, 39))],
    "work_assignment": ["SY", "PERIOD", "DIST_CODE", *(f"WA{n:02d}" for n in range(1, 18))],
    "sims": ["SY", "PERIOD", "DIST_CODE", *(f"DOE{n:03d}" for n in range(1, 42))],
    "course_schedule": ["SY", "PERIOD", "DIST_CODE", *(f"SCS{n:02d}" for n in range(1, 15))],
    "student_tests": _columns(
        "ADMINYEAR,SASID,SPRP_DIS,SPRP_SCH,GRADE,ETESTSTAT,ESCALEDS,EPERF2,ESGP,MTESTSTAT,MSCALEDS,MPERF2,MSGP",
    ),
    "evaluations": _columns(
        "SY,DIST_CODE,MEPID,EVAL_PLAN,RATING_TYPE,OVERALL_RATING,STANDARD_I,STANDARD_II,STANDARD_III,STANDARD_IV",
    ),
    "surveys": _columns(
        "SURVEY,SY,SO_CODE,SO_NAME,RESPONDENT_ID,SCH_CODE,READINESS,",
        "ITEM_1,ITEM_2,ITEM_3,ITEM_4,ITEM_5",
    ),
}  # fmt: skip

_COLLECTED = {"SY": "2017-18", "PERIOD": "OCT", "DIST_CODE": "95000000"}

USUAL: dict[str, dict[str, str]] = {
    "organization_directory": {
        "ORG_CODE": "95000000", "ORG_NAME": "Alder Falls", "ORG_ROLE": "District", "ORG_TYPE": "District",
        "SY": "2017-18", "TOWN": "Alder Falls", "GRADES": "PK-12", "LATITUDE": "42.1", "LONGITUDE": "-71.5",
        "STATUS": "Open", "SYNTHETIC": "Yes",
    },
    "organization_aliases": {"ORG_CODE": "95000005", "ORG_ROLE": "School", "ALIAS": "The Brook School"},
    "completers": {
        "SO_CODE": "89000001", "SO_NAME": "Birch College", "SY": "2017-18",
        "PROGRAM_NAME": "Elementary 1-6, Initial, Bacc.", "PROGRAM_TYPE": "Academic: Teacher, Initial",
        "PROGRAM_LEVEL": "Baccalaureate", "MEPID": "10000001", "FIRST_NAME": "Ada", "MIDDLE_NAME": "NMN",
        "LAST_NAME": "Quill", "DATE_OF_BIRTH": "03/14/1994", "GENDER": "F", "RACE_ETHNICITY": "01",
        "EMAIL": "Ada.Quill@birch.example", "LICENSE_NUMBER": "L1", "COMPLETION_DATE": "05/20/2018",
        "HOME_TOWN": "Birch", "GPA": "3.4",
    },
    "cap": {
        "ORGANIZATION_NM": "Birch College", "PRACT_DISTRICT_NAME": "Alder Falls",
        "PRACT_SCHOOL_NAME": "Brook Elementary School", "SCH_YEAR": "2017-18",
        "PROGRAM_NAME": "Elementary 1-6, Initial, Bacc.", "CAND_MEPID": "10000001", "CAND_FIRST_NAME": "Ada",
        "CAND_LAST_NAME": "Quill", "CAND_EMAIL": "ada.quill@birch.example", "SP_MEPID": "20000001",
        "SP_FIRST_NAME": "Mo", "SP_LAST_NAME": "Reed", "READY_TO_TEACH": "Yes",
        **{name: "Needs Improvement" for name in _rating_columns("F")},
        **{name: "Proficient" for name in _rating_columns("S")},
    },
    "staff_roster": {
        **{f"SR{n:02d}": "00" for n in range(1, 39)}, **_COLLECTED, "SR01": "20000001", "SR04": "Mo", "SR05": "NMN",
        "SR06": "Reed", "SR07": "01/31/1980", "SR08": "01", "SR09": "01", "SR11": "09/01/2010", "SR19": "0000",
        "SR27": "NA", "SR36": "178", "SR37": "180",
    },
    "work_assignment": {
        **{f"WA{n:02d}": "00" for n in range(1, 18)}, **_COLLECTED, "WA01": "20000001", "WA06": "95000005",
        "WA07": "2305", "WA09": "04", "WA10": "23004", "WA11": "S1", "WA12": "1.000", "WA16": "01",
    },
    "sims": {
        **{f"DOE{n:03d}": "00" for n in range(1, 42)}, **_COLLECTED, "DOE002": "1000000001", "DOE009": "F",
        "DOE010": "01", "DOE015": "95000005", "DOE016": "04", "DOE017": "170", "DOE018": "180",
    },
    "course_schedule": {
        **{f"SCS{n:02d}": "00" for n in range(1, 15)}, **_COLLECTED, "SCS02": "1000000001", "SCS03": "95000005",
        "SCS05": "02055", "SCS06": "S1", "SCS07": "01", "SCS08": "01",
    },
    "student_tests": {
        "ADMINYEAR": "2018", "SASID": "1000000001", "SPRP_DIS": "95000000", "SPRP_SCH": "95000005", "GRADE": "04",
        "ETESTSTAT": "T", "ESCALEDS": "500", "EPERF2": "M", "ESGP": "51", "MTESTSTAT": "T", "MSCALEDS": "495",
        "MPERF2": "PM", "MSGP": "40",
    },
    "evaluations": {
        "SY": "2017-18", "DIST_CODE": "95000000", "MEPID": "20000001", "EVAL_PLAN": "S2",
        "RATING_TYPE": "Summative", "OVERALL_RATING": "Proficient",
        **{f"STANDARD_{n}": "Proficient" for n in ("I", "II", "III", "IV")},
    },
    "surveys": {
        "SURVEY": "Hiring Principal", "SY": "2017-18", "SO_CODE": "89000001", "SO_NAME": "Birch College",
        "RESPONDENT_ID": "R1", "SCH_CODE": "95000005", "READINESS": "Fully ready",
        **{f"ITEM_{n}": "3" for n in range(1, 6)},
    },
}  # fmt: skip

DIRECTORY: tuple[Row, ...] = (
    {},
    {"ORG_CODE": "95000005", "ORG_NAME": "Brook Elementary School", "ORG_ROLE": "School", "ORG_TYPE": "Elementary",
     "PARENT_CODE": "95000000", "GRADES": "K-05"},
    {"ORG_CODE": "89000001", "ORG_NAME": "Birch College", "ORG_ROLE": "Provider", "ORG_TYPE": "College", "GRADES": ""},
)  # fmt: skip
"""One district, one school, one provider."""


def write_raw(
    folder: Path, layout: str, rows: Sequence[Row], name: str = "", header: Sequence[str] | None = None
) -> Path:
    """A file of a layout: each row the usual one with these changes."""
    path = folder / (name or f"{layout}.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(header or HEADERS[layout])
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n", extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows({**USUAL[layout], **row} for row in rows)
    return path


def write_state(folder: Path) -> Path:
    """A file of every row-level layout that belong together: one school, one candidate, one teacher, one student."""
    for layout in HEADERS:
        write_raw(folder, layout, DIRECTORY if layout == "organization_directory" else [{}])
    return folder
