"""Does what is said of who stays hang on a choice of ours? The same hazard under other choices, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from partnerlib import samples
from partnerlib.errors import ParameterError
from partnerlib.models.double_selection import controls_ladder
from partnerlib.models.exits import EXITS_OF_LEVEL
from partnerlib.models.frailty import Frailty, shared_frailty
from partnerlib.models.linear import Question
from partnerlib.models.linkage import linkage_ladder, relinked
from partnerlib.models.missing_data import missing_ladder
from partnerlib.models.multiplicity import FamilyTable, adjusted
from partnerlib.models.new_teachers import TRAITS, exits_of_new_teachers, spells_of_new_teachers
from partnerlib.models.results import Estimates
from partnerlib.models.retention import HAZARD_CAN_BE_WRONG, LEVELS, hazard_model, person_periods
from partnerlib.panels.load import Panels

CLUSTER = "placement_school_code"


def levels_family(
    hired: pd.DataFrame, careers: pd.DataFrame, *, exposure: str, sample_id: str, cluster: str = CLUSTER
) -> FamilyTable:
    """Log odds of leaving at every level of retention, with p-values for having asked all four."""
    answers = {}
    for level, (_, words) in LEVELS.items():
        spells = spells_of_new_teachers(hired, careers, level).dropna(subset=[exposure])
        fit = hazard_model(
            person_periods(spells), exposures=[exposure], cluster=cluster, level=level, specification=level,
            sample_id=sample_id,
        )  # fmt: skip
        answers[words] = (fit, exposure)
    reason = "One exposure and one kind of outcome: a reader who finds it at one level will quote it as staying."
    return adjusted("staying, at four levels", reason, answers)


def frailty_of_new_teachers(
    spells: pd.DataFrame, *, exposures: Sequence[str], sample_id: str, district: str = "first_job_district_code"
) -> Frailty:
    """The hazard with a frailty by district of the first job."""
    known = spells.dropna(subset=[*exposures, district])
    return shared_frailty(person_periods(known), exposures=exposures, group=district, sample_id=sample_id)


def first_year_controls_ladder(
    hired: pd.DataFrame,
    careers: pd.DataFrame,
    *,
    exposure: str,
    sample_id: str,
    traits: Sequence[str] = TRAITS,
    cluster: str = CLUSTER,
) -> tuple[Estimates, ...]:
    """Points more likely to leave the position in the first year: without traits, with them, with chosen ones.

    The last step chooses among the traits, their squares and products by double selection.
    """
    first = exits_of_new_teachers(
        hired, careers, columns=(exposure, cluster), exits=EXITS_OF_LEVEL["state_position"]
    ).query("period == 1")
    people = hired.dropna(subset=["mepid"]).sort_values(["first_job_year", "candidate_id"]).drop_duplicates("mepid")
    rows = first.merge(people[["mepid", *traits]], on="mepid", validate="one_to_one").reset_index(drop=True)
    question = Question(
        outcome="exited",
        exposures=(exposure,),
        estimand=f"difference in the probability of {LEVELS['state_position'][1]} in the first year",
        cluster=cluster,
        person="mepid",
        sample_id=sample_id,
        wrong_if=HAZARD_CAN_BE_WRONG[:2],
    )
    return controls_ladder(rows, question, traits)


def missing_traits_ladder(
    spells: pd.DataFrame,
    *,
    exposures: Sequence[str],
    sample_id: str,
    rng: np.random.Generator,
    traits: Sequence[str] = TRAITS,
    cluster: str = CLUSTER,
    versions: int = 10,
) -> tuple[Estimates, ...]:
    """Log odds of leaving, with traits, on people without gaps, with gaps flagged and with gaps imputed.

    People are imputed, not years: how long a person was seen and whether the spell ended help to fill the gaps.
    """
    known = spells.dropna(subset=list(exposures)).reset_index(drop=True)
    known = known.assign(event=known["event"].astype(float))

    def fit(rows: pd.DataFrame) -> Estimates:
        return hazard_model(
            person_periods(rows), exposures=exposures, covariates=traits, cluster=cluster, sample_id=sample_id
        ).keep(*exposures)

    return missing_ladder(known, fit, traits, [*exposures, "event", "duration"], rng=rng, versions=versions)


def retention_over_links(
    panels: Panels,
    pairs: pd.DataFrame,
    *,
    exposures: Sequence[str],
    rng: np.random.Generator,
    draws: int = 10,
    doubt: float = 0.0,
) -> tuple[Estimates, Estimates]:
    """Log odds of leaving as linked, and over plausible links: first jobs and careers drawn anew with each.

    Parameters
        pairs  `linkage.plausible_pairs`, or the `links` table itself when only made links may be undone
    """
    if draws < 2:
        raise ParameterError(f"{draws} draws of links: expected two or more, as their spread is what is asked")

    def estimate(links: pd.DataFrame) -> Estimates:
        hired = samples.hired_teachers(relinked(panels, links))
        spells = spells_of_new_teachers(hired.frame, panels.careers).dropna(subset=list(exposures))
        fit = hazard_model(
            person_periods(spells), exposures=exposures, cluster=CLUSTER, sample_id=hired.sample_id
        )  # fmt: skip
        return fit.keep(*exposures)

    links = panels.processed.collect("links")
    known = pairs.dropna(subset=["mepid", "probability"])
    return linkage_ladder(estimate, links, known, rng=rng, draws=draws, doubt=doubt)
