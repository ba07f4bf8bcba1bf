"""Stakeholder surveys: a voluntary part answers, the better prepared more often."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from partnerlib.codes import year_label
from partnerlib.synth.arrays import Ints
from partnerlib.synth.geography import Geography
from partnerlib.synth.histories import Histories
from partnerlib.synth.parameters import READINESS_SHARES
from partnerlib.synth.scales import stream
from partnerlib.synth.text_columns import always, digits, pick, table

SURVEY = ("SURVEY", "SY", "SO_CODE", "SO_NAME", "RESPONDENT_ID", "SCH_CODE", "READINESS",
          *(f"ITEM_{number}" for number in range(1, 6)))  # fmt: skip
FILES = {"Supervising Practitioner": "sp", "Hiring Principal": "hp", "Candidate": "candidate",
         "Completer": "completer"}  # fmt: skip
LEVELS = ("Fully ready", "Mostly ready", "Moderately ready", "Minimally ready", "Not ready")
_RESPONSE_LOG_ODDS = {"Supervising Practitioner": 0.0, "Hiring Principal": -0.4, "Candidate": 0.4, "Completer": -0.6}


def asked(histories: Histories, survey: str, year: int) -> Ints:
    """The people a survey is about: this year's candidates, or the year's new teachers prepared in the state."""
    people = histories.people
    if survey in ("Supervising Practitioner", "Candidate"):
        return np.flatnonzero((people["cohort"] == year) & (people["place_school"] >= 0))
    new = (people["entry_year"] == year) & (people["provider"] >= 0)
    october = histories.octobers[year]
    on_staff = np.zeros(len(new), bool)
    on_staff[october["person"][october["job"] <= 3]] = True
    return np.flatnonzero(new & on_staff)


def responses(histories: Histories, survey: str, year: int, seed: int) -> tuple[Ints, Ints, Ints]:
    """Who is answered about, the readiness level (0 Fully), and five items from 1 to 4."""
    people = histories.people
    rng = stream(seed, f"survey {survey} {year}")
    who = asked(histories, survey, year)
    latent = people["cap"][who] / 0.99 + 0.9 * rng.standard_normal(len(who))
    log_odds = _RESPONSE_LOG_ODDS[survey] - 0.4 + 0.35 * latent
    answered = rng.random(len(who)) < 1 / (1 + np.exp(-log_odds))
    who, latent = who[answered], latent[answered]
    rank = np.empty(len(who))
    rank[np.argsort(-latent, kind="stable")] = (np.arange(len(who)) + 0.5) / max(len(who), 1)
    level = np.searchsorted(np.cumsum(READINESS_SHARES[survey])[:-1], rank).astype(np.int64)
    noisy = latent[:, None] + 0.8 * rng.standard_normal((len(who), 5))
    return who, level, 1 + (noisy[:, :, None] > np.array([-2.2, -1.0, 0.5])).sum(axis=2)


def survey_file(histories: Histories, geography: Geography, survey: str, year: int, seed: int) -> pa.Table:
    """One survey of one year: one row per response."""
    people = histories.people
    who, level, items = responses(histories, survey, year, seed)
    n = len(who)
    at_work = survey in ("Hiring Principal", "Completer")
    school = np.full(len(people["mepid"]), -1)
    october = histories.octobers[year]
    school[october["person"]] = october["school"]
    where = school[who] if at_work else people["place_school"][who]
    number = (np.arange(n) * 7919 + year) % 99_991
    columns = {
        "SURVEY": always(survey, n), "SY": always(year_label(year), n),
        "SO_CODE": pick(geography.provider_code, people["provider"][who]),
        "SO_NAME": pick(geography.provider_name, people["provider"][who]),
        "RESPONDENT_ID": digits(number, 5), "SCH_CODE": pick(geography.school_code, where),
        "READINESS": pick(LEVELS, level),
    }  # fmt: skip
    for item in range(5):
        columns[f"ITEM_{item + 1}"] = digits(items[:, item], 1)
    return table(columns, SURVEY)
