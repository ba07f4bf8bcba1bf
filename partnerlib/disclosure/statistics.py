"""Numbers about a table or a curve that give the table back: survival steps, chi-square, alpha, intraclass correlation.

A survival curve that falls when one person leaves tells when that person left. A chi-square beside the margins of a
2 x 2 table has one solution; so has Cronbach's alpha of two items beside their means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.disclosure.significance import nearest_five, round_to, significant
from partnerlib.errors import ParameterError, ReleaseRefused, did_you_mean

MINIMUM_PEOPLE = 10
LADDER = ((15, 0.50), (30, 0.20), (60, 0.10), (300, 0.05))
"""Steps a share is printed in, by the people it rests on: each leaves three counts possible. Above: 0.01."""
FINEST = 0.01

ABOUT_A_TABLE = (
    "chi-square", "fisher exact", "odds ratio", "risk ratio", "phi", "cramer v", "kappa", "correlation",
    "alpha", "intraclass correlation", "t statistic", "f statistic", "mann-whitney u",
)  # fmt: skip
"""Statistics that are functions of a small table or of the people's values, and may be printed under conditions."""
NEVER = ("log likelihood", "deviance", "aic", "bic", "minimum", "maximum", "range", "mode")
"""Statistics that give counts back to the last digit, or are one person's value."""

STEP_COLUMNS = ("from_time", "to_time", "at_risk", "survival", "survival_low", "survival_high")


@dataclass(frozen=True)
class TableStatistic:
    """One statistic with what it rests on."""

    name: str
    value: float
    people: int
    fewest_in_a_cell: int | None = None
    """People in the smallest cell of the table it is computed from; None when it is not that of a table."""
    columns: int = 2
    """Items or variables it is computed from: with few of them, it is an equation in as many unknowns."""
    has_margins: bool = False
    """The table's margins are printed beside it."""


def release_statistic(statistic: TableStatistic, minimum: int = MINIMUM_PEOPLE) -> float:
    """A statistic to two significant figures, if it may be printed.

    Refused
        one of fewer than `minimum` people; one whose table has a cell under `minimum`; one of a 2 x 2 table beside its
        margins (the last unknown is then solved for, so the table must be protected, and printed, itself)
    """
    name = statistic.name.lower()
    if name in NEVER:
        raise ReleaseRefused(f"statistic '{statistic.name}': it gives counts or a person's value back; leave it out")
    if name not in ABOUT_A_TABLE:
        raise ParameterError(f"statistic '{statistic.name}': {did_you_mean(name, ABOUT_A_TABLE)}")
    reasons = []
    if statistic.people < minimum:
        reasons.append(f"it rests on fewer than {minimum} people")
    if statistic.fewest_in_a_cell is not None and statistic.fewest_in_a_cell < minimum:
        reasons.append(f"its table has a cell of fewer than {minimum} people")
    if statistic.has_margins:
        reasons.append("with the margins printed beside it the table can be solved for")
    if reasons:
        raise ReleaseRefused(f"statistic '{statistic.name}': {'; '.join(reasons)}; pool groups or leave it out")
    return significant(statistic.value, 2)


def merge_steps(table: pd.DataFrame, by: Sequence[str] = (), minimum: int = MINIMUM_PEOPLE) -> pd.DataFrame:
    """A life table with every step wide enough to hold ten who left, ten who did not, among ten at risk.

    table   columns time, at_risk, events, survival (and `by`), as a life table prints them
    Printed
        the share still there at the end of each merged step, in bands by those at risk at its start (so that three
        counts stay possible), and those at risk to the nearest five; no events, no standard errors
    Last step
        times after the last full step are not printed: what happened in them is about fewer than ten
    Errors
        ReleaseRefused when no step is wide enough
    """
    groups: Mapping[object, pd.DataFrame] = dict(list(table.groupby(list(by), sort=True))) if by else {(): table}
    parts = []
    for key, group in groups.items():
        labels = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        parts.append(pd.DataFrame(_steps(group.sort_values("time"), minimum)).assign(**labels))
    merged = pd.concat(parts, ignore_index=True)
    if merged.empty:
        raise ReleaseRefused(
            f"life table: no step holds {minimum} who left and {minimum} who did not; pool cohorts or groups"
        )
    return merged[[*by, *STEP_COLUMNS]]


def _steps(rows: pd.DataFrame, minimum: int) -> list[dict[str, float]]:
    steps: list[dict[str, float]] = []
    begin, events, at_start = 0.0, 0.0, np.nan
    for time, at_risk, left, survival in rows[["time", "at_risk", "events", "survival"]].astype(float).to_numpy():
        at_start = at_risk if np.isnan(at_start) else at_start
        events += left
        if at_risk < minimum:
            break
        if events < minimum or at_risk - left < minimum:
            continue
        width = next((step for most, step in LADDER if at_start <= most), FINEST)
        low = min(np.floor(survival / width + 1e-9) * width, 1 - width)
        steps.append(
            {
                "from_time": begin, "to_time": time, "at_risk": nearest_five(at_start),
                "survival": round_to(low + width / 2, width / 2), "survival_low": round_to(low, width),
                "survival_high": round_to(low + width, width),
            }
        )  # fmt: skip
        begin, events, at_start = time, 0.0, np.nan
    return steps


def refuse_thin_steps(table: pd.DataFrame, minimum: int = MINIMUM_PEOPLE) -> None:
    """Refuse a life table as it was computed: steps at which fewer than ten leave, or exact counts at risk."""
    reasons = []
    if exact := sorted({"events", "censored"} & set(table.columns)):
        reasons.append(f"column {', '.join(exact)} counts people exactly")
    if "events" in table and table["events"].between(1, minimum - 1).any():
        reasons.append(f"at some times fewer than {minimum} people left")
    if (table["at_risk"] < minimum).any():
        reasons.append(f"at some times fewer than {minimum} people are at risk")
    if reasons:
        raise ReleaseRefused(f"life table: {'; '.join(reasons)}; print merge_steps() of it")
