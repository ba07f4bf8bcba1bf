"""Teachers: every October's, the beginners among them, and completers followed from their first teaching job."""

from __future__ import annotations

import pandas as pd

from partnerlib import samples
from partnerlib.measures.evidence import Evidence
from partnerlib.measures.populations.candidates import non_equivalents, only_completers, with_first_job
from partnerlib.measures.populations.population import is_true, population, program_code, taken, with_units
from partnerlib.panels import LEVELS

HORIZONS = (1, 2, 3, 5)
"""Years after which retention is asked."""

LIFE_TABLE_YEARS = (1, 2, 3, 4, 5)

FIRST_YEARS = 2
"""Years of teaching that count as new: the first and the second."""


@population(
    who="everybody working as a teacher on October 1",
    cohort="school year of that October",
    district="the employing district",
    key=("mepid", "school_year"),
    rows="years",
    is_whole=True,
)
def teachers(evidence: Evidence) -> pd.DataFrame:
    careers = evidence.careers.loc[evidence.careers["is_teacher"]]
    rows = careers.assign(cohort=careers["school_year"], person=careers["mepid"])
    return with_retention(evidence, rows, "school_year", HORIZONS)


@population(
    who="completers whose first job in a Massachusetts public school is as a teacher, practicum equivalents included",
    cohort="school year of the first job",
    district="the district of the first job",
    key=("candidate_id",),
    within="new_hires",
)
def new_teachers(evidence: Evidence) -> pd.DataFrame:
    rows = _new_teachers(evidence, with_first_job(evidence.first_jobs))
    outcomes = evidence.careers[["mepid", "school_year", "outcome"]].rename(columns={"school_year": "first_job_year"})
    followed = rows.merge(outcomes, on=["mepid", "first_job_year"], how="left", validate="many_to_one")
    return with_retention(evidence, followed, "first_job_year", HORIZONS)


@population(
    who="completers whose first job is as a teacher, once for every year they are at risk of leaving; practicum "
    "equivalents (teachers of record) are left out, because they are hired where placed by construction. "
    "Someone who leaves and comes back has left",
    cohort="school year of the first job",
    district="the district of the first job",
    key=("candidate_id", "year"),
    rows="years",
)
def teaching_years(evidence: Evidence) -> pd.DataFrame:
    rows = _new_teachers(evidence, non_equivalents(with_first_job(evidence.first_jobs)))
    wide = with_retention(evidence, rows, "first_job_year", LIFE_TABLE_YEARS)
    return pd.concat([_at_risk(wide, year) for year in LIFE_TABLE_YEARS], ignore_index=True)


def _new_teachers(evidence: Evidence, hired: pd.DataFrame) -> pd.DataFrame:
    started = hired.loc[is_true(hired["first_job_is_teacher"])]
    return with_units(started, "first_job_year", "first_job_district_code")


def _at_risk(wide: pd.DataFrame, year: int) -> pd.DataFrame:
    """The people who may leave in their `year`-th year: those still there at its start, once its end is observed."""
    left = {}
    for level in LEVELS:
        stayed = wide[f"{level}_{year}_throughout"].astype("boolean")
        was_there = is_true(wide[f"{level}_{year - 1}_throughout"]) if year > 1 else pd.Series(True, index=wide.index)
        left[f"left_{level}"] = (~stayed).mask(~was_there)
    kept = [column for column in wide if not str(column).endswith("_throughout")]
    return wide[kept].assign(year=year, **left)


def with_retention(evidence: Evidence, rows: pd.DataFrame, year: str, horizons: tuple[int, ...]) -> pd.DataFrame:
    """Rows with `<level>_<years>` (found again) and `<level>_<years>_throughout` (found every October between)."""
    columns = [f"retained_{level}{how}" for level in LEVELS for how in ("", "_throughout")]
    followed = rows
    for years in horizons:
        names = {name: f"{name.removeprefix('retained_').removesuffix('_throughout')}_{years}" for name in columns}
        names = {name: new + ("_throughout" if name.endswith("_throughout") else "") for name, new in names.items()}
        answers = evidence.retention(years)[["mepid", "school_year", *columns]]
        answers = answers.rename(columns={**names, "school_year": year})
        followed = followed.merge(answers, on=["mepid", year], how="left", validate="many_to_one")
    return followed


@population(
    who="everybody teaching for the first time on October 1, and again for each provider they completed with",
    cohort="school year of that October",
    district="the employing district",
    key=("mepid", "school_year", "provider_code"),
    rule=samples.beginners,
)
def beginners(evidence: Evidence) -> pd.DataFrame:
    found = taken(samples.beginners, evidence)[["mepid", "school_year", "district_code"]]
    prepared = only_completers(evidence.first_jobs)
    prepared = prepared.loc[prepared["is_linked"], ["mepid", "provider_code", "completion_year"]]
    joined = found.merge(prepared, on="mepid", how="left")
    is_later = is_true(joined["completion_year"] >= joined["school_year"])
    joined = joined.assign(provider_code=joined["provider_code"].mask(is_later))
    rows = joined.sort_values("provider_code", na_position="last").drop_duplicates(
        ["mepid", "school_year", "provider_code"]
    )
    # Someone prepared by a provider does not stand a second time as prepared by none.
    has_provider = rows.groupby(["mepid", "school_year"])["provider_code"].transform("count") > 0
    rows = rows.loc[rows["provider_code"].notna() | ~has_provider]
    return rows.assign(cohort=rows["school_year"], person=rows["mepid"])


@population(
    who="completers in their first or second October as a teacher, once for each such year",
    cohort="school year of that October",
    district="the employing district",
    key=("candidate_id", "school_year"),
    within="teachers",
    rows="years",
)
def novices(evidence: Evidence) -> pd.DataFrame:
    rows = novice_years(evidence)
    ratings = evidence.evaluations().dropna(subset=["overall_rating"])
    own = rows.merge(
        ratings[["mepid", "school_year", "district_code", "overall_rating"]],
        on=["mepid", "school_year", "district_code"],
        how="left",
        validate="many_to_one",
    )
    return own


def novice_years(evidence: Evidence) -> pd.DataFrame:
    """Completers by October, in their first two as a teacher, with how the job compares with the practicum."""
    careers = evidence.careers
    is_new = (careers["experience_years"] < FIRST_YEARS) & ~careers["is_experience_censored"] & careers["is_teacher"]
    years = careers.loc[is_new, ["mepid", "school_year", "district_code", "school_code", "experience_years"]]
    jobs = with_first_job(evidence.first_jobs)
    jobs = jobs.loc[jobs["is_linked"]]
    rows = jobs.drop(columns="district_code", errors="ignore").merge(years, on="mepid", how="inner")
    rows = rows.loc[rows["school_year"] > rows["completion_year"]]
    is_equivalent = is_true(rows["is_practicum_equivalent"])
    return rows.assign(
        cohort=rows["school_year"].astype(int),
        person=rows["mepid"],
        program_code=program_code(rows),
        teaching_year=(rows["experience_years"] + 1).astype("str"),
        hired_in_placement_school=rows["hired_in_placement_school"].astype("boolean").mask(is_equivalent),
    )
