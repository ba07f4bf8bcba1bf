"""What a teacher's students learn beyond what similar students in similar classes learn.

Stage one fits the Strategic Data Project's specification within teachers, so that who teaches whom does not bend the
coefficients. Stage two takes each teacher's mean residual in a year, relative to the average teacher of the same grade
and year, and shrinks it by how much of such means is lasting (Kane & Staiger 2008).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.absorption import AbsorbedFit, fit_absorbing
from partnerlib.models.classroom_features import CLASS_KEY, regressors, subject_rows
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.support import Support, support
from partnerlib.models.variance_components import (
    VarianceComponents,
    as_outcome,
    component_cautions,
    moments,
    moments_without_groups,
    shrunken_over_years,
    standard_deviations,
    teacher_groups,
    teacher_year_sums,
)

REFITTED_TEACHERS = 1000
"""Up to this many teachers, fitting some 25 class-level terms takes visible variance out of a teacher's years."""
REFITTED_GROUPS = 10

TEACHER_EFFECT_COLUMNS = (
    "mepid", "school_year", "subject", "effect", "effect_shrunken", "reliability", "precision", "n_students",
    "connected_set",
)  # fmt: skip

VALUE_ADDED_CAN_BE_WRONG = (
    "Students are not assigned to teachers by lot; what last year's scores do not show stays in the effect.",
    "Only tested grades and subjects are seen, about a quarter of a state's teachers.",
    "Effects compare teachers of one grade and year; a difference between grades is not seen.",
    "In co-taught classes the effect is that of the team, shared by its members.",
)


@dataclass(frozen=True)
class ValueAdded:
    """A fitted value-added model of one subject."""

    subject: str
    coefficients: Estimates
    """Of the student, class and cohort terms, on the scale of the score."""
    components: Estimates
    """Standard deviations of lasting teacher effects, yearly shocks and students, with jackknife intervals."""
    variances: VarianceComponents
    teacher_effects: pd.DataFrame
    """mepid, school_year, subject, effect, effect_shrunken, reliability, precision (weight of `effect` as an outcome),
    n_students, connected_set."""
    teacher_years: pd.DataFrame
    """Sums per teacher and year that every shrunken effect is made from."""
    teacher_classes: pd.DataFrame
    """The same sums per teacher, year and class: what forecasts with drift are made from."""
    connected_sets: pd.DataFrame
    """connected_set, teachers, students: inside a set effects can be compared, across sets they cannot."""

    def over_all_years(self) -> pd.DataFrame:
        """One row per teacher: the lasting effect predicted from all years."""
        return shrunken_over_years(self.teacher_years, self.variances, ["mepid"]).assign(subject=self.subject)

    def leaving_out(self, hosting: pd.DataFrame) -> pd.DataFrame:
        """A mentor's effect for each (mepid, school_year) of `hosting`, from that mentor's other years only.

        A mentor's students in the hosting year are partly taught by the candidate, and their luck is shared: an effect
        that includes the year would show a relation where there is none. Pairs without another year get no row.
        """
        asked = hosting[["mepid", "school_year"]].drop_duplicates().rename(columns={"school_year": "left_out"})
        pairs = asked.merge(self.teacher_years, on="mepid")
        others = pairs[pairs["school_year"] != pairs["left_out"]]
        shrunken = shrunken_over_years(others, self.variances, ["mepid", "left_out"])
        return shrunken.rename(columns={"left_out": "school_year"}).assign(subject=self.subject)


