"""Checks of the estimators behind the question whether partnerships and programs differ at all."""

from __future__ import annotations

import numpy as np

from partnerlib.models.connected import unit_estimates
from partnerlib.models.heterogeneity import heterogeneity, shrunken, tau_at
from validation.check import Check, Draw
from validation.worlds.partnerships import graduates_in_schools, programs

SPREAD = 0.04
"""Standard deviation of true values, where estimates have standard errors of .02 to .06."""
EFFECT = 0.3
MANY = 600
"""States of what is cheap to draw."""


def spread(seed: int, is_planted: bool) -> list[Draw]:
    """The spread of true values, beside the spread of estimates."""
    tau = SPREAD if is_planted else 0.0
    drawn = programs(np.random.default_rng([1, seed]), tau)
    found = heterogeneity(drawn["estimate"].to_list(), drawn["std_error"].to_list(), "paule-mandel")
    naive = float(drawn["estimate"].std(ddof=1))
    return [Draw("standard deviation", tau, found.tau, min(found.tau_low, found.tau), found.tau_high, naive)]


def q_test(seed: int, is_planted: bool) -> list[Draw]:
    """The one-sided bound that lies above zero exactly where the test of Q rejects equal units."""
    tau = SPREAD if is_planted else 0.0
    drawn = programs(np.random.default_rng([2, seed]), tau)
    values, errors = drawn["estimate"].to_numpy(), drawn["std_error"].to_numpy()
    found = heterogeneity(values.tolist(), errors.tolist(), "paule-mandel")
    return [Draw("one-sided bound", tau, found.tau, min(tau_at(values, errors, 0.95), found.tau), np.inf)]


def one_shrunken(seed: int, is_planted: bool) -> list[Draw]:
    """The first unit's value; it could be any."""
    drawn = programs(np.random.default_rng([3, seed]), SPREAD if is_planted else 0.0)
    row = shrunken(drawn["estimate"].to_list(), drawn["std_error"].to_list()).iloc[0]
    truth, raw = float(drawn["truth"].iloc[0]), float(drawn["estimate"].iloc[0])
    return [Draw("a unit's value", truth, float(row["estimate"]), float(row["low"]), float(row["high"]), raw)]


def within_schools(seed: int, is_planted: bool) -> list[Draw]:
    """The last program's distance from the mean, within schools and raw."""
    effect = EFFECT if is_planted else 0.0
    frame = graduates_in_schools(np.random.default_rng([4, seed]), effect)
    found = unit_estimates(frame, "score", "program", "school", within="school").table.iloc[-1]
    raw = unit_estimates(frame, "score", "program", "school").table.iloc[-1]
    planted = effect * (1 - found["people"] / len(frame))
    reach = 1.96 * found["std_error"]
    value = float(found["estimate"])
    return [Draw("a program's distance", float(planted), value, value - reach, value + reach, float(raw["estimate"]))]


CHECKS: tuple[Check, ...] = (
    Check(
        "Spread between programs",
        "partnerships",
        spread,
        "Consistent when estimates are unbiased with known errors; the spread of estimates themselves counts noise as "
        "difference.",
        states=MANY,
    ),
    Check(
        "Test that programs differ",
        "partnerships",
        q_test,
        "Exact when errors are normal and known.",
        states=MANY,
    ),
    Check(
        "Shrunken value of a program",
        "partnerships",
        one_shrunken,
        "Right over programs, not for one that was picked because it stands out.",
        states=MANY,
    ),
    Check(
        "Program within schools",
        "partnerships",
        within_schools,
        "Consistent when schools differ by a constant; raw, a program is credited with its schools.",
    ),
)
