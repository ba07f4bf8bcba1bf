"""How many people stand behind every term of a model, and how far one of them can pull it.

A coefficient can give a person away: a dummy that is true for one candidate returns that candidate's outcome to six
decimals. Whether it may be published is decided elsewhere; what that decision needs is counted here, where the rows and
the design are at hand. Only counts and largest shares leave this module, never a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from partnerlib.models.identical_rows import identical_rows

MOST_SWEEPS = 200
"""Rounds of taking out the means of several effects in turn; shares of leverage need no more than three digits."""


@dataclass(frozen=True)
class Support:
    """What a fitted model rests on."""

    terms: pd.DataFrame
    """One row per term: term, is_flag (0/1), people (of the smaller side of a flag, else all), fewest (people of the
    rarest combination of side and outcome; for outcomes that are no yes or no, of the rarest side), pull (largest share
    of one person in the coefficient: 1 when it is that person's outcome)."""
    effects: pd.DataFrame
    """One row per absorbed effect: effect, levels, fewest (people of one outcome in the smallest level)."""
    residual_degrees_of_freedom: int
    """Rows beyond what the terms and effects can fit exactly."""
    leverage: float
    """Largest leverage of a row in the terms, effects taken out: 1 when the fit gives its outcome back."""
    exposure_leverage: float
    """The same for the exposures alone, beside covariates that are not shown."""
    exposures: tuple[str, ...]
    is_binary: bool
    """The outcome is yes or no, so that a group's mean and size are a count."""
    is_saturated: bool
    """Every combination of terms has its own fitted value: the model is a table of means in other words."""
    fewest_in_a_cell: int
    """People of the rarer outcome in the smallest combination of flags and effects; all people without flags."""


def support(
    outcome: pd.Series,
    terms: pd.DataFrame,
    people: pd.Series,
    *,
    exposures: Sequence[str] = (),
    effects: Sequence[pd.Series | np.ndarray] = (),
    effect_names: Sequence[str] = (),
    weights: pd.Series | None = None,
    counts: pd.Series | None = None,
) -> Support:
    """Count the people behind a design and measure how far one of them can pull each coefficient.

    Formula
        X = terms net of the effects, rows times the root of their weight; C = X (X'X)^-1;
        leverage of a row = C_i X_i'; pull of a person on term j = sum of their C_ij^2 / sum of all C_ij^2
    Parameters
        people  who each row is about; people are counted once however many rows they have
        counts  people a row stands for, where rows are groups and the outcome is a share
    """
    y = outcome.to_numpy(dtype=float)
    codes = [pd.factorize(np.asarray(effect))[0] for effect in effects]
    who = pd.factorize(people)[0]
    # Rows that agree in terms, effects and weight share leverage and pull: half a million are a few thousand.
    every = [terms.iloc[:, place].to_numpy(dtype=float) for place in range(terms.shape[1])]
    given = [] if weights is None else [weights.to_numpy(dtype=float)]
    row, position = identical_rows([*every, *codes, *given] or [np.zeros(len(y))])
    many = np.bincount(row, minlength=len(position)).astype(float)
    design = np.column_stack([column[position] for column in every]) if every else np.empty((len(position), 0))
    root = np.sqrt(given[0][position]) if given else np.ones(len(position))
    grouped = [code[position] for code in codes]
    net = _net_of(design, grouped, root**2 * many) * root[:, None]
    tally = _Tally(who, y, None if counts is None else counts.to_numpy(dtype=float))
    flags = [bool(np.isin(column, (0.0, 1.0)).all()) for column in design.T]
    share, leverage = _influence(net, many)
    shown = [position for position, term in enumerate(terms.columns) if term in set(exposures)]
    others = [position for position in range(len(terms.columns)) if position not in set(shown)]
    rank = _rank(net, many) + _rank_of_effects(grouped)
    cells = _cells(design, flags, grouped)
    sides = [[side[row] for side in _sides(column, flag)] for column, flag in zip(design.T, flags, strict=True)]
    return Support(
        terms=pd.DataFrame(
            {
                "term": [str(term) for term in terms.columns],
                "is_flag": flags,
                "people": [tally.people(each) for each in sides],
                "fewest": [tally.fewest(each) for each in sides],
                "pull": [tally.largest_share(column[row]) for column in share.T],
            }
        ),
        effects=pd.DataFrame(
            {
                "effect": list(effect_names) or [f"effect {place + 1}" for place in range(len(codes))],
                "levels": [int(code.max()) + 1 for code in codes],
                "fewest": [tally.fewest_by(code) for code in codes],
            }
        ),
        residual_degrees_of_freedom=len(y) - rank,
        leverage=float(leverage.max(initial=0.0)),
        exposure_leverage=(float((leverage - _influence(net[:, others], many)[1]).max(initial=0.0)) if shown else 0.0),
        exposures=tuple(exposures),
        is_binary=tally.is_binary,
        is_saturated=all(flags) and int(cells.max()) + 1 <= rank,
        fewest_in_a_cell=tally.fewest_by(cells[row]),
    )


def _sides(column: np.ndarray, is_flag: bool) -> list[np.ndarray]:
    """Rows on each side of a flag; all rows for a quantity, or for a flag that is true for all (the constant)."""
    on = column == 1.0
    return [on, ~on] if is_flag and not on.all() else [np.ones(len(column), dtype=bool)]


@dataclass(frozen=True)
class _Tally:
    """Counts distinct people (or the people groups stand for) among rows, by outcome when that is a yes or no."""

    who: np.ndarray
    outcome: np.ndarray
    counts: np.ndarray | None

    @property
    def is_binary(self) -> bool:
        return self.counts is not None or bool(np.isin(self.outcome, (0.0, 1.0)).all())

    def people(self, sides: list[np.ndarray]) -> int:
        return min(self._distinct(side) for side in sides)

    def fewest(self, sides: list[np.ndarray]) -> int:
        return min(min(self._by_outcome(side)) for side in sides)

    def fewest_by(self, codes: np.ndarray) -> int:
        """People of the rarer outcome in the smallest group."""
        groups = int(codes.max()) + 1 if len(codes) else 0
        if self.counts is not None:
            parts = [self.counts * self.outcome, self.counts * (1 - self.outcome)]
            return int(min(np.bincount(codes, weights=part, minlength=groups).round().min() for part in parts))
        found = []
        for side in (self.outcome == 1.0, self.outcome == 0.0) if self.is_binary else (np.ones(len(codes), bool),):
            people = int(self.who.max(initial=0)) + 1
            pairs = pd.unique(codes[side].astype(np.int64) * people + self.who[side])
            found.append(int(np.bincount(pairs // people, minlength=groups).min()))
        return min(found)

    def largest_share(self, squared: np.ndarray) -> float:
        """The largest part of the sum that belongs to one person."""
        total = squared.sum()
        return float(np.bincount(self.who, weights=squared).max() / total) if total > 0 else 0.0

    def _distinct(self, side: np.ndarray) -> int:
        if self.counts is None:
            seen = np.zeros(int(self.who.max(initial=-1)) + 1, dtype=bool)
            seen[self.who[side]] = True
            return int(seen.sum())
        first = np.unique(self.who[side], return_index=True)[1]
        return round(float(self.counts[side][first].sum()))

    def _by_outcome(self, side: np.ndarray) -> tuple[int, ...]:
        if self.counts is not None:
            held, y = self.counts[side], self.outcome[side]
            return round(float(held @ y)), round(float(held @ (1 - y)))
        if not self.is_binary:
            return (self._distinct(side),)
        return self._distinct(side & (self.outcome == 1.0)), self._distinct(side & (self.outcome == 0.0))


def _net_of(design: np.ndarray, effects: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Columns less the weighted mean of their level, of every effect in turn until nothing changes."""
    net = design.copy()
    for _ in range(MOST_SWEEPS if len(effects) > 1 else 1):
        before = net.copy() if len(effects) > 1 else net
        for codes in effects:
            level = sparse.csr_array((weights, (codes, np.arange(len(codes)))))
            net = net - ((level @ net) / level.sum(axis=1)[:, None])[codes]
        if len(effects) < 2 or np.abs(net - before).max(initial=0.0) < 1e-7:
            break
    return net


def _influence(net: np.ndarray, many: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared weight of every row in every coefficient, and every row's leverage; a row stands for `many`."""
    if not net.shape[1]:
        return np.zeros(net.shape), np.zeros(len(net))
    scale = np.sqrt(many @ net**2)
    scaled = net / np.where(scale > 0, scale, 1.0)
    cross = scaled.T @ (scaled * many[:, None])
    pulled = scaled @ np.linalg.pinv(cross, rcond=1e-10, hermitian=True)
    pulled[:, scale == 0] = 0.0  # what the effects have taken up is pulled by nobody
    return pulled**2, np.einsum("ij,ij->i", pulled, scaled)


def _rank(net: np.ndarray, many: np.ndarray) -> int:
    if not net.shape[1]:
        return 0
    scale = np.sqrt(many @ net**2)
    scaled = net / np.where(scale > 1e-9, scale, np.inf)
    return int(np.linalg.matrix_rank(scaled.T @ (scaled * many[:, None]), tol=1e-9, hermitian=True))


def _rank_of_effects(effects: Sequence[np.ndarray]) -> int:
    """Intercepts that can be told apart: all levels, less one for every further effect and connected set."""
    if not effects:
        return 0
    rank = int(effects[0].max()) + 1
    for codes in effects[1:]:
        levels, first = int(codes.max()) + 1, int(effects[0].max()) + 1
        links = sparse.coo_array((np.ones(len(codes)), (effects[0], first + codes)), shape=(first + levels,) * 2)
        rank += levels - connected_components(links, directed=False)[0]
    return rank


def _cells(design: np.ndarray, flags: Sequence[bool], effects: Sequence[np.ndarray]) -> np.ndarray:
    """The combination of flags and effect levels every row belongs to, numbered."""
    columns = {f"x{place}": column for place, column in enumerate(design.T) if flags[place]}
    columns |= {f"effect{place}": codes for place, codes in enumerate(effects)}
    if not columns:
        return np.zeros(len(design), dtype=np.int64)
    return pd.DataFrame(columns).groupby(list(columns)).ngroup().to_numpy()
