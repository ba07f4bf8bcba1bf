"""From internal cells and the decision about each to public ones: the only place where a public number is made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.disclosure.cells import HAS_NUMBER, PUBLIC_COLUMNS, VALUE_COLUMNS, checked
from partnerlib.disclosure.policy import Policy
from partnerlib.disclosure.protection import rounding

_DISTINCT = 10
"""Rows and people are told apart where they differ by so many."""

_PARTS = ("rate", "share")

_OWN_PARTS = 10_000
"""An owner's own shares are printed in ten-thousandths."""

_SLACK = 1e-6
"""Room for the last bits of a share times ten thousand."""


def printed(cells: pd.DataFrame, policy: Policy, is_synthetic: bool) -> pd.DataFrame:
    """Public cells.

    Needs
        n, threshold, counted, among; why (empty where published); coarser (rungs a band is wider than its n asks for);
        is_exact (a count that is printed as it is); is_plain (an owner's own cell); is_tie_mean; is_weighted;
        step (of a mean's sums) and finest (the finest unit of a mean)
    """
    has_number = cells["status"].isin(HAS_NUMBER).to_numpy(bool) & (cells["why"] == "").to_numpy(bool)
    columns = {name: np.full(len(cells), np.nan) for name in VALUE_COLUMNS}
    columns |= {name: np.full(len(cells), "", dtype=object) for name in ("rounding", "n_rounding")}
    shown = np.flatnonzero(has_number)
    for name, values in _numbers(cells.iloc[shown], policy).items():
        columns[name][shown] = values
    withheld = (cells["why"] != "").to_numpy(bool) | (cells["status"] == "suppressed").to_numpy(bool)
    is_zero = has_number & (columns["value"] == 0) & (columns["rounding"] == "exact")
    status = np.where(is_zero, "zero", np.where(has_number, "reported", cells["status"].to_numpy(object)))
    public = cells.assign(
        **columns,
        status=np.where(withheld, "suppressed", status),
        note="",
        withheld=withheld,
        is_synthetic=is_synthetic,
    )
    return checked(public[list(PUBLIC_COLUMNS)].astype(PUBLIC_COLUMNS))


def _numbers(cells: pd.DataFrame, policy: Policy) -> dict[str, np.ndarray]:
    statistic, plain = cells["statistic"].to_numpy(object), cells["is_plain"].to_numpy(bool)
    found = _sizes(cells, policy)
    value, x = cells["value"].to_numpy(float), np.rint(cells["numerator"].fillna(0).to_numpy(float)).astype(np.int64)
    found |= {name: np.full(len(cells), np.nan) for name in ("value", "value_low", "value_high", "low", "high")}
    found["rounding"] = np.full(len(cells), "", dtype=object)
    is_part, is_count = np.isin(statistic, _PARTS), statistic == "count"
    is_mean, is_index = np.isin(statistic, ["mean", "median"]) & ~plain, (statistic == "index") & ~plain

    def put(where: np.ndarray, **columns: np.ndarray | str) -> None:
        for name, values in columns.items():
            found[name][where] = values

    exact = plain & ~is_count & ~is_part
    put(exact, value=value[exact], value_low=value[exact], value_high=value[exact], rounding="exact")
    own = is_part & plain
    put(own, **_own_parts(value[own]))
    put(is_count, **{f"value{end}": found[f"n{end}"][is_count] for end in ("", "_low", "_high")})
    put(is_count, rounding=found["n_rounding"][is_count])
    banded = is_part & ~plain
    # Someone's several rows of a window are one person's: the band is as wide as for so many people.
    least = np.fmin(found["n_low"], found.pop("people_low"))[banded]
    put(banded, **_parts(x[banded], cells["n"].to_numpy(np.int64)[banded], least, cells[banded], policy))
    put(is_mean, **_means(value[is_mean], cells[is_mean], found["n_low"][is_mean], policy))
    put(is_index, **_indexes(value[is_index], policy))
    low, high = rounding.poisson(found["value_low"][is_count], found["value_high"][is_count])
    put(is_count, low=low, high=high)
    n = np.fmin(found["n"], found["people"])
    low, high = rounding.wilson(found["value_low"][is_part], found["value_high"][is_part], n[is_part])
    put(is_part, low=low, high=high)
    return found


