"""Names for the arrays a synthetic state is made of, and the distance between two lists of positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def distance(x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> Floats:
    """Miles between every position of the first list (rows) and every one of the second (columns)."""
    return np.hypot(x1[:, None] - x2[None, :], y1[:, None] - y2[None, :])
