"""How much selection that nobody measured would it take to explain an effect away?

What measured traits do to a coefficient says something of what unmeasured ones could do. The answer is a number to
argue about, never a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.design import numeric_terms, refuse_unanswerable, usable_rows
from partnerlib.models.linear import Question

USUAL = 1.3
"""R2 that measured and unmeasured traits together could reach, as a multiple of the controlled model's (Oster 2019)."""


@dataclass(frozen=True)
class SelectionBounds:
    """One exposure, raw and controlled, and what unmeasured selection would make of it."""

    exposure: str
    raw: float
    controlled: float
    r2_raw: float
    r2_controlled: float
    r2_most: float
    adjusted: float
    """The coefficient if unmeasured traits select as much as the measured ones (delta = 1)."""
    delta: float
    """How many times as much unmeasured traits must select for the coefficient to be zero."""
    n: int
    sample_id: str

    @property
    def identified_set(self) -> tuple[float, float]:
        """From the controlled coefficient to the one under equal selection: without zero, the sign holds."""
        return min(self.controlled, self.adjusted), max(self.controlled, self.adjusted)

    def __str__(self) -> str:
        low, high = self.identified_set
        verdict = (
            "the sign could turn under selection as strong as that by the measured traits"
            if low <= 0 <= high
            else "the sign holds under selection as strong as that by the measured traits"
        )
        way = "" if self.delta > 0 else " in the opposite direction"
        return (
            f"{self.exposure}: raw {self.raw:.3f} (R2 {self.r2_raw:.3f}), controlled {self.controlled:.3f} "
            f"(R2 {self.r2_controlled:.3f}); with equal selection on unmeasured traits up to R2 {self.r2_most:.3f}: "
            f"{self.adjusted:.3f}; zero needs {abs(self.delta):.1f} times as much{way}: {verdict}"
        )


def selection_bounds(
    frame: pd.DataFrame,
    question: Question,
    covariates: Sequence[str],
    effects: Sequence[str] = (),
    r2_factor: float = USUAL,
) -> tuple[SelectionBounds, ...]:
    """Bounds of every exposure of a question, the other exposures counted among the controls of both models.

    Formula
        see `adjusted_coefficient` and `selection_for_zero`; R2 most = min(r2_factor x controlled R2, 1)
    Source
        Oster (2019), propositions 2 and 3; Altonji, Elder & Taber (2005)
    """
    if r2_factor < 1:
        raise ParameterError(f"selection bounds: r2_factor {r2_factor} is below 1, the controlled model's own R2")
    model = f"selection bounds of {question.outcome}"
    factors = [factor for effect in effects for factor in effect.split("^")]
    rows = usable_rows(frame, [question.outcome, *question.exposures, question.person, *factors], model).frame
    refuse_unanswerable(frame, question.outcome, question.exposures, question.cluster, effects, model)
    outcome = rows[question.outcome].astype(float).to_numpy()
    levels = [rows.groupby(effect.split("^")).ngroup().astype("str") for effect in effects]
    dummies = [pd.get_dummies(level, prefix=name, dtype=float) for level, name in zip(levels, effects, strict=True)]
    controls = pd.concat([numeric_terms(rows, covariates), *dummies], axis=1).to_numpy(float)
    if not controls.shape[1]:
        raise DataError(f"{model}: no control varies; bounds compare a model with controls to one without")
    found = []
    for exposure in question.exposures:
        others = rows[[name for name in question.exposures if name != exposure]].astype(float).to_numpy()
        always = np.column_stack([np.ones(len(rows)), others])
        moments = _moments(outcome, rows[exposure].astype(float).to_numpy(), always, controls)
        most = min(r2_factor * moments["r2_controlled"], 1.0)
        found.append(
            SelectionBounds(
                exposure=exposure,
                raw=moments["raw"],
                controlled=moments["controlled"],
                r2_raw=moments["r2_raw"],
                r2_controlled=moments["r2_controlled"],
                r2_most=most,
                adjusted=adjusted_coefficient(**moments, r2_most=most),
                delta=selection_for_zero(**moments, r2_most=most),
                n=len(rows),
                sample_id=question.sample_id,
            )
        )
    return tuple(found)


def adjusted_coefficient(
    *, raw: float, controlled: float, r2_raw: float, r2_controlled: float, r2_most: float, outcome_variance: float,
    exposure_variance: float, left_variance: float,
) -> float:  # fmt: skip
    """The coefficient when unmeasured traits select exactly as much as measured ones.

    Formula
        controlled - nu, nu the root nearest zero of a nu^2 + b nu - c = 0 with gap = raw - controlled,
        a = left x gap x var(X), c = (R2 most - R2) var(Y) gap var(X),
        b = (R2 - R2 raw) var(Y) left + var(X) left gap^2 - (R2 most - R2) var(Y) (var(X) - left)
        where left is the variance of the exposure that the controls do not explain
    """
    gap = raw - controlled
    room = (r2_most - r2_controlled) * outcome_variance
    a = left_variance * gap * exposure_variance
    b = (r2_controlled - r2_raw) * outcome_variance * left_variance + exposure_variance * left_variance * gap**2
    b -= room * (exposure_variance - left_variance)
    c = room * gap * exposure_variance
    roots = np.roots([a, b, -c])
    real = roots[np.abs(roots.imag) < 1e-9].real
    return float(controlled - real[np.argmin(np.abs(real))]) if len(real) else float("nan")


def selection_for_zero(
    *, raw: float, controlled: float, r2_raw: float, r2_controlled: float, r2_most: float, outcome_variance: float,
    exposure_variance: float, left_variance: float,
) -> float:  # fmt: skip
    """How many times as much as measured traits unmeasured ones must select for the coefficient to be zero."""
    gap, room = raw - controlled, (r2_most - r2_controlled) * outcome_variance
    cubic = controlled**3 * (left_variance * exposure_variance - left_variance**2)
    square = controlled**2 * left_variance * gap * exposure_variance
    above = controlled * (r2_controlled - r2_raw) * outcome_variance * left_variance
    above += controlled * exposure_variance * left_variance * gap**2 + 2 * square + cubic
    below = room * gap * exposure_variance + controlled * room * (exposure_variance - left_variance) + square + cubic
    return float(above / below) if below else float("inf")


def _moments(outcome: np.ndarray, exposure: np.ndarray, always: np.ndarray, controls: np.ndarray) -> dict[str, float]:
    """What the formulas ask of the two regressions, terms of both taken out first."""
    y, x = _residual(outcome, always), _residual(exposure, always)
    w = controls - always @ np.linalg.lstsq(always, controls, rcond=None)[0]
    left = _residual(x, w)
    rest = _residual(y, w)
    raw, controlled = float(x @ y / (x @ x)), float(left @ rest / (left @ left))
    return {
        "raw": raw,
        "controlled": controlled,
        "r2_raw": 1 - float(np.var(y - raw * x) / np.var(y)),
        "r2_controlled": 1 - float(np.var(rest - controlled * left) / np.var(y)),
        "outcome_variance": float(np.var(y)),
        "exposure_variance": float(np.var(x)),
        "left_variance": float(np.var(left)),
    }


def _residual(values: np.ndarray, terms: np.ndarray) -> np.ndarray:
    return values - terms @ np.linalg.lstsq(terms, values, rcond=None)[0]
