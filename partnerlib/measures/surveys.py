"""Surveys: how ready practitioners, principals, candidates and completers say new teachers are.

The four groups are asked different things about different people: they are never pooled.
"""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.registry import measure
from partnerlib.measures.results import Count, Distribution, Mean, Rate
from partnerlib.tables import READINESS

SURVEYS = {
    "supervising_practitioner": "supervising practitioners",
    "hiring_principal": "hiring principals",
    "candidate": "candidates at completion",
    "completer": "completers a year later",
}
ITEMS = (1, 2, 3, 4, 5)

_UNITS = ("provider", "district", "state")
_INFORMS = ("partnership criterion 2", "partnership criterion 3")
_BY_SURVEY = tuple({"survey": survey, "who": who} for survey, who in SURVEYS.items())


def _of_survey(responses: pd.DataFrame, column: str, survey: str) -> pd.Series:
    """A column's answers in one survey; null in the others."""
    return responses[column].where(responses["survey"] == survey)


@measure(
    unit=_UNITS,
    sample="survey_responses",
    needs=("survey", "response_id"),
    topic="surveys",
    title="Respondents: {who}",
    name="respondents_{survey}",
    informs=_INFORMS,
    family=_BY_SURVEY,
)
def respondents(survey_responses: pd.DataFrame, survey: str, who: str) -> Count:
    """Number of {who} who answered the survey.

    Formula
        responses in the year
    Caution
        answering is voluntary: respondents are a subset that may differ from the rest
    Source
        603 CMR 7.03(5), stakeholder surveys
    """
    answered = survey_responses["response_id"].notna().astype("boolean")
    return Count(answered.mask(survey_responses["survey"] != survey))


@measure(
    unit=_UNITS,
    sample="survey_responses",
    needs=("survey", "readiness"),
    topic="surveys",
    title="Readiness, according to {who}",
    name="readiness_{survey}",
    informs=_INFORMS,
    family=_BY_SURVEY,
)
def readiness(survey_responses: pd.DataFrame, survey: str, who: str) -> Distribution:
    """Shares of the five answers of {who} on how ready the new teacher is; they add to one.

    Formula
        responses with each answer / responses with an answer on readiness
    Source
        603 CMR 7.03(5), stakeholder surveys: Fully, Mostly, Moderately, Minimally, Not ready
    """
    return Distribution(_of_survey(survey_responses, "readiness", survey), "readiness", READINESS)


@measure(
    unit=_UNITS,
    sample="survey_responses",
    needs=("survey", "readiness"),
    topic="surveys",
    title="Fully or mostly ready, according to {who}",
    name="ready_{survey}",
    informs=_INFORMS,
    family=_BY_SURVEY,
)
def ready(survey_responses: pd.DataFrame, survey: str, who: str) -> Rate:
    """Share of {who} who say the new teacher is fully or mostly ready.

    Formula
        responses 'fully ready' or 'mostly ready' / responses with an answer on readiness
    Source
        603 CMR 7.03(5), stakeholder surveys
    """
    answer = _of_survey(survey_responses, "readiness", survey)
    return Rate(answer.isin(READINESS[-2:]).astype("boolean").mask(answer.isna()))


@measure(
    unit=("provider", "state"),
    sample="survey_responses",
    needs=("survey", "item_{item}"),
    topic="surveys",
    title="Item {item}, according to {who}",
    name="item_{item}_{survey}",
    informs=_INFORMS,
    family=tuple({**member, "item": item} for member in _BY_SURVEY for item in ITEMS),
)
def item_mean(survey_responses: pd.DataFrame, survey: str, who: str, item: int) -> Mean:
    """Mean agreement of {who} with item {item} of the survey, from 1 (least) to 4 (most).

    Formula
        mean over responses with an answer to item {item}
    Source
        603 CMR 7.03(5), stakeholder surveys
    """
    return Mean(_of_survey(survey_responses, f"item_{item}", survey))
