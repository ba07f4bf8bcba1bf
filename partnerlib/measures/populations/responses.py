"""Survey responses: what practitioners, principals, candidates and completers say."""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.evidence import Evidence
from partnerlib.measures.populations.population import population


@population(
    who="everybody who answered a stakeholder survey; answering is voluntary, so those who did may differ from others",
    cohort="school year of the survey",
    district="the district of the school the answer is about",
    key=("response_id",),
    is_whole=True,
)
def survey_responses(evidence: Evidence) -> pd.DataFrame:
    responses = evidence.survey_responses()
    places = evidence.organizations
    schools = places.loc[places["role"] == "school"].drop_duplicates("organization_code", keep="last")
    parents = schools.set_index("organization_code")["parent_code"]
    return responses.assign(
        cohort=responses["school_year"].astype(int),
        person=responses["response_id"],
        district_code=responses["school_code"].map(parents),
    )
