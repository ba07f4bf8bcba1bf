"""How much of what students learn goes with the teacher, and how far one year's mean can be trusted.

Kane & Staiger (2008): a residual is a lasting teacher effect + a shock of the teacher's year + the student's own part.
The lasting part is what a teacher's years have in common. Only sums per teacher enter: a jackknife over them is cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.models.results import coefficient_table

JACKKNIFE_GROUPS = 50
COMPONENT_TERMS = (
    "sd of lasting teacher effects", "sd of teacher-by-year shocks", "sd of students within teacher and year",
)  # fmt: skip


@dataclass(frozen=True)
class VarianceComponents:
    """Variances of teacher effects, in squared units of the score."""

    persistent: float
    """sigma2_mu: lasting differences between teachers."""
    transitory: float
    """sigma2_theta: what a teacher's students of one year share beyond it."""
    student: float
    """sigma2_e: differences between students of one teacher and year."""

    def reliability(self, students: np.ndarray | pd.Series) -> np.ndarray:
        """Share of the variance of a one-year mean over this many students that is the lasting effect."""
        noise = self.transitory + self.student / np.asarray(students, dtype=float)
        total = self.persistent + noise
        return np.divide(self.persistent, total, out=np.zeros_like(total), where=total > 0)


def teacher_year_sums(rows: pd.DataFrame, by: Sequence[str] = ("mepid", "school_year")) -> pd.DataFrame:
    """Weighted mean residual per teacher and year (or per group `by`) with what its error needs.

    rows: the columns of `by`, residual, weight (a co-taught student counts by its share).
    `effective_students` = (sum w)^2 / sum w^2 is the number of equally weighted students with the same sampling error.
    """
    weighted = rows.assign(
        w2=rows["weight"] ** 2,
        wr=rows["weight"] * rows["residual"],
        wr2=rows["weight"] * rows["residual"] ** 2,
        w2r2=(rows["weight"] * rows["residual"]) ** 2,
    )
    sums = (
        weighted.groupby(list(by), sort=True)
        .agg(n_students=("residual", "size"), weight=("weight", "sum"), w2=("w2", "sum"), wr=("wr", "sum"),
             wr2=("wr2", "sum"), w2r2=("w2r2", "sum"))
        .reset_index()
    )  # fmt: skip
    return sums.assign(effect=sums["wr"] / sums["weight"], effective_students=sums["weight"] ** 2 / sums["w2"])


def _sums_per_teacher(years: pd.DataFrame) -> pd.DataFrame:
    """Numerators and denominators of the three moments, additive over teachers."""
    pairs = years["weight"] ** 2 - years["w2"]  # weight of ordered pairs of different students
    paired = pairs > 1e-9
    root = np.sqrt(years["weight"])
    same_year = np.where(paired, (years["wr"] ** 2 - years["w2r2"]) / pairs.where(paired, 1.0), 0.0)
    moments = pd.DataFrame(
        {
            "mepid": years["mepid"],
            "within": years["wr2"] - years["wr"] ** 2 / years["weight"],
            "within_df": years["weight"] - years["w2"] / years["weight"],
            "same": np.where(paired, years["weight"] * same_year, 0.0),
            "same_weight": np.where(paired, years["weight"], 0.0),
            "root": root,
            "root_effect": root * years["effect"],
            "weight": years["weight"],
            "weight_effect2": years["weight"] * years["effect"] ** 2,
        }
    )
    per_teacher = moments.groupby("mepid", sort=True).sum()
    return per_teacher.assign(
        across=per_teacher["root_effect"] ** 2 - per_teacher["weight_effect2"],
        across_weight=per_teacher["root"] ** 2 - per_teacher["weight"],
    )[["within", "within_df", "same", "same_weight", "across", "across_weight"]]


