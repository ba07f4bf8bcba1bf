"""What an estimator of staggered adoption makes of each cohort in each year: the weights that tell its errors.

Without covariates or weights of units, group-time, imputed and stacked effects are all one weighted sum of years for
each cohort, averaged over its units, and the weights depend on who starts when, never on an outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from partnerlib.errors import ParameterError
from partnerlib.models.adoption import AdoptionPanel

Estimator = Callable[[AdoptionPanel], float]
"""From a panel to one effect, such as `lambda panel: group_time_effects(panel).aggregate()["effect"]["estimate"]`."""


@dataclass(frozen=True)
class YearWeights:
    """One weight per cohort and year."""

    cohorts: np.ndarray
    """First treated years, infinity for never, ascending, (C,)."""
    counts: np.ndarray
    """Units of each cohort, (C,)."""
    weights: np.ndarray
    """(C, T)."""
    outcome: np.ndarray
    """(N, T) of the units without a missing year."""
    first: np.ndarray
    """Their first treated years, (N,)."""
    left_out: int
    """Units that lack a year."""


def year_weights(panel: AdoptionPanel, estimator: Estimator) -> YearWeights:
    """Ask the estimator how much the effect moves when one cohort's year is raised: cohort by cohort, year by year."""
    if len(np.unique(panel.weights)) > 1 or not panel.is_clustered_by_unit:
        raise ParameterError(
            f"staggered adoption of {panel.asked.outcome}: weights of years are asked of a panel without weights of "
            "units, clustered by its units"
        )
    whole = ~np.isnan(panel.outcome).any(axis=1)
    kept = panel.cells[panel.asked.unit].isin(panel.units[whole])
    base = replace(
        panel, units=panel.units[whole], first=panel.first[whole], clusters=np.arange(int(whole.sum())),
        weights=np.ones(int(whole.sum())), cells=panel.cells[kept].reset_index(drop=True),
        outcome=panel.outcome[whole],
    )  # fmt: skip
    cohorts, counts = np.unique(base.first, return_counts=True)
    start = estimator(base)
    size = float(np.std(base.outcome))
    found = np.zeros((len(cohorts), len(panel.years)))
    for place, cohort in enumerate(cohorts):
        for year in range(len(panel.years)):
            raised = base.outcome.copy()
            raised[base.first == cohort, year] += size
            # Cells stand in the order of units and years, as the raised table does.
            cells = base.cells.assign(**{panel.asked.outcome: raised.ravel()})
            found[place, year] = (estimator(replace(base, outcome=raised, cells=cells)) - start) / size
    return YearWeights(cohorts, counts, found, base.outcome, base.first, int((~whole).sum()))
