"""From rows to cells: numerator, denominator, people, value and interval of every kind of result, vectorised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import pandas as pd

from partnerlib.measures import intervals
from partnerlib.measures.cells import Cells, Floats, Ints, added
from partnerlib.measures.contributions import Clusters, Contributions, clusters, contributions
from partnerlib.measures.results import (
    Concentration,
    Count,
    Distribution,
    LifeTable,
    Mean,
    Median,
    Rate,
    Result,
    Share,
)


@dataclass(frozen=True)
class Summary:
    """One number with its interval for every cell; `dimension` and `level` say which part of a result it is."""

    statistic: str
    numerator: Floats
    denominator: Floats
    people: Floats
    value: Floats
    low: Floats
    high: Floats
    dimension: str = ""
    level: str = ""
    horizon: int = 0
    """Years after the cohort's that must have been observed, beyond those the measure asks for."""
    contributions: Contributions | None = None
    """How much of a mean is one person's, or two people's; none where it is no mean, or its rows are no people."""


def numbers(column: pd.Series) -> Floats:
    """A column of truths or numbers as floats, null as NaN, whatever pandas type it came in."""
    return column.to_numpy(dtype=float, na_value=np.nan)


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=denominator > 0)


def _known(values: Floats, cells: Cells) -> tuple[Ints, Ints]:
    found = ~np.isnan(values[cells.rows])
    return cells.rows[found], cells.cell[found]


@singledispatch
def summarise(result: Result, cells: Cells) -> list[Summary]:
    """Every number a result stands for, for every cell."""
    raise TypeError(f"a measure returned {type(result).__name__}; expected Rate, Mean, Count or another kind of result")


def _rate(values: Floats, cells: Cells) -> Summary:
    """Share of rows; in its Wilson interval the rows of one person (three pooled years) count for what they tell."""
    rows, cell = _known(values, cells)
    numerator = added(cell, cells.count, values[rows])
    denominator = added(cell, cells.count)
    value, people = _divide(numerator, denominator), cells.people(rows, cell)
    told = _effective_rows(values, cells, value, denominator, people)
    low, high = intervals.of_rate(value * told, told)
    return Summary("rate", numerator, denominator, people, value, low, high)


def _effective_rows(values: Floats, cells: Cells, value: Floats, denominator: Floats, people: Floats) -> Floats:
    """How many independent rows would tell as much: rows / design effect, never more than the rows.

    Formula
        design effect = variance clustered on people / binomial variance; where everybody or nobody has the property
        there is no variance to compare, and the people are counted
    Source
        Wilson intervals with the effective sample size: Korn & Graubard (1998), Franco, Little, Louis & Slud (2019)
    """
    if cells.people_behind is not None or not (people < denominator).any():
        return denominator
    rows, cell = _known(values, cells)
    error, _ = _clustered_error(values[rows] - value[cell], clusters(rows, cell, cells), denominator)
    binomial = _divide(value * (1 - value), denominator)
    told = np.divide(denominator * binomial, error**2, out=people.astype(float), where=(binomial > 0) & (error > 0))
    return np.where(people < denominator, np.clip(told, 1, denominator), denominator)


def _clustered_error(residuals: Floats, people: Clusters, total: Floats) -> tuple[Floats, Floats]:
    """Standard error of a weighted mean and its number of clusters: squared (weighted) residuals summed by person."""
    residual = added(people.of_row, len(people.cell), residuals)
    count = added(people.cell, len(total))
    correction = _divide(count, count - 1)
    error = np.sqrt(added(people.cell, len(total), residual**2) * correction) / np.where(total > 0, total, 1)
    return error, count


@summarise.register
def _(result: Rate, cells: Cells) -> list[Summary]:
    return [_rate(numbers(result.success), cells)]


@summarise.register
def _(result: Distribution, cells: Cells) -> list[Summary]:
    unknown = result.values.isna().to_numpy()
    parts = []
    for level in result.levels:
        indicator = np.where(unknown, np.nan, (result.values == level).to_numpy(dtype=float, na_value=0.0))
        parts.append(_labelled(_rate(indicator, cells), result.dimension, level))
    return parts


def _labelled(summary: Summary, dimension: str, level: str, horizon: int = 0) -> Summary:
    return Summary(**{**summary.__dict__, "dimension": dimension, "level": level, "horizon": horizon})


@summarise.register
def _(result: Count, cells: Cells) -> list[Summary]:
    values = numbers(result.counted)
    rows, cell = _known(values, cells)
    is_counted = values[rows] > 0
    people = cells.people(rows[is_counted], cell[is_counted])
    considered = added(cell, cells.count)
    low, high = intervals.of_count(people)
    return [Summary("count", people, considered, people, people, low, high)]


