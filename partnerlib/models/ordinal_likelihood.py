"""Likelihoods of ordered models: a level per group, or groups drawn from a normal distribution.

With eta = x'b - shift of the group: P(y = c) = F(cut_c - eta) - F(cut_{c-1} - eta). Both the logit and the probit are
log-concave in (b, cuts), so Newton's method from flat cuts finds the one maximum, if there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

NODES = 15
MOST_STEPS = 60
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Link:
    """A distribution: F, its density, and the density's slope."""

    cdf: Callable[[np.ndarray], np.ndarray]
    pdf: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


def _logistic_pdf(x: np.ndarray) -> np.ndarray:
    p = special.expit(x)
    return np.asarray(p * (1 - p))


LINKS = {
    "logit": Link(special.expit, _logistic_pdf, lambda x: _logistic_pdf(x) * (1 - 2 * special.expit(x))),
    "probit": Link(special.ndtr, stats.norm.pdf, lambda x: -x * stats.norm.pdf(x)),
}


@dataclass(frozen=True)
class Cuts:
    """A fit. Parameters: slopes, cuts, then shifts of groups after the first (fixed) or the log sd (random)."""

    parameters: np.ndarray
    information: np.ndarray
    """Minus the Hessian of the log likelihood."""
    scores: np.ndarray | None
    """(n, parameters); none for random shifts, whose likelihood does not come apart into rows."""
    log_likelihood: float
    converged: bool
    runs_away: bool = False
    """The likelihood still rises as parameters grow without end."""


def _sides(cuts: np.ndarray, y: np.ndarray, eta: np.ndarray, link: Link) -> tuple[np.ndarray, ...]:
    """Probability of the category, and densities and slopes at its upper and lower line (zero at the ends)."""
    last = len(cuts)
    above, below = y < last, y > 0
    upper = np.where(above, cuts[np.minimum(y, last - 1)] - eta, np.inf)
    lower = np.where(below, cuts[np.maximum(y - 1, 0)] - eta, -np.inf)
    # In the upper tail the difference of survival functions keeps its digits.
    flip = lower > 0
    p = np.where(flip, link.cdf(-lower) - link.cdf(-upper), link.cdf(upper) - link.cdf(lower))
    up, low = np.where(above, upper, 0.0), np.where(below, lower, 0.0)
    f1, f0 = np.where(above, link.pdf(up), 0.0), np.where(below, link.pdf(low), 0.0)
    g1, g0 = np.where(above, link.slope(up), 0.0), np.where(below, link.slope(low), 0.0)
    return np.maximum(p, 1e-300), f1, f0, g1, g0


