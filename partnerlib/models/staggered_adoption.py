"""What did a grant or a new partnership change, when units start in different years? Group-time effects.

Each cohort of starters is compared with units that have not started, from the year before its start to every other
year; only then are the differences averaged. Two-way fixed effects would also use cohorts already treated as a
comparison, and is wrong when effects grow or differ between cohorts.
Source: Callaway & Sant'Anna (2021), Journal of Econometrics 225(2); with covariates Sant'Anna & Zhao (2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.models.adoption import NEVER, AdoptionPanel, covariate_matrix
from partnerlib.models.differences import Difference, adjusted_difference, difference_of_changes
from partnerlib.models.event_study import EventStudy
from partnerlib.models.results import Estimates

Comparison = Literal["never treated", "not yet treated"]
Base = Literal["year before the start", "year before each"]
Adjustment = Literal["doubly robust", "outcome regression"]
Cohorts = Literal["fixed", "drawn"]

COMPARISONS = {
    "never treated": "units that never start",
    "not yet treated": "units that have not started by then",
}
AGGREGATIONS = {
    "overall": "mean over all treated units and years since their start",
    "cohort": "mean over the years since the start, by year of start, and over cohorts",
    "calendar year": "mean over the units treated in a year, by year, and over years",
}


@dataclass(frozen=True)
class GroupTimeEffects:
    """The effect on each cohort of starters in each year, and how the errors of all of them hang together."""

    panel: AdoptionPanel
    effects: pd.DataFrame
    """One row per cohort and year: cohort, year, estimate, std_error, treated_units, comparison_units."""
    influence: np.ndarray
    """(N, effects): how much each unit moves each effect, times N; the errors are its standard deviation / root N."""
    borrowed: np.ndarray
    """(m, effects): the same for units that start alone in their year, from how units that never start vary."""
    reference: int | None
    """The year since the start that is zero by construction; None with a base that varies."""
    specification: str
    cautions: tuple[str, ...]

    @property
    def clustering(self) -> str:
        return f"influence functions by {self.panel.clustering}"

    def aggregate(self, by: str = "overall", cohorts: Cohorts = "fixed") -> Estimates:
        """Effects averaged: over everything, by cohort or by calendar year, with an overall mean last.

        Weights are the units (or their weights) of a cohort. `fixed`: the effect on the units treated in this panel.
        `drawn`: the units are a sample of more, so that the sizes of cohorts carry an error of their own; this is the
        convention of R's did.
        Errors
            clustered by unit, each cohort with its own variance and n/(n-1); t with Welch-Satterthwaite degrees of
            freedom. With coarser clusters G/(G-1), t with G - 1.
        """
        if by not in AGGREGATIONS:
            raise ParameterError(f"aggregation '{by}': {did_you_mean(by, AGGREGATIONS)}")
        post = self.effects["year"] >= self.effects["cohort"]
        if not post.any():
            raise DataError(f"{self.panel.asked.outcome}: no effect after a start could be compared with anybody")
        weights, names = _overall(self, post) if by == "overall" else _grouped(self, post, by)
        table = self._table(weights, names, cohorts)
        return self._estimates(table, AGGREGATIONS[by])

    def event_study(self, balanced_to: int | None = None, cohorts: Cohorts = "fixed") -> EventStudy:
        """Effects by years since the start, with the years before it as a check.

        Parameters
            balanced_to  only cohorts seen that many years after their start, so that who is averaged stays the same
        """
        since = (self.effects["year"] - self.effects["cohort"]).to_numpy()
        used = np.ones(len(since), dtype=bool)
        if balanced_to is not None:
            lasting = self.panel.years[-1] - self.effects["cohort"].to_numpy() >= balanced_to
            used = lasting & (since <= balanced_to)
            if not used.any():
                raise ParameterError(f"event study: no cohort is seen {balanced_to} years after its start")
        times = np.unique(since[used])
        weights = np.stack([self._shares(used & (since == time)) for time in times])
        estimates = weights @ self.effects["estimate"].to_numpy()
        influence = self._influence_of(weights, cohorts)
        covariance, degrees = self.panel.covariance(influence, self.borrowed @ weights.T)
        return EventStudy.of(
            times, estimates, covariance, degrees,
            reference=self.reference, panel=self.panel, specification=self.specification,
            clustering=self.clustering, cautions=self.cautions,
        )  # fmt: skip

    def _shares(self, chosen: np.ndarray) -> np.ndarray:
        """Weights of the chosen effects in proportion to their cohorts' sizes, adding to one."""
        sizes = self.effects["cohort"].map(_cohort_sizes(self.panel)).to_numpy(dtype=float) * chosen
        return sizes / sizes.sum()

    def _influence_of(self, weights: np.ndarray, cohorts: Cohorts) -> np.ndarray:
        """Influence of each unit on weighted means of the effects; with drawn cohorts also through their sizes.

        A mean sum p_g e_g / sum p_g moves with a unit of cohort g by (e_g - mean) x weight of g / p_g, less its mean.
        """
        influence = self.influence @ weights.T
        if cohorts == "fixed":
            return influence
        sizes = _cohort_sizes(self.panel)
        share = {cohort: size / self.panel.weights.sum() for cohort, size in sizes.items()}
        effects = self.effects["estimate"].to_numpy()
        for place, row in enumerate(weights):
            distance = row * (effects - row @ effects)
            moved = pd.Series(distance).groupby(self.effects["cohort"].to_numpy()).sum()
            for cohort, amount in moved.items():
                belongs = self.panel.weights * (self.panel.first == cohort)
                influence[:, place] += amount / share[cohort] * belongs
        return influence

    def _table(self, weights: np.ndarray, names: Sequence[str], cohorts: Cohorts) -> pd.DataFrame:
        estimates = weights @ self.effects["estimate"].to_numpy()
        covariance, degrees = self.panel.covariance(self._influence_of(weights, cohorts), self.borrowed @ weights.T)
        return self.panel.interval_table(names, estimates, np.sqrt(np.diag(covariance)), degrees)

    def _estimates(self, table: pd.DataFrame, average: str) -> Estimates:
        panel = self.panel
        return Estimates(
            terms=table,
            estimand=f"{panel.asked.estimand}: {average}",
            outcome=panel.asked.outcome,
            specification=self.specification,
            clustering=self.clustering,
            n=len(panel.cells),
            people=panel.people,
            clusters=len(np.unique(panel.clusters)),
            sample_id=panel.asked.sample_id,
            wrong_if=panel.asked.wrong_if,
            cautions=self.cautions,
        )


