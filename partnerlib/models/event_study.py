"""Effects by years since the start: what happened before, after, and how far the answer leans on what cannot be seen.

That the years before show no difference is a check, not a proof: the test often misses trends that matter. So the
effect is also given when the treated are allowed to drift apart after the start as fast as they did before it.
Source: Rambachan & Roth (2023), Review of Economic Studies 90(5), relative magnitudes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import AdoptionPanel
from partnerlib.models.results import Estimates

ALLOWANCES = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Drifts after the start, as multiples of the largest yearly one before it."""
LARGEST_ALLOWANCE = 100.0
PRETREND_IS_NO_PROOF = (
    "Equal years before the start do not prove equal years after: the test misses trends that would matter."
)


@dataclass(frozen=True)
class JointTest:
    """Whether several effects are all zero."""

    statistic: float
    """F."""
    effects: int
    degrees_of_freedom: float
    p_value: float


@dataclass(frozen=True)
class EventStudy:
    """Effects by years since the start."""

    effects: pd.DataFrame
    """One row per year since the start: since, estimate, std_error, low, high (95%, each on its own), p_value."""
    covariance: np.ndarray
    degrees: np.ndarray
    """Degrees of freedom of each effect."""
    reference: int | None
    """The year since the start that is zero by construction; None where the years before have no common one."""
    panel: AdoptionPanel
    specification: str
    clustering: str
    cautions: tuple[str, ...]

    @classmethod
    def of(
        cls,
        since: np.ndarray,
        estimates: np.ndarray,
        covariance: np.ndarray,
        degrees: np.ndarray,
        *,
        reference: int | None,
        panel: AdoptionPanel,
        specification: str,
        clustering: str,
        cautions: tuple[str, ...],
    ) -> EventStudy:
        """From estimates and their covariance, in the order of `since`."""
        errors = np.sqrt(np.diag(covariance))
        reach = stats.t.ppf(0.975, degrees) * errors
        with np.errstate(divide="ignore", invalid="ignore"):
            p_values = 2 * stats.t.sf(np.abs(estimates / errors), degrees)
        effects = pd.DataFrame(
            {
                "since": since.astype(int), "estimate": estimates, "std_error": errors,
                "low": estimates - reach, "high": estimates + reach, "p_value": p_values,
            }
        )  # fmt: skip
        if reference is not None:
            effects.loc[effects["since"] == reference, ["std_error", "p_value"]] = np.nan
        return cls(effects, covariance, degrees, reference, panel, specification, clustering, cautions)

    @property
    def estimand(self) -> str:
        return f"{self.panel.asked.estimand}, by years since the start"

    def pretrend(self) -> JointTest:
        """Whether the treated already differed before their start: all years before it at once.

        Formula
            W = b' V^-1 b over the k years before; F = W (v - k + 1) / (v k) with k and v - k + 1 degrees of freedom
            (Hotelling), v the fewest degrees of freedom of an effect
        A large p-value is weak comfort: see `sensitivity`.
        """
        before = self._places(before=True)
        if not len(before):
            raise DataError(f"{self.panel.asked.outcome}: no year before the start but the base; nothing to test")
        values, spread = self.effects["estimate"].to_numpy()[before], self.covariance[np.ix_(before, before)]
        v, k = float(self.degrees[before].min()), len(before)
        if np.linalg.matrix_rank(spread) < k or v - k + 1 < 1:
            raise DataError(
                f"{self.panel.asked.outcome}: {k} years before the start and about {v:.0f} degrees of freedom from the "
                "treated units: too few to test all years at once; use a shorter panel or read them one by one"
            )
        statistic = float(values @ np.linalg.solve(spread, values)) * (v - k + 1) / (v * k)
        return JointTest(statistic, k, v - k + 1, float(stats.f.sf(statistic, k, v - k + 1)))

    def mean_after(self, years: Sequence[int] | None = None) -> Estimates:
        """The mean effect over the years from the start on (or over those named), each year alike."""
        weights = self._weights_after(years)
        value = float(weights @ self.effects["estimate"])
        error = float(np.sqrt(weights @ self.covariance @ weights))
        degrees = float(self.degrees[weights > 0].min())
        reach = stats.t.ppf(0.975, degrees) * error
        p_value = 2 * stats.t.sf(abs(value / error), degrees) if error > 0 else np.nan
        row = pd.DataFrame(
            {
                "term": ["effect"], "estimate": [value], "std_error": [error],
                "low": [value - reach], "high": [value + reach], "p_value": [p_value],
            }
        )  # fmt: skip
        return self._described(row, f"{self.panel.asked.estimand}: mean over the years since the start, each alike")

    def to_estimates(self) -> Estimates:
        """All effects as one table of terms, for ladders and files."""
        terms = self.effects.drop(columns="since").assign(
            term=[_named(int(since)) for since in self.effects["since"]],
        )
        return self._described(terms, self.estimand)

    def sensitivity(self, allowances: Sequence[float] = ALLOWANCES, years: Sequence[int] | None = None) -> pd.DataFrame:
        """What is left of the mean effect when the treated may drift apart after the start as they did before.

        Columns: allowance (M), lowest, highest (the effect if errors were nil), low, high (95%).

        Formula
            drift d(s) = effect(s) less the true one, d(-1) = 0; allowed: |d(s+1) - d(s)| <= M x the largest yearly
            change before the start. The mean over s then lies within mean +- M c max |change|, with
            c = sum over s of |weights of the years from s on|. Interval: union over every change before the start, with
            either sign, of the intervals of mean -+ M c change.
        Errors
            the union holds the truth in at least 95% of samples whichever change is the largest; it is wider than the
            conditional tests of the paper, and at M = 0 it is the plain interval
        """
        lines = self._bounds(years)
        rows = []
        for allowance in allowances:
            if allowance < 0:
                raise ParameterError(f"sensitivity: allowance {allowance:g}; it is a multiple, zero or more")
            low, high, lowest, highest = lines.at(allowance)
            rows.append({"allowance": float(allowance), "lowest": lowest, "highest": highest, "low": low, "high": high})
        return pd.DataFrame(rows)

    def breakdown(self, years: Sequence[int] | None = None) -> float:
        """The smallest allowance at which the 95% interval of the mean effect reaches zero; 0 when it always does."""
        lines = self._bounds(years)

        def nearest_zero(allowance: float) -> float:
            low, high, _, _ = lines.at(allowance)
            return low if lines.value > 0 else -high

        if nearest_zero(0.0) <= 0:
            return 0.0
        if nearest_zero(LARGEST_ALLOWANCE) > 0:
            return LARGEST_ALLOWANCE
        return float(optimize.brentq(nearest_zero, 0.0, LARGEST_ALLOWANCE, xtol=1e-6))

    def critical_value(self, rng: np.random.Generator, draws: int = 20_000) -> float:
        """What standard errors are multiplied with so that 95% of samples have every effect in its interval at once.

        The 95% quantile of the largest of correlated t variables with the fewest degrees of freedom of an effect.
        """
        moving = np.flatnonzero(np.diag(self.covariance) > 0)
        errors = np.sqrt(np.diag(self.covariance))[moving]
        correlation = self.covariance[np.ix_(moving, moving)] / np.outer(errors, errors)
        values, vectors = np.linalg.eigh(correlation)
        normal = rng.standard_normal((draws, len(moving))) @ (vectors * np.sqrt(np.clip(values, 0, None))).T
        degrees = float(self.degrees[moving].min())
        scale = np.sqrt(rng.chisquare(degrees, draws) / degrees)
        return float(np.quantile(np.abs(normal).max(axis=1) / scale, 0.95))

    def _places(self, before: bool) -> np.ndarray:
        since = self.effects["since"].to_numpy()
        chosen = (since < 0) & (since != self.reference) if before else since >= 0
        return np.flatnonzero(chosen)

    def _weights_after(self, years: Sequence[int] | None) -> np.ndarray:
        since = self.effects["since"].to_numpy()
        wanted = since >= 0 if years is None else np.isin(since, list(years))
        unknown = set(years or ()) - set(since[since >= 0].tolist())
        if unknown or not wanted.any():
            raise ParameterError(
                f"years since the start {sorted(unknown)}: known are {sorted(since[since >= 0].tolist())}"
            )
        return wanted / wanted.sum()

    def _bounds(self, years: Sequence[int] | None) -> _Bounds:
        since = self.effects["since"].to_numpy()
        if self.reference != -1:
            raise ParameterError(
                "sensitivity: the years before the start have no common base here; ask group-time effects with "
                "base 'year before the start'"
            )
        changes = _changes_before(since)
        if not len(changes):
            raise DataError(
                f"{self.panel.asked.outcome}: two years before the start in a row are needed to see how the treated "
                "drift; the panel begins too late"
            )
        weights = self._weights_after(years)
        after = np.flatnonzero(since >= 0)
        # The drift of year s is the sum of yearly changes up to it: a change counts for all years from then on.
        steps = np.arange(int(since[after].max()) + 1)
        reach = sum(abs(weights[since >= step].sum()) for step in steps)
        return _Bounds(
            weights, changes, float(reach), self.effects["estimate"].to_numpy(), self.covariance,
            float(stats.t.ppf(0.975, self.degrees[np.diag(self.covariance) > 0].min())),
        )  # fmt: skip

    def _described(self, terms: pd.DataFrame, estimand: str) -> Estimates:
        asked, panel = self.panel.asked, self.panel
        return Estimates(
            terms=terms[["term", "estimate", "std_error", "low", "high", "p_value"]],
            estimand=estimand,
            outcome=asked.outcome,
            specification=self.specification,
            clustering=self.clustering,
            n=len(panel.cells),
            people=panel.people,
            clusters=len(np.unique(panel.clusters)),
            sample_id=asked.sample_id,
            wrong_if=(*asked.wrong_if, PRETREND_IS_NO_PROOF),
            cautions=self.cautions,
        )