def _derivatives(
    parameters: np.ndarray, x: np.ndarray, y: np.ndarray, groups: np.ndarray, count: int, link: Link
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log likelihood, scores by row, and minus its Hessian; parameters are slopes, cuts, shifts of groups 1 on."""
    k, n = x.shape[1], len(y)
    cuts = parameters[k : k + count]
    shifts = np.append(0.0, parameters[k + count :])
    p, f1, f0, g1, g0 = _sides(cuts, y, x @ parameters[:k] - shifts[groups], link)
    # Directions of the upper and lower line in the parameters: lines rise with their cut and shift, fall with x'b.
    ahead, behind = np.zeros((2, n, len(parameters)))
    ahead[:, :k] = behind[:, :k] = -x
    row = np.arange(n)
    above, below = y < count, y > 0
    ahead[row[above], k + y[above]] = 1.0
    behind[row[below], k + y[below] - 1] = 1.0
    shifted = groups > 0
    ahead[row[shifted], k + count + groups[shifted] - 1] = 1.0
    behind[row[shifted], k + count + groups[shifted] - 1] = 1.0
    scores = (f1[:, None] * ahead - f0[:, None] * behind) / p[:, None]
    information = scores.T @ scores - ahead.T @ (ahead * (g1 / p)[:, None]) + behind.T @ (behind * (g0 / p)[:, None])
    return float(np.log(p).sum()), scores, information


def fixed_shifts(x: np.ndarray, y: np.ndarray, groups: np.ndarray, link: Link) -> Cuts:
    """Maximum likelihood with one shift per group beyond the first, by Newton's method."""
    count, k = int(y.max()), x.shape[1]
    parameters = np.concatenate([np.zeros(k), _flat_cuts(y, link), np.zeros(int(groups.max()))])
    value, scores, information = _derivatives(parameters, x, y, groups, count, link)
    converged = runs_away = False
    for _ in range(MOST_STEPS):
        gradient = scores.sum(axis=0)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            runs_away = True
            break
        if gradient @ step < TOLERANCE * (1 + abs(value)):
            converged = True
            break
        size = 1.0
        while size > 1e-8:
            ahead = parameters + size * step
            if (np.diff(ahead[k : k + count]) > 0).all():
                found = _derivatives(ahead, x, y, groups, count, link)
                if found[0] > value:
                    break
            size /= 2
        else:
            break
        parameters, (value, scores, information) = ahead, found
    # One more step: at 1e-10 of the likelihood coefficients may still be a millionth away.
    if converged:
        parameters = parameters + step
        value, scores, information = _derivatives(parameters, x, y, groups, count, link)
    runs_away = runs_away or bool(np.abs(parameters[:k]).max(initial=0.0) > 1e3)
    return Cuts(parameters, information, scores, value, converged, runs_away)


def _flat_cuts(y: np.ndarray, link: Link) -> np.ndarray:
    shares = np.cumsum(np.bincount(y) / len(y))[:-1]
    quantile = special.logit if link is LINKS["logit"] else special.ndtri
    return np.asarray(quantile(shares))


def random_shifts(x: np.ndarray, y: np.ndarray, groups: np.ndarray, link: Link) -> Cuts:
    """Maximum likelihood with normal shifts of groups, by adaptive quadrature of 15 nodes around each group's mode."""
    start = fixed_shifts(x, y, np.zeros_like(groups), link)
    k, count, members = x.shape[1], int(y.max()), int(groups.max()) + 1
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    log_weights = np.log(weights) + nodes**2 / 2
    mode = np.zeros(members)

    def modes(parameters: np.ndarray, sd: float) -> tuple[np.ndarray, np.ndarray]:
        """Where each group's integrand peaks in the standardised shift, and how wide it is there."""
        eta, cuts = x @ parameters[:k], parameters[k : k + count]
        u = mode.copy()
        for _ in range(50):
            p, f1, f0, g1, g0 = _sides(cuts, y, eta - sd * u[groups], link)
            score = (f1 - f0) / p
            first = sd * np.bincount(groups, score, members) - u
            second = -(sd**2) * np.bincount(groups, (g1 - g0) / p - score**2, members) + 1
            step = first / second
            u = u + step
            if np.abs(step).max() < 1e-9:
                break
        return u, 1 / np.sqrt(second)

    def value(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the log likelihood and its gradient, from the posterior weights of the nodes."""
        cuts, sd = parameters[k : k + count], float(np.exp(parameters[-1]))
        if (np.diff(cuts) <= 0).any():
            return 1e10, np.zeros(len(parameters))
        mode[:], width = modes(parameters, sd)
        eta = x @ parameters[:k]
        total = np.empty((members, NODES))
        parts = []
        for place, node in enumerate(nodes):
            u = mode + width * node
            p, f1, f0, _, _ = _sides(cuts, y, eta - sd * u[groups], link)
            total[:, place] = np.bincount(groups, np.log(p), members) - u**2 / 2 + log_weights[place] + np.log(width)
            parts.append((f1 / p, f0 / p, u))
        whole = special.logsumexp(total, axis=1)
        posterior = np.exp(total - whole[:, None])
        gradient = np.zeros(len(parameters))
        for place, (up, low, u) in enumerate(parts):
            w = posterior[groups, place]
            gradient[:k] -= x.T @ (w * (up - low))
            gradient[k : k + count] += np.bincount(y, w * up, count + 1)[:count]
            gradient[k : k + count] -= np.bincount(y, w * low, count + 1)[1:]
            gradient[-1] += sd * float((w * (up - low) * u[groups]).sum())
        return -float(whole.sum() - members * np.log(2 * np.pi) / 2), -gradient

    first = np.concatenate([start.parameters, [np.log(0.5)]])
    found = optimize.minimize(value, first, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 500})
    at = found.x
    information = _hessian(lambda parameters: value(parameters)[1], at)
    # BFGS stops near the top; a Newton step with the true curvature ends there.
    at = at - np.linalg.solve(information, value(at)[1])
    least, gradient = value(at)
    information = _hessian(lambda parameters: value(parameters)[1], at)
    return Cuts(at, information, None, -least, bool(np.abs(gradient).max() < 1e-3), start.runs_away)


def _hessian(gradient: Callable[[np.ndarray], np.ndarray], at: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Central differences of the gradient."""
    moves = step * np.eye(len(at))
    hessian = np.array([(gradient(at + move) - gradient(at - move)) / (2 * step) for move in moves])
    return (hessian + hessian.T) / 2