def group_time_effects(
    panel: AdoptionPanel,
    comparison: Comparison = "not yet treated",
    base: Base = "year before the start",
    covariates: Sequence[str] = (),
    adjustment: Adjustment = "doubly robust",
) -> GroupTimeEffects:
    """How much more a cohort's mean changed than that of its comparison, for every cohort and year.

    Formula
        effect(g, t) = mean change of cohort g from year b to t, less the same of the comparison units
    Parameters
        comparison  units that never start, or also those that start only after both years
        base        b = g - 1 for all t ('universal'), or for t < g the year before t ('varying', each a placebo step)
        covariates  columns whose value in year b may go together with the change; doubly robust or by regression
    A unit counts for an effect when it has a cell in both years. An effect without a comparison is left out and said.
    """
    if comparison not in COMPARISONS:
        raise ParameterError(f"comparison '{comparison}': {did_you_mean(comparison, COMPARISONS)}")
    asked = [(int(cohort), int(year)) for cohort in panel.cohorts for year in panel.years]
    found = {pair: _effect(panel, *pair, comparison, base, covariates, adjustment) for pair in asked}
    kept = {pair: difference for pair, difference in found.items() if difference is not None}
    if not kept:
        raise DataError(
            f"staggered adoption of {panel.asked.outcome}: no cohort has both a year before its start and "
            f"{COMPARISONS[comparison]} to compare with"
        )
    lost = sorted({f"{cohort} in {year}" for (cohort, year), found_one in found.items()
                   if found_one is None and year >= cohort})  # fmt: skip
    cautions = panel.cautions
    if lost:
        cautions = (*cautions, f"No {COMPARISONS[comparison]} to compare with: start {', '.join(lost)}; left out.")
    influence = np.column_stack([difference.influence for difference in kept.values()])
    borrowed = _borrowed(panel, list(kept), base)
    covariance, _ = panel.covariance(influence, borrowed)
    effects = pd.DataFrame(
        {
            "cohort": [cohort for cohort, _ in kept],
            "year": [year for _, year in kept],
            "estimate": [difference.estimate for difference in kept.values()],
            "std_error": np.sqrt(np.diag(covariance)),
            "treated_units": [difference.treated for difference in kept.values()],
            "comparison_units": [difference.compared for difference in kept.values()],
        }
    )
    controls = f", {adjustment} with {', '.join(covariates)}" if covariates else ""
    specification = f"group-time, {comparison}{controls}"
    reference = -1 if base == "year before the start" else None
    return GroupTimeEffects(panel, effects, influence, borrowed, reference, specification, cautions)


