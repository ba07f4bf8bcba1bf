"""Checks of the estimators behind the question of outcomes: what students learn, and how teachers are rated."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from partnerlib.models.hosting import hosting_ladder
from partnerlib.models.linear import Question
from partnerlib.models.mentors import mentor_ladder
from partnerlib.models.novice_matches import match_ladder
from partnerlib.models.ordinal import ordered
from partnerlib.models.results import Estimates
from partnerlib.models.unbiased_variances import unbiased_variances
from partnerlib.models.value_added import ValueAdded, value_added
from partnerlib.models.value_added_drift import drift, held_out_forecast
from partnerlib.models.variance_components import as_regressor
from validation.check import Check, Draw
from validation.worlds.outcomes import (
    AFTER_HOSTING,
    HOSTING,
    MATCH,
    MENTOR_SHARE,
    RATED_HIGHER,
    MentoringState,
    autocovariance,
    classrooms,
    drifting_effects,
    mentoring,
    ratings,
)

LAST = 2017
"""Last year of the drifting teachers' six."""


def _draw(result: Estimates, term: str, planted: float, naive: float = np.nan, name: str = "") -> Draw:
    row = result[term]
    return Draw(name or term, planted, row["estimate"], row["low"], row["high"], naive)


@lru_cache(maxsize=2)
def _mentoring(seed: int, is_planted: bool) -> tuple[MentoringState, ValueAdded]:
    state = mentoring(np.random.default_rng([seed, 5]), is_planted)
    return state, value_added(state.rows, "math", sample_id="invented")


@lru_cache(maxsize=2)
def _drifting(seed: int, is_planted: bool) -> ValueAdded:
    rng = np.random.default_rng([seed, 6])
    effects = drifting_effects(rng, 400, 6) if is_planted else np.zeros((400, 6))
    return value_added(classrooms(rng, effects, size=8).rows, "math", sample_id="invented")


def mentors(seed: int, is_planted: bool) -> list[Draw]:
    """Within providers, strength held fixed, against the mentor's mean over all years as it stands."""
    state, model = _mentoring(seed, is_planted)
    hired = state.hired.drop(columns="placement_school_code")
    ladder = mentor_ladder([model], hired, sample_id="invented", covariates=["strength"])
    everything = as_regressor(model.teacher_years, model.variances).set_index("mepid")["effect_shrunken"]
    novices = model.teacher_effects.merge(state.hired, on="mepid")
    naive = np.polyfit(novices["practitioner_mepid"].map(everything), novices["effect"], 1)[0]
    within = next(rung for rung in ladder if rung.specification == "+ provider")
    return [_draw(within, "mentor_effect", MENTOR_SHARE * is_planted, float(naive), "mentor's effect")]


def hosting(seed: int, is_planted: bool) -> list[Draw]:
    """Within teachers, experience and years held fixed, against hosts compared with other teachers."""
    state, model = _mentoring(seed, is_planted)
    ladder = hosting_ladder(
        model.teacher_years, state.placements, sample_id="invented", components=model.variances,
        experience=state.experience,
    )  # fmt: skip
    planted = {"is_hosting": HOSTING, "hosted_before": AFTER_HOSTING}
    names = {"is_hosting": "year of hosting", "hosted_before": "years after hosting"}
    return [
        _draw(ladder[-1], term, value * is_planted, float(ladder[0][term]["estimate"]), names[term])
        for term, value in planted.items()
    ]


def matches(seed: int, is_planted: bool) -> list[Draw]:
    """The ladder of novices, matched against not."""
    state, model = _mentoring(seed, is_planted)
    ladder = match_ladder([model], state.hired, sample_id="invented", exposures=["is_match"], covariates=["strength"])
    within = next(rung for rung in ladder if rung.specification == "+ provider")
    return [_draw(within, "is_match", MATCH * is_planted, float(ladder[0]["is_match"]["estimate"]), "match")]


def covariances_by_lag(seed: int, is_planted: bool) -> list[Draw]:
    """Covariance of a teacher's years, against the product of yearly means of one year as they stand."""
    model = _drifting(seed, is_planted)
    found = drift(model.teacher_classes, sample_id="invented").autocovariances
    naive = float(model.teacher_years["effect"].var())
    terms = {"same year": 0, "1 year apart": 1, "4 years apart": 4}
    return [
        _draw(found, term, autocovariance(lag) * is_planted, naive if not lag else np.nan, f"covariance, {term}")
        for term, lag in terms.items()
    ]


