"""The one shape of every published number: one row per measure, unit, cohort, window and group value."""

from __future__ import annotations

import pandas as pd

from partnerlib.errors import DataError
from partnerlib.measures.cells import UNIT_KINDS, WINDOWS
from partnerlib.tables import STATUSES

KEY = ("report_year", "measure", "unit_kind", "unit_code", "cohort", "window_years", "group", "group_value")

STATISTICS = ("rate", "mean", "median", "count", "share", "index")
"""Rates and shares lie between 0 and 1; means and medians are in the measure's unit; counts are people."""

COLUMNS = {
    "report_year": "int64", "measure": "str", "topic": "str", "unit_kind": "str", "unit_code": "str",
    "unit_name": "str", "cohort": "int64", "window_years": "int64", "group": "str", "group_value": "str",
    "statistic": "str", "numerator": "float64", "denominator": "float64", "people": "int64", "value": "float64",
    "low": "float64", "high": "float64", "status": "str", "sample_id": "str", "note": "str",
    "largest": "float64", "second_largest": "float64", "contributed": "float64",
}  # fmt: skip
"""Every column in order, with its type."""

CONTRIBUTIONS = ("largest", "second_largest", "contributed")
"""Contributions to a mean over people: of the largest two, and everybody's together; null for everything else. One is a
person's own value: never printed, they decide which means are withheld."""

_SLACK = 1e-9
"""Room for the last bit of a floating-point sum."""


def checked(estimates: pd.DataFrame) -> pd.DataFrame:
    """The estimates themselves, once they keep every promise their readers rely on; all broken ones named at once."""
    import pandera.pandas as pa

    number, low, high = estimates["value"], estimates["low"], estimates["high"]
    is_part = estimates["statistic"].isin(["rate", "share", "count"]) & number.notna()
    has_number = estimates["status"].isin(["reported", "zero"])
    largest, second, contributed = (estimates[name] for name in CONTRIBUTIONS)
    unknown = largest.isna() & second.isna() & contributed.isna()
    is_mean = (estimates["statistic"] == "mean") & number.notna()
    room = _SLACK * (1 + contributed)
    promises = {
        "numerator is at most denominator": ~is_part | (estimates["numerator"] <= estimates["denominator"] + _SLACK),
        "rates and shares lie in 0 to 1": ~estimates["statistic"].isin(["rate", "share", "index"])
        | number.isna()
        | number.between(-_SLACK, 1 + _SLACK),
        "a number has status reported or zero, and nothing else has": number.notna() == has_number,
        "a zero has status zero": (number == 0) == (estimates["status"] == "zero"),
        "the interval holds the value": low.isna() | number.between(low - _SLACK, high + _SLACK),
        "only a mean has contributions": unknown | is_mean,
        "the largest contributions come first and are part of all": unknown
        | ((second >= 0) & (second <= largest) & (largest + second <= contributed + room)),
        "contributions add up to the mean, or cancel": unknown
        | ((number * estimates["denominator"]).abs() <= contributed + room),
    }
    schema = pa.DataFrameSchema(
        {
            "report_year": pa.Column(int),
            "unit_kind": pa.Column(str, pa.Check.isin(UNIT_KINDS)),
            "unit_code": pa.Column(str, pa.Check.str_length(min_value=8)),
            "window_years": pa.Column(int, pa.Check.isin(WINDOWS)),
            "statistic": pa.Column(str, pa.Check.isin(STATISTICS)),
            "denominator": pa.Column(float, pa.Check.ge(0)),
            "people": pa.Column(int, pa.Check.ge(0)),
            "status": pa.Column(str, pa.Check.isin(STATUSES)),
        }
    )
    broken = [f"{int((~kept).sum())} rows break '{promise}'" for promise, kept in promises.items() if not kept.all()]
    if list(estimates.columns) != list(COLUMNS):
        broken.append(f"columns are {', '.join(estimates.columns)}; expected {', '.join(COLUMNS)}")
    try:
        schema.validate(estimates, lazy=True)
    except pa.errors.SchemaErrors as errors:
        failed = errors.failure_cases.groupby(["column", "check"]).size()
        broken += [f"{count} values of {column} break {check}" for (column, check), count in failed.items()]
    repeated = estimates.duplicated(list(KEY))
    if repeated.any():
        broken.append(f"{int(repeated.sum())} rows repeat the key of another: {', '.join(KEY)}")
    if broken:
        raise DataError("estimates: " + "; ".join(broken))
    return estimates


def empty() -> pd.DataFrame:
    """Estimates with no row."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
