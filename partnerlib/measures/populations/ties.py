"""Ties: a provider and a district in a year they work together. A row is a pair of organizations, not a person."""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.evidence import Evidence
from partnerlib.measures.populations.candidates import new_hires, placements
from partnerlib.measures.populations.population import population

_PAIR = ["provider_code", "district_code"]


@population(
    who="pairs of a provider and a district with at least one placement in the year",
    cohort="school year of the placements",
    district="the district that hosts the practicum",
    key=("provider_code", "district_code", "cohort"),
    rows="ties",
)
def placement_ties(evidence: Evidence) -> pd.DataFrame:
    ties = _ties(placements(evidence))
    return ties.assign(years_lasted=ties["cohort"] - ties.groupby(_PAIR)["cohort"].transform("min") + 1)


@population(
    who="pairs of a provider and a district that hired at least one of its completers for a first job in the year",
    cohort="school year of the first jobs",
    district="the district that hires",
    key=("provider_code", "district_code", "cohort"),
    rows="ties",
)
def hiring_ties(evidence: Evidence) -> pd.DataFrame:
    ties = _ties(new_hires(evidence))
    again = ties[[*_PAIR, "cohort"]].assign(cohort=ties["cohort"] - 1, hires_again=True)
    return ties.merge(again, on=[*_PAIR, "cohort"], how="left").assign(
        hires_again=lambda rows: rows["hires_again"].astype("boolean").fillna(False)
    )


def _ties(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per pair and year, with the people behind it."""
    return rows.dropna(subset=_PAIR).groupby([*_PAIR, "cohort"], as_index=False).agg(people=("person", "nunique"))
