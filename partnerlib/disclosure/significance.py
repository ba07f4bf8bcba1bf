"""How finely a number of a model may be printed: never so finely that the number of people behind it comes back."""

from __future__ import annotations

import math


def nearest_five(count: float) -> int:
    """A number of people or rows as printed beside a model."""
    return 5 * math.floor(count / 5 + 0.5)


def significant(value: float, figures: int = 3) -> float:
    """A number to so many significant figures; not-a-number and infinity as they are."""
    if not math.isfinite(value) or value == 0:
        return value
    return round_to(value, 10.0 ** (math.floor(math.log10(abs(value))) - figures + 1))


def round_to(value: float, step: float) -> float:
    """A number as the nearest multiple of a step, without the noise of binary fractions in its last digits."""
    if not math.isfinite(value) or not math.isfinite(step) or step <= 0:
        return value
    digits = max(-math.floor(math.log10(step)) + 1, 0)
    return round(round(value / step) * step, digits)


def step_for(value: float, people: float, figures: int = 3, values: float = 2.5) -> float:
    """The step a number that shrinks with n is printed in: 1, 2 or 5 times a power of ten.

    A standard error falls with the root of n, so an error known to a share d gives n to a share 2 d. The step is the
    coarser of `figures` significant figures and value x `values` / people, which leaves five numbers of people possible
    (for a proportion of n, `values` 3 leaves three counts possible).
    """
    if not math.isfinite(value) or value == 0 or people <= 0:
        return math.nan
    size = abs(value)
    wanted = max(10.0 ** (math.floor(math.log10(size)) - figures + 1), size * values / people)
    power = 10.0 ** math.floor(math.log10(wanted) + 1e-12)
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= wanted * (1 - 1e-9))
