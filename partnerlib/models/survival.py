"""Life tables: of teachers who start together, how many are still there after one, two, five years.

Works on spells (one row per person: when observation began, how long it lasted, whether it ended in the event). People
not seen from their start enter the risk set late (left truncation); people still there when the data end leave it
without an event (right censoring). Neither is ever counted as having stayed or left.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns

LIFE_TABLE_COLUMNS = (
    "time", "at_risk", "events", "censored", "hazard", "hazard_std_error", "survival", "std_error", "low", "high",
)  # fmt: skip


@dataclass(frozen=True)
class LifeTable:
    """A life table with the people and the sample it rests on."""

    table: pd.DataFrame
    """One row per time (and group): at_risk, events, censored, hazard and survival with 95% interval."""
    people: int
    events: int
    by: tuple[str, ...]
    sample_id: str
    event: str
    """What counts as the event, in words, with the rule for people who come back."""
    wrong_if: tuple[str, ...]
    cautions: tuple[str, ...] = ()


def life_table(
    spells: pd.DataFrame,
    *,
    sample_id: str,
    event: str,
    by: Sequence[str] = (),
    wrong_if: Sequence[str] = (),
) -> LifeTable:
    """Share still there after each year, among those at risk, by group.

    Formula
        at risk at t = spells with entry < t <= duration; hazard(t) = events(t) / at risk(t);
        S(t) = product over u <= t of 1 - hazard(u) (Kaplan-Meier)
    Columns of spells
        entry     time already spent when observation began (0 when seen from the start)
        duration  time at which the event or the end of observation came, > entry
        event     True when the spell ended in the event, False when it was still going on
    Errors
        hazard binomial; survival Greenwood; interval on the log scale, cut at one, as R's survfit prints it
    """
    require_columns(spells, ["entry", "duration", "event", *by], "life table")
    if (spells["duration"] <= spells["entry"]).any():
        wrong = int((spells["duration"] <= spells["entry"]).sum())
        raise DataError(f"life table: {wrong} spells end no later than they begin; expected entry < duration")
    groups = spells.groupby(list(by), observed=True, sort=True, dropna=False) if by else [((), spells)]
    tables = [_named(_one_table(group), by, key) for key, group in groups]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*by, *LIFE_TABLE_COLUMNS])
    return LifeTable(
        table=table[[*by, *LIFE_TABLE_COLUMNS]],
        people=len(spells),
        events=int(spells["event"].sum()),
        by=tuple(by),
        sample_id=sample_id,
        event=event,
        wrong_if=tuple(wrong_if),
        cautions=_thin_risk_sets(table),
    )


def _named(table: pd.DataFrame, by: Sequence[str], key: tuple[Hashable, ...]) -> pd.DataFrame:
    labels = {column: pd.Series([label] * len(table)) for column, label in zip(by, key, strict=True)}
    return pd.concat([table, pd.DataFrame(labels, index=table.index)], axis=1)


def _one_table(spells: pd.DataFrame) -> pd.DataFrame:
    ended = spells["event"].astype(bool).to_numpy()
    durations, entries = spells["duration"].to_numpy(), spells["entry"].to_numpy()
    times = np.unique(durations)
    still_going = len(durations) - np.searchsorted(np.sort(durations), times, side="left")
    not_yet_entered = len(entries) - np.searchsorted(np.sort(entries), times, side="left")
    at_risk = still_going - not_yet_entered
    events = np.bincount(np.searchsorted(times, durations[ended]), minlength=len(times))
    censored = np.bincount(np.searchsorted(times, durations[~ended]), minlength=len(times))
    hazard = events / at_risk
    survival = np.cumprod(1 - hazard)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        relative = np.where(survival > 0, np.sqrt(greenwood), np.nan)
        reach = np.exp(stats.norm.ppf(0.975) * relative)
    return pd.DataFrame(
        {
            "time": times,
            "at_risk": at_risk,
            "events": events,
            "censored": censored,
            "hazard": hazard,
            "hazard_std_error": np.sqrt(hazard * (1 - hazard) / at_risk),
            "survival": survival,
            "std_error": survival * relative,
            "low": survival / reach,
            "high": np.minimum(survival * reach, 1.0),
        }
    )


def median_time(table: pd.DataFrame) -> tuple[float, float, float]:
    """The time by which half have left, with its 95% interval; infinite where survival never falls that far."""

    def first_below(column: str) -> float:
        reached = table.loc[table[column] <= 0.5, "time"]
        return float(reached.iloc[0]) if len(reached) else float("inf")

    return first_below("survival"), first_below("low"), first_below("high")


def _thin_risk_sets(table: pd.DataFrame, fewest: int = 10) -> tuple[str, ...]:
    thin = table[table["at_risk"] < fewest]
    if thin.empty:
        return ()
    return (f"{len(thin)} rows of the table rest on fewer than {fewest} people at risk.",)
