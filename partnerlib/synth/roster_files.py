"""EPIMS staff rosters, October and end of year: who is on staff, on leave, and gone since the collection before."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa

from partnerlib.codes import year_label
from partnerlib.synth import names
from partnerlib.synth.arrays import Ints
from partnerlib.synth.geography import Geography
from partnerlib.synth.histories import SUBSTITUTE, Histories
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import People
from partnerlib.synth.preparation_files import Identities
from partnerlib.synth.scales import stream
from partnerlib.synth.text_columns import always, days, digits, pick, table

ROSTER = ("SY", "PERIOD", "DIST_CODE", *(f"SR{number:02d}" for number in range(1, 39)))
SUMMER, MIDYEAR, LATE, UNREPORTED = range(4)
WORKING, ON_LEAVE, EXITED = 1, 2, 4
_EXIT_REASONS = ("01", "02", "03", "05", "07")

Exits = dict[str, np.ndarray]
"""Parallel arrays: person, district, day, kind, reason, hired_on."""
Rows = dict[str, np.ndarray]
"""Parallel arrays, one entry per row: person, district, status, hired_on, left_on, is_beginner, reason."""


def exits(histories: Histories, geography: Geography, parameters: Parameters, year: int, seed: int) -> Exits:
    """Who left a district between last October and this one: person, district, day, and when it is reported.

    An exit shows in the next collection. A late one shows one collection later, an unreported one never.
    """
    rng = stream(seed, f"exits {year}")
    before, late_start, now = histories.octobers[year - 1], histories.midyear[year - 1], histories.octobers[year]
    person, school, hired_on = (
        np.concatenate([before[name], late_start[name]]) for name in ("person", "school", "hired_on")
    )
    district = geography.school_district[school]
    district_now = np.full(len(histories.people["mepid"]), -1)
    district_now[now["person"]] = geography.school_district[now["school"]]
    gone = district_now[person] != district
    person, district, hired_on = person[gone], district[gone], hired_on[gone]
    n = len(person)
    draw = rng.random(n)
    edges = np.cumsum([parameters.exit_midyear, parameters.exit_late, parameters.exit_unreported])
    kind = np.select([draw < edges[0], draw < edges[1], draw < edges[2]], [MIDYEAR, LATE, UNREPORTED], SUMMER)
    kind = np.where((kind == MIDYEAR) & (district_now[person] >= 0), SUMMER, kind)
    june, november = datetime.date(year - 1, 6, 20).toordinal(), datetime.date(year - 2, 11, 5).toordinal()
    day = np.where(kind == MIDYEAR, november + rng.integers(0, 200, n), june + rng.integers(0, 60, n))
    return {"person": person, "district": district, "day": np.maximum(day, hired_on + 30), "kind": kind,
            "reason": rng.integers(0, len(_EXIT_REASONS), n), "hired_on": hired_on}  # fmt: skip


def roster(
    histories: Histories, identities: Identities, geography: Geography, past: Exits, coming: Exits, year: int,
    period: str, seed: int,
) -> pa.Table:  # fmt: skip
    """The staff roster of one collection. `past`: exits up to this October; `coming`: exits up to the next one."""
    rows = _on_staff(histories.octobers[year], geography)
    if period == "EOY":
        rows = _with_exits_of_the_year(_joined(rows, _late_starts(histories.midyear[year], geography)), coming)
    rows = _joined(rows, _gone(past, SUMMER if period == "OCT" else LATE, rows))
    order = np.lexsort((rows["person"], rows["district"]))
    rows = {name: column[order] for name, column in rows.items()}
    return _roster_table(histories.people, identities, geography, year, period, seed, rows)


def _on_staff(october: dict[str, np.ndarray], geography: Geography) -> Rows:
    """Staff of October; someone in two districts has a row in each."""
    second = october["second_school"] >= 0
    index = np.concatenate([np.arange(len(second)), np.flatnonzero(second)])
    school = np.concatenate([october["school"], october["second_school"][second]])
    return {
        "person": october["person"][index],
        "district": geography.school_district[school],
        "status": np.where(october["is_working"][index], WORKING, ON_LEAVE),
        "hired_on": october["hired_on"][index],
        "left_on": np.zeros(len(index), np.int64),
        "is_beginner": ((october["seniority"] == 0) & (october["job"] <= SUBSTITUTE))[index],
        "reason": np.full(len(index), -1),
    }


def _late_starts(midyear: dict[str, np.ndarray], geography: Geography) -> Rows:
    """People hired after October 1."""
    n = len(midyear["person"])
    return {
        "person": midyear["person"],
        "district": geography.school_district[midyear["school"]],
        "status": np.full(n, WORKING),
        "hired_on": midyear["hired_on"],
        "left_on": np.zeros(n, np.int64),
        "is_beginner": np.ones(n, bool),
        "reason": np.full(n, -1),
    }


def _gone(past: Exits, kind: int, rows: Rows) -> Rows:
    """Exits a collection reports of people it does not otherwise have in the district."""
    shown = past["kind"] == kind
    shown &= ~np.isin(_pairs(past["person"], past["district"]), _pairs(rows["person"], rows["district"]))
    n = int(shown.sum())
    return {
        "person": past["person"][shown],
        "district": past["district"][shown],
        "status": np.full(n, EXITED),
        "hired_on": past["hired_on"][shown],
        "left_on": past["day"][shown],
        "is_beginner": np.zeros(n, bool),
        "reason": past["reason"][shown],
    }


def _joined(rows: Rows, more: Rows) -> Rows:
    return {name: np.concatenate([rows[name], more[name]]) for name in rows}


def _pairs(person: Ints, district: Ints) -> Ints:
    return person * 1000 + district


def _with_exits_of_the_year(rows: Rows, coming: Exits) -> Rows:
    """Staff of October who left before summer: still on file at the end of the year, with status 04."""
    left = np.flatnonzero(coming["kind"] == MIDYEAR)
    if len(left) == 0:
        return rows
    gone = _pairs(coming["person"][left], coming["district"][left])
    left, gone = left[np.argsort(gone, kind="stable")], np.sort(gone)
    key = _pairs(rows["person"], rows["district"])
    place = np.minimum(np.searchsorted(gone, key), len(gone) - 1)
    hit = gone[place] == key
    exit_of = left[place]
    return rows | {
        "status": np.where(hit, EXITED, rows["status"]),
        "left_on": np.where(hit, coming["day"][exit_of], rows["left_on"]),
        "reason": np.where(hit, coming["reason"][exit_of], rows["reason"]),
    }


def _roster_table(
    people: People, identities: Identities, geography: Geography, year: int, period: str, seed: int, rows: Rows
) -> pa.Table:
    who, n = rows["person"], len(rows["person"])
    rng = stream(seed, f"attendance {year} {period}")
    present = 160 + rng.integers(0, 21, n)
    is_end = period == "EOY"
    reason = np.where(rows["reason"] < 0, len(_EXIT_REASONS), rows["reason"])
    zeros = {f"SR{number}": always("000", n) for number in (12, 14, 16, 21, 24)}
    return table({
        "SY": always(year_label(year), n), "PERIOD": always(period, n),
        "DIST_CODE": pick(geography.district_code, rows["district"]),
        "SR01": digits(people["mepid"][who], 8), "SR02": digits(who % 10_000, 4),
        "SR03": digits(people["license"][who], 6), "SR04": pick(names.FIRST, people["first"][who]),
        "SR05": pick(names.MIDDLE, people["middle"][who]), "SR06": pick(names.SURNAMES, identities.last_now[who]),
        "SR07": days(people["birth"][who]), "SR08": digits(people["race"][who], 2),
        "SR09": digits(rows["status"], 2), "SR10": pick((*_EXIT_REASONS, "00"), reason),
        "SR11": days(rows["hired_on"]), **zeros, "SR18": always("004", n),
        "SR19": digits(people["institution"][who], 4), "SR20": always("13", n),
        "SR27": days(rows["left_on"]).fill_null("NA"), "SR28": always("00", n), "SR35": always("99", n),
        "SR36": digits(present if is_end else np.full(n, -1), 3), "SR37": digits(np.full(n, 180 if is_end else -1), 3),
        "SR38": pick(("00", "01"), rows["is_beginner"].astype(int)),
    }, ROSTER)  # fmt: skip
