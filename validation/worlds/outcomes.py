"""Invented classrooms for the estimators of what students learn: small, drawn afresh for every seed, truth at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

LASTING_SD, DRIFTING_SD, PERSISTENCE = 0.10, 0.12, 0.6
"""A teacher's effect in a year: a part that stays, and one that fades by 0.6 a year."""
CLASS_SD, STUDENT_SD = 0.08, 0.5
LAG_SLOPE = 0.6


def autocovariance(lag: int) -> float:
    """Covariance of a drifting teacher's effects in two years `lag` apart."""
    return LASTING_SD**2 + DRIFTING_SD**2 * PERSISTENCE**lag


@dataclass(frozen=True)
class DriftingClassrooms:
    """Rows as in the classrooms panel, and what is true of them."""

    rows: pd.DataFrame
    truth: pd.DataFrame
    """mepid, school_year, effect."""


def drifting_effects(rng: np.random.Generator, teachers: int, years: int) -> np.ndarray:
    """(teachers, years) effects whose covariance depends on the years between: `autocovariance`."""
    drifting = np.empty((teachers, years))
    drifting[:, 0] = rng.normal(0, DRIFTING_SD, teachers)
    innovation = DRIFTING_SD * np.sqrt(1 - PERSISTENCE**2)
    for year in range(1, years):
        drifting[:, year] = PERSISTENCE * drifting[:, year - 1] + rng.normal(0, innovation, teachers)
    return drifting + rng.normal(0, LASTING_SD, teachers)[:, None]


def classrooms(
    rng: np.random.Generator, effects: np.ndarray, classes: int = 2, size: int = 12, sorting: float = 0.5,
    student_sd: float = STUDENT_SD, taught: np.ndarray | None = None, subject: str = "math",
) -> DriftingClassrooms:  # fmt: skip
    """Students of given teacher effects (teachers x years); the better a teacher, the better the students (`sorting`).

    Students follow what lasts in a teacher, not the year: sorting that changes with the effect would be taken for a
    difference between classes by a model that compares the classes of one teacher.
    Grades differ between teachers and never change, half of the teachers each: colleagues are many, so that centring on
    their mean takes little away. `taught` tells the years in which a teacher has classes; all when not given.
    """
    teachers = len(effects)
    place = np.argwhere(np.ones(effects.shape, bool) if taught is None else taught)
    teacher, year = np.repeat(place, classes * size, axis=0).T
    room = np.repeat(np.arange(len(place) * classes), size)
    n = len(room)
    class_mean = sorting * effects.mean(axis=1)[teacher] + rng.normal(0, 0.3, len(place) * classes)[room]
    lag = class_mean + rng.normal(0, 0.8, n)
    shock = rng.normal(0, CLASS_SD, len(place) * classes)[room]
    score = LAG_SLOPE * lag + effects[teacher, year] + shock + rng.normal(0, student_sd, n)
    names = teacher_names(teachers)
    rows = pd.DataFrame(
        {
            "mepid": names[teacher], "sasid": np.char.zfill(np.arange(n).astype(str), 10), "school_year": 2012 + year,
            "subject": subject, "school_code": "95000005", "class_id": room.astype(str),
            "grade": np.where(teacher % 2, "05", "06"), "weight": 1.0, "score": score, "lag_score": lag,
            "lag_score_other": 0.7 * lag + rng.normal(0, 0.6, n), "is_low_income": rng.random(n) < 0.35,
            "is_english_learner": rng.random(n) < 0.1, "has_disability": rng.random(n) < 0.17,
            "gender": np.where(rng.random(n) < 0.5, "F", "M"), "race_ethnicity": "White",
        }
    )  # fmt: skip
    truth = pd.DataFrame(
        {"mepid": names[place[:, 0]], "school_year": 2012 + place[:, 1], "effect": effects[tuple(place.T)]}
    )
    return DriftingClassrooms(rows, truth)


def teacher_names(count: int) -> np.ndarray:
    """Invented identifiers, in order."""
    return np.char.add("9", np.char.zfill(np.arange(count).astype(str), 7)).astype(object)


@dataclass(frozen=True)
class MentoringState:
    """Mentors over seven years, their candidates, and the candidates' own first two years."""

    rows: pd.DataFrame
    """As in the classrooms panel."""
    placements: pd.DataFrame
    """practitioner_mepid, placement_year."""
    hired: pd.DataFrame
    """As in first jobs: mepid, practitioner, years, codes, is_match, and the strength of the candidate."""
    experience: pd.DataFrame
    """mepid, school_year, experience_years."""


MENTOR_SHARE, MATCH, STRENGTH, HOSTING, AFTER_HOSTING = 0.5, 0.05, 0.045, -0.03, 0.02
"""Planted: of a mentor's effect in the candidate's; the other effects in score SD."""
RETURNS = np.array([0.0, 0.04, 0.07, 0.09, 0.10])


