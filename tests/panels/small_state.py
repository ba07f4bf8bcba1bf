"""A small invented state whose every career can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from partnerlib.tables import TABLES

Row = dict[str, object]

NORTH, SOUTH = "95000000", "95010000"
OAK, ELM, MILL, MILL_NEW, SHORE = "95000005", "95000010", "95000015", "95000020", "95010005"
COLLEGE, INSTITUTE = "89000001", "89000002"
YEARS = range(2014, 2019)

STAYER, NEIGHBOR, MOVER, PROMOTED, LEAVER, RETURNER = (f"1000000{n}" for n in range(1, 7))
TWO_DISTRICTS, SPLITTER, OF_RECORD, TWO_PROVIDERS = "10000007", "10000008", "10000009", "10000010"
MERGED, FORMER_AIDE, SPRING_HIRE, EXPERIENCED = "10000011", "10000012", "10000013", "10000014"

TEACHER, PRINCIPAL, AIDE = "2305", "1305", "4100"


def write_tables(folder: Path, rows: dict[str, list[Row]]) -> Path:
    """Every processed table as the build would leave it; columns that are not given are null."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in TABLES.items():
        schema = table.arrow_schema()
        given = [{column: row.get(column) for column in schema.names} for row in rows.get(name, [])]
        unknown = {column for row in rows.get(name, []) for column in row} - set(schema.names)
        assert not unknown, f"{name}: {unknown}"
        pq.write_table(pa.Table.from_pylist(given, schema=schema), folder / f"{name}.parquet")
    return folder


# (person, school years, [(school, job, FTE), ...])
WORK: list[tuple[str, Iterable[int], list[tuple[str, str, float]]]] = [
    (STAYER, YEARS, [(OAK, TEACHER, 1.0)]),
    (NEIGHBOR, (2015, 2016), [(OAK, TEACHER, 1.0)]),
    (NEIGHBOR, (2017, 2018), [(ELM, TEACHER, 1.0)]),
    (MOVER, (2015, 2016), [(OAK, TEACHER, 1.0)]),
    (MOVER, (2017, 2018), [(SHORE, TEACHER, 1.0)]),
    (PROMOTED, (2015, 2016), [(OAK, TEACHER, 1.0)]),
    (PROMOTED, (2017, 2018), [(OAK, PRINCIPAL, 1.0)]),
    (LEAVER, (2015, 2016), [(ELM, TEACHER, 1.0)]),
    (RETURNER, (2015, 2017, 2018), [(ELM, TEACHER, 1.0)]),
    (TWO_DISTRICTS, (2015, 2016, 2017, 2018), [(OAK, TEACHER, 0.4), (SHORE, TEACHER, 0.6)]),
    (SPLITTER, (2015,), [(OAK, TEACHER, 0.6), (ELM, TEACHER, 0.4)]),
    (SPLITTER, (2016, 2017, 2018), [(OAK, TEACHER, 0.4), (ELM, TEACHER, 0.6)]),
    (OF_RECORD, (2016, 2017, 2018), [(SHORE, TEACHER, 1.0)]),
    (TWO_PROVIDERS, (2016, 2017, 2018), [(SHORE, TEACHER, 1.0)]),
    (MERGED, (2015, 2016), [(MILL, TEACHER, 1.0)]),
    (MERGED, (2017, 2018), [(MILL_NEW, TEACHER, 1.0)]),
    (FORMER_AIDE, (2016,), [(ELM, AIDE, 1.0)]),
    (FORMER_AIDE, (2017, 2018), [(ELM, TEACHER, 1.0)]),
    (EXPERIENCED, (2017, 2018), [(ELM, TEACHER, 1.0)]),
]


def district_of(school: str) -> str:
    return NORTH if school < SOUTH else SOUTH


