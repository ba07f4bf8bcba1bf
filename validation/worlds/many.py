"""Invented candidates with many outcomes, many controls or gaps in their traits, and a known effect of placement."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

SCHOOLS = 60


def many_outcomes(rng: np.random.Generator, effect: float, *, people: int = 900, outcomes: int = 6) -> pd.DataFrame:
    """Outcomes y0, y1, ... that move together; placement at high-need schools changes the first alone."""
    school = rng.integers(0, SCHOOLS, people)
    placed = (rng.random(SCHOOLS) < 0.5).astype(float)[school]
    common = rng.normal(size=people) + 0.2 * rng.normal(size=SCHOOLS)[school]
    own = {f"y{place}": 0.9 * common + rng.normal(size=people) for place in range(outcomes)}
    frame = pd.DataFrame({"candidate_id": np.arange(people), "school": school, "placed": placed, **own})
    return frame.assign(y0=frame["y0"] + effect * placed)


def many_controls(rng: np.random.Generator, effect: float, *, people: int = 800, controls: int = 60) -> pd.DataFrame:
    """Sixty traits; the first two sort candidates into placement far more than they matter for the outcome."""
    traits = rng.normal(size=(people, controls))
    traits[:, 1:] = 0.8 * traits[:, 1:] + 0.6 * traits[:, :-1]
    school = rng.integers(0, SCHOOLS, people)
    shared = rng.normal(size=(SCHOOLS, 2))[school] * 0.4
    placed = 0.9 * traits[:, 0] + 0.6 * traits[:, 1] + shared[:, 0] + rng.normal(size=people)
    hired = effect * placed + 0.15 * traits[:, 0] + 0.8 * traits[:, 5] + shared[:, 1] + rng.normal(size=people)
    frame = pd.DataFrame(traits, columns=[f"trait {place}" for place in range(controls)])
    return frame.assign(candidate_id=np.arange(people), school=school, placed=placed, hired=hired)


def gaps_in_traits(rng: np.random.Generator, effect: float, *, people: int = 600) -> pd.DataFrame:
    """Grades drive placement and hiring and are missing more often for those hired; fields are missing by chance."""
    grades = rng.normal(size=people)
    field = np.where(grades + rng.normal(size=people) > 0.3, "mathematics", "elementary")
    placed = (rng.random(people) < special.expit(1.0 * grades)).astype(float)
    hired = effect * placed + 0.5 * grades + 0.3 * (field == "mathematics") + rng.normal(0, 0.8, people)
    no_grades = rng.random(people) < special.expit(-1.2 + 0.8 * hired)
    return pd.DataFrame(
        {
            "candidate_id": np.arange(people), "school": rng.integers(0, SCHOOLS, people), "placed": placed,
            "hired": hired, "grades": np.where(no_grades, np.nan, grades),
            "field": pd.Series(field, dtype="str").mask(pd.Series(rng.random(people) < 0.15)),
        }
    )  # fmt: skip
