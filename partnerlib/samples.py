"""Named samples: who a number is about, and who was left out, step by step, and why.

A sample is a panel with restrictions applied in order. Its ledger says in words how many rows and people each step
dropped, and adds up; its identifier changes when a restriction or the year does, so that two numbers with the same
identifier are about the same rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import pandas as pd

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.panels import Panels
from partnerlib.restricted import Restricted

LEDGER_COLUMNS = ("step", "reason", "rows", "people", "dropped_rows", "dropped_people")


@dataclass(frozen=True, repr=False)
class Sample(Restricted):
    """Rows of a panel with the account of how they were chosen."""

    name: str
    frame: pd.DataFrame
    """The rows kept, in the panel's own columns."""
    ledger: pd.DataFrame
    """One row per step: step, reason, rows and people left, dropped_rows, dropped_people."""
    sample_id: str
    """Name and eight hexadecimal digits of the restrictions and the year; travels with every estimate."""


@dataclass(frozen=True)
class Restriction:
    """One reason to leave rows out."""

    reason: str
    """In words that follow 'left out:'."""
    keep: Callable[[pd.DataFrame], pd.Series]
    """True for the rows that stay; a null counts as not known to belong, and is left out."""


def restrict(
    name: str, panel: pd.DataFrame, person: str, everyone: str, restrictions: Sequence[Restriction], year: int
) -> Sample:
    """Apply the restrictions in order and keep the account.

    `everyone` says in words who the panel holds before the first of them; `person` is the column that counts people.
    """
    frame = panel
    steps = [(0, everyone, len(frame), frame[person].nunique(), 0, 0)]
    for number, restriction in enumerate(restrictions, start=1):
        kept = frame.loc[restriction.keep(frame).astype("boolean").fillna(False).to_numpy(bool)]
        people, before = kept[person].nunique(), frame[person].nunique()
        steps.append((number, restriction.reason, len(kept), people, len(frame) - len(kept), before - people))
        frame = kept
    ledger = pd.DataFrame(steps, columns=list(LEDGER_COLUMNS))
    if len(panel) - ledger["dropped_rows"].sum() != len(frame):
        raise DataError(f"sample {name}: the ledger does not add up to the {len(frame)} rows kept")
    return Sample(name, frame.reset_index(drop=True), ledger, identifier(name, everyone, restrictions, year))


def identifier(name: str, everyone: str, restrictions: Sequence[Restriction], year: int) -> str:
    """The name and a hash of the rule: it changes when a restriction or the year does."""
    rule = json.dumps([everyone, *(restriction.reason for restriction in restrictions), year])
    return f"{name}-{blake2b(rule.encode(), digest_size=4).hexdigest()}"


_NOT_COMPLETED = Restriction("had not completed a program", lambda rows: rows["is_completer"])
_NO_PRACTICUM = Restriction("no practicum placement on file", lambda rows: rows["placement_school_code"].notna())
_OF_RECORD = Restriction(
    "teacher of record during the practicum, so hired where placed by definition",
    lambda rows: ~rows["is_practicum_equivalent"],
)
_CANDIDATES = "candidates placed or completed"


def _within(column: str, cohorts: tuple[int, int] | None, what: str) -> list[Restriction]:
    """Nothing, or the restriction to the years from the first to the last given, both included."""
    if cohorts is None:
        return []
    first, last = cohorts
    if first > last:
        raise ParameterError(f"cohorts {first} to {last}: the first year comes after the last")
    return [Restriction(f"{what} outside {first}-{last}", lambda rows: rows[column].between(first, last))]


