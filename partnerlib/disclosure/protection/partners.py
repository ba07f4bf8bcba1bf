"""Exact counts that would give a small one away: printed to the nearest five instead, the cheapest partner there is.

Only counts of everybody (placed, completing, asked) are exact, so only they can be subtracted from each other. Each
rule below is one subtraction somebody could make; a rounded partner leaves it open by four people. The state's last
digit goes only where no other is left; it is never withheld. A count is withheld only where rounding is not enough.

    cohorts      a window minus its single cohorts
    siblings     the state minus the published units; by anybody, or by a unit that knows its own hidden count
    parts        a unit minus its published programs or partners
    own parts    a district minus the candidates of one provider, who knows them; and the other way round
    subsets      everybody minus a printed part of them: those hosted, those with a known answer
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from partnerlib.disclosure.policy import Policy
from partnerlib.disclosure.protection import rounding
from partnerlib.disclosure.protection.shape import WINDOW

_NODE = ["counted", "unit_kind", "unit_code"]
_TIME = ["cohort", "window_years"]

_LARGE = ("provider", "district")


def partners(
    cells: pd.DataFrame, estimates: pd.DataFrame, sets: pd.DataFrame, policy: Policy
) -> tuple[np.ndarray, np.ndarray]:
    """Which exact counts lose their last digit, and which few are withheld besides; true for each such row of `cells`.

    Parameters
        cells: with n, threshold, why, is_exact, counted, among
        estimates: the internal table, for pairs and cohorts that are not published
    """
    found = np.zeros(len(cells), dtype=bool)
    gone = found.copy()
    if not policy.complement.against:
        return found, gone
    exact = cells[cells["is_exact"] & (cells["why"] == "") & (cells["n"] > 0)]
    for rule in (_over_cohorts, _over_subsets):
        found[list(rule(exact, cells, policy))] = True
    pairs = _pairs(exact, estimates)
    for kind in _LARGE:
        own = exact[exact["unit_kind"] == kind]
        found[list(_over_own_parts(own, pairs, cells, policy))] = True
        found[list(_over_parts(own, cells, pairs, policy))] = True
    for _, star in cells[cells["is_exact"] & cells["unit_kind"].isin([*_LARGE, "state"])].groupby(
        ["counted", *_TIME], sort=False
    ):
        state = star[star["unit_kind"] == "state"]
        for kind in _LARGE:
            children = star[star["unit_kind"] == kind]
            if len(state) == 1 and len(children):
                relation = sets.loc[sets["counted"] == star["counted"].iat[0], f"{kind}s"].iat[0]
                less, none = _over_siblings(state.iloc[0], children, found, relation, policy)
                found[less], gone[none] = True, True
    return found, gone


def _is_small(low: pd.Series, high: pd.Series, threshold: pd.Series) -> pd.Series:
    """Whether a range of sizes holds one of a few people."""
    return (low < threshold) & (high > 0)


def _over_cohorts(exact: pd.DataFrame, cells: pd.DataFrame, policy: Policy) -> Iterator[int]:
    """Windows whose unpublished rest, after the single cohorts are subtracted, is a few people."""
    windows = exact[exact["window_years"] == WINDOW]
    singles = exact.loc[exact["window_years"] == 1, [*_NODE, "cohort", "n"]]
    joined = windows.reset_index()[["index", *_NODE, "cohort", "n", "threshold"]].merge(
        singles, on=_NODE, suffixes=("", "_single")
    )
    inside = joined[joined["cohort"].sub(joined["cohort_single"]).between(0, WINDOW - 1)]
    rest = inside.groupby("index").agg(n=("n", "first"), threshold=("threshold", "first"), told=("n_single", "sum"))
    small = (rest["n"] - rest["told"]).between(1, rest["threshold"] - 1)
    yield from rest.index[small]


def _over_subsets(exact: pd.DataFrame, cells: pd.DataFrame, policy: Policy) -> Iterator[int]:
    """Counts of everybody beside the n of a part of them that lies within two of it."""
    parts = cells[(cells["why"] == "") & (cells["by"] == "") & ~cells["is_exact"] & (cells["n"] > 0)]
    key = ["unit_kind", "unit_code", *_TIME]
    near = parts.drop_duplicates([*key, "among", "threshold"])[[*key, "among", "root", "n", "threshold"]]
    joined = exact.reset_index()[["index", *key, "counted", "n", "threshold"]].merge(
        near, on=key, suffixes=("", "_part")
    )
    joined = joined[(joined["root"] == joined["counted"]) & (joined["among"] != joined["counted"])]
    _near, low, high = rounding.nearest_five(joined["n_part"].to_numpy(), joined["threshold_part"].to_numpy())
    rest_low, rest_high = joined["n"] - np.minimum(high, joined["n"]), joined["n"] - low
    told = (rest_high - rest_low + 1 < policy.complement.public) & _is_small(rest_low, rest_high, joined["threshold"])
    yield from joined.loc[told, "index"]


def _pairs(exact: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Everybody of each provider in each district, by single cohort and window."""
    names = exact[["measure", "counted"]].drop_duplicates()
    rows = estimates.loc[
        (estimates["unit_kind"] == "partnership") & estimates["measure"].isin(names["measure"]),
        ["measure", "unit_code", *_TIME, "denominator"],
    ].merge(names, on="measure")
    codes = rows["unit_code"].str.split("-", n=1, expand=True)
    if not len(rows):
        codes = pd.DataFrame({0: [], 1: []}, dtype="str")
    return rows.assign(provider=codes[0], district=codes[1], x=rows["denominator"])


