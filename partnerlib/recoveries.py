"""What estimators find when the truth is known: the committed table of `make validate`, as frames that figures draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

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
    """Mean error as a share of the planted effect, of the estimator and of the plain comparison: a frame for `dots`."""
    planted = recoveries[recoveries["planted"].abs() > 0]
    size = planted["planted"].abs()
    ours = _drawn(planted, ESTIMATOR, planted["bias"] / size, 1.96 * planted["bias_error"] / size)
    plain = _drawn(planted, PLAIN, planted["naive_bias"] / size, pd.Series(0.0, index=planted.index))
    return pd.concat([ours, plain], ignore_index=True)


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
    share = known[column]
    return _drawn(known, series, share, 1.96 * np.sqrt(share * (1 - share) / known["states"]))


def _drawn(rows: pd.DataFrame, series: str, value: pd.Series, reach: pd.Series) -> pd.DataFrame:
    label = rows["check"].where(rows["check"] == rows["term"], rows["check"] + ": " + rows["term"])
    return pd.DataFrame(
        {
            "label": label, "series": series, "value": value, "low": value - reach, "high": value + reach,
            "people": rows["states"],
        }
    )  # fmt: skip
