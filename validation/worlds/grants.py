"""Districts of which some get a grant, in different years, with effects that grow and differ between cohorts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from partnerlib.models.adoption import Adoption, AdoptionPanel, adoption_panel

FIRST, LAST = 2011, 2018
ASKED = Adoption(
    outcome="share_hired", unit="district_code", year="school_year", first_year="grant_year",
    estimand="change in the share hired", sample_id="invented",
)  # fmt: skip


def districts(
    rng: np.random.Generator,
    effect: float,
    units: int = 80,
    growth: float = 0.5,
    selection: float = 0.0,
    drift: float = 0.0,
) -> pd.DataFrame:
    """Districts by years; columns as `ASKED` names them, `trait`, and the true `gain` of each cell.

    Parameters
        effect     of the earliest cohort in the year of its start; cohorts gain a quarter less with every later year
        growth     of the effect per year, as a share of it
        selection  what a unit of the trait adds to the chance of a grant (log odds) and to the yearly change of all
        drift      by how much the treated rise a year without any grant, before as after
    """
    trait = rng.normal(size=units)
    granted = rng.random(units) < 1 / (1 + np.exp(-(0.3 + 2 * selection * trait)))
    granted[:4], granted[4:10] = True, False
    first = np.where(granted, rng.choice([2013, 2014, 2016], units), np.nan)
    first[:3] = 2013, 2014, 2016
    years = np.arange(FIRST, LAST + 1)
    since = years - first[:, None]
    later = 1 - 0.25 * (first[:, None] - 2013)
    gain = np.where(since >= 0, effect * later * (1 + growth * since), 0.0)
    shocks = rng.normal(size=(units, len(years)))
    for place in range(1, len(years)):
        shocks[:, place] += 0.4 * shocks[:, place - 1]
    elapsed = years - FIRST
    trend = 0.1 * elapsed + selection * trait[:, None] * elapsed * 0.3
    drifted = drift * np.nan_to_num(since + 0.0) * granted[:, None]
    outcome = rng.normal(size=units)[:, None] + trend + drifted + gain + shocks
    return pd.DataFrame(
        {
            "district_code": np.repeat(np.arange(units), len(years)),
            "school_year": np.tile(years, units),
            "grant_year": np.repeat(first, len(years)),
            "trait": np.repeat(trait, len(years)),
            "share_hired": outcome.ravel(),
            "gain": gain.ravel(),
        }
    )


def panel_of(cells: pd.DataFrame, **changes: str) -> AdoptionPanel:
    return adoption_panel(cells, replace(ASKED, **changes))  # type: ignore[arg-type]


def mean_gain(cells: pd.DataFrame, years_after: int = 99) -> float:
    """The true mean effect over treated cells, up to some years after the start."""
    since = cells["school_year"] - cells["grant_year"]
    return float(cells.loc[since.between(0, years_after), "gain"].mean())


def few_districts(
    rng: np.random.Generator, effect: float, clusters: int = 10, treated: int = 5, years: int = 6
) -> pd.DataFrame:
    """Few districts with shocks of their own in every year, half of them with a grant from the fourth year on."""
    shocks = rng.normal(size=(clusters, years))
    for place in range(1, years):
        shocks[:, place] += 0.6 * shocks[:, place - 1]
    frame = pd.DataFrame(
        {
            "district_code": np.repeat(np.arange(clusters), years),
            "school_year": np.tile(np.arange(2011, 2011 + years), clusters),
            "cell": np.arange(clusters * years),
        }
    )
    granted = (frame["district_code"] < treated) & (frame["school_year"] >= 2014)
    return frame.assign(grant=granted.astype(float), score=shocks.ravel() + effect * granted)