def _moments(sums: np.ndarray) -> np.ndarray:
    """(persistent, transitory, student), not yet floored, from added-up sums; works along the last axis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        student = sums[..., 0] / sums[..., 1]
        shared_in_year = sums[..., 2] / sums[..., 3]
        persistent = sums[..., 4] / sums[..., 5]
    return np.stack([persistent, shared_in_year - persistent, student], axis=-1)


def moments(years: pd.DataFrame) -> np.ndarray:
    """(persistent, transitory, student) variances of teacher-year sums, not yet floored at zero.

    Formula
        persistent  mean over pairs of years of one teacher of the product of mean residuals (weights sqrt(w w'))
        persistent + transitory  mean over pairs of different students of one teacher and year
        student  pooled variance within teacher and year
    """
    return _moments(_sums_per_teacher(years).to_numpy().sum(axis=0))


def moments_without_groups(years: pd.DataFrame, groups: int = JACKKNIFE_GROUPS) -> np.ndarray:
    """(groups, 3) the same variances with one group of teachers left out at a time."""
    sums = _sums_per_teacher(years).to_numpy()
    group = teacher_groups(len(sums), groups)
    return np.stack([_moments(sums[group != g].sum(axis=0)) for g in range(group.max() + 1)])


def teacher_groups(teachers: int, groups: int) -> np.ndarray:
    """The jackknife group of every teacher, in the order of their identifiers."""
    return np.arange(teachers) % min(groups, teachers)


def standard_deviations(
    values: np.ndarray, replicates: np.ndarray, refitted: bool
) -> tuple[VarianceComponents, pd.DataFrame]:
    """Variance components and a table of standard deviations with 95% intervals, from jackknife replicates.

    Formula
        se(v)^2 = (G-1)/G sum (v_g - mean)^2; with replicates that refit the whole model, v = G v - (G-1) mean(v_g),
        which takes out the bias from having fitted class-level terms to few teachers. The interval of a standard
        deviation is that of its variance (t with G-1 degrees of freedom) under the root, from zero up.
    """
    groups = len(replicates)
    centre = replicates.mean(axis=0)
    corrected = groups * values - (groups - 1) * centre if refitted else values
    std_errors = np.sqrt((groups - 1) / groups * ((replicates - centre) ** 2).sum(axis=0))
    table = coefficient_table(COMPONENT_TERMS, corrected, std_errors, max(groups - 1, 1))
    roots = table[["estimate", "low", "high"]].clip(lower=0) ** 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = np.where(roots["estimate"] > 0, std_errors / (2 * roots["estimate"]), np.nan)
    floored = np.nan_to_num(np.maximum(corrected, 0.0))
    return VarianceComponents(*map(float, floored)), table.assign(**roots, std_error=delta)


def component_cautions(years: pd.DataFrame, components: VarianceComponents) -> tuple[str, ...]:
    """Sentences on what these years cannot tell."""
    sums = _sums_per_teacher(years)
    return _component_cautions(components, int((sums["across_weight"] > 1e-9).sum()))


def _component_cautions(
    components: VarianceComponents, teachers_in_two_years: int, fewest: int = 100
) -> tuple[str, ...]:
    sentences = []
    if components.persistent == 0:
        sentences.append("A teacher's years have nothing in common here: every shrunken effect is zero.")
    if components.transitory == 0:
        sentences.append("Years of one teacher are as alike as students of one year: no yearly shock is found.")
    if teachers_in_two_years < fewest:
        sentences.append(
            f"Only {teachers_in_two_years} teachers are seen in two years: the shrinkage rests on few pairs."
        )
    return tuple(sentences)


def shrunken_over_years(years: pd.DataFrame, components: VarianceComponents, by: list[str]) -> pd.DataFrame:
    """Best linear prediction of a teacher's lasting effect from all the years given, per group `by`.

    Formula
        h_t = 1 / (sigma2_theta + sigma2_e / n_t); mean = sum h_t effect_t / sum h_t;
        reliability = sigma2_mu / (sigma2_mu + 1 / sum h_t); shrunken = reliability x mean
    """
    precision = 1 / (components.transitory + components.student / years["effective_students"])
    sums = (
        years.assign(h=precision, h_effect=precision * years["effect"])
        .groupby(by, sort=True)
        .agg(h=("h", "sum"), h_effect=("h_effect", "sum"), n_students=("n_students", "sum"), years=("effect", "size"))
        .reset_index()
    )
    effect = sums["h_effect"] / sums["h"]
    reliability = components.persistent / (components.persistent + 1 / sums["h"])
    return sums[by].assign(
        effect=effect,
        effect_shrunken=reliability * effect,
        reliability=reliability,
        n_students=sums["n_students"],
        years=sums["years"],
    )


def as_regressor(years: pd.DataFrame, components: VarianceComponents, by: Sequence[str] = ("mepid",)) -> pd.DataFrame:
    """Teacher effects for the right-hand side of a regression: shrunken, so that their noise does not attenuate.

    The noise of a shrunken effect is unrelated to it: one more unit of it is, on average, one more unit of the true
    effect, and its coefficient is that of the true effect. An unshrunken effect as a regressor gives the coefficient
    times the reliability. Leave out the years that the outcome shares (`ValueAdded.leaving_out`).

    Returns the columns of `by`, effect_shrunken, reliability, n_students, years.
    """
    return shrunken_over_years(years, components, list(by)).drop(columns="effect")


def as_outcome(years: pd.DataFrame, components: VarianceComponents) -> pd.DataFrame:
    """Teacher effects for the left-hand side of a regression: unshrunken, with the precision to weight them by.

    Noise in an outcome does no harm; shrinking it does, because it pulls every group towards the same mean and the
    coefficient comes out times the reliability.

    Formula
        precision = 1 / (sigma2_mu + sigma2_theta + sigma2_e / n)
    Returns
        mepid, school_year, effect, precision, n_students
    """
    noise = components.transitory + components.student / years["effective_students"]
    return years[["mepid", "school_year", "effect", "n_students"]].assign(precision=1 / (components.persistent + noise))
