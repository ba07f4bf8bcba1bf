"""Hiring and retention models on invented candidates whose effects, and whose selection into placements, are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.models.hiring import hiring_ladder
from partnerlib.models.results import Estimates
from partnerlib.models.retention import hazard_model, person_periods, spells_from_careers
from partnerlib.models.survival import life_table

SEEDS = 24
HIRED_MORE = 0.08
"""Planted: an eligible mentor raises the probability of a first job by eight points."""
STAYS_MORE = -0.4
"""Planted: being hired where placed changes the log odds of leaving in a year by -0.4."""


def invent_first_jobs(rng: np.random.Generator, n: int = 2500, schools: int = 150) -> pd.DataFrame:
    """Good providers and good grades bring both better mentors and more jobs: the raw difference is too large."""
    provider = rng.integers(0, 12, n)
    year = rng.integers(2016, 2020, n)
    quality = rng.normal(0, 0.08, (12, 4))[provider, year - 2016]
    grades = rng.normal(3.4, 0.3, n)
    school = rng.integers(0, schools, n)
    eligible = rng.random(n) < np.clip(
        0.5 + 2 * quality + 0.4 * (grades - 3.4) + rng.normal(0, 0.2, schools)[school], 0, 1
    )
    luck_of_school = rng.normal(0, 0.05, schools)[school]
    probability = 0.55 + HIRED_MORE * eligible + quality + 0.2 * (grades - 3.4) + luck_of_school
    return pd.DataFrame(
        {
            "candidate_id": np.arange(n).astype(str),
            "provider_code": np.char.add("89000", np.char.zfill(provider.astype(str), 3)),
            "completion_year": year,
            "placement_school_code": school.astype(str),
            "practitioner_is_eligible": eligible,
            "employed_first_october": pd.array(rng.random(n) < np.clip(probability, 0, 1), dtype="boolean"),
            "grade_point_average": np.where(rng.random(n) < 0.1, np.nan, grades),
            "license_field": rng.choice(["elementary", "mathematics", "history"], n),
            "program_level": "Baccalaureate",
            "gender": rng.choice(["F", "M", None], n, p=[0.7, 0.28, 0.02]),
            "race_ethnicity": rng.choice(["White", "Black", "Hispanic"], n),
        }
    )


@pytest.fixture(scope="module")
def ladders() -> list[tuple[Estimates, ...]]:
    return [
        hiring_ladder(
            invent_first_jobs(np.random.default_rng(seed)), outcome="employed_first_october",
            exposures=["practitioner_is_eligible"], sample_id="invented",
        )
        for seed in range(SEEDS)
    ]  # fmt: skip


def of(ladders: list[tuple[Estimates, ...]], step: int, column: str = "estimate") -> np.ndarray:
    return np.array([ladder[step]["practitioner_is_eligible"][column] for ladder in ladders])


def test_the_last_step_of_the_ladder_finds_the_planted_effect(ladders: list[tuple[Estimates, ...]]) -> None:
    found = of(ladders, 2)
    assert abs(found.mean() - HIRED_MORE) < 3 * found.std(ddof=1) / np.sqrt(SEEDS)
    covered = (of(ladders, 2, "low") <= HIRED_MORE) & (of(ladders, 2, "high") >= HIRED_MORE)
    assert covered.sum() >= 20


def test_selection_makes_each_earlier_step_larger(ladders: list[tuple[Estimates, ...]]) -> None:
    raw, traits, within = (of(ladders, step).mean() for step in range(3))
    assert raw > traits > within
    assert raw - HIRED_MORE > 0.02


def test_standard_errors_are_as_large_as_the_spread_over_seeds(ladders: list[tuple[Estimates, ...]]) -> None:
    spread = of(ladders, 2).std(ddof=1)
    assert of(ladders, 2, "std_error").mean() == pytest.approx(spread, rel=0.35)


def invent_careers(rng: np.random.Generator, n: int = 1200, last: int = 2021) -> pd.DataFrame:
    """October rows of teachers who start between 2014 and 2019, until they leave or the data end."""
    hired_where_placed = rng.random(n) < 0.4
    start = rng.integers(2014, 2020, n)
    baseline = np.array([-1.6, -1.8, -2.0, -2.2, -2.4, -2.5, -2.6, -2.7])
    chance = 1 / (1 + np.exp(-(baseline[None, :] + STAYS_MORE * hired_where_placed[:, None])))
    leaves = rng.random((n, 8)) < chance
    years_taught = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, 8)
    row = np.repeat(np.arange(n), 8)
    career_year = np.tile(np.arange(8), n)
    rows = pd.DataFrame(
        {
            "mepid": np.char.zfill(row.astype(str), 8),
            "school_year": start[row] + career_year,
            "experience_years": career_year,
            "is_experience_censored": False,
            "hired_in_placement_school": hired_where_placed[row],
            "retained_state_position": pd.array(career_year + 1 < years_taught[row], dtype="boolean"),
        }
    )
    rows = rows[(career_year < years_taught[row]) & (rows["school_year"] <= last)].reset_index(drop=True)
    rows.loc[rows["school_year"] == last, "retained_state_position"] = pd.NA
    return rows


@pytest.fixture(scope="module")
def hazards() -> list[Estimates]:
    fits = []
    for seed in range(SEEDS):
        careers = invent_careers(np.random.default_rng(seed))
        spells = spells_from_careers(careers)
        starts = careers.drop_duplicates("mepid")[["mepid", "hired_in_placement_school"]]
        periods = person_periods(spells.merge(starts, on="mepid", validate="1:1"))
        fits.append(hazard_model(periods, exposures=["hired_in_placement_school"], sample_id="invented"))
    return fits


def test_the_hazard_model_finds_the_planted_odds_of_leaving(hazards: list[Estimates]) -> None:
    rows = [fit["hired_in_placement_school"] for fit in hazards]
    found = np.array([row["estimate"] for row in rows])
    assert abs(found.mean() - STAYS_MORE) < 3 * found.std(ddof=1) / np.sqrt(SEEDS)
    assert sum(row["low"] <= STAYS_MORE <= row["high"] for row in rows) >= 20
    assert np.mean([row["std_error"] for row in rows]) == pytest.approx(found.std(ddof=1), rel=0.35)


def test_a_life_table_is_right_although_most_careers_are_cut_off_by_the_end_of_the_data() -> None:
    """Counting who is still seen after four years, instead, takes everybody who started late for a leaver."""
    rng = np.random.default_rng(5)
    careers = invent_careers(rng, n=6000)
    table = life_table(spells_from_careers(careers), sample_id="invented", event="left", by=()).table
    chance = 1 / (1 + np.exp(-(np.array([-1.6, -1.8, -2.0, -2.2])[:, None] + STAYS_MORE * np.array([0, 1]))))
    truth = (np.cumprod(1 - chance, axis=0) @ np.array([0.6, 0.4]))[3]
    fourth = table[table["time"] == 4].iloc[0]
    assert fourth["low"] < truth < fourth["high"]
    naive = (careers.groupby("mepid")["school_year"].size() > 4).mean()
    assert naive < fourth["low"] - 0.1
