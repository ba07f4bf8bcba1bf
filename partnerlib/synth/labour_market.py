"""The labour market, year by year: losses, vacancies, moves, hires, and what each October then shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from partnerlib.synth import preparation, turnover
from partnerlib.synth.choice import choose, draw_categories, solve_district_bonus
from partnerlib.synth.effectiveness import rate_staff
from partnerlib.synth.geography import Floats, Geography, Ints, distance
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import HARD_TO_STAFF, STAFF_MIX, TYPE_FIT, People, joined, make_people
from partnerlib.synth.scales import Scale, stream

JOBS = ("2305", "2306", "2310", "2325", "4100", "1305")
TEACHER, CO_TEACHER, SUPPORT, SUBSTITUTE, PARAPROFESSIONAL, PRINCIPAL = range(len(JOBS))

YEARS_THAT_SET_THE_BONUS = 2
"""The first years with completers, all before the first year written."""

Progress = Callable[[str], None]
Snapshot = dict[str, np.ndarray]


@dataclass
class Histories:
    """Everything that happened: people, and what each October and each spring found."""

    people: People
    octobers: dict[int, Snapshot] = field(default_factory=dict)
    """Per school year, parallel arrays: person, school, job, grade, seniority, hired_on, is_working, second_school."""
    midyear: dict[int, Snapshot] = field(default_factory=dict)
    """Hired after October 1: in the end-of-year collection only. Columns as in `octobers`."""
    ratings: dict[int, Snapshot] = field(default_factory=dict)
    """Per school year: person, school, overall (0 Exemplary to 3 Unsatisfactory, -1 not evaluated), standards."""
    placement_bonus: tuple[float, float] = (0.0, 0.0)
    """Utility of the placement school over its district, and of the placement district."""


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
        vacancies = _vacancies(rng, people, geography, is_open)
        people = _hire(rng, market, year, candidates, vacancies, geography, parameters, bonuses, is_open)
        market.octobers[year] = _october(rng, people, year, geography, parameters)
        market.midyear[year] = _midyear(rng, people, year, geography, parameters)
        market.ratings[year] = rate_staff(rng, people, market.octobers[year], year, parameters)
        staff = _teaching(people)
        preparation.place(rng, people, candidates, staff, geography, parameters, year, is_open)
    return market


def _teaching(people: People) -> Ints:
    return np.flatnonzero((people["school"] >= 0) & (people["job"] <= SUBSTITUTE))


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
    people["hired_on"] = _hire_days(rng, n, year - np.floor(seniority * rng.random(n) ** 0.5).astype(np.int64))
    return people


def draw_job(rng: np.random.Generator, count: int) -> Ints:
    """Job of new teaching staff: nearly all teachers; few co-teachers, support teachers, long-term substitutes."""
    return np.searchsorted(np.array([0.945, 0.965, 0.99]), rng.random(count)).astype(np.int64)


def _hire_days(rng: np.random.Generator, count: int, year: Ints | int) -> Ints:
    """Late August of the autumn of the school year, as a proleptic day number."""
    autumn = np.asarray(year) - 1
    first_of_year = 365 * (autumn - 1) + (autumn - 1) // 4 - (autumn - 1) // 100 + (autumn - 1) // 400 + 1
    return first_of_year + 233 + rng.integers(0, 12, count)


def _turn_over(
    rng: np.random.Generator, people: People, year: int, geography: Geography, parameters: Parameters
) -> None:
    """Apply a year's losses: leavers have school -1 and `left_year`; movers -2 (in the district) or -3."""
    staff = _teaching(people)
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


def _vacancies(rng: np.random.Generator, people: People, geography: Geography, is_open: np.ndarray) -> Floats:
    """Posts to fill by school (rows) and field (columns), whole numbers: what the school aims at less what it has."""
    target = geography.school_staff * is_open
    for school in np.flatnonzero(~is_open):
        target[geography.school_successor[school]] += geography.school_staff[school]
    staff = _teaching(people)
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


def _hire(
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
    people["hired_on"][group] = _hire_days(rng, len(group), year)
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
        "hired_on": _hire_days(rng, n, year) + 120, "is_working": np.ones(n, bool),
        "second_school": np.full(n, -1),
    }  # fmt: skip
