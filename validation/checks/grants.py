"""Checks of the estimators behind the question whether a grant or a new partnership changed anything."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from partnerlib.models.adoption import AdoptionPanel
from partnerlib.models.cluster_robust import linear_few_clusters
from partnerlib.models.few_treated import randomization_test
from partnerlib.models.imputation import imputed_effects
from partnerlib.models.linear import Question, linear
from partnerlib.models.power import detectable_effect
from partnerlib.models.results import Estimates
from partnerlib.models.stacked import stacked_effect, two_way_fixed_effects
from partnerlib.models.staggered_adoption import group_time_effects
from partnerlib.models.wild_bootstrap import linear_wild_bootstrap
from validation.check import Check, Draw
from validation.worlds.grants import districts, few_districts, mean_gain, panel_of

EFFECT = 1.0
"""Of the earliest cohort in the year of its start, where a district's yearly shock has a standard deviation of 1."""
FEW = Question("score", ("grant",), "difference in the score", "district_code", "cell", "invented")
TWO_WAY = ["district_code", "school_year"]
BOOTSTRAP_SAMPLES = 999
MANY = 600
"""States of what is cheap to draw: enough to tell a size of 7% from one of 10%."""


def _drawn(term: str, planted: float, row: pd.Series, naive: float = float("nan")) -> Draw:
    return Draw(term, planted, float(row["estimate"]), float(row["low"]), float(row["high"]), naive)


def _staggered(stream: int, estimate: Callable[[AdoptionPanel], Estimates], years_after: int = 99):  # type: ignore[no-untyped-def]
    """A check's draws: one estimator on panels whose effects grow and differ, two-way fixed effects beside it."""

    def draw(seed: int, is_planted: bool) -> list[Draw]:
        cells = districts(np.random.default_rng([stream, seed]), EFFECT if is_planted else 0.0)
        panel = panel_of(cells)
        naive = float(two_way_fixed_effects(panel)["effect"]["estimate"])
        return [_drawn("mean effect", mean_gain(cells, years_after), estimate(panel)["effect"], naive)]

    return draw


def adjusted(seed: int, is_planted: bool) -> list[Draw]:
    """Grants go where a trait is high, and what has much of the trait rises faster with or without one."""
    cells = districts(np.random.default_rng([4, seed]), EFFECT if is_planted else 0.0, units=120, selection=0.4)
    panel = panel_of(cells)
    found = group_time_effects(panel, covariates=["trait"]).aggregate()["effect"]
    naive = group_time_effects(panel).aggregate()["effect"]["estimate"]
    return [_drawn("mean effect", mean_gain(cells), found, float(naive))]


def drifting(seed: int, is_planted: bool) -> list[Draw]:
    """The treated rise by a quarter a year with or without a grant; allowed for as much as was seen before."""
    effect = EFFECT if is_planted else 0.0
    cells = districts(np.random.default_rng([5, seed]), effect, growth=0.0, drift=0.25)
    study = group_time_effects(panel_of(cells)).event_study()
    row = study.sensitivity([1.0], years=[0, 1]).iloc[0]
    plain = study.mean_after([0, 1])["effect"]["estimate"]
    since = cells["school_year"] - cells["grant_year"]
    truth = float(np.mean([cells.loc[since == year, "gain"].mean() for year in (0, 1)]))
    return [Draw("mean effect of two years", truth, float(plain), float(row["low"]), float(row["high"]))]


def bootstrapped(seed: int, is_planted: bool) -> list[Draw]:
    """Ten districts, five of them treated."""
    effect = EFFECT if is_planted else 0.0
    frame = few_districts(np.random.default_rng([6, seed]), effect)
    rng = np.random.default_rng([60, seed])
    found = linear_wild_bootstrap(frame, FEW, "two-way", rng, effects=TWO_WAY, draws=BOOTSTRAP_SAMPLES)
    return [_drawn("effect, 10 districts", effect, found["grant"])]


