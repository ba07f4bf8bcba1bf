"""First jobs: everyone who was placed or completed, with the practicum, the link to staff records, the first job.

"Not found" is never "not employed": private schools and other states are invisible here.
"""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.panels.distances import distance_miles, grade_level
from partnerlib.panels.inputs import Processed, checked_grain, panel
from partnerlib.panels.placements import is_high_needs_then
from partnerlib.panels.teaching import main_teaching

TEACHER_OF_RECORD = "Teacher of Record"
_JOB = ("school_code", "district_code", "job_code")


def build_first_jobs(
    processed: Processed,
    placements: pd.DataFrame,
    careers: pd.DataFrame,
    organizations: pd.DataFrame,
    high_needs: pd.DataFrame,
) -> pd.DataFrame:
    """One row per candidate (provider and person) with at least one completion or placement.

    Cohort
        the first completion; a later second program does not move it. `placement_*` is the practicum of that program
        where one is known, else the latest practicum up to completion
    First job
        the main position in the first October, strictly after completion, in which the person works in a public school
        in any job (`first_job_is_teacher` says whether as a teacher; `first_teaching_year` is the first as one)
    Employed
        True: found at work by that October. False: not found. Null: that October has not been collected, or the person
        has not completed
    """
    people = candidates_with_program(processed, placements)
    links = processed.collect("links", ["candidate_id", "mepid", "method", "probability"]).rename(
        columns={"method": "link_method", "probability": "link_probability"}
    )
    people = people.merge(links, on="candidate_id", how="left", validate="one_to_one")
    if people["link_method"].isna().any():
        raise DataError(
            f"links: {int(people['link_method'].isna().sum())} candidates have no row; expected one for every "
            "candidate. The links are older than the candidates: run `partnerlib build`"
        )
    people = _without_later_educators(processed, people)
    people["is_linked"] = people["mepid"].notna().astype(bool)
    people = people.merge(first_positions(people, careers), on="candidate_id", how="left", validate="one_to_one")
    people = _with_employment(people, octobers=frozenset(careers["school_year"].astype(int)))
    people["ever_employed_by_report"] = ever_employed(processed, people)
    people = _with_job_context(processed, people, organizations, high_needs)
    people = people.sort_values(["provider_code", "candidate_id"], ignore_index=True)
    return checked_grain(people, ["candidate_id"], "first_jobs")


def _without_later_educators(processed: Processed, people: pd.DataFrame) -> pd.DataFrame:
    """Nobody linked to an educator who first comes on file after the year the panels look from.

    Links are made once, from all years; a report about an earlier year may not know whom a later one finds.
    """
    on_file = panel(processed.scan("educators").select("mepid").unique())["mepid"]
    is_later = people["mepid"].notna() & ~people["mepid"].isin(on_file)
    return people.assign(
        mepid=people["mepid"].mask(is_later),
        link_method=people["link_method"].mask(is_later, "unmatched"),
        link_probability=people["link_probability"].mask(is_later),
    )


def candidates_with_program(processed: Processed, placements: pd.DataFrame) -> pd.DataFrame:
    """Candidates with their first completion and the practicum that belongs to it."""
    columns = ["candidate_id", "provider_code", "gender", "race_ethnicity", "grade_point_average"]
    candidates = processed.collect("candidates", columns)
    completed = processed.collect("completions").drop(columns=["provider_code", "source_file", "completion_date"])
    completed = completed.sort_values(["candidate_id", "completion_year", "program_name"])
    first = completed.drop_duplicates("candidate_id")
    chosen = choose_placement(placements, first)
    people = candidates.merge(first, on="candidate_id", how="left", validate="one_to_one")
    people = people.merge(chosen, on="candidate_id", how="left", validate="one_to_one", suffixes=("", "_placed"))
    people["is_completer"] = people["completion_year"].notna().astype(bool)
    people = people.loc[people["is_completer"] | people["placement_year"].notna()].copy()
    for column in ("program_name", "license_field", "grade_band"):
        people[column] = people[column].fillna(people.pop(f"{column}_placed"))
    by_level = people["program_level"].str.contains(TEACHER_OF_RECORD, regex=False).fillna(False).astype(bool)
    by_placement = people["is_practicum_equivalent"].astype("boolean").fillna(False).astype(bool)
    people["is_practicum_equivalent"] = by_level | by_placement
    people["completion_year"] = people["completion_year"].astype("Int64")
    people["placement_year"] = people["placement_year"].astype("Int64")
    return people.reset_index(drop=True)


