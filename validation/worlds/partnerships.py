"""Programs that differ by a known amount, alone or in schools that differ too."""

from __future__ import annotations

import numpy as np
import pandas as pd


def programs(rng: np.random.Generator, spread: float, units: int = 30) -> pd.DataFrame:
    """unit, truth, estimate, std_error: true values with a standard deviation, seen with errors of different size."""
    errors = rng.uniform(0.02, 0.06, units)
    truth = rng.normal(0.0, spread, units)
    return pd.DataFrame(
        {"unit": np.arange(units), "truth": truth, "estimate": truth + rng.normal(0, errors), "std_error": errors}
    )


def graduates_in_schools(
    rng: np.random.Generator, effect: float, people: int = 3000, units: int = 12, schools: int = 80
) -> pd.DataFrame:
    """program, school, score: programs whose graduates teach in better schools, and one that adds `effect` itself."""
    quality = rng.normal(size=schools)
    pull = np.linspace(-1, 1, units)
    program = rng.integers(0, units, people)
    chance = np.exp(pull[:, None] * quality)
    chosen = np.empty(people, dtype=int)
    for each in range(units):
        rows = program == each
        chosen[rows] = rng.choice(schools, size=int(rows.sum()), p=chance[each] / chance[each].sum())
    score = effect * (program == units - 1) + 0.5 * quality[chosen] + rng.normal(size=people)
    return pd.DataFrame({"program": program, "school": chosen, "score": score})
