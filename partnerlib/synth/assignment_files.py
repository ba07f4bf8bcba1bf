"""EPIMS work assignments, October and end of year, and educator evaluation."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from partnerlib.codes import year_label
from partnerlib.synth import names
from partnerlib.synth.arrays import Ints
from partnerlib.synth.classrooms import Sections
from partnerlib.synth.geography import Geography
from partnerlib.synth.histories import JOBS, SUBSTITUTE, Histories
from partnerlib.synth.people import COURSES, People
from partnerlib.synth.preparation_files import RATINGS, Identities
from partnerlib.synth.roster_files import MIDYEAR, Exits
from partnerlib.synth.text_columns import always, digits, pick, shares, table

ASSIGNMENT = ("SY", "PERIOD", "DIST_CODE", *(f"WA{number:02d}" for number in range(1, 18)))
EVALUATION = ("SY", "DIST_CODE", "MEPID", "EVAL_PLAN", "RATING_TYPE", "OVERALL_RATING", "STANDARD_I", "STANDARD_II",
              "STANDARD_III", "STANDARD_IV")  # fmt: skip

_SHARE_OF_SECOND_DISTRICT = 0.4


def assignments(
    histories: Histories, identities: Identities, geography: Geography, sections: Sections | None, coming: Exits,
    year: int, period: str,
) -> pa.Table:  # fmt: skip
    """Work assignments of working staff: one row per section taught, else one row for the job."""
    people, october = histories.people, histories.octobers[year]
    snapshot = october
    left = np.zeros(0, np.int64)
    if period == "EOY":
        snapshot = {name: np.concatenate([october[name], histories.midyear[year][name]]) for name in october}
        left = coming["person"][coming["kind"] == MIDYEAR]
    here = np.flatnonzero(snapshot["is_working"] & ~np.isin(snapshot["person"], left))
    at = np.full(len(people["mepid"]), -1)
    at[snapshot["person"][here]] = here
    rows = _assignment_rows(people, snapshot, sections, here, at)
    order = np.lexsort((rows["section"], rows["course"], rows["person"], geography.school_district[rows["school"]]))
    rows = {name: column[order] for name, column in rows.items()}
    who, n = rows["person"], len(order)
    return table({
        "SY": always(year_label(year), n), "PERIOD": always(period, n),
        "DIST_CODE": pick(geography.district_code, geography.school_district[rows["school"]]),
        "WA01": digits(people["mepid"][who], 8), "WA02": digits(who % 10_000, 4),
        "WA03": pick(names.FIRST, people["first"][who]), "WA05": pick(names.SURNAMES, identities.last_now[who]),
        "WA06": pick(geography.school_code, rows["school"]), "WA07": pick(JOBS, snapshot["job"][at[who]]),
        "WA08": always("000", n), "WA09": pick(("K", *(f"{g:02d}" for g in range(1, 13))), rows["grade"]),
        "WA10": digits(rows["course"], 5), "WA11": digits(rows["section"], 1), "WA12": shares(rows["fte"], 3),
        "WA16": always("01", n), "WA17": always("01", n),
    }, ASSIGNMENT)  # fmt: skip


def _assignment_rows(
    people: People, snapshot: dict[str, np.ndarray], sections: Sections | None, here: Ints, at: Ints
) -> dict[str, np.ndarray]:
    """Person, school, course, section, grade and FTE of every row; the shares of a person add to one."""
    teach = _teaching_rows(sections, at)
    without = here[~np.isin(snapshot["person"][here], teach["person"])]
    second = here[snapshot["second_school"][here] >= 0]
    main = {
        name: np.concatenate([teach[name], column]) for name, column in _job_rows(people, snapshot, without).items()
    }
    part = np.zeros(len(at))
    part[snapshot["person"][second]] = _SHARE_OF_SECOND_DISTRICT
    who = main["person"]
    fte = (1 - part[who]) / np.bincount(who, minlength=len(at))[who]
    other = _job_rows(people, snapshot, second) | {"school": snapshot["second_school"][second]}
    rows = {name: np.concatenate([main[name], other[name]]) for name in main}
    return rows | {"fte": np.concatenate([fte, np.full(len(second), _SHARE_OF_SECOND_DISTRICT)])}


def _job_rows(people: People, snapshot: dict[str, np.ndarray], index: Ints) -> dict[str, np.ndarray]:
    """One row for the job as a whole: the general course of a teacher's field, none for other staff."""
    person = snapshot["person"][index]
    general = np.array([int(course) * 1000 for course in COURSES])[people["category"][person]]
    return {
        "person": person,
        "school": snapshot["school"][index],
        "course": np.where(snapshot["job"][index] <= SUBSTITUTE, general, 0),
        "section": np.ones(len(index), np.int64),
        "grade": snapshot["grade"][index],
    }


def _teaching_rows(sections: Sections | None, at: Ints) -> dict[str, np.ndarray]:
    """One row per section and teacher on staff, co-teachers too."""
    if sections is None:
        return {name: np.zeros(0, np.int64) for name in ("person", "school", "course", "section", "grade")}
    helped = np.flatnonzero(sections.co_teacher >= 0)
    row = np.concatenate([np.arange(len(sections.teacher)), helped])
    who = np.concatenate([sections.teacher, sections.co_teacher[helped]])
    present = at[who] >= 0
    row, who = row[present], who[present]
    return {
        "person": who,
        "school": sections.school[row],
        "course": sections.course[row],
        "section": sections.number[row],
        "grade": sections.grade[row],
    }


def evaluation(histories: Histories, geography: Geography, year: int) -> pa.Table:
    """Ratings of the year; the overall rating is blank for staff who were not evaluated."""
    people, rated = histories.people, histories.ratings[year]
    who, n = rated["person"], len(rated["person"])
    standards = np.where((rated["overall"] >= 0)[:, None], rated["standards"], -1)
    columns = {
        "SY": always(year_label(year), n),
        "DIST_CODE": pick(geography.district_code, geography.school_district[rated["school"]]),
        "MEPID": digits(people["mepid"][who], 8),
        "EVAL_PLAN": pick(("One-Year", "Two-Year"), rated["is_formative"].astype(int)),
        "RATING_TYPE": pick(("Summative", "Formative"), rated["is_formative"].astype(int)),
        "OVERALL_RATING": pick(RATINGS, rated["overall"]),
    }
    for column, name in enumerate(EVALUATION[6:]):
        columns[name] = pick(RATINGS, standards[:, column])
    return table(columns, EVALUATION)
