"""The labour market, year by year: losses, vacancies, moves, hires, and what each October then shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from partnerlib.synth import preparation, turnover
from partnerlib.synth.arrays import Ints, distance
from partnerlib.synth.choice import choose, draw_categories
from partnerlib.synth.effectiveness import rate_staff
from partnerlib.synth.geography import Geography
from partnerlib.synth.hiring import fill_posts, open_posts
from partnerlib.synth.histories import (
    PARAPROFESSIONAL,
    PRINCIPAL,
    SUBSTITUTE,
    SUPPORT,
    TEACHER,
    Histories,
    Snapshot,
    draw_job,
    hire_days,
    teaching,
)
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import STAFF_MIX, People, joined, make_people
from partnerlib.synth.scales import Scale, stream

Progress = Callable[[str], None]


def simulate(scale: Scale, parameters: Parameters, geography: Geography, seed: int, progress: Progress) -> Histories:
    """Run every year of the state. The generator is renewed each year, so years can be lengthened without a change."""
    first = scale.simulated_years[0]
    market = Histories(_first_staff(stream(seed, "first staff"), scale, parameters, geography, first))
    bonuses: list[float] = []
    for year in scale.simulated_years:
        progress(f"labour market {year}")
        rng = stream(seed, f"market {year}")
        is_open = (geography.school_closed == 0) | (year < geography.school_closed)
        cohort = preparation.make_cohort(rng, scale, parameters, geography, year, len(market.people["mepid"]))
        market.people = joined(market.people, cohort)
        people = market.people
        candidates = np.flatnonzero(people["cohort"] == year)
        if year > first:
            _turn_over(rng, people, year, geography, parameters)
        _close_schools(people, geography, year)
        vacancies = open_posts(rng, people, geography, is_open)
        people = fill_posts(rng, market, year, candidates, vacancies, geography, parameters, bonuses, is_open)
        market.octobers[year] = _october(rng, people, year, geography, parameters)
        market.midyear[year] = _midyear(rng, people, year, geography, parameters)
        market.ratings[year] = rate_staff(rng, people, market.octobers[year], year, parameters)
        staff = teaching(people)
        preparation.place(rng, people, candidates, staff, geography, parameters, year, is_open)
    return market


def _first_staff(
    rng: np.random.Generator, scale: Scale, parameters: Parameters, geography: Geography, year: int
) -> People:
    """Teaching staff and principals at the start, of all ages and lengths of service."""
    n_schools = len(geography.school_code)
    whole = np.maximum(np.round(geography.school_staff), 1).astype(np.int64)
    school = np.concatenate([np.repeat(np.arange(n_schools), whole), np.arange(n_schools)])
    n = len(school)
    is_principal = np.arange(n) >= n - n_schools
    seniority = np.minimum(np.floor(-9.5 * np.log(1 - rng.random(n) * 0.985)), 38).astype(np.int64)
    seniority = np.where(is_principal, np.maximum(seniority, 8), seniority)
    ages = 23 + seniority + np.floor(8 * rng.random(n) ** 2).astype(np.int64)
    category = draw_categories(rng, STAFF_MIX[geography.school_type[school]])
    people = make_people(rng, n, 0, geography, parameters, geography.school_district[school], category,
                         np.minimum(ages, 66), year)  # fmt: skip
    people["school"] = school
    people["job"] = np.where(is_principal, PRINCIPAL, draw_job(rng, n))
    people["grade"] = preparation.grades_of(rng, geography.school_type[school])
    people["seniority"] = seniority
    people["entry_year"] = year - seniority
    people["hired_on"] = hire_days(rng, n, year - np.floor(seniority * rng.random(n) ** 0.5).astype(np.int64))
    return people


def _turn_over(
    rng: np.random.Generator, people: People, year: int, geography: Geography, parameters: Parameters
) -> None:
    """Apply a year's losses: leavers have school -1 and `left_year`; movers -2 (in the district) or -3."""
    staff = teaching(people)
    loss = turnover.yearly_loss(rng, geography, parameters)
    outcome = turnover.outcomes(rng, people, staff, year, loss, geography, parameters)
    people["seniority"][staff] += 1
    people["second_school"][:] = -1
    people["first_school"][staff] = people["school"][staff]
    _promote(rng, people, staff[outcome == turnover.STAY], geography)
    leavers = staff[outcome == turnover.LEAVE]
    people["school"][leavers], people["left_year"][leavers] = -1, year
    changed = staff[outcome == turnover.CHANGE_ROLE]
    people["job"][changed] = np.where(people["job"][changed] == SUPPORT, TEACHER, SUPPORT)
    paras = np.flatnonzero((people["school"] >= 0) & (people["job"] == PARAPROFESSIONAL))
    draw = rng.random(len(paras))
    people["job"][paras[draw < 0.4]] = TEACHER
    gone = paras[draw > 0.75]
    people["school"][gone], people["left_year"][gone] = -1, year
    people["grade"][staff[(outcome == turnover.STAY) & (rng.random(len(staff)) < 0.05)]] = -1
    for kind, mark in ((turnover.MOVE_IN_DISTRICT, -2), (turnover.MOVE_OTHER_DISTRICT, -3)):
        people["school"][staff[outcome == kind]] = mark


