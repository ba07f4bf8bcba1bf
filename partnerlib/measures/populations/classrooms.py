"""Classrooms: the students of new teachers, and of the practitioners who host candidates."""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.evidence import TEACHER_EFFECTS, Evidence
from partnerlib.measures.populations.candidates import non_equivalents
from partnerlib.measures.populations.population import population, with_units
from partnerlib.measures.populations.teachers import novice_years


@population(
    who="completers in their first or second October as a teacher who teach tested students, once for each subject",
    cohort="school year of that October",
    district="the employing district",
    key=("candidate_id", "school_year", "subject"),
    rows="classrooms",
)
def novice_classrooms(evidence: Evidence) -> pd.DataFrame:
    return novice_years(evidence).merge(evidence.classroom_means(), on=["mepid", "school_year"], how="inner")


@population(
    who="completers in their first or second October as a teacher with an estimated value added, once for each subject",
    cohort="school year of that October",
    district="the employing district",
    key=("candidate_id", "school_year", "subject"),
    rows="classrooms",
)
def novice_effects(evidence: Evidence) -> pd.DataFrame:
    effects = evidence.teacher_effects
    if effects is None:
        effects = pd.DataFrame(columns=list(TEACHER_EFFECTS)).astype({"mepid": "str", "school_year": "int64"})
    return novice_years(evidence).merge(effects[list(TEACHER_EFFECTS)], on=["mepid", "school_year"], how="inner")


@population(
    who="classrooms of supervising practitioners in the year they host a candidate, once for each subject; a classroom "
    "that hosts two candidates counts half for each. Practicum equivalents (teachers of record) have no host",
    cohort="school year of the placement",
    district="the district that hosts the practicum",
    key=("candidate_id", "subject"),
    rows="classrooms",
)
def host_classrooms(evidence: Evidence) -> pd.DataFrame:
    placed = non_equivalents(evidence.first_jobs)
    placed = placed.loc[placed["practitioner_mepid"].notna()]
    rows = with_units(placed, "placement_year", "placement_district_code")
    taught = evidence.classroom_means().rename(columns={"mepid": "practitioner_mepid", "school_year": "cohort"})
    rows = rows.merge(taught, on=["practitioner_mepid", "cohort"], how="inner")
    hosted = rows.groupby(["practitioner_mepid", "cohort", "subject"])["candidate_id"].transform("size")
    return rows.assign(
        person=rows["practitioner_mepid"],
        sgp_students=rows["sgp_students"] / hosted,
        students=rows["students"] / hosted,
    )
