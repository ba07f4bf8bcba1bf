"""What a population is: rows, the cohort they belong to, the people behind them and the units they count for.

A population is a frame with the panel's own columns and six that the engine reads: `cohort`, `person` (or `people`, for
rows that stand for several), `provider_code`, `program_code`, `district_code`. Which district a row belongs to is part
of the population: the one that hosted the practicum, or the one that employs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from partnerlib.errors import DataError
from partnerlib.measures.evidence import Evidence

Build = Callable[[Evidence], pd.DataFrame]

EVERY_UNIT = ("provider", "program", "district", "partnership", "state")

LARGE_UNITS = ("provider", "program", "district", "state")
"""Without partnerships: for detail that the few people of a pair in a year cannot carry."""


@dataclass(frozen=True)
class Population:
    """Who is counted, by which year, and in which units."""

    name: str
    who: str
    """Who is in it and who is not, in words a reader of a report understands."""
    cohort: str
    """What the cohort year is."""
    district: str
    """Which district a row belongs to."""
    key: tuple[str, ...]
    """Columns that may not repeat: nobody is counted twice."""
    build: Build

    def frame(self, evidence: Evidence) -> pd.DataFrame:
        """The population's rows, refused when one stands in them twice."""
        try:
            rows = self.build(evidence).reset_index(drop=True)
        except pd.errors.MergeError as error:
            raise DataError(
                f"population {self.name}: a table joined to it holds its key more than once ({error}); "
                "expected one row each; look for doubled rows in the panel it is built from"
            ) from error
        twice = int(rows.duplicated(list(self.key)).sum())
        if twice:
            raise DataError(
                f"population {self.name}: {twice} of {len(rows)} rows repeat {', '.join(self.key)}; "
                "expected one row each; look for a join that doubled rows in the panel it is built from"
            )
        return rows

    def sample_id(self, report_year: int) -> str:
        """Name of the sample an estimate rests on: the population, its restrictions and the year of the data."""
        words = "\n".join((self.name, self.who, self.cohort, self.district, str(report_year)))
        return f"{self.name}-{hashlib.blake2b(words.encode(), digest_size=4).hexdigest()}"


POPULATIONS: dict[str, Population] = {}
"""Every population by name."""


def population(*, who: str, cohort: str, district: str, key: Sequence[str]) -> Callable[[Build], Build]:
    """Register the function that builds a population's rows from the panels."""

    def register(build: Build) -> Build:
        POPULATIONS[build.__name__] = Population(build.__name__, who, cohort, district, tuple(key), build)
        return build

    return register


def program_code(rows: pd.DataFrame) -> pd.Series:
    """A program as a code: its provider, a colon, and its name in lower case with hyphens; null without a name."""
    words = rows["program_name"].astype("str").str.lower().str.replace(r"[^a-z0-9]+", "-", regex=True).str.strip("-")
    return rows["provider_code"].astype("str") + ":" + words


def with_units(rows: pd.DataFrame, cohort: str, district: str) -> pd.DataFrame:
    """Candidates with the columns the engine reads; a person is the educator when linked, else the candidate."""
    is_known = rows[cohort].notna()
    kept = rows.loc[is_known]
    person = kept["mepid"].astype("str").where(kept["is_linked"].fillna(False).astype(bool), kept["candidate_id"])
    return kept.assign(
        cohort=kept[cohort].astype(int),
        person=person,
        program_code=program_code(kept),
        district_code=kept[district],
    )


def is_true(column: pd.Series) -> pd.Series:
    """True where the column says so; unknown counts as no."""
    return column.astype("boolean").fillna(False).astype(bool)
