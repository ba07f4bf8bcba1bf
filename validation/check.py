"""What a check is, and what hundreds of its draws say: bias, coverage, size and power."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

COVERAGE = (0.93, 0.97)
"""Share of 95% intervals that should hold the planted value."""
SIZE = (0.03, 0.07)
"""Share of states without any effect in which one is found all the same."""


@dataclass(frozen=True)
class Draw:
    """One estimate from one invented state, beside the value planted in it."""

    term: str
    planted: float
    estimate: float
    low: float
    high: float
    naive: float = float("nan")
    """What the plain comparison says in the same state."""


@dataclass(frozen=True)
class Check:
    """One estimator on one kind of invented state."""

    name: str
    """The estimator, in the reader's words."""
    question: str
    """hiring, retention, outcomes, partnerships, grants or many."""
    draw: Callable[[int, bool], list[Draw]]
    """From a seed, and whether there is an effect, to an estimate per term. The same seed gives the same draws."""
    note: str
    """Under which generator the estimator is consistent, and what the plain comparison misses."""
    states: int = 200


def summary(draws: pd.DataFrame) -> pd.DataFrame:
    """One row per check and term.

    Formula
        bias = mean(estimate - planted); bias_error = its standard error over states;
        coverage = share of intervals that hold the planted value;
        power = share of intervals without zero where an effect is planted; size = the same where none is;
        naive_bias = mean(naive - planted)
    Columns of draws
        question, check, term, seed, is_planted, planted, estimate, low, high, naive, refused
    """
    known = draws[~draws["refused"]]
    found = known.assign(
        error=known["estimate"] - known["planted"],
        naive_error=known["naive"] - known["planted"],
        holds=known["planted"].between(known["low"], known["high"]),
        excludes_zero=~((known["low"] <= 0) & (known["high"] >= 0)),
    )
    by = ["question", "check", "term"]
    planted = found[found["is_planted"]].groupby(by, sort=False)
    without = found[~found["is_planted"]].groupby(by, sort=False)
    table = pd.DataFrame(
        {
            "states": planted.size(),
            "planted": planted["planted"].mean(),
            "mean": planted["estimate"].mean(),
            "bias": planted["error"].mean(),
            "bias_error": planted["error"].std(ddof=1) / np.sqrt(planted.size()),
            "coverage": planted["holds"].mean(),
            "power": planted["excludes_zero"].mean(),
            "size": without["excludes_zero"].mean(),
            "naive_bias": planted["naive_error"].mean(),
        }
    ).reset_index()
    refused = draws[draws["refused"]].groupby("check").size()
    return table.assign(refused=table["check"].map(refused).fillna(0).astype(int), misses=table.apply(misses, axis=1))


def misses(row: pd.Series) -> str:
    """Which of the aims a row misses, beyond what so many states can tell from chance; empty when none.

    A share misses when the aim's nearer end lies outside three binomial standard errors of it; a bias when it is larger
    than three of its own errors and than a tenth of the planted value.
    """
    found = []
    if abs(row["bias"]) > max(3 * row["bias_error"], 0.1 * abs(row["planted"])):
        found.append("bias")
    for name, (low, high) in (("coverage", COVERAGE), ("size", SIZE)):
        share = row[name]
        if pd.notna(share) and not low <= share <= high:
            aim = low if share < low else high
            if abs(share - aim) > 3 * np.sqrt(aim * (1 - aim) / row["states"]):
                found.append(name)
    return ", ".join(found)
