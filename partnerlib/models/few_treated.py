"""Was it chance, when a handful of districts got the grant? How often would others have shown as large a difference?

Randomization inference deals the starts again among all units. It needs no large numbers, and refuses where so few are
treated that no answer could come out. For regressions with few clusters see `wild_bootstrap` and `cluster_robust`.
Source: MacKinnon & Webb (2020), Journal of Econometrics 218(2).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import lgamma

import numpy as np

from partnerlib.errors import DataError
from partnerlib.models.adoption import AdoptionPanel
from partnerlib.models.wild_bootstrap import how_far
from partnerlib.models.year_weights import Estimator, year_weights

FEWEST_ASSIGNMENTS = 20
"""With fewer ways to choose the treated no p-value can fall to 5%."""


@dataclass(frozen=True)
class RandomizationTest:
    """How often other units, treated in the same years, would have shown as large a difference."""

    estimate: float
    low: float
    high: float
    """95% interval: the effects, equal for all treated, that are not rejected."""
    statistic: float
    p_value: float
    assignments: int
    """Ways of choosing the treated that were tried, the actual one included."""
    is_complete: bool
    """All of them were tried."""
    smallest: float
    """The smallest p-value that so many ways could give."""
    cautions: tuple[str, ...]

    @property
    def sentence(self) -> str:
        of = "all" if self.is_complete else "randomly chosen"
        return (
            f"Of {self.assignments:,} {of} ways to choose who was treated when, {100 * self.p_value:.1f}% show a "
            f"difference as large as the actual one; no smaller share than {100 * self.smallest:.2g}% was possible."
        )


def randomization_test(
    panel: AdoptionPanel,
    estimator: Estimator,
    rng: np.random.Generator,
    draws: int = 1_999,
) -> RandomizationTest:
    """The chance of a difference this large if the treatment did nothing and anybody could have been treated.

    Formula
        starts are dealt again among units, as many to each year; t = estimate / its error (cohort by cohort, as
        Welch's), which keeps the test fair when treated and others vary differently (MacKinnon & Webb 2020);
        p = share of assignments, the actual one included, with |t*| >= |t|; interval: all b for which the same test
        of the outcome less b in treated cells has p >= .05
    Parameters
        estimator  group-time, imputed or stacked effect of a panel, such as
                   `lambda panel: group_time_effects(panel).aggregate()["effect"]["estimate"]`; without covariates or
                   weights it is one weighted sum of years for each cohort, and so needs asking once per cohort and year
    Units with missing years are left out. What was not dealt by chance but by application is not made so by this.
    """
    whole = ~np.isnan(panel.outcome).any(axis=1)
    counts = np.unique(panel.first[whole], return_counts=True)[1]
    possible = _ways(counts)
    if possible < FEWEST_ASSIGNMENTS:
        raise DataError(
            f"randomization inference on {panel.asked.outcome}: {possible} ways to choose the treated among "
            f"{whole.sum()} units; with fewer than {FEWEST_ASSIGNMENTS} no p-value can be 5% or less; add comparisons"
        )
    asked = year_weights(panel, estimator)
    cautions = list(panel.cautions)
    if asked.left_out:
        cautions.append(f"{asked.left_out} units lack a year and are left out.")
    sums = asked.outcome @ asked.weights.T
    actual = np.searchsorted(asked.cohorts, asked.first)
    treatment = (panel.years >= asked.first[:, None]) @ asked.weights.T
    is_complete = len(counts) == 2 and possible <= draws + 1
    dealt = (
        _all_choices(actual) if is_complete else np.vstack([actual, rng.permuted(np.tile(actual, (draws, 1)), axis=1)])
    )

    def p_value(null: float) -> float:
        found = np.abs(_statistics(sums - null * treatment, dealt)[1])
        return float(np.mean(found >= (1 - 1e-9) * found[0]))

    estimate, statistic = (float(part[0]) for part in _statistics(sums, actual[None, :]))
    error = abs(estimate / statistic)
    smallest = 1 / len(dealt)
    if smallest > 0.01:
        cautions.append(f"With {len(dealt)} ways to choose the treated the p-value cannot fall below {smallest:.3f}.")
    return RandomizationTest(
        estimate=estimate,
        low=estimate - how_far(lambda away: p_value(estimate - away), error),
        high=estimate + how_far(lambda away: p_value(estimate + away), error),
        statistic=statistic,
        p_value=p_value(0.0),
        assignments=len(dealt),
        is_complete=is_complete,
        smallest=smallest,
        cautions=tuple(cautions),
    )


def _ways(counts: np.ndarray) -> int:
    """Number of ways to deal the starts: n! / (n_1! n_2! ...), to rounding where it is large."""
    return round(np.exp(min(lgamma(counts.sum() + 1) - sum(lgamma(count + 1) for count in counts), 700)))


def _statistics(sums: np.ndarray, dealt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimate and t of each assignment, (assignments,): sums (N, cohorts), dealt (assignments, N)."""
    estimate, variance = np.zeros(len(dealt)), np.zeros(len(dealt))
    pooled = np.var(sums, axis=0, ddof=1)
    for cohort in range(sums.shape[1]):
        belongs = (dealt == cohort).astype(float)
        count = belongs[0].sum()
        mean = belongs @ sums[:, cohort] / count
        estimate += mean
        # One unit alone has no spread of its own: that of all units stands in.
        spread = (belongs @ sums[:, cohort] ** 2 - count * mean**2) / (count - 1) if count > 1 else pooled[cohort]
        variance += np.maximum(spread, 0) / count
    with np.errstate(divide="ignore", invalid="ignore"):
        return estimate, estimate / np.sqrt(variance)


def _all_choices(actual: np.ndarray) -> np.ndarray:
    """Every assignment of two cohorts, the actual one first."""
    small = int(np.argmin(np.bincount(actual)))
    chosen = np.flatnonzero(actual == small)
    rows = [actual]
    for places in combinations(range(len(actual)), len(chosen)):
        if tuple(chosen) != places:
            row = np.full(len(actual), 1 - small)
            row[list(places)] = small
            rows.append(row)
    return np.array(rows)