def _sizes(cells: pd.DataFrame, policy: Policy) -> dict[str, np.ndarray]:
    """n as printed and what it says; of means over few ties nothing."""
    n, threshold = cells["n"].to_numpy(np.int64), cells["threshold"].to_numpy(np.int64)
    people = cells["people"].to_numpy(np.int64)
    exact = cells["is_exact"].to_numpy(bool) | (policy.sizes.rounding == "exact") | cells["is_plain"].to_numpy(bool)
    # A zero that is printed is a part of nobody.
    exact = exact | (n == 0)
    near, least, most = rounding.nearest_five(n, threshold)
    hidden = cells["is_tie_mean"].to_numpy(bool) & (n < threshold)
    told = {
        "n": np.where(exact, n, near).astype(float),
        "n_low": np.where(exact, n, least).astype(float),
        "n_high": np.where(exact, n, most).astype(float),
    }
    told = {name: np.where(hidden, np.nan, values) for name, values in told.items()}
    differs = (np.abs(n - people) >= _DISTINCT) & ~cells["is_weighted"].to_numpy(bool)
    near, least, _most = rounding.nearest_five(people, threshold)
    told["people"] = np.where(differs, near, np.nan)
    told["people_low"] = np.where(differs, least, np.nan)
    told["n_rounding"] = np.where(hidden, "", np.where(exact, "exact", f"nearest {rounding.FIVE}")).astype(object)
    return told


def _parts(
    x: np.ndarray, n: np.ndarray, n_low: np.ndarray, cells: pd.DataFrame, policy: Policy
) -> dict[str, np.ndarray | str]:
    """Rates and shares: bands, or whole percents where the policy prints what the department prints."""
    if policy.percents.style == "whole":
        percent = (200 * x + n) // (2 * n)
        ends = np.clip(percent - 0.5, 0, 100) / 100, np.clip(percent + 0.5, 0, 100) / 100
        return {"value": percent / 100, "value_low": ends[0], "value_high": ends[1], "rounding": "nearest 0.01"}
    width = rounding.widths(n_low.astype(np.int64), policy.percents.bands, cells["coarser"].to_numpy(np.int64))
    low, high = rounding.band(x, n, width)
    names = np.array([f"band {points}" for points in width], dtype=object)
    return {"value": (low + high) / 200, "value_low": low / 100, "value_high": high / 100, "rounding": names}


def _own_parts(value: np.ndarray) -> dict[str, np.ndarray | str]:
    """Rates and shares of an owner's own cells: to a hundredth of a percent, which beside n is the count itself.

    No finer: a share such as 1/3 has no last decimal, so that no whole number would give what is printed back.
    """
    parts = value * _OWN_PARTS
    low, high = np.floor(parts + _SLACK) / _OWN_PARTS, np.ceil(parts - _SLACK) / _OWN_PARTS
    names = np.where(low == high, "exact", f"nearest {1 / _OWN_PARTS:g}").astype(object)
    return {"value": np.rint(parts) / _OWN_PARTS, "value_low": low, "value_high": high, "rounding": names}


def _means(value: np.ndarray, cells: pd.DataFrame, n_low: np.ndarray, policy: Policy) -> dict[str, np.ndarray | str]:
    n = np.where(np.isnan(n_low), 1.0, n_low)
    step = cells["step"].to_numpy(float) * ~cells["is_tie_mean"].to_numpy(bool)
    unit = rounding.units(value, n, policy.means.significant_digits, step, policy.means.sums_left_open)
    unit = np.maximum(unit, cells["finest"].to_numpy(float))
    unit = np.round(unit, 9)
    near = rounding.to_unit(value, unit)
    names = np.array([f"nearest {each:g}" for each in unit], dtype=object)
    return {"value": near, "value_low": near - unit / 2, "value_high": near + unit / 2, "rounding": names}


def _indexes(value: np.ndarray, policy: Policy) -> dict[str, np.ndarray | str]:
    edges = np.array([0.0, *policy.index_edges, 1.0])
    place = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(edges) - 2)
    low, high = edges[place], edges[place + 1]
    return {"value": (low + high) / 2, "value_low": low, "value_high": high, "rounding": "index band"}
