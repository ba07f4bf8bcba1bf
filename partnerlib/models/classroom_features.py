"""What a student brings to class, and whom they sit with: the right-hand side of the value-added model.

The specification of the Strategic Data Project: last year's score with its square and cube, last year's other subject,
demographics each with a flag for missing, and the same for the class and for the school's whole grade that year. Built
as one table expression, so that a state of students is read once and only numbers come back.
"""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from partnerlib import engine
from partnerlib.errors import DataError
from partnerlib.models.design import numeric_terms, require_columns

DEMOGRAPHICS = ("is_low_income", "is_english_learner", "has_disability")
STUDENT_TERMS = ("lag_score", "lag_score_squared", "lag_score_cubed", "lag_score_other", "lag_score_other_missing")
CLASS_KEY = ("school_year", "school_code", "class_id")
COHORT_KEY = ("school_year", "school_code", "grade")
NEEDED = (
    "mepid", "sasid", "school_year", "subject", "school_code", "class_id", "grade", "weight", "score", "lag_score",
    "lag_score_other", "gender", "race_ethnicity", *DEMOGRAPHICS,
)  # fmt: skip


def subject_rows(classrooms: nw.LazyFrame | pd.DataFrame, subject: str) -> tuple[pd.DataFrame, int]:
    """Rows of one subject with every regressor as a number, and how many rows had no score or no earlier score.

    One row per teacher, student and year; the peers of a class or cohort are counted before rows without an earlier
    score are left out, because those students sit in the room too.
    """
    frame = engine.from_pandas(classrooms) if isinstance(classrooms, pd.DataFrame) else classrooms
    names = frame.collect_schema().names()
    require_columns(pd.DataFrame(columns=names), NEEDED, "value added")
    rows = _student_numbers(frame.filter(nw.col("subject") == subject).select(*NEEDED))
    for prefix, key in (("class", CLASS_KEY), ("cohort", COHORT_KEY)):
        rows = rows.join(_peers(rows, prefix, key), on=list(key), how="left")
    tested = rows.filter(~nw.col("score").is_null() & ~nw.col("lag_score").is_null()).sort(
        "school_year", "school_code", "class_id", "sasid", "mepid"
    )
    kept = engine.collect(tested)
    if kept.empty:
        raise DataError(f"value added: no {subject} row has both a score and last year's score; choose another subject")
    received = int(engine.collect(rows.select(nw.len().alias("rows")))["rows"].iloc[0])
    return kept, received - len(kept)


def regressors(rows: pd.DataFrame) -> pd.DataFrame:
    """The design of the model: a column per term, constant columns left out, categories against the most common."""
    peers = [f"{prefix}_{name}" for prefix in ("class", "cohort") for name in PEER_TERMS]
    flags = [f"{name}_missing" for name in DEMOGRAPHICS]
    numbers = rows[[*STUDENT_TERMS, *DEMOGRAPHICS, *flags, *peers]].astype("float64")
    design = pd.concat([numbers, numeric_terms(rows, ["gender", "race_ethnicity"])], axis=1)
    return design.loc[:, design.max() > design.min()]


PEER_TERMS = (
    "mean_lag_score", "sd_lag_score", "share_missing_lag_score", "mean_lag_score_other", *DEMOGRAPHICS, "size",
)  # fmt: skip


def _student_numbers(frame: nw.LazyFrame) -> nw.LazyFrame:
    lag = nw.col("lag_score")
    flags = [nw.col(name).cast(nw.Float64).fill_null(0.0).alias(name) for name in DEMOGRAPHICS]
    missing = [nw.col(name).is_null().cast(nw.Float64).alias(f"{name}_missing") for name in DEMOGRAPHICS]
    return frame.with_columns(
        *missing,
        (lag * lag).alias("lag_score_squared"),
        (lag * lag * lag).alias("lag_score_cubed"),
        nw.col("lag_score_other").is_null().cast(nw.Float64).alias("lag_score_other_missing"),
        nw.col("lag_score_other").fill_null(0.0).alias("lag_score_other"),
        nw.col("gender").fill_null("missing").alias("gender"),
        nw.col("race_ethnicity").fill_null("missing").alias("race_ethnicity"),
    ).with_columns(*flags)


def _peers(rows: nw.LazyFrame, prefix: str, key: tuple[str, ...]) -> nw.LazyFrame:
    """Means over the students of a class or cohort; a co-taught student counts once (weights add to one)."""
    weight, lag = nw.col("weight"), nw.col("lag_score")
    known = nw.when(~lag.is_null()).then(weight).otherwise(0.0)
    sums = rows.with_columns(
        known_weight=known,
        weighted_lag=(weight * lag).fill_null(0.0),
        weighted_lag_squared=(weight * lag * lag).fill_null(0.0),
        weighted_other=weight * nw.col("lag_score_other"),
        **{f"weighted_{name}": weight * nw.col(name) for name in DEMOGRAPHICS},
    )
    grouped = sums.group_by(*key).agg(
        nw.col("weight").sum().alias("size"),
        nw.col("known_weight").sum().alias("known"),
        nw.col("weighted_lag").sum().alias("lag_sum"),
        nw.col("weighted_lag_squared").sum().alias("lag_squared_sum"),
        nw.col("weighted_other").sum().alias("other_sum"),
        *[nw.col(f"weighted_{name}").sum().alias(f"{name}_sum") for name in DEMOGRAPHICS],
    )
    known_or_one = nw.when(nw.col("known") > 0).then(nw.col("known")).otherwise(1.0)
    mean = nw.col("lag_sum") / known_or_one
    variance = nw.col("lag_squared_sum") / known_or_one - mean * mean
    # A class of one has no spread; rounding may leave a variance a hair below zero.
    spread = nw.when(variance > 1e-12).then(variance).otherwise(0.0).sqrt()
    terms = {
        "mean_lag_score": mean,
        "sd_lag_score": spread,
        "share_missing_lag_score": 1.0 - nw.col("known") / nw.col("size"),
        "mean_lag_score_other": nw.col("other_sum") / nw.col("size"),
        **{name: nw.col(f"{name}_sum") / nw.col("size") for name in DEMOGRAPHICS},
        "size": nw.col("size"),
    }
    return grouped.select(*key, *[terms[name].alias(f"{prefix}_{name}") for name in PEER_TERMS])
