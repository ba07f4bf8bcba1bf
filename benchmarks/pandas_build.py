"""The tables of the large collections, written the way an analyst would in pandas: what the build is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Collection:
    """One kind of file: the columns it needs and how they become a table's."""

    begins: str
    columns: frozenset[str]
    conform: Callable[[pd.DataFrame], pd.DataFrame]


def in_pandas(raw: Path, out: Path) -> None:
    """The same tables from the large collections, written the way an analyst would in pandas, checks included."""
    out.mkdir(parents=True, exist_ok=True)
    rejects: list[pd.DataFrame] = []
    students = _tables(raw, STUDENTS, ["sasid", "school_year", "collection"], rejects)
    learners = students.loc[students["is_english_learner"].eq(True), ["sasid", "school_year"]].drop_duplicates()
    recent = pd.concat([learners.assign(school_year=learners["school_year"] + lag) for lag in (1, 2)]).drop_duplicates()
    students = students.merge(recent.assign(was_learner=True), on=["sasid", "school_year"], how="left")
    students["is_high_needs"] = (
        students[["is_low_income", "is_english_learner", "has_disability", "was_learner"]].eq(True).any(axis=1)
    )
    _write(students.drop(columns="was_learner"), ["sasid", "school_year", "collection"], out / "students.parquet")
    del students
    section = ["school_code", "course_code", "section", "term"]
    rosters = _tables(raw, ROSTERS, ["sasid", "school_year", "collection", *section], rejects)
    contained = rosters["course_code"].str[:2].eq("23")
    rosters["subject"] = rosters["course_code"].str[:2].map({"01": "ela", "02": "math", "23": "ela"}).fillna("other")
    rosters = pd.concat([rosters, rosters[contained].assign(subject="math")])
    _write(rosters, ["sasid", "school_year", "collection", *section, "subject"], out / "rosters.parquet")
    del rosters
    person = ["mepid", "school_year", "collection"]
    roster = _tables(raw, STAFF, [*person, "district_code"], rejects)
    work = _tables(raw, WORK, [*person, section[0], "job_code", *section[1:]], rejects)
    _write(roster, [*person, "district_code"], out / "staff_roster.parquet")
    _write(work, [*person, section[0], "job_code", *section[1:]], out / "assignments.parquet")
    fte = work.groupby([*person, "district_code"], as_index=False)["fte"].sum()
    roster = roster.merge(fte, on=[*person, "district_code"], how="left")
    roster["is_working"] = roster["employment_status"].eq("working")
    roster["district_count"] = roster.groupby(person)["is_working"].transform("sum")
    roster = roster.sort_values(["is_working", "fte"], ascending=False).drop_duplicates(person)
    _write(roster, person, out / "educators.parquet")
    pd.concat(rejects).to_parquet(out / "rejects.parquet")


def _tables(raw: Path, kind: Collection, key: list[str], rejects: list[pd.DataFrame]) -> pd.DataFrame:
    frames = []
    for path in sorted(raw.glob(f"{kind.begins}*.csv")):
        text = pd.read_csv(path, dtype=str, keep_default_na=False, usecols=list(kind.columns))
        text = text.apply(lambda column: column.str.strip()).replace("", None)
        frame = kind.conform(text)
        frame["school_year"] = _year(text["SY"])
        frame["collection"] = text["PERIOD"].map({"OCT": "october", "EOY": "end_of_year"})
        frame["source_file"] = path.name
        bad = frame[key].isna().any(axis=1) | frame.duplicated(key)
        rejects.append(pd.DataFrame({"source_file": path.name, "row": frame.index[bad] + 2}))
        frames.append(frame[~bad])
    whole = pd.concat(frames, ignore_index=True)
    return whole[~whole.duplicated(key)]


def _write(frame: pd.DataFrame, key: list[str], path: Path) -> None:
    frame.sort_values(key, ignore_index=True).to_parquet(path, compression="zstd", index=False)


