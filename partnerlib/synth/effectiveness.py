"""Evaluation ratings: coarse, stable from year to year, a little related to value added."""

from __future__ import annotations

import numpy as np

from partnerlib.synth.arrays import Flags, Floats, Ints
from partnerlib.synth.parameters import EVALUATED_SHARES, RATING_SHARES, Parameters
from partnerlib.synth.people import People

_PROFESSIONAL_AFTER = 3
"""Years of service to professional status."""
_EXEMPLARY_RATIO = 0.45
_LOW_RATIO = 4.0
"""Chances of staff without professional status over those with it (state rows of 2014-15)."""


def rate_staff(
    rng: np.random.Generator, people: People, october: dict[str, np.ndarray], year: int, parameters: Parameters
) -> dict[str, np.ndarray]:
    """The year's ratings of teaching staff: 0 Exemplary to 3 Unsatisfactory, -1 not evaluated; standards I to IV."""
    teaching = october["job"] <= 3
    person = october["person"][teaching]
    if year not in RATING_SHARES:
        return {"person": person[:0], "school": october["school"][teaching][:0], "overall": person[:0],
                "standards": np.zeros((0, 4), np.int64), "is_formative": np.zeros(0, bool)}  # fmt: skip
    latent = (
        0.35 * people["va_math"][person] / parameters.value_added_sd_math
        + 0.60 * people["rating_trait"][person]
        + 0.70 * rng.standard_normal(len(person))
    )
    professional = october["seniority"][teaching] >= _PROFESSIONAL_AFTER
    shares = _shares_by_status(np.array(RATING_SHARES[year]), professional.mean())
    overall = _cut(latent, shares, professional)
    standards = np.stack(
        [_cut(0.85 * latent + 0.53 * rng.standard_normal(len(person)), shares, professional) for _ in range(4)], axis=1
    )
    people["rating"][person] = overall
    evaluated = rng.random(len(person)) < EVALUATED_SHARES[year]
    return {
        "person": person,
        "school": october["school"][teaching],
        "overall": np.where(evaluated, overall, -1),
        "standards": standards,
        "is_formative": professional & (rng.random(len(person)) < 0.3),
    }


def _shares_by_status(overall: Floats, professional: float) -> Floats:
    """Rating shares (rows: without and with professional status) that average to the state's."""
    with_status = np.empty(4)
    with_status[0] = overall[0] / (professional + (1 - professional) * _EXEMPLARY_RATIO)
    with_status[2:] = overall[2:] / (professional + (1 - professional) * np.array([_LOW_RATIO, 1.5]))
    without = np.empty(4)
    without[0] = with_status[0] * _EXEMPLARY_RATIO
    without[2:] = with_status[2:] * np.array([_LOW_RATIO, 1.5])
    for shares in (with_status, without):
        shares[1] = 1 - shares[0] - shares[2:].sum()
    return np.stack([without, with_status])


def _cut(latent: Floats, shares: Floats, professional: Flags) -> Ints:
    """Ratings in the shares wanted, by the rank of `latent` within each status."""
    rating = np.zeros(len(latent), np.int64)
    for status in (0, 1):
        rows = np.flatnonzero(professional == bool(status))
        rank = np.empty(len(rows))
        rank[np.argsort(-latent[rows], kind="stable")] = (np.arange(len(rows)) + 0.5) / max(len(rows), 1)
        rating[rows] = np.searchsorted(np.cumsum(shares[status])[:3], rank)
    return rating
