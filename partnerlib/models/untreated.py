"""Levels of units and years fitted on untreated cells, and how any mean of treated cells rests on each of them.

Units are taken out by their means: T + k equations are solved however many units there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partnerlib.errors import DataError
from partnerlib.models.adoption import AdoptionPanel

UNIDENTIFIED = 1e-8
"""Part of a treated cell's years and covariates that untreated cells do not span, from which it has no level."""


@dataclass(frozen=True)
class Cells:
    """Observed cells of a panel as vectors: (n,), and years and covariates as (n, T - 1 + k)."""

    unit: np.ndarray
    year: np.ndarray
    outcome: np.ndarray
    weights: np.ndarray
    since: np.ndarray
    """Years since the start, minus infinity for units that never start."""
    design: np.ndarray
    units: int

    @property
    def is_treated(self) -> np.ndarray:
        return self.since >= 0


@dataclass(frozen=True)
class UntreatedFit:
    """The fit on untreated cells, and the treated cells it has a level for."""

    used: np.ndarray
    """Places of the untreated cells."""
    imputed: np.ndarray
    """Places of the treated cells that have a level."""
    residuals: np.ndarray
    """Of the untreated cells."""
    within: np.ndarray
    """Design of the untreated cells less its unit mean."""
    unit_weight: np.ndarray
    """Sum of untreated weights by unit, (N,)."""
    unit_outcome: np.ndarray
    """Untreated mean by unit, (N,)."""
    unit_design: np.ndarray
    """The same of the design, (N, T - 1 + k)."""
    bread: np.ndarray
    slopes: np.ndarray

    def level(self, cells: Cells) -> np.ndarray:
        """What each imputed cell would be without treatment."""
        unit = cells.unit[self.imputed]
        return self.unit_outcome[unit] + (cells.design[self.imputed] - self.unit_design[unit]) @ self.slopes

    def carried(self, cells: Cells, weights: np.ndarray) -> np.ndarray:
        """The weight of every untreated cell in a weighted mean of imputed cells: v = - Z (Z'Z)^-1 Z_1' w."""
        unit = cells.unit[self.imputed]
        by_unit = np.bincount(unit, weights=weights, minlength=cells.units)
        away = weights @ (cells.design[self.imputed] - self.unit_design[unit])
        own = cells.unit[self.used]
        return -cells.weights[self.used] * (by_unit[own] / self.unit_weight[own] + self.within @ (self.bread @ away))

    def leads(self, cells: Cells, indicators: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients of indicators in the regression of untreated cells, and how each unit moves them."""
        w, unit = cells.weights[self.used], cells.unit[self.used]
        columns = _within(indicators[:, self.used].T.astype(float), unit, w, cells.units)[0]
        columns = columns - self.within @ (self.bread @ (self.within.T @ (columns * w[:, None])))
        normal = columns.T @ (columns * w[:, None])
        if np.linalg.matrix_rank(normal) < len(normal):
            raise DataError("event study: years before the start cannot be told apart from units and years; ask fewer")
        pulled = (columns * w[:, None]) @ np.linalg.inv(normal)
        values = pulled.T @ cells.outcome[self.used]
        moved = pulled * (self.residuals - columns @ values)[:, None]
        scores = np.stack([np.bincount(unit, weights=column, minlength=cells.units) for column in moved.T])
        return values, scores


def cells_of(panel: AdoptionPanel, covariates: Sequence[str] = ()) -> Cells:
    """The observed cells with an indicator for every year but the first, and the covariates."""
    further = [panel.wide(column) for column in covariates]
    seen = ~np.isnan(np.stack([panel.outcome, *further])).any(axis=0)
    unit, year = np.nonzero(seen)
    years = (year[:, None] == np.arange(1, len(panel.years))).astype(float)
    since = panel.years[year] - panel.first[unit]
    return Cells(
        unit, year, panel.outcome[seen], panel.weights[unit], since,
        np.column_stack([years, *(each[seen] for each in further)]), len(panel.units),
    )  # fmt: skip


def fit_untreated(cells: Cells) -> UntreatedFit:
    """Least squares of the outcome on units, years and covariates, over untreated cells."""
    used = np.flatnonzero(~cells.is_treated)
    unit, w = cells.unit[used], cells.weights[used]
    within, unit_design = _within(cells.design[used], unit, w, cells.units)
    outcome, unit_outcome = _within(cells.outcome[used][:, None], unit, w, cells.units)
    scale = np.sqrt((within**2 * w[:, None]).sum(axis=0))
    scale[scale == 0] = 1.0
    normal = (within / scale).T @ (within / scale * w[:, None])
    inverse = np.linalg.pinv(normal, rcond=1e-10, hermitian=True)
    bread = inverse / np.outer(scale, scale)
    slopes = bread @ (within.T @ (w * outcome[:, 0]))
    treated = np.flatnonzero(cells.is_treated)
    totals = np.bincount(unit, weights=w, minlength=cells.units)
    away = (cells.design[treated] - unit_design[cells.unit[treated]]) / scale
    unspanned = away - away @ inverse @ normal
    # As a share of each column's largest value: what is left is what untreated cells say nothing about.
    largest = np.maximum(np.abs(cells.design).max(axis=0), 1e-300) / scale
    known = (np.abs(unspanned / largest).max(axis=1, initial=0.0) < UNIDENTIFIED) & (totals[cells.unit[treated]] > 0)
    return UntreatedFit(
        used=used,
        imputed=treated[known],
        residuals=outcome[:, 0] - within @ slopes,
        within=within,
        unit_weight=totals,
        unit_outcome=unit_outcome[:, 0],
        unit_design=unit_design,
        bread=bread,
        slopes=slopes,
    )


def _within(columns: np.ndarray, unit: np.ndarray, weights: np.ndarray, units: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns less their weighted unit mean, and the means, (units, k); zero for units without a row."""
    totals = np.bincount(unit, weights=weights, minlength=units)
    sums = np.stack([np.bincount(unit, weights=weights * column, minlength=units) for column in columns.T], axis=1)
    means = sums / np.where(totals > 0, totals, 1.0)[:, None]
    return columns - means[unit], means
