"""What people teach: the main course and the main grade of a year, and whether they fall under a licence."""

from __future__ import annotations

import re

import narwhals as nw
import pandas as pd

from partnerlib import engine
from partnerlib.panels.inputs import Processed, checked_grain, panel

SELF_CONTAINED = "23"
"""First two digits of the courses of a self-contained elementary classroom."""

FIELD_COURSES: dict[str, tuple[str, ...]] = {
    "early_childhood": (SELF_CONTAINED,),
    "elementary": (SELF_CONTAINED,),
    "english": ("01",),
    "mathematics": ("02",),
    "science": ("03",),
    "history": ("04",),
    "arts": ("05",),
    "foreign_language": ("06", "24"),
    "physical_education": ("08",),
}
"""Course areas (first two digits of the course code) taught under a licence, by its field. Our reading of the areas;
fields that work beside any course (moderate disabilities, English as a second language) are absent: only the grade
can match them."""

GRADES = ("PK", "K", *(f"{number:02d}" for number in range(1, 13)))


def grade_span(band: object) -> tuple[str, ...]:
    """The grades of a band as licences and assignments write it; empty when it names none.

    >>> grade_span("5-8"), grade_span("PreK-K"), grade_span("K01"), grade_span("0102")
    (('05', '06', '07', '08'), ('PK', 'K'), ('K', '01'), ('01', '02'))
    """
    text = str(band).strip().upper().replace("PREK", "PK") if isinstance(band, str) else ""
    if text == "ALL":
        return GRADES
    ends = [_grade(end) for end in re.findall(r"PK|K|\d{2}|\d", text)]
    if not ends or any(end not in GRADES for end in ends):
        return ()
    first, last = GRADES.index(ends[0]), GRADES.index(ends[-1])
    return GRADES[first : last + 1]


def _grade(text: str) -> str:
    return text.zfill(2) if text.isdigit() else text


def main_teaching(processed: Processed, people: pd.DataFrame) -> pd.DataFrame:
    """Main course area and main grade each October of the given people, by FTE.

    Rows
        one per (mepid, school_year) of `people` that has an assignment with a course or a grade
    Columns
        mepid, school_year, course_area (first two digits of the course code), grade (as coded)
    """
    key = ["mepid", "school_year"]
    wanted = engine.from_pandas(people[key].dropna().drop_duplicates().astype({"school_year": "int64"}))
    taught = engine.hold(
        processed.scan("assignments")
        .filter(nw.col("collection") == "october")
        .join(wanted, on=key, how="inner")
        .select(*key, "grade", "fte", course_area=nw.col("course_code").str.slice(0, 2))
    )
    largest = []
    for column in ("course_area", "grade"):
        by_fte = panel(
            taught.filter(~nw.col(column).is_null()).group_by(*key, column).agg(fte=nw.col("fte").sum()),
            required=["school_year"],
        )
        ordered = by_fte.sort_values([*key, "fte", column], ascending=[True, True, False, True])
        largest.append(ordered.drop_duplicates(key).drop(columns="fte").set_index(key))
    main = pd.concat(largest, axis="columns").sort_index().reset_index()
    return checked_grain(main, key, "main teaching")


def matches_license(
    license_field: pd.Series, grade_band: pd.Series, course_area: pd.Series, grade: pd.Series
) -> pd.Series:
    """Whether a teacher's main course and grade fall under a licence; null when neither can be compared.

    Field and grade must both agree where both are known; a field without course areas of its own is judged by grade.
    """
    cases = pd.DataFrame(
        {"field": license_field, "band": grade_band, "course": course_area, "grade": grade}
    ).reset_index(drop=True)
    kinds = cases.drop_duplicates().copy()
    kinds["matches"] = [
        _matches(field, band, course, taught)
        for field, band, course, taught in kinds[["field", "band", "course", "grade"]].itertuples(index=False)
    ]
    judged = cases.merge(kinds, on=["field", "band", "course", "grade"], how="left", validate="many_to_one")
    return judged["matches"].astype("boolean").set_axis(license_field.index)


def _matches(field: object, band: object, course: object, taught: object) -> bool | None:
    areas = FIELD_COURSES.get(field) if isinstance(field, str) else None
    licensed, grades = grade_span(band), grade_span(taught)
    answers = []
    if areas and isinstance(course, str):
        answers.append(course in areas)
    if licensed and grades:
        answers.append(bool(set(grades) & set(licensed)))
    return all(answers) if answers else None