def forecasts(seed: int, is_planted: bool) -> list[Draw]:
    """Error of the forecast of a year that was not used, per unit of forecast, against one covariance for all years.

    There is no effect to plant: the forecast is unbiased in both worlds, with drift and without. Teachers are many,
    because covariances found among few fit their own years a little too well, and forecasts come out too large.
    """
    rng = np.random.default_rng([seed, 7])
    lasting = np.repeat(rng.normal(0, 0.15, 800)[:, None], 6, axis=1)
    effects = drifting_effects(rng, 800, 6) if is_planted else lasting
    model = value_added(classrooms(rng, effects, classes=1, size=8).rows, "math", sample_id="invented")
    found = held_out_forecast(model.teacher_classes, LAST, sample_id="invented", groups=12)
    years = model.teacher_years
    early = as_regressor(years[years["school_year"] < LAST], model.variances)
    last = years[years["school_year"] == LAST].merge(early[["mepid", "effect_shrunken"]], on="mepid")
    naive = np.polyfit(last["effect_shrunken"], last["effect"], 1)[0] - 1
    return [_draw(found, "forecast", 0.0, float(naive), "forecast bias")]


def variances(seed: int, is_planted: bool) -> list[Draw]:
    """Variance of what a teacher's years share and covariance between subjects, against those of the means."""
    rng = np.random.default_rng([seed, 8])
    correlated = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 300) * [0.15, 0.11] * is_planted
    shock = rng.normal(0, 0.1, (300, 4))
    years = {}
    for place, subject in enumerate(("math", "ela")):
        effects = correlated[:, place][:, None] + shock
        rows = classrooms(rng, effects, classes=1, size=10, subject=subject).rows
        years[subject] = value_added(rows, subject, sample_id="invented").teacher_years
    found = unbiased_variances(years, sample_id="invented")
    means = pd.concat([frame.groupby("mepid")["effect"].mean().rename(s) for s, frame in years.items()], axis=1).cov()
    return [
        _draw(found, "variance of math", 0.15**2 * is_planted, float(means.loc["math", "math"])),
        _draw(found, "covariance of math and ela", 0.6 * 0.15 * 0.11 * is_planted, float(means.loc["math", "ela"])),
    ]


def rated(seed: int, is_planted: bool) -> list[Draw]:
    """Ordered logit with random lines of schools and the school's share of matches, against common lines."""
    rows = ratings(np.random.default_rng([seed, 9]), is_planted)
    question = Question("rating", ("is_match",), "invented", "school_code", "mepid", "invented")
    found = ordered(rows, question, "random", ["school_mean_match"], school="school_code", thresholds="random")
    common = ordered(rows, question, "common")
    return [
        _draw(found, "is_match", RATED_HIGHER * is_planted, float(common["is_match"]["estimate"]), "match on rating")
    ]


CHECKS: tuple[Check, ...] = (
    Check(
        "Mentor's value added, other years", "outcomes", mentors,
        "Consistent where what sorts candidates to mentors is seen. The plain comparison also credits the mentor with "
        "the candidate's strength and with the luck of the hosting year.",
    ),
    Check(
        "Hosting within teachers", "outcomes", hosting,
        "Consistent where hosting years are chosen for what lasts in a teacher. Hosts compared with other teachers are "
        "better before they host.",
    ),
    Check(
        "Match of placement and job", "outcomes", matches,
        "Consistent here, where matches fall by lot; so is the plain comparison.",
    ),
    Check(
        "Drift of teacher effects", "outcomes", covariances_by_lag,
        "Consistent where covariances depend on the years between only. The variance of yearly means holds the noise "
        "of classes and students.",
    ),
    Check(
        "Forecast from earlier years", "outcomes", forecasts,
        "Nothing is planted: the forecast is unbiased with drift and without. Shrinkage with one covariance for all "
        "years takes far years for near ones.",
    ),
    Check(
        "Variance of teacher effects, unbiased", "outcomes", variances,
        "Consistent whatever the noise of years and students. The means of teachers' years hold it.",
    ),
    Check(
        "Ratings, lines of schools random", "outcomes", rated,
        "Consistent where a school's lines move together and are normal beside its share of matches. With common lines "
        "strict schools hide what their teachers are like.",
    ),
)  # fmt: skip
