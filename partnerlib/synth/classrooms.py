"""Classrooms: sections with their teachers and students, and the scores that come out of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partnerlib.synth.arrays import Floats, Ints
from partnerlib.synth.geography import Geography
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import People
from partnerlib.synth.scales import Scale, stream
from partnerlib.synth.students import ROSTERED_GRADES, TESTED_GRADES, Enrollment, Students, enrolled, growth_percentiles

SELF_CONTAINED, MATH, ELA = range(3)
_PREFIX = np.array([23000, 2000, 1000])
_FIELDS = ((0, 1), (2, 3), (4, 5))


@dataclass(frozen=True)
class Sections:
    """Sections of one school year; parallel arrays, one entry per section."""

    school: Ints
    grade: Ints
    kind: Ints
    """Self-contained, math or ELA."""
    number: Ints
    """Number of the section within school, grade and kind, from 1."""
    teacher: Ints
    """Person."""
    co_teacher: Ints
    """Person, -1 when none."""

    @property
    def course(self) -> Ints:
        """Subject area-course code as a number: 23ggg, 02ggg or 01ggg."""
        return _PREFIX[self.kind] + self.grade


@dataclass(frozen=True)
class SchoolYear:
    """Everything about students in one school year."""

    enrollment: Enrollment
    sections: Sections
    seat_student: Ints
    """One entry per seat (student x section): place in `Students`."""
    seat_section: Ints
    tested: Ints
    """Students with a test record: place in `Students`."""
    tested_grade: Ints
    tested_school: Ints
    status: Ints
    """0 tested, 1 absent, 2 medical; columns math, ELA."""
    score: Floats
    """SD units, before scaling; columns math, ELA; NaN when not tested."""
    scaled: Floats
    growth: Ints
    """SGP; 0 when there is none."""


def simulate_school_years(
    scale: Scale, parameters: Parameters, geography: Geography, students: Students, people: People,
    octobers: dict[int, dict[str, np.ndarray]], seed: int,
) -> dict[int, SchoolYear]:  # fmt: skip
    """All student years in turn: each year's scores are the next one's prior scores."""
    rng = stream(seed, "prior scores")
    prior = np.stack([np.sqrt(0.74) * students.ability, np.sqrt(0.74) * students.ability_ela], axis=1)
    prior += 0.5 * rng.standard_normal(prior.shape)
    last_scaled = np.full(prior.shape, np.nan)
    years = {}
    for year in scale.student_years:
        rng = stream(seed, f"classrooms {year}")
        years[year] = _one_year(rng, scale, parameters, geography, students, people, octobers[year], prior,
                                last_scaled, year)  # fmt: skip
        done = years[year]
        prior[done.tested] = np.where(np.isnan(done.score), prior[done.tested], done.score)
        last_scaled[done.tested] = done.scaled
    return years


def _one_year(
    rng: np.random.Generator, scale: Scale, parameters: Parameters, geography: Geography, students: Students,
    people: People, october: dict[str, np.ndarray], prior: Floats, last_scaled: Floats, year: int,
) -> SchoolYear:  # fmt: skip
    enrollment = enrolled(students, geography, scale, year)
    rostered = np.isin(enrollment.grade, ROSTERED_GRADES)
    student, grade, school = enrollment.student[rostered], enrollment.grade[rostered], enrollment.school[rostered]
    sections = _make_sections(rng, scale, geography, people, october, grade, school, parameters)
    novice = np.exp(-_seniority(people, october)[sections.teacher] / 3.0)
    rank_key = -parameters.novices_get_lower_classes * novice + rng.standard_normal(len(sections.teacher)) * 0.8
    seat_math = _seat(rng, sections, (SELF_CONTAINED, MATH), rank_key, prior[student, 0], grade, school, parameters)
    seat_ela = _seat(rng, sections, (SELF_CONTAINED, ELA), rank_key, prior[student, 1], grade, school, parameters)
    score = _scores(rng, parameters, geography, students, people, october, sections, student, school,
                    np.stack([seat_math, seat_ela], axis=1), prior, year)  # fmt: skip
    is_tested = np.isin(grade, TESTED_GRADES)
    status = (rng.random((int(is_tested.sum()), 1)) < 0.03).astype(np.int64) * np.ones((1, 2), np.int64)
    status = np.where(rng.random(status.shape) < 0.004, 2, np.where(rng.random(status.shape) < 0.01, 1, status))
    tested_score = np.where(status == 0, score[is_tested], np.nan)
    scaled = scaled_score(tested_score, grade[is_tested], year)
    growth = np.stack(
        [growth_percentiles(scaled[:, s], last_scaled[student[is_tested], s], grade[is_tested]) for s in (0, 1)], axis=1
    )
    is_self = sections.kind[seat_math] == SELF_CONTAINED
    seat_student = np.concatenate([student, student[~is_self]])
    seat_section = np.concatenate([seat_math, seat_ela[~is_self]])
    return SchoolYear(enrollment, sections, seat_student, seat_section, student[is_tested], grade[is_tested],
                      school[is_tested], status, tested_score, scaled, growth)  # fmt: skip


def _seniority(people: People, october: dict[str, np.ndarray]) -> Ints:
    seniority = np.zeros(len(people["mepid"]), np.int64)
    seniority[october["person"]] = october["seniority"]
    return seniority


def _make_sections(
    rng: np.random.Generator, scale: Scale, geography: Geography, people: People, october: dict[str, np.ndarray],
    grade: Ints, school: Ints, parameters: Parameters,
) -> Sections:  # fmt: skip
    """Sections of the size wanted, given to teachers of the field and grade; to any teacher where there is none."""
    cell, count = np.unique(school * 100 + grade, return_counts=True)
    whole = np.maximum(1, np.round(count / scale.class_size)).astype(np.int64)
    cell_school, cell_grade = cell // 100, cell % 100
    is_self = cell_grade <= 5
    parts = []
    for kind, wanted in ((SELF_CONTAINED, is_self), (MATH, ~is_self), (ELA, ~is_self)):
        times = whole[wanted]
        number = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times) + 1
        parts.append((np.repeat(cell_school[wanted], times), np.repeat(cell_grade[wanted], times),
                      np.full(times.sum(), kind), number))  # fmt: skip
    s, g, k, number = (np.concatenate([part[i] for part in parts]) for i in range(4))
    teacher = _teachers(people, october, s, g, k)
    co_teacher = np.where(rng.random(len(s)) < parameters.co_teacher, _support(people, october, s), -1)
    return Sections(s, g, k, number, teacher, np.where(co_teacher == teacher, -1, co_teacher))


def _teachers(people: People, october: dict[str, np.ndarray], school: Ints, grade: Ints, kind: Ints) -> Ints:
    """Teacher of every section: first of the field and grade, then of the field, then anyone working at the school."""
    usable = october["is_working"] & (october["job"] <= 3)
    person, at = october["person"][usable], october["school"][usable]
    own_grade, category = october["grade"][usable], people["category"][person]
    teacher = np.full(len(school), -1)
    for which, fields in enumerate(_FIELDS):
        rows = np.flatnonzero(kind == which)
        of_field = np.isin(category, fields)
        if which == SELF_CONTAINED:
            teacher[rows] = _in_turn(school[rows] * 100 + grade[rows], at[of_field] * 100 + own_grade[of_field],
                                     person[of_field])  # fmt: skip
        rows = rows[teacher[rows] < 0]
        teacher[rows] = _in_turn(school[rows], at[of_field], person[of_field])
    rows = np.flatnonzero(teacher < 0)
    teacher[rows] = _in_turn(school[rows], at, person)
    rows = np.flatnonzero(teacher < 0)
    teacher[rows] = person[rows % len(person)]
    return teacher


def _support(people: People, october: dict[str, np.ndarray], school: Ints) -> Ints:
    usable = october["is_working"] & np.isin(people["category"][october["person"]], (9, 10, 11, 12))
    usable &= october["job"] <= 3
    return _in_turn(school, october["school"][usable], october["person"][usable])


def _in_turn(wanted: Ints, offered: Ints, person: Ints) -> Ints:
    """Share the sections of each key among the people of that key, in blocks and in the people's order; -1: nobody."""
    order = np.lexsort((person, offered))
    first = np.searchsorted(offered[order], wanted, side="left")
    people_count = np.searchsorted(offered[order], wanted, side="right") - first
    by_key = np.argsort(wanted, kind="stable")
    _, start, size = np.unique(wanted[by_key], return_index=True, return_counts=True)
    rank = np.empty(len(wanted), np.int64)
    rank[by_key] = np.arange(len(wanted)) - np.repeat(start, size)
    total = np.empty(len(wanted), np.int64)
    total[by_key] = np.repeat(size, size)
    turn = np.where(total > people_count, rank * people_count // np.maximum(total, 1), rank)
    found = people_count > 0
    return np.where(found, person[order][np.minimum(first + turn, len(person) - 1)], -1)


def _seat(
    rng: np.random.Generator, sections: Sections, kinds: tuple[int, int], rank_key: Floats, prior: Floats,
    grade: Ints, school: Ints, parameters: Parameters,
) -> Ints:  # fmt: skip
    """Section of every student: students in order of a noisy prior score, sections in order of their teachers."""
    usable = np.flatnonzero(np.isin(sections.kind, kinds))
    section_cell = sections.school[usable] * 100 + sections.grade[usable]
    order = usable[np.lexsort((rank_key[usable], section_cell))]
    cells, start, size = np.unique(np.sort(section_cell, kind="stable"), return_index=True, return_counts=True)
    cell = school * 100 + grade
    noisy = parameters.tracking * prior + rng.standard_normal(len(prior))
    by = np.lexsort((noisy, cell))
    _, first, pupils = np.unique(cell[by], return_index=True, return_counts=True)
    rank = np.empty(len(cell), np.int64)
    rank[by] = np.arange(len(cell)) - np.repeat(first, pupils)
    at = np.searchsorted(cells, cell)
    count = np.empty(len(cell), np.int64)
    count[by] = np.repeat(pupils, pupils)
    return order[start[at] + rank * size[at] // count]


def _scores(
    rng: np.random.Generator, parameters: Parameters, geography: Geography, students: Students, people: People,
    october: dict[str, np.ndarray], sections: Sections, student: Ints, school: Ints, seats: Ints, prior: Floats,
    year: int,
) -> Floats:  # fmt: skip
    """Score = part of the prior score + ability + teacher + class + school + luck, in SD units; math, ELA.

    A co-taught section has the mean of its teachers' value added.
    """
    seniority = np.minimum(_seniority(people, october), 10)
    hosts = np.isin(np.arange(len(seniority)), people["mentor"][people["cohort"] == year])
    experience = np.array(parameters.experience_math)
    ability = (students.ability, students.ability_ela)
    columns = []
    for subject, name in enumerate(("va_math", "va_ela")):
        returns = experience if subject == 0 else parameters.experience_ela_share * experience
        effect = people[name] + parameters.match_on_value_added * people["match"] + returns[seniority]
        effect = effect + parameters.hosting_on_own_students * hosts
        effect = effect + parameters.teacher_year_shock_sd * rng.standard_normal(len(effect))
        taught = effect[sections.teacher]
        helped = sections.co_teacher >= 0
        taught = np.where(helped, 0.5 * (taught + effect[sections.co_teacher]), taught)
        taught = taught - taught.mean()  # the test is scaled anew each year: the average class gains nothing
        taught = taught + parameters.class_shock_sd * rng.standard_normal(len(taught))
        shock = parameters.school_shock_sd * rng.standard_normal(len(geography.school_code))
        columns.append(
            parameters.prior_score * prior[student, subject] + parameters.ability * ability[subject][student]
            + taught[seats[:, subject]] + shock[school]
            + parameters.student_noise_sd * rng.standard_normal(len(student))
        )  # fmt: skip
    return np.stack(columns, axis=1)


def scaled_score(score: Floats, grade: Ints, year: int) -> Floats:
    """The reported scale: 200-280 in steps of two before 2017 and in grade 10 to 2018, 440-560 after."""
    is_old = (year < 2017) | ((grade == 10) & (year < 2019))
    old = np.clip(2 * np.round((240 + 15 * score) / 2), 200, 280)
    new = np.clip(np.round(500 + 20 * score), 440, 560)
    return np.where(is_old[:, None], old, new)
