"""Ask twenty questions and one will look answered by chance: p-values for families of questions declared beforehand.

A family is what a reader would take for one question: several outcomes of one exposure, or one outcome in several
subgroups. It is declared, with the reason, before anything is estimated; every member is shown, found or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from partnerlib.errors import ParameterError
from partnerlib.models.design import numeric_terms, require_columns
from partnerlib.models.linear import Question, linear
from partnerlib.models.results import FEW_CLUSTERS, Estimates

DRAWS = 1999
FAMILY_COLUMNS = ("question", "estimate", "low", "high", "p_value", "holm", "benjamini_hochberg", "romano_wolf")


@dataclass(frozen=True)
class Hypothesis:
    """One member of a family: does this exposure go with this outcome, in all rows or in a subgroup?"""

    label: str
    outcome: str
    exposure: str
    covariates: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    where: str = ""
    """Column that is true in the subgroup; empty for all rows."""


@dataclass(frozen=True)
class Family:
    """Questions that stand or fall together, declared before they are asked."""

    name: str
    reason: str
    """Why they belong together, in a sentence the reader sees."""
    hypotheses: tuple[Hypothesis, ...]

    def __post_init__(self) -> None:
        labels = [each.label for each in self.hypotheses]
        repeated = sorted({label for label in labels if labels.count(label) > 1})
        if len(labels) < 2 or repeated or not self.reason:
            raise ParameterError(
                f"family '{self.name}': "
                + "; ".join(
                    [f"{len(labels)} question; expected two or more"] * (len(labels) < 2)
                    + [f"'{label}' is declared twice" for label in repeated]
                    + ["no reason why its questions belong together"] * (not self.reason)
                )
            )


@dataclass(frozen=True)
class FamilyTable:
    """A family's estimates with p-values as they are and adjusted for having asked all of it."""

    table: pd.DataFrame
    """One row per question, in the order declared: columns `FAMILY_COLUMNS`."""
    name: str
    reason: str
    estimates: tuple[Estimates, ...]
    cautions: tuple[str, ...] = ()

    def printed(self, digits: int = 3) -> str:
        """The table as text, with what it is a family of."""
        numbers = self.table.dropna(axis=1, how="all").round(digits).to_string(index=False)
        return f"Family: {self.name} ({len(self.table)} questions). {self.reason}\n{numbers}"


def adjusted(name: str, reason: str, answers: Mapping[str, tuple[Estimates, str]]) -> FamilyTable:
    """Holm and Benjamini-Hochberg p-values of terms of any models, keyed by the question each answers.

    Holm holds the chance of one false finding in the family at the level, whatever the dependence; Benjamini-Hochberg
    holds the expected share of false ones among the findings, for independent or positively dependent tests.
    """
    Family(name, reason, tuple(Hypothesis(label, "", "") for label in answers))
    rows = [estimates[term] for estimates, term in answers.values()]
    table = pd.DataFrame(rows).reset_index(drop=True)[["estimate", "low", "high", "p_value"]].astype(float)
    known = table["p_value"].notna().to_numpy()
    for column, method in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
        values = np.full(len(table), np.nan)
        if known.any():
            values[known] = multipletests(table.loc[known, "p_value"], method=method)[1]
        table[column] = values
    table = table.assign(question=list(answers), romano_wolf=np.nan)[list(FAMILY_COLUMNS)]
    lost = [label for label, is_known in zip(answers, known, strict=True) if not is_known]
    cautions = (f"No p-value, so not counted in the family: {', '.join(lost)}.",) if lost else ()
    return FamilyTable(table, name, reason, tuple(estimates for estimates, _ in answers.values()), cautions)


