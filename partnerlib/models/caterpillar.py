"""All units side by side, before what chance alone would show. Below a stated reliability there is no ranking.

Source: von Hippel & Bellows (2018), Economics of Education Review 64, and their caterpillar.ado (Unlicense).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns
from partnerlib.models.heterogeneity import (
    FEWEST_TO_SHRINK,
    LOW_RELIABILITY,
    Heterogeneity,
    contrasts,
    heterogeneity,
    shrunken,
)

FALSE_DISCOVERIES = 0.05
"""Share of wrong claims accepted among units said to differ from the mean."""
UNITS_CAN_BE_WRONG = (
    "Units differ in whom they take in and where they work; what an estimate does not take out of that stays in it.",
    "Standard errors that are too small make equal units look different: cluster where units' people are together.",
)


@dataclass(frozen=True)
class Caterpillar:
    """Units in an order that their reliability allows, and whether they differ at all."""

    units: pd.DataFrame
    """unit, contrast, std_error, low, high, low_bonferroni, high_bonferroni, is_discovery, low_discovery,
    high_discovery, shrunken, shrunken_low, shrunken_high (all distances from the precision-weighted mean), null.
    From the highest to the lowest where `is_ranked`, by name otherwise."""
    heterogeneity: Heterogeneity
    is_ranked: bool
    estimand: str
    sample_id: str
    wrong_if: tuple[str, ...]
    cautions: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Whether units differ, by how much, how many stand out, and whether they are ranked."""
        found = int(self.units["is_discovery"].sum())
        others = f"{found} of {len(self.units)} can be told from the mean (false-discovery rate 5%)."
        return f"{self.heterogeneity.sentence} {others}"


def caterpillar(
    estimates: pd.DataFrame, *, estimand: str, sample_id: str, wrong_if: Sequence[str] = UNITS_CAN_BE_WRONG
) -> Caterpillar:
    """Each unit's distance from the mean of all, with intervals for one, for all and for those that stand out.

    Parameters
        estimates  columns `unit`, `estimate`, `std_error`, one row per unit; units' estimates independent
    Errors
        plain 95%; Bonferroni z(1 - .05/(2P)); for those found to differ (Benjamini-Hochberg at 5%) intervals at
        1 - .05 R/P, so that at most 5% of them on average miss (Benjamini & Yekutieli 2005); NaN for the rest
    `null` holds, for each rank, what the unit there would show if all were equal.
    """
    require_columns(estimates, ["unit", "estimate", "std_error"], "caterpillar")
    twice = estimates["unit"].duplicated()
    if twice.any():
        raise DataError(
            f"caterpillar: {int(twice.sum())} units appear twice, such as {estimates.loc[twice, 'unit'].iloc[0]}"
        )
    found = heterogeneity(estimates["estimate"].to_list(), estimates["std_error"].to_list())
    table = contrasts(estimates["unit"], estimates["estimate"], estimates["std_error"])
    table = pd.concat([table, discoveries(table["contrast"], table["std_error"]), _shrunken(table)], axis=1)
    by = (["contrast"], [False]) if found.may_rank else (["unit"], [True])
    table = table.sort_values(by[0], ascending=by[1], kind="stable", ignore_index=True)
    null = null_distribution(table["std_error"])[::-1]
    return Caterpillar(
        units=table.assign(null=null),
        heterogeneity=found,
        is_ranked=found.may_rank,
        estimand=f"{estimand}: distance of each unit from the precision-weighted mean of all",
        sample_id=sample_id,
        wrong_if=tuple(wrong_if),
        cautions=found.cautions,
    )


def ranking(found: Caterpillar) -> pd.Series:
    """Places from 1 for the highest, by unit; refused where the order would be mostly noise."""
    if not found.is_ranked:
        raise DataError(
            f"ranking: reliability {found.heterogeneity.reliability:.2f} is below {LOW_RELIABILITY}; an order of these "
            f"{found.heterogeneity.units} units would be mostly noise. Show all of them by name, with their intervals"
        )
    return pd.Series(np.arange(1, len(found.units) + 1), index=found.units["unit"].to_numpy(), name="place")


def null_distribution(std_errors: Sequence[float] | pd.Series) -> np.ndarray:
    """What the estimates, sorted, would look like if all units were equal: P values, ascending, mean zero.

    Formula
        all s_i z(j/100), j = 1..99, pooled and sorted; every 99th from the 49th; less their mean
    """
    errors = np.asarray(std_errors, dtype=float)
    pooled = np.sort(np.outer(errors, stats.norm.ppf(np.arange(1, 100) / 100)).ravel())
    chosen = pooled[48::99]
    return chosen - chosen.mean()


def discoveries(contrast: pd.Series, std_errors: pd.Series, share: float = FALSE_DISCOVERIES) -> pd.DataFrame:
    """Which units can be told from the mean, with intervals that stay honest after picking them out.

    Columns: is_discovery, low_discovery, high_discovery.

    Formula
        Benjamini-Hochberg at `share` over two-sided p-values of all P; the R found get b -+ z(1 - share R / (2P)) se
    """
    p_values = 2 * stats.norm.sf(np.abs(contrast / std_errors))
    units = len(p_values)
    passing = np.flatnonzero(np.sort(p_values) <= share * np.arange(1, units + 1) / units)
    found = passing[-1] + 1 if len(passing) else 0
    is_found = p_values <= (np.sort(p_values)[found - 1] if found else -1.0)
    reach = stats.norm.ppf(1 - share * max(found, 1) / (2 * units)) * std_errors.to_numpy(dtype=float)
    values = contrast.to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "is_discovery": is_found,
            "low_discovery": np.where(is_found, values - reach, np.nan),
            "high_discovery": np.where(is_found, values + reach, np.nan),
        },
        index=contrast.index,
    )


def _shrunken(table: pd.DataFrame) -> pd.DataFrame:
    """Shrunken contrasts with intervals; NaN where there are too few units to shrink."""
    names = ["shrunken", "shrunken_low", "shrunken_high"]
    if len(table) < FEWEST_TO_SHRINK:
        return pd.DataFrame(np.nan, index=table.index, columns=names)
    values = shrunken(table["contrast"].to_list(), table["std_error"].to_list())
    return values[["estimate", "low", "high"]].set_axis(names, axis=1).set_index(table.index)
