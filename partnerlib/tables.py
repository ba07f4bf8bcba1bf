"""The data contract: every processed table with its key, columns, types, allowed values, sensitivity and links.

A table is declared once, here. The build writes it, the checks enforce it, the data dictionary prints it.
A number that may be withheld travels with a status: suppressed, missing, not applicable and zero are four things.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pyarrow as pa

Type = Literal["text", "int", "float", "bool", "date"]
Sensitivity = Literal["public", "restricted", "personal"]

STATUSES = ("reported", "zero", "suppressed", "missing", "not_applicable", "not_yet_observed", "unparsed")
"""What a published number can be. `zero` is a reported zero: it is true, and it is not a gap."""

ROLES = ("provider", "district", "school", "state")
COLLECTIONS = ("october", "end_of_year")
RATINGS = ("unsatisfactory", "needs_improvement", "proficient", "exemplary")
READINESS = ("not_ready", "minimally_ready", "moderately_ready", "mostly_ready", "fully_ready")

_ARROW: dict[Type, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Column:
    """One column of a processed table."""

    name: str
    type: Type
    description: str
    allowed: tuple[object, ...] = ()
    """Every value the column may hold; empty when any value of the type may stand there."""
    nullable: bool = True
    sensitivity: Sensitivity = "restricted"
    """`personal` identifies someone: it never leaves the processed folder, not even in an error message."""
    references: str = ""
    """`table.column` that a non-null value is expected to be found in."""


@dataclass(frozen=True)
class Table:
    """One processed table: `<name>.parquet` in the processed folder."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def order(self) -> tuple[str, ...]:
        """How the rows are sorted: by key, the year first, so that who reads some years passes over the others."""
        years = tuple(name for name in self.key if name == "school_year")
        return (*years, *(name for name in self.key if name not in years))

    def arrow_schema(self) -> pa.Schema:
        """The exact Parquet schema, keys first."""
        return pa.schema([pa.field(c.name, _ARROW[c.type]) for c in self.columns])

    def empty(self) -> pd.DataFrame:
        """The table with no row, for builds that received no file of its kind."""
        return self.arrow_schema().empty_table().to_pandas(date_as_object=True)


def text(name: str, description: str, **more: object) -> Column:
    return Column(name, "text", description, **more)  # type: ignore[arg-type]


def integer(name: str, description: str, **more: object) -> Column:
    return Column(name, "int", description, **more)  # type: ignore[arg-type]


def number(name: str, description: str, **more: object) -> Column:
    return Column(name, "float", description, **more)  # type: ignore[arg-type]


def flag(name: str, description: str, **more: object) -> Column:
    return Column(name, "bool", description, **more)  # type: ignore[arg-type]


def date(name: str, description: str, **more: object) -> Column:
    return Column(name, "date", description, **more)  # type: ignore[arg-type]


def _key(column: Column) -> Column:
    return Column(**{**column.__dict__, "nullable": False})


def _table(name: str, description: str, key: Sequence[Column], rest: Sequence[Column]) -> Table:
    keys = tuple(_key(column) for column in key)
    return Table(name, description, tuple(column.name for column in keys), (*keys, *rest))


# Columns that mean the same wherever they stand.
SCHOOL_YEAR = integer("school_year", "school year, named by its spring (2018 = 2017-18)", sensitivity="public")
COLLECTION = text("collection", "October 1 or end-of-year collection", allowed=COLLECTIONS)
MEPID = text("mepid", "educator identifier of the state, eight digits as text", sensitivity="personal")
CANDIDATE = text("candidate_id", "candidate of one provider, made by the build from provider and e-mail or name",
                 sensitivity="personal")  # fmt: skip
PROVIDER = text("provider_code", "organization code of the preparation provider (SO)", sensitivity="public",
                references="organizations.organization_code")  # fmt: skip
