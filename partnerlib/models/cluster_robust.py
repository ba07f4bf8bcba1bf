"""Standard errors for few clusters: bias-reduced, with the degrees of freedom that each coefficient really has.

The usual sandwich is too small with few clusters, and worst for a term that varies in few of them. CR2 takes out the
bias that ordinary least squares leaves in the residuals of each cluster; a coefficient that rests on three treated
districts gets about two degrees of freedom, whatever the number of clusters.
Source: Bell & McCaffrey (2002); Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36(4).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.models.clustered_design import ClusteredDesign, clustered_design
from partnerlib.models.linear import Question
from partnerlib.models.results import Estimates

FEW_DEGREES = 4.0
"""Satterthwaite degrees of freedom below which even these intervals hold only roughly (Tipton 2015)."""


def linear_few_clusters(
    frame: pd.DataFrame,
    question: Question,
    specification: str,
    covariates: Sequence[str] = (),
    effects: Sequence[str] = (),
) -> Estimates:
    """Differences in the mean outcome as `linear` gives them, with errors that hold for few clusters.

    Errors
        CR2 by the cluster column; t with Satterthwaite degrees of freedom of each coefficient (`statistics` has those
        of the exposures); independent and equal errors as the working model
    """
    design = clustered_design(frame, question, covariates, effects)
    slopes = design.bread @ (design.columns.T @ design.outcome)
    covariance, degrees = bias_reduced(design)
    named = [place for place, name in enumerate(design.names) if name]
    errors = np.sqrt(np.diag(covariance))
    reach = stats.t.ppf(0.975, degrees) * errors
    terms = pd.DataFrame(
        {
            "term": design.names, "estimate": slopes, "std_error": errors, "low": slopes - reach,
            "high": slopes + reach, "p_value": 2 * stats.t.sf(np.abs(slopes / errors), degrees),
        }
    )  # fmt: skip
    exposures = {term: float(degrees[design.place(term)]) for term in question.exposures}
    cautions = tuple(
        f"{term} has {count:.1f} degrees of freedom: it varies in few of {design.clusters} clusters; read it beside "
        "the wild bootstrap or randomization inference."
        for term, count in exposures.items()
        if count < FEW_DEGREES
    )
    return design.estimates(
        terms.iloc[named].reset_index(drop=True),
        specification,
        f"CR2 by {question.cluster}, Satterthwaite t",
        cautions,
        {f"degrees of freedom: {term}": count for term, count in exposures.items()},
    )


def bias_reduced(design: ClusteredDesign) -> tuple[np.ndarray, np.ndarray]:
    """CR2 covariance (k, k) and the Satterthwaite degrees of freedom of each coefficient (k,).

    Formula
        V = B [sum_g X_g' A_g e_g e_g' A_g X_g] B, B = (X'X)^-1, A_g = (I - X_g B X_g')^(-1/2)
        With X_g B^(1/2) = U S W', A_g X_g = X_g B^(1/2) W (1 - S^2)^(-1/2) W' B^(-1/2): k x k however large a cluster.
        Degrees of freedom of c'b: (sum of eigenvalues)^2 / sum of squares of the G x G matrix of p_g' p_h, with
        p_g = (I - H)_g' A_g X_g B c
    Effects absorbed within clusters change neither (Pustejovsky & Tipton, theorem 2).
    """
    bread, columns = design.bread, design.columns
    values, vectors = np.linalg.eigh(bread)
    root = vectors * np.sqrt(values) @ vectors.T
    root_inverse = vectors / np.sqrt(values) @ vectors.T
    residuals = design.outcome - columns @ (bread @ (columns.T @ design.outcome))
    bounds = [*design.starts, len(columns)]
    normal = np.stack([columns[a:b].T @ columns[a:b] for a, b in pairwise(bounds)])
    scores = design.sums(columns * residuals[:, None])
    adjusted = np.empty_like(normal)  # C_g with A_g X_g = X_g C_g
    for g, inner in enumerate(root @ normal @ root):
        share, directions = np.linalg.eigh((inner + inner.T) / 2)
        # A direction that lives in one cluster alone has no error there: its generalized inverse is zero.
        lone = share > 1 - 1e-8
        factor = np.where(lone, 0.0, 1 / np.sqrt(np.where(lone, 1.0, 1 - share)))
        adjusted[g] = root @ (directions * factor @ directions.T) @ root_inverse
    pulled = np.einsum("gji,gj->gi", adjusted, scores) @ bread
    return pulled.T @ pulled, _satterthwaite(bread, normal, adjusted)


def _satterthwaite(bread: np.ndarray, normal: np.ndarray, adjusted: np.ndarray) -> np.ndarray:
    """Degrees of freedom of every coefficient; p_g'p_h = [g = h] z_g'z_g - z_g'X_g B X_h'z_h, z_g = X_g C_g B c."""
    found = np.empty(len(bread))
    for place, contrast in enumerate(bread.T):
        along = adjusted @ contrast
        carried = np.einsum("gij,gj->gi", normal, along)
        products = np.diag(np.einsum("gi,gi->g", along, carried)) - carried @ bread @ carried.T
        total = np.trace(products) ** 2
        found[place] = total / (products**2).sum() if total > 0 else np.nan
    return found
