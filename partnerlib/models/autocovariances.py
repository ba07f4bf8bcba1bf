"""How alike a teacher's classes are, by the years between them: sums over pairs, per teacher.

Only sums leave the pairs, so that a jackknife over teachers costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

FEWEST_PAIRS = 50
"""Teachers behind a covariance below which it is taken from the lag before."""


def with_precision(classes: pd.DataFrame, class_shock: float, student: float) -> pd.DataFrame:
    """Classes with h = 1/(sigma2_theta + sigma2_e/n), the precision of a class mean around the teacher's year."""
    return classes.assign(h=1 / (class_shock + student / classes["effective_students"]))


def year_means(classes: pd.DataFrame) -> pd.DataFrame:
    """Precision-weighted mean of a teacher's classes of a year, with the variance of what is not the teacher in it."""
    summed = (
        classes.assign(hr=classes["h"] * classes["effect"])
        .groupby(["mepid", "school_year"], sort=True)
        .agg(h=("h", "sum"), hr=("hr", "sum"), weight=("weight", "sum"), n_students=("n_students", "sum"))
        .reset_index()
    )
    return summed[["mepid", "school_year", "weight", "n_students"]].assign(
        effect=summed["hr"] / summed["h"], noise=1 / summed["h"]
    )


def pair_sums(rows: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, int]:
    """Sums over ordered pairs of different classes of a group, per teacher: product, either side, weight.

    With weights sqrt(w w') the sum over pairs is the square of the sum less the sum of squares.
    """
    root, effect = np.sqrt(rows["weight"]), rows["effect"]
    parts = rows[by].assign(
        r=root, re=root * effect, w=rows["weight"], we=rows["weight"] * effect, wee=rows["weight"] * effect**2, count=1
    )
    group = parts.groupby(by, sort=True).sum().reset_index()
    several = group[group["count"] > 1]
    side = several["re"] * several["r"] - several["we"]
    sums = pd.DataFrame(
        {"mepid": several["mepid"], "product": several["re"] ** 2 - several["wee"], "one": side, "other": side,
         "weight": several["r"] ** 2 - several["w"]}
    )  # fmt: skip
    return sums.groupby("mepid", sort=True).sum(), len(several)


def lag_sums(years: pd.DataFrame, most_lag: int) -> list[tuple[int, pd.DataFrame]]:
    """The same sums over the pairs of a teacher's years, for every number of years between them that occurs."""
    found = []
    later = years[["mepid", "school_year", "effect", "weight"]]
    for lag in range(1, most_lag + 1):
        earlier = later.assign(school_year=later["school_year"] + lag)
        pairs = later.merge(earlier, on=["mepid", "school_year"], suffixes=("", "_before"))
        if pairs.empty:
            continue
        weight = np.sqrt(pairs["weight"] * pairs["weight_before"])
        sums = pd.DataFrame(
            {"mepid": pairs["mepid"], "product": weight * pairs["effect"] * pairs["effect_before"],
             "one": weight * pairs["effect"], "other": weight * pairs["effect_before"], "weight": weight}
        )  # fmt: skip
        found.append((lag, sums.groupby("mepid", sort=True).sum()))
    return found


def covariances(sums: np.ndarray) -> np.ndarray:
    """From (..., 4) sums of products, of either side, and of weights."""
    product, one, other, weight = np.moveaxis(np.asarray(sums, dtype=float), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(product / weight - (one / weight) * (other / weight))


def usable_covariances(
    level: float, found: np.ndarray, lags: Sequence[int], teachers: Sequence[int]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Covariances for every lag up to the last: a lag that rests on few teachers takes the value of the one before."""
    known = {lag: value for lag, value, count in zip(lags, found, teachers, strict=True) if count >= FEWEST_PAIRS}
    if not known:
        known = {lags[0]: float(found[0])}
    values = [level]
    for lag in range(1, max(lags) + 1):
        values.append(known.get(lag, values[-1] if lag > min(known) else known[min(known)]))
    thin = [str(lag) for lag in range(1, max(lags) + 1) if lag not in known]
    if not thin:
        return np.array(values), ()
    return np.array(values), (
        f"Fewer than {FEWEST_PAIRS} teachers are seen {', '.join(thin)} years apart: the covariance of the lag before "
        "is used there.",
    )