def value_added(
    classrooms: nw.LazyFrame | pd.DataFrame,
    subject: str,
    *,
    sample_id: str,
    within_schools: bool = False,
    with_support: bool = False,
) -> ValueAdded:
    """Teacher effects of one subject, each with its reliability, and the model they come from.

    Formula
        score = X b + teacher + grade x year (+ school x year) + e, weights shared among co-teachers;
        residual = score - X b, net of the mean of its grade and year (or of the grade-year and school-year effects);
        effect = teacher's weighted mean residual of the year; shrunken = reliability x effect;
        reliability = sigma2_mu / (sigma2_mu + sigma2_theta + sigma2_e / n)
    Errors
        coefficients CR1 by class; components by a jackknife over teachers
    Parameters
        within_schools  compare teachers inside a school and year only: another estimand, resting on the teachers who
                        move between schools (see `connected_sets`)
        with_support    count the people behind every coefficient, too: without it the release gate publishes none.
                        It takes several times as long as the fit
    """
    rows, untested = subject_rows(classrooms, subject)
    design = regressors(rows)
    codes = _codes_of(rows)
    outcome = rows[["mepid", "school_year", "weight", "score"]].assign(class_number=codes.classes)
    stage = _FirstStage(outcome, design.to_numpy(dtype=float), codes, within_schools)
    if len(codes.teacher_names) < 2 or codes.classes.max() < 1:
        raise DataError(f"value added in {subject}: fewer than two teachers or classes; there is nothing to compare")
    fit, residuals = stage.fit(np.ones(len(rows), dtype=bool))
    years = teacher_year_sums(residuals)
    sets = fit.connected_set if within_schools else np.zeros(len(codes.teacher_names), dtype=np.int64)
    variances, component_table = _components(stage, years)
    about = (
        *((f"{untested:,} rows have no score or no score of the year before and are left out.",) if untested else ()),
        *_set_cautions(sets, within_schools),
        *_thin_cells(codes),
    )
    specification = "within schools and years" if within_schools else "within grades and years"
    components = Estimates(
        terms=component_table,
        estimand=f"standard deviation of {subject} scores at each level, in units of the score",
        outcome="score",
        specification=specification,
        clustering="jackknife over teachers",
        n=len(rows),
        people=len(codes.teacher_names),
        clusters=len(codes.teacher_names),
        sample_id=sample_id,
        wrong_if=VALUE_ADDED_CAN_BE_WRONG,
        cautions=(*about, *component_cautions(years, variances)),
    )
    set_of = pd.Series(sets, index=codes.teacher_names)
    return ValueAdded(
        subject=subject,
        coefficients=replace(
            _coefficients(design, fit, rows, specification, sample_id).caution(*about),
            support=_support(design, fit, rows, codes, within_schools) if with_support else None,
        ),
        components=components,
        variances=variances,
        teacher_effects=_yearly_effects(years, variances, subject, set_of),
        teacher_years=years,
        teacher_classes=teacher_year_sums(residuals, ("mepid", "school_year", "class_number")),
        connected_sets=_describe_sets(years, set_of),
    )


@dataclass(frozen=True)
class _Codes:
    """Every row's teacher, class and cell as integers."""

    teachers: np.ndarray
    teacher_names: pd.Index
    classes: np.ndarray
    grade_years: np.ndarray
    school_years: np.ndarray

    def kept(self, kept: np.ndarray) -> _Codes:
        """Codes of some rows, numbered anew without gaps."""
        if kept.all():
            return self
        numbered = [
            np.unique(codes[kept], return_inverse=True)[1]
            for codes in (self.teachers, self.classes, self.grade_years, self.school_years)
        ]
        return _Codes(numbered[0], self.teacher_names[np.unique(self.teachers[kept])], *numbered[1:])


def _codes_of(rows: pd.DataFrame) -> _Codes:
    teachers, names = pd.factorize(rows["mepid"], sort=True)
    return _Codes(
        teachers=teachers,
        teacher_names=pd.Index(names),
        classes=rows.groupby(list(CLASS_KEY)).ngroup().to_numpy(),
        grade_years=rows.groupby(["grade", "school_year"]).ngroup().to_numpy(),
        school_years=rows.groupby(["school_code", "school_year"]).ngroup().to_numpy(),
    )


@dataclass(frozen=True)
class _FirstStage:
    """The regression of scores, which the jackknife repeats without some of the teachers."""

    rows: pd.DataFrame
    design: np.ndarray
    codes: _Codes
    within_schools: bool

    def fit(self, kept: np.ndarray, errors: bool = True) -> tuple[AbsorbedFit, pd.DataFrame]:
        """The fit on the kept rows, and what is left of their scores."""
        rows, codes = self.rows[kept], self.codes.kept(kept)
        score, weights = rows["score"].to_numpy(dtype=float), rows["weight"].to_numpy(dtype=float)
        design = self.design[kept]
        factors = [codes.grade_years, *([codes.school_years] if self.within_schools else [])]
        fit = fit_absorbing(design, score, weights, codes.teachers, factors, codes.classes if errors else None)
        if self.within_schools:
            net, centre = fit.teacher_effects[codes.teachers] + fit.residuals, fit.connected_set[codes.teachers]
        else:
            # Means by grade and year, not the effects fitted within teachers: those would hand the experience that
            # continuing teachers gain to the calendar, and make every later cohort of novices look worse.
            net, centre = score - design @ np.nan_to_num(fit.coefficients), codes.grade_years
        means = np.bincount(centre, weights=weights * net) / np.bincount(centre, weights=weights)
        return fit, rows.drop(columns="score").assign(residual=net - means[centre])


