"""What a population is: rows, the cohort they belong to, the people behind them and the units they count for.

A population is a frame with the panel's own columns and six that the engine reads: `cohort`, `person` (or `people`, for
rows that stand for several), `provider_code`, `program_code`, `district_code`. Which district a row belongs to is part
of the population: the one that hosted the practicum, or the one that employs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from partnerlib.errors import DataError
from partnerlib.measures.evidence import Evidence
from partnerlib.samples import Sample

Build = Callable[[Evidence], pd.DataFrame]
Rule = Callable[[Any], Sample]
"""A named sample of `partnerlib.samples`; it reads the panels that the evidence holds under the same names."""

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
    rule: Rule | None = None
    """The named sample its rows are taken from, whose ledger accounts for everybody left out."""
    within: str = ""
    """The population whose rows contain these, with the same cohort and the same district; empty for none."""
    rows: str = "people"
    """What a row is: people, years (of people, who may stand in several of a window), classrooms or ties."""
    is_whole: bool = False
    """Whether to be in it is no outcome: everybody placed, completing, asked or teaching."""

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

    def sample_id(self, evidence: Evidence, report_year: int) -> str:
        """Name of the sample an estimate rests on: its restrictions and the year of the data."""
        if self.rule is not None:
            return self.rule(evidence).sample_id
        words = "\n".join((self.name, self.who, self.cohort, self.district, str(report_year)))
        return f"{self.name}-{hashlib.blake2b(words.encode(), digest_size=4).hexdigest()}"


POPULATIONS: dict[str, Population] = {}
"""Every population by name."""


def population(
    *,
    who: str,
    cohort: str,
    district: str,
    key: Sequence[str],
    rule: Rule | None = None,
    within: str = "",
    rows: str = "people",
    is_whole: bool = False,
) -> Callable[[Build], Build]:
    """Register the function that builds a population's rows from the panels, or from the sample that `rule` names."""

    def register(build: Build) -> Build:
        POPULATIONS[build.__name__] = Population(
            build.__name__, who, cohort, district, tuple(key), build, rule, within, rows, is_whole
        )
        return build

    return register


def taken(rule: Rule, evidence: Evidence) -> pd.DataFrame:
    """The rows of a named sample."""
    return rule(evidence).frame


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
