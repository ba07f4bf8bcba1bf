"""Who is hired, when, and where: split-population hazards, first districts, and the ladder of probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.models.choice_sets import choices
from partnerlib.models.conditional_logit import fit_choices
from partnerlib.models.first_district import first_district
from partnerlib.models.linear import Question, linear
from partnerlib.models.nested_logit import fit_nested
from partnerlib.models.results import Estimates
from partnerlib.models.sampled_alternatives import OFFSET, sampled_alternatives
from partnerlib.models.time_to_hire import time_to_hire, waiting_times
from validation.check import Check, Draw
from validation.worlds.hiring import LAST_OCTOBER, completers_who_wait, districts_chosen, nested_choices

SAMPLE = "invented-0"
EVER, SPEED, PULL, LIKENESS = 0.5, 0.4, 0.9, 0.4
TERMS = ("is_placement_district", "log_miles_from_placement", "log_miles_from_home", "log_teachers")
NEAR = Question(
    "is_hired", ("is_near",), "difference in the share hired", "placement_school_code", "candidate_id", SAMPLE
)


def drawn(found: Estimates, term: str, planted: float, naive: Estimates, name: str = "") -> Draw:
    row = found[term]
    return Draw(name or term, planted, row["estimate"], row["low"], row["high"], naive[term]["estimate"])


def waits(seed: int, is_planted: bool) -> list[Draw]:
    ever, speed = (EVER, SPEED) if is_planted else (0.0, 0.0)
    rows = waiting_times(completers_who_wait(seed, ever, speed), LAST_OCTOBER)
    right = time_to_hire(rows, exposures=["is_near"], covariates=["strength"], sample_id=SAMPLE)
    plain = time_to_hire(rows, exposures=["is_near"], sample_id=SAMPLE)
    return [
        drawn(right.ever, "is_near", ever, plain.ever, "ever hired"),
        drawn(right.speed, "is_near", speed, plain.speed, "how soon"),
    ]


def first_districts(seed: int, is_planted: bool) -> list[Draw]:
    pull = PULL if is_planted else 0.0
    rows = districts_chosen(seed, pull)
    right = first_district(rows, TERMS, "all", SAMPLE)
    plain = first_district(rows, (TERMS[0], TERMS[3]), "without distances", SAMPLE)
    return [drawn(right, TERMS[0], pull, plain, "pull of the practicum's district")]


def sampled_districts(seed: int, is_planted: bool) -> list[Draw]:
    """A dozen districts a candidate, near ones drawn more often; without its correction the sample is the naive one."""
    pull = PULL if is_planted else 0.0
    rows = districts_chosen(seed, pull)
    rows = rows.assign(weight=1 / np.exp(rows["log_miles_from_placement"]))
    rng = np.random.default_rng([seed, 3])
    kept = sampled_alternatives(rows, rng, 12, "is_first_district", "candidate_id", "weight")
    right = first_district(kept, TERMS, "sampled", SAMPLE, offset=OFFSET)
    plain = fit_choices(choices(kept, TERMS, "candidate_id", "is_first_district"))
    row = right[TERMS[0]]
    name = "pull of the practicum's district"
    return [Draw(name, pull, row["estimate"], row["low"], row["high"], float(plain.coefficients[0]))]


def nests(seed: int, is_planted: bool) -> list[Draw]:
    """How far the inclusive value of near districts is below one; the conditional logit says not at all."""
    likeness = LIKENESS if is_planted else 0.0
    rows = nested_choices(seed, 1 - likeness, people=4000)
    fit = fit_nested(rows, ["log_miles", "log_teachers"], "is_near", "candidate_id", "is_first_district")
    near = fit.taus().set_index("nest").loc["near"]
    return [Draw("likeness of near districts", likeness, 1 - near["estimate"], 1 - near["high"], 1 - near["low"], 0.0)]


def probabilities(seed: int, is_planted: bool) -> list[Draw]:
    """Hired by the first October, linear, strength held fixed; the effect is a difference in shares."""
    effect = 0.08 if is_planted else 0.0
    rng = np.random.default_rng([seed, 4])
    people = 2000
    strength, school = rng.normal(size=people), rng.integers(0, 150, people)
    shared = rng.normal(0, 0.05, 150)[school]
    near = rng.random(people) < 0.5 + 0.1 * np.clip(strength, -2, 2)
    share = np.clip(0.5 + effect * near + 0.06 * np.clip(strength, -2, 2) + shared, 0.02, 0.98)
    rows = pd.DataFrame(
        {
            "candidate_id": np.arange(people), "placement_school_code": school, "is_near": near, "strength": strength,
            "is_hired": rng.random(people) < share,
        }
    )  # fmt: skip
    right = linear(rows, NEAR, "+ strength", covariates=["strength"])
    return [drawn(right, "is_near", effect, linear(rows, NEAR, "raw"), "placed near")]


CHECKS: tuple[Check, ...] = (
    Check(
        "Linear probability of hire", "hiring", probabilities,
        "Consistent when what selects into placement is measured; the raw difference takes the strength of candidates "
        "for the placement's doing.",
    ),
    Check(
        "Split-population time to hire", "hiring", waits,
        "Consistent when waits are Weibull among those ever hired; without strength both parts are too large.",
    ),
    Check(
        "Choice of the first district", "hiring", first_districts,
        "Consistent when distances and sizes are those the choice is made by; without distances nearness is taken for "
        "the practicum's doing.",
    ),
    Check(
        "Choice among sampled districts", "hiring", sampled_districts,
        "A dozen of forty districts, near ones more often: consistent with McFadden's correction, wrong without.",
    ),
    Check(
        "Nested logit", "hiring", nests,
        "Consistent when the nests are those of the choice; the conditional logit has no likeness within nests at all.",
    ),
)  # fmt: skip
