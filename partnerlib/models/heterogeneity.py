"""Do programs differ at all, beyond what chance would give? Asked before any of them is named.

The formulas are those of von Hippel & Bellows (2018): the spread of estimates is compared with their standard errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats

from partnerlib.errors import DataError, ParameterError, did_you_mean

LOW_RELIABILITY = 0.5
"""Below this share of true variance, most of an ordering is noise."""
FEW_UNITS = 10
"""Units below which the spread between them is hardly known; its interval says so."""

FEWEST_TO_SHRINK = 4

Spread = Literal["hedges", "dersimonian-laird", "paule-mandel"]
SPREADS = {
    "hedges": "variance of the estimates less the mean squared standard error",
    "dersimonian-laird": "from Q, weighted by precision",
    "paule-mandel": "the spread at which Q equals its degrees of freedom",
}


@dataclass(frozen=True)
class Heterogeneity:
    """How much units really differ, from one estimate and standard error each."""

    units: int
    q: float
    """Cochran's Q: weighted squared distances from the precision-weighted mean."""
    p_value: float
    """Chance of a Q this large if all units were equal."""
    tau: float
    """Standard deviation of true differences, in units of the estimate."""
    reliability: float
    """rho = 1 - df/Q, floored at 0: the share of the variance of estimates that is true."""
    mean: float
    """Precision-weighted mean of the estimates."""
    cautions: tuple[str, ...]
    tau_low: float = 0.0
    """Lower end of the 95% interval of tau (Q-profile)."""
    tau_high: float = np.inf
    random_mean: float = np.nan
    """Mean of the true values, units weighted by 1 / (tau^2 + se^2)."""
    random_mean_error: float = np.nan
    """Its standard error."""
    estimator: str = "hedges"

    @property
    def tau_squared(self) -> float:
        return self.tau**2

    @property
    def may_rank(self) -> bool:
        """Whether an ordering of the units would be more than noise."""
        return self.reliability >= LOW_RELIABILITY

    @property
    def sentence(self) -> str:
        """The whole finding in one sentence."""
        chance = f"{self.p_value:.3f}" if self.p_value >= 0.001 else "below 0.001"
        ranking = "" if self.may_rank else " They are listed by name: a ranking would be mostly noise."
        return (
            f"{self.units} units differ by a standard deviation of {self.tau:.3f} (95% {self.tau_low:.3f} to "
            f"{self.tau_high:.3f}); the chance of such estimates if all were equal is {chance}; reliability "
            f"{self.reliability:.2f}.{ranking}"
        )


def heterogeneity(
    estimates: Sequence[float], std_errors: Sequence[float], estimator: Spread = "hedges"
) -> Heterogeneity:
    """Whether and how much units differ.

    Formula
        w = 1/se^2; mean = sum w b / sum w; Q = sum w (b - mean)^2, chi-squared with P-1 degrees of freedom if equal;
        rho = 1 - (P-1)/Q, floored at 0;
        tau^2, floored at 0: `hedges` var(b - mean) - mean(se^2); `dersimonian-laird` (Q - (P-1)) / (sum w - sum w^2 /
        sum w); `paule-mandel` solves Q(tau^2) = P - 1, with Q(t) = Q at weights 1/(t + se^2)
    Interval of tau
        Q-profile (Viechtbauer 2007): the t at which Q(t) equals the 97.5% and 2.5% points of chi-squared; exact when
        estimates and true values are normal and standard errors known
    """
    if estimator not in SPREADS:
        raise ParameterError(f"heterogeneity estimator '{estimator}': {did_you_mean(estimator, SPREADS)}")
    values, errors = np.asarray(estimates, dtype=float), np.asarray(std_errors, dtype=float)
    if len(values) != len(errors) or len(values) < 2:
        raise DataError(
            f"heterogeneity: {len(values)} estimates, {len(errors)} standard errors; expected two or more pairs"
        )
    if not (np.isfinite(values).all() and np.isfinite(errors).all() and (errors > 0).all()):
        raise DataError("heterogeneity: every unit needs a finite estimate and a positive standard error")
    weights = errors**-2
    mean = float(weights @ values / weights.sum())
    q, df = _q(values, errors, 0.0), len(values) - 1
    reliability = max(1 - df / q, 0.0) if q > 0 else 0.0
    tau_squared = _tau_squared(values, errors, estimator)
    random_weights = 1 / (tau_squared + errors**2)
    cautions = []
    if reliability < LOW_RELIABILITY:
        cautions.append(
            f"Reliability {reliability:.2f}: an ordering of these {len(values)} units would be mostly noise."
        )
    if len(values) < FEW_UNITS:
        cautions.append(f"Only {len(values)} units: the spread between them is known within its wide interval only.")
    return Heterogeneity(
        units=len(values),
        q=q,
        p_value=float(stats.chi2.sf(q, df)),
        tau=tau_squared**0.5,
        reliability=reliability,
        mean=mean,
        cautions=tuple(cautions),
        tau_low=tau_at(values, errors, 0.975),
        tau_high=tau_at(values, errors, 0.025),
        random_mean=float(random_weights @ values / random_weights.sum()),
        random_mean_error=float(random_weights.sum() ** -0.5),
        estimator=estimator,
    )