def choose_placement(placements: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    """One placement per candidate: of the completed program before another, then the latest, up to completion.

    Ties go to the lower school code, so that the answer does not depend on row order.
    """
    program = first[["candidate_id", "program_name", "completion_year"]].rename(
        columns={"program_name": "completed_program"}
    )
    rows = placements.merge(program, on="candidate_id", how="left", validate="many_to_one")
    rows["is_late"] = (rows["placement_year"] > rows["completion_year"]).fillna(False).astype(bool)
    rows["is_other_program"] = rows["program_name"] != rows["completed_program"]
    rows["recent"] = -rows["placement_year"]
    ordered = rows.sort_values(
        ["candidate_id", "is_late", "is_other_program", "recent", "program_name", "placement_school_code"]
    )
    chosen = ordered.drop_duplicates("candidate_id")
    unused = ["provider_code", "completed_program", "completion_year", "is_late", "is_other_program", "recent"]
    return chosen.drop(columns=[*unused, "practitioner_first_name", "practitioner_last_name"])


def first_positions(people: pd.DataFrame, careers: pd.DataFrame) -> pd.DataFrame:
    """The main position in the first October at work strictly after completion, per linked completer."""
    linked = people.loc[people["is_linked"] & people["is_completer"], ["candidate_id", "mepid", "completion_year"]]
    octobers = linked.merge(careers[["mepid", "school_year", *_JOB, "is_teacher"]], on="mepid", how="inner")
    after = octobers.loc[octobers["school_year"] > octobers["completion_year"]]
    after = after.sort_values(["candidate_id", "school_year"])
    first = after.drop_duplicates("candidate_id").rename(
        columns={"school_year": "first_job_year", "is_teacher": "first_job_is_teacher"}
        | {column: f"first_job_{column}" for column in _JOB}
    )
    teaching = after.loc[after["is_teacher"]].groupby("candidate_id")["school_year"].min().rename("first_teaching_year")
    first = first.drop(columns=["mepid", "completion_year"]).join(teaching, on="candidate_id")
    types = {"first_job_year": "Int64", "first_teaching_year": "Int64", "first_job_is_teacher": "boolean"}
    return first.astype(types)


def _with_employment(people: pd.DataFrame, octobers: frozenset[int]) -> pd.DataFrame:
    """Years to hire, and whether found by the first, second and third October after completion.

    Null unless every one of those Octobers has been collected: a gap in the collections finds nobody.
    """
    waited = people["first_job_year"] - people["completion_year"] - 1
    answers = {}
    names = ("employed_first_october", "employed_within_2_years", "employed_within_3_years")
    is_observable = pd.Series(True, index=people.index)
    for count, name in enumerate(names, start=1):
        found = (waited < count).fillna(False)
        is_observable &= (people["completion_year"] + count).isin(octobers)
        answers[name] = found.astype("boolean").mask(~is_observable)
    return people.assign(years_to_hire=waited, **answers)


def ever_employed(processed: Processed, people: pd.DataFrame) -> pd.Series:
    """Whether a completer was found in any staff collection from completion on, in any job; the official definition.

    Counted are October collections after completion in which the person works, and end-of-year collections from the
    year of completion on that list the person at all (who left in spring is on file there as exited).
    """
    listed = processed.scan("educators").filter((nw.col("collection") == "end_of_year") | nw.col("is_working"))
    moment = nw.col("school_year") * 2 + (nw.col("collection") == "end_of_year").cast(nw.Int64)
    latest = panel(listed.group_by("mepid").agg(moment=moment.max())).set_index("mepid")["moment"]
    found = people["mepid"].map(latest) >= people["completion_year"] * 2 + 1
    return found.astype("boolean").fillna(False).mask(people["completion_year"].isna())


def _with_job_context(
    processed: Processed, people: pd.DataFrame, organizations: pd.DataFrame, high_needs: pd.DataFrame
) -> pd.DataFrame:
    """How the first job compares with the practicum: place, distance, needs, grades."""
    placed, school = people["placement_school_code"], people["first_job_school_code"]
    jobs = people[["mepid", "first_job_year"]].rename(columns={"first_job_year": "school_year"})
    taught = main_teaching(processed, jobs)[["mepid", "school_year", "grade"]].rename(
        columns={"school_year": "first_job_year", "grade": "first_job_grade"}
    )
    people = people.merge(taught, on=["mepid", "first_job_year"], how="left", validate="many_to_one")
    level = grade_level(organizations, school)
    return people.assign(
        first_job_is_high_needs=is_high_needs_then(high_needs, school, people["first_job_year"]),
        first_job_grade_level=level,
        hired_in_placement_school=_same(school, placed),
        hired_in_placement_district=_same(people["first_job_district_code"], people["placement_district_code"]),
        first_job_distance_miles=distance_miles(organizations, placed, school),
        same_grade_level=_same(level, people["placement_grade_level"]),
        same_grade=_same(people["first_job_grade"], people["placement_grade"]),
    )


def _same(one: pd.Series, other: pd.Series) -> pd.Series:
    """Equal or not; null where either is unknown."""
    return (one == other).astype("boolean").mask(one.isna() | other.isna())