def _over_own_parts(own: pd.DataFrame, pairs: pd.DataFrame, cells: pd.DataFrame, policy: Policy) -> Iterator[int]:
    """Units whose people outside one partner's, who knows its own, are few: in a printed count or in a difference."""
    kind = own["unit_kind"].iat[0] if len(own) else "provider"
    key = ["counted", kind, *_TIME]
    unit = own.reset_index().rename(columns={"unit_code": kind})
    printed = unit[["index", *key, "n", "threshold"]].merge(pairs[[*key, "x"]], on=key)
    yield from printed.loc[(printed["n"] - printed["x"]).between(1, printed["threshold"] - 1), "index"]
    windows = unit[unit["window_years"] == WINDOW]
    singles = unit.loc[unit["window_years"] == 1, ["counted", kind, "cohort", "n"]]
    joined = windows[["index", "counted", kind, "cohort", "n", "threshold"]].merge(
        singles, on=["counted", kind], suffixes=("", "_single")
    )
    joined = joined[joined["cohort"].sub(joined["cohort_single"]).between(0, WINDOW - 1)]
    rest = joined.groupby("index").agg(
        counted=("counted", "first"), code=(kind, "first"), cohort=("cohort", "first"), n=("n", "first"),
        threshold=("threshold", "first"), told=("n_single", "sum"), first=("cohort_single", "min"), years=("n", "size"),
    )  # fmt: skip
    # Two of three cohorts printed: the third is their difference to the window.
    third = rest[rest["years"] == WINDOW - 1].reset_index()
    third = third.assign(
        cohort=3 * third["cohort"]
        - 3
        - joined.groupby("index")["cohort_single"].sum().reindex(third["index"]).to_numpy()
    )
    third = third.rename(columns={"code": kind}).assign(window_years=1, n=third["n"] - third["told"])
    third = third.merge(pairs[[*key, "x"]], on=key)
    yield from third.loc[(third["n"] - third["x"]).between(1, third["threshold"] - 1), "index"]


