"""Hiring: posts to fill, who takes which, and the pull of the practicum on first jobs."""

from __future__ import annotations

import numpy as np

from partnerlib.synth import preparation
from partnerlib.synth.arrays import Floats, Ints, distance
from partnerlib.synth.choice import choose, solve_district_bonus
from partnerlib.synth.geography import Geography
from partnerlib.synth.histories import PARAPROFESSIONAL, TEACHER, Histories, draw_job, hire_days, teaching
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import HARD_TO_STAFF, STAFF_MIX, TYPE_FIT, People, joined, make_people

YEARS_THAT_SET_THE_BONUS = 2
"""The first years with completers, all before the first year written."""


def open_posts(rng: np.random.Generator, people: People, geography: Geography, is_open: np.ndarray) -> Floats:
    """Posts to fill by school (rows) and field (columns), whole numbers: what the school aims at less what it has."""
    target = geography.school_staff * is_open
    for school in np.flatnonzero(~is_open):
        target[geography.school_successor[school]] += geography.school_staff[school]
    staff = teaching(people)
    n_schools, n_fields = len(target), STAFF_MIX.shape[1]
    placed = staff[people["school"][staff] >= 0]
    cell = people["school"][placed] * n_fields + people["category"][placed]
    count = np.bincount(cell, minlength=n_schools * n_fields).reshape(n_schools, n_fields)
    total = np.maximum(target - count.sum(axis=1), 0.0)
    gap = np.maximum(target[:, None] * STAFF_MIX[geography.school_type] - count, 0.0)
    share = gap / np.maximum(gap.sum(axis=1, keepdims=True), 1e-9)
    return np.floor(share * total[:, None] + rng.random(share.shape))


def _fill(vacancies: Floats, school: Ints, category: Ints) -> None:
    """Take filled posts off the list; a hire outside the open fields uses up another field's post."""
    np.subtract.at(vacancies, (school, category), 1.0)
    excess = np.minimum(vacancies, 0.0).sum(axis=1)
    np.maximum(vacancies, 0.0, out=vacancies)
    total = vacancies.sum(axis=1)
    vacancies *= np.clip((total + excess) / np.maximum(total, 1e-9), 0.0, 1.0)[:, None]


def fill_posts(
    rng: np.random.Generator, market: Histories, year: int, candidates: Ints, vacancies: Floats, geography: Geography,
    parameters: Parameters, bonuses: list[float], is_open: np.ndarray,
) -> People:  # fmt: skip
    """Fill vacancies: movers, returners, new completers and teachers of record, then teachers from outside."""
    people = market.people
    open_utility = np.where(is_open, 0.0, -np.inf)
    for group in (np.flatnonzero(people["school"] == -2), _others(rng, people, year, parameters)):
        utility = _job_utility(people, group, vacancies, geography, parameters) + open_utility
        district = geography.school_district[people["first_school"][group]]
        same = district[:, None] == geography.school_district[None, :]
        own_school = np.arange(vacancies.shape[0])[None, :] == people["first_school"][group][:, None]
        inside = (people["school"][group] == -2)[:, None]
        moving = (people["school"][group] == -3)[:, None]
        utility = np.where(own_school & (inside | moving), -np.inf, utility)
        utility = np.where(inside & ~same, -np.inf, utility)
        utility = np.where(moving & same, -np.inf, utility)
        _take(rng, people, group, choose(rng, utility), year, geography, vacancies)
    residents = candidates[
        people["is_resident"][candidates] & geography.provider_places[people["provider"][candidates]]
    ]
    utility = preparation.placement_utility(people, residents, geography, parameters, year, is_open)
    utility += np.log(vacancies.T[people["category"][residents]] + 0.1)
    _take(rng, people, residents, choose(rng, utility), year, geography, vacancies)
    people["job"][residents] = TEACHER
    people["entry_year"][residents] = year
    _hire_completers(rng, market, year, vacancies, geography, parameters, bonuses, open_utility)
    return _hire_outsiders(rng, market, year, vacancies, geography, parameters)


def _others(rng: np.random.Generator, people: People, year: int, parameters: Parameters) -> Ints:
    """People who move to another district, and those who come back after years away."""
    away = year - people["left_year"]
    share = np.zeros(len(away))
    for years_away, returning in enumerate(parameters.return_by_years_away, start=1):
        share[away == years_away] = returning
    young = (year - 1 - people["birth_year"]) < parameters.retirement_age
    back = (people["school"] == -1) & young & (rng.random(len(away)) < share)
    return np.flatnonzero((people["school"] == -3) | back)


def _job_utility(
    people: People, group: Ints, vacancies: Floats, geography: Geography, parameters: Parameters
) -> Floats:
    home = distance(people["home_x"][group], people["home_y"][group], geography.school_x, geography.school_y)
    fit = np.maximum(TYPE_FIT[people["category"][group]][:, geography.school_type], -6.0)
    posts = np.log(vacancies.T[people["category"][group]] + 0.01)
    return posts - parameters.home_decay * home + fit


def _take(
    rng: np.random.Generator, people: People, group: Ints, school: Ints, year: int, geography: Geography,
    vacancies: Floats,
) -> None:  # fmt: skip
    people["school"][group] = school
    people["left_year"][group] = 0
    people["grade"][group] = preparation.grades_of(rng, geography.school_type[school])
    people["hired_on"][group] = hire_days(rng, len(group), year)
    never = group[people["job"][group] < 0]
    people["job"][never] = draw_job(rng, len(never))
    _fill(vacancies, school, people["category"][group])


