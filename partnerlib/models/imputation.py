"""What would the treated have done without treatment? Filled in from units and years that were not treated yet.

A level for each unit and each year is fitted on untreated cells alone and carried over to the treated ones; what they
have beyond that is the effect, cell by cell, averaged only afterwards. It uses all years before a start where the
group-time effects use one, so it is more precise when trends are parallel in all of them, and worse when they are not.
Source: Borusyak, Jaravel & Spiess (2024), Review of Economic Studies 91(6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import AdoptionPanel
from partnerlib.models.event_study import EventStudy
from partnerlib.models.results import Estimates
from partnerlib.models.untreated import Cells, UntreatedFit, cells_of, fit_untreated


@dataclass(frozen=True)
class ImputedEffects:
    """The effect on every treated cell whose untreated level is known."""

    panel: AdoptionPanel
    effects: pd.DataFrame
    """One row per treated cell: unit, year, cohort, since, effect. For the researcher's eyes: a row is a unit."""
    cells: Cells
    untreated: UntreatedFit
    specification: str
    cautions: tuple[str, ...]

    @property
    def clustering(self) -> str:
        return f"conservative, by {self.panel.clustering}"

    def overall(self) -> Estimates:
        """The mean effect over all treated cells, each counting as much as its unit.

        Formula of the error
            mean = sum v y over all cells; variance = sum over units of (sum over years of v e)^2, where e is the
            residual of an untreated cell, and for a treated one its effect less the mean effect of its cohort in its
            year: what effects differ by within a cohort is counted as noise, so the error is rather too large.
            Scaled by n/(n-1) within cohorts; t with Welch-Satterthwaite degrees of freedom
        """
        weights = self._mean_of(np.ones(len(self.effects), dtype=bool))[None, :]
        values, covariance, degrees = self._combined(weights, np.empty((0, 0)))
        asked, panel = self.panel.asked, self.panel
        return Estimates(
            terms=panel.interval_table(["effect"], values, np.sqrt(np.diag(covariance)), degrees),
            estimand=f"{asked.estimand}: mean over all treated units and years since their start",
            outcome=asked.outcome,
            specification=self.specification,
            clustering=self.clustering,
            n=len(panel.cells),
            people=panel.people,
            clusters=len(np.unique(panel.clusters)),
            sample_id=asked.sample_id,
            wrong_if=asked.wrong_if,
            cautions=self.cautions,
        )

    def event_study(self, years_before: int | None = None) -> EventStudy:
        """Effects by years since the start; the years before come from untreated cells alone.

        Formula of a year before
            coefficient of an indicator for being so many years before the start, in the regression of untreated cells
            on units and years: against all earlier years together, not against the year before the start
        Parameters
            years_before  how many to show; by default as many as leave every cohort one earlier year
        """
        most = int(self.panel.cohorts[0] - self.panel.years[0]) - 1
        if years_before is not None and not 0 <= years_before <= most:
            raise ParameterError(
                f"event study: {years_before} years before; the first cohort has 0 to {most} beside a base"
            )
        shown = most if years_before is None else years_before
        since = self.effects["since"].to_numpy()
        times = np.unique(since)
        weights = np.stack([self._mean_of(since == time) for time in times])
        before = np.arange(-shown, 0)
        leads = np.stack([self.cells.since == lead for lead in before]) if shown else np.empty((0, 0))
        values, covariance, degrees = self._combined(weights, leads)
        return EventStudy.of(
            np.concatenate([before, times]), values, covariance, degrees,
            reference=None, panel=self.panel, specification=self.specification, clustering=self.clustering,
            cautions=self.cautions,
        )  # fmt: skip

    def _mean_of(self, chosen: np.ndarray) -> np.ndarray:
        """Weights of the chosen treated cells, adding to one."""
        weights = self.cells.weights[self.untreated.imputed] * chosen
        return weights / weights.sum()

    def _combined(self, weights: np.ndarray, leads: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values, covariance and degrees of freedom of leads (if any) and then of means of treated cells."""
        values, scores = weights @ self.effects["effect"].to_numpy(), self._scores(weights)
        if len(leads):
            lead_values, lead_scores = self.untreated.leads(self.cells, leads)
            values, scores = np.concatenate([lead_values, values]), np.vstack([lead_scores, scores])
        covariance, degrees = self.panel.covariance(scores.T * len(self.panel.units))
        return values, covariance, degrees

    def _scores(self, weights: np.ndarray) -> np.ndarray:
        """How each unit moves each mean of treated cells, (means, N)."""
        cells, fit = self.cells, self.untreated
        rows = []
        for each in weights:
            moved = np.zeros(len(cells.unit))
            moved[fit.imputed] = each * self._distances(each**2)
            moved[fit.used] = fit.carried(cells, each) * fit.residuals
            rows.append(np.bincount(cells.unit, weights=moved, minlength=len(self.panel.units)))
        return np.array(rows)

    def _distances(self, squared: np.ndarray) -> np.ndarray:
        """Effects of cells less the mean of their cohort in their year, weighted by squared weights.

        A unit that starts alone would be its own mean: its cells are held against all others as many years after the
        start, or against all others where there are none.
        """
        effects, table = self.effects["effect"].to_numpy(), self.effects
        group = pd.factorize(pd.MultiIndex.from_frame(table[["cohort", "year"]]))[0]
        total = np.bincount(group, weights=squared)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(group, weights=squared * effects) / total
        left = np.where(total[group] > 0, effects - mean[group], 0.0)
        for place in np.flatnonzero(table["cohort"].isin(self.panel.lone_cohorts)):
            others = (table["unit"] != table["unit"].iloc[place]).to_numpy()
            alike = others & (table["since"] == table["since"].iloc[place]).to_numpy()
            chosen = alike if alike.any() else others
            left[place] = effects[place] - effects[chosen].mean() if chosen.any() else 0.0
        return np.asarray(left)


def imputed_effects(panel: AdoptionPanel, covariates: Sequence[str] = ()) -> ImputedEffects:
    """What treated units have beyond their own level and the year's, as fitted on untreated cells.

    Formula
        untreated cells: outcome = unit + year + covariates b + error, least squares, units weighted
        effect of a treated cell = outcome - (unit + year + covariates b)
    Parameters
        covariates  columns that change from year to year and that the treatment does not change
    Treated cells whose unit or year has no untreated cell to compare with are left out, and counted.
    """
    cells = cells_of(panel, covariates)
    fit = fit_untreated(cells)
    treated = int(cells.is_treated.sum())
    if not len(fit.imputed):
        raise DataError(
            f"imputation of {panel.asked.outcome}: none of {treated:,} treated cells has an untreated cell of its unit "
            "and of its year; add years before the start or units that start later"
        )
    cautions = panel.cautions
    if len(fit.imputed) < treated:
        cautions = (
            *cautions,
            f"{treated - len(fit.imputed):,} of {treated:,} treated cells have no untreated cell of the same unit or "
            "year to be compared with and are left out.",
        )
    effects = pd.DataFrame(
        {
            "unit": panel.units[cells.unit[fit.imputed]],
            "year": panel.years[cells.year[fit.imputed]],
            "cohort": panel.first[cells.unit[fit.imputed]].astype(int),
            "since": cells.since[fit.imputed].astype(int),
            "effect": cells.outcome[fit.imputed] - fit.level(cells),
        }
    )
    controls = f" with {', '.join(covariates)}" if covariates else ""
    return ImputedEffects(panel, effects, cells, fit, f"imputation{controls}", cautions)
