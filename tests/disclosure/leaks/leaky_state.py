"""A small invented state: completers of six providers in five districts, counted like the real measures count.

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
PROVIDERS = tuple(f"8900000{number}" for number in range(1, 7))
DISTRICTS = tuple(f"970{number}0000" for number in range(1, 6))
COHORTS = (2016, 2017, 2018)
OUTCOMES = ("stayer", "mover", "left")
SMALL_PROVIDERS = PROVIDERS[4:]
"""Two providers with seven people each in all three cohorts, in one district."""
SMALL_DISTRICT = DISTRICTS[4]
"""A district with seven people of one provider."""
STARTING = PROVIDERS[3]
"""A provider that had six people in its first cohort, and many since."""
ALL_STAY = PROVIDERS[0]
"""A provider all of whose people stay where they are."""
NEARLY_ALL_EMPLOYED = PROVIDERS[2]
"""A provider nearly all of whose people find work."""
FEW_IN_SCIENCE = PROVIDERS[1]
"""A provider with seven people in its program in science; hardly any of its people leave."""


def _sizes() -> pd.DataFrame:
    """People of each provider, district and cohort."""
    rng = np.random.default_rng(0)
    grid = pd.MultiIndex.from_product([PROVIDERS, DISTRICTS, COHORTS], names=["provider", "district", "cohort"])
    cells = pd.DataFrame({"people": rng.integers(12, 40, len(grid))}, index=grid).reset_index()
    few = cells["cohort"].map({2016: 2, 2017: 3, 2018: 2})
    nobody = cells["provider"].isin(SMALL_PROVIDERS) | (cells["district"] == SMALL_DISTRICT)
    some = cells["provider"].isin(SMALL_PROVIDERS) & (cells["district"] == DISTRICTS[0])
    some |= (cells["provider"] == PROVIDERS[0]) & (cells["district"] == SMALL_DISTRICT)
    first = (cells["provider"] == STARTING) & (cells["cohort"] == COHORTS[0]) & ~nobody
    return cells.assign(people=cells["people"].mask(nobody, 0).mask(some, few).mask(first, 1))


def people(seed: int = 11) -> pd.DataFrame:
    """One row per completer: provider, program, district, cohort, gender, what became of them, a score."""
    rng = np.random.default_rng(seed)
    cells = _sizes()
    frame = cells.loc[cells.index.repeat(cells["people"]), ["provider", "district", "cohort"]].reset_index(drop=True)
    provider = frame["provider"]
    in_science = rng.random(len(frame)) < 0.3
    few = (provider == FEW_IN_SCIENCE) & (frame.groupby("provider").cumcount() % 60 == 0)
    in_science = np.where(provider == FEW_IN_SCIENCE, few, in_science & (provider == NEARLY_ALL_EMPLOYED))
    frame["program"] = provider + np.where(in_science, ":science", ":elementary")
    frame["gender"] = np.where(rng.random(len(frame)) < 0.8, "F", "M")
    share = provider.map({NEARLY_ALL_EMPLOYED: 0.97}).fillna(0.62)
    frame["is_employed"] = rng.random(len(frame)) < share
    drawn = rng.choice(OUTCOMES, len(frame), p=[0.55, 0.25, 0.2])
    seldom = (provider == FEW_IN_SCIENCE) & (drawn == "left") & (rng.random(len(frame)) < 0.9)
    frame["outcome"] = np.where((provider == ALL_STAY) | seldom, "stayer", drawn)
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
