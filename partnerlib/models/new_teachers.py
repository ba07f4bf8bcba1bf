"""New teachers followed from their first job: how long they stay, and their first two years of value added."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from partnerlib.errors import ParameterError, did_you_mean
from partnerlib.models.design import require_columns
from partnerlib.models.exits import EXITS, EXITS_OF_LEVEL, ReturnersRule, exit_periods
from partnerlib.models.results import Estimates
from partnerlib.models.retention import LEVELS, hazard_model, person_periods

TRAITS = ("license_field", "program_level", "grade_point_average", "gender", "race_ethnicity")
NOVICE_YEARS = 2
"""First- and second-year teachers are novices."""


def spells_of_new_teachers(
    first_jobs: pd.DataFrame, careers: pd.DataFrame, level: str = "state_position"
) -> pd.DataFrame:
    """One row per hired completer: years from the first job to the first exit, or to the last October that can tell.

    The first exit at the level ends the spell; who comes back later is not at risk again. Someone whose first October
    is the last one collected adds no time and has no row. Someone with two providers is followed once, from the
    earlier first job. Whose first job is not as a teacher has no row: an aide who becomes a teacher would count as
    having left the position.
    """
    if level not in LEVELS:
        raise ParameterError(f"retention level '{level}': {did_you_mean(level, LEVELS)}")
    retained, _ = LEVELS[level]
    require_columns(first_jobs, ["candidate_id", "mepid", "first_job_year"], "spells of new teachers")
    require_columns(careers, ["mepid", "school_year", retained], "spells of new teachers")
    started = first_jobs.dropna(subset=["mepid", "first_job_year"])
    if "first_job_is_teacher" in started:
        started = started[started["first_job_is_teacher"].fillna(False).astype(bool)]
    started = started.sort_values(["first_job_year", "candidate_id"]).drop_duplicates("mepid")
    known = careers.loc[careers[retained].notna(), ["mepid", "school_year", retained]]
    rows = started[["mepid", "first_job_year"]].merge(known, on="mepid", how="inner")
    rows = rows.loc[rows["school_year"] >= rows["first_job_year"]].sort_values(["mepid", "school_year"])
    rows = rows.assign(
        time=(rows["school_year"] - rows["first_job_year"] + 1).astype(int), left=~rows[retained].astype(bool)
    )
    person = rows.groupby("mepid", sort=False)
    # Only the unbroken run from the first job counts: after an exit or a gap the person is not at risk.
    unbroken = (rows["time"] == person.cumcount() + 1) & (person["left"].cumsum() - rows["left"] == 0)
    runs = rows.loc[unbroken].groupby("mepid").agg(duration=("time", "max"), event=("left", "any")).reset_index()
    return started.merge(runs, on="mepid", how="inner", validate="one_to_one").assign(entry=0).reset_index(drop=True)


def hazard_ladder(
    spells: pd.DataFrame,
    *,
    exposures: Sequence[str],
    sample_id: str,
    traits: Sequence[str] = TRAITS,
    cluster: str = "placement_school_code",
    level: str = "state_position",
) -> tuple[Estimates, ...]:
    """Log odds of leaving in a year: raw, with candidate traits, and within providers.

    The same person-years, the same dummies per year of the career, clustered where the practicum was assigned.
    """
    periods = person_periods(spells.dropna(subset=list(exposures)))
    specifications = {"raw": (), "+ candidate traits": tuple(traits), "+ provider": (*traits, "provider_code")}
    return tuple(
        hazard_model(
            periods,
            exposures=exposures,
            covariates=covariates,
            cluster=cluster,
            level=level,
            specification=name,
            sample_id=sample_id,
        )
        for name, covariates in specifications.items()
    )


def exits_of_new_teachers(
    hired: pd.DataFrame,
    careers: pd.DataFrame,
    *,
    columns: Sequence[str] = (),
    returners: ReturnersRule = "first",
    exits: Sequence[str] = tuple(EXITS),
) -> pd.DataFrame:
    """One row per hired completer and October taught since the first job: how the year ended, with `columns` beside.

    Someone with two providers is followed once, from the earlier first job. Who lacks one of the columns has no row.
    """
    require_columns(hired, ["candidate_id", "mepid", "first_job_year", *columns], "exits of new teachers")
    known = hired.dropna(subset=["mepid", "first_job_year", *columns])
    known = known.sort_values(["first_job_year", "candidate_id"]).drop_duplicates("mepid")
    periods = exit_periods(careers, returners=returners, exits=exits, starts=known)
    added = [column for column in columns if column not in periods]
    return periods.merge(known[["mepid", *added]], on="mepid", how="left", validate="many_to_one")


def returners_ladder(
    hired: pd.DataFrame,
    careers: pd.DataFrame,
    *,
    exposures: Sequence[str],
    sample_id: str,
    cluster: str = "placement_school_code",
    level: str = "state_position",
) -> tuple[Estimates, ...]:
    """Log odds of leaving in a year under both rules for people who come back, side by side.

    The same people, the same dummies: only who is at risk differs (`exits.RETURNERS` has the rules in words). Followed
    in the years they teach, from the first job.
    """
    if level not in LEVELS:
        raise ParameterError(f"retention level '{level}': {did_you_mean(level, LEVELS)}")
    results = []
    rules: tuple[tuple[ReturnersRule, str], ...] = (("first", "first exit ends"), ("again", "returners at risk again"))
    for rule, name in rules:
        periods = exits_of_new_teachers(
            hired, careers, columns=(*exposures, cluster), returners=rule, exits=EXITS_OF_LEVEL[level]
        )
        results.append(
            hazard_model(
                periods, exposures=exposures, cluster=cluster, level=level, returners=rule, specification=name,
                sample_id=sample_id,
            )
        )  # fmt: skip
    return tuple(results)


def novice_effects(teacher_effects: pd.DataFrame, hired: pd.DataFrame) -> pd.DataFrame:
    """Value added of hired completers in their first two years, a row per teacher, year and subject.

    `experience_years` is 0 in the year of the first job and 1 in the next.
    """
    started = hired.dropna(subset=["mepid", "first_job_year"]).drop_duplicates("mepid")
    rows = teacher_effects.merge(started, on="mepid", how="inner", validate="many_to_one")
    experience = (rows["school_year"] - rows["first_job_year"]).astype("Int64")
    return rows.assign(experience_years=experience).loc[experience.between(0, NOVICE_YEARS - 1).to_numpy(bool)]