def _over_parts(own: pd.DataFrame, cells: pd.DataFrame, pairs: pd.DataFrame, policy: Policy) -> Iterator[int]:
    """Units whose people outside the printed programs or partnerships are told within two, and few."""
    kind = own["unit_kind"].iat[0] if len(own) else "provider"
    shown = cells[(cells["why"] == "") & cells["is_count"] & cells["unit_kind"].isin(["program", "partnership"])]
    code = shown["unit_code"]
    unit = {
        "provider": code.str.split(":|-", n=1, regex=True).str[0],
        "district": code.str.rsplit("-", n=1).str[-1].where(shown["unit_kind"] == "partnership", ""),
    }[kind]
    _near, low, high = rounding.nearest_five(shown["n"].to_numpy(np.int64), shown["threshold"].to_numpy(np.int64))
    parts = shown.assign(unit_of=unit, part_low=low, part_high=high)
    total = parts.groupby(["counted", "unit_of", "unit_kind", *_TIME]).agg(
        part_low=("part_low", "sum"), part_high=("part_high", "sum")
    )
    joined = own.reset_index()[["index", "counted", "unit_code", *_TIME, "n", "threshold"]].merge(
        total.reset_index().rename(columns={"unit_of": "unit_code", "unit_kind": "part_kind"}),
        on=["counted", "unit_code", *_TIME],
    )
    rest_low = (joined["n"] - joined["part_high"]).clip(lower=0)
    rest_high = joined["n"] - joined["part_low"]
    told = (rest_high - rest_low + 1 < policy.complement.public) & _is_small(rest_low, rest_high, joined["threshold"])
    yield from joined.loc[told, "index"]


def _over_siblings(
    state: pd.Series, children: pd.DataFrame, is_rounded: np.ndarray, relation: str, policy: Policy
) -> tuple[list[int], list[int]]:
    """Counts to round, and in the last resort to withhold, so that none withheld is told by the state's count.

    Order
        the largest children lose their last digit, which is the least of what they say; then the state; then the
        smallest child printed is withheld, too. A withheld child that knows itself learns no other
    """
    n, limit = children["n"].to_numpy(np.int64), children["threshold"].to_numpy(np.int64)
    withheld = (children["why"] != "").to_numpy(bool)
    less: list[int] = []
    none: list[int] = []
    if relation not in ("equal", "at most") or state["why"] != "" or not withheld.any():
        return less, none
    position = children.index.to_numpy()
    _near, least, most = rounding.nearest_five(n, limit)
    rounded = is_rounded[position] & ~withheld
    gone = np.zeros(len(n), dtype=bool)
    total = int(state["n"]), int(state["n"])
    while True:
        low = np.where(withheld | gone, 1, np.where(rounded, least, n))
        high = np.where(withheld, limit - 1, np.where(gone, total[1], np.where(rounded, most, n)))
        printed = np.flatnonzero(~withheld & ~gone & (n > 0))
        exact = printed[~rounded[printed]]
        if _is_left_open(total, n, low, high, withheld, relation == "equal", policy) or not len(printed):
            return less, none
        if len(exact):
            place = exact[np.argmax(n[exact])]
            rounded[place] = True
            less.append(int(position[place]))
        elif total[0] == total[1]:
            around = rounding.nearest_five(np.array([state["n"]]), np.array([state["threshold"]]))
            total = int(around[1][0]), int(around[2][0])
            less.append(int(state.name))  # type: ignore[arg-type]
        else:
            place = printed[np.argmin(n[printed])]
            gone[place] = True
            none.append(int(position[place]))


def _is_left_open(
    total: tuple[int, int],
    n: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    withheld: np.ndarray,
    adds_up: bool,
    policy: Policy,
) -> bool:
    """Whether every withheld child keeps enough possible values, for the public and for any child knowing itself."""
    slack_high = np.inf if not adds_up else 0

    def values(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        least = np.maximum(low, total[0] - (high.sum() - high) - slack_high)
        most = np.minimum(high, total[1] - (low.sum() - low))
        return np.where(withheld, most - least + 1, np.inf)

    if (values(low, high) < policy.complement.public).any():
        return False
    for owner in np.flatnonzero(high > low) if len(policy.complement.against) > 1 else ():
        known_low, known_high = low.copy(), high.copy()
        known_low[owner] = known_high[owner] = n[owner]
        open_values = values(known_low, known_high)
        open_values[owner] = np.inf
        if (open_values < policy.complement.insiders).any():
            return False
    return True
