"""How large a synthetic state is: counts of organizations and people, and the years its files cover."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """Sizes of one synthetic state. Years are springs (2018 = 2017-18)."""

    name: str
    districts: int
    schools: int
    teachers: int
    """Teaching staff of an October, heads."""
    providers: int
    completers: int
    """Candidates placed in a year; about nine in ten of them complete."""
    students: int
    """Student seats of a year in the grades that are written."""
    first_year: int
    last_year: int
    first_student_year: int
    """First year of SIMS, course schedules and tests: earlier ones are left out to keep files small."""
    class_size: int
    lowest_grade: int
    """Lowest and highest grade of the students written: the small state has the tested grades and grade 9 only."""
    highest_grade: int
    width: float
    height: float
    """Extent of the state in miles."""
    burn_in: int = 3
    """Years simulated before the first one written, so that careers are under way."""

    @property
    def years(self) -> range:
        """School years written."""
        return range(self.first_year, self.last_year + 1)

    @property
    def simulated_years(self) -> range:
        """School years simulated: those written, the burn-in before, and one after, from which the last exits come."""
        return range(self.first_year - self.burn_in, self.last_year + 2)

    @property
    def student_years(self) -> range:
        return range(self.first_student_year, self.last_year + 1)


SCALES: dict[str, Scale] = {
    "small": Scale("small", 10, 30, 850, 9, 105, 1850, 2012, 2019, 2015, 9, 3, 10, 40.0, 26.0),
    "medium": Scale("medium", 45, 200, 8200, 16, 400, 0, 2012, 2019, 2020, 20, 3, 10, 120.0, 55.0),
    "state": Scale("state", 400, 1850, 78_000, 80, 3900, 950_000, 2010, 2019, 2010, 21, 0, 12, 160.0, 60.0),
}
"""Sizes, and nothing more: an effect planted in `small` is too faint for so few people to be found in it.

`small` is committed, `state` is as large as Massachusetts, `medium` exists for tests in memory.
"""


def stream(seed: int, purpose: str) -> np.random.Generator:
    """A random generator for one purpose: adding draws to one part of the state leaves all others as they were."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode())])))
