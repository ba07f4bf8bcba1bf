"""Each cohort of starters beside units untouched in its window, all such experiments in one regression.

Source: Cengiz, Dube, Lindner & Zipperer (2019), Quarterly Journal of Economics 134(3); weights of Wing, Freedman &
Hollingsworth (2024), without which least squares averages cohorts in shares nobody asked for.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import AdoptionPanel
from partnerlib.models.linear import Question, linear
from partnerlib.models.results import Estimates, size_cautions

BEFORE, AFTER = 2, 2


def stacked_effect(
    panel: AdoptionPanel, before: int = BEFORE, after: int = AFTER, is_weighted: bool = True
) -> Estimates:
    """The mean effect over the year of the start and `after` further years, cohorts counting by their units.

    Formula
        for each cohort its own experiment: its units and those that do not start within the window, from `before`
        years before to `after` years after; outcome = effect + one intercept per unit and experiment + one per year
        and experiment. Comparison units are weighted by (share of the treated units in the experiment) / (share of
        its comparison units); without those weights the mean is one by precision
    Errors
        CR1 by unit (or coarser cluster), across experiments: a comparison unit is used in several
    Cohorts without the whole window inside the panel are left out, so that all years average the same cohorts.
    """
    if before < 1 or after < 0:
        raise ParameterError(
            f"stacked: window from {before} years before to {after} after; one before, none after at least"
        )
    parts, lost = [], []
    for cohort in panel.cohorts:
        window = np.arange(cohort - before, cohort + after + 1)
        part = _experiment(panel, int(cohort), window)
        if window[0] < panel.years[0] or window[-1] > panel.years[-1] or part is None:
            lost.append(int(cohort))
        else:
            parts.append(part)
    if not parts:
        raise DataError(
            f"stacked: no cohort of {', '.join(map(str, lost))} has {before} years before and {after} after its start "
            f"within {panel.years[0]} to {panel.years[-1]}, and untouched units beside it; choose a shorter window"
        )
    stack = pd.concat(parts, ignore_index=True)
    stack = stack.assign(weight=_weights(stack) if is_weighted else 1.0)
    asked = panel.asked
    question = Question(
        outcome=asked.outcome,
        exposures=("effect",),
        estimand=f"{asked.estimand}: mean over the {after + 1} years from the start on",
        cluster="cluster",
        person="unit",
        sample_id=asked.sample_id,
        wrong_if=asked.wrong_if,
    )
    specification = f"stacked, {before} years before to {after} after" + ("" if is_weighted else ", unweighted")
    fit = linear(stack, question, specification, effects=["unit^experiment", "year^experiment"], weights="weight").keep(
        "effect"
    )
    cautions = panel.cautions
    if lost:
        cautions = (*cautions, f"Starts in {', '.join(map(str, lost))} do not have the whole window and are left out.")
    # Cells stand in several experiments: people are those of the panel, and what the gate needs is not counted.
    return replace(fit, clustering=f"CR1 by {panel.clustering}", people=panel.people, cautions=cautions, support=None)


def two_way_fixed_effects(panel: AdoptionPanel) -> Estimates:
    """What many papers would print: one coefficient beside unit and year effects. Shown to be compared, not believed.

    Treated cohorts serve as a comparison for later ones; when effects grow, their growth is taken off the answer.
    """
    asked = panel.asked
    cells = panel.cells.assign(
        effect=(panel.cells[asked.year] >= panel.cells[asked.first_year]).astype(float),
        weight=panel.weights[np.searchsorted(panel.units, panel.cells[asked.unit])],
        cluster=panel.clusters[np.searchsorted(panel.units, panel.cells[asked.unit])],
    )
    question = Question(
        outcome=asked.outcome,
        exposures=("effect",),
        estimand=f"{asked.estimand}: a mean in which some cohorts can count negatively",
        cluster="cluster",
        person=asked.unit,
        sample_id=asked.sample_id,
        wrong_if=(*asked.wrong_if, "Effects that differ between cohorts or grow with time make it wrong on their own."),
    )
    fit = linear(cells, question, "two-way fixed effects", effects=[asked.unit, asked.year], weights="weight")
    return replace(
        fit.keep("effect"),
        clustering=f"CR1 by {panel.clustering}",
        people=panel.people,
        cautions=(*panel.cautions, *size_cautions(panel.people, fit.clusters, panel.clustering)),
        support=None,
    )


def _experiment(panel: AdoptionPanel, cohort: int, window: np.ndarray) -> pd.DataFrame | None:
    """Cells of one cohort and of units that do not start by the end of its window; nothing without the latter."""
    asked, cells = panel.asked, panel.cells
    first = cells[asked.first_year]
    starts = first == cohort
    chosen = cells[cells[asked.year].isin(window) & (starts | (first > window[-1]))]
    is_treated = chosen[asked.first_year] == cohort
    if is_treated.all() or not is_treated.any():
        return None
    place = np.searchsorted(panel.units, chosen[asked.unit])
    return pd.DataFrame(
        {
            "unit": chosen[asked.unit].to_numpy(),
            "year": chosen[asked.year].to_numpy(),
            "experiment": cohort,
            "is_treated": is_treated.to_numpy(),
            "effect": (is_treated & (chosen[asked.year] >= cohort)).to_numpy(dtype=float),
            "cluster": panel.clusters[place],
            "unit_weight": panel.weights[place],
            asked.outcome: chosen[asked.outcome].to_numpy(),
        }
    )


def _weights(stack: pd.DataFrame) -> np.ndarray:
    """Unit weights, those of comparison units scaled to their experiment's share of the treated."""
    units = stack.drop_duplicates(["experiment", "unit"])
    sums = units.groupby(["experiment", "is_treated"])["unit_weight"].sum().unstack()
    share = (sums[True] / sums[True].sum()) / (sums[False] / sums[False].sum())
    factor = stack["experiment"].map(share).to_numpy(dtype=float)
    return np.asarray(stack["unit_weight"] * np.where(stack["is_treated"], 1.0, factor))
