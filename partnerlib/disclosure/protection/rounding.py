"""How numbers are printed: bands, nearest fives, few digits; and what each printed number says of the true one.

Everything here is a function of what may be known: the width of a band depends on the printed n alone, never on where
in the band the true value lies.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FIVE = 5
AROUND = 2
"""A number to the nearest five may be two more or two less."""

UNITS = np.array([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0])
"""Units a mean of whole numbers may be rounded to."""

_CONFIDENCE = 0.95


def nearest_five(n: Ints, threshold: Ints) -> tuple[Ints, Ints, Ints]:
    """A size to the nearest five, and the least and the most it may be, given that it is at least the threshold."""
    printed = FIVE * ((n + AROUND) // FIVE)
    return printed, np.maximum(printed - AROUND, threshold), printed + AROUND


def widths(n_low: Ints, bands: Mapping[int, int], coarser: Ints) -> Ints:
    """Width in points of the band beside an n of at least `n_low`, so many rungs coarser; 0 where no rung is left."""
    starts, points = np.array(list(bands), dtype=np.int64), np.array(list(bands.values()), dtype=np.int64)
    rung = np.searchsorted(starts, n_low, side="right") - 1 - coarser
    return np.where(rung >= 0, points[np.maximum(rung, 0)], 0)


def band(x: Ints, n: Ints, width: Ints) -> tuple[Ints, Ints]:
    """Lower and upper end, in points, of the band x of n lies in; the last band holds 100 percent as well."""
    last = 100 // width - 1
    place = np.minimum(100 * x // (width * n), last)
    return place * width, (place + 1) * width


def counts_in_band(low: int, high: int, n: int) -> int:
    """How many whole numbers of n lie in a band of points: at least its low end, below its high one (100 is in)."""
    first = -(-low * n // 100)
    last = n if high == 100 else -(-high * n // 100) - 1
    return last - first + 1


def wilson(low: Floats, high: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The lower limit of the lower and the upper limit of the higher of two rates, at 95%."""
    z = stats.norm.ppf(0.5 + _CONFIDENCE / 2)

    def limit(rate: Floats, sign: int) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = rate + z**2 / (2 * n)
            spread = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
            return (middle + sign * spread) / (1 + z**2 / n)

    return np.clip(np.minimum(limit(low, -1), low), 0, 1), np.clip(np.maximum(limit(high, 1), high), 0, 1)


def poisson(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Exact 95% limits of the mean of a Poisson count between two numbers (Garwood 1936)."""
    tail = (1 - _CONFIDENCE) / 2
    below = np.where(low > 0, stats.chi2.ppf(tail, 2 * np.maximum(low, 1)) / 2, 0.0)
    return below, stats.chi2.ppf(1 - tail, 2 * (high + 1)) / 2


def grain(sums: Floats) -> float:
    """The step in which sums of a measure come: 1 for years, a part of one for means of a few ratings, 0 for miles."""
    known = sums[np.isfinite(sums)]
    for parts in (1, 2, 3, 4, 5, 6, 8, 10, 12):
        if len(known) and np.abs(known * parts - np.rint(known * parts)).max() < 1e-6 * parts:
            return 1.0 / parts
    return 0.0


def units(value: Floats, n_low: Floats, digits: int, step: Floats, sums_left_open: int) -> Floats:
    """The unit means are rounded to: so many significant digits, and so coarse that several sums fit beside n.

    Formula
        10^(floor(log10 |value|) - digits + 1), and at least (sums left open + 1) x step / n, in steps of 1, 2 and 5.
        At the end of a scale only half of the unit lies on it: hence one sum more
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(value != 0, np.floor(np.log10(np.abs(value))), 0.0) - digits + 1
        needed = np.where(step > 0, (sums_left_open + 1) * step / n_low, 0.0) * (sums_left_open > 0)
    coarse = UNITS[np.minimum(np.searchsorted(UNITS, needed - 1e-12), len(UNITS) - 1)]
    return np.maximum(10.0**power, np.where(needed > 0, coarse, 0.0))


def to_unit(value: Floats, unit: Floats) -> Floats:
    """The nearest multiple of a unit."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.round(np.rint(value / unit) * unit, 9)