def _seekers(
    rng: np.random.Generator, people: People, year: int, geography: Geography, parameters: Parameters
) -> tuple[Ints, Ints]:
    """Completers not yet employed who find a post this autumn: as teachers, and as paraprofessionals."""
    waited = year - people["cohort"] - 1
    waiting = np.flatnonzero(
        (people["entry_year"] == 0) & people["is_completer"] & (waited >= 0)
        & (waited < len(parameters.hire_by_years_since_completion))
    )  # fmt: skip
    base = np.array(parameters.hire_by_years_since_completion)[waited[waiting]]
    log_odds = (
        np.log(base / (1 - base))
        + np.log(parameters.hard_to_staff_odds) * (HARD_TO_STAFF[people["category"][waiting]] - 0.3)
        + parameters.strength_on_hire * people["strength"][waiting]
        + geography.provider_hire[people["provider"][waiting]]
    )
    draw = rng.random(len(waiting))
    chance = 1 / (1 + np.exp(-log_odds))
    aide = (draw > 1 - parameters.paraprofessional_first) & (waited[waiting] == 0)
    return waiting[draw < chance], waiting[aide & (draw >= chance)]


def _hire_completers(
    rng: np.random.Generator, market: Histories, year: int, vacancies: Floats, geography: Geography,
    parameters: Parameters, bonuses: list[float], open_utility: Floats,
) -> None:  # fmt: skip
    """First jobs: near home, near the placement, and above all in the placement's district and school."""
    people = market.people
    teachers, aides = _seekers(rng, people, year, geography, parameters)
    if len(teachers) + len(aides) == 0:
        return
    group = np.concatenate([teachers, aides])
    placed = people["place_school"][group] >= 0
    at = np.maximum(people["place_school"][group], 0)
    market.posts[year] = vacancies.copy()
    utility = _job_utility(people, group, vacancies, geography, parameters) + open_utility
    away = distance(geography.school_x[at], geography.school_y[at], geography.school_x, geography.school_y)
    utility -= parameters.placement_decay * away * placed[:, None]
    same = (geography.school_district[at][:, None] == geography.school_district[None, :]) & placed[:, None]
    if len(bonuses) < YEARS_THAT_SET_THE_BONUS:
        bonuses.append(
            solve_district_bonus(
                utility[placed], same[placed], at[placed], parameters.placement_school_bonus,
                parameters.share_first_job_placement_district,
            )
        )  # fmt: skip
        market.placement_bonus = (parameters.placement_school_bonus, float(np.mean(bonuses)))
    to_school, to_district = market.placement_bonus
    utility += to_district * same
    utility[np.flatnonzero(placed), at[placed]] += to_school
    school = choose(rng, utility)
    _take(rng, people, group, school, year, geography, vacancies)
    people["entry_year"][group] = year
    people["job"][aides] = PARAPROFESSIONAL
    people["hired_placed"][group] = placed & (school == at)
    people["hired_district"][group] = same[np.arange(len(group)), school]
    since = geography.partner_since[people["provider"][group], geography.school_district[school]]
    people["hired_partner"][group] = (since > 0) & (since <= people["cohort"][group])
    _match_grades(rng, people, group, at, placed, geography, parameters)


def _match_grades(
    rng: np.random.Generator, people: People, group: Ints, at: Ints, placed: np.ndarray, geography: Geography,
    parameters: Parameters,
) -> None:  # fmt: skip
    """Some new teachers get the grade of their placement; matches in grade and school type raise value added."""
    same_type = geography.school_type[at] == geography.school_type[people["school"][group]]
    by_chance = placed & (people["grade"][group] == people["place_grade"][group])
    possible = placed & same_type & ~by_chance
    missing = parameters.share_same_grade * placed.sum() - by_chance.sum()
    chance = np.clip(missing / max(possible.sum(), 1), 0, 1)
    given = group[possible & (rng.random(len(group)) < chance)]
    people["grade"][given] = people["place_grade"][given]
    near = np.abs(people["grade"][group] - people["place_grade"][group]) <= 1
    people["match"][group] = placed & same_type & near


def _hire_outsiders(
    rng: np.random.Generator, market: Histories, year: int, vacancies: Floats, geography: Geography,
    parameters: Parameters,
) -> People:  # fmt: skip
    """Teachers prepared elsewhere fill what is left; a third have taught before, outside the state."""
    whole = np.floor(vacancies + rng.random(vacancies.shape)).astype(np.int64)
    school, category = (np.repeat(index, whole.ravel()) for index in np.indices(whole.shape).reshape(2, -1))
    n = len(school)
    ages = 23 + np.floor(22 * rng.random(n) ** 2).astype(np.int64)
    new = make_people(rng, n, len(market.people["mepid"]), geography, parameters, geography.school_district[school],
                      category, ages, year)  # fmt: skip
    new["entry_year"] = np.full(n, year)
    market.people = joined(market.people, new)
    people = market.people
    group = np.arange(len(people["mepid"]) - n, len(people["mepid"]))
    _take(rng, people, group, school, year, geography, vacancies)
    fresh = people["grade"] < 0
    fresh &= people["school"] >= 0
    people["grade"][fresh] = preparation.grades_of(rng, geography.school_type[people["school"][fresh]])
    return people
