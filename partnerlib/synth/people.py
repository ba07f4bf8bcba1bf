"""Invented people as parallel arrays: everyone who prepares to teach or teaches in the synthetic state."""

from __future__ import annotations

import datetime

import numpy as np

from partnerlib.synth import names
from partnerlib.synth.arrays import Floats, Ints
from partnerlib.synth.geography import Geography
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.schools import EARLY, ELEMENTARY, HIGH, K12, MIDDLE

People = dict[str, np.ndarray]
"""Column name to array; every column has one entry per person, and a person's number is its place."""

PROGRAMS: tuple[tuple[str, str], ...] = (
    ("Early Childhood", "PreK-2"), ("Elementary", "1-6"), ("Mathematics", "5-8"), ("Mathematics", "8-12"),
    ("English", "5-8"), ("English", "8-12"), ("Science", "5-8"), ("Science", "8-12"), ("History", "5-12"),
    ("Moderate Disabilities", "PreK-8"), ("Moderate Disabilities", "5-12"), ("English as a Second Language", "PreK-6"),
    ("English as a Second Language", "5-12"), ("Foreign Language", "5-12"), ("Arts", "All"),
    ("Physical Education", "PreK-8"),
)  # fmt: skip
"""Licence field and grades of every program; a person's `category` is a place in this list."""

COURSES = ("23", "23", "02", "02", "01", "01", "03", "03", "04", "73", "73", "74", "74", "06", "05", "08")
"""First two digits of the course code a teacher of each category is assigned to."""

PROGRAM_SHARES = np.array([0.09, 0.33, 0.05, 0.06, 0.05, 0.07, 0.03, 0.05, 0.06, 0.08, 0.03, 0.03, 0.01, 0.02, 0.025,
                           0.015])  # fmt: skip
HARD_TO_STAFF = np.isin(np.arange(len(PROGRAMS)), [2, 3, 6, 7, 9, 10, 11, 12])

_ = -9.0
TYPE_FIT = np.array([
    # Early Elementary Middle High K12
    [1.0, -0.5, _, _, -1.0], [-3.0, 0.5, -3.0, _, 0.0], [_, -3.5, 0.5, -3.5, -0.5], [_, _, -3.0, 0.5, -0.5],
    [_, -3.5, 0.5, -3.5, -0.5], [_, _, -3.0, 0.5, -0.5], [_, -3.5, 0.5, -3.5, -0.5], [_, _, -3.0, 0.5, -0.5],
    [_, _, 0.0, 0.0, -0.5], [-1.0, 0.0, 0.0, -3.5, -0.5], [_, -3.5, 0.0, 0.0, -0.5], [-0.5, 0.0, -3.5, _, -0.5],
    [_, -3.5, 0.0, 0.0, -0.5], [_, -3.0, -0.5, 0.5, -0.5], [-2.0, 0.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, -2.0, 0.0],
])  # fmt: skip
"""Utility of a school type (columns: Early, Elementary, Middle, High, K12) for the holder of each licence."""

STAFF_MIX = np.zeros((5, len(PROGRAMS)))
STAFF_MIX[EARLY, [0, 1, 9, 11, 14, 15]] = (0.66, 0.10, 0.12, 0.05, 0.04, 0.03)
STAFF_MIX[ELEMENTARY, [0, 1, 9, 11, 14, 15]] = (0.12, 0.58, 0.14, 0.06, 0.06, 0.04)
STAFF_MIX[MIDDLE, [2, 4, 6, 8, 9, 10, 12, 13, 14, 15]] = (0.19, 0.19, 0.14, 0.13, 0.12, 0.04, 0.04, 0.05, 0.06, 0.04)
STAFF_MIX[HIGH, [3, 5, 7, 8, 10, 12, 13, 14, 15]] = (0.18, 0.18, 0.17, 0.14, 0.11, 0.04, 0.09, 0.06, 0.03)
STAFF_MIX[K12, [0, 1, 2, 3, 4, 5, 6, 8, 9, 12, 14]] = (0.06, 0.3, 0.08, 0.07, 0.08, 0.07, 0.08, 0.09, 0.1, 0.03, 0.04)
STAFF_MIX /= STAFF_MIX.sum(axis=1, keepdims=True)
"""Fields of a school's teaching staff, by school type."""

_DAY_OF_1900 = datetime.date(1900, 1, 1).toordinal()


