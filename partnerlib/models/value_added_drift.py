"""What a teacher's students will learn in one year, forecast from the teacher's other years when teachers change.

Chetty, Friedman & Rockoff (2014a): years close to each other tell more than years far apart. How much more is read off
the covariances of class means by the years between them; the forecast is the best linear one under these covariances,
and never rests on the year it is about. With the same covariance at every lag it is the shrinkage of Kane & Staiger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.autocovariances import (
    FEWEST_PAIRS,
    covariances,
    lag_sums,
    pair_sums,
    usable_covariances,
    with_precision,
    year_means,
)
from partnerlib.models.linear import Question, linear
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.variance_components import JACKKNIFE_GROUPS, teacher_groups

MOST_LAG = 7
"""Covariances further apart are taken to be that of seven years, as in the paper."""
CHUNK = 20_000
"""Forecasts solved at a time, so that memory does not grow with teachers."""

DRIFT_CAN_BE_WRONG = (
    "The covariance of two years depends on the years between them only: a reform that changes teachers breaks this.",
    "Students are not assigned to teachers by lot; sorting on what earlier scores do not show is forecast as skill.",
    "Teachers seen in many years weigh more in the covariances than those who leave.",
)


@dataclass(frozen=True)
class Drift:
    """How a teacher's years hang together, and the year means that forecasts are made from."""

    autocovariances: Estimates
    """Terms `same year`, `1 year apart`, ...: covariance of a teacher's class means, squared units of the score."""
    by_lag: np.ndarray
    """(lags + 1,) covariances used: index is the years between; the first is the variance of the effect in a year."""
    class_shock: float
    """sigma2_theta: what the students of one class share beyond the teacher's year."""
    student: float
    """sigma2_e: differences between students of one class."""
    years: pd.DataFrame
    """mepid, school_year, effect (precision-weighted mean of the classes), noise (its variance), weight, n_students."""

    def forecast(self, targets: pd.DataFrame | None = None, left_out: Sequence[int] = (0,)) -> pd.DataFrame:
        """The effect of a teacher in a year, from the teacher's other years.

        Formula
            A = year means that may be used; Sigma = covariances by lag + diag(noise); gamma = covariances with the year
            forecast = gamma' Sigma^-1 A; reliability = gamma' Sigma^-1 gamma / variance of the effect in a year
        Parameters
            targets   mepid, school_year to forecast (a year without classes may be asked for); every year taught when
                      none are given. A column `also_left_out` may hold tuples of further school years not to be used
            left_out  years not used, from the year forecast on: (0,) leaves out that year, (-1, 0) the one before, too
        Returns
            mepid, school_year, forecast, reliability, years (used); no row for a teacher without another year
        """
        asked = self.years[["mepid", "school_year"]] if targets is None else targets.reset_index(drop=True)
        names = pd.Index(sorted(self.years["mepid"].unique()))
        asked = asked[asked["mepid"].isin(names)]
        first, last = int(self.years["school_year"].min()), int(self.years["school_year"].max())
        place = (names.get_indexer(self.years["mepid"]), self.years["school_year"].to_numpy(dtype=int) - first)
        effect, noise = np.full((2, len(names), last - first + 1), np.nan)
        effect[place], noise[place] = self.years["effect"], self.years["noise"]
        parts = [
            self._some(asked.iloc[start : start + CHUNK], names, effect, noise, first, left_out)
            for start in range(0, len(asked), CHUNK)
        ]
        found = pd.concat(parts) if parts else pd.DataFrame(columns=["forecast", "reliability", "years"])
        joined = asked[["mepid", "school_year"]].join(found)
        return joined[joined["years"] > 0].astype({"years": "int64"}).reset_index(drop=True)

    def points(self) -> pd.DataFrame:
        """Covariances by lag as a figure draws them: label, series, value, low, high, people."""
        terms = self.autocovariances.terms
        return pd.DataFrame(
            {"label": terms["term"], "series": "covariance", "value": terms["estimate"], "low": terms["low"],
             "high": terms["high"], "people": self.autocovariances.people}
        )  # fmt: skip

    def _some(
        self, asked: pd.DataFrame, names: pd.Index, effect: np.ndarray, noise: np.ndarray, first: int,
        left_out: Sequence[int],
    ) -> pd.DataFrame:  # fmt: skip
        teacher = names.get_indexer(asked["mepid"])
        calendar = np.arange(effect.shape[1])
        target = asked["school_year"].to_numpy(dtype=int) - first
        apart = np.abs(calendar[None, :] - target[:, None])
        used = np.isfinite(effect[teacher]) & ~np.isin(calendar[None, :] - target[:, None], list(left_out))
        if "also_left_out" in asked:
            barred = [np.isin(calendar + first, list(years)) for years in asked["also_left_out"]]
            used &= ~np.array(barred, dtype=bool).reshape(used.shape)
        gamma = np.where(used, self._at(apart), 0.0)
        between = self._at(np.abs(calendar[:, None] - calendar[None, :]))
        sigma = np.where(used[:, :, None] & used[:, None, :], between, 0.0)
        # A year that is not used stands alone with variance one and covariance zero: it adds nothing.
        sigma[:, calendar, calendar] = np.where(used, self.by_lag[0] + noise[teacher], 1.0)
        weights = np.linalg.solve(sigma, gamma[:, :, None])[:, :, 0]
        explained = (weights * gamma).sum(axis=1)
        return pd.DataFrame(
            {
                "forecast": (weights * np.where(used, effect[teacher], 0.0)).sum(axis=1),
                "reliability": explained / self.by_lag[0] if self.by_lag[0] > 0 else np.zeros(len(asked)),
                "years": used.sum(axis=1),
            },
            index=asked.index,
        )

    def _at(self, lags: np.ndarray) -> np.ndarray:
        return self.by_lag[np.minimum(lags, len(self.by_lag) - 1)]