def _promote(rng: np.random.Generator, people: People, stayers: Ints, geography: Geography) -> None:
    """Principals who leave are followed by an experienced teacher of the district, or by nobody this year."""
    principals = np.flatnonzero((people["school"] >= 0) & (people["job"] == PRINCIPAL))
    gone = principals[rng.random(len(principals)) < 0.18]
    n_schools = len(geography.school_code)
    has_one = np.bincount(people["school"][principals], minlength=n_schools) > 0
    posts = np.concatenate([people["school"][gone], np.flatnonzero(~has_one & (geography.school_closed == 0))])
    people["left_year"][gone] = 9999
    people["school"][gone] = -1
    ready = rng.permutation(stayers[people["seniority"][stayers] >= 6])
    district = geography.school_district[people["school"][ready]]
    rank, post_rank = _rank_within(district), _rank_within(geography.school_district[posts])
    key = district * 10_000 + rank
    wanted = geography.school_district[posts] * 10_000 + post_rank
    order = np.argsort(key, kind="stable")
    place = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    found = key[order][place] == wanted
    chosen = ready[order][place[found]]
    people["school"][chosen], people["job"][chosen] = posts[found], PRINCIPAL


def _rank_within(group: Ints) -> Ints:
    """0, 1, 2 ... within each group, in the order given."""
    order = np.argsort(group, kind="stable")
    start = np.append(0, np.flatnonzero(np.diff(group[order])) + 1) if len(group) else np.zeros(0, np.int64)
    length = np.diff(np.append(start, len(group)))
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - np.repeat(start, length)
    return rank


def _close_schools(people: People, geography: Geography, year: int) -> None:
    """Staff of a school that closes go to its successor."""
    for school in np.flatnonzero(geography.school_closed == year):
        people["school"][people["school"] == school] = geography.school_successor[school]


def _october(
    rng: np.random.Generator, people: People, year: int, geography: Geography, parameters: Parameters
) -> Snapshot:
    """What an October collection finds: everyone on staff, those on leave marked, a few in two districts."""
    person = np.flatnonzero(people["school"] >= 0)
    draw = rng.random(len(person))
    on_leave = (draw < parameters.on_leave) & (people["job"][person] <= SUBSTITUTE)
    two = (draw > 1 - parameters.two_districts) & (people["job"][person] <= SUBSTITUTE)
    second = rng.integers(0, len(geography.school_code), len(person))
    valid = two & (geography.school_district[second] != geography.school_district[people["school"][person]])
    valid &= geography.school_closed[second] == 0
    people["second_school"][person] = np.where(valid, second, -1)
    return {
        "person": person, "school": people["school"][person].copy(), "job": people["job"][person].copy(),
        "grade": people["grade"][person].copy(), "seniority": people["seniority"][person].copy(),
        "hired_on": people["hired_on"][person].copy(), "is_working": ~on_leave,
        "second_school": people["second_school"][person].copy(),
    }  # fmt: skip


def _midyear(
    rng: np.random.Generator, people: People, year: int, geography: Geography, parameters: Parameters
) -> Snapshot:
    """Completers of the spring before who start after October 1, as long-term substitutes."""
    waiting = np.flatnonzero((people["entry_year"] == 0) & people["is_completer"] & (people["cohort"] == year - 1))
    person = waiting[rng.random(len(waiting)) < parameters.midyear_first / 0.42]
    utility = -0.08 * distance(people["home_x"][person], people["home_y"][person], geography.school_x,
                               geography.school_y)  # fmt: skip
    school = choose(rng, np.where(geography.school_closed == 0, utility, -np.inf))
    n = len(person)
    return {
        "person": person, "school": school, "job": np.full(n, SUBSTITUTE),
        "grade": preparation.grades_of(rng, geography.school_type[school]), "seniority": np.zeros(n, np.int64),
        "hired_on": hire_days(rng, n, year) + 120, "is_working": np.ones(n, bool),
        "second_school": np.full(n, -1),
    }  # fmt: skip
