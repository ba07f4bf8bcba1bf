"""Invented evidence: a few written rows become panels, every column not written filled with an unknown."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pandas as pd

from partnerlib.measures.evidence import Evidence

FIRST_JOBS = {
    "candidate_id": "str", "provider_code": "str", "program_name": "str", "license_field": "str",
    "is_completer": "boolean", "completion_year": "Int64", "is_practicum_equivalent": "bool", "mepid": "str",
    "is_linked": "bool", "placement_year": "Int64", "placement_school_code": "str", "placement_district_code": "str",
    "practitioner_mepid": "str", "practitioner_is_eligible": "boolean", "placement_distance_miles": "float64",
    "placement_is_high_needs": "boolean", "placement_field_matches": "boolean", "formative_mean": "float64",
    "summative_mean": "float64", "first_job_year": "Int64", "years_to_hire": "Int64",
    "employed_first_october": "boolean", "employed_within_2_years": "boolean", "employed_within_3_years": "boolean",
    "ever_employed_by_report": "boolean", "first_job_school_code": "str", "first_job_district_code": "str",
    "first_job_is_high_needs": "boolean", "first_job_is_teacher": "boolean", "hired_in_placement_school": "boolean",
    "hired_in_placement_district": "boolean", "first_job_distance_miles": "float64", "same_grade_level": "boolean",
    "same_grade": "boolean",
}  # fmt: skip
CAREERS = {
    "mepid": "str", "school_year": "int64", "district_code": "str", "school_code": "str", "job_code": "str",
    "is_teacher": "bool", "experience_years": "int64", "is_experience_censored": "bool", "is_beginner": "boolean",
    "retained_school": "boolean", "retained_district": "boolean", "retained_state_position": "boolean",
    "retained_state_any": "boolean", "outcome": "str", "has_returned": "boolean", "returns_later": "boolean",
}  # fmt: skip
LEVELS = ("school", "district", "state_position", "state_any")
RETENTION = {
    "mepid": "str", "school_year": "int64", "years": "int64", **{f"retained_{level}": "boolean" for level in LEVELS},
    **{f"retained_{level}_throughout": "boolean" for level in LEVELS},
}  # fmt: skip
CLASSROOM_MEANS = {
    "mepid": "str", "school_year": "int64", "subject": "str", "sgp_students": "float64", "sgp": "float64",
    "students": "float64", "score": "float64",
}  # fmt: skip
EVALUATIONS = {"mepid": "str", "school_year": "int64", "district_code": "str", "overall_rating": "str"}
SURVEYS = {
    "response_id": "str", "survey": "str", "school_year": "int64", "provider_code": "str", "school_code": "str",
    "readiness": "str", **{f"item_{n}": "Int64" for n in range(1, 6)},
}  # fmt: skip
TEACHER_EFFECTS = {
    "mepid": "str", "school_year": "int64", "subject": "str", "effect": "float64", "effect_shrunken": "float64",
    "reliability": "float64", "n_students": "float64",
}  # fmt: skip
ORGANIZATIONS = {"organization_code": "str", "role": "str", "organization_name": "str", "parent_code": "str"}

_BLANK = {"bool": False, "int64": 0, "float64": float("nan")}

PROVIDER, OTHER_PROVIDER = "89000001", "89000002"
DISTRICT, OTHER_DISTRICT = "97010000", "97020000"


def written(text: str, types: Mapping[str, str], **constant: object) -> pd.DataFrame:
    """Rows of a small written table ('-' is unknown, T and F are truths) with every column of `types`."""
    rows = pd.read_csv(io.StringIO(text.strip()), sep=r"\s+", dtype=str, na_values=["-"], keep_default_na=False)
    rows = rows.replace({"T": "True", "F": "False"})
    unknown = set(rows.columns) - set(types)
    assert not unknown, f"no such column: {unknown}"
    return pd.DataFrame({name: _column(rows, name, kind, constant) for name, kind in types.items()}, index=rows.index)


def _column(rows: pd.DataFrame, name: str, kind: str, constant: Mapping[str, object]) -> pd.Series:
    if name in rows:
        values = rows[name]
        if kind in {"bool", "boolean"}:
            return values.map({"True": True, "False": False}).astype(kind)
        return pd.to_numeric(values).astype(kind) if kind != "str" else values.astype("str")
    value = constant.get(name, _BLANK.get(kind, pd.NA))
    return pd.Series([value] * len(rows), index=rows.index, dtype=kind)


def organizations(*codes: tuple[str, str]) -> pd.DataFrame:
    """Organizations by (role, code), each called by both."""
    rows = [(code, role, f"{role.capitalize()} {code[3:5]}", None) for role, code in codes]
    return pd.DataFrame(rows, columns=list(ORGANIZATIONS)).astype(ORGANIZATIONS)


SOME_ORGANIZATIONS = organizations(
    ("provider", PROVIDER), ("provider", OTHER_PROVIDER), ("district", DISTRICT), ("district", OTHER_DISTRICT)
)


def invented(
    first_jobs: str = "candidate_id",
    careers: str = "mepid",
    retention: str = "mepid",
    classroom_means: str = "mepid",
    evaluations: str = "mepid",
    surveys: str = "response_id",
    teacher_effects: str = "mepid",
    school_years: tuple[int, int] = (2014, 2019),
    places: pd.DataFrame = SOME_ORGANIZATIONS,
    **constant: object,
) -> Evidence:
    """Evidence made of the tables written; what is not written is empty or unknown, or the constant given for it."""
    usual: dict[str, object] = {
        "provider_code": PROVIDER,
        "program_name": "Elementary 1-6, Initial, Bacc.",
        "is_completer": True,
        "is_linked": True,
        "placement_school_code": "97010001",
        "placement_district_code": DISTRICT,
        "district_code": DISTRICT,
        "is_teacher": True,
        **constant,
    }
    jobs = written(first_jobs, FIRST_JOBS, **usual)
    kept = written(retention, RETENTION, **usual)
    return Evidence(
        school_years=school_years,
        organizations=places,
        first_jobs=jobs.assign(mepid=jobs["mepid"].fillna("9" + jobs["candidate_id"])),
        careers=written(careers, CAREERS, **usual),
        retention=lambda years: kept.loc[kept["years"] == years],
        classroom_means=lambda: written(classroom_means, CLASSROOM_MEANS, **usual),
        evaluations=lambda: written(evaluations, EVALUATIONS, **usual),
        survey_responses=lambda: written(surveys, SURVEYS, **usual),
        teacher_effects=written(teacher_effects, TEACHER_EFFECTS, **usual),
    )


def followed(letters: str, school_year: int) -> str:
    """A retention table from one letter per person and year: S same school, D same district, P same position in the
    state, A any position, - none. Throughout a span a person is as near as in the farthest of its years.
    """
    header, *people = letters.strip().splitlines()
    ranks = {"S": 4, "D": 3, "P": 2, "A": 1, "-": 0}
    lines = [" ".join(RETENTION)]
    for person in people:
        mepid, *found = person.split()
        for years, (letter, so_far) in enumerate(
            ((found[k], min(ranks[x] for x in found[: k + 1])) for k in range(len(found))), start=1
        ):
            now = [str(ranks[letter] >= 4 - n)[0] for n in range(4)]
            throughout = [str(so_far >= 4 - n)[0] for n in range(4)]
            lines.append(" ".join([mepid, str(school_year), str(years), *now, *throughout]))
    assert header.split()[1:] == [str(years) for years in range(1, len(header.split()))]
    return "\n".join(lines)
