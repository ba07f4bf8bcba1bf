"""A linear model as numbers, for errors that need the whole design: few clusters, few of them treated.

Effects that lie within clusters (a district's own level, with districts as clusters) are taken out by their means;
all others become columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.models.design import numeric_terms, refuse_unanswerable, usable_rows
from partnerlib.models.linear import Question
from partnerlib.models.results import Estimates
from partnerlib.models.support import Support, support

MOST_COLUMNS = 1500
"""Columns a design may have: beyond it a normal matrix of this kind no longer fits its purpose."""


@dataclass(frozen=True)
class ClusteredDesign:
    """Rows sorted by cluster, with what a covariance of clusters needs."""

    question: Question
    rows: pd.DataFrame
    outcome: np.ndarray
    """(n,), net of the absorbed effect."""
    columns: np.ndarray
    """(n, k), net of the absorbed effect, without columns that say nothing new."""
    names: tuple[str, ...]
    """Names of the k columns; those of effects' levels are empty."""
    terms: pd.DataFrame
    """The named columns as they stand in the rows, effects not taken out: what the release gate looks at."""
    starts: np.ndarray
    """Place of the first row of each cluster, (G,)."""
    labels: np.ndarray
    """Names of clusters, (G,)."""
    absorbed: int
    """Levels taken out by their means."""
    effects: tuple[str, ...]
    cautions: tuple[str, ...]

    @property
    def clusters(self) -> int:
        return len(self.starts)

    @property
    def bread(self) -> np.ndarray:
        """(X'X)^-1, (k, k)."""
        return np.asarray(np.linalg.inv(self.columns.T @ self.columns))

    def place(self, term: str) -> int:
        """The column of a named term."""
        if term not in self.names or not term:
            raise ParameterError(f"term '{term}': {did_you_mean(term, [name for name in self.names if name])}")
        return self.names.index(term)

    def sums(self, rows: np.ndarray) -> np.ndarray:
        """Rows added up within clusters, (G, ...)."""
        return np.asarray(np.add.reduceat(rows, self.starts, axis=0))

    def clusters_with(self, term: str) -> int:
        """Clusters in which an exposure is above its lowest value somewhere: those treated."""
        values = self.rows[term].to_numpy(dtype=float)
        return int((self.sums((values > values.min()).astype(float)) > 0).sum())

    def support(self) -> Support:
        """Who stands behind the named terms, for the release gate."""
        return support(
            self.rows[self.question.outcome].astype("float64"),
            self.terms,
            self.rows[self.question.person],
            exposures=self.question.exposures,
            effects=[self.rows.groupby(effect.split("^")).ngroup() for effect in self.effects],
            effect_names=self.effects,
        )

    def estimates(
        self,
        terms: pd.DataFrame,
        specification: str,
        clustering: str,
        cautions: Sequence[str] = (),
        statistics: dict[str, float] | None = None,
    ) -> Estimates:
        """Terms with the words of the question."""
        return Estimates(
            terms=terms,
            estimand=self.question.estimand,
            outcome=self.question.outcome,
            specification=specification,
            clustering=clustering,
            n=len(self.rows),
            people=int(self.rows[self.question.person].nunique()),
            clusters=self.clusters,
            sample_id=self.question.sample_id,
            wrong_if=self.question.wrong_if,
            cautions=(*self.cautions, *cautions),
            statistics=statistics or {},
            support=self.support(),
        )


