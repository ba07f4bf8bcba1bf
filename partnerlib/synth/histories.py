"""What a simulated labour market leaves behind: people, what each October found, and their ratings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from partnerlib.synth.arrays import Floats, Ints
from partnerlib.synth.people import People

JOBS = ("2305", "2306", "2310", "2325", "4100", "1305")
TEACHER, CO_TEACHER, SUPPORT, SUBSTITUTE, PARAPROFESSIONAL, PRINCIPAL = range(len(JOBS))

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
    posts: dict[int, Floats] = field(default_factory=dict)
    """Per school year, school x field: posts open when completers chose. On no file, and every choice rests on it."""
    placement_bonus: tuple[float, float] = (0.0, 0.0)
    """Utility of the placement school over its district, and of the placement district."""


def teaching(people: People) -> Ints:
    return np.flatnonzero((people["school"] >= 0) & (people["job"] <= SUBSTITUTE))


def draw_job(rng: np.random.Generator, count: int) -> Ints:
    """Job of new teaching staff: nearly all teachers; few co-teachers, support teachers, long-term substitutes."""
    return np.searchsorted(np.array([0.945, 0.965, 0.99]), rng.random(count)).astype(np.int64)


def hire_days(rng: np.random.Generator, count: int, year: Ints | int) -> Ints:
    """Late August of the autumn of the school year, as a proleptic day number."""
    autumn = np.asarray(year) - 1
    first_of_year = 365 * (autumn - 1) + (autumn - 1) // 4 - (autumn - 1) // 100 + (autumn - 1) // 400 + 1
    return first_of_year + 233 + rng.integers(0, 12, count)
