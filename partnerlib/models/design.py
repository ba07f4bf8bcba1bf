"""The right-hand side of a model: plain columns of a panel turned into numbers, nobody dropped for a missing trait.

Missing traits follow the Strategic Data Project: the value is set to a constant and a flag says so. Missing outcomes,
exposures, fixed effects and clusters cannot be filled: those rows leave the model and are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

from partnerlib.errors import DataError, did_you_mean


@dataclass(frozen=True)
class UsableRows:
    """The rows a model can use, and in words what was left out."""

    frame: pd.DataFrame
    cautions: tuple[str, ...]


def require_columns(frame: pd.DataFrame, columns: Sequence[str], model: str) -> None:
    """All missing columns at once, each with the nearest column the frame has."""
    missing = [column for column in dict.fromkeys(columns) if column not in frame.columns]
    if missing:
        named = "; ".join(f"'{column}' ({did_you_mean(column, map(str, frame.columns))})" for column in missing)
        raise DataError(f"{model}: the sample has no column {named}")


def usable_rows(frame: pd.DataFrame, needed: Sequence[str], model: str) -> UsableRows:
    """Rows on which every needed column is known, with a sentence per column about the rest."""
    require_columns(frame, needed, model)
    if frame.empty:
        raise DataError(f"{model}: the sample has no rows; no cohort is left, choose another year or a wider sample")
    unknown = frame[list(dict.fromkeys(needed))].isna()
    kept = frame.loc[~unknown.any(axis=1)]
    if kept.empty:
        raise DataError(
            f"{model}: no row is left; rows without a value: "
            + ", ".join(
                f"{column} {int(count):,} of {len(frame):,}" for column, count in unknown.sum().items() if count
            )
            + "; choose another outcome, exposure or an earlier cohort"
        )
    cautions = tuple(
        f"{int(count):,} of {len(frame):,} rows have no {column} and are left out."
        for column, count in unknown.sum().items()
        if count
    )
    return UsableRows(kept.reset_index(drop=True), cautions)


def refuse_unanswerable(
    frame: pd.DataFrame, outcome: str, exposures: Sequence[str], cluster: str, effects: Sequence[str], model: str
) -> None:
    """Refuse, all reasons at once, a question that these rows cannot answer whatever the estimator.

    The outcome is the same everywhere or known on one side of an exposure only; an exposure does not vary, or not
    within the levels of an effect (`provider_code^completion_year` is provider by year); there is one cluster only.
    """
    needed = [outcome, *exposures, cluster, *(factor for effect in effects for factor in effect.split("^"))]
    kept = frame.dropna(subset=list(dict.fromkeys(needed)))
    problems = []
    if kept[outcome].nunique() < 2:
        value = kept[outcome].iloc[0] if len(kept) else "unknown"
        problems.append(f"{outcome} is {value} in all {len(kept):,} rows")
    for exposure in exposures:
        sides = frame[exposure].dropna().nunique()
        if kept[exposure].nunique() >= 2:
            problems.extend(_fixed_within(kept, exposure, effects))
        elif sides >= 2 and len(kept):
            problems.append(f"the rest is known only where {exposure} is {kept[exposure].iloc[0]}: nobody to compare")
        else:
            problems.append(f"{exposure} is the same in all {len(kept):,} rows")
    if kept[cluster].nunique() < 2:
        problems.append(f"one {cluster} only, so that no error can be computed")
    if problems:
        raise DataError(f"{model}: {'; '.join(problems)}; choose another outcome, exposure, effect or sample")


def varies_within(frame: pd.DataFrame, exposure: str, effect: str, outcome: str) -> bool:
    """Whether an exposure takes two values within some level of an effect, among rows whose outcome is known."""
    rows = frame.dropna(subset=[outcome, exposure])
    return not _fixed_within(rows, exposure, [effect])


def _fixed_within(rows: pd.DataFrame, exposure: str, effects: Sequence[str]) -> list[str]:
    return [
        f"{exposure} does not vary within {effect}: it is a function of the effect"
        for effect in effects
        if rows.groupby(effect.split("^"))[exposure].nunique().max() < 2
    ]


def numeric_terms(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Each column as numbers: flags 0/1, categories as dummies against the most common one, missing filled and flagged.

    Names: `gender: M` for a category, `grade_point_average missing` for a flag. A column with one value gives none.
    """
    parts = [_numeric_column(frame[column], column) for column in columns]
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=frame.index)


def _numeric_column(column: pd.Series, name: str) -> pd.DataFrame:
    if types.is_bool_dtype(column.dtype) or types.is_numeric_dtype(column.dtype) or _is_flag(column):
        values = pd.to_numeric(column.astype("Float64"), errors="coerce").astype("float64")
        absent = values.isna()
        filled = values.fillna(values.mean() if not absent.all() else 0.0)
        terms = {name: filled, f"{name} missing": absent.astype("float64")}
        return pd.DataFrame({key: value for key, value in terms.items() if value.nunique() > 1}, index=column.index)
    labels = column.astype("string").fillna("missing")
    counts = labels.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return pd.DataFrame(
        {f"{name}: {label}": (labels == label).astype("float64") for label in sorted(counts.index[1:])},
        index=column.index,
    )


def _is_flag(column: pd.Series) -> bool:
    """A bool column that became `object` because it holds nulls."""
    known = column.dropna()
    return column.dtype == object and len(known) > 0 and all(isinstance(value, bool) for value in known)
