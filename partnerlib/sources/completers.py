"""Program completers as providers report them: who finished which program, and when."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source
from partnerlib.sources.preparation import IDENTITY, grade_band, license_field

LAYOUT = Layout(
    name="completers",
    title="Program completers",
    table="candidates",
    grain=("candidate_id", "program_name", "school_year"),
    cells=(
        Cell("SO_CODE", "provider_code", read.CODE, required=True,
             into="candidates.provider_code completions.provider_code"),
        Cell("SY", "school_year", read.SCHOOL_YEAR, required=True, into="completions.completion_year"),
        Cell("PROGRAM_NAME", "program_name", read.TEXT, required=True,
             into="completions.program_name completions.license_field completions.grade_band"),
        Cell("PROGRAM_TYPE", "program_type", read.TEXT, into="completions.program_type"),
        Cell("PROGRAM_LEVEL", "program_level", read.TEXT, into="completions.program_level"),
        Cell("MEPID", "reported_mepid", read.REPORTED_MEPID, into="candidates.reported_mepid candidates.candidate_id"),
        Cell("FIRST_NAME", "first_name", read.NAME, into="candidates.first_name candidates.candidate_id"),
        Cell("MIDDLE_NAME", "middle_name", read.NAME),
        Cell("LAST_NAME", "last_name", read.NAME, into="candidates.last_name candidates.candidate_id"),
        Cell("DATE_OF_BIRTH", "birth_date", read.DATE),
        Cell("GENDER", "gender", read.TEXT),
        Cell("RACE_ETHNICITY", "race_ethnicity", read.RACE),
        Cell("EMAIL", "email", read.LOWER, into="candidates.email candidates.candidate_id completions.candidate_id"),
        Cell("LICENSE_NUMBER", "license_number", read.TEXT),
        Cell("COMPLETION_DATE", "completion_date", read.DATE, into="completions.completion_date"),
        Cell("HOME_TOWN", "home_town", read.TEXT),
        Cell("GPA", "grade_point_average", read.number(0, 4, "a grade point average from 0 to 4")),
    ),
    ignored={"SO_NAME": "name of the year, kept in the organization directory"},
    lookups=(IDENTITY,),
    outputs=(
        Output("candidates", {"is_completer": "TRUE"}),
        Output("completions", {
            "completion_year": "school_year", "license_field": license_field(), "grade_band": grade_band()}),
    ),
    usual_names=("completers",),
    quirks=(
        "a candidate is known by e-mail, else MEPID, else full name, within the provider; CAP rows join the same way",
        "two programs finished in one year are two completions of one candidate",
        "a missing or mistyped MEPID is kept as reported: linking falls back on name and birth date",
    ),
)  # fmt: skip
SOURCE = layout_source(LAYOUT)
