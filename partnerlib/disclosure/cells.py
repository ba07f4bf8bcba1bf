"""The shape of every published number: what is printed, what it says of the true one, and nothing else.

A public cell never holds an exact numerator, the denominator of a rate, a p-value or an unrounded interval. Whoever
reads the files of a release knows exactly these columns, and so does the audit.
"""

from __future__ import annotations

import pandas as pd

from partnerlib.errors import DataError
from partnerlib.tables import STATUSES

KEY = ("report_year", "measure", "unit_kind", "unit_code", "cohort", "window_years", "group", "group_value")
"""What names one public cell."""

PUBLIC_COLUMNS = {
    "report_year": "int64",
    "measure": "str",
    "topic": "str",
    "unit_kind": "str",
    "unit_code": "str",
    "unit_name": "str",
    "cohort": "int64",
    "window_years": "int64",
    "group": "str",
    "group_value": "str",
    "statistic": "str",
    "value": "Float64",
    "value_low": "Float64",
    "value_high": "Float64",
    "low": "Float64",
    "high": "Float64",
    "n": "Float64",
    "n_low": "Float64",
    "n_high": "Float64",
    "people": "Float64",
    "rounding": "str",
    "n_rounding": "str",
    "counted": "str",
    "among": "str",
    "status": "str",
    "note": "str",
    "sample_id": "str",
    "withheld": "bool",
    "is_synthetic": "bool",
}
"""Every column in order, with its type.

    value                   what is printed: an exact count, the middle of a band, a rounded mean
    value_low, value_high   what it says of the true value. Exact: both equal it. Band: value_low <= true < value_high
                            (true <= 1 when value_high is 1). Rounded: within half a unit, ends included
    low, high               95% interval, from the printed quantities only
    n, n_low, n_high        people (rows) in the denominator as printed, and what that says of the true number
    people                  distinct people, to the nearest 5, where rows and people differ by 10 or more
    rounding, n_rounding    of the value and of n: exact, band 5 (points), nearest 0.1, ...; empty without a number
    counted, among          names of the set of people counted and of the set it is counted among
"""

VALUE_COLUMNS = ("value", "value_low", "value_high", "low", "high", "n", "n_low", "n_high", "people")
"""Columns that tell a number: all empty in a withheld cell."""

DEFINITION_COLUMNS = (
    "measure",
    "level",
    "statistic",
    "counted",
    "among",
    "within",
    "is_partition",
    "providers",
    "programs",
    "districts",
    "partnerships",
    "cohorts",
)
"""Columns of the definitions published beside the cells: which sets a measure counts, and what they sum to.

    level           value of a distribution's dimension; empty for a measure without levels
    within          the set whose people contain those of `among`; empty when there is none
    is_partition    the levels exhaust `among`, each person in one of them
    providers       how the providers' counts of the set relate to the state's: equal, at most, or none (no relation);
                    programs: to their provider's; districts: to the state's; partnerships: to the provider's and the
                    district's
    cohorts         the single cohorts' to their window's
"""

HAS_NUMBER = ("reported", "zero")
"""Statuses of a cell that prints a number."""

_SLACK = 1e-9
"""Room for the last bit of a floating-point number."""


def empty() -> pd.DataFrame:
    """Public cells with no row."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in PUBLIC_COLUMNS.items()})


def checked(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells themselves, once they keep every promise their readers rely on; all broken ones named at once.

    Errors
        DataError with the number of rows that break each promise: never a number of a cell
    """
    if list(cells.columns) != list(PUBLIC_COLUMNS):
        missing, foreign = set(PUBLIC_COLUMNS) - set(cells.columns), set(cells.columns) - set(PUBLIC_COLUMNS)
        told = [f"without {', '.join(sorted(missing))}"] * bool(missing)
        told += [f"with {', '.join(sorted(foreign))}, which is not published"] * bool(foreign)
        raise DataError(f"cells: columns {' and '.join(told) or 'in another order'}; expected those of PUBLIC_COLUMNS")
    broken = [
        f"column {name} is {cells[name].dtype}, expected {kind}"
        for name, kind in PUBLIC_COLUMNS.items()
        if str(cells[name].dtype) != kind
    ]
    for promise, kept in _promises(cells).items():
        count = int((~kept.fillna(False).astype(bool)).sum())
        broken += [f"{count} rows break '{promise}'"] * bool(count)
    if repeated := int(cells.duplicated(list(KEY)).sum()):
        broken.append(f"{repeated} rows repeat the key of another: {', '.join(KEY)}")
    if broken:
        raise DataError("cells: " + "; ".join(broken))
    return cells


def _promises(cells: pd.DataFrame) -> dict[str, pd.Series]:
    value, low, high = cells["value"], cells["value_low"], cells["value_high"]
    n, withheld = cells["n"], cells["withheld"].astype(bool)
    prints = cells["status"].isin(HAS_NUMBER)
    is_exact = cells["rounding"] == "exact"
    is_part = cells["statistic"].isin(["rate", "share", "index"])
    blank = cells[list(VALUE_COLUMNS)].isna().all(axis="columns")
    within = (low <= value + _SLACK) & (value <= high + _SLACK)
    around = (cells["low"] <= low + _SLACK) & (high <= cells["high"] + _SLACK)
    return {
        "status is known": cells["status"].isin(STATUSES),
        "withheld means suppressed": withheld == (cells["status"] == "suppressed"),
        "a number is printed where the status is reported or zero, and nowhere else": prints == value.notna(),
        "a number comes with what it says of the true one": value.notna() == (low.notna() & high.notna()),
        "the true value may be the printed one": value.isna() | within,
        "an exact value is itself": ~is_exact | ((low == value) & (high == value)),
        "a zero has status zero": (cells["status"] == "zero") == (value.eq(0) & is_exact).fillna(False),
        "rates, shares and indexes lie in 0 to 1": ~is_part | value.isna() | ((low >= 0) & (high <= 1)),
        "the interval holds what is printed": cells["low"].isna() | ~is_part | around,
        "a withheld cell tells no number": ~withheld | blank,
        "a withheld cell has no remark": ~withheld | (cells["note"] == ""),
        "a withheld cell has no rounding": (cells["rounding"] != "") == value.notna(),
        "n comes with its bounds": (n.notna() == (cells["n_low"].notna() & cells["n_high"].notna()))
        & (n.isna() | ((cells["n_low"] <= n) & (n <= cells["n_high"]))),
        "n has a rounding, and nothing else has": (cells["n_rounding"] != "") == n.notna(),
    }
