"""Nested logit: a check on the conditional logit's claim that a further alternative draws from all others alike.

Alternatives are grouped in nests, such as the districts near the practicum and all others. With inclusive-value
parameters of one the nests do not matter and the conditional logit stands; below one, places of a nest replace each
other more than places of another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from partnerlib.errors import DataError
from partnerlib.models.choice_sets import choices
from partnerlib.models.conditional_logit import fit_choices
from partnerlib.models.design import require_columns

POLISH = 12
"""Newton steps from where the quasi-Newton search has ended."""
STEP = 1e-5


@dataclass(frozen=True)
class NestedFit:
    """A fitted nested logit."""

    names: tuple[str, ...]
    """Terms of alternatives, then terms of nests, then `tau <nest>` for every nest."""
    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    conditional_log_likelihood: float
    """Of the same terms with every tau one."""
    choosers: int
    cautions: tuple[str, ...]

    @property
    def std_errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    def taus(self) -> pd.DataFrame:
        """Inclusive-value parameters with 95% intervals: nest, estimate, std_error, low, high."""
        at = [place for place, name in enumerate(self.names) if name.startswith("tau ")]
        value, error = self.coefficients[at], self.std_errors[at]
        return pd.DataFrame(
            {
                "nest": [self.names[place].removeprefix("tau ") for place in at],
                "estimate": value,
                "std_error": error,
                "low": value - 1.96 * error,
                "high": value + 1.96 * error,
            }
        )

    @property
    def test_of_independence(self) -> tuple[float, int, float]:
        """Likelihood ratio of all taus being one: statistic, degrees of freedom, p-value."""
        gain = max(2 * (self.log_likelihood - self.conditional_log_likelihood), 0.0)
        free = sum(name.startswith("tau ") for name in self.names)
        return gain, free, float(stats.chi2.sf(gain, free))


@dataclass(frozen=True)
class _Rows:
    terms: np.ndarray
    nest_starts: np.ndarray
    """First row of every nest of every chooser."""
    chooser_starts: np.ndarray
    """First nest of every chooser."""
    nest: np.ndarray
    """Which nest each of these is."""
    nest_terms: np.ndarray
    chosen_row: np.ndarray
    chosen_nest: np.ndarray


def fit_nested(
    rows: pd.DataFrame,
    terms: Sequence[str],
    nest: str,
    chooser: str,
    chosen: str,
    nest_terms: Sequence[str] = (),
) -> NestedFit:
    """Full-information maximum likelihood of two levels: a nest, and an alternative of it.

    Formula
        P(j) = P(j | m) P(m); P(j | m) = exp(x_j b) / sum over k in m exp(x_k b); IV_m = log of that sum;
        P(m) = exp(z_m a + tau_m IV_m) / sum over nests
    Errors
        inverse Hessian, by differences of the analytic score
    Source
        McFadden (1981); this form is Greene's
    """
    require_columns(rows, [*terms, *nest_terms, nest, chooser, chosen], "nested logit")
    if rows[nest].nunique() < 2:
        raise DataError(f"nested logit: {nest} holds one nest only; with one nest it is the conditional logit")
    ordered = rows.sort_values([chooser, nest], kind="stable")
    start = fit_choices(choices(ordered, terms, chooser, chosen))
    found, nests = _arrays(ordered, terms, nest_terms, nest, chooser, chosen)
    first = np.concatenate([start.coefficients, np.zeros(len(nest_terms)), np.ones(len(nests))])

    def value(at: np.ndarray) -> tuple[float, np.ndarray]:
        likelihood, score = _likelihood(found, at, len(nests))
        return -likelihood, -score

    searched = optimize.minimize(value, first, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 500})
    at, hessian = searched.x, _hessian(value, searched.x)
    for _ in range(POLISH):
        slope = value(at)[1]
        if np.abs(slope).max() < 1e-9:
            break
        following = at - np.linalg.pinv(hessian, hermitian=True) @ slope
        if value(following)[0] > value(at)[0] + 1e-9:
            break
        at, hessian = following, _hessian(value, following)
    names = (*terms, *nest_terms, *(f"tau {name}" for name in nests))
    is_settled = bool(np.abs(value(at)[1]).max() < 1e-4 * len(found.chosen_nest))
    return NestedFit(
        names=names,
        coefficients=at,
        covariance=np.linalg.pinv(hessian, hermitian=True),
        log_likelihood=-value(at)[0],
        conditional_log_likelihood=-value(first)[0] if nest_terms else start.log_likelihood,
        choosers=len(found.chooser_starts),
        cautions=(*start.cautions, *_cautions(at[-len(nests) :], nests, hessian, is_settled)),
    )


def reading_of_independence(fit: NestedFit) -> str:
    """What the check says, in a sentence."""
    gain, free, chance = fit.test_of_independence
    told = "; ".join(
        f"{row.nest} {row.estimate:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in fit.taus().itertuples()
    )
    if chance >= 0.05:
        verdict = "nothing here speaks against the conditional logit's independence of irrelevant alternatives"
    elif (fit.taus()["estimate"] <= 1).all():
        verdict = "alternatives of a nest replace one another more than the conditional logit lets them"
    else:
        verdict = "alternatives do not replace one another alike, and not by these nests either: try others"
    return f"Inclusive values {told}; all one: chi-squared {gain:.2f} with {free} df, p {chance:.3f}: {verdict}."


def _arrays(
    rows: pd.DataFrame, terms: Sequence[str], nest_terms: Sequence[str], nest: str, chooser: str, chosen: str
) -> tuple[_Rows, list[str]]:
    who, kind = pd.factorize(rows[chooser])[0], rows[nest].astype("str")
    nests = sorted(kind.unique())
    code = kind.map({name: place for place, name in enumerate(nests)}).to_numpy(np.int64)
    starts = np.flatnonzero((np.diff(who, prepend=-1) != 0) | (np.diff(code, prepend=-1) != 0))
    chosen_row = np.flatnonzero(rows[chosen].to_numpy(dtype=bool))
    return _Rows(
        terms=rows[list(terms)].to_numpy(float),
        nest_starts=starts,
        chooser_starts=np.flatnonzero(np.diff(who[starts], prepend=-1)),
        nest=code[starts],
        nest_terms=rows[list(nest_terms)].to_numpy(float)[starts],
        chosen_row=chosen_row,
        chosen_nest=np.searchsorted(starts, chosen_row, side="right") - 1,
    ), nests


def _likelihood(found: _Rows, at: np.ndarray, nests: int) -> tuple[float, np.ndarray]:
    terms, of_nests = found.terms.shape[1], found.nest_terms.shape[1]
    beta, alpha, tau = at[:terms], at[terms : terms + of_nests], at[terms + of_nests :][found.nest]
    utility = found.terms @ beta
    within, inclusive = _softmax(utility, found.nest_starts)
    means = np.add.reduceat(found.terms * within[:, None], found.nest_starts, axis=0)
    upper = found.nest_terms @ alpha + tau * inclusive
    share, total = _softmax(upper, found.chooser_starts)
    chosen = found.chosen_nest
    likelihood = (utility[found.chosen_row] - inclusive[chosen] + upper[chosen] - total).sum()
    excess = -share  # of every nest: chosen or not, less its probability
    excess[chosen] += 1
    score = np.concatenate(
        [
            (found.terms[found.chosen_row] - means[chosen]).sum(axis=0) + (means * (excess * tau)[:, None]).sum(axis=0),
            found.nest_terms.T @ excess,
            np.bincount(found.nest, weights=excess * inclusive, minlength=nests),
        ]
    )
    return float(likelihood), score


def _softmax(values: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares within groups, and the log of each group's sum of exponents."""
    sizes = np.diff(np.append(starts, len(values)))
    top = np.maximum.reduceat(values, starts)
    weight = np.exp(values - np.repeat(top, sizes))
    total = np.add.reduceat(weight, starts)
    return weight / np.repeat(total, sizes), top + np.log(total)


def _hessian(value: Callable[[np.ndarray], tuple[float, np.ndarray]], at: np.ndarray) -> np.ndarray:
    """Central differences of the analytic slope."""
    columns = []
    for move in np.diag(STEP * np.maximum(np.abs(at), 1e-2)):
        columns.append((value(at + move)[1] - value(at - move)[1]) / (2 * move.sum()))
    hessian = np.array(columns)
    return (hessian + hessian.T) / 2


def _cautions(taus: np.ndarray, nests: Sequence[str], hessian: np.ndarray, settled: bool) -> tuple[str, ...]:
    sentences = []
    if not settled:
        sentences.append("The likelihood did not converge; the coefficients are those of the last step.")
    if np.linalg.eigvalsh(hessian).min() <= 0:
        sentences.append("The likelihood is flat in some direction: not every inclusive value is identified.")
    if odd := [name for name, tau in zip(nests, taus, strict=True) if not 0 < tau <= 1.5]:
        sentences.append(
            f"Inclusive values of {', '.join(odd)} lie far outside 0 to 1: the nests do not fit the choice."
        )
    return tuple(sentences)
