"""Invented panels in which a treatment starts in different years, with effects that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.models.adoption import Adoption, AdoptionPanel, adoption_panel

ASKED = Adoption(
    outcome="share_hired", unit="district_code", year="school_year", first_year="grant_year",
    estimand="change in the share hired", sample_id="invented-0a",
)  # fmt: skip
FIRST, LAST = 2011, 2018


def invented_cells(
    seed: int = 1, units: int = 60, noise: float = 1.0, growth: float = 0.5, effect: float = 1.0
) -> pd.DataFrame:
    """Districts by years; later cohorts gain less, and every effect grows by `growth` a year."""
    rng = np.random.default_rng(seed)
    starts = np.array([np.nan, 2013.0, 2014.0, 2016.0])
    first = rng.choice(starts, units, p=[0.4, 0.2, 0.2, 0.2])
    first[:8] = np.repeat(starts, 2)
    years = np.arange(FIRST, LAST + 1)
    trait = rng.normal(size=units)
    shocks = noise * rng.normal(size=(units, len(years)))
    for place in range(1, len(years)):
        shocks[:, place] += 0.4 * shocks[:, place - 1]
    since = years - first[:, None]
    gain = np.where(since >= 0, effect * (1 + growth * since + 0.5 * (2016 - first[:, None])), 0.0)
    outcome = rng.normal(size=units)[:, None] + 0.3 * (years - FIRST) + shocks + gain
    return pd.DataFrame(
        {
            "district_code": np.repeat([f"95{unit:02d}0000" for unit in range(units)], len(years)),
            "school_year": np.tile(years, units),
            "grant_year": np.repeat(first, len(years)),
            "trait": np.repeat(trait, len(years)),
            "students": np.repeat(rng.integers(50, 500, units), len(years)),
            "share_hired": outcome.ravel(),
            "gain": gain.ravel(),
        }
    )


def invented_panel(seed: int = 1, **changes: float) -> AdoptionPanel:
    return adoption_panel(invented_cells(seed, **changes), ASKED)  # type: ignore[arg-type]
