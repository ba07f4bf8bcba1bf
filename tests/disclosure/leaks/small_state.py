"""A small invented state: 560 completers of three providers in three districts, counted like the real measures count.

From people to estimates in the columns the gate takes, so that what is planted in a release is planted in one that the
gate itself protected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

YEAR = 2019
STATE = "00000000"
PROVIDERS = ("89000001", "89000002", "89000003")
DISTRICTS = ("97010000", "97020000", "97030000")
COHORTS = (2016, 2017, 2018)
OUTCOMES = ("stayer", "mover", "left")
SIZES = np.array([[46, 24, 11], [22, 33, 7], [9, 5, 28]])
"""People of each provider in each district, on average, in a cohort."""


def people(seed: int = 11) -> pd.DataFrame:
    """One row per completer: provider, program, district, cohort, gender, what became of them, a score."""
    rng = np.random.default_rng(seed)
    parts = []
    for cohort in COHORTS:
        for p, provider in enumerate(PROVIDERS):
            for d, district in enumerate(DISTRICTS):
                count = int(rng.poisson(SIZES[p, d]))
                parts.append(pd.DataFrame({"provider": provider, "district": district, "cohort": cohort}, range(count)))
    frame = pd.concat(parts, ignore_index=True)
    frame["program"] = frame["provider"] + np.where(rng.random(len(frame)) < 0.7, ":elementary", ":science")
    frame["gender"] = np.where(rng.random(len(frame)) < 0.8, "F", "M")
    frame["is_employed"] = rng.random(len(frame)) < 0.62
    frame["outcome"] = rng.choice(OUTCOMES, len(frame), p=[0.6, 0.22, 0.18])
    frame["score"] = rng.integers(1, 6, len(frame))
    return frame


MEASURES = {
    "completers_counted": "completers",
    "employed": "completers",
    "experience": "completers",
    "beginners": "beginners",
    "outcomes": "beginners",
}
"""Measure and the population it is about; beginners are the completers who are employed."""
STATISTICS = {
    "completers_counted": "count", "employed": "rate", "experience": "mean", "beginners": "count", "outcomes": "rate",
}  # fmt: skip


@dataclass(frozen=True)
class Relations:
    """What the gate is told of these measures."""

    population: Mapping[str, str] = field(default_factory=lambda: MEASURES)
    within: Mapping[str, str] = field(default_factory=lambda: {"completers": "", "beginners": "completers"})
    rows: Mapping[str, str] = field(default_factory=lambda: {"completers": "people", "beginners": "people"})
    is_whole: Mapping[str, bool] = field(default_factory=lambda: {"completers": True, "beginners": False})
    minimum: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 10))
    domain: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(MEASURES, "people"))
    groups: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {name: ("gender",) if name == "employed" else () for name in MEASURES}
    )
    levels: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {name: OUTCOMES if name == "outcomes" else () for name in MEASURES}
    )
    curves: frozenset[str] = frozenset()
    weighted: frozenset[str] = frozenset()


def _units(frame: pd.DataFrame) -> pd.DataFrame:
    """Every row once for each unit it belongs to."""
    state, pair = pd.Series(STATE, frame.index), frame["provider"] + "-" + frame["district"]
    kinds = {"state": state, "provider": frame["provider"], "program": frame["program"],
             "district": frame["district"], "partnership": pair}  # fmt: skip
    return pd.concat([frame.assign(unit_kind=kind, unit_code=code) for kind, code in kinds.items()], ignore_index=True)


def _windows(rows: pd.DataFrame) -> pd.DataFrame:
    single = rows.assign(window_years=1)
    return pd.concat([single, rows.assign(window_years=3, cohort=COHORTS[-1])], ignore_index=True)


def estimates(frame: pd.DataFrame | None = None) -> pd.DataFrame:
    """The estimates of the small state: every measure, unit, cohort and window, unprotected."""
    rows = _windows(_units(people() if frame is None else frame))
    everyone, employed = rows.assign(one=1.0), rows[rows["is_employed"]].assign(one=1.0)
    parts = [
        _cells(everyone, "completers_counted", everyone["one"]),
        _cells(everyone, "employed", everyone["is_employed"].astype(float)),
        _cells(everyone, "employed", everyone["is_employed"].astype(float), group="gender"),
        _cells(everyone, "experience", everyone["score"].astype(float)),
        _cells(employed, "beginners", employed["one"]),
        *(
            _cells(employed, "outcomes", (employed["outcome"] == level).astype(float), level=level)
            for level in OUTCOMES
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def _cells(rows: pd.DataFrame, measure: str, counted: pd.Series, group: str = "", level: str = "") -> pd.DataFrame:
    by = ["unit_kind", "unit_code", "cohort", "window_years", *([group] if group else [])]
    sums = rows.assign(x=counted).groupby(by).agg(numerator=("x", "sum"), denominator=("x", "size")).reset_index()
    statistic = STATISTICS[measure]
    share = sums["numerator"] / sums["denominator"]
    value = sums["numerator"] if statistic == "count" else share
    return pd.DataFrame(
        {
            "report_year": YEAR, "measure": measure, "topic": "hiring", "unit_kind": sums["unit_kind"],
            "unit_code": sums["unit_code"], "unit_name": "Unit " + sums["unit_code"].str[-8:-4],
            "cohort": sums["cohort"], "window_years": sums["window_years"],
            "group": "outcome" if level else group, "group_value": level or (sums[group] if group else ""),
            "statistic": statistic, "numerator": np.nan if statistic == "mean" else sums["numerator"],
            "denominator": sums["denominator"].astype(float), "people": sums["denominator"], "value": value,
            "low": value, "high": value, "status": np.where(value == 0, "zero", "reported"),
            "sample_id": MEASURES[measure] + "-00000000", "note": "",
        }
    )  # fmt: skip
