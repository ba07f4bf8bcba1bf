"""Conditional logit: which one of many places is chosen, given what each of them is to the chooser.

Rows are chooser x alternative; the choice sets may differ in size. Newton's method on blocks of choosers, so that
memory beyond the rows themselves does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from partnerlib.models.choice_sets import Choices, one_in
from partnerlib.models.sandwich import covariance, likelihood_factor, meat_of_clusters

STEPS = 60
PRECISE = 1e-12
"""Newton stops when the log likelihood could still gain less than this."""
MANY, ONE_IN = 2_000, 10
"""From so many choosers on, the search starts from where a fit of one in ten of them ends."""
ROUNDING = 1e-13
"""Share of the log likelihood that adding it up in another order can change."""
FLAT = 1e-8
"""Information below this share of the largest before any fit: the likelihood is flat in that direction."""


@dataclass(frozen=True)
class ChoiceFit:
    """A fitted conditional logit."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    """Robust by cluster of choosers, with factor G/(G-1)."""
    model_covariance: np.ndarray
    """Inverse information: right when choosers are independent and the model holds."""
    log_likelihood: float
    null_log_likelihood: float
    """All alternatives alike (but for the correction of sampled ones)."""
    choosers: int
    rows: int
    clusters: int
    not_identified: tuple[str, ...]
    """Terms that predict the choice perfectly or are combinations of one another: their coefficients mean nothing."""
    cautions: tuple[str, ...]

    @property
    def std_errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    @property
    def model_std_errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.model_covariance))


@dataclass(frozen=True)
class _Point:
    """The likelihood at some coefficients, and its slopes."""

    beta: np.ndarray
    likelihood: float
    score: np.ndarray
    information: np.ndarray
    means: np.ndarray
    """Expected terms of every chooser's choice, shape (terms, choosers)."""


def fit_choices(found: Choices) -> ChoiceFit:
    """Maximum likelihood of the choices.

    Formula
        P(i chooses j) = exp(x_ij b + offset_ij) / sum over the alternatives k of i of exp(x_ik b + offset_ik)
    Errors
        scores of choosers summed by cluster, factor G/(G-1)
    Source
        McFadden (1974); with sampled alternatives McFadden (1978)
    """
    null = _point(found, np.zeros(found.terms.shape[1]))
    unit = _units(null)
    end, has_converged = _highest(found, _start(found, null))
    bread = _inverse(end.information, unit)
    scores, groups = found.terms[found.chosen] - end.means.T, len(np.unique(found.clusters))
    not_identified, cautions = _cautions(found.names, null.information / unit, end.information / unit, has_converged)
    return ChoiceFit(
        names=found.names,
        coefficients=end.beta,
        covariance=covariance(bread, meat_of_clusters(scores, found.clusters), likelihood_factor(groups)),
        model_covariance=bread,
        log_likelihood=end.likelihood,
        null_log_likelihood=null.likelihood,
        choosers=found.choosers,
        rows=len(found.terms),
        clusters=groups,
        not_identified=not_identified,
        cautions=cautions,
    )


def _units(point: _Point) -> np.ndarray:
    """Products of the terms' spread within choice sets: information per unit of it is well enough conditioned to tell
    what is missing.
    """
    spread = np.sqrt(np.maximum(np.diag(point.information), np.finfo(float).tiny))
    return np.outer(spread, spread)


def _start(found: Choices, null: _Point) -> _Point:
    """Where the search begins: all alternatives alike, or for many choosers the fit of a part of them, if higher."""
    if found.choosers < MANY:
        return null
    part = one_in(found, ONE_IN)
    nearby, has_converged = _highest(part, _point(part, null.beta))
    if not has_converged:
        return null
    start = _point(found, nearby.beta)
    return start if start.likelihood > null.likelihood else null


def _highest(found: Choices, at: _Point) -> tuple[_Point, bool]:
    """Newton's method with halved steps, and whether it has come to rest."""
    unit = _units(at)
    for _ in range(STEPS):
        step = _inverse(at.information, unit) @ at.score
        if at.score @ step < 2 * PRECISE:
            return at, True
        following = _point(found, at.beta + step)
        for _ in range(30):
            if following.likelihood >= at.likelihood - ROUNDING * abs(at.likelihood):
                break
            step = step / 2
            following = _point(found, at.beta + step)
        at = following
    return at, False


def _inverse(information: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Inverse information, by way of terms of like spread."""
    return np.linalg.pinv(information / unit, hermitian=True) / unit


def shares(found: Choices, coefficients: np.ndarray) -> np.ndarray:
    """Probability of every row at these coefficients; the rows of a chooser add up to one."""
    return np.concatenate([_shares(found, coefficients, rows, starts)[0] for rows, starts in _pieces(found)])


def _pieces(found: Choices) -> Iterator[tuple[slice, np.ndarray]]:
    for choosers, rows in found.blocks():
        yield rows, found.starts[choosers] - rows.start


def _shares(found: Choices, beta: np.ndarray, rows: slice, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of the rows of a block, and the log of each chooser's sum of exponents."""
    utility = found.terms[rows] @ beta + found.offset[rows]
    sizes = np.diff(np.append(starts, len(utility)))
    top = np.maximum.reduceat(utility, starts)
    weight = np.exp(utility - np.repeat(top, sizes))
    total = np.add.reduceat(weight, starts)
    return weight / np.repeat(total, sizes), top + np.log(total)


def _point(found: Choices, beta: np.ndarray) -> _Point:
    """Likelihood, score and information in one pass over the rows."""
    likelihood = float((found.terms[found.chosen] @ beta + found.offset[found.chosen]).sum())
    information, means = np.zeros((len(beta), len(beta))), np.empty((len(beta), found.choosers))
    for choosers, rows in found.blocks():
        starts = found.starts[choosers] - rows.start
        share, log_total = _shares(found, beta, rows, starts)
        terms = found.terms.T[:, rows]
        weighted = terms * share
        means[:, choosers] = np.add.reduceat(weighted, starts, axis=1)
        likelihood -= float(log_total.sum())
        information += weighted @ terms.T
    score = found.terms[found.chosen].sum(axis=0) - means.sum(axis=1)
    return _Point(beta, likelihood, score, information - means @ means.T, means)


def _cautions(
    names: Sequence[str], before: np.ndarray, after: np.ndarray, converged: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Terms that are not identified, and sentences: from the information, per unit of the terms' spread, with all
    alternatives alike and at the fit.
    """
    sentences = []
    if not converged:
        sentences.append("The likelihood did not converge; the coefficients are those of the last step.")
    level = float(np.linalg.eigvalsh(before).max())
    if flat := _flat_terms(names, before, level):
        sentences.append(f"{', '.join(flat)} are combinations of one another: single coefficients mean nothing.")
    elif flat := _flat_terms(names, after, level):
        sentences.append(f"Separation: {', '.join(flat)} predict the choice perfectly; no finite estimate exists.")
    return tuple(flat), tuple(sentences)


def _flat_terms(names: Sequence[str], information: np.ndarray, level: float) -> list[str]:
    """Terms that take part in a direction along which the likelihood does not change."""
    values, directions = np.linalg.eigh(information)
    part = np.abs(directions[:, values < FLAT * level]).max(axis=1, initial=0.0)
    return [name for name, share in zip(names, part, strict=True) if share > 0.1]
