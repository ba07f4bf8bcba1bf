"""Do teachers leave more in some districts for reasons no column holds? The hazard again, with a frailty by district.

Unmeasured differences between districts bias yearly odds towards nothing and hide in standard errors. A random
intercept by district measures them and shows whether the coefficients of the plain hazard survive: a check beside the
hazard model, not a replacement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from partnerlib.errors import DataError
from partnerlib.models.design import numeric_terms, refuse_unanswerable, usable_rows
from partnerlib.models.identical_rows import identical_rows
from partnerlib.models.results import Estimates, coefficient_table
from partnerlib.models.retention import HAZARD_CAN_BE_WRONG, LEVELS, hazard_model, periods_with_both_outcomes
from partnerlib.models.support import support

NODES = 15
FEWEST_DISTRICTS = 20
"""Below this many districts their standard deviation is hardly known (our reading of the simulations in the field)."""
BOUNDARY = 0.02
"""A standard deviation of log odds below this is none: the likelihood is flat there."""
DIFFERENCE = 1e-5
"""Step of the numerical derivatives of the score."""

FRAILTY_CAN_BE_WRONG = (
    *HAZARD_CAN_BE_WRONG,
    "The frailty is taken to be normal on the log-odds scale and unrelated to the exposures: districts that place and "
    "keep more bias it.",
)


@dataclass(frozen=True)
class Frailty:
    """The hazard with and without a frailty, and whether there is one."""

    plain: Estimates
    shared: Estimates
    std_dev: float
    """Standard deviation between districts of the log odds of leaving, the terms held fixed."""
    std_dev_low: float
    std_dev_high: float
    """95% interval on the log scale; none at the boundary."""
    p_value: float
    """Likelihood-ratio test of no frailty: half of chi-squared with one degree of freedom (the boundary)."""
    groups: int
    is_at_boundary: bool

    def ladder(self) -> tuple[Estimates, ...]:
        return self.plain, self.shared


def shared_frailty(
    periods: pd.DataFrame,
    *,
    exposures: Sequence[str] = (),
    covariates: Sequence[str] = (),
    group: str = "district_code",
    person: str = "mepid",
    level: str = "state_position",
    sample_id: str,
) -> Frailty:
    """Log odds of leaving in a year given still there and given the district; and how much districts differ.

    Formula
        logit h(t | district) = a_t + exposures b + covariates c + sigma u, u standard normal; u integrated out by
        adaptive Gauss-Hermite quadrature with 15 nodes
    Errors
        inverse of the observed information in (coefficients, sigma); the plain model beside it is clustered by the
        group. Coefficients given the district are larger than averages over districts by about (1 + 0.35 sigma^2)^0.5
    Says by itself
        a variance at the boundary of zero; fewer than 20 districts; no convergence
    """
    needed = ["exited", "period", person, group, *exposures]
    rows = usable_rows(periods, needed, "shared frailty")
    refuse_unanswerable(rows.frame, "exited", exposures, group, (), "shared frailty")
    informative, cautions = periods_with_both_outcomes(rows.frame)
    duration = pd.get_dummies(informative["period"].astype(int), dtype=float).add_prefix("year ")
    design = pd.concat(
        [informative[list(exposures)].astype("float64"), numeric_terms(informative, covariates), duration], axis=1
    )
    plain = hazard_model(
        periods, exposures=exposures, covariates=covariates, cluster=group, person=person, level=level,
        specification="no frailty", sample_id=sample_id,
    )  # fmt: skip
    if plain.terms["estimate"].isna().any():
        lost = ", ".join(plain.terms.loc[plain.terms["estimate"].isna(), "term"])
        raise DataError(
            f"shared frailty: {lost} tells perfectly who leaves; leave the covariate out or join its levels"
        )
    likelihood = _Likelihood.of(design, informative["exited"], informative[group])
    found = _maximum(likelihood, plain.terms["estimate"].to_numpy())
    groups = int(informative[group].nunique())
    ratio = max(2 * (found.log_likelihood - plain.statistics["log_likelihood"]), 0.0)
    at_boundary = found.std_dev < BOUNDARY
    spread = _interval(found) if not at_boundary else (np.nan, np.nan)
    sentences = _sentences(groups, group, at_boundary, found.has_converged)
    shared = Estimates(
        terms=coefficient_table(list(design.columns), found.coefficients, found.std_errors),
        estimand=f"log odds of {LEVELS[level][1]} in a year, given still there and given the {group}",
        outcome="exited",
        specification=f"frailty by {group}",
        clustering=f"random intercept of {group}",
        n=len(informative),
        people=int(informative[person].nunique()),
        clusters=groups,
        sample_id=sample_id,
        wrong_if=FRAILTY_CAN_BE_WRONG,
        cautions=(*rows.cautions, *cautions, *sentences),
        statistics={"log_likelihood": found.log_likelihood, "std_dev": found.std_dev, "likelihood_ratio": ratio},
        support=support(
            informative["exited"].astype("float64"), design, informative[person], exposures=exposures
        ),
    )  # fmt: skip
    p_value = 0.5 * float(stats.chi2.sf(ratio, 1)) if ratio > 0 and not at_boundary else 1.0
    return Frailty(plain, shared, found.std_dev, *spread, p_value, groups, at_boundary)


@dataclass(frozen=True)
class _Likelihood:
    """Counted rows sorted by district, ready for quadrature."""

    exog: np.ndarray
    left: np.ndarray
    """People who left, per distinct row."""
    n: np.ndarray
    group: np.ndarray
    groups: int

    @classmethod
    def of(cls, design: pd.DataFrame, exited: pd.Series, group: pd.Series) -> _Likelihood:
        code = pd.factorize(group, sort=True)[0]
        columns = [design[name].to_numpy(dtype=float) for name in design.columns]
        row, position = identical_rows([code, *columns])
        left = np.bincount(row, weights=exited.to_numpy(dtype=float), minlength=len(position))
        exog = np.column_stack([column[position] for column in columns])
        return cls(exog, left, np.bincount(row).astype(float), code[position], int(code.max()) + 1)

    def value(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Log likelihood and score at (coefficients, sigma), districts' frailties integrated out."""
        sigma, fixed = parameters[-1], self.exog @ parameters[:-1]
        mode, spread = self._modes(fixed, sigma)
        nodes, weights = special.roots_hermite(NODES)
        u = mode[:, None] + np.sqrt(2) * spread[:, None] * nodes  # groups x nodes
        index = fixed[:, None] + sigma * u[self.group]
        each = self.left[:, None] * index - self.n[:, None] * np.logaddexp(0, index)
        joint = self._by_group(each) - u**2 / 2 - 0.5 * np.log(2 * np.pi) + nodes**2 + np.log(weights)
        highest = joint.max(axis=1, keepdims=True)
        share = np.exp(joint - highest)
        total = share.sum(axis=1, keepdims=True)
        log_likelihood = float((np.log(total) + highest).sum() + np.log(np.sqrt(2) * spread).sum())
        posterior = (share / total)[self.group]
        residual = self.left[:, None] - self.n[:, None] * special.expit(index)
        score = np.append(
            self.exog.T @ (posterior * residual).sum(axis=1), (posterior * residual * u[self.group]).sum()
        )
        return log_likelihood, score

    def _modes(self, fixed: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
        """Where each district's integrand peaks, and how wide it is, by Newton's method."""
        u = np.zeros(self.groups)
        for _ in range(50):
            p = special.expit(fixed + sigma * u[self.group])
            slope = sigma * np.bincount(self.group, self.left - self.n * p, self.groups) - u
            curvature = sigma**2 * np.bincount(self.group, self.n * p * (1 - p), self.groups) + 1
            step = np.clip(slope / curvature, -2, 2)
            u = u + step
            if np.abs(step).max() < 1e-10:
                break
        return u, 1 / np.sqrt(curvature)

    def _by_group(self, values: np.ndarray) -> np.ndarray:
        starts = np.searchsorted(self.group, np.arange(self.groups))
        return np.add.reduceat(values, starts, axis=0)


@dataclass(frozen=True)
class _Maximum:
    coefficients: np.ndarray
    std_dev: float
    log_likelihood: float
    std_errors: np.ndarray
    std_dev_error: float
    has_converged: bool


def _maximum(likelihood: _Likelihood, start: np.ndarray) -> _Maximum:
    """Quasi-Newton from the plain hazard, polished by Newton steps, then the observed information."""

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        value, score = likelihood.value(parameters)
        return -value, -score

    found = optimize.minimize(loss, np.append(start, 0.4), jac=True, method="BFGS", options={"gtol": 1e-6})
    at, information = found.x, np.eye(len(found.x))
    for _ in range(5):
        information = _information(likelihood, at)
        score = likelihood.value(at)[1]
        step = np.linalg.lstsq(information, score, rcond=1e-12)[0]
        if likelihood.value(at + step)[0] < likelihood.value(at)[0] - 1e-9:
            break
        at = at + step
        if np.abs(step).max() < 1e-9:
            break
    value, score = likelihood.value(at)
    errors = np.sqrt(np.clip(np.diag(np.linalg.pinv(information, hermitian=True)), 0, None))
    return _Maximum(
        at[:-1], abs(float(at[-1])), value, errors[:-1], float(errors[-1]), bool(np.abs(score).max() < 1e-3)
    )


def _information(likelihood: _Likelihood, at: np.ndarray) -> np.ndarray:
    """Minus the derivative of the score, by central differences."""
    columns = [
        (likelihood.value(at - step)[1] - likelihood.value(at + step)[1]) / (2 * DIFFERENCE)
        for step in DIFFERENCE * np.eye(len(at))
    ]
    information = np.column_stack(columns)
    return (information + information.T) / 2


def _interval(found: _Maximum) -> tuple[float, float]:
    reach = stats.norm.ppf(0.975) * found.std_dev_error / found.std_dev
    return float(found.std_dev * np.exp(-reach)), float(found.std_dev * np.exp(reach))


def _sentences(groups: int, group: str, at_boundary: bool, has_converged: bool) -> tuple[str, ...]:
    sentences = []
    if at_boundary:
        sentences.append(
            f"The variance between levels of {group} is at the boundary of zero: no frailty is found, and the "
            "estimates are those of the plain hazard."
        )
    if groups < FEWEST_DISTRICTS:
        sentences.append(
            f"Only {groups} levels of {group}: below {FEWEST_DISTRICTS} their variance is hardly known and tends to "
            "come out too small."
        )
    if not has_converged:
        sentences.append("The likelihood did not converge; the coefficients are those of the last step.")
    return tuple(sentences)