def _code(column: pd.Series, digits: int = 8) -> pd.Series:
    return column.where(column.str.fullmatch(rf"\d{{{digits}}}").fillna(False).astype(bool))


def _year(column: pd.Series) -> pd.Series:
    return column.where(column.str.fullmatch(r"\d{4}-\d{2}").fillna(False).astype(bool)).str[:4].astype("Float64") + 1


def _number(column: pd.Series, low: float, high: float) -> pd.Series:
    parsed = pd.to_numeric(column, errors="coerce")
    return parsed.where(parsed.between(low, high))


def _race(column: pd.Series) -> pd.Series:
    return column.where(_number(column, 0, 63).notna())


def _date(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column, format="%m/%d/%Y", errors="coerce")


def _students(text: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "sasid": _code(text["DOE002"], 10), "school_code": _code(text["DOE015"]),
        "district_code": _code(text["DIST_CODE"]), "grade": text["DOE016"], "gender": text["DOE009"],
        "race_ethnicity": _race(text["DOE010"]),
        "is_low_income": text["DOE019"].map({"00": False, "01": True, "02": True}),
        "is_english_learner": text["DOE025"].map({"00": False, "01": True}),
        "has_disability": _code(text["DOE034"], 2) != "00",
        "days_attended": _number(text["DOE017"], 0, 366), "days_in_membership": _number(text["DOE018"], 0, 366),
    })  # fmt: skip


def _rosters(text: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "sasid": _code(text["SCS02"], 10), "school_code": _code(text["SCS03"]), "course_code": text["SCS05"],
        "section": text["SCS06"], "term": text["SCS07"].fillna(""), "enrollment_status": text["SCS08"],
    })  # fmt: skip


def _staff(text: pd.DataFrame) -> pd.DataFrame:
    text = text.replace({"NA": None, "NMN": None})
    states = {"01": "working", "02": "on_leave", "03": "working", "04": "exited"}
    return pd.DataFrame({
        "mepid": _code(text["SR01"]), "district_code": _code(text["DIST_CODE"]), "first_name": text["SR04"],
        "middle_name": text["SR05"], "last_name": text["SR06"], "license_number": text["SR03"].replace("00", None),
        "birth_date": _date(text["SR07"]), "race_ethnicity": _race(text["SR08"]),
        "employment_status": text["SR09"].map(states), "exit_reason": text["SR10"].replace("00", None),
        "hire_date": _date(text["SR11"]), "exit_date": _date(text["SR27"]),
        "degree_institution": text["SR19"].replace("0000", None),
        "is_beginner_reported": text["SR38"].map({"01": True, "00": False}),
        "days_present": _number(text["SR36"], 0, 366), "days_expected": _number(text["SR37"], 0, 366),
    })  # fmt: skip


def _assignments(text: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "mepid": _code(text["WA01"]), "district_code": _code(text["DIST_CODE"]), "school_code": _code(text["WA06"]),
        "job_code": _code(text["WA07"], 4), "grade": text["WA09"], "course_code": text["WA10"].fillna(""),
        "section": text["WA11"].fillna(""), "fte": _number(text["WA12"], 0, 1), "term": text["WA16"].fillna(""),
    })  # fmt: skip


_COLLECTED = {"SY", "PERIOD", "DIST_CODE"}


def _collection(
    begins: str, code: str, numbers: tuple[int, ...], conform: Callable[[pd.DataFrame], pd.DataFrame]
) -> Collection:
    return Collection(begins, frozenset(_COLLECTED | {code.format(n) for n in numbers}), conform)


STUDENTS = _collection("sims_", "DOE{:03d}", (2, 9, 10, 15, 16, 17, 18, 19, 25, 34), _students)
ROSTERS = _collection("scs_", "SCS{:02d}", (2, 3, 5, 6, 7, 8), _rosters)
STAFF = _collection("epims_sr_", "SR{:02d}", (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19, 27, 36, 37, 38), _staff)
WORK = _collection("epims_wa_", "WA{:02d}", (1, 6, 7, 9, 10, 11, 12, 16), _assignments)
