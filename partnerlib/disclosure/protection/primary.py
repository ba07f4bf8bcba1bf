"""Which cells are withheld for their own sake, and why: too few people, or nobody, which would be about everybody."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.disclosure.policy import Policy
from partnerlib.disclosure.protection.relations import Relations
from partnerlib.tables import RATINGS

NOBODY = "nobody, and somebody could have been: an outcome of everybody"
FEW = "rests on fewer people than the threshold"
FEW_PART = "the part counted has fewer people than the threshold"
DOMINATED = "one or two people make up nearly all of it"
UNIFORM = "all have one rating, or all but one person"
PARTNER = "would let another cell be worked out"
CHILD = "the ratings of everybody are withheld"


def thresholds(cells: pd.DataFrame, policy: Policy, relations: Relations) -> np.ndarray:
    """Fewest people each cell may rest on: by what it is about, and by its statistic."""
    domain = (
        cells["measure"]
        .map(dict(relations.domain))
        .map({name: getattr(policy.thresholds, name) for name in ("people", "tests", "growth")})
    )
    own = cells["measure"].map(dict(relations.minimum)).to_numpy(np.int64)
    statistic = cells["statistic"].map({"median": policy.thresholds.median, "index": policy.thresholds.index})
    needed = np.maximum(domain.to_numpy(np.int64), own)
    return np.maximum(needed, statistic.fillna(0).to_numpy(np.int64))


def sizes(cells: pd.DataFrame, relations: Relations) -> np.ndarray:
    """The n of each cell: rows of the denominator, or people where it is a sum of weights."""
    weighted = cells["measure"].isin(sorted(relations.weighted)).to_numpy(bool)
    n = np.where(weighted, cells["people"].to_numpy(float), cells["denominator"].fillna(0).to_numpy(float))
    return np.rint(n).astype(np.int64)


def reasons(cells: pd.DataFrame, policy: Policy, relations: Relations) -> np.ndarray:
    """Why each cell is withheld for its own sake; empty where it is not.

    Needs
        cells with `n`, `threshold`, `is_tie_mean`, `is_whole` (a count of everybody), `root_size`
    """
    n, people, threshold = (cells[name].to_numpy(float) for name in ("n", "people", "threshold"))
    numerator = cells["numerator"].fillna(0).to_numpy(float)
    statistic = cells["statistic"].to_numpy(object)
    # A mean over ties rests on the people behind them; a rate of ties needs as many ties, for its band.
    rows = np.where(cells["is_tie_mean"].to_numpy(bool), people, n)
    why = np.full(len(cells), "", dtype=object)
    why[_dominated(cells, policy)] = DOMINATED
    why[(statistic == "share") & (numerator < threshold)] = FEW_PART
    why[np.minimum(rows, people) < threshold] = FEW
    if policy.ratings.withhold_uniform:
        why[_uniform(cells, relations)] = UNIFORM
    if policy.ratings.parent_and_child:
        why[_orphaned(cells, why, relations)] = CHILD
    unseen = cells["status"].isin(["not_yet_observed", "missing"]).to_numpy(bool)
    nobody = (n == 0) & ~unseen
    looks_withheld = policy.complement.nobody_looks_withheld
    why[nobody] = NOBODY if looks_withheld else ""
    why[nobody & (cells["root_size"].to_numpy(float) == 0)] = ""
    return np.where(unseen, "", why)


def _dominated(cells: pd.DataFrame, policy: Policy) -> np.ndarray:
    """Means that the largest contributor, or the largest two, nearly make up by themselves.

    Formula
        p% rule: total - largest - second < p/100 x largest; (2, k): largest + second > k x total, where the total
        is of absolute contributions: of a mean near zero (value added), everybody would dominate the plain sum
    """
    if "largest" not in cells or policy.means.dominance_percent == 0:
        return np.zeros(len(cells), dtype=bool)
    first, second, total = (cells[name].to_numpy(float) for name in ("largest", "second_largest", "contributed"))
    with np.errstate(invalid="ignore"):
        told = (total - first - second < policy.means.dominance_percent / 100 * first) & (first > 0)
        share = first + second > policy.means.share_of_largest_two * total
    return (told | (share & (first > 0))) & (cells["statistic"] == "mean").to_numpy(bool)


def _rated(cells: pd.DataFrame, relations: Relations) -> pd.Series:
    return cells["measure"].isin([name for name, levels in relations.levels.items() if set(levels) == set(RATINGS)])


def _uniform(cells: pd.DataFrame, relations: Relations) -> np.ndarray:
    rated = cells[_rated(cells, relations)]
    key = ["measure", "unit_kind", "unit_code", "cohort", "window_years", "by", "of"]
    most = rated.groupby(key)["numerator"].transform("max")
    found = np.zeros(len(cells), dtype=bool)
    found[rated.index[(rated["denominator"] - most <= 1).to_numpy(bool)]] = True
    return found


def _orphaned(cells: pd.DataFrame, why: np.ndarray, relations: Relations) -> np.ndarray:
    rated = _rated(cells, relations)
    key = ["measure", "unit_kind", "unit_code", "cohort", "window_years"]
    parents = cells.loc[rated & (cells["by"] == "") & (why != ""), key]
    is_child = (rated & (cells["by"] != "")).to_numpy(bool)
    return is_child & pd.MultiIndex.from_frame(cells[key]).isin(pd.MultiIndex.from_frame(parents))
