"""First jobs: where they are, how near to the practicum, from whom and how soon."""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.hiring import EMPLOYMENT
from partnerlib.measures.placement import NEAR_MILES
from partnerlib.measures.populations import EVERY_UNIT, LARGE_UNITS
from partnerlib.measures.registry import measure
from partnerlib.measures.results import Count, Distribution, Mean, Rate, Share

HIRED_WHERE = ("host_district", "other_district", "not_found")
"""Where the completers a district hosted were hired by the first October."""


@measure(
    unit=EVERY_UNIT,
    sample="hired_non_equivalents",
    needs=("hired_in_placement_{place}",),
    topic="hiring",
    title="First job in the placement {place}",
    name="hired_in_placement_{place}",
    informs=("partnership criterion 3", "consortium objective 3"),
    horizon=1,
    family=({"place": "school"}, {"place": "district"}),
)
def hired_in_placement(hired_non_equivalents: pd.DataFrame, place: str) -> Rate:
    """Share of employed completers whose first job is in the {place} that hosted their practicum.

    Formula
        people whose first October position is in the placement {place} / people with a first October position
    Caution
        older cohorts include people first found at work years later, the newest only those of the first October
    Excluded
        practicum equivalents (teachers of record), for whom the share is 1 by construction
    Source
        Krieg, Theobald & Goldhaber (2016), where the share is about 0.15 (school) and 0.40 (district) in Washington
    """
    return Rate(hired_non_equivalents[f"hired_in_placement_{place}"])


@measure(
    unit=EVERY_UNIT,
    sample="hired_non_equivalents",
    needs=("first_job_distance_miles",),
    topic="hiring",
    title="First job within 25 miles of the placement",
    informs=("partnership criterion 3",),
    horizon=1,
)
def hired_near_placement(hired_non_equivalents: pd.DataFrame) -> Rate:
    """Share of employed completers whose first job is within 25 miles of the placement school.

    Formula
        first jobs at 25 miles or less from the placement school / first jobs with both places known
    Caution
        older cohorts include people first found at work years later, the newest only those of the first October
    Excluded
        practicum equivalents (teachers of record), whose distance is zero by construction
    Source
        Boyd, Lankford, Loeb & Wyckoff (2005): teachers' labour markets are small
    """
    miles = hired_non_equivalents["first_job_distance_miles"]
    return Rate((miles <= NEAR_MILES).astype("boolean").mask(miles.isna()))


@measure(
    unit=EVERY_UNIT,
    sample="new_hires",
    needs=("first_job_is_high_needs",),
    topic="hiring",
    title="First job in a high-needs school",
    informs=("partnership criterion 4", "consortium objective 3"),
    groups=("is_practicum_equivalent",),
)
def hired_in_high_needs_school(new_hires: pd.DataFrame) -> Rate:
    """Share of new hires whose first job is in a high-needs school.

    Formula
        first jobs in a high-needs school / first jobs in a school whose students are known
    Definition
        a high-needs school is a parameter of the panels; by default the quarter of schools with the largest share of
        high-needs students in the year. The state has no one definition
    Source
        Consortium objective 3: employment in high-need districts
    """
    return Rate(new_hires["first_job_is_high_needs"])


@measure(
    unit=EVERY_UNIT,
    sample="new_hires",
    needs=("candidate_id",),
    topic="hiring",
    title="Completers hired",
    informs=("partnership criterion 1", "partnership criterion 4"),
)
def completers_hired(new_hires: pd.DataFrame) -> Count:
    """Number of completers starting their first job in a Massachusetts public school in the year.

    Formula
        distinct people in the first October after completion in which they are found working
    Source
        purpose of the partnership page: a record for each provider, district and year
    """
    return Count(new_hires["candidate_id"].notna())