def mentoring(rng: np.random.Generator, is_planted: bool, mentors: int = 350, candidates: int = 260) -> MentoringState:
    """Better teachers host more often, stronger candidates get better mentors; a shock of the hosting year is in both.

    Where nothing is planted mentor, match and hosting add nothing; strength, selection and shared luck stay.
    """
    planted = float(is_planted)
    years = 7
    lasting = rng.normal(0, 0.15, mentors)
    year_shock = rng.normal(0, 0.08, (mentors, years))
    start = rng.integers(-12, 1, mentors)
    seniority = np.arange(years)[None, :] - start[:, None]
    chance = np.exp(4.0 * lasting)
    mentor = rng.choice(mentors, candidates, p=chance / chance.sum())
    hosted = rng.integers(1, 5, candidates)
    # Stronger candidates go to the better of the mentors drawn.
    strength = rng.normal(0, 1, candidates)
    order = np.argsort(lasting[mentor] / 0.15 + rng.normal(0, 1.2, candidates))
    mentor, hosted = mentor[order], hosted[order]
    strength = np.sort(strength)
    hosting = np.zeros((mentors, years), bool)
    hosting[mentor, hosted] = True
    first = np.where(hosting.any(axis=1), hosting.argmax(axis=1), years)
    after = (np.arange(years)[None, :] > first[:, None]) & ~hosting
    of_mentors = lasting[:, None] + year_shock + RETURNS[np.minimum(seniority, 4)]
    of_mentors = of_mentors + planted * (HOSTING * hosting + AFTER_HOSTING * after)
    is_match = rng.random(candidates) < 0.3
    school = rng.integers(0, 90, candidates)
    own = planted * (MENTOR_SHARE * lasting[mentor] + MATCH * is_match) + STRENGTH * strength
    # The luck of the hosting year is in the candidate's first classes, too: they share it, and nobody's skill is in it.
    own = own + 0.5 * year_shock[mentor, hosted] + rng.normal(0, 0.11, candidates) + rng.normal(0, 0.05, 90)[school]
    since = np.arange(years)[None, :] - (hosted + 1)[:, None]
    of_novices = own[:, None] + RETURNS[np.clip(since, 0, 4)] + rng.normal(0, 0.08, (candidates, years))
    taught = np.vstack([rng.random((mentors, years)) < 0.85, (since >= 0) & (since < 2)])
    state = classrooms(rng, np.vstack([of_mentors, of_novices]), classes=1, size=12, taught=taught)
    names = teacher_names(mentors + candidates)
    hired = pd.DataFrame(
        {
            "candidate_id": names[mentors:], "mepid": names[mentors:], "practitioner_mepid": names[mentor],
            "placement_year": 2012 + hosted, "first_job_year": 2013 + hosted, "strength": strength,
            "is_match": is_match.astype(float), "first_job_school_code": school.astype(str),
            "placement_school_code": (mentor % 80).astype(str),
            "provider_code": (np.arange(candidates) % 7).astype(str),
            "true_mentor_effect": lasting[mentor],
        }
    )  # fmt: skip
    place = np.argwhere(taught)
    years_taught = np.vstack([seniority, since])[tuple(place.T)]
    experience = pd.DataFrame(
        {"mepid": names[place[:, 0]], "school_year": 2012 + place[:, 1], "experience_years": years_taught}
    )
    return MentoringState(state.rows, hired[["practitioner_mepid", "placement_year"]], hired, experience)


RATED_HIGHER = 0.5
"""Planted on the latent scale of ratings, in units of the logistic distribution."""


def ratings(rng: np.random.Generator, is_planted: bool, schools: int = 70, teachers: int = 12) -> pd.DataFrame:
    """Ratings of teachers in schools with lines of their own; strict schools hire more of those matched."""
    school = np.repeat(np.arange(schools), teachers)
    line = rng.normal(0, 0.9, schools)
    match = rng.random(len(school)) < 1 / (1 + np.exp(0.4 - 0.8 * line))[school]
    latent = RATED_HIGHER * is_planted * match - line[school] + rng.logistic(size=len(school))
    names = np.array(["Unsatisfactory", "Needs Improvement", "Proficient", "Exemplary"], dtype=object)
    rows = pd.DataFrame(
        {"mepid": np.arange(len(school)).astype(str), "school_code": school.astype(str),
         "rating": names[np.digitize(latent, [-4.0, -2.2, 1.8])], "is_match": match.astype(float)}
    )  # fmt: skip
    return rows.assign(school_mean_match=rows.groupby("school_code")["is_match"].transform("mean"))
