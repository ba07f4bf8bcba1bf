"""What estimators find when the truth is known: the committed table of `make validate`, as frames that figures draw."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.project import find_root

ESTIMATOR, PLAIN = "this estimator", "the plain comparison"


def read_recoveries(table: str | Path = "", question: str = "") -> pd.DataFrame:
    """One row per estimator and term: states, planted, mean, bias, bias_error, coverage, power, size, naive_bias, ...

    Parameters
        table     another table than the committed one
        question  hiring, retention, outcomes, partnerships, grants or many; all when empty
    """
    path = Path(table) if table else find_root() / "validation" / "recovery.csv"
    if not path.exists():
        raise DataError(f"{path}: no table of recoveries here; `make validate` writes it")
    found = pd.read_csv(path, dtype={"misses": "str"}).assign(misses=lambda frame: frame["misses"].fillna(""))
    if question and question not in set(found["question"]):
        raise ParameterError(f"question '{question}': {did_you_mean(question, sorted(set(found['question'])))}")
    return found[found["question"] == question].reset_index(drop=True) if question else found


def biases(recoveries: pd.DataFrame) -> pd.DataFrame:
    """Mean error as a share of the planted effect, of the estimator and of the plain comparison: a frame for `dots`.

    Terms whose planted value is zero, or differs from state to state around zero, have no such share and are left out.
    """
    planted = recoveries[recoveries["planted"].abs() > 3 * recoveries["bias_error"]]
    size = planted["planted"].abs()
    ours, reach, plain = (planted[name] / size for name in ("bias", "bias_error", "naive_bias"))
    drawn = _drawn(planted, ESTIMATOR, ours, ours - 1.96 * reach, ours + 1.96 * reach)
    return pd.concat([drawn, _drawn(planted, PLAIN, plain, plain, plain)], ignore_index=True)


def coverages(recoveries: pd.DataFrame) -> pd.DataFrame:
    """Share of 95% intervals that hold the planted value, with its own error over the states drawn."""
    return _shares(recoveries, "coverage", "intervals that hold the truth")


def sizes(recoveries: pd.DataFrame) -> pd.DataFrame:
    """Share of states without any effect in which one is found all the same."""
    return _shares(recoveries, "size", "effects found where there is none")


def printed_recoveries(recoveries: pd.DataFrame) -> str:
    """The table as text, three digits, without the columns that only the figures need."""
    shown = recoveries.drop(columns=["question", "bias_error"])
    return shown.round(3).to_string(index=False, na_rep="")


def _shares(recoveries: pd.DataFrame, column: str, series: str) -> pd.DataFrame:
    known = recoveries[recoveries[column].notna()]
    low, high = proportion_confint(known[column] * known["states"], known["states"], method="wilson")
    return _drawn(known, series, known[column], low, high)


def _drawn(rows: pd.DataFrame, series: str, value: pd.Series, low: pd.Series, high: pd.Series) -> pd.DataFrame:
    label = rows["check"].where(rows["check"] == rows["term"], rows["check"] + ": " + rows["term"])
    return pd.DataFrame(
        {
            "label": label, "series": series, "value": value, "low": low, "high": high, "people": rows["states"],
        }
    )  # fmt: skip
