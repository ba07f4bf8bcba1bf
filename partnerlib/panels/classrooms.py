"""Classrooms: which teacher taught which tested student, with the scores before and after. Large, so lazy.

A section joins a teacher by four keys: school, course, section and term. Several teachers may share one: all are kept,
and they share the student.
"""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.panels.inputs import Processed, panel
from partnerlib.panels.positions import BROAD_TEACHER_JOBS

SECTION = ("school_year", "school_code", "course_code", "section", "term")
KEY = ("mepid", "sasid", "subject", "school_year")
TESTED = ("ela", "math")
_STUDENT = ("is_low_income", "is_english_learner", "has_disability", "is_high_needs", "gender", "race_ethnicity")


def enrollments(processed: Processed, collection: str = "october") -> nw.LazyFrame:
    """Student by section of a tested subject, once each (the key of `rosters`)."""
    rosters = processed.scan("rosters").filter(nw.col("collection") == collection, nw.col("subject").is_in(TESTED))
    return rosters.select("sasid", "subject", *SECTION)


def section_teachers(processed: Processed, collection: str = "october") -> nw.LazyFrame:
    """Teacher by section, once each, with the number of teachers who share the section.

    Co-teachers count whatever the headline set of teacher jobs is: a shared class is shared.
    """
    assigned = processed.scan("assignments").filter(
        nw.col("collection") == collection,
        nw.col("job_code").is_in(sorted(BROAD_TEACHER_JOBS)),
        ~nw.col("course_code").is_null(),
        ~nw.col("section").is_null(),
    )
    teachers = assigned.select("mepid", *SECTION).unique()
    shared = teachers.group_by(*SECTION).agg(teachers=nw.len())
    return teachers.join(shared, on=list(SECTION), how="inner")


def lazy_classrooms(processed: Processed) -> nw.LazyFrame:
    """Teacher by student by subject by year, in the grades tested that year in that subject; not yet computed.

    Weight
        a student's sections count equally, and the teachers of a section equally: 1 / number of co-teachers for a
        student with one section. The weights of a student add to 1 in every subject and year
    Scores
        `score` is in standard deviations of its year, grade and subject; null when the student was not tested.
        `lag_score` is the same subject a year earlier, `lag_score_other` the other subject
    """
    taught = enrollments(processed).join(section_teachers(processed), on=list(SECTION), how="inner")
    class_id = nw.concat_str("school_code", "course_code", "section", "term", separator=":")
    taught = taught.with_columns(share=1.0 / nw.col("teachers"), class_id=class_id)
    student = ["sasid", "subject", "school_year"]
    totals = taught.group_by(*student).agg(total=nw.col("share").sum())
    pairs = (
        taught.join(totals, on=student, how="inner")
        .group_by(*KEY)
        .agg(
            school_code=nw.col("school_code").min(),
            class_id=nw.col("class_id").min(),
            weight=(nw.col("share") / nw.col("total")).sum(),
            co_teachers=nw.col("teachers").max(),
        )
    )
    scores = processed.scan("scores")
    tested = scores.select("school_year", "subject", "grade").unique()
    students = (
        processed.scan("students")
        .filter(nw.col("collection") == "october")
        .select("sasid", "school_year", "grade", *_STUDENT)
    )
    result = scores.select("sasid", "school_year", "subject", "sgp", score="standard_score", score_status="status")
    rows = (
        pairs.join(students, on=["sasid", "school_year"], how="inner")
        .join(tested, on=["school_year", "subject", "grade"], how="semi")
        .join(result, on=["sasid", "school_year", "subject"], how="left")
        .join(_scores_before(scores), on=["sasid", "school_year"], how="left")
        .with_columns(
            lag_score=nw.when(nw.col("subject") == "ela").then("ela").otherwise("math"),
            lag_score_other=nw.when(nw.col("subject") == "ela").then("math").otherwise("ela"),
        )
    )
    columns = ["school_code", "class_id", "grade", "weight", "co_teachers", "score", "score_status"]
    return rows.select(*KEY, *columns, "lag_score", "lag_score_other", "lag_grade", "sgp", *_STUDENT)


def _scores_before(scores: nw.LazyFrame) -> nw.LazyFrame:
    """Last year's scores in both subjects, one row per student, under this year's date."""
    last = scores.filter(~nw.col("standard_score").is_null()).with_columns(school_year=nw.col("school_year") + 1)
    return last.group_by("sasid", "school_year").agg(
        ela=nw.when(nw.col("subject") == "ela").then("standard_score").max(),
        math=nw.when(nw.col("subject") == "math").then("standard_score").max(),
        lag_grade=nw.col("grade").max(),
    )


def collect_classrooms(classrooms: nw.LazyFrame) -> pd.DataFrame:
    """The classroom panel in pandas, once its grain and its weights are right."""
    check_classrooms(classrooms)
    return panel(classrooms, required=["school_year", "co_teachers"])


def check_classrooms(classrooms: nw.LazyFrame) -> None:
    """Raise unless every (teacher, student, subject, year) is one row and every student's weights add to one."""
    grain = classrooms.group_by(*KEY).agg(rows=nw.len()).filter(nw.col("rows") > 1).select(repeated=nw.len())
    student = classrooms.group_by("sasid", "subject", "school_year").agg(total=nw.col("weight").sum())
    wrong = student.filter((nw.col("total") - 1.0).abs() > 1e-9).select(wrong=nw.len())
    repeated, unequal = panel(grain)["repeated"].item(), panel(wrong)["wrong"].item()
    if repeated:
        raise DataError(f"classrooms: {repeated} keys ({', '.join(KEY)}) on several rows; expected one each")
    if unequal:
        raise DataError(f"classrooms: the weights of {unequal} students do not add to 1 in a subject and year")


def section_match(processed: Processed) -> pd.DataFrame:
    """How many sections of tested subjects found a teacher, by year: the coverage of the student-teacher link.

    Columns
        school_year, subject, sections, matched_sections, enrollments, matched_enrollments,
        matched_rate (of enrollments)
    """
    sections = enrollments(processed).group_by("subject", *SECTION).agg(enrollments=nw.len())
    taught = section_teachers(processed).select(*SECTION).unique().with_columns(is_matched=nw.lit(1))
    matched = sections.join(taught, on=list(SECTION), how="left").with_columns(nw.col("is_matched").fill_null(0))
    counts = matched.group_by("school_year", "subject").agg(
        sections=nw.len(),
        matched_sections=nw.col("is_matched").sum(),
        enrollments=nw.col("enrollments").sum(),
        matched_enrollments=(nw.col("enrollments") * nw.col("is_matched")).sum(),
    )
    count_columns = ["sections", "matched_sections", "enrollments", "matched_enrollments"]
    frame = panel(counts, required=["school_year", *count_columns])
    frame["matched_rate"] = frame["matched_enrollments"] / frame["enrollments"]
    return frame.sort_values(["school_year", "subject"], ignore_index=True)
