"""Completers who wait for a job, and candidates in front of districts, with known effects."""

from __future__ import annotations

import numpy as np
import pandas as pd

COMPLETED = range(2012, 2019)
LAST_OCTOBER = 2019


def completers_who_wait(seed: int, ever: float, speed: float, people: int = 3000) -> pd.DataFrame:
    """Some are never hired. `is_near` raises the log odds of ever being hired by `ever`, the log hazard by `speed`.

    Stronger candidates are placed nearer and are hired more: `strength` is on file here, and raw comparisons miss it.
    """
    rng = np.random.default_rng([seed, 1])
    strength = rng.normal(size=people)
    near = rng.random(people) < 1 / (1 + np.exp(-0.6 * strength))
    odds = 0.6 + ever * near + 0.4 * strength
    pace = 0.2 + speed * near + 0.3 * strength
    is_ever = rng.random(people) < 1 / (1 + np.exp(-odds))
    october = np.ceil((rng.exponential(size=people) / np.exp(pace)) ** (1 / 0.9))
    return pd.DataFrame(
        {
            "candidate_id": np.arange(people),
            "placement_school_code": rng.integers(0, 150, people),
            "is_near": near,
            "strength": strength,
            "completion_year": pd.array(rng.choice(list(COMPLETED), people), dtype="Int64"),
            "years_to_hire": pd.array(np.where(is_ever, october - 1, np.nan), dtype="Int64"),
        }
    )


def districts_chosen(seed: int, placement: float, people: int = 600, districts: int = 40) -> pd.DataFrame:
    """Candidates in front of districts: `placement` is the pull of the practicum's own district.

    Practicums are near home, and first jobs are near home: whoever leaves distances out takes nearness for the
    practicum's doing.
    """
    rng = np.random.default_rng([seed, 2])
    place = rng.uniform(0, 100, (districts, 2))
    log_teachers = rng.normal(4, 0.8, districts)
    home = rng.uniform(0, 100, (people, 2))
    miles_home = _miles(home, place)
    hosted = _chosen(rng, -1.2 * np.log1p(miles_home) + 0.5 * log_teachers)
    miles_placement = _miles(place[hosted], place)
    is_placement = (hosted[:, None] == np.arange(districts)).astype(float)
    utility = (
        placement * is_placement - 0.8 * np.log1p(miles_home) - 0.5 * np.log1p(miles_placement) + 0.7 * log_teachers
    )
    first = _chosen(rng, utility)
    shape = (people, districts)
    return pd.DataFrame(
        {
            "candidate_id": np.repeat(np.arange(people), districts),
            "placement_school_code": np.repeat(hosted * 3 + rng.integers(0, 3, people), districts),
            "is_first_district": (first[:, None] == np.arange(districts)).ravel(),
            "is_placement_district": is_placement.ravel(),
            "log_miles_from_placement": np.log1p(miles_placement).ravel(),
            "log_miles_from_home": np.log1p(miles_home).ravel(),
            "log_teachers": np.broadcast_to(log_teachers, shape).ravel(),
            "home_is_known": True,
            "is_near": np.where(miles_placement.ravel() <= 25, "within 25 miles of the practicum", "further away"),
        }
    )


def _miles(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.linalg.norm(start[:, None, :] - end[None, :, :], axis=2)


def _chosen(rng: np.random.Generator, utility: np.ndarray) -> np.ndarray:
    return np.argmax(utility + rng.gumbel(size=utility.shape), axis=1)


def nested_choices(seed: int, tau: float, people: int = 2000, districts: int = 30) -> pd.DataFrame:
    """Districts near a candidate replace one another more than far ones when `tau` is below one; at one they do not.

    First near or far, by exp(tau x log of the sum of exponents), then a district there: terms have -1.0 and 0.6.
    """
    rng = np.random.default_rng([seed, 5])
    place, log_teachers = rng.uniform(0, 100, (districts, 2)), rng.normal(4, 0.8, districts)
    miles = _miles(rng.uniform(0, 100, (people, 2)), place)
    is_near = miles <= np.median(miles, axis=1, keepdims=True)
    utility = 0.6 * log_teachers - np.log1p(miles)
    sums = np.column_stack([np.log((np.exp(utility) * side).sum(axis=1)) for side in (~is_near, is_near)])
    nest = _chosen(rng, tau * sums)
    first = _chosen(rng, np.where(is_near == (nest[:, None] == 1), utility, -np.inf))
    return pd.DataFrame(
        {
            "candidate_id": np.repeat(np.arange(people), districts),
            "is_first_district": (first[:, None] == np.arange(districts)).ravel(),
            "is_near": np.where(is_near, "near", "far").ravel(),
            "log_miles": np.log1p(miles).ravel(),
            "log_teachers": np.tile(log_teachers, people),
        }
    )