def clustered_design(
    frame: pd.DataFrame, question: Question, covariates: Sequence[str] = (), effects: Sequence[str] = ()
) -> ClusteredDesign:
    """The model `outcome = exposures + covariates + effects` as a design; what cannot be answered is refused.

    Parameters
        effects  `provider_code^completion_year` is provider by year, as in `linear`
    """
    factors = [factor for effect in effects for factor in effect.split("^")]
    needed = [question.outcome, *question.exposures, question.cluster, question.person, *factors]
    model = f"linear model of {question.outcome}"
    usable = usable_rows(frame, needed, model)
    refuse_unanswerable(frame, question.outcome, question.exposures, question.cluster, effects, model)
    rows = usable.frame.sort_values(question.cluster, kind="stable", ignore_index=True)
    codes, labels = pd.factorize(rows[question.cluster])
    outcome = rows[question.outcome].to_numpy(dtype=float)
    levels = {effect: rows.groupby(effect.split("^")).ngroup().to_numpy() for effect in effects}
    nested = [effect for effect, level in levels.items() if _is_nested(level, codes)]
    # Of effects within clusters the finest takes the others with it where they are nested; one is enough to absorb.
    inner = max(nested, key=lambda effect: int(levels[effect].max()), default=None)
    exposures = pd.concat([rows[list(question.exposures)].astype("float64"), numeric_terms(rows, covariates)], axis=1)
    parts = [exposures.to_numpy(dtype=float)]
    names = [str(name) for name in exposures.columns]
    for effect, level in levels.items():
        if effect != inner:
            parts.append((level[:, None] == np.arange(1 if parts else 0, level.max() + 1)).astype(float))
            names += [""] * parts[-1].shape[1]
    if inner is None:
        parts.insert(1, np.ones((len(rows), 1)))
        names.insert(exposures.shape[1], "constant")
    design = np.column_stack(parts)
    stated = design[:, [place for place, name in enumerate(names) if name]]
    if design.shape[1] > MOST_COLUMNS:
        raise DataError(f"{model}: {design.shape[1]:,} columns; at most {MOST_COLUMNS:,}, absorb fewer effects")
    absorbed = 0
    if inner is not None:
        within = levels[inner]
        absorbed = int(within.max()) + 1
        outcome, design = _less_means(outcome[:, None], within)[:, 0], _less_means(design, within)
    # Exposures are asked last, so that one which repeats the others is noticed instead of taking their place.
    last = len(question.exposures)
    kept = sorted(_independent(design, [*range(last, design.shape[1]), *range(last)]))
    lost = [names[place] for place in range(exposures.shape[1]) if place not in kept and names[place]]
    if set(lost) & set(question.exposures):
        raise DataError(f"{model}: {', '.join(lost)} cannot be told apart from {', '.join([*covariates, *effects])}")
    terms = pd.DataFrame(stated, columns=[name for name in names if name])
    return ClusteredDesign(
        question=question,
        rows=rows,
        outcome=outcome,
        columns=design[:, kept],
        names=tuple(names[place] for place in kept),
        terms=terms[[names[place] for place in kept if names[place]]],
        starts=np.flatnonzero(np.diff(codes, prepend=-1)),
        labels=np.asarray(labels),
        absorbed=absorbed,
        effects=tuple(effects),
        cautions=(*usable.cautions, *((f"Left out as repeating other terms: {', '.join(lost)}.",) if lost else ())),
    )


def _is_nested(level: np.ndarray, clusters: np.ndarray) -> bool:
    return len(np.unique(np.column_stack([level, clusters]), axis=0)) == len(np.unique(level))


def _less_means(columns: np.ndarray, level: np.ndarray) -> np.ndarray:
    counts = np.bincount(level)
    means = np.stack([np.bincount(level, weights=column) for column in columns.T], axis=1) / counts[:, None]
    return np.asarray(columns - means[level])


def _independent(design: np.ndarray, order: Sequence[int]) -> list[int]:
    """Places of columns that are no combination of those before them in the order."""
    scale = np.sqrt((design**2).sum(axis=0))
    scaled = design / np.where(scale > 1e-10, scale, np.inf)
    kept: list[int] = []
    basis = np.empty((len(design), min(design.shape)))
    for place in order:
        left = scaled[:, place]
        for _ in range(2):  # twice is enough for what rounding leaves
            left = left - basis[:, : len(kept)] @ (basis[:, : len(kept)].T @ left)
        length = float(np.sqrt(left @ left))
        if length > 1e-8 and len(kept) < basis.shape[1]:
            basis[:, len(kept)] = left / length
            kept.append(place)
    return kept
