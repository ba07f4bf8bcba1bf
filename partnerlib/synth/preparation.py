"""Candidates: who prepares where, which school and supervising practitioner takes them, how they are rated.

Placement is selected, on purpose: near schools and partner districts get more candidates, stronger candidates get
steadier schools and better mentors. What preparation adds to value added is planted here.
"""

from __future__ import annotations

import numpy as np

from partnerlib.synth.arrays import Floats, Ints, distance
from partnerlib.synth.choice import choose, choose_within, draw_categories
from partnerlib.synth.geography import Geography
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import PROGRAM_SHARES, TYPE_FIT, People, make_people
from partnerlib.synth.scales import Scale
from partnerlib.synth.schools import HIGHEST_GRADE, LOWEST_GRADE


def make_cohort(
    rng: np.random.Generator, scale: Scale, parameters: Parameters, geography: Geography, year: int, start: int
) -> People:
    """The candidates who do their practicum in `year`, before they are placed."""
    n = scale.completers
    exact = geography.provider_share * n
    whole = np.floor(exact).astype(np.int64)
    extra = rng.permutation(len(exact))[: n - whole.sum()]
    counts = whole + np.isin(np.arange(len(exact)), extra)
    provider = np.repeat(np.arange(len(exact)), counts)
    away = distance(geography.provider_x, geography.provider_y, geography.district_x, geography.district_y)
    size = np.bincount(geography.school_district, weights=geography.school_staff, minlength=away.shape[1])
    home = choose(rng, (np.log(size)[None, :] - 0.045 * away)[provider])
    category = draw_categories(rng, np.repeat(PROGRAM_SHARES[None, :] / PROGRAM_SHARES.sum(), len(provider), axis=0))
    ages = 22 + np.floor(12 * rng.random(len(provider)) ** 2.5).astype(np.int64)
    people = make_people(rng, len(provider), start, geography, parameters, home, category, ages, year)
    people["provider"] = provider
    people["cohort"] = np.full(len(provider), year)
    # Seven in ten have their degree from the provider itself.
    own_degree = people["mepid"] % 10 < 7
    people["institution"] = np.where(own_degree, 1100 + provider, people["institution"])
    people["is_resident"] = rng.random(len(provider)) < geography.provider_residency[provider] * (
        parameters.residency_share / float(geography.provider_residency @ geography.provider_share)
    )
    people["strength"] = people["strength"] + parameters.residency_strength * people["is_resident"]
    return people


def placement_utility(
    people: People, chosen: Ints, geography: Geography, parameters: Parameters, year: int, is_open: np.ndarray
) -> Floats:
    """Utility of every school as a practicum site; minus infinity where no one is placed."""
    provider = people["provider"][chosen]
    strength = people["strength"][chosen][:, None]
    steady = (geography.loss.mean() - geography.loss) / geography.loss.std()
    since = geography.partner_since[provider][:, geography.school_district]
    is_partner = (since > 0) & (since <= year)
    utility = (
        np.log(geography.school_staff)[None, :]
        + parameters.placement_large_district
        * np.log(geography.schools_in_district[geography.school_district])[None, :]
        + TYPE_FIT[people["category"][chosen]][:, geography.school_type]
        - parameters.placement_decay_provider
        * distance(geography.provider_x[provider], geography.provider_y[provider], geography.school_x,
                   geography.school_y)
        - parameters.placement_decay_home
        * distance(people["home_x"][chosen], people["home_y"][chosen], geography.school_x, geography.school_y)
        + (parameters.placement_partner + parameters.placement_strength_in_partner * strength) * is_partner
        + parameters.placement_strength_by_steadiness * strength * steady[None, :]
    )  # fmt: skip
    return np.where((geography.hosts[geography.school_district] & is_open)[None, :], utility, -np.inf)


def place(
    rng: np.random.Generator, people: People, candidates: Ints, staff: Ints, geography: Geography,
    parameters: Parameters, year: int, is_open: np.ndarray,
) -> None:  # fmt: skip
    """Give each candidate a practicum school and a supervising practitioner from `staff`; fills their columns."""
    placed = candidates[geography.provider_places[people["provider"][candidates]]]
    outside = placed[~people["is_resident"][placed]]
    school = people["school"].copy()
    school[outside] = choose(rng, placement_utility(people, outside, geography, parameters, year, is_open))
    placed = placed[school[placed] >= 0]
    mentor = _mentors(rng, people, placed, school[placed], staff, parameters)
    people["place_school"][placed] = school[placed]
    people["mentor"][placed] = mentor
    people["place_grade"][placed] = people["grade"][mentor]
    _prepare(rng, people, candidates, placed, geography, parameters)


def _mentors(
    rng: np.random.Generator, people: People, placed: Ints, school: Ints, staff: Ints, parameters: Parameters
) -> Ints:
    """Supervising practitioners: experienced, rated Proficient or better, of the field, better for the stronger."""
    hosts = staff[np.argsort(people["school"][staff], kind="stable")]
    first = np.searchsorted(people["school"][hosts], school, side="left")
    count = np.searchsorted(people["school"][hosts], school, side="right") - first
    chooser = np.repeat(np.arange(len(placed)), count)
    offset = np.arange(len(chooser)) - np.repeat(np.cumsum(count) - count, count)
    mentor = hosts[np.repeat(first, count) + offset]
    candidate = placed[chooser]
    eligible = (people["seniority"][mentor] >= 3) & ((people["rating"][mentor] == -1) | (people["rating"][mentor] <= 1))
    z = people["va_math"][mentor] / parameters.value_added_sd_math
    utility = (
        parameters.mentor_same_field * (people["category"][mentor] == people["category"][candidate])
        + parameters.mentor_ineligible * ~eligible
        + parameters.mentor_value_added * z
        + parameters.mentor_value_added_by_strength * z * people["strength"][candidate]
        + 0.02 * np.minimum(people["seniority"][mentor], 15)
        - 50.0 * (mentor == candidate)
    )
    return mentor[choose_within(rng, chooser, utility)]


def _prepare(
    rng: np.random.Generator, people: People, candidates: Ints, placed: Ints, geography: Geography,
    parameters: Parameters,
) -> None:  # fmt: skip
    """What preparation adds: the provider's effect, the mentor's share; then the ratings and who completes."""
    provider = people["provider"][candidates]
    for subject in ("va_math", "va_ela"):
        people[subject][candidates] += geography.provider_effect[provider]
        people[subject][placed] += (
            parameters.mentor_share_of_value_added * people[subject][people["mentor"][placed]]
        )  # fmt: skip
    z = people["va_math"][people["mentor"][placed]] / parameters.value_added_sd_math
    people["mentor_va"][placed] = z
    strength = people["strength"]
    people["cap"][candidates] = 0.6 * strength[candidates] + 0.75 * rng.standard_normal(len(candidates))
    people["cap"][placed] += 0.25 * z
    people["is_ready"][candidates] = people["cap"][candidates] > -2.0
    people["is_completer"][candidates] = people["is_ready"][candidates] & (rng.random(len(candidates)) < 0.955)


def grades_of(rng: np.random.Generator, school_type: Ints) -> Ints:
    """A grade of the school, any with the same chance."""
    low, high = LOWEST_GRADE[school_type], HIGHEST_GRADE[school_type]
    return low + np.floor(rng.random(len(school_type)) * (high - low + 1)).astype(np.int64)
