"""CAP submissions: the placement table. Who did a practicum where, under whom, and how it was assessed.

Places are written as names: they become codes by exact, reviewed or normalised spelling, never by likeness.
"""

from __future__ import annotations

import pandas as pd

from partnerlib.places import Match, Places
from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Lookup, Output
from partnerlib.sources.microdata import layout_source
from partnerlib.sources.preparation import IDENTITY, grade_band, is_practicum_equivalent, license_field

ELEMENTS = ("1A4", "1B2", "2A3", "2B1", "2D2", "4A1")
"""Elements of the 2015-2019 assessment, the only ones this layout has room for."""
DIMENSIONS = {"Q": "quality", "S": "scope", "C": "consistency"}
PHASES = {"F": "formative", "S": "summative"}
_HOW = ("exact", "alias", "normalized")


def _rating_columns(phase: str) -> list[str]:
    return [f"{phase}{element}{dimension}" for element in ELEMENTS for dimension in DIMENSIONS]


def _mean(phase: str) -> str:
    return f"list_avg([{', '.join(_rating_columns(phase))}])"


def _find_places(asked: pd.DataFrame, known: object) -> pd.DataFrame:
    places = known if isinstance(known, Places) else Places.none()
    return asked.join(pd.DataFrame([_place(places, *row) for row in asked.itertuples(index=False)], index=asked.index))


def _place(places: Places, provider: str | None, district: str | None, school: str | None) -> dict[str, str | None]:
    """Codes of one row's three names, or the first name that has none."""
    matches: dict[str, Match] = {"provider_name": places.find("provider", provider)}
    matches["district_name"] = places.find("district", district)
    if matches["district_name"].code:
        matches["school_name"] = places.find("school", school, matches["district_name"].code)
    trouble = next((name for name, match in matches.items() if match.code is None), None)
    if trouble:
        written = {"provider_name": provider, "district_name": district, "school_name": school}[trouble]
        return {"trouble_column": trouble, "trouble_found": written or "nothing",
                "trouble_expected": matches[trouble].advice}  # fmt: skip
    how = max((matches[name].how for name in ("district_name", "school_name")), key=_HOW.index)
    return {
        "provider_code": matches["provider_name"].code,
        "placement_district_code": matches["district_name"].code,
        "placement_school_code": matches["school_name"].code,
        "place_match": how,
    }


_RATED = ", ".join(
    f"{{'phase': '{PHASES[phase]}', 'element': '{element}', 'dimension': '{DIMENSIONS[dimension]}', "
    f"'rating': {phase}{element}{dimension}}}"
    for phase in PHASES
    for element in ELEMENTS
    for dimension in DIMENSIONS
)
_SUPERVISOR = "program supervisor or practitioner's contact: no measure needs it"

LAYOUT = Layout(
    name="cap",
    title="CAP submission (placements)",
    table="placements",
    grain=("candidate_id", "school_year", "program_name", "placement_school_code"),
    cells=(
        Cell("ORGANIZATION_NM", "provider_name", read.TEXT, required=True,
             into="placements.provider_code candidates.provider_code"),
        Cell("PRACT_DISTRICT_NAME", "district_name", read.TEXT, required=True,
             into="placements.placement_district_code placements.place_match"),
        Cell("PRACT_SCHOOL_NAME", "school_name", read.TEXT, required=True,
             into="placements.placement_school_code placements.place_match cap_ratings.placement_school_code"),
        Cell("SCH_YEAR", "school_year", read.SCHOOL_YEAR, required=True,
             into="placements.school_year cap_ratings.school_year"),
        Cell("PROGRAM_NAME", "program_name", read.TEXT, required=True,
             into="placements.program_name placements.license_field placements.grade_band "
                  "placements.is_practicum_equivalent cap_ratings.program_name"),
        Cell("CAND_MEPID", "reported_mepid", read.REPORTED_MEPID, into="candidates.reported_mepid"),
        Cell("CAND_FIRST_NAME", "first_name", read.NAME, into="candidates.first_name"),
        Cell("CAND_LAST_NAME", "last_name", read.NAME, into="candidates.last_name"),
        Cell("CAND_EMAIL", "email", read.LOWER,
             into="candidates.email candidates.candidate_id placements.candidate_id cap_ratings.candidate_id"),
        Cell("SP_MEPID", "practitioner_mepid", read.REPORTED_MEPID),
        Cell("SP_FIRST_NAME", "practitioner_first_name", read.NAME),
        Cell("SP_LAST_NAME", "practitioner_last_name", read.NAME),
        *(
            Cell(column, column, read.RATING_SCORE, into=f"cap_ratings.rating placements.{PHASES[phase]}_mean")
            for phase in PHASES
            for column in _rating_columns(phase)
        ),
        Cell("READY_TO_TEACH", "is_ready_to_teach", read.YES_NO),
    ),
    ignored={"PS_NAME": _SUPERVISOR, "PS_EMAIL": _SUPERVISOR, "SP_NAME": "the same name in two columns",
             "SP_EMAIL": _SUPERVISOR},
    lookups=(
        Lookup(
            on=("provider_name", "district_name", "school_name"),
            gives=("provider_code", "placement_district_code", "placement_school_code", "place_match"),
            resolve=_find_places,
        ),
        IDENTITY,
    ),
    outputs=(
        Output("candidates", {"middle_name": "NULL", "birth_date": "NULL", "license_number": "NULL", "gender": "NULL",
                              "race_ethnicity": "NULL", "home_town": "NULL", "grade_point_average": "NULL",
                              "is_completer": "FALSE"}),
        Output("placements", {
            "license_field": license_field(), "grade_band": grade_band(),
            "is_practicum_equivalent": is_practicum_equivalent(),
            "formative_mean": _mean("F"), "summative_mean": _mean("S")}),
        Output("cap_ratings", {name: f"rated.{name}" for name in ("phase", "element", "dimension", "rating")},
               where="rated.rating IS NOT NULL", each=f"unnest([{_RATED}]) AS rated"),
    ),
    usual_names=("cap",),
    needs=("organizations",),
    quirks=(
        "district and school are names: a name no spelling of which is known rejects the row, with the nearest named",
        "only the 2015-2019 elements have columns: files of other versions are refused by their header",
        "a teacher of record is hired where placed by definition: the placement says so",
    ),
)  # fmt: skip
SOURCE = layout_source(LAYOUT)
