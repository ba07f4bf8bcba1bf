"""Who works where, as what, each October: the observation every career is read from.

A person counts by the employment status of the roster, not by being on file: an exit is reported in the collection
after it happened, so the October file also lists people who have left.
"""

from __future__ import annotations

from collections.abc import Collection

import narwhals as nw

from partnerlib import engine
from partnerlib.panels.inputs import Processed

TEACHER_JOBS = frozenset({"2305"})
"""EPIMS job codes that make a teacher in every headline number: 2305 Teacher."""

BROAD_TEACHER_JOBS = frozenset({"2305", "2306", "2307"})
"""The broad set, with co-teachers and virtual course teachers (2306 and 2307 by our reading of the code list)."""

TEACHER = "teacher"
"""The position of everybody in one of the teacher jobs; other people's position is their job code."""

POSITION_KEY = ("mepid", "school_year", "school_code", "job_code")


def october_positions(processed: Processed, teacher_jobs: Collection[str] = TEACHER_JOBS) -> nw.LazyFrame:
    """Every position held each October: one row per person, October, school and job, FTE summed over sections.

    Only districts that report the person as working count: staff on leave and staff who left are on file, not at work.
    Someone who works without any assignment keeps one row, with the district as the place and no job.
    """
    working = (
        processed.scan("educators")
        .filter(nw.col("collection") == "october", nw.col("is_working"))
        .select("mepid", "school_year", home_district="district_code")
    )
    rosters = (
        processed.scan("staff_roster")
        .filter(nw.col("collection") == "october", nw.col("employment_status") == "working")
        .select("mepid", "school_year", "district_code")
    )
    on_roster = rosters.join(working, on=["mepid", "school_year"], how="inner")
    jobs = (
        processed.scan("assignments")
        .filter(nw.col("collection") == "october")
        .group_by("mepid", "school_year", "district_code", "school_code", "job_code")
        .agg(fte=nw.col("fte").sum())
        .join(on_roster, on=["mepid", "school_year", "district_code"], how="inner")
    )
    without_job = working.join(jobs, on=["mepid", "school_year"], how="anti").with_columns(
        district_code=nw.col("home_district"),
        school_code=nw.col("home_district"),
        job_code=nw.lit(None, nw.String),
        fte=nw.lit(None, nw.Float64),
    )
    columns = ["mepid", "school_year", "district_code", "school_code", "job_code", "fte", "home_district"]
    held = nw.concat([jobs.select(columns), without_job.select(columns)], how="vertical")
    is_teacher = nw.col("job_code").is_in(sorted(teacher_jobs)).fill_null(False)
    return engine.hold(
        held.with_columns(
            is_teacher=is_teacher,
            position=nw.when(is_teacher).then(nw.lit(TEACHER)).otherwise(nw.col("job_code")),
        )
    )


def primary_positions(positions: nw.LazyFrame) -> nw.LazyFrame:
    """One row per person and October: the position with the largest FTE in the district that holds most of the person.

    Ties go to the lower school code, then the lower job code, so that the answer does not depend on row order.
    """
    total = positions.group_by("mepid", "school_year").agg(total_fte=nw.col("fte").sum())
    chosen = positions.with_columns(
        is_away=(nw.col("district_code") != nw.col("home_district")),
        by_fte=-nw.col("fte").fill_null(0.0),
    ).unique(
        subset=["mepid", "school_year"],
        keep="first",
        order_by=["is_away", "by_fte", "school_code", "job_code"],
    )
    return chosen.drop("is_away", "by_fte", "home_district").join(total, on=["mepid", "school_year"], how="left")


def successors(processed: Processed) -> nw.LazyFrame:
    """Closed schools and districts with the organization that took them over, and the year from which it holds.

    Columns
        closed_code, from_year, successor_code
    """
    return (
        processed.scan("organizations")
        .filter(nw.col("role").is_in(["school", "district"]), ~nw.col("is_open"), ~nw.col("successor_code").is_null())
        .group_by("organization_code")
        .agg(from_year=nw.col("school_year").min(), successor_code=nw.col("successor_code").max())
        .rename({"organization_code": "closed_code"})
    )
