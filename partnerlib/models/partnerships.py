"""Is the district that hosted a practicum likelier to be the first employer than another at the same distance?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.linear import Question, linear
from partnerlib.models.results import Estimates, size_cautions
from partnerlib.panels.distances import miles_between

HOSTING_CAN_BE_WRONG = (
    "Candidates may ask to be placed where they mean to work: the host was then chosen because of the job.",
    "The match of two sides is described; districts' and candidates' wishes are not told apart.",
    "Where the candidate lives is not in the model; who is placed and works near home looks tied to the host.",
)


def host_district_cells(hired: pd.DataFrame, organizations: pd.DataFrame) -> pd.DataFrame:
    """Every hiring district for every provider and host district: whether it is the host, how far, how large.

    One row per provider, host district and possible employer: `candidates` who had the choice, `share_hired` of them
    there, `is_host`, `log_distance_miles` from the provider (log of 1 + miles), `log_hires` (log of all first jobs the
    district filled). Candidates with the same provider and host face the same terms, so shares weighted by candidates
    give the same coefficients as one row per candidate and district.
    """
    known = hired.dropna(subset=["provider_code", "placement_district_code", "first_job_district_code"])
    if known.empty:
        raise DataError("host model: no hired completer has a provider, a host district and a first district")
    key = ["provider_code", "placement_district_code"]
    choosers = known.groupby(key).size().rename("candidates").reset_index()
    hires = known.groupby("first_job_district_code").size().rename("hires").reset_index()
    cells = choosers.merge(hires, how="cross")
    found = known.groupby([*key, "first_job_district_code"]).size().rename("hired_there").reset_index()
    cells = cells.merge(found, on=[*key, "first_job_district_code"], how="left", validate="one_to_one")
    places = organizations.set_index(["role", "organization_code"])[["latitude", "longitude"]].astype(float)
    start = places.loc["provider"].reindex(cells["provider_code"]).reset_index(drop=True)
    end = places.loc["district"].reindex(cells["first_job_district_code"]).reset_index(drop=True)
    miles = miles_between(start["latitude"], start["longitude"], end["latitude"], end["longitude"])
    return cells.assign(
        share_hired=cells["hired_there"].fillna(0) / cells["candidates"],
        is_host=cells["first_job_district_code"] == cells["placement_district_code"],
        log_distance_miles=np.log1p(miles),
        log_hires=np.log(cells["hires"]),
        provider_and_host=cells["provider_code"] + "-" + cells["placement_district_code"],
    )


def hired_by_host_ladder(hired: pd.DataFrame, organizations: pd.DataFrame, *, sample_id: str) -> tuple[Estimates, ...]:
    """How much likelier the host district is to be the first employer: raw, with distance and size, within districts.

    Formula
        share hired there = is_host b (+ distance, size) + one intercept per provider and host (+ per employer) + error,
        weighted by candidates
    Errors
        CR1 by host district: its candidates share what it does
    Source
        the linear form of the choice among all districts in Krieg, Theobald & Goldhaber (2016)
    """
    cells = host_district_cells(hired, organizations)
    question = Question(
        outcome="share_hired",
        exposures=("is_host",),
        estimand="difference in the probability that a district is the first employer, the host against another",
        cluster="placement_district_code",
        person="provider_and_host",
        sample_id=sample_id,
        wrong_if=HOSTING_CAN_BE_WRONG,
        counts="candidates",
    )
    near = ("log_distance_miles", "log_hires")
    within = ["provider_and_host"]
    results = (
        linear(cells, question, "raw", effects=within, weights="candidates"),
        linear(cells, question, "+ distance and size", covariates=near, effects=within, weights="candidates"),
        linear(
            cells, question, "+ employing district", covariates=near[:1], weights="candidates",
            effects=[*within, "first_job_district_code"],
        ),
    )  # fmt: skip
    # A cell stands for all candidates with the same provider and host: people are counted there, not in the cells.
    people, hosts = int(cells.drop_duplicates("provider_and_host")["candidates"].sum()), question.cluster
    return tuple(
        replace(result, people=people, cautions=size_cautions(people, result.clusters, hosts)) for result in results
    )
