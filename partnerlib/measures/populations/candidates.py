"""Candidates: everybody placed, everybody who completed, and those of them found at work."""

from __future__ import annotations

import pandas as pd

from partnerlib import samples
from partnerlib.measures.evidence import Evidence
from partnerlib.measures.populations.population import is_true, population, taken, with_units


@population(
    who="everybody placed in a practicum, practicum equivalents (teachers of record) included; someone placed more "
    "than once with a provider counts once, with the practicum of the program first completed, else the latest",
    cohort="school year of the placement",
    district="the district that hosts the practicum",
    key=("candidate_id",),
    rule=samples.placed_candidates,
    is_whole=True,
)
def placements(evidence: Evidence) -> pd.DataFrame:
    return with_units(taken(samples.placed_candidates, evidence), "placement_year", "placement_district_code")


@population(
    who="everybody who completed a program, found in the state's staff collections afterwards or not "
    "(not found is not the same as not employed: private and out-of-state work is invisible)",
    cohort="school year of completion",
    district="the district that hosted the practicum",
    key=("candidate_id",),
    rule=samples.completers,
    is_whole=True,
)
def completers(evidence: Evidence) -> pd.DataFrame:
    rows = with_units(taken(samples.completers, evidence), "completion_year", "placement_district_code")
    return rows.assign(**_official_retention(evidence, rows))


def _official_retention(evidence: Evidence, rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Whether each completer is found at work, in any position, in the Octobers the official rates ask about."""
    last = evidence.school_years[1]
    at_work = evidence.careers[["mepid", "school_year"]].drop_duplicates()

    def found(year: pd.Series) -> pd.Series:
        asked = pd.DataFrame({"mepid": rows["mepid"], "school_year": year.fillna(0).astype("int64")})
        answers = asked.merge(at_work, on=["mepid", "school_year"], how="left", indicator="where")
        return pd.Series((answers["where"] == "both").to_numpy(), index=rows.index, dtype="boolean")

    first = rows["first_job_year"]
    has_had_a_year = is_true(first <= last - 1)
    return {
        "has_had_a_year": has_had_a_year,
        "found_the_year_after": found(first + 1).mask(~has_had_a_year),
        "found_in_report_year": found(pd.Series(last, index=rows.index)) & has_had_a_year,
        "found_second_october": found(rows["completion_year"] + 2),
    }


@population(
    who="completers with a practicum; practicum equivalents (teachers of record) are left out, because they work where "
    "they are placed by construction",
    cohort="school year of completion",
    district="the district that hosted the practicum",
    key=("candidate_id",),
    rule=samples.non_equivalents,
    within="completers",
)
def hosted_completers(evidence: Evidence) -> pd.DataFrame:
    return with_units(taken(samples.non_equivalents, evidence), "completion_year", "placement_district_code")


@population(
    who="completers with a practicum and a first job in a Massachusetts public school; practicum equivalents (teachers "
    "of record) are left out, because they are hired where placed by construction",
    cohort="school year of completion",
    district="the district that hosted the practicum",
    key=("candidate_id",),
    rule=samples.hired_completers,
    within="hosted_completers",
)
def hired_non_equivalents(evidence: Evidence) -> pd.DataFrame:
    return with_units(taken(samples.hired_completers, evidence), "completion_year", "placement_district_code")


@population(
    who="completers in their first job in a Massachusetts public school, in any position; practicum equivalents are in",
    cohort="school year of the first job",
    district="the district of the first job",
    key=("candidate_id",),
)
def new_hires(evidence: Evidence) -> pd.DataFrame:
    return with_units(with_first_job(evidence.first_jobs), "first_job_year", "first_job_district_code")


def only_completers(jobs: pd.DataFrame) -> pd.DataFrame:
    """Candidates who finished a program."""
    return jobs.loc[is_true(jobs["is_completer"])]


def with_first_job(jobs: pd.DataFrame) -> pd.DataFrame:
    """Completers found at work in some October after completion."""
    completed = only_completers(jobs)
    return completed.loc[completed["first_job_year"].notna()]


def non_equivalents(jobs: pd.DataFrame) -> pd.DataFrame:
    """Without practicum equivalents: the teacher of record is hired where placed by construction."""
    return jobs.loc[~is_true(jobs["is_practicum_equivalent"])]
