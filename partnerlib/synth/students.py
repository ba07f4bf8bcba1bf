"""Students: who sits in which grade of which school, what they bring with them, and how they do in state tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partnerlib.synth.arrays import Floats, Ints
from partnerlib.synth.geography import Geography
from partnerlib.synth.scales import Scale, stream
from partnerlib.synth.schools import EARLY, ELEMENTARY, K12

TESTED_GRADES = (3, 4, 5, 6, 7, 8, 10)
ROSTERED_GRADES = (3, 4, 5, 6, 7, 8, 9, 10)


@dataclass(frozen=True)
class Students:
    """Every student of the state, with the years they are in it; parallel arrays, one entry per student."""

    sasid: Ints
    entry: Ints
    """School year of kindergarten: the grade in year y is y - entry."""
    since: Ints
    until: Ints
    """First and last school year in the state."""
    school: Ints
    """Elementary (or K-12) school that decides the others."""
    early: Ints
    moved: Ints
    """First school year at `later_school`, 9999 when never."""
    later_school: Ints
    ability: Floats
    ability_ela: Floats
    low_income: np.ndarray
    learner_until: Ints
    """Last grade as an English learner, -1 when never one."""
    disability: Ints
    """Placement code of DOE034, 0 when none."""
    is_female: np.ndarray
    race: Ints
    birth: Ints
    not_tested: Floats


def make_students(scale: Scale, geography: Geography, seed: int) -> Students:
    """Cohorts of equal size; a quarter of the seats change hands once, a tenth of the students change school."""
    rng = stream(seed, "students")
    grades = scale.highest_grade - scale.lowest_grade + 1
    first_entry = scale.first_student_year - scale.highest_grade
    entries = np.arange(first_entry, scale.last_year - scale.lowest_grade + 1)
    seats = round(scale.students / grades)
    entry = np.repeat(entries, seats)
    n = len(entry)
    sources = np.flatnonzero((geography.school_type == ELEMENTARY) | (geography.school_type == K12))
    weight = geography.school_staff[sources] * np.where(geography.school_type[sources] == K12, 0.45, 1.0)
    school = sources[np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(n))]
    leaves = rng.random(n) < 0.25
    change = entry + 1 + np.floor(12 * rng.random(n)).astype(np.int64)
    follows = np.flatnonzero(leaves)
    seat = np.concatenate([np.arange(n), follows])
    since = np.concatenate([np.zeros(n, np.int64), change[follows]])
    until = np.concatenate([np.where(leaves, change - 1, 9998), np.full(len(follows), 9998)])
    entry, school = entry[seat], school[seat]
    n = len(seat)
    neighbours = sources[(np.searchsorted(sources, school) + 1 + rng.integers(0, 3, n)) % len(sources)]
    early_of = np.full(len(geography.district_code), -1)
    early_schools = np.flatnonzero(geography.school_type == EARLY)
    early_of[geography.school_district[early_schools]] = early_schools
    early = np.where(rng.random(n) < 0.3, early_of[geography.school_district[school]], -1)
    early = np.where(geography.school_type[school] == K12, -1, early)
    low_income = rng.random(n) < geography.low_income[school]
    learner = rng.random(n) < geography.english_learner[school]
    disabled = rng.random(n) < geography.disability[school]
    base = -0.45 * low_income - 0.35 * learner - 0.6 * disabled
    centre = 0.45 * geography.low_income + 0.35 * geography.english_learner + 0.6 * geography.disability
    mean = float(centre[school].mean())
    own = rng.standard_normal(n)
    return Students(
        sasid=1_000_000_000 + (np.arange(n) * 618_033_989 + 271_828) % 899_999_963,
        entry=entry, since=since, until=until, school=school, early=early,
        moved=np.where(rng.random(n) < 0.1, entry + 1 + rng.integers(0, 11, n), 9999), later_school=neighbours,
        ability=0.93 * own + base + mean, ability_ela=0.74 * own + 0.56 * rng.standard_normal(n) + base + mean,
        low_income=low_income,
        learner_until=np.where(learner, rng.integers(2, 12, n), -1),
        disability=np.where(disabled, np.array([10, 10, 10, 20, 20, 40, 41])[rng.integers(0, 7, n)], 0),
        is_female=rng.random(n) < 0.488,
        race=np.array([1, 1, 1, 2, 3, 33, 33, 34, 6, 4])[rng.integers(0, 10, n)],
        birth=entry, not_tested=rng.random(n),
    )  # fmt: skip


@dataclass(frozen=True)
class Enrollment:
    """The students of one school year."""

    student: Ints
    """Place in `Students`."""
    grade: Ints
    school: Ints


def enrolled(students: Students, geography: Geography, scale: Scale, year: int) -> Enrollment:
    """Who is in which grade of which school; a closed school's pupils are at its successor."""
    grade = year - students.entry
    present = (
        (grade >= scale.lowest_grade) & (grade <= scale.highest_grade) & (students.since <= year)
        & (students.until >= year)
    )  # fmt: skip
    student = np.flatnonzero(present)
    grade = grade[student]
    base = np.where(students.moved[student] <= year, students.later_school[student], students.school[student])
    feeder = geography.feeder[base]
    early = students.early[student]
    school = np.where(grade >= 9, feeder[:, 1], np.where(grade >= 6, feeder[:, 0], base))
    school = np.where((grade <= 2) & (early >= 0) & (students.moved[student] > year), early, school)
    closed = (geography.school_closed[school] > 0) & (geography.school_closed[school] <= year)
    school = np.where(closed, geography.school_successor[school], school)
    order = np.argsort(school * 100 + grade, kind="stable")
    return Enrollment(student[order], grade[order], school[order])


def growth_percentiles(score: Floats, prior: Floats, group: Ints) -> Ints:
    """Student growth percentiles, 1 to 99: the rank of a score among students with the same score before.

    Formula
        rank, within grade, of the residual from a cubic in the prior score; 0 where score or prior score is missing
    Source
        residual ranks are near-equivalent to quantile regression (Castellano & Ho 2013)
    """
    result = np.zeros(len(score), np.int64)
    for one in np.unique(group):
        rows = np.flatnonzero((group == one) & ~np.isnan(score) & ~np.isnan(prior))
        if len(rows) < 20:
            continue
        z = (prior[rows] - prior[rows].mean()) / prior[rows].std()
        design = np.stack([np.ones(len(rows)), z, z**2, z**3], axis=1)
        residual = score[rows] - design @ np.linalg.solve(design.T @ design, design.T @ score[rows])
        rank = np.empty(len(rows))
        rank[np.argsort(residual, kind="stable")] = np.arange(len(rows)) + 0.5
        result[rows] = np.clip(np.ceil(100 * rank / len(rows) - 0.5), 1, 99).astype(np.int64)
    return result