def drift(classes: pd.DataFrame, *, sample_id: str, most_lag: int = MOST_LAG) -> Drift:
    """How alike the classes of one teacher are, by the years between them.

    Formula
        sigma2_e = pooled variance inside classes; same year + sigma2_theta = mean product of two students of a class;
        year mean = classes weighted by h = 1/(sigma2_theta + sigma2_e/n), noise = 1/sum h;
        covariance at lag s = that of a teacher's means s years apart, weights sqrt(students x students);
        same year = covariance of two classes of one teacher and year
    Errors
        jackknife over 50 groups of teachers, t with 49 degrees of freedom
    Parameters
        classes  `ValueAdded.teacher_classes`: sums of residuals per mepid, school_year and class_number
    Raises
        DataError  no teacher is seen in two years, or nothing differs between classes
    Source
        Chetty, Friedman & Rockoff (2014), American Economic Review 104(9), section II.B and online appendix A
    """
    inside = (classes["wr2"] - classes["wr"] ** 2 / classes["weight"]).sum()
    freedom = (classes["weight"] - classes["w2"] / classes["weight"]).sum()
    student = float(inside / freedom) if freedom > 0 else np.nan
    if not student > 0:
        raise DataError("drift of value added: the students of a class do not differ; check the scores")
    two_students = classes["weight"] ** 2 - classes["w2"]
    together = classes[two_students > 1e-9]
    weight = together["weight"] / (together["weight"] ** 2 - together["w2"])
    in_class = float((weight * (together["wr"] ** 2 - together["w2r2"])).sum() / together["weight"].sum())

    same_year, pairs_of_classes = pair_sums(with_precision(classes, 0.0, student), ["mepid", "school_year"])
    if pairs_of_classes >= FEWEST_PAIRS:
        level = float(covariances(same_year.sum(axis=0)))
        is_split = True
    else:
        # One class a year: what the teacher's year and the class add cannot be told apart, and need not be.
        level, is_split = in_class, False
    class_shock = max(in_class - level, 0.0)
    years = year_means(with_precision(classes, class_shock, student))
    lags = lag_sums(years, most_lag)
    if not len(lags):
        raise DataError("drift of value added: no teacher is seen in two years; add earlier years of scores")
    teachers = pd.Index(sorted(years["mepid"].unique()))
    sums = np.zeros((len(teachers), len(lags) + 1, 4))
    sums[teachers.get_indexer(same_year.index), 0] = same_year.to_numpy() if is_split else np.nan
    for place, (_, of_lag) in enumerate(lags, start=1):
        sums[teachers.get_indexer(of_lag.index), place] = of_lag.to_numpy()
    found = covariances(sums.sum(axis=0))
    group = teacher_groups(len(teachers), JACKKNIFE_GROUPS)
    replicates = np.stack([covariances(sums[group != g].sum(axis=0)) for g in range(group.max() + 1)])
    groups = len(replicates)
    errors = np.sqrt((groups - 1) / groups * ((replicates - replicates.mean(axis=0)) ** 2).sum(axis=0))
    terms = ["same year", *(f"{lag} year{'s' * (lag > 1)} apart" for lag, _ in lags)]
    table = coefficient_table(terms, found, errors, groups - 1)
    by_lag, filled = usable_covariances(level, found[1:], [lag for lag, _ in lags], [len(of_lag) for _, of_lag in lags])
    cautions = (
        *size_cautions(len(teachers), len(teachers), "teachers"),
        *filled,
        *(() if is_split else ("Hardly any teacher has two classes in a year: the same-year covariance is that of "
                               "students of one class, shocks of the class included.",)),
        *_indefinite(by_lag, years),
    )  # fmt: skip
    return Drift(
        autocovariances=Estimates(
            terms=table if is_split else table.iloc[1:].reset_index(drop=True),
            estimand="covariance of what two classes of one teacher learn beyond expectation, by the years between",
            outcome="score",
            specification="autocovariances",
            clustering="jackknife over teachers",
            n=len(classes),
            people=len(teachers),
            clusters=len(teachers),
            sample_id=sample_id,
            wrong_if=DRIFT_CAN_BE_WRONG,
            cautions=cautions,
            statistics={"class shock": class_shock, "student": student, "effect in a year": float(by_lag[0])},
        ),
        by_lag=by_lag,
        class_shock=class_shock,
        student=student,
        years=years,
    )


