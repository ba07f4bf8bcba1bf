"""Stakeholder surveys: what supervising practitioners, hiring principals, candidates and completers answered."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

_WHO = ("Supervising Practitioner", "Hiring Principal", "Candidate", "Completer")
_RESPONSE = "survey_responses.response_id"

LAYOUT = Layout(
    name="surveys",
    title="Stakeholder survey responses",
    table="survey_responses",
    grain=("survey", "school_year", "provider_code", "respondent"),
    cells=(
        Cell("SURVEY", "survey", read.choice({who: who.lower().replace(" ", "_") for who in _WHO}), required=True,
             into=f"survey_responses.survey {_RESPONSE}"),
        Cell("SY", "school_year", read.SCHOOL_YEAR, required=True, into=f"survey_responses.school_year {_RESPONSE}"),
        Cell("SO_CODE", "provider_code", read.CODE, required=True,
             into=f"survey_responses.provider_code {_RESPONSE}"),
        Cell("RESPONDENT_ID", "respondent", read.TEXT, required=True, into=_RESPONSE),
        Cell("SCH_CODE", "school_code", read.CODE),
        Cell("READINESS", "readiness", read.READY),
        *(Cell(f"ITEM_{n}", f"item_{n}", read.AGREEMENT) for n in range(1, 6)),
    ),
    ignored={"SO_NAME": "name of the year, kept in the organization directory"},
    outputs=(
        Output("survey_responses", {
            "response_id": "substr(sha256(concat_ws('|', survey, school_year, provider_code, respondent)), 1, 16)"}),
    ),
    usual_names=("survey",),
    quirks=("answers are voluntary: every mean from them travels with its number of respondents",),
)  # fmt: skip
SOURCE = layout_source(LAYOUT)
