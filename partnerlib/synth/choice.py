"""Discrete choices: one option for every chooser, drawn from a multinomial logit (the Gumbel-max form)."""

from __future__ import annotations

import numpy as np

from partnerlib.synth.arrays import Flags, Floats, Ints


def choose(rng: np.random.Generator, utility: Floats) -> Ints:
    """The option (column) each chooser (row) takes, with probability proportional to exp(utility)."""
    if utility.shape[0] == 0:
        return np.zeros(0, dtype=np.int64)
    return np.argmax(utility - np.log(-np.log(rng.random(utility.shape))), axis=1).astype(np.int64)


def choose_within(rng: np.random.Generator, chooser: Ints, utility: Floats) -> Ints:
    """Row of the option each chooser takes, when options are listed long: one row per chooser and option, by chooser.

    Returns one row number per distinct chooser, in order.
    """
    noisy = utility - np.log(-np.log(rng.random(len(utility))))
    order = np.lexsort((noisy, chooser))
    last = np.flatnonzero(np.append(np.diff(chooser[order]) != 0, True))
    return order[last]


def draw_categories(rng: np.random.Generator, shares: Floats) -> Ints:
    """One category for each row of `shares` (rows add to one)."""
    edges = np.cumsum(shares, axis=1)
    return np.minimum((rng.random(len(shares))[:, None] > edges).sum(axis=1), shares.shape[1] - 1)


def solve_levels(scores: Floats, targets: Floats) -> Floats:
    """Constants that make the mean probability of each outcome equal its target.

    Shapes
        scores: people x outcomes, log odds against the outcome not listed; targets: outcomes
    """
    level = np.log(targets / (1 - targets.sum())) - scores.mean(axis=0)
    for _ in range(60):
        weight = np.exp(scores + level)
        mean = (weight / (1 + weight.sum(axis=1, keepdims=True))).mean(axis=0)
        level = level + np.log(targets / mean)
    return level


def solve_district_bonus(
    utility: Floats, same_district: Flags, school: Ints, school_bonus: float, share_district: float
) -> float:
    """Bonus for the placement district that gives its share of first jobs, the placement school's bonus being given.

    Shapes
        utility: choosers x schools without bonus; same_district: the same; school: place of the placement school
    """
    rows = np.arange(len(school))
    weight = np.exp(utility - utility.max(axis=1, keepdims=True))
    at_school = weight[rows, school]
    outside = (weight * ~same_district).sum(axis=1)
    inside = (weight * same_district).sum(axis=1) + at_school * (np.exp(school_bonus) - 1)
    bonus = 0.0
    for _ in range(100):
        now = float((inside * np.exp(bonus) / (outside + inside * np.exp(bonus))).mean())
        bonus += _logit(share_district) - _logit(min(max(now, 1e-4), 1 - 1e-4))
    return bonus


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))
