"""What moves a teacher's evaluation rating, when every school draws its own lines between the ratings?

Ratings are coarse and local: the same teaching is Exemplary in one school and Proficient in the next. An ordered model
with a shift of all thresholds per school compares teachers inside schools. Two ways: a level for every school (asks
nothing of the schools, and errs where they hold few teachers), or a normal distribution of schools (asks that schools'
lines are unrelated to their teachers).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.models.design import numeric_terms, refuse_unanswerable, usable_rows
from partnerlib.models.linear import Question
from partnerlib.models.ordinal_likelihood import LINKS, Cuts, fixed_shifts, random_shifts
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.sandwich import cluster_sums
from partnerlib.models.support import support

RATINGS = ("Unsatisfactory", "Needs Improvement", "Proficient", "Exemplary")
FEWEST_PER_SCHOOL = 10
"""Rows per school below which a level for every school bends the other coefficients (incidental parameters)."""
LARGEST = 15.0
"""A coefficient per standard deviation of its term beyond which the fit is running off to infinity."""

RATINGS_CAN_BE_WRONG = (
    "A rating is given by a person who may know the teacher, the practicum and the provider.",
    "A school's lines are taken to move together; a school that only never gives the lowest rating breaks this.",
    "Teachers who leave before they are rated are not seen.",
)


def ordered(
    frame: pd.DataFrame,
    question: Question,
    specification: str,
    covariates: Sequence[str] = (),
    *,
    categories: Sequence[object] = RATINGS,
    link: str = "logit",
    school: str | None = None,
    thresholds: str = "common",
) -> Estimates:
    """Shift of a latent scale towards higher ratings per unit of each exposure.

    Where schools' lines may be related to who works there, give the school's mean of each exposure as a covariate
    beside random lines (Mundlak): it takes up the relation, and small schools do no harm.

    Formula
        P(rating <= c) = F(cut_c + school - x'b), F logistic or normal; common: no school term; fixed: one shift per
        school; random: school ~ N(0, s2), integrated by adaptive Gauss-Hermite quadrature. With logit, exp(b) is the
        ratio of odds of being rated above any line
    Errors
        sandwich summed by the cluster column, factor G/(G-1); random: inverse Hessian, as `ordinal::clmm` prints
    Parameters
        categories  values of the outcome from worst to best; those nobody has are left out
        school      column whose lines may differ, for `thresholds` 'fixed' or 'random'
    Raises
        DataError  separation (a rating that the terms foretell), and whatever `refuse_unanswerable` refuses
    """
    if link not in LINKS:
        raise ParameterError(f"link '{link}': {did_you_mean(link, list(LINKS))}")
    if thresholds not in ("common", "fixed", "random"):
        raise ParameterError(f"thresholds '{thresholds}': {did_you_mean(thresholds, ['common', 'fixed', 'random'])}")
    if (school is None) != (thresholds == "common"):
        raise ParameterError(f"thresholds '{thresholds}' and school {school!r}: a school needs 'fixed' or 'random'")
    model = f"ordered {link} of {question.outcome}"
    needed = [question.outcome, *question.exposures, question.cluster, question.person, *([school] if school else [])]
    usable = usable_rows(frame, needed, model)
    rows = usable.frame
    unknown = sorted(set(map(str, rows[question.outcome])) - set(map(str, categories)))
    if unknown:
        raise DataError(f"{model}: {', '.join(unknown)} not among the categories {', '.join(map(str, categories))}")
    refuse_unanswerable(rows, question.outcome, question.exposures, question.cluster, [], model)
    present = [str(c) for c in categories if (rows[question.outcome].astype("str") == str(c)).any()]
    y = pd.Index(present).get_indexer(rows[question.outcome].astype("str"))
    exposures = rows[list(question.exposures)].astype("float64")
    design = pd.concat([exposures, numeric_terms(rows, covariates)], axis=1)
    said: list[str] = [*usable.cautions]
    groups = np.zeros(len(rows), dtype=np.int64)
    if school:
        groups = pd.factorize(rows[school])[0]
        if thresholds == "fixed":
            rows, design, y, groups, dropped = _informative(rows, design, y, groups, len(present))
            said.extend(dropped)
            if not len(rows):
                raise DataError(f"{model}: every {school} gives one rating only; nobody is compared inside a school")
            refuse_unanswerable(
                rows.assign(outcome_code=y), "outcome_code", question.exposures, question.cluster, [school], model
            )
            if len(rows) / (groups.max() + 1) < FEWEST_PER_SCHOOL:
                said.append(
                    f"{len(rows) / (groups.max() + 1):.1f} rows per {school}: with fewer than {FEWEST_PER_SCHOOL} a "
                    "level for every school makes coefficients too large; take random thresholds beside it."
                )
    x = design.to_numpy(dtype=float)
    spread = x.std(axis=0)
    if (spread == 0).any():
        flat = [name for name, s in zip(design.columns, spread, strict=True) if s == 0]
        raise DataError(f"{model}: {', '.join(flat)} is the same in all rows that are compared; leave it out")
    scaled = (x - x.mean(axis=0)) / spread
    fit = (
        random_shifts(scaled, y, groups, LINKS[link]) if thresholds == "random"
        else fixed_shifts(scaled, y, groups, LINKS[link])
    )  # fmt: skip
    _refuse_separation(fit, design.columns, model)
    k, clusters = x.shape[1], int(rows[question.cluster].nunique())
    bread = np.linalg.inv(fit.information)
    variance = bread
    if fit.scores is not None:
        meat = cluster_sums(fit.scores, rows[question.cluster].to_numpy())
        variance = clusters / (clusters - 1) * bread @ (meat.T @ meat) @ bread
    # Back to the units of the terms: cuts move by what centring took away.
    change = np.zeros((len(fit.parameters), len(fit.parameters)))
    change[np.diag_indices(len(change))] = 1.0
    change[:k, :k] = np.diag(1 / spread)
    change[k : k + len(present) - 1, :k] = x.mean(axis=0) / spread
    values, variance = change @ fit.parameters, change @ variance @ change.T
    shown = list(range(k + len(present) - 1)) + ([len(values) - 1] if thresholds == "random" else [])
    lines = [f"line above {name}" for name in present[:-1]]
    names = [*design.columns, *lines, *(["log sd of school lines"] if thresholds == "random" else [])]
    people = int(rows[question.person].nunique())
    return Estimates(
        terms=coefficient_table(names, values[shown], np.sqrt(np.diag(variance))[shown]),
        estimand=question.estimand,
        outcome=question.outcome,
        specification=specification,
        clustering="inverse Hessian" if fit.scores is None else f"sandwich by {question.cluster}",
        n=len(rows),
        people=people,
        clusters=clusters,
        sample_id=question.sample_id,
        wrong_if=(*question.wrong_if, *RATINGS_CAN_BE_WRONG),
        cautions=(
            *said,
            *size_cautions(people, clusters, question.cluster),
            *(() if fit.converged else ("The likelihood did not converge: do not use these numbers.",)),
        ),
        statistics={"log likelihood": fit.log_likelihood, "categories": float(len(present))},
        support=support(
            pd.Series(y, index=rows.index, dtype="float64"), design, rows[question.person],
            exposures=question.exposures, effects=[groups] if thresholds == "fixed" else [],
            effect_names=[school] if school and thresholds == "fixed" else [],
        ),
    )  # fmt: skip


def _informative(
    rows: pd.DataFrame, design: pd.DataFrame, y: np.ndarray, groups: np.ndarray, categories: int
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Rows of schools that give more than one rating; a school of one rating only at the end of the scale has no level.

    A school that gives a middle rating to everybody says little, and is left out with the others for clarity.
    """
    lowest, highest = (pd.Series(y).groupby(groups).transform(how).to_numpy() for how in ("min", "max"))
    kept = lowest < highest
    if kept.all():
        return rows, design, y, groups, ()
    said = f"{(~kept).sum():,} rows are in schools that give everybody the same rating and say nothing inside schools."
    codes = pd.factorize(groups[kept])[0]
    return rows[kept].reset_index(drop=True), design[kept].reset_index(drop=True), y[kept], codes, (said,)


def _refuse_separation(fit: Cuts, names: pd.Index, model: str) -> None:
    """Coefficients that run off to infinity: a term foretells the rating exactly."""
    slopes = fit.parameters[: len(names)]
    endless = [str(name) for name, value in zip(names, slopes, strict=True) if abs(value) > LARGEST]
    curvature = np.linalg.eigvalsh(fit.information)[0]
    if endless or not np.isfinite(fit.log_likelihood) or curvature <= 1e-10 or fit.runs_away:
        which = ", ".join(endless) or ", ".join(
            str(name) for name, value in zip(names, slopes, strict=True) if abs(value) == np.abs(slopes).max()
        )
        raise DataError(
            f"{model}: {which} foretells the rating without exception (separation): no finite coefficient fits best; "
            "leave it out, or join categories"
        )
