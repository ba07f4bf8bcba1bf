"""Whole generated states as frames: what really happened in them, beside what their files could show.

A state has 8,200 teachers in 200 schools, so that effects of the planted size can be told from nothing in one state and
a bias of a tenth of a standard error can be told from nothing over all of them. Seeds are the first whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.synth.arrays import Floats, Ints
from partnerlib.synth.histories import SUBSTITUTE
from partnerlib.synth.parameters import PARAMETERS
from partnerlib.synth.scales import SCALES
from partnerlib.synth.schools import TYPES
from partnerlib.synth.state import State, make_state


@lru_cache(maxsize=2)
def generated(seed: int, students: int = 0) -> State:
    """A state in memory with twice the candidates of the calibrated one, and small classes when it has students."""
    scale = replace(SCALES["medium"], completers=800, students=students, class_size=12, first_student_year=2016)
    return make_state(scale, seed, lambda _message: None)


@dataclass(frozen=True)
class Recovery:
    """One effect over all states: estimates, standard errors, and the value planted in every state."""

    planted: float
    estimates: np.ndarray
    std_errors: np.ndarray

    @property
    def bias(self) -> float:
        return float(self.estimates.mean() - self.planted)

    @property
    def error_of_mean(self) -> float:
        return float(self.estimates.std(ddof=1) / np.sqrt(len(self.estimates)))

    @property
    def covered(self) -> int:
        """States whose 95% interval holds the planted value."""
        return int((np.abs(self.estimates - self.planted) <= 1.96 * self.std_errors).sum())

    def is_unbiased(self, family: int) -> bool:
        """Mean error no larger than chance gives once in twenty among the `family` effects looked at together."""
        allowed = stats.t(len(self.estimates) - 1).ppf(1 - 0.05 / (2 * family))
        return abs(self.bias) <= allowed * self.error_of_mean

    def covers(self) -> bool:
        """No fewer intervals hit than 95% intervals miss by chance once in a hundred families of states."""
        return self.covered >= stats.binom(len(self.estimates), 0.95).ppf(0.01)

    def __str__(self) -> str:
        n = len(self.estimates)
        return (
            f"planted {self.planted:.3f}, mean {self.estimates.mean():.3f} (error {self.error_of_mean:.3f}), "
            f"{self.covered} of {n} intervals"
        )


def recovery(planted: float, rows: Sequence[pd.Series]) -> Recovery:
    """From the row of one term in every state's model."""
    return Recovery(planted, np.array([row["estimate"] for row in rows]), np.array([row["std_error"] for row in rows]))


def new_teachers(state: State) -> pd.DataFrame:
    """Completers with an ordinary practicum and a first job as teaching staff: columns of first jobs, and the truth.

    Columns
        as in first jobs: candidate_id, mepid, provider_code, first_job_year, first_job_school_code, ...
        on no file: strength, value_added (SD of teachers), mentor_value_added (score SD), is_match, school_loss
    """
    people, geography = state.histories.people, state.geography
    who = np.flatnonzero(
        (people["provider"] >= 0) & (people["place_school"] >= 0) & ~people["is_resident"] & (people["entry_year"] > 0)
    )
    first = _first_positions(state, who)
    who = first["person"].to_numpy()
    school, mentor = first["school"].to_numpy(), people["mentor"][who]
    return pd.DataFrame(
        {
            "person": who,
            "candidate_id": who.astype(str),
            "mepid": who.astype(str),
            "provider_code": np.array(geography.provider_code)[people["provider"][who]],
            "completion_year": people["cohort"][who],
            "first_job_year": people["entry_year"][who],
            "first_job_school_code": np.array(geography.school_code)[school],
            "first_job_district_code": np.array(geography.district_code)[geography.school_district[school]],
            "placement_school_code": np.array(geography.school_code)[people["place_school"][who]],
            "placement_district_code": np.array(geography.district_code)[
                geography.school_district[people["place_school"][who]]
            ],
            "hired_in_placement_school": people["hired_placed"][who],
            "hired_in_placement_district": people["hired_district"][who],
            "first_job_school_type": np.array(TYPES)[geography.school_type[school]],
            "strength": people["strength"][who],
            "value_added": people["va_math"][who] / PARAMETERS.value_added_sd_math,
            "mentor_value_added": np.where(mentor >= 0, people["va_math"][mentor], np.nan),
            "is_match": people["match"][who],
            "school_loss": expected_school_loss(state)[school],
            "has_other_school": geography.schools_in_district[geography.school_district[school]] > 1,
        }
    )


def _first_positions(state: State, who: Ints) -> pd.DataFrame:
    """person and school in the October of the first job; without first jobs as a paraprofessional."""
    entry = state.histories.people["entry_year"]
    wanted = np.zeros(len(entry), bool)
    wanted[who] = True
    parts = []
    for year, october in state.histories.octobers.items():
        person = october["person"]
        rows = wanted[person] & (entry[person] == year) & (october["job"] <= SUBSTITUTE)
        parts.append(pd.DataFrame({"person": person[rows], "school": october["school"][rows]}))
    return pd.concat(parts, ignore_index=True)


def expected_school_loss(state: State) -> Floats:
    """Log odds of a loss that a school adds in an average year: the mean over its yearly shocks."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    loss = np.clip(state.geography.loss[:, None] + PARAMETERS.school_loss_sd_yearly * nodes, 0.02, 0.7)
    return np.log(loss / (1 - loss)) @ (weights / weights.sum())


def october_careers(state: State, who: Ints) -> pd.DataFrame:
    """mepid, school_year, retained_school: in the same school, or in the one that took it over, an October later."""
    geography, octobers = state.geography, state.histories.octobers
    wanted = np.zeros(len(state.histories.people["mepid"]), bool)
    wanted[who] = True
    successor = np.where(geography.school_successor >= 0, geography.school_successor, -2)
    parts = []
    for year, october in octobers.items():
        rows = wanted[october["person"]]
        person, school = october["person"][rows], october["school"][rows]
        frame = pd.DataFrame({"mepid": person.astype(str), "school_year": year})
        if year + 1 in octobers:
            then = np.full(len(wanted), -1)
            then[octobers[year + 1]["person"]] = octobers[year + 1]["school"]
            frame["retained_school"] = (then[person] == school) | (then[person] == successor[school])
        parts.append(frame.reindex(columns=["mepid", "school_year", "retained_school"]))
    return pd.concat(parts, ignore_index=True).astype({"retained_school": "boolean"})