@measure(
    unit=EVERY_UNIT,
    sample="hosted_completers",
    needs=("hired_in_placement_district", "years_to_hire"),
    topic="hiring",
    title="Yield of hosting by the {by}",
    name="host_yield_{years}y",
    informs=("partnership criterion 3", "consortium objective 3"),
    horizon="years",
    family=({"years": 1, "by": "first October"}, {"years": 3, "by": "third October"}),
)
def host_yield(hosted_completers: pd.DataFrame, years: int, by: str) -> Rate:
    """Share of the completers a district hosted whom it hired for their first job by the {by}.

    Formula
        hosted completers whose first job, found by the {by}, is in the host district / hosted completers
    Excluded
        practicum equivalents (teachers of record), whom the district employs while it hosts them
    Source
        ours: conversion of hosted candidates into hires
    """
    in_time = hosted_completers["years_to_hire"] < years
    hired = hosted_completers["hired_in_placement_district"].astype("boolean")
    return Rate((in_time & hired).astype("boolean").fillna(False))


@measure(
    unit=EVERY_UNIT,
    sample="hosted_completers",
    needs=("hired_in_placement_district", "years_to_hire"),
    topic="hiring",
    title="Where hosted completers were hired by the first October",
    informs=("partnership criterion 1", "partnership criterion 3"),
    horizon=1,
)
def hosted_and_hired(hosted_completers: pd.DataFrame) -> Distribution:
    """Shares of the completers a district hosted whom it hired, whom another district hired, and who are not found.

    Formula
        hosted completers whose first job, found by the first October, is in the host district (`host_district`, the
        yield of hosting), in another one (`other_district`), or who have no such job or one in a district that is not
        known (`not_found`) / hosted completers
    Excluded
        practicum equivalents (teachers of record), whom the district employs while it hosts them
    Caution
        not found is not the same as not employed: private and out-of-state work is invisible
    Source
        District Pipeline Advisory: who trains in a district and whom it hires
    """
    is_here = hosted_completers["hired_in_placement_district"].astype("boolean")
    in_time = (hosted_completers["years_to_hire"] < 1).astype("boolean")
    # Beside an unknown the whole is unknown, and whoever is not known to be hired is not found.
    here, elsewhere = ((in_time & is_it).fillna(False) for is_it in (is_here, ~is_here))
    place = pd.Series("not_found", index=hosted_completers.index, dtype="str")
    return Distribution(place.mask(here, "host_district").mask(elsewhere, "other_district"), "hired", HIRED_WHERE)


@measure(
    unit=("provider", "district", "partnership", "state"),
    sample="beginners",
    needs=("provider_code",),
    topic="hiring",
    title="Share of beginning teachers",
    informs=("partnership criterion 1", "partnership criterion 4"),
    is_additive=False,
)
def share_of_beginners(beginners: pd.DataFrame) -> Share:
    """Share of a district's beginning teachers who completed with the provider; of all beginners, for a provider.

    Formula
        partnership: the district's beginners from the provider / the district's beginners;
        provider: the state's beginners from the provider / the state's beginners;
        district and state: beginners from any provider / beginners
    Caution
        someone who completed with two providers counts for both, and once in the denominator
    Source
        District Pipeline Advisory: who trains the teachers a district hires
    """
    return Share(beginners["provider_code"].notna(), within={"partnership": "district", "provider": "state"})


@measure(
    unit=LARGE_UNITS,
    sample="completers",
    needs=("years_to_hire",),
    topic="hiring",
    title="Years to hire",
    informs=EMPLOYMENT,
    horizon=3,
)
def years_to_hire(completers: pd.DataFrame) -> Mean:
    """Mean years from completion to the first job, for completers hired within three years: 0 is the first October.

    Formula
        mean over completers hired within three Octobers of (Octobers passed before the first job)
    Units
        years; cohorts whose three Octobers are all collected, so that late hires are not cut off
    Source
        Goldhaber, Krieg & Theobald (2014) on time to hire
    """
    waited = completers["years_to_hire"]
    return Mean(waited.where((waited < 3).fillna(False)))
