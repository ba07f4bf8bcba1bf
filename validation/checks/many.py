"""Checks of what is done about many outcomes, many controls and missing data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.models.double_selection import double_selection
from partnerlib.models.lasso import plug_in_lasso
from partnerlib.models.linear import Question, linear
from partnerlib.models.missing_data import missing_ladder
from partnerlib.models.multiplicity import Family, Hypothesis, family_table
from partnerlib.models.results import Estimates
from validation.check import Check, Draw
from validation.worlds.many import gaps_in_traits, many_controls, many_outcomes

EFFECT = 0.2
QUESTION = Question(
    "hired", ("placed",), "difference in hired per unit of placed", "school", "candidate_id", "invented"
)  # fmt: skip
FAMILY = Family(
    "six outcomes of placement", "One exposure, quoted together.",
    tuple(Hypothesis(f"y{place}", f"y{place}", "placed") for place in range(6)),
)  # fmt: skip
LEVEL = 0.05


def _drawn(term: str, planted: float, row: pd.Series, naive: float) -> Draw:
    return Draw(term, planted, float(row["estimate"]), float(row["low"]), float(row["high"]), naive)


def chosen_controls(seed: int, is_planted: bool) -> list[Draw]:
    """Double selection; naive: controls chosen by what they add to the outcome beside placement."""
    effect = EFFECT if is_planted else 0.0
    frame = many_controls(np.random.default_rng([11, seed]), effect)
    controls = frame.filter(like="trait")
    found = double_selection(frame, QUESTION, controls)
    placed = np.column_stack([np.ones(len(frame)), frame["placed"]])
    beside = frame[["hired", *controls.columns]].to_numpy()
    beside = beside - placed @ np.linalg.lstsq(placed, beside, rcond=None)[0]
    by_outcome = plug_in_lasso(beside[:, 1:], beside[:, 0]).chosen
    single = linear(frame, QUESTION, "single selection", list(controls.columns[by_outcome]))
    return [_drawn("placement", effect, found["placed"], float(single["placed"]["estimate"]))]


def imputed(seed: int, is_planted: bool) -> list[Draw]:
    """Multiple imputation; naive: gaps flagged."""
    effect = EFFECT if is_planted else 0.0
    rng = np.random.default_rng([12, seed])
    frame = gaps_in_traits(rng, effect)

    def fit(rows: pd.DataFrame) -> Estimates:
        return linear(rows, QUESTION, "model", ["grades", "field"])

    steps = {step.specification: step["placed"] for step in
             missing_ladder(frame, fit, ["grades", "field"], ["hired", "placed"], rng=rng, versions=10)}  # fmt: skip
    return [_drawn("placement", effect, steps["imputed"], float(steps["flagged"]["estimate"]))]


def families(seed: int, is_planted: bool) -> list[Draw]:
    """One of six outcomes has an effect, or none: is any of the others called one?"""
    effect = 2 * EFFECT if is_planted else 0.0
    rng = np.random.default_rng([13, seed])
    frame = many_outcomes(rng, effect)
    found = family_table(
        frame, FAMILY, cluster="school", person="candidate_id", sample_id="invented", rng=rng, draws=599
    )  # fmt: skip
    table = found.table.set_index("question")
    return [_family(words, effect, table, column) for words, column in
            (("Romano-Wolf", "romano_wolf"), ("Holm", "holm"), ("not adjusted (naive)", "p_value"))]  # fmt: skip


def _family(words: str, effect: float, table: pd.DataFrame, column: str) -> Draw:
    """An interval that says what was called an effect.

    It excludes zero when the first outcome is (where nothing is planted: when any outcome is), and holds the planted
    value unless one of the others is: size and one less coverage are the chance of a false finding in the family.
    """
    called = table[column] < LEVEL
    false = bool(called.drop("y0").any()) if effect else bool(called.any())
    estimate = float(table.loc["y0", "estimate"])
    beyond = abs(estimate) + abs(effect) + 1.0
    if not effect:
        return Draw(f"any effect, {words}", 0.0, abs(estimate), 1e-9 if false else -beyond, beyond)
    return Draw(
        f"any effect, {words}", effect, estimate, 1e-9 if called["y0"] else -beyond, effect - 1e-9 if false else beyond
    )


CHECKS: tuple[Check, ...] = (
    Check(
        "double selection", "many", chosen_controls,
        "Sixty traits, two of which sort into placement and hardly matter for the outcome; noise shared in schools. "
        "Choosing controls by what they add to the outcome drops them.",
    ),
    Check(
        "multiple imputation", "many", imputed,
        "Grades missing more often for those hired, fields by chance: gaps depend on what is seen. Flagging keeps part "
        "of the confounding by grades.",
    ),
    Check(
        "families of outcomes", "many", families,
        "Six outcomes that move together, one or none with an effect. Coverage is the share of states without a false "
        "finding among the five others, size the share with one where nothing is planted; power the share in which the "
        "true one is found. Holm is cautious where outcomes move together.",
    ),
)  # fmt: skip
