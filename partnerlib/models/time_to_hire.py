"""Who is ever hired, and when? Two questions that one curve of hires over time would mix.

Some completers never teach in the state's public schools, however long one waits. A split-population (cure) hazard
gives the chance of ever being hired, and the speed among those who will be, each its own coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from partnerlib.errors import DataError
from partnerlib.models.design import numeric_terms, refuse_unanswerable, usable_rows
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.sandwich import covariance, likelihood_factor, meat_of_clusters
from partnerlib.models.support import support

STEP = 1e-5
LARGEST_ERROR = 2.0
"""Standard error of the log odds of ever being hired beyond which the waiting tells nothing of who never will."""

FLAT = 1e-3
"""Information about a term of unit size, as a root and a share of the largest, below which it is taken as none."""

WAITING_CAN_BE_WRONG = (
    "The share never hired is read from how the curve of hires flattens, under the shape the model gives it (Weibull).",
    "Jobs in private schools and other states are not seen: never found here is not never employed.",
    "A placement can change who completes; only completers are asked about their first job.",
)


@dataclass(frozen=True)
class SplitPopulation:
    """The two parts of one fit, on the same people."""

    ever: Estimates
    """Log odds of ever being hired."""
    speed: Estimates
    """Log hazard of being hired in a year among those who will be: a positive coefficient is sooner."""
    share_ever: float
    """Mean probability of ever being hired."""
    log_likelihood: float


def waiting_times(first_jobs: pd.DataFrame, last_october: int) -> pd.DataFrame:
    """Completers with the Octobers they waited: `waited` (1 is the first after completion) and `is_hired`.

    Whose first October is not collected yet has not waited and has no row. Not found by the last October is censored
    there: waiting, not unemployed.
    """
    rows = first_jobs[first_jobs["completion_year"].notna()]
    seen = (last_october - rows["completion_year"]).astype("int64")
    hired = (rows["years_to_hire"] + 1).where(rows["years_to_hire"] + 1 <= seen)
    waited = hired.fillna(seen).astype("int64")
    return rows.assign(waited=waited, is_hired=hired.notna().to_numpy(bool)).loc[seen > 0].reset_index(drop=True)


def time_to_hire(
    waits: pd.DataFrame,
    *,
    exposures: Sequence[str],
    sample_id: str,
    covariates: Sequence[str] = (),
    cluster: str = "placement_school_code",
    person: str = "candidate_id",
) -> SplitPopulation:
    """Whether a completer is ever hired, and how soon if so.

    Formula
        log odds p_i = z_i g; S_i(t) = exp(-(t^k) exp(z_i b)), t Octobers after completion, f(t) = S(t - 1) - S(t);
        likelihood of i = [p_i f_i(t)]^d [1 - p_i + p_i S_i(t)]^(1 - d), d = 1 when hired
    Errors
        clustered by the placement school, factor G/(G-1), normal quantiles
    Refused
        where the wait tells nothing of who never will be hired: people are still hired as fast in the last October
    Source
        Schmidt & Witte (1989); Goldhaber, Krieg & Theobald (2014) for new teachers
    """
    model = "time to hire"
    rows = usable_rows(waits, ["waited", "is_hired", cluster, person, *exposures], model)
    refuse_unanswerable(waits, "is_hired", exposures, cluster, (), model)
    frame = rows.frame
    terms = pd.concat([frame[list(exposures)].astype(float), numeric_terms(frame, covariates)], axis=1)
    terms = terms.assign(constant=1.0)
    hired, waited = frame["is_hired"].to_numpy(bool), frame["waited"].to_numpy(float)
    if len(np.unique(waited[hired])) < 3:
        raise DataError(
            f"{model}: hires in {len(np.unique(waited[hired]))} different Octobers only; the curve needs three or more "
            "to flatten: wait for older cohorts, or use the share employed by the first October"
        )
    design, names = terms.to_numpy(float), list(terms.columns)
    found, information, scores = _fit(design, hired, waited)
    bread = np.linalg.pinv(information, hermitian=True)
    _refuse_flat(names, design, information, bread, int(waited.max()))
    clusters = frame[cluster].to_numpy()
    groups, people = frame[cluster].nunique(), frame[person].nunique()
    robust = np.sqrt(np.diag(covariance(bread, meat_of_clusters(scores, clusters), likelihood_factor(groups))))
    k = design.shape[1]
    share = 1 / (1 + np.exp(-design @ found[:k]))
    likelihood = float(_likelihoods(found, design, hired, waited).sum())
    shared = {
        "specification": "split population" + (" + covariates" if covariates else ""),
        "clustering": f"by {cluster}",
        "n": len(frame),
        "people": int(people),
        "clusters": int(groups),
        "sample_id": sample_id,
        "wrong_if": WAITING_CAN_BE_WRONG,
        "cautions": (*rows.cautions, *size_cautions(int(people), int(groups), cluster)),
        "statistics": {
            "log_likelihood": likelihood,
            "share_ever": float(share.mean()),
            "shape": float(np.exp(found[-1])),
        },
        "support": support(frame["is_hired"].astype(float), terms, frame[person], exposures=exposures),
    }
    ever = Estimates(
        terms=coefficient_table(names, found[:k], robust[:k]),
        estimand="log odds of ever being found at work in a public school of the state, per unit of the term",
        outcome="is_ever_hired",
        **shared,  # type: ignore[arg-type]
    )
    speed = Estimates(
        terms=coefficient_table(names, found[k : 2 * k], robust[k : 2 * k]),
        estimand="log hazard of being hired in a year among those who will be, per unit of the term (positive: sooner)",
        outcome="waited",
        **shared,  # type: ignore[arg-type]
    )
    return SplitPopulation(ever, speed, float(share.mean()), likelihood)


def _refuse_flat(
    names: Sequence[str], design: np.ndarray, information: np.ndarray, bread: np.ndarray, last: int
) -> None:
    """Refuse where the likelihood is flat: in a single term, or in the share of average people who are ever hired.

    Terms are looked at in units of their own size, so that dollars and thousands of dollars get the same answer.
    """
    size = np.sqrt((design**2).mean(axis=0))
    level = np.sqrt(np.maximum(np.diag(information), 0.0)) / np.concatenate([size, size, [1.0]])
    mean = design.mean(axis=0)
    parts = [*(f"{name} (whether)" for name in names), *(f"{name} (when)" for name in names), "the curve's shape"]
    flat = [part for part, value in zip(parts, level, strict=True) if value < FLAT * level.max()]
    k = len(names)
    error = float(np.sqrt(max(mean @ bread[:k, :k] @ mean, 0.0)))
    if flat or error > LARGEST_ERROR:
        raise DataError(
            f"time to hire: no finite estimate of {', '.join(flat) or 'the share ever hired'}: hires have not levelled "
            f"off by the last October ({last} after completion), so that late and never cannot be told apart, or "
            "everybody or nobody of a kind is hired, or all in one October; follow cohorts longer, leave the term out "
            "or merge its categories"
        )


def _likelihoods(at: np.ndarray, design: np.ndarray, hired: np.ndarray, waited: np.ndarray) -> np.ndarray:
    """Log likelihood of every person."""
    k = design.shape[1]
    return _of_index(design @ at[:k], design @ at[k : 2 * k], at[-1], hired, waited)


def _of_index(odds: np.ndarray, pace: np.ndarray, bend: float, hired: np.ndarray, waited: np.ndarray) -> np.ndarray:
    """The same from the log odds of ever being hired, the log pace, and the log of the shape."""
    rate, shape = np.exp(np.clip(pace, -30, 30)), np.exp(np.clip(bend, -3, 3))
    log_ever, log_never = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)
    before, after = -rate * (waited - 1) ** shape, -rate * waited**shape
    log_now = before + np.log(-np.expm1(np.minimum(after - before, -1e-300)))
    return np.where(hired, log_ever + log_now, np.logaddexp(log_never, log_ever + after))


def _scores(at: np.ndarray, design: np.ndarray, hired: np.ndarray, waited: np.ndarray) -> np.ndarray:
    """Slope of every person's log likelihood: differences by odds, pace and bend, and the chain rule from there."""
    k = design.shape[1]
    odds, pace, bend = design @ at[:k], design @ at[k : 2 * k], at[-1]

    def moved(by: np.ndarray) -> np.ndarray:
        return _of_index(odds + by[0], pace + by[1], bend + by[2], hired, waited)

    slopes = [(moved(by) - moved(-by)) / (2 * STEP) for by in np.eye(3) * STEP]
    return np.hstack([design * slopes[0][:, None], design * slopes[1][:, None], slopes[2][:, None]])


def _fit(design: np.ndarray, hired: np.ndarray, waited: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, information and the scores of every person; searched for on terms of unit spread."""
    spread = np.where(design.std(axis=0) > 0, design.std(axis=0), 1.0)
    unit = np.concatenate([spread, spread, [1.0]])
    scaled, people = design / spread, len(hired)
    start = np.zeros(len(unit))
    share = np.clip(hired.mean(), 0.05, 0.9)
    start[design.shape[1] - 1] = np.log(share / (1 - share)) + 0.5

    def slope(at: np.ndarray) -> np.ndarray:
        return _scores(at, scaled, hired, waited).sum(axis=0)

    found = optimize.minimize(
        lambda at: -_likelihoods(at, scaled, hired, waited).sum() / people, start, jac=lambda at: -slope(at) / people,
        method="BFGS", options={"gtol": 1e-8},
    ).x  # fmt: skip
    moves = np.eye(len(unit)) * 1e-4
    information = -np.array([(slope(found + move) - slope(found - move)) / 2e-4 for move in moves])
    information = (information + information.T) / 2
    return found / unit, information * np.outer(unit, unit), _scores(found, scaled, hired, waited) * unit
