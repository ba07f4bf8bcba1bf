"""Teacher and school-by-year effects on any number of rows: the table engine adds up, the rest never sees a row.

Every row of a teacher in one school and year has the same intercepts, so sums and cross-products per such cell are all
that least squares needs. Memory and solving grow with teachers and schools, not with students.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from partnerlib import engine
from partnerlib.errors import DataError, did_you_mean
from partnerlib.models.absorption import connected_sets, solve_normal_equations
from partnerlib.models.conjugate_gradients import solve_singular
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.sandwich import covariance, cr1_factor

WRONG_IF = (
    "Students are not assigned to teachers by lot; what last year's scores do not show stays in the effects.",
    "Schools and years are compared through the teachers who move, and they may differ from those who stay.",
)


@dataclass(frozen=True)
class CellFit:
    """Coefficients, and the effects of every teacher and level."""

    coefficients: Estimates
    teacher_effects: pd.DataFrame
    """teacher, effect (mean zero inside its connected set), rows, connected_set (0 the largest)."""
    level_effects: pd.DataFrame
    """The level's columns, effect: what is left of a level's mean beside teachers and terms."""
    connected_sets: pd.DataFrame
    """connected_set, teachers, levels, rows: effects compare inside a set only."""
    residual_variance: float
    iterations: int


def fit_in_cells(
    table: nw.LazyFrame,
    outcome: str,
    terms: Sequence[str],
    *,
    teacher: str = "mepid",
    level: Sequence[str] = ("school_code", "school_year"),
    weight: str | None = None,
    sample_id: str,
) -> CellFit:
    """Least squares of `outcome` on `terms` with one intercept per teacher and one per level, from a lazy table.

    Formula
        per cell (teacher x level): n = sum w, z = sum w (x, y), Z = sum w (x, y)(x, y)'; teachers eliminated exactly,
        levels by conjugate gradients on S = D2'WD2 - D2'WD1 (D1'WD1)^-1 D1'WD2; coefficients from the cross-products
        net of both
    Errors
        CR1 by teacher: G/(G-1) x (n-1)/(n-k), k the terms and the levels that teachers do not share a cluster with, as
        pyfixest and reghdfe count. Scores of a teacher come from the cells' cross-products: no second pass
    Parameters
        table  rows with no missing value in the columns used; rows that have one are left out and counted
    Raises
        DataError  a column that the table has not; no rows; one teacher; a constant outcome
    """
    columns = [*terms, outcome]
    _require(table, [*columns, teacher, *level, *([weight] if weight else [])])
    cells, centre, left_out = _cells(table, columns, teacher, list(level), weight)
    if cells.empty:
        raise DataError(f"effects of teachers on {outcome}: no row has a value in every column")
    k, width = len(terms), len(columns)
    who, names = pd.factorize(cells[teacher], sort=True)
    levels = cells[list(level)].drop_duplicates().sort_values(list(level), ignore_index=True)
    where = cells[list(level)].merge(levels.reset_index(), on=list(level), how="left")["index"].to_numpy()
    mass, count = cells["w"].to_numpy(dtype=float), cells["n"].to_numpy(dtype=float)
    if len(names) < 2:
        raise DataError(f"effects of teachers on {outcome}: one {teacher} only; there is nobody to compare with")
    sums = cells[[f"s{i}" for i in range(width)]].to_numpy(dtype=float)
    upper = [(i, j) for i in range(width) for j in range(i, width)]
    products = cells[[f"p{i}_{j}" for i, j in upper]].to_numpy(dtype=float)
    total = np.zeros((width, width))
    total[tuple(np.array(upper).T)] = products.sum(axis=0)
    total = total + np.triu(total, 1).T
    rows = float(count.sum())
    if total[k, k] - sums[:, k].sum() ** 2 / mass.sum() <= 1e-12 * max(total[k, k], 1.0):
        raise DataError(f"effects of teachers on {outcome}: it is the same in all {rows:,.0f} rows")

    to_teacher = _adder(who, len(names))
    to_level = _adder(where, len(levels))
    teacher_mass, level_mass = to_teacher @ mass, to_level @ mass
    between = sparse.coo_array((mass, (who, where)), shape=(len(names), len(levels))).tocsr()
    teacher_sums, level_sums = to_teacher @ sums, to_level @ sums
    system = sparse.diags_array(level_mass) - between.T @ (sparse.diags_array(1 / teacher_mass) @ between)
    sets = connected_sets(who, [where], mass)
    set_of_level = np.zeros(len(levels), dtype=int)
    set_of_level[where] = sets[who]
    solved = solve_singular(
        system.tocsr(), level_sums - between.T @ (teacher_sums / teacher_mass[:, None]), set_of_level
    )
    b = solved.solution
    a = (teacher_sums - between @ b) / teacher_mass[:, None]
    cross = total - teacher_sums.T @ a - level_sums.T @ b
    cross = (cross + cross.T) / 2
    beta, bread = solve_normal_equations(cross[:k, :k], cross[:k, k], np.diag(total)[:k])
    contrast = np.append(-np.nan_to_num(beta), 1.0)

    scores = _scores(_Net(a[who] + b[where], contrast, products, upper, sums, mass), k)
    by_teacher = to_teacher @ scores
    estimated = int(np.isfinite(beta).sum())
    parameters = estimated + len(levels)
    freedom = rows - estimated - len(names) - len(levels) + int(sets.max()) + 1
    sandwich = covariance(bread, by_teacher.T @ by_teacher, cr1_factor(len(names), rows, parameters))
    kept = np.isfinite(beta)
    errors = np.sqrt(np.diag(sandwich))
    teacher_effect, level_effect = a @ contrast, b @ contrast
    shift = np.bincount(sets, teacher_mass * teacher_effect) / np.bincount(sets, teacher_mass)
    squares = float(contrast @ cross @ contrast)
    dropped = [term for term, is_kept in zip(terms, kept, strict=True) if not is_kept]
    cautions = (
        *((f"{left_out:,} rows have a missing value and are left out.",) if left_out else ()),
        *size_cautions(len(names), len(names), "teachers"),
        *((f"Not identified beside the other terms and left out: {', '.join(dropped)}.",) if dropped else ()),
        *(() if solved.converged else ("The solver of the effects stopped before its tolerance.",)),
        *_sets_in_words(sets),
    )
    return CellFit(
        coefficients=Estimates(
            terms=coefficient_table(
                [term for term, is_kept in zip(terms, kept, strict=True) if is_kept], beta[kept], errors[kept],
                len(names) - 1,
            ),
            estimand=f"difference in {outcome} per unit of the term, between students of one teacher, school and year",
            outcome=outcome,
            specification=f"within {teacher} and {' x '.join(level)}",
            clustering=f"CR1 by {teacher}",
            n=int(rows),
            people=len(names),
            clusters=len(names),
            sample_id=sample_id,
            wrong_if=WRONG_IF,
            cautions=cautions,
            statistics={"cells": len(cells), "levels": len(levels), "iterations": solved.iterations},
        ),
        teacher_effects=pd.DataFrame(
            {teacher: names, "effect": teacher_effect - shift[sets], "rows": to_teacher @ count, "connected_set": sets}
        ),
        level_effects=levels.assign(effect=level_effect + shift[set_of_level] + float(centre @ contrast)),
        connected_sets=pd.DataFrame(
            {
                "connected_set": np.arange(int(sets.max()) + 1),
                "teachers": np.bincount(sets),
                "levels": np.bincount(set_of_level),
                "rows": np.bincount(sets[who], count),
            }
        ),
        residual_variance=squares / freedom if freedom > 0 else np.nan,
        iterations=solved.iterations,
    )  # fmt: skip


def _require(table: nw.LazyFrame, columns: Sequence[str]) -> None:
    names = table.collect_schema().names()
    missing = [column for column in dict.fromkeys(columns) if column not in names]
    if missing:
        named = "; ".join(f"'{column}' ({did_you_mean(column, names)})" for column in missing)
        raise DataError(f"effects of teachers: the table has no column {named}")


def _cells(
    table: nw.LazyFrame, columns: Sequence[str], teacher: str, level: list[str], weight: str | None
) -> tuple[pd.DataFrame, np.ndarray, int]:
    """Sums and cross-products per teacher and level around the columns' means, those means, and the rows left out.

    The means go first: squares of scores around 500 would hold the spread of twenty in their last digits only.
    """
    key = [teacher, *level]
    used = [*key, *columns, *([weight] if weight else [])]
    known = table.select(*dict.fromkeys(used)).filter(*(~nw.col(name).is_null() for name in dict.fromkeys(used)))
    means = known.select(
        nw.len().alias("known"),
        *(nw.col(name).cast(nw.Float64).mean().alias(f"m{i}") for i, name in enumerate(columns)),
    )
    first = engine.collect(means).iloc[0]
    centre = first[[f"m{i}" for i in range(len(columns))]].to_numpy(dtype=float)
    everything = int(engine.collect(table.select(nw.len().alias("rows")))["rows"].iloc[0])
    if not first["known"]:
        return pd.DataFrame(), centre, everything
    w = nw.col(weight).cast(nw.Float64) if weight else None
    z = [nw.col(name).cast(nw.Float64) - float(mean) for name, mean in zip(columns, centre, strict=True)]
    weighted = [each * w for each in z] if w is not None else z
    sums = [each.sum().alias(f"s{i}") for i, each in enumerate(weighted)]
    products = [(weighted[i] * z[j]).sum().alias(f"p{i}_{j}") for i in range(len(z)) for j in range(i, len(z))]
    size = nw.len().alias("n")
    mass = (w.sum() if w is not None else nw.len().cast(nw.Float64)).alias("w")
    cells = engine.collect(known.group_by(*key).agg(size, mass, *sums, *products)).sort_values(key, ignore_index=True)
    return cells, centre, everything - int(cells["n"].sum())


def _adder(codes: np.ndarray, size: int) -> sparse.csr_array:
    """A matrix that adds up rows of the same code."""
    return sparse.coo_array((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(size, len(codes))).tocsr()


@dataclass(frozen=True)
class _Net:
    effects: np.ndarray
    """(cells, k + 1) what teacher and level take out of every column."""
    contrast: np.ndarray
    products: np.ndarray
    upper: list[tuple[int, int]]
    sums: np.ndarray
    mass: np.ndarray


def _scores(net: _Net, k: int) -> np.ndarray:
    """(cells, k) sums over the rows of a cell of w x~ e, with x~ and e net of effects, from the cell's own sums.

    sum w (x - c)(e - d) = sum w x e - c sum w e - d sum w x + c d sum w, with e = (x, y) contrast and d its effect.
    """
    error_effect = net.effects @ net.contrast
    error_sum = net.sums @ net.contrast
    place = {pair: position for position, pair in enumerate(net.upper)}
    found = np.empty((len(net.mass), k))
    for i in range(k):
        crossed = np.zeros(len(net.mass))
        for j, factor in enumerate(net.contrast):
            crossed += factor * net.products[:, place[min(i, j), max(i, j)]]
        c = net.effects[:, i]
        found[:, i] = crossed - c * error_sum - error_effect * net.sums[:, i] + c * error_effect * net.mass
    return found


def _sets_in_words(sets: np.ndarray) -> tuple[str, ...]:
    count = int(sets.max()) + 1
    if count == 1:
        return ()
    share = float((sets == 0).mean())
    return (
        f"Teachers fall into {count} connected sets, {share:.0%} in the largest; effects compare inside a set only.",
    )
