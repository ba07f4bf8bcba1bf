"""Hiring: who completes, and who of them is found at work."""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.populations import EVERY_UNIT, LARGE_UNITS
from partnerlib.measures.registry import measure
from partnerlib.measures.results import Count, Rate

EMPLOYMENT = ("seed measure 13: a stable employment pipeline", "consortium objective 3")
"""What the numbers about finding work are evidence for."""


@measure(
    unit=EVERY_UNIT,
    sample="completers",
    needs=("candidate_id",),
    topic="hiring",
    title="Completers",
    informs=("partnership criterion 1",),
)
def completers_counted(completers: pd.DataFrame) -> Count:
    """Number of people who completed a program.

    Formula
        distinct people with a completion in the year, counted in the year of their first completion at the provider
    Source
        profiles.doe.mass.edu, educator preparation: all requirements met, whether or not a licence was endorsed
    """
    return Count(completers["candidate_id"].notna())


@measure(
    unit=LARGE_UNITS,
    sample="completers",
    needs=("is_linked",),
    topic="hiring",
    title="Completers linked to staff records",
    informs=("partnership criterion 5",),
    horizon=1,
)
def linked_to_staff_records(completers: pd.DataFrame) -> Rate:
    """Share of completers found in the state's staff records at all; the others may work where the state cannot see.

    Formula
        completers linked to an educator of any year / completers
    Cohorts
        those whose first October after completion has been collected
    Source
        rule of the field: a hiring rate is shown with the link rate it rests on
    """
    return Rate(completers["is_linked"])


@measure(
    unit=EVERY_UNIT,
    sample="completers",
    needs=("employed_first_october",),
    topic="hiring",
    title="Employed by the first October",
    informs=EMPLOYMENT,
    horizon=1,
    groups=("license_field",),
)
def employed_first_october(completers: pd.DataFrame) -> Rate:
    """Share of completers found working in a Massachusetts public school in the first October after completion.

    Formula
        completers found working in the October after completion / completers
    Source
        ours; needed beside the official 'ever employed', which has no fixed horizon
    """
    return Rate(completers["employed_first_october"])


@measure(
    unit=EVERY_UNIT,
    sample="completers",
    needs=("employed_within_{years}_years",),
    topic="hiring",
    title="Employed within {years} years",
    name="employed_within_{years}_years",
    informs=EMPLOYMENT,
    horizon="years",
    family=({"years": 2}, {"years": 3}),
)
def employed_within(completers: pd.DataFrame, years: int) -> Rate:
    """Share of completers found working in a Massachusetts public school within {years} Octobers of completion.

    Formula
        completers found working in one of the {years} Octobers after completion / completers, once all are collected
    Source
        ours; a fixed horizon makes cohorts comparable
    """
    return Rate(completers[f"employed_within_{years}_years"])


@measure(
    unit=EVERY_UNIT,
    sample="completers",
    needs=("ever_employed_by_report",),
    topic="hiring",
    title="Ever employed by June of the report year (official)",
    informs=EMPLOYMENT,
    horizon=1,
)
def ever_employed(completers: pd.DataFrame) -> Rate:
    """Share of completers ever found in a Massachusetts public school by June of the report year, as the state counts.

    Formula
        completers found in any October or end-of-year staff collection up to the report year / completers
    Cohorts
        those who completed before the report year, as on the state's pages: the newest has had its first October
    Caution
        older cohorts have had more years to be found: not comparable between cohorts
    Source
        profiles.doe.mass.edu, educator preparation: Total Percent Ever Employed in a MA Public School
    """
    return Rate(completers["ever_employed_by_report"])