@dataclass(frozen=True)
class _Bounds:
    """The mean effect, and the changes before the start it is held against."""

    weights: np.ndarray
    changes: np.ndarray
    """(changes, effects): rows that take a yearly change before the start from the effects."""
    reach: float
    estimates: np.ndarray
    covariance: np.ndarray
    quantile: float

    @property
    def value(self) -> float:
        return float(self.weights @ self.estimates)

    def at(self, allowance: float) -> tuple[float, float, float, float]:
        """low, high, lowest, highest at one allowance: the outermost of all lines through the mean and a change."""
        lines = np.vstack([self.weights + sign * allowance * self.reach * self.changes for sign in (1.0, -1.0)])
        values = lines @ self.estimates
        errors = np.sqrt(np.clip(np.einsum("ij,jk,ik->i", lines, self.covariance, lines), 0, None))
        low, high = (values - self.quantile * errors).min(), (values + self.quantile * errors).max()
        return float(low), float(high), float(values.min()), float(values.max())


def _changes_before(since: np.ndarray) -> np.ndarray:
    """One row per pair of neighbouring years before the start: plus one for the later, minus one for the earlier."""
    places = {int(year): place for place, year in enumerate(since)}
    rows = []
    for year, place in places.items():
        if year < 0 and year - 1 in places:
            row = np.zeros(len(since))
            row[place], row[places[year - 1]] = 1.0, -1.0
            rows.append(row)
    return np.array(rows)


def _named(since: int) -> str:
    years = f"{abs(since)} year{'s' if abs(since) != 1 else ''}"
    return "year of the start" if since == 0 else f"{years} after" if since > 0 else f"{years} before"
