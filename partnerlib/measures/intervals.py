"""95% intervals, vectorised over units. statsmodels and scipy do the statistics; nothing is invented here.

What an interval of a complete count means: these people are all of them, so it is no sampling error of a survey. It
says how far the number would move if the same unit were seen in another year like this one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
"""Confidence of every interval."""

Array = NDArray[np.float64]


def _blank(shape: int) -> tuple[Array, Array]:
    return np.full(shape, np.nan), np.full(shape, np.nan)


def of_rate(numerator: Array, denominator: Array) -> tuple[Array, Array]:
    """Wilson's score interval; null where nobody is in the denominator. Source: Wilson (1927), by statsmodels."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = _blank(len(numerator))
    known = denominator > 0
    if known.any():
        low[known], high[known] = proportion_confint(numerator[known], denominator[known], 1 - LEVEL, "wilson")
    # The bounds are exactly 0 and 1 at the ends; floating point leaves a last bit.
    low = np.where(numerator == 0, np.minimum(low, 0), low)
    high = np.where(numerator == denominator, np.maximum(high, 1), high)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def of_count(count: Array) -> tuple[Array, Array]:
    """Exact Poisson interval of a count, zero included. Source: Garwood (1936), by statsmodels."""
    from statsmodels.stats.rates import confint_poisson

    if not len(count):
        return _blank(0)
    low, high = confint_poisson(count, 1.0, method="exact-c", alpha=1 - LEVEL)
    return np.where(count == 0, 0.0, low), high


def of_mean(mean: Array, standard_error: Array, clusters: Array) -> tuple[Array, Array]:
    """Student's t interval with one degree of freedom fewer than people; null when people are too few or all alike."""
    from scipy.stats import t

    known = (clusters > 1) & (standard_error > 0)
    reach = np.full(len(mean), np.nan)
    reach[known] = t.ppf(0.5 + LEVEL / 2, clusters[known] - 1) * standard_error[known]
    return mean - reach, mean + reach


def ranks_of_median(rows: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions (from 0) of the two values that bound the median with at least 95% confidence; -1 with too few rows.

    Source
        Conover (1999), Practical Nonparametric Statistics, 3.2; the same as scipy.stats.quantile_test's interval
    """
    from scipy.stats import binom

    low = binom.ppf((1 - LEVEL) / 2, rows, 0.5) - 1
    # The chance of at most `low` values below the median may not pass 2.5%, or the interval would be too short.
    low = np.where(binom.cdf(low, rows, 0.5) <= (1 - LEVEL) / 2, low, low - 1)
    known = (rows > 0) & (low >= 0)
    ranks = np.where(known, low, -1).astype(np.int64)
    return ranks, np.where(known, rows - 1 - low, -1).astype(np.int64)


def of_survival(survival: Array, greenwood_sum: Array) -> tuple[Array, Array]:
    """Log-log interval of a survival probability from Greenwood's sum; null where survival is 0 or 1.

    Source
        Kalbfleisch & Prentice (1980); Greenwood's sum of events / (at risk x (at risk - events)), by life-table year
    """
    from scipy.stats import norm

    inner = (survival > 0) & (survival < 1)
    low, high = _blank(len(survival))
    log = np.log(survival[inner])
    reach = norm.ppf(0.5 + LEVEL / 2) * np.sqrt(greenwood_sum[inner]) / np.abs(log)
    low[inner], high[inner] = np.exp(log * np.exp(reach)), np.exp(log * np.exp(-reach))
    return low, high


def of_concentration(index: Array, sum_of_cubes: Array, rows: Array) -> tuple[Array, Array]:
    """Normal interval of a concentration index, within 0 to 1; null where all shares are equal and it has no width.

    Source
        Simpson (1949), Nature 163: the large-sample variance of the index is 4 (sum of p^3 - (sum of p^2)^2) / n
    """
    from scipy.stats import norm

    known = rows > 0
    spread = np.full(len(index), np.nan)
    spread[known] = 4 * np.clip(sum_of_cubes[known] - index[known] ** 2, 0, None) / rows[known]
    reach = norm.ppf(0.5 + LEVEL / 2) * np.sqrt(np.where(spread > 1e-12, spread, np.nan))
    return np.clip(index - reach, 0, 1), np.clip(index + reach, 0, 1)
