"""A whole synthetic state: simulated first, then written file by file in the layouts agencies use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from partnerlib.synth import (
    assignment_files,
    classrooms,
    organization_files,
    preparation_files,
    roster_files,
    student_files,
    survey_files,
)
from partnerlib.synth.geography import Geography, make_geography
from partnerlib.synth.histories import Histories
from partnerlib.synth.labour_market import simulate
from partnerlib.synth.parameters import PARAMETERS, RATING_SHARES, Parameters
from partnerlib.synth.preparation_files import Identities, make_identities
from partnerlib.synth.scales import Scale
from partnerlib.synth.students import Students, make_students

FIRST_SURVEY_YEAR = 2015


@dataclass(frozen=True)
class State:
    """Everything that happened in a synthetic state."""

    scale: Scale
    parameters: Parameters
    seed: int
    geography: Geography
    histories: Histories
    identities: Identities
    students: Students | None
    school_years: dict[int, classrooms.SchoolYear]


def make_state(scale: Scale, seed: int, progress: Callable[[str], None], parameters: Parameters = PARAMETERS) -> State:
    """Simulate a state in memory."""
    geography = make_geography(scale, parameters, seed)
    histories = simulate(scale, parameters, geography, seed, progress)
    identities = make_identities(histories.people, geography, parameters, seed)
    students, school_years = None, {}
    if scale.students:
        progress("classrooms")
        students = make_students(scale, geography, seed)
        school_years = classrooms.simulate_school_years(
            scale, parameters, geography, students, histories.people, histories.octobers, seed
        )
    return State(scale, parameters, seed, geography, histories, identities, students, school_years)


def files(state: State) -> Iterator[tuple[str, pa.Table]]:
    """Every raw file of the state, by name, one at a time: a large state does not fit in memory twice."""
    yield "organization_aliases.csv", organization_files.aliases(state.geography)
    for year in state.scale.years:
        yield f"organizations_{year}.csv", organization_files.directory(state.geography, year)
        yield from _people_files(state, year)
        yield from _staff_files(state, year)
        yield from _student_files(state, year)
        if year >= FIRST_SURVEY_YEAR:
            for survey, short in survey_files.FILES.items():
                content = survey_files.survey_file(state.histories, state.geography, survey, year, state.seed)
                yield f"survey_{short}_{year}.csv", content


def _people_files(state: State, year: int) -> Iterator[tuple[str, pa.Table]]:
    people, identities, geography = state.histories.people, state.identities, state.geography
    yield f"completers_{year}.csv", preparation_files.completers(people, identities, geography, year, state.seed)
    content = preparation_files.submission(people, identities, geography, state.parameters, year, state.seed)
    yield f"cap_{year}.csv", content


def _staff_files(state: State, year: int) -> Iterator[tuple[str, pa.Table]]:
    histories, geography, identities = state.histories, state.geography, state.identities
    past, coming = (
        roster_files.exits(histories, geography, state.parameters, y, state.seed) for y in (year, year + 1)
    )  # fmt: skip
    sections = state.school_years[year].sections if year in state.school_years else None
    for period in ("OCT", "EOY"):
        roster = roster_files.roster(histories, identities, geography, past, coming, year, period, state.seed)
        yield f"epims_sr_{year}_{period.lower()}.csv", roster
        content = assignment_files.assignments(histories, identities, geography, sections, coming, year, period)
        yield f"epims_wa_{year}_{period.lower()}.csv", content
    if year in RATING_SHARES:
        yield f"evaluation_{year}.csv", assignment_files.evaluation(histories, geography, year)


def _student_files(state: State, year: int) -> Iterator[tuple[str, pa.Table]]:
    if state.students is None or year not in state.school_years:
        return
    done = state.school_years[year]
    yield f"sims_{year}_oct.csv", student_files.sims(state.students, state.geography, done, year, state.seed)
    yield f"scs_{year}_oct.csv", student_files.schedule(state.students, state.geography, done, year)
    yield f"mcas_student_{year}.csv", student_files.tests(state.students, state.geography, done, year)


def is_generated(path: Path) -> bool:
    """True for a file this module would have written: a new sample replaces an old one, and touches nothing else."""
    starts = (
        "organization",
        "completers_",
        "cap_",
        "epims_",
        "sims_",
        "scs_",
        "mcas_student_",
        "evaluation_",
        "survey_",
    )
    return path.suffix == ".csv" and path.name.startswith(starts)
