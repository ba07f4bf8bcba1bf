"""A noisy regressor beside covariates that tell about it, too: shrunken towards what they predict, not towards zero.

An effect shrunken towards zero is unbiased for the true one, but no longer once a covariate is held fixed that says
something of the true effect itself (stronger candidates have better mentors): part of the signal is in the covariate,
the noise is not, and the coefficient comes out too small. The prediction must be made with the covariates of the model.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.errors import DataError


def regression_calibration(
    mean: pd.Series, noise: pd.Series, weights: pd.Series, unit: pd.Series, design: np.ndarray
) -> tuple[np.ndarray, float]:
    """The best linear prediction of every unit's true value from its noisy mean and the covariates beside it.

    Formula
        mean = design d + u + e, var(e) = noise; s2 = var(u), from sum w r^2 = sum w [(I-H)(s2 ZZ' + N)(I-H)']_ii with r
        the weighted residuals and all rows of a unit sharing u and e; prediction = design d + s2/(s2 + noise) r
    Parameters
        mean, noise  of the unit that a row belongs to, and its sampling variance
        unit         identifier of the unit (a mentor may stand behind several rows)
        design       (n, k) of full rank: everything that stands beside the regressor, dummies and constant included
    Returns
        predictions, and the variance s2 of what the covariates leave open
    Raises
        DataError  beside these covariates the units do not differ beyond noise
    Source
        Carroll, Ruppert, Stefanski & Crainiceanu (2006), Measurement Error in Nonlinear Models, chapter 4
    """
    y, v, w = (series.to_numpy(dtype=float) for series in (mean, noise, weights))
    bread = np.linalg.pinv(design.T @ (design * w[:, None]), hermitian=True)
    fitted = design @ (bread @ (design.T @ (w * y)))
    residual = y - fitted

    def left_over(scale: np.ndarray) -> float:
        """Trace of W (I-H) S (I-H)' for rows of a unit that share an error of standard deviation `scale`."""
        codes, labels = pd.factorize(unit)
        shared = np.zeros((len(y), len(labels)))
        shared[np.arange(len(y)), codes] = scale
        net = shared - design @ (bread @ (design.T @ (shared * w[:, None])))
        return float((w[:, None] * net**2).sum())

    variance = (float(w @ residual**2) - left_over(np.sqrt(v))) / left_over(np.ones(len(y)))
    if not variance > 0:
        raise DataError(
            "regression calibration: beside these covariates the units do not differ beyond noise; "
            "use fewer covariates, or units with more years"
        )
    return fitted + variance / (variance + v) * residual, variance
