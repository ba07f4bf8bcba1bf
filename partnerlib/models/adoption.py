"""A panel of units in which a grant or a partnership starts in different years, made ready and checked before any fit.

Units are districts, schools or pairs of a provider and a district; a row is one unit in one year and holds the value of
a measure there. The year in which the treatment starts is the same in all rows of a unit; it is missing (or 0) for a
unit that never starts. Once started, a treatment is taken to last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns

NEVER = np.inf
"""First year of a unit that does not start within the panel."""
FEW_TREATED = 10
"""Treated units below which errors of a difference in differences rest on too few to be trusted alone."""

ADOPTION_CAN_BE_WRONG = (
    "Without the grant or partnership the treated would have moved like the others: earlier years can contradict this, "
    "never prove it.",
    "Whoever applies may already be on the way up or down; units that applied and were not funded are the better "
    "comparison.",
    "What starts in the same year in the same places (a leader, a contract, another grant) is part of the estimate.",
    "A treated unit that draws teachers from its neighbours makes them a worse comparison.",
)


@dataclass(frozen=True)
class Adoption:
    """What is asked of a panel: its columns, and the words that travel with every estimate from it."""

    outcome: str
    unit: str
    year: str
    first_year: str
    """Column of the first treated year; missing or 0 for a unit that never starts."""
    estimand: str
    """The effect in words, such as 'change in the share of graduates hired by the district'."""
    sample_id: str
    cluster: str = ""
    """Column of the unit at which the treatment was assigned, where coarser than `unit`."""
    people: str = ""
    """Column of the people a cell stands for, to count them; cells are counted where there is none."""
    weights: str = ""
    """Column of weights, averaged over the years of a unit: a unit that grows does not change what it counts for."""
    wrong_if: tuple[str, ...] = ADOPTION_CAN_BE_WRONG


@dataclass(frozen=True)
class AdoptionPanel:
    """The panel as arrays: N units by T years."""

    asked: Adoption
    units: np.ndarray
    """Names of units, (N,)."""
    years: np.ndarray
    """Consecutive years, (T,)."""
    outcome: np.ndarray
    """(N, T), NaN where a unit has no cell."""
    first: np.ndarray
    """First treated year of each unit, NEVER where it does not start within the panel, (N,)."""
    clusters: np.ndarray
    """Number of each unit's cluster, (N,)."""
    weights: np.ndarray
    """What each unit counts for, mean 1, (N,)."""
    cells: pd.DataFrame
    """The rows used."""
    people: int
    cautions: tuple[str, ...]

    @property
    def cohorts(self) -> np.ndarray:
        """First treated years that occur, ascending."""
        return np.unique(self.first[np.isfinite(self.first)]).astype(int)

    @property
    def is_clustered_by_unit(self) -> bool:
        return len(np.unique(self.clusters)) == len(self.units)

    @property
    def clustering(self) -> str:
        return self.asked.cluster or self.asked.unit

    @property
    def lone_cohorts(self) -> np.ndarray:
        """First treated years of units that start alone."""
        return np.array([cohort for cohort in self.cohorts if (self.first == cohort).sum() == 1], dtype=int)

    def wide(self, column: str) -> np.ndarray:
        """Another column of the cells as (N, T)."""
        require_columns(self.cells, [column], _model(self.asked))
        table = self.cells.pivot(index=self.asked.unit, columns=self.asked.year, values=column)
        return table.reindex(index=self.units, columns=self.years).to_numpy(dtype=float, na_value=np.nan)

    def covariance(self, influence: np.ndarray, borrowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Covariance of estimates from the influence of units on them, (N, k), and the degrees of freedom of each.

        By unit: a mean over the units of a cohort has variance s^2/n with s^2 over n - 1, as in Welch's test, so each
        cohort's sum of squares is scaled by n/(n-1) and degrees of freedom are put together as Satterthwaite's. By
        coarser clusters: G/(G-1), and G - 1 degrees of freedom.

        Parameters
            borrowed  (m, k) rows whose squares add the variance of units that start alone in their year: their own
                      influence is nil, for nobody else tells how much such a unit varies
        """
        total = len(self.units)
        extra = np.empty((0, influence.shape[1])) if borrowed is None else borrowed
        if not self.is_clustered_by_unit:
            clusters = int(self.clusters.max()) + 1
            sums = np.zeros((clusters, influence.shape[1]))
            np.add.at(sums, self.clusters, influence)
            covariance = (sums.T @ sums * clusters / (clusters - 1) + extra.T @ extra) / total**2
            return covariance, np.full(influence.shape[1], clusters - 1.0)
        covariance = extra.T @ extra / total**2
        squared = np.diag(covariance) ** 2 / max(int((self.first == NEVER).sum()) - 1, 1)
        for cohort in np.unique(self.first):
            part = influence[self.first == cohort]
            spare = max(len(part) - 1, 1)
            share = part.T @ part / total**2 * len(part) / spare
            covariance = covariance + share
            squared = squared + np.diag(share) ** 2 / spare
        with np.errstate(divide="ignore", invalid="ignore"):
            degrees = np.diag(covariance) ** 2 / squared
        return covariance, np.where(np.isfinite(degrees), degrees, 1.0)

    @staticmethod
    def interval_table(
        names: Sequence[str], estimates: np.ndarray, std_errors: np.ndarray, degrees: np.ndarray
    ) -> pd.DataFrame:
        """Terms with 95% intervals and p-values, each from t with its own degrees of freedom."""
        reach = stats.t.ppf(0.975, degrees) * std_errors
        with np.errstate(divide="ignore", invalid="ignore"):
            p_values = 2 * stats.t.sf(np.abs(estimates / std_errors), degrees)
        return pd.DataFrame(
            {
                "term": list(names), "estimate": estimates, "std_error": std_errors,
                "low": estimates - reach, "high": estimates + reach, "p_value": p_values,
            }
        )  # fmt: skip


def adoption_panel(frame: pd.DataFrame, asked: Adoption) -> AdoptionPanel:
    """The cells as a panel of units and years; everything that makes the question unanswerable is refused at once.

    Left out and said so: cells without outcome, unit or year, and units already treated in the first year, which have
    no year before.
    """
    model = _model(asked)
    extra = [column for column in (asked.cluster, asked.people, asked.weights) if column]
    require_columns(frame, [asked.outcome, asked.unit, asked.year, asked.first_year, *extra], model)
    needed = [asked.outcome, asked.unit, asked.year, *extra]
    known = frame.dropna(subset=needed)
    if known.empty:
        raise DataError(f"{model}: no row has all of {', '.join(needed)}")
    known = known.assign(
        **{
            asked.outcome: known[asked.outcome].astype("float64"),
            asked.year: known[asked.year].astype("int64"),
            asked.first_year: known[asked.first_year].astype("Float64").fillna(0).astype("float64").replace(0.0, NEVER),
        }
    )
    _refuse_malformed(known, asked, model)
    years = np.arange(known[asked.year].min(), known[asked.year].max() + 1)
    treated_always = known[asked.first_year] <= years[0]
    cells = known[~treated_always].sort_values([asked.unit, asked.year], ignore_index=True)
    late = cells[asked.first_year] > years[-1]
    cells = cells.assign(**{asked.first_year: cells[asked.first_year].mask(late, NEVER)})
    _refuse_unanswerable(cells, asked, model)
    by_unit = cells.groupby(asked.unit, sort=True)
    first = by_unit[asked.first_year].first()
    weights = by_unit[asked.weights].mean().to_numpy(dtype=float) if asked.weights else np.ones(len(first))
    labels = by_unit[asked.cluster].first() if asked.cluster else pd.Series(first.index)
    outcome = cells.pivot(index=asked.unit, columns=asked.year, values=asked.outcome).reindex(columns=years)
    return AdoptionPanel(
        asked=asked,
        units=first.index.to_numpy(),
        years=years,
        outcome=outcome.reindex(index=first.index).to_numpy(dtype=float),
        first=first.to_numpy(dtype=float),
        clusters=pd.factorize(labels)[0],
        weights=weights / weights.mean(),
        cells=cells,
        people=int(cells[asked.people].sum()) if asked.people else len(cells),
        cautions=_cautions(frame, known, cells, first, asked, treated_always),
    )


def _model(asked: Adoption) -> str:
    return f"staggered adoption of {asked.outcome}"


def _refuse_malformed(cells: pd.DataFrame, asked: Adoption, model: str) -> None:
    """Rows that are not one per unit and year, a start that changes, years without any row."""
    problems = []
    twice = cells.duplicated([asked.unit, asked.year])
    if twice.any():
        example = cells.loc[twice, [asked.unit, asked.year]].iloc[0]
        problems.append(
            f"{int(twice.sum()):,} rows repeat a {asked.unit} and {asked.year}, such as {example.iloc[0]} in "
            f"{example.iloc[1]}; expected one row each"
        )
    starts = cells.groupby(asked.unit)[asked.first_year].nunique()
    if (starts > 1).any():
        problems.append(
            f"{asked.first_year} changes within {int((starts > 1).sum()):,} units, such as {starts.idxmax()}; "
            "it is the first treated year, the same in all rows of a unit"
        )
    if asked.cluster and (cells.groupby(asked.unit)[asked.cluster].nunique() > 1).any():
        problems.append(f"{asked.cluster} changes within a {asked.unit}; units must lie within clusters")
    if asked.weights and (cells[asked.weights] <= 0).any():
        problems.append(f"{asked.weights} is not positive in {int((cells[asked.weights] <= 0).sum()):,} rows")
    years = cells[asked.year]
    absent = sorted(set(range(years.min(), years.max() + 1)) - set(years))
    if absent:
        problems.append(f"no row has {asked.year} {', '.join(map(str, absent))}; a panel needs every year in between")
    if problems:
        raise DataError(f"{model}: {'; '.join(problems)}")


def _refuse_unanswerable(cells: pd.DataFrame, asked: Adoption, model: str) -> None:
    """Nobody treated, nobody to compare with, an outcome that does not vary or is known on one side only."""
    problems = []
    if len(cells) and cells[asked.outcome].nunique() < 2:
        problems.append(f"{asked.outcome} is {cells[asked.outcome].iloc[0]:g} in all {len(cells):,} rows")
    starts = cells.drop_duplicates(asked.unit)[asked.first_year]
    cohorts = np.unique(starts)
    if not np.isfinite(cohorts).any():
        problems.append(f"no unit starts between the second and the last {asked.year}: nobody is treated")
    elif len(cohorts) < 2:
        problems.append(f"all units start in {int(cohorts[0])}: nobody is left to compare with")
    if asked.cluster and cells[asked.cluster].nunique() < 2:
        problems.append(f"one {asked.cluster} only, so that no error can be computed")
    if problems:
        raise DataError(f"{model}: {'; '.join(problems)}; choose another outcome, comparison or more years")


def _cautions(
    frame: pd.DataFrame,
    known: pd.DataFrame,
    cells: pd.DataFrame,
    first: pd.Series,
    asked: Adoption,
    treated_always: pd.Series,
) -> tuple[str, ...]:
    sentences = []
    if len(known) < len(frame):
        sentences.append(
            f"{len(frame) - len(known):,} of {len(frame):,} cells have no {asked.outcome} and are left out."
        )
    always = known.loc[treated_always, asked.unit].nunique()
    if always:
        sentences.append(f"{always:,} units were treated from the first year on: they have no year before, left out.")
    treated = np.isfinite(first.to_numpy(dtype=float))
    if treated.sum() < FEW_TREATED:
        sentences.append(
            f"Only {int(treated.sum())} treated units: errors rest on so few; read them beside the wild bootstrap and "
            "randomization inference."
        )
    alone = [str(int(year)) for year, units in first[treated].value_counts().sort_index().items() if units == 1]
    if alone:
        sentences.append(f"One unit alone starts in {', '.join(alone)}: how much it varies is taken from the others.")
    clusters = cells[asked.cluster or asked.unit].nunique()
    if clusters < 30:
        sentences.append(f"Only {clusters} clusters ({asked.cluster or asked.unit}): intervals rest on few.")
    return tuple(sentences)


def covariate_matrix(panel: AdoptionPanel, columns: Sequence[str], year: int) -> np.ndarray:
    """Covariates in one year, a constant first, (N, 1 + k); rows with NaN where a unit has no cell."""
    place = int(np.searchsorted(panel.years, year))
    return np.column_stack([np.ones(len(panel.units)), *(panel.wide(column)[:, place] for column in columns)])
