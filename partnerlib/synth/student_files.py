"""SIMS, student course schedules and student test files."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from partnerlib.codes import year_label
from partnerlib.synth.arrays import Ints
from partnerlib.synth.classrooms import SchoolYear
from partnerlib.synth.geography import Geography
from partnerlib.synth.scales import stream
from partnerlib.synth.students import Students
from partnerlib.synth.text_columns import always, days, digits, pick, table

SIMS = ("SY", "PERIOD", "DIST_CODE", *(f"DOE{number:03d}" for number in range(1, 42)))
SCHEDULE = ("SY", "PERIOD", "DIST_CODE", *(f"SCS{number:02d}" for number in range(1, 15)))
TEST = ("ADMINYEAR", "SASID", "SPRP_DIS", "SPRP_SCH", "GRADE", "ETESTSTAT", "ESCALEDS", "EPERF2", "ESGP", "MTESTSTAT",
        "MSCALEDS", "MPERF2", "MSGP")  # fmt: skip
GRADE_TEXT = ("K", *(f"{grade:02d}" for grade in range(1, 13)))
_STATUS = ("T", "NTA", "NTM")
_OLD_LEVELS = ("W", "NI", "P", "A")
_NEW_LEVELS = ("NM", "PM", "M", "E")


def _district(geography: Geography, school: Ints) -> pa.Array:
    return pick(geography.district_code, geography.school_district[school])


def sims(students: Students, geography: Geography, done: SchoolYear, year: int, seed: int) -> pa.Table:
    """Every student of an October."""
    rng = stream(seed, f"sims {year}")
    who, school = done.enrollment.student, done.enrollment.school
    n = len(who)
    low = students.low_income[who]
    # Before 2015: free (01) or reduced-price (02) lunch; from 2015 on: economically disadvantaged.
    low_code = np.where(low, 1 + ((who % 6 == 0) & (year < 2015)), 0)
    birth = _birthday(students.entry[who], who)
    return table({
        "SY": always(year_label(year), n), "PERIOD": always("OCT", n), "DIST_CODE": _district(geography, school),
        "DOE002": digits(students.sasid[who], 10), "DOE006": birth,
        "DOE009": pick(("M", "F"), students.is_female[who].astype(int)), "DOE010": digits(students.race[who], 2),
        "DOE012": always("01", n), "DOE015": pick(geography.school_code, school),
        "DOE016": pick(GRADE_TEXT, done.enrollment.grade), "DOE017": digits(14 + rng.integers(0, 7, n), 2),
        "DOE018": always("20", n), "DOE019": digits(low_code, 2),
        "DOE025": pick(("00", "01"), (done.enrollment.grade <= students.learner_until[who]).astype(int)),
        "DOE034": digits(students.disability[who], 2),
    }, SIMS)  # fmt: skip


def _birthday(entry: Ints, who: Ints) -> pa.Array:
    autumn = entry - 7
    start = 365 * autumn + autumn // 4 - autumn // 100 + autumn // 400 + 244
    return days(start + (who * 7919) % 365)


def schedule(students: Students, geography: Geography, done: SchoolYear, year: int) -> pa.Table:
    """One row per student and section; a self-contained classroom is one row for both subjects."""
    sections, who, section = done.sections, done.seat_student, done.seat_section
    n = len(who)
    order = np.lexsort((who, section))
    who, section = who[order], section[order]
    school = sections.school[section]
    return table({
        "SY": always(year_label(year), n), "PERIOD": always("OCT", n), "DIST_CODE": _district(geography, school),
        "SCS02": digits(students.sasid[who], 10), "SCS03": pick(geography.school_code, school),
        "SCS05": digits(sections.course[section], 5), "SCS06": digits(sections.number[section], 1),
        "SCS07": always("01", n), "SCS08": always("01", n),
    }, SCHEDULE)  # fmt: skip


def tests(students: Students, geography: Geography, done: SchoolYear, year: int) -> pa.Table:
    """State test results: math and ELA in one row per student."""
    who, n = done.tested, len(done.tested)
    columns = {
        "ADMINYEAR": always(str(year), n), "SASID": digits(students.sasid[who], 10),
        "SPRP_DIS": _district(geography, done.tested_school),
        "SPRP_SCH": pick(geography.school_code, done.tested_school),
        "GRADE": digits(done.tested_grade, 2),
    }  # fmt: skip
    is_old = (year < 2017) | ((done.tested_grade == 10) & (year < 2019))
    for subject, letter in ((1, "E"), (0, "M")):
        scaled = np.where(np.isnan(done.scaled[:, subject]), -1, done.scaled[:, subject]).astype(np.int64)
        old = np.searchsorted((220, 240, 260), scaled, side="right")
        new = np.searchsorted((470, 500, 530), scaled, side="right")
        level = np.where(scaled < 0, -1, np.where(is_old, old, 4 + new))
        growth = done.growth[:, subject]
        columns[f"{letter}TESTSTAT"] = pick(_STATUS, done.status[:, subject])
        columns[f"{letter}SCALEDS"] = digits(scaled, 3)
        columns[f"{letter}PERF2"] = pick((*_OLD_LEVELS, *_NEW_LEVELS), level)
        columns[f"{letter}SGP"] = digits(np.where(growth > 0, growth, -1), 1)
    return table(columns, TEST)
