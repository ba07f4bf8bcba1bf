"""Choice sets: who could choose which of many places, and which one they did, as arrays ready for a fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.errors import DataError

BLOCK_ROWS = 10_000
"""Rows of a block: its arrays stay in the processor's cache."""


@dataclass(frozen=True)
class Choices:
    """Who could choose what, sorted by chooser."""

    terms: np.ndarray
    """Shape (rows, terms); each term's values lie next to one another in memory."""
    names: tuple[str, ...]
    starts: np.ndarray
    """First row of every chooser."""
    chosen: np.ndarray
    """Row that each chooser chose."""
    offset: np.ndarray
    """Added to the utility of each row: the correction for alternatives that were sampled; zero for all of them."""
    clusters: np.ndarray
    """Cluster of every chooser."""

    @property
    def choosers(self) -> int:
        return len(self.starts)

    def blocks(self) -> Iterator[tuple[slice, slice]]:
        """Choosers, and their rows, in pieces of about `BLOCK_ROWS` rows."""
        ends = np.append(self.starts[1:], len(self.terms))
        first = 0
        while first < len(self.starts):
            last = max(int(np.searchsorted(ends, self.starts[first] + BLOCK_ROWS, side="right")), first + 1)
            yield slice(first, last), slice(int(self.starts[first]), int(ends[last - 1]))
            first = last


def choices(
    rows: pd.DataFrame,
    terms: Sequence[str],
    chooser: str,
    chosen: str,
    cluster: str | None = None,
    offset: str | None = None,
) -> Choices:
    """Rows of chooser x alternative as arrays, refused when a chooser did not choose exactly one of its rows.

    A term that is the same for all alternatives of every chooser (the chooser's own trait) tells nothing about which
    one is chosen: it is refused by name; its interaction with a trait of the alternatives is the question to ask.
    """
    ordered = rows if rows[chooser].is_monotonic_increasing else rows.sort_values(chooser, kind="stable")
    codes = pd.factorize(ordered[chooser])[0]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    is_chosen = ordered[chosen].to_numpy(dtype=bool)
    per_chooser = np.add.reduceat(is_chosen.astype(np.int64), starts) if len(starts) else np.array([], dtype=np.int64)
    values, missing, same = np.empty((len(terms), len(ordered))), [], []
    for place, term in enumerate(terms):  # one column at a time: no second copy of all of them
        values[place] = ordered[term].to_numpy(dtype=float)
        if not np.isfinite(values[place]).all():
            missing.append(term)
        elif len(starts) and not _varies(values[place], starts):
            same.append(term)
    problems = []
    if not len(starts):
        problems.append("no chooser has an alternative; no cohort is left")
    if wrong := int((per_chooser != 1).sum()):
        problems.append(f"{wrong:,} of {len(starts):,} choosers have not chosen exactly one of their alternatives")
    if missing:
        problems.append(f"no value in some rows of {', '.join(missing)}: fill and flag them, or leave the choosers out")
    if same:
        problems.append(f"{', '.join(same)} is the same for all alternatives of every chooser")
    clusters = ordered[cluster or chooser].to_numpy()[starts]
    if len(starts) and (clusters == clusters[0]).all():
        problems.append(f"one {cluster or chooser} only, so that no error can be computed")
    if problems:
        raise DataError(f"conditional logit: {'; '.join(problems)}")
    correction = ordered[offset].to_numpy(dtype=float) if offset else np.zeros(len(ordered))
    return Choices(values.T, tuple(terms), starts, np.flatnonzero(is_chosen), correction, pd.factorize(clusters)[0])


def _varies(column: np.ndarray, starts: np.ndarray) -> bool:
    """Whether a term differs between two alternatives of any chooser."""
    second = starts[1] if len(starts) > 1 else len(column)
    if (column[:second] != column[0]).any():  # the first chooser usually tells
        return True
    differs = column[1:] != column[:-1]
    differs[starts[1:] - 1] = False
    return bool(differs.any())


def one_in(found: Choices, count: int) -> Choices:
    """Every so many-th chooser with all of its rows."""
    ends = np.append(found.starts[1:], len(found.terms))
    kept = np.arange(0, found.choosers, count)
    rows = np.concatenate([np.arange(found.starts[one], ends[one]) for one in kept])
    starts = np.append(0, np.cumsum(ends[kept] - found.starts[kept])[:-1])
    chosen = starts + found.chosen[kept] - found.starts[kept]
    terms = found.terms.T[:, rows].T
    return Choices(terms, found.names, starts, chosen, found.offset[rows], found.clusters[kept])