def completers(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """Everyone who completed a program, by the year of the first one."""
    steps = [_NOT_COMPLETED, *_within("completion_year", cohorts, "completed")]
    return restrict("completers", panels.first_jobs, "candidate_id", _CANDIDATES, steps, panels.as_of)


def placed_candidates(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """Everyone with a practicum on file, completed or not, by the year of the practicum."""
    steps = [_NO_PRACTICUM, *_within("placement_year", cohorts, "placed")]
    return restrict("placed_candidates", panels.first_jobs, "candidate_id", _CANDIDATES, steps, panels.as_of)


def non_equivalents(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """Completers with an ordinary practicum: not the teacher of record of the class they practised in."""
    steps = [_NOT_COMPLETED, _NO_PRACTICUM, _OF_RECORD, *_within("completion_year", cohorts, "completed")]
    return restrict("non_equivalents", panels.first_jobs, "candidate_id", _CANDIDATES, steps, panels.as_of)


def hired_completers(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """Completers with an ordinary practicum and a first job: those for whom 'hired where placed' is a question."""
    steps = _hired(panels, cohorts)
    return restrict("hired_completers", panels.first_jobs, "candidate_id", _CANDIDATES, steps, panels.as_of)


def hired_teachers(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """Hired completers whose first job is as a teacher: those who can be kept or lost as one.

    An aide who becomes a teacher leaves the position of the first job, and is no teacher lost.
    """
    steps = [
        *_hired(panels, cohorts),
        Restriction("the first job is not as a teacher", lambda rows: rows["first_job_is_teacher"]),
    ]
    return restrict("hired_teachers", panels.first_jobs, "candidate_id", _CANDIDATES, steps, panels.as_of)


def _hired(panels: Panels, cohorts: tuple[int, int] | None) -> list[Restriction]:
    return [
        _NOT_COMPLETED,
        _NO_PRACTICUM,
        _OF_RECORD,
        *_within("completion_year", cohorts, "completed"),
        Restriction(
            "completed after the last October collected could show a first job",
            lambda rows: rows["completion_year"] < panels.school_years[1],
        ),
        Restriction(
            "not found at work in a Massachusetts public school in any October since "
            "(private and out-of-state work is invisible)",
            lambda rows: rows["first_job_year"].notna(),
        ),
    ]


def first_jobs_observable(panels: Panels, horizon: int = 1, cohorts: tuple[int, int] | None = None) -> Sample:
    """Completers who could have been found in each of the first `horizon` Octobers after completion."""
    if horizon < 1:
        raise ParameterError(f"horizon {horizon}: expected the number of Octobers after completion, 1 or more")
    last = panels.school_years[1]
    steps = [
        _NOT_COMPLETED,
        *_within("completion_year", cohorts, "completed"),
        Restriction(
            f"completed too recently: October number {horizon} after completion is not collected yet",
            lambda rows: rows["completion_year"] + horizon <= last,
        ),
    ]
    return restrict("first_jobs_observable", panels.first_jobs, "candidate_id", _CANDIDATES, steps, panels.as_of)


def beginners(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """First-year teachers: first seen as a teacher in an October when their first could be seen."""
    first, _ = panels.school_years
    steps = [
        _NOT_TEACHING,
        Restriction(
            "the first October collected, which cannot say who is new", lambda rows: rows["school_year"] > first
        ),
        *_within("school_year", cohorts, "taught"),
        Restriction("taught before, or reported as no beginner", lambda rows: rows["is_beginner"]),
    ]
    return restrict("beginners", panels.careers, "mepid", _STAFF, steps, panels.as_of)


_STAFF = "people at work in October, once per October"
_NOT_TEACHING = Restriction("did not work as a teacher", lambda rows: rows["is_teacher"])


def followed_teachers(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """Teachers of an October whose next October has been collected: those who can be called stayers or leavers."""
    steps = [
        _NOT_TEACHING,
        *_within("school_year", cohorts, "taught"),
        Restriction(
            "the next October is not collected, so nobody can be said to have stayed",
            lambda rows: rows["outcome"].notna(),
        ),
    ]
    return restrict("followed_teachers", panels.careers, "mepid", _STAFF, steps, panels.as_of)


def hosts(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """Placements whose supervising practitioner is found at work in the October of the placement year."""
    steps = [
        *_within("placement_year", cohorts, "placed"),
        _OF_RECORD,
        Restriction("no supervising practitioner's MEPID reported", lambda rows: rows["practitioner_mepid"].notna()),
        Restriction(
            "the reported MEPID is nobody's at work that October (mistyped, or not yet hired)",
            lambda rows: rows["practitioner_experience"].notna(),
        ),
    ]
    everyone = "practicum placements"
    return restrict("hosts", panels.placements, "practitioner_mepid", everyone, steps, panels.as_of)


_TESTED = (
    Restriction("the student has no score this year (absent or excused)", lambda rows: rows["score"].notna()),
    Restriction(
        "the student has no score in the subject a year earlier (first tested grade, new to the state, "
        "or a year without tests)",
        lambda rows: rows["lag_score"].notna(),
    ),
)
_CLASSROOMS = "teachers and their students in tested grades, by subject and year"


def tested_classrooms(panels: Panels, cohorts: tuple[int, int] | None = None) -> Sample:
    """Teachers and their tested students with the scores of a year earlier: the rows of a value-added model."""
    steps = [*_within("school_year", cohorts, "taught"), *_TESTED]
    return restrict("tested_classrooms", panels.classrooms(), "sasid", _CLASSROOMS, steps, panels.as_of)


def tested_classrooms_id(panels: Panels) -> str:
    """The identifier of that sample without its rows, for a model that reads them from the engine."""
    return identifier("tested_classrooms", _CLASSROOMS, _TESTED, panels.as_of)


SAMPLES: dict[str, Callable[..., Sample]] = {
    sample.__name__: sample
    for sample in (
        completers,
        placed_candidates,
        non_equivalents,
        hired_completers,
        hired_teachers,
        first_jobs_observable,
        beginners,
        followed_teachers,
        hosts,
        tested_classrooms,
    )
}
"""Every named sample by name."""


def sample(name: str, panels: Panels, **options: object) -> Sample:
    """The sample of that name, or an error with the nearest name there is."""
    if name not in SAMPLES:
        raise ParameterError(f"sample {name!r}: {did_you_mean(name, SAMPLES)}")
    return SAMPLES[name](panels, **options)