def _indefinite(by_lag: np.ndarray, years: pd.DataFrame) -> tuple[str, ...]:
    """A sentence where the covariances of a career are none: sampling error has made a forecast impossible."""
    span = int(years["school_year"].max() - years["school_year"].min()) + 1
    apart = np.abs(np.subtract.outer(np.arange(span), np.arange(span)))
    career = by_lag[np.minimum(apart, len(by_lag) - 1)] + years["noise"].min() * np.eye(span)
    sentences = []
    if by_lag[0] <= 0 or by_lag[1] <= 0:
        sentences.append("A teacher's classes have nothing in common here: the forecasts say nothing.")
    if np.linalg.eigvalsh(career)[0] <= 0:
        sentences.append("The covariances by lag are too noisy to be those of one career: do not use the forecasts.")
    return tuple(sentences)


def forecast_bias(model: Drift, *, sample_id: str, left_out: Sequence[int] = (0,), cluster: str = "mepid") -> Estimates:
    """Do classes do as well as forecast? Error of the forecast per unit of forecast: zero when it is unbiased.

    Formula
        effect of the year - forecast = a + (lambda - 1) forecast + error, weighted by students; term `forecast` is
        lambda - 1, so that its interval and p-value are about unbiasedness; `slope` among the statistics is lambda
    Errors
        CR1 by teacher, covariances by lag taken as known: they are fitted to the same years, so that the slope is close
        to one by construction. A test that can fail needs years or teachers that were not used (`left_out`, or the
        covariances of another state)
    Source
        Chetty, Friedman & Rockoff (2014a), section III.B
    """
    rows = model.years.merge(model.forecast(left_out=left_out), on=["mepid", "school_year"])
    question = Question(
        outcome="forecast_error",
        exposures=("forecast",),
        estimand="how much more, per unit forecast, a class learns than was forecast from the teacher's other years",
        cluster=cluster,
        person="mepid",
        sample_id=sample_id,
        wrong_if=DRIFT_CAN_BE_WRONG,
    )
    rows = rows.assign(forecast_error=rows["effect"] - rows["forecast"])
    found = linear(rows, question, "forecast from other years", weights="n_students")
    return replace(found, statistics={**found.statistics, "slope": 1 + float(found["forecast"]["estimate"])})


def held_out_forecast(classes: pd.DataFrame, year: int, *, sample_id: str, groups: int = 20) -> Estimates:
    """The forecast put to the test: covariances and forecasts from the years before `year`, outcomes in `year`.

    Formula
        as `forecast_bias`, but no class of `year` or later enters covariances or forecasts, so that it can fail
    Errors
        jackknife over groups of teachers that repeats everything, covariances included; t with groups - 1 degrees
    """
    teachers = pd.Index(sorted(classes["mepid"].unique()))
    group = teacher_groups(len(teachers), groups)[teachers.get_indexer(classes["mepid"])]
    found, rows = _held_out(classes, year, sample_id)
    slopes = np.array([_held_out(classes[group != g], year, sample_id)[0] for g in range(groups)])
    error = np.sqrt((groups - 1) / groups * ((slopes - slopes.mean()) ** 2).sum())
    return Estimates(
        terms=coefficient_table(["forecast"], np.array([found - 1]), np.array([error]), groups - 1),
        estimand="how much more, per unit forecast, a class learns than was forecast from the teacher's earlier years",
        outcome="forecast_error",
        specification=f"{year} from earlier years",
        clustering="jackknife over teachers",
        n=len(rows),
        people=len(rows),
        clusters=len(rows),
        sample_id=sample_id,
        wrong_if=DRIFT_CAN_BE_WRONG,
        cautions=size_cautions(len(rows), len(rows), "teachers"),
        statistics={"slope": found},
    )


def _held_out(classes: pd.DataFrame, year: int, sample_id: str) -> tuple[float, pd.DataFrame]:
    """Slope of a year's means on their forecasts from earlier years, and the rows it rests on."""
    model = drift(classes[classes["school_year"] < year], sample_id=sample_id)
    now = with_precision(classes[classes["school_year"] == year], model.class_shock, model.student)
    if now.empty:
        raise ParameterError(
            f"held-out forecast: no class in {year}; years with classes: {sorted(classes['school_year'].unique())}"
        )
    means = year_means(now)
    rows = means.merge(model.forecast(means[["mepid", "school_year"]]), on=["mepid", "school_year"])
    if len(rows) < 3 or rows["forecast"].nunique() < 2:
        raise DataError(f"held-out forecast: {len(rows)} teachers of {year} have earlier years; too few to compare")
    return float(np.polyfit(rows["forecast"], rows["effect"], 1, w=np.sqrt(rows["n_students"]))[0]), rows