SASID = text("sasid", "student identifier of the state, ten digits as text", sensitivity="personal")
SOURCE_FILE = text("source_file", "raw file the row came from, relative to the raw folder", sensitivity="public")
DISTRICT = text("district_code", "organization code of the district", sensitivity="public",
                references="organizations.organization_code")  # fmt: skip
SCHOOL = text("school_code", "organization code of the school; the district code for staff without a school",
              sensitivity="public", references="organizations.organization_code")  # fmt: skip
STATUS = text("status", "what the row's rate is", allowed=STATUSES, nullable=False, sensitivity="public")

NAMES = (
    text("first_name", "first name as reported", sensitivity="personal"),
    text("middle_name", "middle name as reported; null when NMN", sensitivity="personal"),
    text("last_name", "last name as reported", sensitivity="personal"),
)

_DECLARED = (
    _table(
        "organizations",
        "Every provider, district and school by year, with the name it had that year and where it stands. "
        "One code can be a provider and a district: the role is part of the key.",
        [text("organization_code", "eight digits as text", sensitivity="public"),
         text("role", "what the organization is in this row", allowed=ROLES), SCHOOL_YEAR],
        [text("organization_name", "name in that year", nullable=False, sensitivity="public"),
         text("organization_type", "college, nonprofit, collaborative, district, charter, or school type "
              "(early, elementary, middle, high, k12)", sensitivity="public"),
         text("parent_code", "district of a school", sensitivity="public"),
         text("town", "town of the main building", sensitivity="public"),
         text("grades", "grades taught, such as 'K-05'", sensitivity="public"),
         number("latitude", "degrees north", sensitivity="public"),
         number("longitude", "degrees east (negative here)", sensitivity="public"),
         flag("is_open", "open in that year", sensitivity="public"),
         text("successor_code", "code that took over a closed organization", sensitivity="public"),
         flag("is_synthetic", "invented: the row belongs to a synthetic state", nullable=False, sensitivity="public"),
         SOURCE_FILE],
    ),
    _table(
        "organization_aliases",
        "Reviewed spellings of organization names, by which names in placement files become codes.",
        [text("alias", "name as people write it", sensitivity="public"),
         text("role", "what the organization is", allowed=ROLES),
         text("organization_code", "eight digits as text", sensitivity="public",
              references="organizations.organization_code")],
        [SOURCE_FILE],
    ),
    _table(
        "candidates",
        "People who prepared with a provider: one row per provider and person, from completer and CAP files together.",
        [CANDIDATE],
        [PROVIDER, text("reported_mepid", "MEPID as the provider reported it; may be missing or mistyped",
                        sensitivity="personal"),
         *NAMES, date("birth_date", "date of birth", sensitivity="personal"),
         text("license_number", "licence number as reported", sensitivity="personal"),
         text("gender", "as reported"), text("race_ethnicity", "two-digit EPIMS code (32 and over: Hispanic)"),
         text("email", "e-mail address, lower case", sensitivity="personal"),
         text("home_town", "town of residence at admission", sensitivity="personal"),
         number("grade_point_average", "grade point average at admission, 0 to 4"),
         flag("is_completer", "has at least one completion", nullable=False), SOURCE_FILE],
    ),
    _table(
        "completions",
        "Programs finished: one row per candidate, program and year. Two programs in one year are two rows.",
        [CANDIDATE, text("program_name", "program as the provider names it", sensitivity="public"),
         integer("completion_year", "school year of completion, by its spring", sensitivity="public")],
        [PROVIDER, text("program_type", "such as 'Academic: Teacher, Initial'", sensitivity="public"),
         text("program_level", "Baccalaureate, Post-Baccalaureate, or Post-Baccalaureate - "
              "Apprenticeship/Teacher of Record", sensitivity="public"),
         text("license_field", "subject field of the licence, such as 'elementary' or 'mathematics'",
              sensitivity="public"),
         text("grade_band", "grades of the licence, such as '1-6'", sensitivity="public"),
         date("completion_date", "date of completion"),
         SOURCE_FILE],
    ),
    _table(
        "placements",
        "Practicum placements from CAP submissions: one row per candidate, year, program and school.",
        [CANDIDATE, SCHOOL_YEAR, text("program_name", "program as the provider names it", sensitivity="public"),
         text("placement_school_code", "school of the practicum", sensitivity="public",
              references="organizations.organization_code")],
        [PROVIDER, text("placement_district_code", "district of the practicum", sensitivity="public"),
         text("place_match", "how the written names became codes", allowed=("exact", "alias", "normalized")),
         text("license_field", "subject field read from the program name", sensitivity="public"),
         text("grade_band", "grades read from the program name", sensitivity="public"),
         flag("is_practicum_equivalent", "the candidate is the teacher of record: hired where placed by definition",
              nullable=False),
         text("practitioner_mepid", "supervising practitioner, as reported", sensitivity="personal"),
         text("practitioner_first_name", "supervising practitioner's first name", sensitivity="personal"),
         text("practitioner_last_name", "supervising practitioner's last name", sensitivity="personal"),
         number("formative_mean", "mean of the formative CAP ratings, 1 Unsatisfactory to 4 Exemplary"),
         number("summative_mean", "mean of the summative CAP ratings, 1 to 4"),
         flag("is_ready_to_teach", "rated ready to teach"), SOURCE_FILE],
    ),
    _table(
        "cap_ratings",
        "Candidate Assessment of Performance: one row per rated element and dimension of a placement.",
        [CANDIDATE, SCHOOL_YEAR, text("program_name", "program as the provider names it", sensitivity="public"),
         text("placement_school_code", "school of the practicum", sensitivity="public"),
         text("phase", "when the rating was given", allowed=("formative", "summative")),
         text("element", "element of the 2015-2019 CAP, such as '1A4'"),
         text("dimension", "what is rated", allowed=("quality", "scope", "consistency"))],
        [integer("rating", "1 Unsatisfactory, 2 Needs Improvement, 3 Proficient, 4 Exemplary",
                 allowed=(1, 2, 3, 4), nullable=False)],
    ),
    _table(
        "staff_roster",
        "EPIMS staff roster as received: one row per educator, district and collection. "
        "`educators` is this table with one row per person.",
        [MEPID, SCHOOL_YEAR, COLLECTION, DISTRICT],
        [*NAMES, text("license_number", "licence number; null when not applicable", sensitivity="personal"),
         date("birth_date", "date of birth", sensitivity="personal"),
         text("race_ethnicity", "two-digit code, 32 and over Hispanic"),
         text("employment_status", "working or exited", allowed=("working", "on_leave", "exited"), nullable=False),
         text("exit_reason", "two-digit reason, null when not applicable"),
         date("hire_date", "hired by the district on"), date("exit_date", "left the district on"),
         text("degree_institution", "four-digit code of the first degree's institution"),
         flag("is_beginner_reported", "beginner indicator (SR38)"),
         number("days_present", "days present"), number("days_expected", "days expected"), SOURCE_FILE],
    ),
    _table(
        "educators",
        "One row per person and collection. Someone in two districts has the district with the larger FTE, "
        "and `district_count` says so.",
        [MEPID, SCHOOL_YEAR, COLLECTION],
        [DISTRICT, integer("district_count", "districts that report the person as working", nullable=False),
         flag("is_working", "working on the collection date (an exited person is on file, too)", nullable=False),
         *NAMES, text("license_number", "licence number; null when not applicable", sensitivity="personal"),
         date("birth_date", "date of birth", sensitivity="personal"),
         text("race_ethnicity", "two-digit code, 32 and over Hispanic"),
         date("hire_date", "hired by the district on"), date("exit_date", "left the district on"),
         text("exit_reason", "two-digit reason, null when not applicable"),
         text("degree_institution", "four-digit code of the first degree's institution"),
         flag("is_beginner_reported", "beginner indicator (SR38)")],
    ),
    _table(
        "assignments",
        "EPIMS work assignments: one row per person, school, job and section in a collection.",
        [MEPID, SCHOOL_YEAR, COLLECTION, SCHOOL, text("job_code", "EPIMS job classification, four digits"),
         text("course_code", "subject area-course code"), text("section", "section"), text("term", "term code")],
        [DISTRICT, text("grade", "grade taught, as coded"), number("fte", "share of the workday, 0 to 1"),
         SOURCE_FILE],
    ),
    _table(
        "links",
        "Candidates to educators: one row per candidate, with the evidence. "
        "An unmatched candidate is not 'not employed': private and out-of-state work is invisible here.",
        [CANDIDATE],
        [PROVIDER, MEPID,
         text("method", "how the link was made", nullable=False,
              allowed=("mepid", "probabilistic", "unmatched")),
         number("probability", "probability that the link is right; null when unmatched"),
         text("evidence", "what agreed and what did not, in words"),
         integer("completion_year", "last completion year, for reporting the match rate", sensitivity="public")],
    ),
    _table(
        "students",
        "SIMS: one row per student and collection.",
        [SASID, SCHOOL_YEAR, COLLECTION],
        [SCHOOL, DISTRICT, text("grade", "PK, K or 01-12"),
         text("gender", "as reported"), text("race_ethnicity", "two-digit code, 32 and over Hispanic"),
         flag("is_low_income", "low income, by the measure in force that year"),
         text("low_income_measure", "measure in force: free_reduced_lunch to 2014, "
              "economically_disadvantaged 2015-2021, low_income later",
              allowed=("free_reduced_lunch", "economically_disadvantaged", "low_income")),
         flag("is_english_learner", "English learner"), flag("has_disability", "has a disability"),
         flag("is_high_needs", "low income, English learner (now or in either of the two years before) or disability"),
         number("days_attended", "days attended"), number("days_in_membership", "days in membership"), SOURCE_FILE],
    ),
    _table(
        "rosters",
        "Student course schedule: one row per student, section and subject (a self-contained course has two).",
        [SASID, SCHOOL_YEAR, COLLECTION, SCHOOL, text("course_code", "subject area-course code"),
         text("section", "section"), text("term", "term code"),
         text("subject", "tested subject taught in the course", allowed=("ela", "math", "other"))],
        [text("enrollment_status", "as coded"), SOURCE_FILE],
    ),
    _table(
        "scores",
        "State test results: one row per student, year and subject.",
        [SASID, SCHOOL_YEAR, text("subject", "tested subject", allowed=("ela", "math"))],
        [SCHOOL, text("grade", "grade tested"), number("scaled_score", "scaled score of the test form"),
         number("standard_score", "scaled score in standard deviations of its year, grade and subject"),
         number("sgp", "student growth percentile, 1 to 99; null where the grade or year has none"),
         text("status", "what the score is", allowed=STATUSES, nullable=False), SOURCE_FILE],
    ),
    _table(
        "evaluations",
        "Educator evaluation ratings: one row per educator, year and district.",
        [MEPID, SCHOOL_YEAR, DISTRICT],
        [text("overall_rating", "published rating", allowed=RATINGS),
         *(text(f"standard_{n}_rating", f"rating on Standard {n}", allowed=RATINGS) for n in (1, 2, 3, 4)),
         text("rating_type", "summative or formative", allowed=("summative", "formative", "unknown")),
         SOURCE_FILE],
    ),
    _table(
        "survey_responses",
        "Stakeholder surveys: one row per response.",
        [text("response_id", "made by the build from survey, year and respondent", sensitivity="personal")],
        [text("survey", "who answered", nullable=False,
              allowed=("supervising_practitioner", "hiring_principal", "candidate", "completer")),
         SCHOOL_YEAR, PROVIDER, SCHOOL,
         text("readiness", "readiness of the candidate or completer", allowed=READINESS),
         *(integer(f"item_{n}", f"agreement with item {n}, 1 to 4", allowed=(1, 2, 3, 4)) for n in range(1, 6)),
         SOURCE_FILE],
    ),
    _table(
        "staff_retention_published",
        "DESE staffing retention as published: heads found again in the same position a year later, with its level.",
        [SCHOOL_YEAR, text("organization_code", "eight digits as text", sensitivity="public"),
         text("level", "what the counts cover: moves inside a district are losses at school level only",
              sensitivity="public",
              allowed=("school", "district", "state_school_rollup", "state_district_rollup", "state_unduplicated")),
         text("role", "position", allowed=("teacher", "principal", "superintendent"), sensitivity="public"),
         SOURCE_FILE],
        [integer("from_year", "the earlier October, by calendar year", nullable=False, sensitivity="public"),
         integer("to_year", "the later October, by calendar year", nullable=False, sensitivity="public"),
         text("organization_name", "name as printed", sensitivity="public"),
         integer("base_count", "people in the position in the earlier October", sensitivity="public"),
         integer("retained_count", "of them, found again in the later October", sensitivity="public"),
         number("retained_rate", "retained_count / base_count, 0 to 1", sensitivity="public"),
         STATUS],
    ),
    _table(
        "provider_employment_published",
        "Educator-preparation employment pages, every report year its own snapshot.",
        [integer("report_year", "year of the report (fycode)", sensitivity="public"), PROVIDER,
         text("grouping", "table of the page, such as 'Employment by Year (All Programs)' or the program's name",
              sensitivity="public"),
         text("group", "row of the table, such as 'All Years' or '2013-14'", sensitivity="public"), SOURCE_FILE],
        [text("provider_name", "name as printed", sensitivity="public"),
         integer("completers_count", "completers", sensitivity="public"),
         integer("employed_count", "ever employed in a Massachusetts public school by June of the report year",
                 sensitivity="public"),
         number("employed_rate", "printed rate, 0 to 1", sensitivity="public"),
         integer("retention_cohort_count", "retention cohort, in the meaning of retention_basis", sensitivity="public"),
         number("retained_rate", "printed rate, 0 to 1", sensitivity="public"),
         text("retention_basis", "what the cohort is in the rate, decided by arithmetic",
              allowed=("denominator", "numerator", "unknown"), nullable=False, sensitivity="public"),
         text("employed_status", "what the employed rate is", allowed=STATUSES, nullable=False, sensitivity="public"),
         STATUS],
    ),
    _table(
        "teacher_data_published",
        "DESE teacher data as published: full-time equivalents (not heads) and shares of them.",
        [SCHOOL_YEAR, text("organization_code", "eight digits as text", sensitivity="public"),
         text("level", "what the row covers", allowed=("school", "district", "state"), sensitivity="public"),
         SOURCE_FILE],
        [text("organization_name", "name as printed", sensitivity="public"),
         number("teacher_fte", "teachers, full-time equivalents", sensitivity="public"),
         number("licensed_rate", "licensed in their assignment, 0 to 1", sensitivity="public"),
         number("student_teacher_ratio", "students per teacher", sensitivity="public"),
         number("experienced_rate", "with three or more years, 0 to 1", sensitivity="public"),
         number("not_provisional_rate", "without waiver or provisional licence, 0 to 1", sensitivity="public"),
         number("in_field_rate", "teaching in their field, 0 to 1", sensitivity="public"),
         STATUS],
    ),
    _table(
        "rejects",
        "Everything wrong with the raw files: rows not accepted, and accepted rows with a remark.",
        [SOURCE_FILE, integer("row", "line of the file, header included; 0 for the whole file"),
         text("column", "column as the file names it; empty for the whole row"),
         text("found", "what stands there; personal columns show only the shape")],
        [text("expected", "what should stand there, and what to do", nullable=False),
         text("action", "what the build did", allowed=("rejected", "flagged"), nullable=False)],
    ),
)  # fmt: skip

TABLES: dict[str, Table] = {table.name: table for table in _DECLARED}
"""Every processed table by name."""