def family_table(
    frame: pd.DataFrame,
    family: Family,
    *,
    cluster: str,
    person: str,
    sample_id: str,
    rng: np.random.Generator,
    draws: int = DRAWS,
    wrong_if: Sequence[str] = (),
) -> FamilyTable:
    """Every question of a family by least squares, with p-values adjusted three ways.

    Romano-Wolf
        holds the chance of one false finding as Holm does, and uses that outcomes of the same people move together:
        the largest t of the questions not yet rejected, over draws of a wild cluster bootstrap with the null imposed
        and the same sign for a cluster in every question (Rademacher); p = (1 + draws as large) / (1 + draws), never
        smaller than that of a larger t
    Errors
        CR1 by cluster, as in `linear`; p-values of Holm and Benjamini-Hochberg rest on them
    """
    needed = [column for each in family.hypotheses for column in (each.outcome, each.exposure, each.where) if column]
    require_columns(frame, [cluster, person, *needed], f"family '{family.name}'")
    answers, parts = {}, []
    codes, labels = pd.factorize(frame[cluster])
    for each in family.hypotheses:
        is_in = frame[each.where].fillna(False).astype(bool).to_numpy() if each.where else np.ones(len(frame), bool)
        is_in = is_in & (codes >= 0)
        question = Question(
            each.outcome, (each.exposure,), f"difference in {each.outcome} per unit of {each.exposure}", cluster,
            person, sample_id, tuple(wrong_if),
        )  # fmt: skip
        fitted = linear(frame[is_in], question, each.label, each.covariates, each.effects)
        answers[each.label] = (fitted, each.exposure)
        parts.append(_Cluster.sums(frame[is_in], each, codes[is_in], len(labels)))
    plain = adjusted(family.name, family.reason, answers)
    signs = rng.choice([-1.0, 1.0], size=(draws, len(labels)))
    observed = np.array([part.t() for part in parts])
    drawn = np.column_stack([part.t_of_draws(signs) for part in parts])
    table = plain.table.assign(romano_wolf=romano_wolf(observed, drawn))
    return FamilyTable(table, family.name, family.reason, plain.estimates, (*plain.cautions, *_few(len(labels))))


def romano_wolf(observed: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Stepdown p-values from t statistics (questions) and their draws under the null (draws x questions)."""
    order = np.argsort(-np.abs(observed), kind="stable")
    # The largest of the questions at least as far down the list, per draw.
    largest = np.maximum.accumulate(np.abs(drawn)[:, order[::-1]], axis=1)[:, ::-1]
    exceeded = (largest >= np.abs(observed)[order] * (1 - 1e-12)).sum(axis=0)
    p_values = np.empty(len(observed))
    p_values[order] = np.maximum.accumulate((1 + exceeded) / (1 + len(drawn)))
    return p_values


@dataclass(frozen=True)
class _Cluster:
    """Sums per cluster of one question, covariates taken out: all a wild bootstrap of its t needs."""

    cross: np.ndarray
    """Exposure net of the rest times the residual under the null."""
    square: np.ndarray
    """Exposure net of the rest, squared."""
    exposure_terms: np.ndarray
    """Net exposure times each orthonormal covariate (clusters x covariates)."""
    residual_terms: np.ndarray
    """Residual under the null times each orthonormal covariate."""

    @classmethod
    def sums(cls, frame: pd.DataFrame, asked: Hypothesis, codes: np.ndarray, clusters: int) -> _Cluster:
        factors = [factor for effect in asked.effects for factor in effect.split("^")]
        known = frame[[asked.outcome, asked.exposure, *factors]].notna().all(axis=1).to_numpy()
        rows, codes = frame[known].reset_index(drop=True), codes[known]
        dummies = [
            pd.get_dummies(rows.groupby(effect.split("^")).ngroup(), dtype=float).add_prefix(f"{effect} ")
            for effect in asked.effects
        ]
        others = pd.concat([numeric_terms(rows, asked.covariates), *dummies], axis=1).assign(constant=1.0)
        basis = _orthonormal(others.to_numpy(dtype=float))
        exposure, outcome = (rows[name].to_numpy(dtype=float) for name in (asked.exposure, asked.outcome))
        net, residual = (values - basis @ (basis.T @ values) for values in (exposure, outcome))

        def total(values: np.ndarray) -> np.ndarray:
            return np.column_stack([np.bincount(codes, each, clusters) for each in np.atleast_2d(values.T)])

        return cls(
            total(net * residual)[:, 0], total(net**2)[:, 0],
            total(basis * net[:, None]), total(basis * residual[:, None]),
        )  # fmt: skip

    def t(self) -> float:
        estimate = self.cross.sum() / self.square.sum()
        return float(self.cross.sum() / np.sqrt(((self.cross - self.square * estimate) ** 2).sum()))

    def t_of_draws(self, signs: np.ndarray) -> np.ndarray:
        """t of outcomes whose residuals under the null change sign cluster by cluster."""
        crossed = signs @ self.cross
        fitted = signs @ self.residual_terms  # covariates are fitted again in every draw
        scores = signs * self.cross - fitted @ self.exposure_terms.T
        scores -= (crossed / self.square.sum())[:, None] * self.square
        return crossed / np.sqrt((scores**2).sum(axis=1))


def _orthonormal(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of what the columns span."""
    scaled = columns / np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
    return left[:, singular > 1e-9 * singular.max(initial=0.0)]


def _few(clusters: int) -> tuple[str, ...]:
    if clusters >= FEW_CLUSTERS:
        return ()
    draws = f"; only {2**clusters:,} different draws exist" if clusters < 12 else ""
    return (f"Only {clusters} clusters: Romano-Wolf's draws hold up better than Holm's p-values{draws}.",)
