"""EPIMS staff rosters and work assignments, October and end of year, and educator evaluation."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa

from partnerlib.codes import year_label
from partnerlib.synth import names
from partnerlib.synth.arrays import Ints
from partnerlib.synth.classrooms import Sections
from partnerlib.synth.geography import Geography
from partnerlib.synth.histories import JOBS, SUBSTITUTE, Histories
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import COURSES, People
from partnerlib.synth.preparation_files import RATINGS, Identities
from partnerlib.synth.scales import stream
from partnerlib.synth.text_columns import always, days, digits, pick, shares, table

ROSTER = ("SY", "PERIOD", "DIST_CODE", *(f"SR{number:02d}" for number in range(1, 39)))
ASSIGNMENT = ("SY", "PERIOD", "DIST_CODE", *(f"WA{number:02d}" for number in range(1, 18)))
EVALUATION = ("SY", "DIST_CODE", "MEPID", "EVAL_PLAN", "RATING_TYPE", "OVERALL_RATING", "STANDARD_I", "STANDARD_II",
              "STANDARD_III", "STANDARD_IV")  # fmt: skip
SUMMER, MIDYEAR, LATE, UNREPORTED = range(4)
_EXIT_REASONS = ("01", "02", "03", "05", "07")

Exits = dict[str, np.ndarray]


def exits(histories: Histories, geography: Geography, parameters: Parameters, year: int, seed: int) -> Exits:
    """Who left a district between last October and this one: person, district, day, and when it is reported.

    An exit shows in the next collection. A late one shows one collection later, an unreported one never.
    """
    rng = stream(seed, f"exits {year}")
    before, now = histories.octobers[year - 1], histories.octobers[year]
    late_start = histories.midyear[year - 1]
    person = np.concatenate([before["person"], late_start["person"]])
    district = geography.school_district[np.concatenate([before["school"], late_start["school"]])]
    district_now = np.full(len(histories.people["mepid"]), -1)
    district_now[now["person"]] = geography.school_district[now["school"]]
    gone = district_now[person] != district
    person, district = person[gone], district[gone]
    draw = rng.random(len(person))
    edges = np.cumsum([parameters.exit_midyear, parameters.exit_late, parameters.exit_unreported])
    kind = np.select([draw < edges[0], draw < edges[1], draw < edges[2]], [MIDYEAR, LATE, UNREPORTED], SUMMER)
    stays_in_state = district_now[person] >= 0
    kind = np.where((kind == MIDYEAR) & stays_in_state, SUMMER, kind)
    june, november = datetime.date(year - 1, 6, 20).toordinal(), datetime.date(year - 2, 11, 5).toordinal()
    day = np.where(
        kind == MIDYEAR, november + rng.integers(0, 200, len(person)), june + rng.integers(0, 60, len(person))
    )
    return {"person": person, "district": district, "day": day, "kind": kind,
            "reason": rng.integers(0, len(_EXIT_REASONS), len(person))}  # fmt: skip


def roster(
    histories: Histories, identities: Identities, geography: Geography, past: Exits, coming: Exits, year: int,
    period: str, seed: int,
) -> pa.Table:  # fmt: skip
    """The staff roster of one collection. `past`: exits up to this October; `coming`: exits up to the next one."""
    people, october = histories.people, histories.octobers[year]
    person, school, working = october["person"], october["school"], october["is_working"]
    second = october["second_school"] >= 0
    hired, beginner = october["hired_on"], (october["seniority"] == 0) & (october["job"] <= SUBSTITUTE)
    parts = [
        (person, geography.school_district[school], np.where(working, 1, 2), hired, 0 * person, beginner),
        (person[second], geography.school_district[october["second_school"][second]], np.ones(second.sum(), np.int64),
         hired[second], 0 * person[second], beginner[second]),
    ]  # fmt: skip
    if period == "EOY":
        late_start = histories.midyear[year]
        parts.append((late_start["person"], geography.school_district[late_start["school"]],
                      np.ones(len(late_start["person"]), np.int64), late_start["hired_on"], 0 * late_start["person"],
                      np.ones(len(late_start["person"]), bool)))  # fmt: skip
    who, where, status, hired_on, left_on, is_beginner = (np.concatenate([p[i] for p in parts]) for i in range(6))
    reason = np.full(len(who), -1)
    if period == "EOY":
        who, where, status, hired_on, left_on, is_beginner, reason = _with_exits_of_the_year(
            people, geography, coming, who, where, status, hired_on, left_on, is_beginner, reason
        )
    shown = past["kind"] == (SUMMER if period == "OCT" else LATE)
    # A person who is on the roster of the same district in this collection has no second row there.
    onto = _pairs(who, where)
    shown &= ~np.isin(_pairs(past["person"], past["district"]), onto)
    gone = past["person"][shown]
    who, where = np.concatenate([who, gone]), np.concatenate([where, past["district"][shown]])
    status = np.concatenate([status, np.full(len(gone), 4)])
    hired_on = np.concatenate([hired_on, past["day"][shown] - 365 * 2 + (past["person"][shown] % 300)])
    left_on = np.concatenate([left_on, past["day"][shown]])
    is_beginner = np.concatenate([is_beginner, np.zeros(len(gone), bool)])
    reason = np.concatenate([reason, past["reason"][shown]])
    order = np.lexsort((who, where))
    rows = (part[order] for part in (who, where, status, hired_on, left_on, is_beginner, reason))
    return _roster_table(people, identities, geography, year, period, seed, *rows)


def _pairs(person: Ints, district: Ints) -> Ints:
    return person * 1000 + district


def _with_exits_of_the_year(
    people: People, geography: Geography, coming: Exits, who: Ints, where: Ints, status: Ints, hired_on: Ints,
    left_on: Ints, is_beginner: np.ndarray, reason: Ints,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    """Staff of October who left before summer: still on file at the end of the year, with status 04."""
    midyear = coming["kind"] == MIDYEAR
    key, gone = _pairs(who, where), _pairs(coming["person"][midyear], coming["district"][midyear])
    order = np.argsort(gone, kind="stable")
    place = np.minimum(np.searchsorted(gone[order], key), max(len(gone) - 1, 0))
    hit = gone[order][place] == key if len(gone) else np.zeros(len(key), bool)
    day = np.where(hit, coming["day"][midyear][order][place] if len(gone) else 0, left_on)
    why = np.where(hit, coming["reason"][midyear][order][place] if len(gone) else -1, reason)
    day = np.where(hit, np.maximum(day, hired_on + 30), left_on)
    return who, where, np.where(hit, 4, status), hired_on, day, is_beginner, why


def _roster_table(
    people: People, identities: Identities, geography: Geography, year: int, period: str, seed: int, who: Ints,
    where: Ints, status: Ints, hired_on: Ints, left_on: Ints, is_beginner: np.ndarray, reason: Ints,
) -> pa.Table:  # fmt: skip
    n = len(who)
    rng = stream(seed, f"attendance {year} {period}")
    present = 160 + rng.integers(0, 21, n)
    is_end = period == "EOY"
    exit_text = days(left_on).fill_null("NA")
    zeros = {f"SR{number}": always("000", n) for number in (12, 14, 16, 21, 24)}
    return table({
        "SY": always(year_label(year), n), "PERIOD": always(period, n),
        "DIST_CODE": pick(geography.district_code, where),
        "SR01": digits(people["mepid"][who], 8), "SR02": digits(who % 10_000, 4),
        "SR03": digits(people["license"][who], 6), "SR04": pick(names.FIRST, people["first"][who]),
        "SR05": pick(names.MIDDLE, people["middle"][who]), "SR06": pick(names.SURNAMES, identities.last_now[who]),
        "SR07": days(people["birth"][who]), "SR08": digits(people["race"][who], 2), "SR09": digits(status, 2),
        "SR10": pick((*_EXIT_REASONS, "00"), np.where(reason < 0, len(_EXIT_REASONS), reason)), "SR11": days(hired_on),
        **zeros, "SR18": always("004", n), "SR19": digits(people["institution"][who], 4), "SR20": always("13", n),
        "SR27": exit_text, "SR28": always("00", n), "SR35": always("99", n),
        "SR36": digits(present if is_end else np.full(n, -1), 3), "SR37": digits(np.full(n, 180 if is_end else -1), 3),
        "SR38": pick(("00", "01"), is_beginner.astype(int)),
    }, ROSTER)  # fmt: skip


def assignments(
    histories: Histories, identities: Identities, geography: Geography, sections: Sections | None, coming: Exits,
    year: int, period: str,
) -> pa.Table:  # fmt: skip
    """Work assignments of working staff: one row per section taught, else one row for the job."""
    people, october = histories.people, histories.octobers[year]
    snapshot = october
    if period == "EOY":
        snapshot = {name: np.concatenate([october[name], histories.midyear[year][name]]) for name in october}
    left = coming["person"][coming["kind"] == MIDYEAR] if period == "EOY" else np.zeros(0, np.int64)
    here = np.flatnonzero(snapshot["is_working"] & ~np.isin(snapshot["person"], left))
    person = snapshot["person"][here]
    at = np.full(len(people["mepid"]), -1)
    at[person] = here
    teach = _teaching_rows(sections, at)
    without = here[~np.isin(person, teach[0])]
    category = people["category"][snapshot["person"][without]]
    job = snapshot["job"][without]
    prefix = np.array([int(course) * 1000 for course in COURSES])[category]
    who = np.concatenate([teach[0], snapshot["person"][without]])
    school = np.concatenate([teach[1], snapshot["school"][without]])
    course = np.concatenate([teach[2], np.where(job <= SUBSTITUTE, prefix, 0)])
    section = np.concatenate([teach[3], np.ones(len(without), np.int64)])
    grade = np.concatenate([teach[4], snapshot["grade"][without]])
    two = here[snapshot["second_school"][here] >= 0]
    rows = np.bincount(who, minlength=len(at))
    part = np.zeros(len(at))
    part[snapshot["person"][two]] = 0.4
    fte = (1 - part[who]) / rows[who]
    who = np.concatenate([who, snapshot["person"][two]])
    school = np.concatenate([school, snapshot["second_school"][two]])
    course = np.concatenate(
        [course, np.array([int(c) * 1000 for c in COURSES])[people["category"][snapshot["person"][two]]]]
    )
    section, grade = (
        np.concatenate([section, np.ones(len(two), np.int64)]),
        np.concatenate([grade, snapshot["grade"][two]]),
    )
    fte = np.concatenate([fte, np.full(len(two), 0.4)])
    job = snapshot["job"][at[who]]
    district = geography.school_district[school]
    order = np.lexsort((section, course, who, district))
    who, school, course, section, grade, fte, job = (a[order] for a in (who, school, course, section, grade, fte, job))
    n = len(who)
    return table({
        "SY": always(year_label(year), n), "PERIOD": always(period, n),
        "DIST_CODE": pick(geography.district_code, geography.school_district[school]),
        "WA01": digits(people["mepid"][who], 8), "WA02": digits(who % 10_000, 4),
        "WA03": pick(names.FIRST, people["first"][who]), "WA05": pick(names.SURNAMES, identities.last_now[who]),
        "WA06": pick(geography.school_code, school), "WA07": pick(JOBS, job), "WA08": always("000", n),
        "WA09": pick(("K", *(f"{g:02d}" for g in range(1, 13))), grade), "WA10": digits(course, 5),
        "WA11": digits(section, 1), "WA12": shares(fte, 3), "WA16": always("01", n), "WA17": always("01", n),
    }, ASSIGNMENT)  # fmt: skip


def _teaching_rows(sections: Sections | None, at: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Person, school, course, section and grade of every section and teacher, co-teachers too, while on staff."""
    if sections is None:
        empty = np.zeros(0, np.int64)
        return empty, empty, empty, empty, empty
    helped = np.flatnonzero(sections.co_teacher >= 0)
    row = np.concatenate([np.arange(len(sections.teacher)), helped])
    who = np.concatenate([sections.teacher, sections.co_teacher[helped]])
    present = at[who] >= 0
    row, who = row[present], who[present]
    return who, sections.school[row], sections.course[row], sections.number[row], sections.grade[row]


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
