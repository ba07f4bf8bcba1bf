"""How much teachers differ, and whether those good in one subject are good in another, with no noise counted as skill.

A teacher's mean is skill plus noise, so the variance of means is too large and that of shrunken means too small. The
product of two different years of one teacher holds the skill twice and no noise twice: its average, less that of two
different teachers, is unbiased whatever the noise, however few the years (Rose, Schellenberg & Shem-Tov 2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns
from partnerlib.models.results import Estimates, coefficient_table, size_cautions

WRONG_IF = (
    "What a teacher's years share beyond the teacher counts as the teacher: the same school, the same kind of class.",
    "Teachers with two years or more stand for all; those who leave after one are not seen.",
    "Students are not assigned to teachers by lot.",
)


@dataclass(frozen=True)
class _Teachers:
    """Per teacher: weight, mean product of two different years, mean of either side; zero weight where unknown."""

    weight: np.ndarray
    product: np.ndarray
    one: np.ndarray
    other: np.ndarray

    def covariance(self) -> tuple[float, np.ndarray]:
        """The U-statistic, and its value without each teacher in turn."""
        w, p, x, y = self.weight, self.weight * self.product, self.weight * self.one, self.weight * self.other
        total = np.array([w.sum(), p.sum(), x.sum(), y.sum(), (x * y).sum(), (w**2).sum()])
        return float(self._of(*total)), self._of(*(total[:, None] - np.array([w, p, x, y, x * y, w**2])))

    @staticmethod
    def _of(w: np.ndarray, p: np.ndarray, x: np.ndarray, y: np.ndarray, xy: np.ndarray, ww: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(p / w - (x * y - xy) / (w**2 - ww))


def unbiased_variances(
    years: Mapping[str, pd.DataFrame], *, sample_id: str, apart: str = "school_year", weights: str = "teachers"
) -> Estimates:
    """Variance of teacher effects in each subject, and their covariance and correlation between subjects.

    Formula
        teacher j: mean over pairs of different years t, s of x_jt y_js; less, over pairs of teachers j, k, the
        mean of x_j. y_k.; x and y the same subject for a variance. A year is paired with other years across subjects,
        too: students and events of one year are shared by both scores. An estimate may be negative; it is not floored
    Errors
        jackknife leaving out a teacher at a time, all subjects together; t with teachers - 1 degrees of freedom
    Parameters
        years    by subject, rows of mepid, `apart`, effect: `ValueAdded.teacher_years`, or `.teacher_classes`
        apart    column in which two rows must differ to be paired: `school_year` counts what lasts, `class_number`
                 (with classes) what a year's classes share as well
        weights  `teachers`: every teacher with a pair counts the same; `pairs`: as often as there are pairs
    Source
        Rose, Schellenberg & Shem-Tov (2022), section 4; Kane & Staiger (2008) for the same products without the
        correction for the mean, see `variance_components.moments`
    """
    if not years:
        raise DataError("variance of teacher effects: no subject given")
    for subject, frame in years.items():
        require_columns(frame, ["mepid", apart, "effect"], f"variance of teacher effects in {subject}")
    names = pd.Index(sorted(set().union(*(set(frame["mepid"]) for frame in years.values()))))
    sums = {subject: _unit_sums(frame, apart) for subject, frame in years.items()}
    subjects = list(years)
    pairs = [(a, b) for i, a in enumerate(subjects) for b in subjects[i:]]
    found, without = {}, {}
    for a, b in pairs:
        teachers = _teachers(sums[a], sums[b], apart, names, weights)
        if np.count_nonzero(teachers.weight) < 3:
            raise DataError(
                f"variance of teacher effects, {a} and {b}: {np.count_nonzero(teachers.weight)} teachers have two "
                f"different values of {apart}; at least three are needed, add earlier years of scores"
            )
        found[a, b], without[a, b] = teachers.covariance()
    terms = {
        (f"variance of {a}" if a == b else f"covariance of {a} and {b}"): (found[a, b], without[a, b]) for a, b in pairs
    }
    for a, b in pairs:
        if a != b and found[a, a] > 0 and found[b, b] > 0:
            with np.errstate(invalid="ignore"):
                terms[f"correlation of {a} and {b}"] = (
                    found[a, b] / np.sqrt(found[a, a] * found[b, b]),
                    without[a, b] / np.sqrt(without[a, a] * without[b, b]),
                )
    count = len(names)
    values = np.array([value for value, _ in terms.values()])
    replicates = np.array([each for _, each in terms.values()])
    centred = replicates - replicates.mean(axis=1, keepdims=True)
    errors = np.sqrt((count - 1) / count * (centred**2).sum(axis=1))
    return Estimates(
        terms=coefficient_table(list(terms), values, errors, count - 1),
        estimand="variances and covariances of what teachers add, in squared units of the score",
        outcome="score",
        specification=f"products of different values of {apart}, {weights} weighted alike",
        clustering="jackknife over teachers",
        n=sum(len(frame) for frame in years.values()),
        people=count,
        clusters=count,
        sample_id=sample_id,
        wrong_if=WRONG_IF,
        cautions=(*size_cautions(count, count, "teachers"), *_negative(found)),
    )


def _unit_sums(frame: pd.DataFrame, apart: str) -> pd.DataFrame:
    return frame.groupby(["mepid", apart], sort=True)["effect"].agg(["sum", "size"]).reset_index()


def _teachers(one: pd.DataFrame, other: pd.DataFrame, apart: str, names: pd.Index, weights: str) -> _Teachers:
    def per_teacher(frame: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
        summed = frame.groupby("mepid")[columns].sum().reindex(names, fill_value=0.0)
        return [summed[column].to_numpy(dtype=float) for column in columns]

    both = one.merge(other, on=["mepid", apart], suffixes=("_one", "_other"))
    both = both.assign(
        same=both["sum_one"] * both["sum_other"], count=(both["size_one"] * both["size_other"]).astype(float)
    )
    (x, n_x), (y, n_y) = per_teacher(one, ["sum", "size"]), per_teacher(other, ["sum", "size"])
    same, same_count = per_teacher(both, ["same", "count"])
    pairs = n_x * n_y - same_count
    has_pairs = pairs > 0
    scale = {"teachers": has_pairs.astype(float), "pairs": pairs}[weights]

    def over(total: np.ndarray, by: np.ndarray) -> np.ndarray:
        return np.divide(total, by, out=np.zeros_like(total), where=has_pairs & (by > 0))

    return _Teachers(scale, over(x * y - same, pairs), over(x, n_x), over(y, n_y))


def _negative(found: Mapping[tuple[str, str], float]) -> tuple[str, ...]:
    flat = [a for (a, b), value in found.items() if a == b and value <= 0]
    return (f"No lasting difference between teachers is found in {', '.join(flat)}.",) if flat else ()