def usual_errors(seed: int, is_planted: bool) -> list[Draw]:
    """Eight districts, three of them treated, with the usual sandwich."""
    effect = EFFECT if is_planted else 0.0
    frame = few_districts(np.random.default_rng([7, seed]), effect, clusters=8, treated=3)
    return [_drawn("effect, 8 districts", effect, linear(frame, FEW, "two-way", effects=TWO_WAY)["grant"])]


def bias_reduced(seed: int, is_planted: bool) -> list[Draw]:
    """The same districts as for the usual errors."""
    effect = EFFECT if is_planted else 0.0
    frame = few_districts(np.random.default_rng([7, seed]), effect, clusters=8, treated=3)
    found = linear_few_clusters(frame, FEW, "two-way", effects=TWO_WAY)
    return [_drawn("effect, 8 districts", effect, found["grant"])]


def _group_time(panel: AdoptionPanel) -> float:
    return float(group_time_effects(panel, "never treated").aggregate()["effect"]["estimate"])


def dealt_again(seed: int, is_planted: bool) -> list[Draw]:
    """Four treated districts among twenty, an effect that is the same for all of them."""
    effect = 2 * EFFECT if is_planted else 0.0
    frame = few_districts(np.random.default_rng([8, seed]), effect, clusters=20, treated=4)
    starts = frame["district_code"].map(lambda code: 2014.0 if code < 4 else np.nan)
    panel = panel_of(frame.rename(columns={"score": "share_hired"}).assign(grant_year=starts))
    found = randomization_test(panel, _group_time, np.random.default_rng([80, seed]), draws=999)
    return [Draw("effect, 4 of 20 districts", effect, found.estimate, found.low, found.high)]


def detectable(seed: int, is_planted: bool) -> list[Draw]:
    """An effect of exactly the size said to be found in 80% of panels: the power column should say so."""
    cells = districts(np.random.default_rng([9, seed]), 0.0)
    effect = detectable_effect(panel_of(cells), _group_time).effect if is_planted else 0.0
    treated = cells["school_year"] >= cells["grant_year"]
    panel = panel_of(cells.assign(share_hired=cells["share_hired"] + effect * treated))
    return [_drawn("smallest detectable", effect, group_time_effects(panel, "never treated").aggregate()["effect"])]


GROWING = "Effects grow with time and are smaller for later cohorts; two-way fixed effects takes the growth off."

CHECKS: tuple[Check, ...] = (
    Check(
        "Group-time effects",
        "grants",
        _staggered(1, lambda panel: group_time_effects(panel).aggregate()),
        f"Consistent when trends are parallel from the year before the start on. {GROWING}",
    ),
    Check(
        "Group-time effects, doubly robust",
        "grants",
        adjusted,
        "Consistent when trends are parallel at equal traits; without the trait the rise of the granted is an effect.",
    ),
    Check(
        "Imputed effects",
        "grants",
        _staggered(2, lambda panel: imputed_effects(panel).overall()),
        f"Consistent when trends are parallel in all years. {GROWING}",
    ),
    Check(
        "Stacked effects",
        "grants",
        _staggered(3, lambda panel: stacked_effect(panel, 2, 2), years_after=2),
        f"Consistent for the mean of three years when trends are parallel within windows. {GROWING}",
    ),
    Check(
        "Effect with a drift as before",
        "grants",
        drifting,
        "The treated rise anyway; the interval allows after the start what was seen before it.",
    ),
    Check(
        "Wild bootstrap",
        "grants",
        bootstrapped,
        "Ten districts with shocks that last, five treated at once; least squares is unbiased here.",
        states=MANY,
    ),
    Check(
        "Bias-reduced errors",
        "grants",
        bias_reduced,
        "Eight districts with shocks that last, three treated at once; least squares is unbiased here.",
        states=MANY,
    ),
    Check(
        "Usual errors with few districts",
        "grants",
        usual_errors,
        "The same states as for the bias-reduced errors, to be compared with.",
        states=MANY,
    ),
    Check(
        "Randomization inference",
        "grants",
        dealt_again,
        "Four of twenty districts, dealt by chance, one effect for all of them.",
    ),
    Check(
        "Minimum detectable effect",
        "grants",
        detectable,
        "The effect planted is the one said beforehand to be found in 80% of panels.",
    ),
)
