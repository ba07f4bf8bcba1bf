"""A small invented release: cells of every status and rounding, names that break file formats, and what seals them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from partnerlib.disclosure.cells import DEFINITION_COLUMNS, PUBLIC_COLUMNS
from partnerlib.disclosure.ledger import Ledger
from partnerlib.disclosure.policy import read_policy
from partnerlib.disclosure.sealed import seal, write_release
from partnerlib.disclosure.zones import SealedRelease

YEAR = 2018
STATE, PROVIDER, TINY, DISTRICT = "00000000", "89000001", "89000002", "97010000"
PAIR = f"{PROVIDER}-{DISTRICT}"
NAMES = {
    ("state", STATE): "State",
    ("provider", PROVIDER): '=HYPERLINK("x"), Université',
    ("provider", TINY): "'Quoted' <b>& Sons</b>",
    ("district", DISTRICT): "@North\nmoor",
    ("partnership", PAIR): "-1+1 College and Northmoor",
}


def printed(measure: str, statistic: str, value: float | None, least: float, most: float, **others: object) -> dict:
    """One cell; `others` override what a state's cell of the newest cohort would hold."""
    status = "reported" if value else "suppressed" if value is None else "zero"
    row: dict[str, object] = {
        "report_year": YEAR, "measure": measure, "topic": "hiring", "unit_kind": "state", "unit_code": STATE,
        "cohort": 2017, "window_years": 1, "group": "", "group_value": "", "statistic": statistic,
        "value": value, "value_low": least, "value_high": most, "low": None, "high": None, "n": None, "n_low": None,
        "n_high": None, "people": None, "rounding": "exact", "n_rounding": "", "counted": measure,
        "among": "completers", "status": status, "note": "", "sample_id": "completers-00000000",
        "withheld": value is None, "is_synthetic": True, **others,
    }  # fmt: skip
    if value is None:
        numbers = ("value", "value_low", "value_high", "low", "high", "n", "n_low", "n_high", "people")
        row |= dict.fromkeys(numbers) | {"rounding": "", "n_rounding": ""}
    return row | {"unit_name": NAMES[str(row["unit_kind"]), str(row["unit_code"])]}


def invented_cells() -> pd.DataFrame:
    """Counts, banded rates, rounded means, zeros and withheld cells of five units."""
    rows = []
    for (kind, code), size in zip(NAMES, (2400, 130, 12, 60, 40), strict=True):
        unit = {"unit_kind": kind, "unit_code": code}
        rows.append(printed("completers_counted", "count", float(size), size, size, counted="completers", **unit))
        near = 5 * round(size / 5)
        size_of = {"n": near, "n_low": max(near - 2, 10), "n_high": near + 2, "n_rounding": "nearest 5"}
        banded = {"rounding": "band 10", "low": 0.52, "high": 0.845, **size_of, **unit}
        small = code == TINY
        rows.append(printed("employed", "rate", None if small else 0.65, 0.6, 0.7, **banded))
        rows.append(printed("distance", "mean", 13.0, 12.5, 13.5, rounding="2 significant", **size_of, **unit))
        rows.append(printed("nobody", "count", 0.0, 0, 0, counted="nobody", **unit))
    return pd.DataFrame(rows)[list(PUBLIC_COLUMNS)].astype(PUBLIC_COLUMNS)


def invented_definitions() -> pd.DataFrame:
    values = dict.fromkeys(DEFINITION_COLUMNS, "") | {"is_partition": False, "providers": "equal"}
    measures = (("completers_counted", "count"), ("employed", "rate"), ("distance", "mean"))
    rows = [{**values, "measure": name, "statistic": statistic, "counted": name} for name, statistic in measures]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Protection:
    """What protection gives: here the invented cells, nothing computed."""

    cells: pd.DataFrame = field(default_factory=invented_cells)
    definitions: pd.DataFrame = field(default_factory=invented_definitions)
    loss: Mapping[str, object] = field(default_factory=lambda: {"all": {"cells": 0.05, "people": 0.01}})


@dataclass(frozen=True)
class Audit:
    """What an audit gives: here its verdict is given."""

    exposed: tuple[str, ...] = ()
    summary: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: {"public": {"asked": 4, "exposed": 0}})
    certificate: bytes = b'{"ranges": []}\n'


def sealed(
    folder: Path, cells: pd.DataFrame | None = None, audit: Audit | None = None, **options: object
) -> SealedRelease:
    """The invented cells sealed under the standard policy, in a ledger of the folder."""
    policy = read_policy(str(options.pop("policy", "standard")))
    given: dict = {"report_year": YEAR, "inputs": {"sr_2018.csv": "0" * 64}, "is_synthetic": True, **options}
    protection = Protection() if cells is None else Protection(cells)
    return seal(protection, audit or Audit(), policy, ledger=Ledger.read(folder / "ledger"), **given)


def written(folder: Path, **options: object) -> Path:
    """A release of the invented cells on disk."""
    return write_release(sealed(folder, **options), folder / "releases" / str(YEAR), Audit().certificate)  # type: ignore[arg-type]
