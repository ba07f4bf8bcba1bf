"""Was it chance, with few districts? Samples are drawn in which there is no effect, and their t statistics compared.

Source: Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90(3); Roodman, MacKinnon, Nielsen & Webb
(2019), Stata Journal 19(1), whose order of computing makes a sample cost no more than clusters times clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.models.clustered_design import ClusteredDesign, clustered_design
from partnerlib.models.linear import Question
from partnerlib.models.results import Estimates

Weights = Literal["webb", "rademacher"]
WEBB = np.sqrt(np.array([1.5, 1.0, 0.5]))
"""Six equally likely values, these and their negatives (Webb 2014)."""
FEW_FOR_SIGNS = 13
"""Clusters below which signs alone give too few different samples."""
FEW_TREATED_CLUSTERS = 5
"""Below this the restricted bootstrap rejects too rarely (MacKinnon & Webb 2018)."""
DRAWS = 9_999
LARGEST_REACH = 200.0
"""Standard errors from the estimate beyond which an interval counts as without end."""


@dataclass(frozen=True)
class WildBootstrap:
    """t statistics of samples in which there is no effect."""

    p_value: float
    low: float
    high: float
    statistic: float
    draws: int
    is_complete: bool
    """Every pattern of signs was used: nothing is left to chance."""
    weights: str


def linear_wild_bootstrap(
    frame: pd.DataFrame,
    question: Question,
    specification: str,
    rng: np.random.Generator,
    covariates: Sequence[str] = (),
    effects: Sequence[str] = (),
    weights: Weights | None = None,
    draws: int = DRAWS,
) -> Estimates:
    """Differences in the mean outcome as `linear` gives them, with p-value and interval from the wild bootstrap.

    Errors
        restricted wild cluster bootstrap-t (Cameron, Gelbach & Miller 2008); the interval holds every value that the
        test does not reject; standard errors are CR1
    """
    design = clustered_design(frame, question, covariates, effects)
    rows, cautions, statistics = [], [], {}
    for term in question.exposures:
        cautions += _refuse_too_few(design, term)
        found = wild_bootstrap(design, term, rng, weights, draws)
        place = design.place(term)
        estimate, error = _estimate_and_error(design, place)
        rows.append((term, estimate, error, found.low, found.high, found.p_value))
        statistics[f"bootstrap samples: {term}"] = float(found.draws)
        kind = f"{found.weights}{', all patterns' if found.is_complete else ''}"
    terms = pd.DataFrame(rows, columns=["term", "estimate", "std_error", "low", "high", "p_value"])
    clustering = f"wild bootstrap by {question.cluster}, {kind}"
    return design.estimates(terms, specification, clustering, dict.fromkeys(cautions), statistics)  # type: ignore[arg-type]


def wild_bootstrap(
    design: ClusteredDesign,
    term: str,
    rng: np.random.Generator,
    weights: Weights | None = None,
    draws: int = DRAWS,
) -> WildBootstrap:
    """How often samples without an effect show as large a t statistic; and the effects that are not rejected.

    Formula
        u = residuals with the term's coefficient set to b0; samples y* = fitted + v_g u, v_g drawn by cluster;
        t* = (b* - b0) / CR1 error of the sample; p = share of |t*| >= |t|; interval: all b0 with p >= .05
        Scores X_g'u are linear in b0 and in v, so a sample costs G x G, however many rows it has.
    Parameters
        weights  `webb` below 13 clusters unless asked otherwise; `rademacher` are signs, and all 2^G patterns of them
                 are used where those are no more than `draws`
    """
    if weights is not None and weights not in ("webb", "rademacher"):
        raise ParameterError(f"weights '{weights}': {did_you_mean(weights, ('webb', 'rademacher'))}")
    kind = weights or ("webb" if design.clusters < FEW_FOR_SIGNS else "rademacher")
    is_complete = kind == "rademacher" and 2**design.clusters <= draws
    drawn = _all_signs(design.clusters) if is_complete else _drawn(kind, design.clusters, draws, rng)
    place = design.place(term)
    scores = _Scores.of(design, place)
    estimate, error = _estimate_and_error(design, place)
    # The sample that repeats the data must count as reaching itself, whatever rounding makes of it.
    reached = 1 - 1e-9

    def p_value(null: float) -> float:
        observed = abs(scores.statistic(null, np.ones((design.clusters, 1)))[0])
        found = np.abs(scores.statistic(null, drawn))
        return float(np.mean(found >= reached * observed)) if observed > 0 else 1.0

    return WildBootstrap(
        p_value=p_value(0.0),
        low=estimate - how_far(lambda away: p_value(estimate - away), error),
        high=estimate + how_far(lambda away: p_value(estimate + away), error),
        statistic=estimate / error,
        draws=drawn.shape[1],
        is_complete=is_complete,
        weights=kind,
    )


@dataclass(frozen=True)
class _Scores:
    """What clusters add to the numerator, and to the residuals' part in the score, for the outcome and the term."""

    own: np.ndarray
    """(2, G): a'X_g'u_g for u of the outcome and of the term, both net of everything else."""
    carried: np.ndarray
    """(2, G, G): a'X_g'X_g B X_h'u_h."""

    @classmethod
    def of(cls, design: ClusteredDesign, place: int) -> _Scores:
        others = np.delete(design.columns, place, axis=1)
        targets = np.stack([design.outcome, design.columns[:, place]], axis=1)
        if others.shape[1]:
            targets = targets - others @ np.linalg.lstsq(others, targets, rcond=None)[0]
        along = design.columns @ design.bread[place]
        weighted = design.sums(design.columns * along[:, None])
        own, carried = [], []
        for target in targets.T:
            sums = design.sums(design.columns * target[:, None])
            own.append(design.sums(along * target))
            carried.append(weighted @ design.bread @ sums.T)
        return cls(np.array(own), np.array(carried))

    def statistic(self, null: float, drawn: np.ndarray) -> np.ndarray:
        """t of each sample, drawn (G, samples), but for the small-sample factor that all of them share."""
        own = self.own[0] - null * self.own[1]
        carried = self.carried[0] - null * self.carried[1]
        numerator = own @ drawn
        residual = own[:, None] * drawn - carried @ drawn
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(numerator / np.sqrt((residual**2).sum(axis=0)))


