"""The one step between an estimate and a page: withhold what rests on too few people, keep the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from partnerlib.errors import DataError, ReleaseRefused

MINIMUM_PEOPLE = 10
"""Fewest distinct people a published cell may rest on: ten, the threshold DESE's own pages use for tested students."""

KEY = (
    "report_year",
    "measure",
    "unit_kind",
    "unit_code",
    "cohort",
    "window_years",
    "group",
    "group_value",
)
"""What names one cell of an estimates table."""

ESTIMATE_COLUMNS = (
    "report_year",
    "measure",
    "topic",
    "unit_kind",
    "unit_code",
    "unit_name",
    "cohort",
    "window_years",
    "group",
    "group_value",
    "statistic",
    "numerator",
    "denominator",
    "people",
    "value",
    "low",
    "high",
    "status",
    "sample_id",
    "note",
)

RELEASE_COLUMNS = (*ESTIMATE_COLUMNS, "withheld", "is_synthetic")

SIZE_COLUMNS = ("numerator", "denominator", "people", "value", "low", "high")
"""Columns that tell how many people a cell rests on, or what they did: all empty in a withheld cell. A count of
candidates *is* its number of people, so leaving `people` would print what `value` withholds."""


def withhold_small_cells(
    estimates: pd.DataFrame, minimum: int = MINIMUM_PEOPLE, is_synthetic: bool | None = None
) -> pd.DataFrame:
    """Every cell resting on fewer than `minimum` people withheld: no number, status `suppressed`, `withheld` true.

    Rule
        people < minimum, or people unknown, and there is a number to withhold. A share of a larger whole rests on the
        people it is a share of *and* on those who make it up: a provider's 2 of a district's 60 beginners are 2 people.
        A cell that never had a number (missing, not applicable, not yet observed) keeps its own status.
    Marks
        One status for every withheld cell, whatever the reason.
    Errors
        ReleaseRefused when the table lacks a column of the estimates' shape or names one cell twice: nothing is
        released from a table whose cells cannot be told apart.
    """
    _refuse_wrong_shape(estimates)
    columns = [*ESTIMATE_COLUMNS, *(["is_synthetic"] if "is_synthetic" in estimates else [])]
    released = estimates[columns].astype({column: "Float64" for column in SIZE_COLUMNS})
    released = released.astype({"people": "Int64"})
    has_number = released[["numerator", "value", "low", "high"]].notna().any(axis="columns")
    is_small = released["people"].fillna(0) < minimum
    is_small |= (released["statistic"] == "share") & (released["numerator"].fillna(0) < minimum)
    withheld = (is_small & has_number).astype(bool) | (released["status"] == "suppressed")
    released[list(SIZE_COLUMNS)] = released[list(SIZE_COLUMNS)].mask(withheld)
    released.loc[withheld, ["status", "note"]] = ["suppressed", ""]
    released["withheld"] = withheld
    if is_synthetic is not None or "is_synthetic" not in released:
        released["is_synthetic"] = bool(is_synthetic)
    return released[list(RELEASE_COLUMNS)].reset_index(drop=True)


def release(estimates: Path, target: Path, is_synthetic: bool, minimum: int = MINIMUM_PEOPLE) -> Path:
    """The estimates of one report year, as a file of the cells that may be published."""
    return write_release(withhold_small_cells(pd.read_parquet(estimates), minimum, is_synthetic), target)


def write_release(released: pd.DataFrame, target: Path) -> Path:
    """A release as Parquet, complete or not at all: written beside its place, then moved there.

    Sorted by unit, so that a page reads only the few row groups that hold its own unit.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        by_unit = ["unit_kind", "unit_code", *(name for name in KEY if not name.startswith("unit_"))]
        released.sort_values(by_unit, kind="stable").to_parquet(staged, index=False, row_group_size=5_000)
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)
    return target


def read_release(path: Path, wanted: list[list[tuple[str, str, object]]] | None = None) -> pd.DataFrame:
    """A release, or only the rows that meet one of the `wanted` lists of conditions (as pyarrow takes them).

    A file that is missing or is no release is an error that says what to do.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such release; `partnerlib report` makes it from the processed tables")
    frame = pd.read_parquet(path, filters=wanted)
    if missing := sorted({*ESTIMATE_COLUMNS, "withheld"} - set(frame.columns)):
        raise DataError(f"{path}: not a release: no column {', '.join(missing)}; `partnerlib report` makes it")
    return frame if "is_synthetic" in frame else frame.assign(is_synthetic=False)


def _refuse_wrong_shape(estimates: pd.DataFrame) -> None:
    if missing := [column for column in ESTIMATE_COLUMNS if column not in estimates]:
        raise ReleaseRefused(f"estimates: no column {', '.join(missing)}; nothing is released from an incomplete table")
    twice = estimates.duplicated(list(KEY), keep="first")
    if twice.any():
        row = estimates.loc[twice.idxmax(), list(KEY)]
        raise ReleaseRefused(
            f"estimates: {int(twice.sum())} cells named twice; first: "
            + ", ".join(f"{name}={value}" for name, value in row.items())
            + "; expected one row per cell"
        )