def _borrowed(panel: AdoptionPanel, pairs: Sequence[tuple[int, int]], base: Base) -> np.ndarray:
    """For a unit that starts alone: rows whose squares are N^2 x the covariance of changes of units without a start."""
    others = panel.outcome[panel.first == NEVER] if (panel.first == NEVER).sum() > 1 else panel.outcome
    others = others[~np.isnan(others).any(axis=1)]
    rows = [np.empty((0, len(pairs)))]
    for cohort in panel.lone_cohorts:
        places = [place for place, pair in enumerate(pairs) if pair[0] == cohort]
        if not places or len(others) < 2:
            continue
        years = np.array([pairs[place][1] for place in places])
        before = np.array([_before(int(cohort), int(year), base) for year in years])
        changes = others[:, years - panel.years[0]] - others[:, before - panel.years[0]]
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(changes, rowvar=False)))
        part = np.zeros((len(places), len(pairs)))
        part[:, places] = len(panel.units) * (vectors * np.sqrt(np.clip(values, 0, None))).T
        rows.append(part)
    return np.vstack(rows)


def _before(cohort: int, year: int, base: Base) -> int:
    """The year a cohort's outcome is compared with."""
    return cohort - 1 if year >= cohort or base == "year before the start" else year - 1


def _effect(
    panel: AdoptionPanel,
    cohort: int,
    year: int,
    comparison: Comparison,
    base: Base,
    covariates: Sequence[str],
    adjustment: Adjustment,
) -> Difference | None:
    """One cohort in one year; nothing where it cannot be compared, or is the base itself."""
    before = _before(cohort, year, base)
    first_year = int(panel.years[0])
    if before < first_year or (year == before and base == "year before each"):
        return None
    now, then = (panel.outcome[:, int(np.searchsorted(panel.years, when))] for when in (year, before))
    treated = panel.first == cohort
    compared = panel.first == NEVER
    if comparison == "not yet treated":
        compared |= (panel.first > max(year, before)) & ~treated
    change = now - then
    seen = ~np.isnan(change)
    if not (treated & seen).any() or not (compared & seen).any():
        return None
    if not covariates or year == before:
        return difference_of_changes(change, treated & seen, compared & seen, panel.weights)
    design = covariate_matrix(panel, covariates, before)
    seen &= ~np.isnan(design).any(axis=1)
    where = f"cohort {cohort} in {year}"
    return adjusted_difference(change, design, treated & seen, compared & seen, panel.weights, adjustment, where)


def _cohort_sizes(panel: AdoptionPanel) -> dict[int, float]:
    return {int(cohort): float(panel.weights[panel.first == cohort].sum()) for cohort in panel.cohorts}


def _overall(found: GroupTimeEffects, post: pd.Series) -> tuple[np.ndarray, list[str]]:
    return found._shares(post.to_numpy())[None, :], ["effect"]


def _grouped(found: GroupTimeEffects, post: pd.Series, by: str) -> tuple[np.ndarray, list[str]]:
    """A mean for each cohort or year, and one over all of them: cohorts by their size, years alike."""
    column = found.effects["cohort" if by == "cohort" else "year"].to_numpy()
    values = np.unique(column[post.to_numpy()])
    rows = np.stack([found._shares(post.to_numpy() & (column == value)) for value in values])
    sizes = _cohort_sizes(found.panel)
    shares = np.array([sizes[int(value)] for value in values]) if by == "cohort" else np.ones(len(values))
    word = "start in" if by == "cohort" else "in"
    return np.vstack([rows, shares @ rows / shares.sum()]), [*(f"{word} {value}" for value in values), "effect"]
