"""An invented state drawn with a seed: rows enough in every unit to compare totals, nobody with two providers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from measures.invented import (
    CAREERS,
    CLASSROOM_MEANS,
    EVALUATIONS,
    FIRST_JOBS,
    LEVELS,
    RETENTION,
    SURVEYS,
    TEACHER_EFFECTS,
    organizations,
)

from partnerlib.measures.evidence import Evidence
from partnerlib.panels import OUTCOMES
from partnerlib.tables import RATINGS, READINESS

FIRST, LAST = 2013, 2019
PROVIDERS = [f"8900000{n}" for n in range(1, 6)]
DISTRICTS = [f"970{n}0000" for n in range(1, 9)]
_SURVEYS = ["supervising_practitioner", "hiring_principal", "candidate", "completer"]


def _typed(columns: dict[str, object], types: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(columns)[list(types)].astype(types)


def _schools(districts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.array(
        [f"{code[:4]}000{n}" for code, n in zip(districts, rng.integers(1, 4, len(districts)), strict=True)]
    )


def _yes(rng: np.random.Generator, share: float, rows: int, known: np.ndarray | bool = True) -> pd.arrays.BooleanArray:
    return pd.array(np.where(known, rng.random(rows) < share, None), dtype="boolean")


def first_jobs(rng: np.random.Generator, people: int) -> pd.DataFrame:
    completion, wait = rng.integers(FIRST, LAST + 1, people), rng.geometric(0.6, people) - 1
    hosts, employers = rng.choice(DISTRICTS, people), rng.choice(DISTRICTS, people)
    employers = np.where(rng.random(people) < 0.4, hosts, employers)
    year = completion + 1 + wait
    found = (rng.random(people) < 0.7) & (year <= LAST)
    schools, jobs = _schools(hosts, rng), _schools(employers, rng)
    equivalent = rng.random(people) < 0.1
    jobs = np.where(equivalent | (rng.random(people) < 0.2), schools, jobs)
    employers = np.array([code[:4] + "0000" for code in jobs])
    by_october = {
        name: pd.array(np.where(completion + n <= LAST, found & (wait < n), None), dtype="boolean")
        for n, name in ((1, "employed_first_october"), (2, "employed_within_2_years"), (3, "employed_within_3_years"))
    }
    return _typed(
        {
            "candidate_id": [f"C{n:05d}" for n in range(people)],
            "provider_code": rng.choice(PROVIDERS, people),
            "program_name": rng.choice(
                ["Elementary 1-6, Initial, Bacc.", "Mathematics 5-8, Initial, Post-Bacc."], people
            ),
            "license_field": "elementary",
            "is_completer": True,
            "completion_year": completion,
            "is_practicum_equivalent": equivalent,
            "mepid": [f"{n:08d}" for n in range(people)],
            "is_linked": found | (rng.random(people) < 0.1),
            "placement_year": completion,
            "placement_school_code": schools,
            "placement_district_code": hosts,
            "practitioner_mepid": [f"{n:08d}" for n in rng.integers(50000, 50000 + people, people)],
            "practitioner_is_eligible": _yes(rng, 0.8, people, rng.random(people) < 0.9),
            "placement_distance_miles": rng.gamma(2, 10, people),
            "placement_is_high_needs": _yes(rng, 0.3, people),
            "placement_field_matches": _yes(rng, 0.7, people),
            "formative_mean": rng.uniform(1, 3, people),
            "summative_mean": rng.uniform(2, 4, people),
            "first_job_year": pd.array(np.where(found, year, None), dtype="Int64"),
            "years_to_hire": pd.array(np.where(found, wait, None), dtype="Int64"),
            **by_october,
            "ever_employed_by_report": found,
            "first_job_school_code": np.where(found, jobs, None),
            "first_job_district_code": np.where(found, employers, None),
            "first_job_is_high_needs": _yes(rng, 0.4, people, found),
            "first_job_is_teacher": _yes(rng, 0.9, people, found),
            "hired_in_placement_school": pd.array(np.where(found, jobs == schools, None), dtype="boolean"),
            "hired_in_placement_district": pd.array(np.where(found, employers == hosts, None), dtype="boolean"),
            "first_job_distance_miles": np.where(found, rng.gamma(2, 10, people), np.nan),
            "same_grade_level": _yes(rng, 0.6, people, found),
            "same_grade": _yes(rng, 0.3, people, found),
        },
        FIRST_JOBS,
    )


def careers(rng: np.random.Generator, jobs: pd.DataFrame) -> pd.DataFrame:
    """Everybody found at work stays to the last October, among as many teachers who came from elsewhere."""
    found = jobs.dropna(subset=["first_job_year"])
    own = [
        (m, y, y - f) for m, f in zip(found["mepid"], found["first_job_year"], strict=True) for y in range(f, LAST + 1)
    ]
    others = [(f"{n:08d}", y, 5) for n in range(50000, 50000 + len(jobs)) for y in range(FIRST, LAST + 1)]
    rows = pd.DataFrame(own + others, columns=["mepid", "school_year", "experience_years"])
    districts = rng.choice(DISTRICTS, len(rows))
    outcome = np.where(rows["school_year"] < LAST, rng.choice(OUTCOMES, len(rows)), None)
    return _typed(
        {
            **rows.to_dict("list"),
            "district_code": districts,
            "school_code": _schools(districts, rng),
            "job_code": "2305",
            "is_teacher": True,
            "is_experience_censored": False,
            "is_beginner": (rows["experience_years"] == 0).to_numpy(),
            "outcome": outcome,
            **dict.fromkeys([f"retained_{level}" for level in LEVELS] + ["has_returned", "returns_later"], pd.NA),
        },
        CAREERS,
    )


def retention(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for years in range(1, 6):
        rank = np.clip(rng.geometric(0.25, len(rows)) - years + 1, 0, 4)
        throughout = np.minimum(rank, rng.integers(0, 5, len(rows)))
        known = (rows["school_year"] + years <= LAST).to_numpy()
        nests = {
            f"retained_{level}{how}": np.where(known, ranks >= 4 - n, None)
            for n, level in enumerate(LEVELS)
            for how, ranks in (("", rank), ("_throughout", rank if years == 1 else throughout))
        }
        parts.append(
            _typed({"mepid": rows["mepid"], "school_year": rows["school_year"], "years": years, **nests}, RETENTION)
        )
    return pd.concat(parts, ignore_index=True)


def random_state(seed: int = 7, people: int = 700) -> Evidence:
    rng = np.random.default_rng(seed)
    jobs = first_jobs(rng, people)
    work = careers(rng, jobs)
    kept = retention(rng, work)
    taught = work[["mepid", "school_year"]].merge(pd.DataFrame({"subject": ["ela", "math"]}), how="cross")
    rows = len(taught)
    means = _typed({**taught, "sgp_students": 20.0, "sgp": rng.normal(50, 9, rows), "students": 22.0,
                    "score": rng.normal(0, 0.5, rows)}, CLASSROOM_MEANS)  # fmt: skip
    effects = _typed({**taught, "effect": rng.normal(0, 0.2, rows), "effect_shrunken": rng.normal(0, 0.1, rows),
                      "reliability": rng.uniform(0, 1, rows), "n_students": 21.0}, TEACHER_EFFECTS)  # fmt: skip
    rated = _typed({**work[["mepid", "school_year", "district_code"]],
                    "overall_rating": rng.choice(RATINGS, len(work))}, EVALUATIONS)  # fmt: skip
    schools = [f"{code[:4]}000{n}" for code in DISTRICTS for n in (1, 2, 3)]
    answers = _typed(
        {
            "response_id": [f"r{n}" for n in range(people)],
            "survey": rng.choice(_SURVEYS, people),
            "school_year": rng.integers(FIRST, LAST + 1, people),
            "provider_code": rng.choice(PROVIDERS, people),
            "school_code": rng.choice(schools, people),
            "readiness": rng.choice(READINESS, people),
            **{f"item_{n}": rng.integers(1, 5, people) for n in range(1, 6)},
        },
        SURVEYS,
    )
    places = organizations(*(("provider", code) for code in PROVIDERS), *(("district", code) for code in DISTRICTS))
    parents = pd.DataFrame({"organization_code": schools, "role": "school", "organization_name": "School",
                            "parent_code": [code[:4] + "0000" for code in schools]})  # fmt: skip
    return Evidence(
        school_years=(FIRST, LAST),
        organizations=pd.concat([places, parents], ignore_index=True),
        first_jobs=jobs,
        careers=work,
        retention=lambda years: kept.loc[kept["years"] == years],
        classroom_means=lambda: means,
        evaluations=lambda: rated,
        survey_responses=lambda: answers,
        teacher_effects=effects,
    )
