"""Do students lose when their teacher hosts a candidate, and does the teacher gain afterwards? One teacher's own years.

Hosts are chosen for being good, so hosts against other teachers says nothing about hosting. Here every teacher is
compared with the same teacher's other years, and the calendar and experience with all teachers' years.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns
from partnerlib.models.linear import Question, linear
from partnerlib.models.results import Estimates
from partnerlib.models.variance_components import VarianceComponents, as_outcome

HOSTING_CAN_BE_WRONG = (
    "A teacher may be asked to host in a year known to be an easy or a hard one; the year before hosting shows the "
    "trend only.",
    "What a candidate brings to the class and what hosting takes from the teacher's time are one effect here.",
    "Only hosts in tested grades and subjects are seen, and only years in which they teach there.",
)
EXPOSURES = ("is_hosting", "hosted_before", "hosts_next_year")
EXPERIENCE_STEPS = (0, 1, 2, 3, 4, 6, 8, 10)
"""From each of these years of experience on, returns have a level of their own."""


def hosting_years(teacher_years: pd.DataFrame, placements: pd.DataFrame, first_year: int | None = None) -> pd.DataFrame:
    """Teacher-years with whether a candidate was in the room, had been in an earlier year, or would be the year after.

    Parameters
        teacher_years  one row per mepid and school_year
        placements     practitioner_mepid, placement_year of all placements known
        first_year     first year of placements collected; teacher-years before it cannot say who hosts and are left out
    Columns added
        is_hosting, hosted_before (and not now), hosts_next_year (for the first time; in the last year of placements
        nobody is known to)
    """
    require_columns(teacher_years, ["mepid", "school_year"], "hosting years")
    require_columns(placements, ["practitioner_mepid", "placement_year"], "hosting years")
    known = placements[["practitioner_mepid", "placement_year"]].dropna().drop_duplicates()
    known = known.set_axis(["mepid", "hosted"], axis=1).astype({"hosted": "int64"})
    if known.empty:
        raise DataError("hosting: no placement names its supervising practitioner; there is nobody to follow")
    begin = int(known["hosted"].min()) if first_year is None else first_year
    last = int(known["hosted"].max())
    rows = teacher_years[teacher_years["school_year"].between(begin, last)].reset_index(drop=True)
    pairs = set(zip(known["mepid"], known["hosted"], strict=True))
    year = rows["school_year"].astype(int)
    now = np.array([pair in pairs for pair in zip(rows["mepid"], year, strict=True)], dtype=bool)
    following = np.array([pair in pairs for pair in zip(rows["mepid"], year + 1, strict=True)], dtype=bool)
    before = rows["mepid"].map(known.groupby("mepid")["hosted"].min()).lt(year).fillna(False).to_numpy(dtype=bool)
    return rows.assign(is_hosting=now, hosted_before=before & ~now, hosts_next_year=following & ~now & ~before)


def experience_steps(experience: pd.Series) -> pd.DataFrame:
    """Years of experience as levels, so that early gains are not mistaken for those of later years."""
    steps = pd.DataFrame(
        {f"experience {step}+": experience.ge(step).astype("float64") for step in EXPERIENCE_STEPS[1:]},
        index=experience.index,
    )
    return steps.assign(**{"experience unknown": experience.isna().astype("float64")})


def hosting_ladder(
    teacher_years: pd.DataFrame,
    placements: pd.DataFrame,
    *,
    sample_id: str,
    components: VarianceComponents | None = None,
    experience: pd.DataFrame | None = None,
    first_year: int | None = None,
    exposures: Sequence[str] = EXPOSURES,
) -> tuple[Estimates, ...]:
    """What students learn in hosting years against other years: between teachers, with experience, within teachers.

    Formula
        effect of the year = hosting + after + year before + experience + year (+ one intercept per teacher) + error,
        unshrunken, weighted by precision where `components` are given, else by students
    Errors
        CR1 by teacher
    Parameters
        teacher_years  mepid, school_year, effect, n_students (and effective_students with `components`)
        experience     mepid, school_year, experience_years; without it returns to experience count as years after
    """
    weighted = teacher_years.assign(precision=as_outcome(teacher_years, components)["precision"]) if components else (
        teacher_years.assign(precision=teacher_years["n_students"].astype(float))
    )  # fmt: skip
    rows = hosting_years(weighted, placements, first_year)
    steps: list[str] = []
    if experience is not None:
        require_columns(experience, ["mepid", "school_year", "experience_years"], "hosting")
        seen = experience[["mepid", "school_year", "experience_years"]].drop_duplicates(["mepid", "school_year"])
        rows = rows.merge(seen, on=["mepid", "school_year"], how="left")
        levels = experience_steps(rows["experience_years"].astype("Float64"))
        rows, steps = pd.concat([rows, levels], axis=1), list(levels.columns)
    asked = tuple(name for name in exposures if rows[name].nunique() > 1)
    question = Question(
        outcome="effect",
        exposures=asked,
        estimand="difference in what students learn between a year with a candidate and a year without, in score SD",
        cluster="mepid",
        person="mepid",
        sample_id=sample_id,
        wrong_if=HOSTING_CAN_BE_WRONG,
    )
    return (
        linear(rows, question, "between teachers", effects=["school_year"], weights="precision"),
        linear(rows, question, "+ experience", steps, effects=["school_year"], weights="precision"),
        linear(rows, question, "within teachers", steps, effects=["mepid", "school_year"], weights="precision"),
    )