def staff_rows() -> dict[str, list[Row]]:
    """Roster, educators and assignments of WORK in October; the leaver is still on file the October after."""
    roster: list[Row] = []
    educators: list[Row] = []
    assignments: list[Row] = []
    for mepid, years, jobs in WORK:
        for year in years:
            october: Row = {"mepid": mepid, "school_year": year, "collection": "october"}
            by_district: dict[str, float] = {}
            for number, (school, job, fte) in enumerate(jobs):
                district = district_of(school)
                by_district[district] = by_district.get(district, 0.0) + fte
                course = {"course_code": "23001", "grade": "03"} if job == TEACHER else {"course_code": "00000"}
                place = {"school_code": school, "district_code": district, "job_code": job}
                # Two sections of the same job: the FTE of a position is their sum.
                for section in ("A", "B"):
                    key = {"section": f"{mepid[-2:]}{number}{section}", "term": "01"}
                    assignments.append(october | place | course | key | {"fte": fte / 2})
            roster += [october | {"district_code": d, "employment_status": "working"} for d in by_district]
            main = max(by_district, key=lambda district: by_district[district])
            about = {"district_code": main, "district_count": len(by_district), "is_working": True}
            hired = {"hire_date": date(2005, 9, 1)} if mepid == STAYER else {}
            is_beginner = None if mepid != EXPERIENCED else False
            educators.append(october | about | hired | {"is_beginner_reported": is_beginner})
    gone = {"mepid": LEAVER, "school_year": 2017, "collection": "october", "district_code": NORTH}
    roster.append(gone | {"employment_status": "exited", "exit_date": date(2017, 6, 30)})
    educators.append(gone | {"is_working": False, "district_count": 0})
    # An assignment left on file after the exit must not keep the leaver at work.
    assignments.append(gone | {"school_code": ELM, "job_code": TEACHER, "course_code": "23001", "section": "X",
                               "term": "01", "fte": 1.0})  # fmt: skip
    spring = {"mepid": SPRING_HIRE, "school_year": 2018, "collection": "end_of_year", "district_code": SOUTH}
    educators.append(spring | {"is_working": True, "district_count": 1})
    return {"staff_roster": roster, "educators": educators, "assignments": assignments}


def organization_rows() -> list[Row]:
    def listed(code: str, role: str, name: str, kind: str, latitude: float, longitude: float, **more: object) -> Row:
        place = {"latitude": latitude, "longitude": longitude, "organization_type": kind, "organization_name": name}
        return {"organization_code": code, "role": role, "is_open": True, "is_synthetic": True} | place | more

    fixed = [
        listed(COLLEGE, "provider", "Hill College", "college", 42.0, -71.0),
        listed(INSTITUTE, "provider", "Bay Institute", "nonprofit", 42.0, -71.5),
        listed(NORTH, "district", "North", "district", 42.0, -71.0),
        listed(SOUTH, "district", "South", "district", 41.5, -71.0),
        listed(OAK, "school", "Oak", "elementary", 42.1, -71.0, parent_code=NORTH),
        listed(ELM, "school", "Elm", "middle", 42.0, -71.1, parent_code=NORTH),
        listed(SHORE, "school", "Shore", "elementary", 41.5, -71.0, parent_code=SOUTH),
    ]
    rows = [row | {"school_year": year} for row in fixed for year in YEARS]
    mill = listed(MILL, "school", "Mill", "elementary", 42.0, -71.0, parent_code=NORTH)
    rows += [mill | {"school_year": year} for year in (2014, 2015, 2016)]
    rows.append(mill | {"school_year": 2017, "is_open": False, "successor_code": MILL_NEW})
    new = listed(MILL_NEW, "school", "New Mill", "elementary", 42.0, -71.0, parent_code=NORTH)
    return rows + [new | {"school_year": year} for year in (2017, 2018)]


# candidate: provider, MEPID of the link, completion year, placement (year, school), teacher of record
CANDIDATES: list[tuple[str, str, str | None, int | None, tuple[int, str] | None, bool]] = [
    ("same_district", COLLEGE, NEIGHBOR, 2014, (2014, ELM), False),
    ("same_school", COLLEGE, MOVER, 2014, (2014, OAK), False),
    ("of_record", COLLEGE, OF_RECORD, 2016, (2016, SHORE), True),
    ("first_provider", COLLEGE, TWO_PROVIDERS, 2015, (2015, OAK), False),
    ("second_provider", INSTITUTE, TWO_PROVIDERS, 2017, None, False),
    ("unlinked", INSTITUTE, None, 2016, (2016, OAK), False),
    ("not_completed", INSTITUTE, None, None, (2017, OAK), False),
    ("spring_hire", INSTITUTE, SPRING_HIRE, 2017, None, False),
    ("newest", INSTITUTE, None, 2018, None, False),
    ("aide_first", INSTITUTE, FORMER_AIDE, 2015, (2015, ELM), False),
]


def candidate_rows() -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {"candidates": [], "completions": [], "placements": [], "links": []}
    program = {"program_name": "Elementary 1-6, Initial, Bacc.", "license_field": "elementary", "grade_band": "1-6"}
    for name, provider, mepid, completed, placed, is_of_record in CANDIDATES:
        who: Row = {"candidate_id": name, "provider_code": provider}
        tables["candidates"].append(who | {"is_completer": completed is not None})
        method = "mepid" if mepid else "unmatched"
        tables["links"].append(who | {"mepid": mepid, "method": method, "probability": 0.999 if mepid else None})
        if completed:
            level = "Post-Baccalaureate - Apprenticeship/Teacher of Record" if is_of_record else "Baccalaureate"
            tables["completions"].append(who | program | {"completion_year": completed, "program_level": level})
        if placed:
            year, school = placed
            place = {"school_year": year, "placement_school_code": school,
                     "placement_district_code": district_of(school)}  # fmt: skip
            host = {"practitioner_mepid": STAYER, "is_practicum_equivalent": is_of_record}
            tables["placements"].append(who | program | place | host)
    return tables