@summarise.register
def _(result: Mean, cells: Cells) -> list[Summary]:
    """Weighted mean; its variance sums squared residuals by person, the cluster-robust variance of an intercept."""
    values = numbers(result.values)
    weights = np.ones(len(values)) if result.weights is None else numbers(result.weights)
    rows, cell = _known(np.where(weights > 0, values, np.nan), cells)
    weight, nothing = weights[rows], np.full(cells.count, np.nan)
    total = added(cell, cells.count, weight)
    terms = weight * values[rows]
    mean = _divide(added(cell, cells.count, terms), total)
    people, by_person = cells.people(rows, cell), clusters(rows, cell, cells)
    error, count = _clustered_error(weight * (values[rows] - mean[cell]), by_person, total)
    low, high = intervals.of_mean(mean, error, count)
    # A tie's value is an organization's, not a person's.
    parts = None if cells.people_behind is not None else contributions(terms, by_person, cells.count)
    return [Summary("mean", nothing, total, people, mean, low, high, contributions=parts)]


@summarise.register
def _(result: Median, cells: Cells) -> list[Summary]:
    values = numbers(result.values)
    rows, cell = _known(values, cells)
    order = np.lexsort((values[rows], cell))
    ranked = values[rows][order]
    size = np.bincount(cell, minlength=cells.count)
    start = np.concatenate([[0], np.cumsum(size)[:-1]]) if len(size) else size

    def at(rank: Ints, is_known: np.ndarray) -> Floats:
        found = np.full(cells.count, np.nan)
        found[is_known] = ranked[(start + rank)[is_known]]
        return found

    filled = size > 0
    middle = (at((size - 1) // 2, filled) + at(size // 2, filled)) / 2
    below, above = intervals.ranks_of_median(size.astype(float))
    low, high = at(below, below >= 0), at(above, below >= 0)
    nothing = np.full(cells.count, np.nan)
    return [Summary("median", nothing, size.astype(float), cells.people(rows, cell), middle, low, high)]


@summarise.register
def _(result: Concentration, cells: Cells) -> list[Summary]:
    category, _names = pd.factorize(result.category)
    values = np.where(category >= 0, category, np.nan)
    rows, cell = _known(values, cells)
    width = int(category.max(initial=0)) + 1
    codes, pairs = pd.factorize(cell * width + category[rows])
    size = added(cell, cells.count)
    pair_cell = np.asarray(pairs, dtype=np.int64) // width
    share = added(codes, len(pairs)) / size[pair_cell]
    squares = added(pair_cell, cells.count, share**2)
    index = np.where(size > 0, squares, np.nan)
    low, high = intervals.of_concentration(squares, added(pair_cell, cells.count, share**3), size)
    nothing = np.full(cells.count, np.nan)
    return [Summary("index", nothing, size, cells.people(rows, cell), index, low, high)]


@summarise.register
def _(result: Share, cells: Cells) -> list[Summary]:
    values = numbers(result.member)
    rows, cell = _known(values, cells)
    is_member = values[rows] > 0
    numerator = cells.people(rows[is_member], cell[is_member])
    kind = result.within.get(cells.unit_kind)
    if kind is None:
        denominator = cells.people(rows, cell)
    else:
        whole = cells.larger[kind]
        denominator = whole.people(*_known(values, whole))[cells.larger_cell[kind]]
    low, high = intervals.of_rate(numerator, denominator)
    return [Summary("share", numerator, denominator, denominator, _divide(numerator, denominator), low, high)]


@summarise.register
def _(result: LifeTable, cells: Cells) -> list[Summary]:
    event, year = numbers(result.event), result.year.to_numpy()
    hazards = [_rate(np.where(year == t, event, np.nan), cells) for t in result.years]
    if result.curve == "hazard":
        return [_labelled(h, "year", str(t), t) for t, h in zip(result.years, hazards, strict=True)]
    return _survival(hazards, result.years)


def _survival(hazards: list[Summary], years: tuple[int, ...]) -> list[Summary]:
    """Product of (1 - hazard): a cohort that drops out of view stops its curve, one that is all gone stays at zero.

    A point rests on the fewest people at risk in any of its years: with those who started instead, two points of a
    published curve would give away a hazard that rests on a handful.
    """
    started, people = hazards[0].denominator, hazards[0].people
    survival, greenwood = np.ones(len(started)), np.zeros(len(started))
    parts = []
    for year, hazard in zip(years, hazards, strict=True):
        at_risk, left = hazard.denominator, hazard.numerator
        people = np.where(hazard.people > 0, np.minimum(people, hazard.people), people)
        survival = np.where(survival == 0, 0.0, survival * (1 - hazard.value))
        greenwood = greenwood + _divide(left, at_risk * (at_risk - left))
        low, high = intervals.of_survival(survival, greenwood)
        shown = ~np.isnan(survival)
        denominator = np.where(shown, started, 0.0)
        part = Summary("rate", survival * started, denominator, people * shown, survival, low, high)
        parts.append(_labelled(part, "year", str(year), year))
    return parts
