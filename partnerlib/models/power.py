"""How small an effect could these data have shown? Said before the effect itself is looked at.

What an estimate's error will be depends on who starts when and on how much units vary from year to year. Both are known
without a single outcome of a treated unit after its start: the variation is taken from units that never start.
Source: Bloom (1995), Evaluation Review 19(5); Burlig, Preonas & Woerman (2020), Journal of Development Economics 144.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import NEVER, AdoptionPanel
from partnerlib.models.year_weights import Estimator, year_weights

POWER, SIZE = 0.8, 0.05
FEWEST_UNTREATED = 5
"""Units that never start below which their variation cannot stand for all."""


@dataclass(frozen=True)
class Detectable:
    """The smallest effect that would be found in most samples like this one."""

    effect: float
    """In units of the outcome."""
    std_error: float
    degrees_of_freedom: float
    treated: int
    untreated: int
    outcome: str
    power: float = POWER
    size: float = SIZE

    @property
    def sentence(self) -> str:
        return (
            f"Before looking: with {self.treated} treated and {self.untreated} other units an effect of "
            f"{self.effect:.3g} on {self.outcome} would be found in {100 * self.power:.0f}% of such panels (expected "
            f"standard error {self.std_error:.3g}); smaller ones would mostly be missed, and a large p-value does not "
            "exclude them."
        )


def minimum_detectable_effect(
    std_error: float, degrees_of_freedom: float = np.inf, power: float = POWER, size: float = SIZE
) -> float:
    """The smallest effect that a two-sided test finds with the given power.

    Formula
        the effect at which a non-central t with the given degrees of freedom lies outside the test's bounds with
        probability `power`; 2.80 standard errors for 80%, 5% and many clusters
    """
    if not (0 < size < 1 and size < power < 1):
        raise ParameterError(f"power {power:g} at size {size:g}: both lie between 0 and 1, power above size")
    if not (std_error > 0 and np.isfinite(std_error)):
        raise DataError(f"minimum detectable effect: a standard error of {std_error} says nothing")
    far = 1.0
    while power_of(far, 1.0, degrees_of_freedom, size) < power:
        far *= 1.5
    return float(std_error * optimize.brentq(lambda d: power_of(d, 1.0, degrees_of_freedom, size) - power, 0.0, far))


def power_of(effect: float, std_error: float, degrees_of_freedom: float = np.inf, size: float = SIZE) -> float:
    """The chance that a two-sided test finds an effect of this size."""
    away = effect / std_error
    if np.isinf(degrees_of_freedom):
        bound = stats.norm.ppf(1 - size / 2)
        return float(stats.norm.sf(bound - away) + stats.norm.cdf(-bound - away))
    bound = stats.t.ppf(1 - size / 2, degrees_of_freedom)
    # Far out the wrong side has no chance left, and the library no number for it.
    wrong_side = stats.nct.cdf(-bound, degrees_of_freedom, away) if away < 3 else 0.0
    return float(stats.nct.sf(bound, degrees_of_freedom, away) + wrong_side)


def detectable_effect(panel: AdoptionPanel, estimator: Estimator, power: float = POWER) -> Detectable:
    """The smallest effect this panel could show, from units that never start and from who starts when.

    Formula
        variance = sum over cohorts of w_g' S w_g / n_g; w_g = weights the estimator gives the years of cohort g;
        S = covariance over years among units that never start; degrees of freedom put together as Satterthwaite's
    An effect that varies between treated units makes the error larger than this.
    """
    found = year_weights(panel, estimator)
    never = found.outcome[found.first == NEVER]
    if len(never) < FEWEST_UNTREATED:
        raise DataError(
            f"minimum detectable effect on {panel.asked.outcome}: {len(never)} units that never start have every year; "
            f"at least {FEWEST_UNTREATED} are needed to see how much units vary"
        )
    spread = np.cov(never, rowvar=False)
    parts = np.einsum("gt,ts,gs->g", found.weights, spread, found.weights) / found.counts
    # A cohort of one adds to the error as the others do, and nothing to what is known of it.
    spare = np.maximum(found.counts - 1, 1)
    degrees = float(parts.sum() ** 2 / (parts**2 / spare).sum())
    error = float(np.sqrt(parts.sum()))
    return Detectable(
        minimum_detectable_effect(error, degrees, power), error, degrees,
        int(found.counts[np.isfinite(found.cohorts)].sum()), len(never), panel.asked.outcome, power,
    )  # fmt: skip
