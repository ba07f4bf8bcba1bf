"""Who is seen at all? Teachers in tested grades and subjects against the others, and an estimate weighted back to all.

Value added speaks of the teachers who have it. Where they differ from the others in what is known of them, weights make
them look like all; where hardly anyone like some of the others is among them, no weight can, and this is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.design import numeric_terms, require_columns
from partnerlib.models.few_clusters import linear_few_clusters
from partnerlib.models.linear import Question
from partnerlib.models.results import Estimates

LEAST_CHANCE = 0.02
"""Chance of being seen below which a person stands for more than fifty others: no overlap."""
LARGE_DIFFERENCE = 0.25
"""Standardised difference beyond which groups are no longer compared by regression alone (Imbens & Rubin 2015)."""

WEIGHTS_CAN_BE_WRONG = (
    "Weights make those seen like all in what is recorded of them; in anything else they may still differ.",
)


@dataclass(frozen=True)
class Seen:
    """Who is in tested grades and subjects, trait by trait, and with what weight each stands for all."""

    table: pd.DataFrame
    """trait, level, people, share_seen, mean_seen, mean_all, difference (standardised), weighted_difference."""
    weights: pd.Series
    """By row of the frame: mean one among those seen, missing for the others and where there is no overlap."""
    cautions: tuple[str, ...]
    effective: float
    """Rows of equal weight that would be as informative as those seen with their weights."""


def seen_in_tested_grades(frame: pd.DataFrame, seen: pd.Series, traits: Sequence[str], person: str = "mepid") -> Seen:
    """Selection into tested grades by traits, with inverse-probability weights and a check of overlap.

    Formula
        p = logit of being seen on the traits (missing flagged); weight = 1/p, scaled to mean one; difference = (mean of
        those seen - mean of all) / SD of all; effective = (sum w)^2 / sum w^2
    Parameters
        seen  whether the row's person has value added: true or false for every row
    Raises
        DataError  everyone or nobody is seen
    """
    require_columns(frame, [*traits, person], "selection into tested grades")
    is_seen = seen.astype(bool).to_numpy()
    if is_seen.all() or not is_seen.any():
        raise DataError(
            f"selection into tested grades: {'all' if is_seen.all() else 'none'} of {len(frame):,} rows are seen; "
            "there is no selection to look at"
        )
    design = numeric_terms(frame, traits)
    x = np.column_stack([np.ones(len(design)), design.to_numpy(dtype=float)])
    never, chance = _chances(x, is_seen)
    outside = never | (chance < LEAST_CHANCE)
    raw = np.where(is_seen & ~outside, 1 / np.maximum(chance, LEAST_CHANCE), np.nan)
    weights = raw / np.nanmean(raw)
    rows = []
    for term in design.columns:
        values = design[term].to_numpy(dtype=float)
        spread = values.std(ddof=1)
        name, _, level = str(term).partition(": ")
        kept = ~np.isnan(weights)
        rows.append(
            {
                "trait": name,
                "level": level,
                "people": int(frame.loc[values > 0, person].nunique()) if level else int(frame[person].nunique()),
                "share_seen": float(is_seen[values > 0].mean()) if level else float(is_seen.mean()),
                "mean_seen": values[is_seen].mean(),
                "mean_all": values.mean(),
                "difference": (values[is_seen].mean() - values.mean()) / spread if spread > 0 else 0.0,
                "weighted_difference": (
                    (np.average(values[kept], weights=weights[kept]) - values.mean()) / spread if spread > 0 else 0.0
                ),
            }
        )
    table = pd.DataFrame(rows)
    w = weights[~np.isnan(weights)]
    effective = float(w.sum() ** 2 / (w**2).sum())
    return Seen(
        table, pd.Series(weights, index=frame.index), _cautions(table, outside, is_seen, w, effective), effective
    )


def _chances(x: np.ndarray, is_seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose kind is never seen, and every row's chance; a logit of those whose kind is seen at times."""
    import statsmodels.api as sm

    flags = [place for place in range(1, x.shape[1]) if np.isin(x[:, place], (0.0, 1.0)).all()]
    never = np.zeros(len(x), dtype=bool)
    for place in flags:
        for side in (0.0, 1.0):
            rows = x[:, place] == side
            if rows.any() and not is_seen[rows].any():
                never |= rows
    kept = ~never
    part = x[kept]
    varies = np.append(True, part[:, 1:].std(axis=0) > 0)
    fit = sm.GLM(is_seen[kept].astype(float), part[:, varies], family=sm.families.Binomial()).fit(maxiter=100)
    chance = np.zeros(len(x))
    chance[kept] = fit.predict(part[:, varies])
    return never, chance


def _cautions(
    table: pd.DataFrame, outside: np.ndarray, is_seen: np.ndarray, weights: np.ndarray, effective: float
) -> tuple[str, ...]:
    sentences = [f"{is_seen.mean():.0%} of the rows are in tested grades and subjects."]
    if outside.any():
        sentences.append(
            f"{outside.sum():,} of {len(outside):,} rows are of a kind that is hardly ever in a tested grade: the "
            "weighted estimate does not speak of them."
        )
    far = table.loc[table["weighted_difference"].abs() > LARGE_DIFFERENCE, ["trait", "level"]].agg(" ".join, axis=1)
    if len(far):
        sentences.append(f"After weighting still unlike all in {', '.join(name.strip() for name in far)}.")
    if effective < len(weights) / 2:
        sentences.append(f"The weights leave the information of {effective:,.0f} of {len(weights):,} rows.")
    return tuple(sentences)


def with_and_without_weights(
    frame: pd.DataFrame,
    question: Question,
    selection: Seen,
    covariates: Sequence[str] = (),
    effects: Sequence[str] = (),
    precision: str | None = None,
) -> tuple[Estimates, Estimates]:
    """The same model of those seen as they are, and weighted to look like all.

    Formula
        weights of the second = weight of selection x precision, where a column of precision is named
    Errors
        CR2 by the cluster column; the weights are taken as known, which errs on the safe side
    """
    rows = frame.assign(
        selection_weight=selection.weights.reindex(frame.index)
        * (frame[precision].astype("float64") if precision else 1.0)
    )
    plain = linear_few_clusters(rows, question, "those seen", covariates, effects, precision)
    weighted = linear_few_clusters(
        rows.dropna(subset=["selection_weight"]), question, "weighted to all", covariates, effects, "selection_weight"
    )
    return plain, replace(weighted.caution(*selection.cautions), wrong_if=(*weighted.wrong_if, *WEIGHTS_CAN_BE_WRONG))
