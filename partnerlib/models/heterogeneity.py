"""Do programs differ at all, beyond what chance would give? Asked before any of them is named.

The formulas are those of von Hippel & Bellows (2018): the spread of estimates is compared with their standard errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.errors import DataError

LOW_RELIABILITY = 0.5
"""Below this share of true variance, most of an ordering is noise."""


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

    @property
    def tau_squared(self) -> float:
        return self.tau**2


def heterogeneity(estimates: Sequence[float], std_errors: Sequence[float]) -> Heterogeneity:
    """Whether and how much units differ.

    Formula
        w = 1/se^2; mean = sum w b / sum w; Q = sum w (b - mean)^2, chi-squared with P-1 degrees of freedom if equal;
        tau^2 = var(b - mean) - mean(se^2), floored at 0 (Hedges); rho = 1 - (P-1)/Q, floored at 0
    """
    values, errors = np.asarray(estimates, dtype=float), np.asarray(std_errors, dtype=float)
    if len(values) != len(errors) or len(values) < 2:
        raise DataError(
            f"heterogeneity: {len(values)} estimates, {len(errors)} standard errors; expected two or more pairs"
        )
    if not (np.isfinite(values).all() and (errors > 0).all()):
        raise DataError("heterogeneity: every unit needs a finite estimate and a positive standard error")
    weights = errors**-2
    mean = float(weights @ values / weights.sum())
    q, df = float(weights @ (values - mean) ** 2), len(values) - 1
    tau_squared = max(float(np.var(values, ddof=1) - np.mean(errors**2)), 0.0)
    reliability = max(1 - df / q, 0.0) if q > 0 else 0.0
    cautions = []
    if reliability < LOW_RELIABILITY:
        cautions.append(
            f"Reliability {reliability:.2f}: an ordering of these {len(values)} units would be mostly noise."
        )
    return Heterogeneity(
        len(values), q, float(stats.chi2.sf(q, df)), tau_squared**0.5, reliability, mean, tuple(cautions)
    )


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
