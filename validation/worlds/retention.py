"""Invented teachers who stay, move or leave by known yearly odds, some entering observation late, some of it hidden."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

YEARS = 6
BASE: Mapping[str, tuple[float, float]] = {
    "mover_in_district": (-2.6, 0.0),
    "mover_other_district": (-2.9, 0.0),
    "left": (-1.7, -0.12),
}
"""Log odds of each way out rather than staying: in the first year, and what each further year adds."""
PROVIDERS, SCHOOLS, DISTRICTS = 12, 80, 40


def teachers(
    rng: np.random.Generator,
    effects: Mapping[str, float],
    *,
    people: int = 2000,
    confounding: float = 0.0,
    frailty: float = 0.0,
    late: float = 0.3,
) -> pd.DataFrame:
    """One row per teacher and year at risk: who was hired where placed, and how the year ended.

    Parameters
        effects      log odds that being placed there adds to each way out
        confounding  log odds that a unit of grades, and of a provider's quality, takes from leaving; both go with being
                     hired where placed
        frailty      standard deviation over districts of the log odds of leaving
        late         share who are seen only from their second or third year, if they are still there
    """
    quality = rng.normal(0, 0.5, PROVIDERS)
    provider, grades = rng.integers(0, PROVIDERS, people), rng.normal(size=people)
    district, districts = rng.integers(0, DISTRICTS, people), rng.normal(0, frailty, DISTRICTS)
    placed = rng.random(people) < special.expit(-0.4 + 0.7 * grades + quality[provider])
    entry = np.where(rng.random(people) < late, rng.integers(1, 3, people), 0)
    last = entry + rng.integers(1, YEARS + 1 - entry)
    row, period = np.repeat(np.arange(people), YEARS), np.tile(np.arange(1, YEARS + 1), people)
    shift = districts[district] - confounding * (grades + quality[provider])
    share = shares(period, placed[row], effects, shift[row])
    kind = (rng.random(len(row))[:, None] > share.cumsum(axis=1)).sum(axis=1)
    frame = pd.DataFrame(
        {
            "mepid": row, "period": period, "exit": np.array(["stayed", *BASE])[kind], "placed": placed[row],
            "grades": grades[row].round(1), "provider_code": np.char.add("P", provider[row].astype(str)),
            "placement_school_code": rng.integers(0, SCHOOLS, people)[row], "district_code": district[row],
        }
    )  # fmt: skip
    left = frame["exit"] != "stayed"
    at_risk = left.groupby(frame["mepid"]).cumsum() - left == 0
    seen = at_risk & (period > entry[row]) & (period <= last[row])
    return frame[seen].assign(exited=left[seen]).reset_index(drop=True)


def shares(period: np.ndarray, placed: np.ndarray, effects: Mapping[str, float], shift: np.ndarray) -> np.ndarray:
    """Probability of staying and of each way out (columns in the order of `BASE`)."""
    index = [np.zeros(len(period))]
    for kind, (start, slope) in BASE.items():
        moved = start + slope * (period - 1) + effects.get(kind, 0.0) * placed
        index.append(moved + (shift if kind == "left" else 0.0))
    weight = np.exp(np.column_stack(index))
    return weight / weight.sum(axis=1, keepdims=True)


def true_incidence(kind: str, years: int, placed: bool, effects: Mapping[str, float]) -> float:
    """Share gone one way by the end of a year, of teachers without confounders or frailty."""
    period = np.arange(1, years + 1)
    share = shares(period, np.full(years, placed), effects, np.zeros(years))
    before = np.concatenate([[1.0], np.cumprod(share[:, 0])[:-1]])
    return float(before @ share[:, 1 + list(BASE).index(kind)])


def leavers_only(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per teacher with entry, duration and whether the spell ended in the exit that `exited` marks."""
    spells = rows.groupby("mepid").agg(
        entry=("period", "min"), duration=("period", "max"), event=("exited", "any"), placed=("placed", "first"),
        grades=("grades", "first"), provider_code=("provider_code", "first"),
        placement_school_code=("placement_school_code", "first"),
    )  # fmt: skip
    return spells.assign(entry=spells["entry"] - 1).reset_index()


def log_odds_ratio(ended: pd.Series, placed: pd.Series) -> float:
    """Of people seen to go, however long they were watched: what a plain table says."""
    table = pd.crosstab(placed, ended) + 0.5
    return float(np.log(table.iloc[1, 1] * table.iloc[0, 0] / (table.iloc[1, 0] * table.iloc[0, 1])))
