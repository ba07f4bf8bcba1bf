"""An estimate that does not depend on which of many controls we liked: controls chosen by rule, twice.

Choosing controls by their effect on the outcome alone keeps those that do not matter and drops those that sort people
into the exposure. Double selection keeps whatever predicts either one, then fits by least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from partnerlib.errors import ParameterError
from partnerlib.models.design import numeric_terms, refuse_unanswerable, usable_rows
from partnerlib.models.lasso import Selection, plug_in_lasso
from partnerlib.models.linear import Question, linear
from partnerlib.models.results import Estimates

SWEEPS = 500
FEWEST = 10
"""Rows that must differ for a control to be a candidate."""

DOUBLE_SELECTION_CAN_BE_WRONG = (
    "A control that nobody measured cannot be chosen: selecting columns is no answer to selection into placement.",
    "It rests on few of the controls mattering much; many small ones add up to a bias.",
)


def candidate_controls(
    frame: pd.DataFrame, columns: Sequence[str], *, interactions: bool = True, fewest: int = FEWEST
) -> pd.DataFrame:
    """Controls to choose among: the columns as terms, squares of quantities, and products of any two terms.

    Terms that differ from their commonest value in fewer than `fewest` rows are left out, as are repeats of an earlier
    one: the noise of a handful of people cannot be told from an effect, and would be chosen.
    """
    terms = numeric_terms(frame, columns)
    parts = [terms]
    if interactions:
        quantities = [name for name in terms.columns if not np.isin(terms[name], (0.0, 1.0)).all()]
        products = {f"{name} squared": terms[name] ** 2 for name in quantities}
        products |= {f"{a} x {b}": terms[a] * terms[b] for a, b in combinations(terms.columns, 2)}
        parts.append(pd.DataFrame(products, index=frame.index))
    every = pd.concat(parts, axis=1)
    commonest = pd.Series({name: every[name].value_counts().iloc[0] for name in every.columns})
    varies = every.loc[:, (len(every) - commonest >= fewest).to_numpy(bool)]
    seen = [varies[name].to_numpy(dtype=float).round(12).tobytes() for name in varies.columns]
    return varies.loc[:, ~pd.Index(seen).duplicated()]


def double_selection(
    frame: pd.DataFrame,
    question: Question,
    controls: pd.DataFrame,
    *,
    always: Sequence[str] = (),
    effects: Sequence[str] = (),
    clustered: bool = True,
    specification: str = "double selection",
) -> Estimates:
    """Difference in the outcome per unit of each exposure, holding fixed the controls that predict either of them.

    Steps
        lasso of the outcome on all controls; lasso of each exposure on all controls; least squares of the outcome on
        the exposures and every control chosen in one of them (`plug_in_lasso` has the penalty)
    Errors
        as `linear`: CR1 by the question's cluster
    Parameters
        controls   rows as `frame`; see `candidate_controls`
        always     columns of `frame` held fixed whatever the lasso says; they and the effects are taken out first
        clustered  penalty loadings allow for rows that share the question's cluster
    Source
        Belloni, Chernozhukov & Hansen (2014); with effects and clusters Belloni, Chernozhukov, Hansen & Kozbur (2016)
    """
    if controls.shape[1] < 2 or not controls.index.equals(frame.index):
        raise ParameterError(
            f"double selection of {question.outcome}: {controls.shape[1]} controls on {len(controls):,} rows for "
            f"{len(frame):,} rows of the sample; expected at least two, on the same rows"
        )
    factors = [factor for effect in effects for factor in effect.split("^")]
    needed = [question.outcome, *question.exposures, question.cluster, question.person, *factors]
    refuse_unanswerable(frame, question.outcome, question.exposures, question.cluster, effects, "double selection")
    names = [f"control {place}" for place in range(controls.shape[1])]
    rows = usable_rows(pd.concat([frame, controls.set_axis(names, axis=1)], axis=1), needed, "double selection")
    held = _Held(rows.frame, always, effects)
    columns = held.net(rows.frame[names].to_numpy(dtype=float))
    clusters = pd.factorize(rows.frame[question.cluster])[0] if clustered else None
    targets = {name: held.net(rows.frame[[name]].to_numpy(dtype=float))[:, 0]
               for name in (question.outcome, *question.exposures)}  # fmt: skip
    selected = {name: plug_in_lasso(columns, values, clusters) for name, values in targets.items()}
    union = np.logical_or.reduce([each.chosen for each in selected.values()])
    chosen = [name for name, is_in in zip(names, union, strict=True) if is_in]
    labels = dict(zip(names, map(str, controls.columns), strict=True))
    fit = linear(rows.frame, question, specification, [*always, *chosen], effects)
    # Cautions of the fit name its columns; readers know them by the controls' names.
    words = {name: labels[name] for name in sorted(chosen, key=len, reverse=True)}
    return replace(
        fit,
        terms=fit.terms.assign(term=fit.terms["term"].replace(words)),
        support=None if fit.support is None else replace(
            fit.support, terms=fit.support.terms.assign(term=fit.support.terms["term"].replace(words))
        ),
        wrong_if=(*fit.wrong_if, *DOUBLE_SELECTION_CAN_BE_WRONG),
        cautions=(
            *rows.cautions, *(_renamed(sentence, words) for sentence in fit.cautions), *_told(selected, names, labels)
        ),
        statistics={
            **fit.statistics, "candidates": float(len(names)), "chosen": float(len(chosen)),
            **{f"chosen for {name}": float(each.chosen.sum()) for name, each in selected.items()},
        },
    )  # fmt: skip


def controls_ladder(
    frame: pd.DataFrame,
    question: Question,
    columns: Sequence[str],
    *,
    effects: Sequence[str] = (),
    interactions: bool = True,
) -> tuple[Estimates, ...]:
    """The same question without controls, with the plain columns, and with controls chosen twice among many."""
    controls = candidate_controls(frame, columns, interactions=interactions)
    return (
        linear(frame, question, "raw", effects=effects),
        linear(frame, question, "+ listed controls", columns, effects),
        double_selection(
            frame, question, controls, effects=effects, specification=f"chosen among {controls.shape[1]}"
        ),
    )  # fmt: skip


class _Held:
    """Takes out what is held fixed whatever the lasso says: columns by least squares, effects by their means."""

    def __init__(self, rows: pd.DataFrame, always: Sequence[str], effects: Sequence[str]) -> None:
        self._codes = [rows.groupby(effect.split("^")).ngroup().to_numpy() for effect in effects]
        terms = numeric_terms(rows, always).assign(constant=1.0).to_numpy(dtype=float)
        self._held = self._within(terms)
        keep = np.abs(self._held).max(axis=0) > 1e-9
        self._held = self._held[:, keep]

    def net(self, values: np.ndarray) -> np.ndarray:
        net = self._within(values)
        if not self._held.shape[1]:
            return net
        return net - self._held @ np.linalg.lstsq(self._held, net, rcond=None)[0]

    def _within(self, values: np.ndarray) -> np.ndarray:
        net = values.copy()
        for _ in range(SWEEPS if len(self._codes) > 1 else 1):
            before = net
            for code in self._codes:
                size = np.bincount(code).astype(float)
                means = np.column_stack([np.bincount(code, column) / size for column in net.T])
                net = net - means[code]
            if len(self._codes) < 2 or np.abs(net - before).max(initial=0.0) < 1e-9:
                break
        return net


def _told(selected: dict[str, Selection], names: Sequence[str], labels: dict[str, str]) -> tuple[str, ...]:
    sentences = []
    for name, each in selected.items():
        kept = [labels[control] for control, is_in in zip(names, each.chosen, strict=True) if is_in]
        sentences.append(f"Chosen because they go with {name}: {', '.join(kept) if kept else 'none'}.")
        if not each.has_settled:
            sentences.append(f"The penalty for {name} did not settle; the choice is that of the last round.")
    return tuple(sentences)


def _renamed(sentence: str, words: dict[str, str]) -> str:
    for name, label in words.items():
        sentence = sentence.replace(f"{name},", f"{label},").replace(f"{name}.", f"{label}.")
    return sentence