def make_people(
    rng: np.random.Generator, count: int, start: int, geography: Geography, parameters: Parameters, home: Ints,
    category: Ints, ages: Ints, year: int,
) -> People:  # fmt: skip
    """New people who live near district `home`; value added and strength are drawn, careers are empty."""
    strength = rng.standard_normal(count)
    is_female = rng.random(count) < np.where(np.isin(category, [0, 1, 9, 11]), 0.9, 0.66)
    first_count = np.where(is_female, len(names.FEMALE), len(names.MALE))
    first = np.floor(rng.random(count) ** 1.3 * first_count).astype(np.int64)
    birth = np.array([datetime.date(y, 1, 1).toordinal() for y in range(1900, 2030)])
    race = np.array([1, 1, 2, 3, 6, 33, 4])[draw_race(rng, count)]
    value_added = _value_added(rng, count, strength, parameters)
    number = np.arange(start, start + count)
    return {
        "home_x": geography.district_x[home] + 3 * rng.standard_normal(count),
        "home_y": geography.district_y[home] + 3 * rng.standard_normal(count),
        "home": home,
        "strength": strength,
        "is_female": is_female,
        "first": np.where(is_female, first, len(names.FEMALE) + first),
        "middle": rng.integers(0, len(names.MIDDLE), count),
        "last": np.floor(rng.random(count) ** 1.5 * len(names.SURNAMES)).astype(np.int64),
        "race": race,
        "birth": birth[year - 1 - ages - 1900] + rng.integers(0, 365, count),
        "birth_year": year - 1 - ages,
        "category": category,
        "mepid": (number * 61_803_399 + 7_654_321) % 99_999_989,
        "license": 100_000 + (number * 314_159 + 2_718) % 899_981,
        "institution": rng.integers(1001, 1099, count),
        "gpa": np.clip(np.round(3.3 + 0.25 * strength + 0.28 * rng.standard_normal(count), 2), 2.0, 4.0),
        "va_math": value_added[0],
        "va_ela": value_added[1],
        "rating_trait": rng.standard_normal(count),
        "provider": np.full(count, -1),
        "cohort": np.zeros(count, np.int64),
        "is_resident": np.zeros(count, bool),
        "is_completer": np.zeros(count, bool),
        "is_ready": np.zeros(count, bool),
        "place_school": np.full(count, -1),
        "place_grade": np.full(count, -1),
        "mentor": np.full(count, -1),
        "mentor_va": np.zeros(count),
        "cap": np.zeros(count),
        "entry_year": np.zeros(count, np.int64),
        "first_school": np.full(count, -1),
        "hired_placed": np.zeros(count, bool),
        "hired_district": np.zeros(count, bool),
        "hired_partner": np.zeros(count, bool),
        "match": np.zeros(count),
        "school": np.full(count, -1),
        "job": np.full(count, -1),
        "grade": np.full(count, -1),
        "seniority": np.zeros(count, np.int64),
        "hired_on": np.zeros(count, np.int64),
        "left_year": np.zeros(count, np.int64),
        "rating": np.full(count, -1),
        "second_school": np.full(count, -1),
    }


def draw_race(rng: np.random.Generator, count: int) -> Ints:
    """Place in the list White, White, Black, Asian, White and Black, Hispanic White, American Indian."""
    return np.searchsorted(np.array([0.6, 0.89, 0.93, 0.96, 0.965, 0.998]), rng.random(count))


def _value_added(
    rng: np.random.Generator, count: int, strength: Floats, parameters: Parameters
) -> tuple[Floats, Floats]:
    """Lasting value added in math and ELA: candidate strength and luck; preparation adds its parts later."""
    common, own_math, own_ela = (rng.standard_normal(count) for _ in range(3))
    r = parameters.value_added_correlation
    share = parameters.strength_share_of_value_added
    rest = float(np.sqrt(1 - share**2))
    math = share * strength + rest * (np.sqrt(r) * common + np.sqrt(1 - r) * own_math)
    ela = share * strength + rest * (np.sqrt(r) * common + np.sqrt(1 - r) * own_ela)
    return parameters.value_added_sd_math * math, parameters.value_added_sd_ela * ela


def joined(people: People, more: People) -> People:
    """Both groups; the second group's numbers follow the first's."""
    return {name: np.concatenate([people[name], more[name]]) for name in people}
