"""A small invented set of classrooms with known teacher effects, drawn afresh for every seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Classrooms:
    rows: pd.DataFrame
    lasting: pd.Series
    """True lasting effect by mepid."""
    shocks: pd.DataFrame
    """mepid, school_year, shock: what the students of one year shared beyond it."""


def invent_classrooms(
    rng: np.random.Generator,
    teachers: int = 120,
    years: int = 4,
    size: int = 20,
    lasting_sd: float = 0.15,
    shock_sd: float = 0.08,
    student_sd: float = 0.5,
    schools: int = 12,
    sorting: float = 0.5,
    move_rate: float = 0.1,
) -> Classrooms:
    """Better teachers get classes with higher earlier scores (`sorting`); a few teachers move school each year."""
    lasting = rng.normal(0, lasting_sd, teachers)
    cells = teachers * years
    teacher = np.repeat(np.arange(teachers), years)
    year = np.tile(np.arange(2015, 2015 + years), teachers)
    shock = rng.normal(0, shock_sd, cells)
    moved = rng.random(cells) < move_rate
    school = np.where(moved, rng.integers(0, schools, cells), teacher % schools)
    grade = 4 + (teacher // schools + rng.integers(0, 2, cells)) % 4
    class_mean = sorting * lasting[teacher] + rng.normal(0, 0.3, cells)
    cell = np.repeat(np.arange(cells), size)
    n = len(cell)
    lag = class_mean[cell] + rng.normal(0, 0.8, n)
    low_income = rng.random(n) < 0.35
    score = (
        0.6 * lag - 0.02 * lag**2 + 0.05 * class_mean[cell] - 0.15 * low_income + 0.1 * (grade[cell] - 5)
        + 0.05 * (year[cell] - 2015) + lasting[teacher[cell]] + shock[cell] + rng.normal(0, student_sd, n)
    )  # fmt: skip
    rows = pd.DataFrame(
        {
            "mepid": np.char.add("9", np.char.zfill(teacher[cell].astype(str), 7)),
            "sasid": np.char.zfill(np.arange(n).astype(str), 10),
            "school_year": year[cell],
            "subject": "math",
            "school_code": np.char.add("95", np.char.zfill(school[cell].astype(str), 6)),
            "class_id": np.char.add("class ", cell.astype(str)),
            "grade": np.char.zfill(grade[cell].astype(str), 2),
            "weight": 1.0,
            "score": score,
            "lag_score": lag,
            "lag_score_other": np.where(rng.random(n) < 0.05, np.nan, 0.7 * lag + rng.normal(0, 0.6, n)),
            "is_low_income": low_income,
            "is_english_learner": rng.random(n) < 0.1,
            "has_disability": rng.random(n) < 0.17,
            "gender": rng.choice(["F", "M"], n),
            "race_ethnicity": rng.choice(["White", "Black", "Hispanic"], n, p=[0.6, 0.15, 0.25]),
        }
    )
    names = np.char.add("9", np.char.zfill(np.arange(teachers).astype(str), 7))
    shocks = pd.DataFrame({"mepid": names[teacher], "school_year": year, "shock": shock})
    return Classrooms(rows, pd.Series(lasting, index=names), shocks)