def student_rows() -> dict[str, list[Row]]:
    """Eight students at Oak (half high-needs) and four at Shore (none): third grade in 2017, fourth in 2018.

    In 2018 the stayer teaches numbers 0-3 everything, shares math of 4-7 with another teacher, who has their ELA alone;
    numbers 8-10 have two math sections; number 11 sits in a section that has no teacher on file.
    """
    tables: dict[str, list[Row]] = {"students": [], "rosters": [], "scores": []}
    for year in (2017, 2018):
        for number in range(12):
            school, grade = (OAK, "04") if number < 8 else (SHORE, "04")
            sasid = f"90000000{number:02d}"
            who: Row = {"sasid": sasid, "school_year": year}
            is_high_needs = number < 4
            tables["students"].append(
                who | {"collection": "october", "school_code": school, "district_code": district_of(school),
                       "grade": grade if year == 2018 else "03", "is_high_needs": is_high_needs}
            )  # fmt: skip
            for subject, score in (("math", number / 10), ("ela", -number / 10)):
                points = {"subject": subject, "school_code": school, "grade": grade if year == 2018 else "03"}
                points |= {"standard_score": score + (year - 2017), "status": "reported", "sgp": 50.0}
                if not (year == 2018 and number == 3 and subject == "math"):  # absent on the day
                    tables["scores"].append(who | points)
        kindergarten = {"sasid": "9000000099", "school_year": year, "collection": "october", "school_code": OAK}
        tables["students"].append(kindergarten | {"district_code": NORTH, "grade": "K", "is_high_needs": None})
    for number in range(12):
        for subject, school, course, section in SCHEDULE[min(number // 4, 2) if number < 11 else 3]:
            key = {"sasid": f"90000000{number:02d}", "school_year": 2018, "collection": "october"}
            place = {"school_code": school, "course_code": course, "section": section, "term": "01"}
            tables["rosters"].append(key | place | {"subject": subject})
    for subject in ("ela", "math"):
        tables["rosters"].append(
            {"sasid": "9000000099", "school_year": 2018, "collection": "october", "school_code": OAK,
             "course_code": "23001", "section": "K1", "term": "01", "subject": subject}
        )  # fmt: skip
    tables["assignments"] = [
        {"mepid": mepid, "school_year": 2018, "collection": "october", "school_code": school,
         "district_code": district_of(school), "job_code": job, "course_code": course, "section": section,
         "term": "01", "fte": 0.0}
        for mepid, school, job, course, section in SECTIONS
    ]  # fmt: skip
    return tables


SCHEDULE = (
    [("ela", OAK, "23001", "K1"), ("math", OAK, "23001", "K1")],
    [("ela", OAK, "01001", "E1"), ("math", OAK, "02001", "M1")],
    [("math", SHORE, "02001", "M1"), ("math", SHORE, "02009", "M2"), ("other", SHORE, "05001", "A1")],
    [("math", SHORE, "02001", "NOBODY")],
)
SECTIONS = [
    (STAYER, OAK, TEACHER, "23001", "K1"),
    (STAYER, OAK, TEACHER, "02001", "M1"),
    (RETURNER, OAK, "2306", "02001", "M1"),
    (RETURNER, OAK, TEACHER, "01001", "E1"),
    (FORMER_AIDE, OAK, AIDE, "02001", "M1"),
    (MOVER, SHORE, TEACHER, "02001", "M1"),
    (MOVER, SHORE, TEACHER, "02009", "M2"),
    (OF_RECORD, SHORE, TEACHER, "02009", "M2"),
]
"""Teacher, school, job, course, section: two teachers share M1 at Oak (an aide does not count) and M2 at Shore."""


def all_rows() -> dict[str, list[Row]]:
    students, staff = student_rows(), staff_rows()
    assignments = staff["assignments"] + students.pop("assignments")
    rows = staff | candidate_rows() | students | {"assignments": assignments} | {"organizations": organization_rows()}
    rows["evaluations"] = [
        {"mepid": STAYER, "school_year": 2015, "district_code": NORTH, "overall_rating": "proficient",
         "rating_type": "summative"},
        {"mepid": STAYER, "school_year": 2016, "district_code": NORTH, "overall_rating": "needs_improvement",
         "rating_type": "summative"},
    ]  # fmt: skip
    return rows
