"""Of teachers who start together, how many have gone where after one, two, five years?

Counting one way out as an event and the others as merely unseen overstates it: who has left for another district was
not going to retire from the first one. Cumulative incidence lets the ways out compete; with the share still there it
adds up to everybody.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns
from partnerlib.models.exits import EXITS, RETURNERS, STAYED, ReturnersRule

INCIDENCE_COLUMNS = (
    "time", "exit", "at_risk", "events", "hazard", "incidence", "std_error", "low", "high", "still_there",
)  # fmt: skip
PARTS = {
    "mover_in_district": "moved in the district",
    "mover_other_district": "moved to another district",
    "changed_role": "changed role",
    "left": "left",
}
"""The ways out in words short enough for a figure's legend."""
FEWEST_AT_RISK = 10
FEWEST_CLUSTERS = 30


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence of each way out, with the people and the sample it rests on."""

    table: pd.DataFrame
    """One row per year, way out and group: at_risk, events, hazard, incidence with its 95% interval, still_there."""
    people: int
    by: tuple[str, ...]
    sample_id: str
    estimand: str
    wrong_if: tuple[str, ...]
    cautions: tuple[str, ...] = ()

    def wide(self, digits: int = 3) -> pd.DataFrame:
        """A row per year and group, a column per way out with its interval: for printing."""
        shown = self.table.assign(
            text=[
                f"{row.incidence:.{digits}f}"
                + (f" [{row.low:.{digits}f}, {row.high:.{digits}f}]" if np.isfinite(row.low) else "")
                for row in self.table.itertuples()
            ]
        )
        index = [*self.by, "time", "at_risk", "still_there"]
        wide = shown.pivot(index=index, columns="exit", values="text").reset_index().round({"still_there": digits})
        return wide[[*index, *(exit for exit in EXITS if exit in wide.columns)]].rename_axis(None, axis=1)

    def parts(self) -> pd.DataFrame:
        """Still there and each way out as parts of a whole, a row per year (and group): label, part, value."""
        table = self.table.assign(
            label=self._labels(), part=self.table["exit"].map(PARTS), value=self.table["incidence"]
        )
        still = table.drop_duplicates([*self.by, "time"]).assign(part="still there")
        still = still.assign(value=still["still_there"])
        rank = {part: place for place, part in enumerate(("still there", *PARTS.values()))}
        rows = pd.concat([still, table], ignore_index=True)
        rows = rows.assign(rank=rows["part"].map(rank)).sort_values([*self.by, "time", "rank"], kind="stable")
        return rows[["label", "part", "value"]].reset_index(drop=True)

    def _labels(self) -> pd.Series:
        words = "year " + self.table["time"].astype(int).astype(str)
        for column in self.by:
            words = words + ", " + column.replace("_", " ") + ": " + self.table[column].astype(str)
        return words


def cumulative_incidence(
    periods: pd.DataFrame,
    *,
    sample_id: str,
    by: Sequence[str] = (),
    cluster: str = "mepid",
    returners: ReturnersRule = "first",
    wrong_if: Sequence[str] = (),
) -> Incidence:
    """Share gone each way by the end of each year of the career (Aalen-Johansen in discrete time).

    Formula
        q_k(t) = exits of kind k in year t / at risk in year t; S(t) = product over u <= t of 1 - sum of q_k(u);
        F_k(t) = sum over u <= t of S(u - 1) q_k(u); the F_k and S add up to one
    Errors
        infinitesimal jackknife by `cluster`, the person unless another is named: with one spell a person, seen from its
        start, it is the binomial (Greenwood) formula for F_k; it also holds for late entry and for people at risk
        again. Interval on the complementary log-log scale, so that it stays within 0 and 1
    Columns of periods
        period, exit ('stayed' or a way out) and the cluster; see `exit_periods`
    """
    require_columns(periods, ["period", "exit", "mepid", cluster, *by], "cumulative incidence")
    if periods.empty:
        raise DataError("cumulative incidence: no person-years; choose an earlier cohort or a wider sample")
    groups = periods.groupby(list(by), observed=True, sort=True, dropna=False) if by else [((), periods)]
    tables = [_labelled(_one_group(rows, cluster), by, key) for key, rows in groups]
    table = pd.concat(tables, ignore_index=True)
    return Incidence(
        table=table[[*by, *INCIDENCE_COLUMNS]],
        people=int(periods["mepid"].nunique()),
        by=tuple(by),
        sample_id=sample_id,
        estimand=f"share of teachers gone each way by the end of a year of the career ({RETURNERS[returners]})",
        wrong_if=tuple(wrong_if),
        cautions=_cautions(periods, table, by, cluster, returners),
    )


def _labelled(table: pd.DataFrame, by: Sequence[str], key: tuple[Hashable, ...]) -> pd.DataFrame:
    labels = {column: pd.Series([label] * len(table)) for column, label in zip(by, key, strict=True)}
    return pd.concat([table, pd.DataFrame(labels, index=table.index)], axis=1)


def _one_group(rows: pd.DataFrame, cluster: str) -> pd.DataFrame:
    kinds = [*(kind for kind in EXITS if (rows["exit"] == kind).any())] or [next(iter(EXITS))]
    times, time = np.unique(rows["period"].to_numpy(), return_inverse=True)
    kind = pd.Index(kinds).get_indexer(rows["exit"])
    unit = pd.factorize(rows[cluster])[0]
    at_risk = np.bincount(time, minlength=len(times)).astype(float)
    events = np.bincount(time * (len(kinds) + 1) + kind + 1, minlength=len(times) * (len(kinds) + 1))
    events = events.reshape(len(times), -1)[:, 1:]
    hazard = events / at_risk[:, None]
    still = np.cumprod(1 - hazard.sum(axis=1))
    before = np.concatenate([[1.0], still[:-1]])
    incidence = np.cumsum(before[:, None] * hazard, axis=0)
    std_error = np.column_stack(
        [_jackknife(time, kind, unit, at_risk, hazard, before, incidence[:, k], k) for k in range(len(kinds))]
    )
    low, high = _interval(incidence, std_error)
    shape = (len(times), len(kinds))
    return pd.DataFrame(
        {
            "time": np.repeat(times, len(kinds)),
            "exit": np.tile(kinds, len(times)),
            "at_risk": np.repeat(at_risk.astype(int), len(kinds)),
            "events": events.ravel(),
            "hazard": hazard.ravel(),
            "incidence": incidence.ravel(),
            "std_error": std_error.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "still_there": np.broadcast_to(still[:, None], shape).ravel(),
        }
    )


def _jackknife(
    time: np.ndarray, kind: np.ndarray, unit: np.ndarray, at_risk: np.ndarray, hazard: np.ndarray,
    before: np.ndarray, incidence: np.ndarray, wanted: int,
) -> np.ndarray:  # fmt: skip
    """Standard error of one way's incidence at every time: what each unit adds, squared and summed.

    A person-year at u moves F(t) by [S(u-1) (1{went} - q_k) - (F(t) - F(u)) / (1 - q) (1{left} - q)] / n(u), u <= t.
    """
    any_exit = hazard.sum(axis=1)
    went = (kind == wanted).astype(float) - hazard[time, wanted]
    left = (kind >= 0).astype(float) - any_exit[time]
    direct = before[time] * went / at_risk[time]
    staying = 1 - any_exit
    lost = np.where(staying[time] > 0, left / np.where(staying > 0, staying, 1.0)[time], 0.0) / at_risk[time]
    errors = np.empty(len(incidence))
    for t in range(len(incidence)):
        seen = time <= t
        influence = direct[seen] - (incidence[t] - incidence[time[seen]]) * lost[seen]
        errors[t] = np.sqrt((np.bincount(unit[seen], weights=influence) ** 2).sum())
    return errors


def _interval(share: np.ndarray, std_error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95% interval of log(-log(share)); none (NaN) where the share is 0 or 1 and nothing is known of its error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = stats.norm.ppf(0.975) * std_error / (share * -np.log(share))
        return share ** np.exp(reach), share ** np.exp(-reach)


def _cautions(
    periods: pd.DataFrame, table: pd.DataFrame, by: Sequence[str], cluster: str, returners: str
) -> tuple[str, ...]:
    sentences = []
    thin = table.drop_duplicates([*by, "time"])["at_risk"] < FEWEST_AT_RISK
    if thin.any():
        sentences.append(f"{int(thin.sum())} rows of the table rest on fewer than {FEWEST_AT_RISK} people at risk.")
    first, years = int(periods["period"].min()), set(periods["period"].astype(int))
    if first > 1:
        sentences.append(f"Nobody is seen in year {first - 1} or before: shares are of those still there by then.")
    gaps = sorted(set(range(first, max(years) + 1)) - years)
    if gaps:
        sentences.append(f"Nobody is at risk in year {', '.join(map(str, gaps))}: nobody is taken to leave then.")
    if returners == "again":
        sentences.append(
            "People can leave more than once: these are the shares of a career that meets each year's risks once."
        )
    clusters = int(periods[cluster].nunique())
    if cluster != "mepid" and clusters < FEWEST_CLUSTERS:
        sentences.append(f"Only {clusters} clusters ({cluster}): the intervals are too narrow on average.")
    if (periods["exit"] == STAYED).all():
        sentences.append("Nobody left: no incidence has an interval.")
    return tuple(sentences)
