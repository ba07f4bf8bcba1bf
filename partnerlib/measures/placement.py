"""Placement: where candidates have their practicum, with whom, and how they grow there."""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.populations import EVERY_UNIT
from partnerlib.measures.registry import measure
from partnerlib.measures.results import Concentration, Count, Mean, Median, Rate

NEAR_MILES = 25
"""A place within this distance counts as near."""


@measure(
    unit=EVERY_UNIT,
    sample="placements",
    needs=("candidate_id",),
    topic="placement",
    title="Candidates placed",
    informs=("partnership criterion 1", "consortium objective 1"),
)
def candidates_placed(placements: pd.DataFrame) -> Count:
    """Number of candidates with a practicum placement.

    Formula
        distinct people by the year of their practicum; a further practicum with the same provider adds nobody
    Source
        CAP submissions; purpose of the partnership page (a record for each provider, district and year)
    """
    return Count(placements["candidate_id"].notna())


@measure(
    unit=EVERY_UNIT,
    sample="placements",
    needs=("placement_is_high_needs",),
    topic="placement",
    title="Placed in a high-needs school",
    informs=("partnership criterion 3", "consortium objective 2"),
)
def placed_in_high_needs_school(placements: pd.DataFrame) -> Rate:
    """Share of candidates whose practicum was in a high-needs school.

    Formula
        candidates placed in a high-needs school / candidates placed in a school whose students are known
    Definition
        a high-needs school is a parameter of the panels; by default the quarter of schools with the largest share of
        high-needs students in the year. The state has no one definition
    Source
        Consortium objective 2: more placements in high-need schools and classrooms
    """
    return Rate(placements["placement_is_high_needs"])


@measure(
    unit=EVERY_UNIT,
    sample="placements",
    needs=("placement_distance_miles",),
    topic="placement",
    title="Distance from provider to placement (mean)",
    informs=("partnership criterion 3",),
)
def placement_distance_mean(placements: pd.DataFrame) -> Mean:
    """Mean distance from the provider to the placement school, in miles.

    Formula
        sum of great-circle distances / placements with both places known
    Source
        Krieg, Theobald & Goldhaber (2020): placements lie near the program
    """
    return Mean(placements["placement_distance_miles"])


@measure(
    unit=EVERY_UNIT,
    sample="placements",
    needs=("placement_distance_miles",),
    topic="placement",
    title="Distance from provider to placement (median)",
    informs=("partnership criterion 3",),
)
def placement_distance_median(placements: pd.DataFrame) -> Median:
    """Half of the placements lie nearer to the provider than this many miles.

    Formula
        median of great-circle distances over placements with both places known
    Source
        Krieg, Theobald & Goldhaber (2020): placements lie near the program
    """
    return Median(placements["placement_distance_miles"])


@measure(
    unit=EVERY_UNIT,
    sample="placements",
    needs=("placement_distance_miles",),
    topic="placement",
    title="Placed within 25 miles of the provider",
    informs=("partnership criterion 3",),
)
def placed_near_provider(placements: pd.DataFrame) -> Rate:
    """Share of candidates whose practicum was within 25 miles of the provider.

    Formula
        placements at 25 miles or less / placements with both places known
    Source
        Krieg, Theobald & Goldhaber (2020): placements lie near the program
    """
    miles = placements["placement_distance_miles"]
    return Rate((miles <= NEAR_MILES).astype("boolean").mask(miles.isna()))


@measure(
    unit=("provider", "program", "state"),
    sample="placements",
    needs=("placement_district_code",),
    topic="placement",
    title="Concentration of placements over districts",
    informs=("partnership criterion 1", "partnership criterion 5"),
    is_additive=False,
)
def placement_concentration(placements: pd.DataFrame) -> Concentration:
    """How much placements sit in few districts: 1 is a single district, near 0 is many small ones.

    Formula
        sum over districts of (share of placements)^2, the Herfindahl-Hirschman index
    Source
        Simpson (1949); Hirschman (1964)
    """
    return Concentration(placements["placement_district_code"])


@measure(
    unit=EVERY_UNIT,
    sample="placements",
    needs=("practitioner_is_eligible",),
    topic="placement",
    title="Eligible supervising practitioners",
    informs=("partnership criterion 3", "consortium objective 5"),
)
def eligible_practitioner(placements: pd.DataFrame) -> Rate:
    """Share of placements whose supervising practitioner meets the legal floor for the role.

    Formula
        placements with a practitioner of 3 full years or more and a latest rating of Proficient or higher /
        placements whose practitioner's years and rating are known
    Source
        603 CMR 7.02
    """
    return Rate(placements["practitioner_is_eligible"])


@measure(
    unit=EVERY_UNIT,
    sample="placements",
    needs=("placement_field_matches",),
    topic="placement",
    title="Practitioner teaches the candidate's field and grades",
    informs=("partnership criterion 3",),
)
def placement_field_match(placements: pd.DataFrame) -> Rate:
    """Share of placements whose practitioner teaches the field and grades the candidate is preparing for.

    Formula
        placements where the practitioner's main assignment lies in the licence's field and grades /
        placements whose practitioner's assignment is known
    Source
        Krieg, Goldhaber & Theobald (2022): a closer match goes with higher effectiveness
    """
    return Rate(placements["placement_field_matches"])


@measure(
    unit=EVERY_UNIT,
    sample="placements",
    needs=("formative_mean", "summative_mean"),
    topic="placement",
    title="Growth from formative to summative assessment",
    informs=("partnership criterion 3", "consortium objective 4"),
)
def assessment_growth(placements: pd.DataFrame) -> Mean:
    """Mean growth of candidates from the formative to the summative assessment, in rating points.

    Formula
        mean over candidates of (summative mean - formative mean), ratings counted 1 (Unsatisfactory) to 4 (Exemplary)
    Units
        rating points; candidates with both assessments
    Source
        Candidate Assessment of Performance; consortium objective 4 (effect of feedback)
    """
    return Mean(placements["summative_mean"] - placements["formative_mean"])