def _components(stage: _FirstStage, years: pd.DataFrame) -> tuple[VarianceComponents, pd.DataFrame]:
    """Variance components; with few teachers the jackknife refits the coefficients too, and corrects their bias."""
    teachers = len(stage.codes.teacher_names)
    if teachers > REFITTED_TEACHERS:
        return standard_deviations(moments(years), moments_without_groups(years), refitted=False)
    group = teacher_groups(teachers, REFITTED_GROUPS)[stage.codes.teachers]
    left_out = (stage.fit(group != g, errors=False)[1] for g in range(group.max() + 1))
    replicates = [moments(teacher_year_sums(residuals)) for residuals in left_out]
    return standard_deviations(moments(years), np.stack(replicates), refitted=True)


def _coefficients(
    design: pd.DataFrame, fit: AbsorbedFit, rows: pd.DataFrame, specification: str, sample_id: str
) -> Estimates:
    identified = np.isfinite(fit.coefficients)
    dropped = [name for name, kept in zip(design.columns, identified, strict=True) if not kept]
    table = coefficient_table(
        list(design.columns[identified]),
        fit.coefficients[identified],
        np.sqrt(np.diag(fit.covariance))[identified],
        fit.clusters - 1,
    )
    found = [f"Not identified beside the other terms and left out: {', '.join(dropped)}."] if dropped else []
    if not fit.converged:
        found.append("The solver of the school-by-year effects stopped before its tolerance.")
    students = int(rows["sasid"].nunique())
    return Estimates(
        terms=table,
        estimand="difference in the score per unit of the term, between students of one teacher",
        outcome="score",
        specification=specification,
        clustering="CR1 by class",
        n=len(rows),
        people=students,
        clusters=fit.clusters,
        sample_id=sample_id,
        wrong_if=VALUE_ADDED_CAN_BE_WRONG,
        cautions=(*size_cautions(students, fit.clusters, "classes"), *found),
    )


def _support(
    design: pd.DataFrame, fit: AbsorbedFit, rows: pd.DataFrame, codes: _Codes, within_schools: bool
) -> Support:
    """Students behind every coefficient that is printed, teachers and cells taken out as the fit takes them out."""
    identified = design.columns[np.isfinite(fit.coefficients)]
    cells = {"teacher": codes.teachers, "grade and year": codes.grade_years}
    if within_schools:
        cells["school and year"] = codes.school_years
    return support(
        rows["score"], design[identified], rows["sasid"], effects=list(cells.values()), effect_names=list(cells),
        weights=rows["weight"],
    )  # fmt: skip


def _yearly_effects(years: pd.DataFrame, variances: VarianceComponents, subject: str, sets: pd.Series) -> pd.DataFrame:
    reliability = variances.reliability(years["effective_students"])
    return years.assign(
        subject=subject,
        effect_shrunken=reliability * years["effect"],
        reliability=reliability,
        precision=as_outcome(years, variances)["precision"],
        connected_set=years["mepid"].map(sets),
    ).loc[:, list(TEACHER_EFFECT_COLUMNS)]


def _describe_sets(years: pd.DataFrame, sets: pd.Series) -> pd.DataFrame:
    return (
        years.assign(connected_set=years["mepid"].map(sets))
        .groupby("connected_set")
        .agg(teachers=("mepid", "nunique"), students=("n_students", "sum"))
        .reset_index()
    )


def _thin_cells(codes: _Codes, fewest: int = 50) -> tuple[str, ...]:
    """Centring on a mean that contains the teacher shrinks variances by one over the number of teachers in it."""
    pairs = np.unique(np.column_stack([codes.grade_years, codes.teachers]), axis=0)
    median = int(np.median(np.bincount(pairs[:, 0])))
    if median >= fewest:
        return ()
    return (
        f"Half of the grades and years hold {median} teachers or fewer: variances between teachers are too small by "
        f"about {1 / median:.0%}, and an effect compares with few colleagues.",
    )


def _set_cautions(sets: np.ndarray, within_schools: bool) -> tuple[str, ...]:
    if not within_schools:
        return ()
    few_movers = (
        "Errors of the school-by-year effects are shared by all years of a teacher: the variance of lasting effects is "
        "too large where few teachers move.",
    )
    count = int(sets.max()) + 1
    if count == 1:
        return few_movers
    share = float((sets == 0).mean())
    return (
        *few_movers,
        f"Teachers fall into {count} connected sets, {share:.0%} in the largest; effects compare inside a set only.",
    )
