"""People who look the same to a model are one row with a weight: what makes half a million person-years a small table.

A likelihood, its scores and every cluster's sum of scores are the same on counted rows as on the rows themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

WIDEST_CODE = 2**62


def identical_rows(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Which rows agree in every column: a number per row, and the position of one row of each number.

    Numbers follow the values column by column, so that they do not depend on the order of the rows. Missing values
    agree with each other.
    """
    codes = np.zeros(len(columns[0]) if len(columns) else 0, dtype=np.int64)
    width = 1
    for column in columns:
        code, levels = _coded(np.asarray(column))
        if width * levels > WIDEST_CODE:
            distinct, codes = np.unique(codes, return_inverse=True)
            width = len(distinct)
        codes, width = codes * levels + code, width * levels
    rows, row = _ordered(codes, width)
    position = np.empty(rows, dtype=np.int64)
    position[row[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return row, position


def _coded(column: np.ndarray) -> tuple[np.ndarray, int]:
    """A column as whole numbers in the order of its values."""
    if column.dtype == bool:
        return column.astype(np.int64), 2
    if column.dtype.kind == "f":
        flags = column.astype(np.int64, copy=True) if np.isfinite(column).all() else None
        if flags is not None and ((column == 0) | (column == 1)).all():
            return flags, 2
    codes, levels = pd.factorize(column, sort=True, use_na_sentinel=False)
    return codes.astype(np.int64), max(len(levels), 1)


def _ordered(codes: np.ndarray, width: int) -> tuple[int, np.ndarray]:
    """Codes without gaps, in their order: how many there are, and each row's."""
    if width <= 4 * len(codes) + 1_000:
        taken = np.zeros(width, dtype=bool)
        taken[codes] = True
        return int(taken.sum()), (np.cumsum(taken) - 1)[codes]
    found, levels = pd.factorize(codes)
    place = np.empty(len(levels), dtype=np.int64)
    place[np.argsort(levels)] = np.arange(len(levels))
    return len(levels), place[found]