def shrunken(
    estimates: Sequence[float], std_errors: Sequence[float], estimator: Spread = "paule-mandel"
) -> pd.DataFrame:
    """Each unit's best guess: its own estimate pulled towards the mean, the more the less it is known.

    Columns: estimate, low, high (95%), kept (share of its own distance from the mean that a unit keeps).

    Formula
        pull_i = (P-3)/(P-1) se_i^2 / (tau^2 + se_i^2); estimate_i = mean + (1 - pull_i) (b_i - mean), with
        w_i = 1/(tau^2 + se_i^2) and the mean weighted by w
    Errors
        se_i^2 [1 - (1 - w_i / sum w) pull_i] + 2/(P-3) pull_i^2 (v + tau^2) w_i (b_i - mean)^2, v the mean of se^2
        weighted by w: what is lost by not knowing the mean and tau. Intervals hold over units on average, not for the
        one that stands out most
    Source
        Morris (1983), Journal of the American Statistical Association 78(381)
    """
    if len(estimates) < FEWEST_TO_SHRINK:
        raise DataError(
            f"shrinkage: {len(estimates)} units; towards what and how far is not known with fewer than "
            f"{FEWEST_TO_SHRINK}"
        )
    found = heterogeneity(estimates, std_errors, estimator)
    values, variances = np.asarray(estimates, dtype=float), np.asarray(std_errors, dtype=float) ** 2
    spare = found.units - 3
    weights = 1 / (found.tau_squared + variances)
    pull = spare / (found.units - 1) * variances * weights
    distance = values - found.random_mean
    typical = float(weights @ variances / weights.sum())
    spread = variances * (1 - (1 - weights / weights.sum()) * pull)
    spread += 2 / spare * pull**2 * (typical + found.tau_squared) * weights * distance**2
    reach = stats.norm.ppf(0.975) * np.sqrt(spread)
    centre = found.random_mean + (1 - pull) * distance
    return pd.DataFrame({"estimate": centre, "low": centre - reach, "high": centre + reach, "kept": 1 - pull})


def contrasts(units: pd.Series, estimates: pd.Series, std_errors: pd.Series) -> pd.DataFrame:
    """Each unit's distance from the precision-weighted mean, with plain and Bonferroni 95% intervals.

    Columns: unit, contrast, std_error, low, high, low_bonferroni, high_bonferroni. Only a Bonferroni interval may be
    read as 'this unit differs' when one looks at all of them.
    """
    found = heterogeneity(estimates.to_list(), std_errors.to_list())
    contrast = estimates.to_numpy(dtype=float) - found.mean
    errors = std_errors.to_numpy(dtype=float)
    plain, strict = stats.norm.ppf(0.975), stats.norm.ppf(1 - 0.05 / (2 * found.units))
    return pd.DataFrame(
        {
            "unit": units.to_numpy(),
            "contrast": contrast,
            "std_error": errors,
            "low": contrast - plain * errors,
            "high": contrast + plain * errors,
            "low_bonferroni": contrast - strict * errors,
            "high_bonferroni": contrast + strict * errors,
        }
    )


def tau_at(estimates: Sequence[float] | np.ndarray, std_errors: Sequence[float] | np.ndarray, share: float) -> float:
    """The standard deviation of true differences at which a Q as large as this has a chance of 1 - `share`.

    A one-sided bound: with `share` .95 it is above zero exactly where the test of Q rejects equal units at 5%.
    """
    values, errors = np.asarray(estimates, dtype=float), np.asarray(std_errors, dtype=float)
    return _spread_where(values, errors, float(stats.chi2.ppf(share, len(values) - 1))) ** 0.5


def _q(values: np.ndarray, errors: np.ndarray, tau_squared: float) -> float:
    """Weighted squared distances from the weighted mean, at weights 1 / (tau^2 + se^2)."""
    weights = 1 / (tau_squared + errors**2)
    mean = weights @ values / weights.sum()
    return float(weights @ (values - mean) ** 2)


def _tau_squared(values: np.ndarray, errors: np.ndarray, estimator: Spread) -> float:
    df = len(values) - 1
    if estimator == "hedges":
        return max(float(np.var(values, ddof=1) - np.mean(errors**2)), 0.0)
    if estimator == "paule-mandel":
        return _spread_where(values, errors, df)
    weights = errors**-2
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    return max((_q(values, errors, 0.0) - df) / float(scale), 0.0)


def _spread_where(values: np.ndarray, errors: np.ndarray, target: float) -> float:
    """The tau^2 at which Q falls to `target`; 0 where it is below that already. Q falls as tau^2 grows."""
    if _q(values, errors, 0.0) <= target:
        return 0.0
    high = float(np.var(values) + np.max(errors**2))
    while _q(values, errors, high) > target:
        high *= 4
    return float(optimize.brentq(lambda tau: _q(values, errors, tau) - target, 0.0, high, xtol=1e-300, rtol=1e-12))