def _estimate_and_error(design: ClusteredDesign, place: int) -> tuple[float, float]:
    """Coefficient and CR1 error: G/(G-1) x (n-1)/(n-k), an effect within clusters counted in k as one constant."""
    slopes = design.bread @ (design.columns.T @ design.outcome)
    residuals = design.outcome - design.columns @ slopes
    pulled = design.sums((design.columns @ design.bread[place]) * residuals)
    groups, n, k = design.clusters, len(design.outcome), design.columns.shape[1] + (design.absorbed > 0)
    return float(slopes[place]), float(np.sqrt(groups / (groups - 1) * (n - 1) / (n - k) * (pulled**2).sum()))


def how_far(p_value: Callable[[float], float], error: float) -> float:
    """How far from the estimate a test still rejects nothing at 5%; without end where it never does."""
    inside, outside = 0.0, 2.0 * error
    while p_value(outside) >= 0.05:
        inside, outside = outside, 2 * outside
        if outside > LARGEST_REACH * error:
            return np.inf
    for _ in range(40):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p_value(middle) >= 0.05 else (inside, middle)
    return inside


def _all_signs(clusters: int) -> np.ndarray:
    """Every pattern of signs, (G, 2^G)."""
    patterns = np.arange(2**clusters)
    return np.asarray(1.0 - 2.0 * ((patterns >> np.arange(clusters)[:, None]) & 1))


def _drawn(kind: str, clusters: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    values = np.array([1.0, -1.0]) if kind == "rademacher" else np.concatenate([WEBB, -WEBB])
    return rng.choice(values, size=(clusters, draws))


def _refuse_too_few(design: ClusteredDesign, term: str) -> list[str]:
    """One cluster on a side leaves nothing to draw from; few on a side are said."""
    treated = design.clusters_with(term)
    sides = {"treated": treated, "comparison": design.clusters - treated}
    never_varies_between = treated == design.clusters
    fewest = min(sides, key=lambda side: sides[side])
    if not never_varies_between and sides[fewest] < 2:
        raise DataError(
            f"wild bootstrap of {design.question.outcome}: {sides[fewest]} {fewest} {design.question.cluster} for "
            f"{term}; its error cannot be told from the effect. Ask randomization inference, or add clusters"
        )
    if not never_varies_between and sides[fewest] < FEW_TREATED_CLUSTERS:
        return [
            f"Only {sides[fewest]} {fewest} clusters for {term}: the wild bootstrap then finds effects too rarely; a "
            "large p-value says little."
        ]
    return []
