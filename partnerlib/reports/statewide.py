"""The whole state at once: where candidates are placed, and which provider places them in which district."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from partnerlib.display.blocks import Block
from partnerlib.display.maps import dots_on_a_map, flows
from partnerlib.display.text import is_number
from partnerlib.reports.cohorts import POOLED, cohorts_of
from partnerlib.reports.drawn import MAPPED
from partnerlib.reports.findings import MANY_PARTNERS, SMALL_PARTNERS

ON_A_MAP = "Where candidates are placed"
FLOWING = "From provider to district"


def placement_map(cells: pd.DataFrame, places: Mapping[str, tuple[float, float]], is_synthetic: bool) -> Block:
    """Candidates placed in each district, on a map: three cohorts pooled where more of them can be printed."""
    mine = cells[(cells["unit_kind"] == "district") & (cells["measure"] == MAPPED) & (cells["group"] == "")]
    windows = [mine[mine["window_years"] == window] for window in (1, POOLED)]
    newest = [rows[rows["cohort"] == rows["cohort"].max()] for rows in windows]
    chosen = max(reversed(newest), key=lambda rows: int(rows["value"].notna().sum()))
    rows: list[dict[str, Any]] = chosen.sort_values(["unit_name", "unit_code"]).to_dict("records")  # type: ignore[assignment]
    cohorts = f", {cohorts_of(rows[0])}" if rows else ""
    note = "The area of a dot is the number as it is printed. A cross is a number withheld to protect people."
    return dots_on_a_map(rows, places, f"{ON_A_MAP}{cohorts}", note, is_synthetic)


def placement_flows(cells: pd.DataFrame, names: Mapping[str, str], is_synthetic: bool) -> Block:
    """Candidates each provider places in each district: the published partnerships, largest first.

    names
        of providers and districts by code, where they are known apart; else the pair's own name is taken apart
    """
    mine = cells[(cells["unit_kind"] == "partnership") & (cells["measure"] == MAPPED) & (cells["group"] == "")]
    pooled = mine[(mine["window_years"] == POOLED) & mine["value"].notna()]
    rows: list[dict[str, Any]] = pooled[pooled["cohort"] == pooled["cohort"].max()].to_dict("records")  # type: ignore[assignment]
    named = [
        (*_pair(str(row["unit_code"]), str(row["unit_name"]), names), row) for row in rows if is_number(row["value"])
    ]
    note = f"{cohorts_of(rows[0])}, together. The width of a ribbon is the number as it is printed." if rows else ""
    cohorts = f", {cohorts_of(rows[0])}" if rows else ""
    return flows(named, f"{FLOWING}{cohorts}", note, f"{SMALL_PARTNERS} {MANY_PARTNERS}", is_synthetic)


def _pair(code: str, name: str, names: Mapping[str, str]) -> tuple[str, str]:
    """The names of a partnership's provider and district."""
    provider, _, district = code.partition("-")
    first, second = names.get(f"provider:{provider}"), names.get(f"district:{district}")
    if first and second:
        return first, second
    before, _, after = name.partition(" and ")
    return first or before or provider, second or after or district


def names_of(cells: pd.DataFrame) -> dict[str, str]:
    """The names of providers and districts by kind and code."""
    named = cells[cells["unit_kind"].isin(["provider", "district"])].dropna(subset=["unit_name"])
    rows = named.drop_duplicates(["unit_kind", "unit_code"], keep="last")
    return {
        f"{kind}:{code}": str(name)
        for kind, code, name in zip(rows["unit_kind"], rows["unit_code"], rows["unit_name"], strict=True)
    }
