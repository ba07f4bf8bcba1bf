"""Student outcomes of new teachers and of the classrooms that host candidates. Descriptive: teachers are not assigned
to schools at random, and only tested grades and subjects are in it.
"""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.populations import EVERY_UNIT, LARGE_UNITS
from partnerlib.measures.registry import measure
from partnerlib.measures.results import Distribution, Mean, Rate
from partnerlib.tables import RATINGS

GROWTH_MINIMUM = 20
"""Teachers below which a mean growth percentile is remarked upon. The state withholds one of fewer than 20 students:
so many teachers have more."""

_INFORMS = ("partnership criterion 4",)
_GROUPS = ("subject", "hired_in_placement_school", "same_grade_level", "teaching_year")


@measure(
    unit=EVERY_UNIT,
    sample="novice_classrooms",
    needs=("sgp", "sgp_students"),
    topic="outcomes",
    title="Mean student growth percentile of new teachers",
    informs=_INFORMS,
    groups=_GROUPS,
    minimum=GROWTH_MINIMUM,
)
def growth_of_novices(novice_classrooms: pd.DataFrame) -> Mean:
    """Mean student growth percentile of the students of first- and second-year teachers; 50 is the state's middle.

    Formula
        sum over students of (growth percentile x share of the student) / sum of shares; co-teachers share a student
    Units
        percentiles, 1 to 99; the denominator counts students, people are teachers
    Source
        DESE student growth percentiles (means are published from 2018, medians before)
    """
    return Mean(novice_classrooms["sgp"], weights=novice_classrooms["sgp_students"])


@measure(
    unit=EVERY_UNIT,
    sample="novice_effects",
    needs=("effect", "n_students"),
    topic="outcomes",
    title="Value added of new teachers",
    informs=_INFORMS,
    groups=_GROUPS,
)
def value_added_of_novices(novice_effects: pd.DataFrame) -> Mean:
    """Mean value added of first- and second-year teachers, in standard deviations of student scores; 0 is the average.

    Formula
        sum over teachers of (effect x students) / students. Effects are not shrunken here: shrinking pulls group means
        to zero
    Units
        student standard deviations; the denominator counts students, people are teachers
    Caution
        providers differ by 0.01 to 0.03; read the interval before the value
    Source
        value-added model of partnerlib.models.value_added (Strategic Data Project specification)
    """
    return Mean(novice_effects["effect"], weights=novice_effects["n_students"])


@measure(
    unit=LARGE_UNITS,
    sample="novice_effects",
    needs=("effect_shrunken",),
    topic="outcomes",
    title="Value added of new teachers, shrunken",
    informs=_INFORMS,
    groups=_GROUPS,
)
def shrunken_value_added_of_novices(novice_effects: pd.DataFrame) -> Mean:
    """Mean of new teachers' shrunken value added: each effect pulled to the average as far as it is noise.

    Formula
        mean over teachers and subjects of (effect x reliability)
    Units
        student standard deviations; a row per teacher, year and subject
    Source
        Kane & Staiger (2008) empirical Bayes
    """
    return Mean(novice_effects["effect_shrunken"])


@measure(
    unit=LARGE_UNITS,
    sample="novice_effects",
    needs=("reliability",),
    topic="outcomes",
    title="Reliability of new teachers' value added",
    informs=_INFORMS,
    groups=("subject",),
)
def reliability_of_value_added(novice_effects: pd.DataFrame) -> Mean:
    """How much of the differences in new teachers' value added is signal: 1 is all of it, 0 is none.

    Formula
        mean over teachers and subjects of variance of true effects / (that + variance of the estimate)
    Source
        Kane & Staiger (2008) empirical Bayes
    """
    return Mean(novice_effects["reliability"])


@measure(
    unit=LARGE_UNITS,
    sample="novices",
    needs=("overall_rating",),
    topic="outcomes",
    title="Evaluation ratings of new teachers",
    informs=_INFORMS,
    groups=("hired_in_placement_school", "same_grade_level", "teaching_year"),
)
def ratings_of_novices(novices: pd.DataFrame) -> Distribution:
    """Shares of first- and second-year teachers with each overall evaluation rating; they add to one.

    Formula
        new teachers with each rating / new teachers with an overall rating
    Caution
        ratings are coarse and given by districts of different severity: do not compare raw means of districts
    Source
        Massachusetts educator evaluation
    """
    return Distribution(novices["overall_rating"], "rating", RATINGS)


@measure(
    unit=EVERY_UNIT,
    sample="novices",
    needs=("overall_rating",),
    topic="outcomes",
    title="New teachers rated Proficient or Exemplary",
    informs=_INFORMS,
    groups=("hired_in_placement_school", "same_grade_level", "teaching_year"),
)
def novices_rated_proficient(novices: pd.DataFrame) -> Rate:
    """Share of first- and second-year teachers whose overall evaluation rating is Proficient or Exemplary.

    Formula
        new teachers rated Proficient or Exemplary / new teachers with an overall rating
    Source
        Massachusetts educator evaluation
    """
    rating = novices["overall_rating"]
    return Rate(rating.isin(RATINGS[2:]).astype("boolean").mask(rating.isna()))


@measure(
    unit=EVERY_UNIT,
    sample="host_classrooms",
    needs=("sgp", "sgp_students"),
    topic="outcomes",
    title="Mean student growth percentile of host classrooms",
    informs=_INFORMS,
    groups=("subject",),
    minimum=GROWTH_MINIMUM,
)
def growth_of_host_classrooms(host_classrooms: pd.DataFrame) -> Mean:
    """Mean student growth percentile in the classrooms of supervising practitioners, in the year they host.

    Formula
        sum over students of (growth percentile x share of the student) / sum of shares
    Units
        percentiles, 1 to 99; the denominator counts students, people are practitioners
    Source
        Goldhaber, Krieg & Theobald (2020): the hosting year costs students about nothing
    """
    return Mean(host_classrooms["sgp"], weights=host_classrooms["sgp_students"])


@measure(
    unit=EVERY_UNIT,
    sample="host_classrooms",
    needs=("score", "students"),
    topic="outcomes",
    title="Mean score of host classrooms",
    informs=_INFORMS,
    groups=("subject",),
)
def scores_of_host_classrooms(host_classrooms: pd.DataFrame) -> Mean:
    """Mean test score in the classrooms of supervising practitioners, in the year they host; 0 is the state's mean.

    Formula
        sum over students of (standard score x share of the student) / sum of shares
    Units
        standard deviations of the year, grade and subject; the denominator counts students, people are practitioners
    Source
        state tests
    """
    return Mean(host_classrooms["score"], weights=host_classrooms["students"])
