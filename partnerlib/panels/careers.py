"""Careers: person by October, and where the person is found again later.

    stayer + mover_in_district + mover_other_district + changed_role + left = everybody, in every year but the last.

A retention rate always carries its level. The four levels nest: same position in the same school, same position in the
same district, same position anywhere in the state, any position anywhere in the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import narwhals as nw
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.panels.inputs import Processed, checked_grain, panel
from partnerlib.panels.positions import primary_positions

KEY = ("mepid", "school_year")
LEVELS = ("school", "district", "state_position", "state_any")
"""Levels of retention, from the narrowest to the widest; the columns are `retained_<level>`."""

OUTCOMES = ("stayer", "mover_in_district", "mover_other_district", "changed_role", "left")
_REQUIRED = ("school_year", "is_teacher", "experience_years", "is_experience_censored")


def october_years(positions: nw.LazyFrame) -> tuple[int, ...]:
    """The school years with an October collection, oldest first."""
    return tuple(sorted(panel(positions.select("school_year").unique())["school_year"].astype(int)))


def found_after(
    positions: nw.LazyFrame, careers: nw.LazyFrame, years: int, places: nw.LazyFrame | None = None
) -> nw.LazyFrame:
    """Whether each person is found again exactly `years` Octobers later, at each of the four levels.

    Any position held that October counts, not only the main one: a teacher who now splits the week between the old
    school and another one has not left the old school. Null where that October has not been collected (yet).

    A place is its organization code, as in the published rates: the staff of a closed school have moved. With `places`
    (see `successors`), who went on to the organization that took the school over has not.
    """
    octobers = october_years(positions)
    base = careers.select(*KEY, "school_code", "district_code", "position").with_columns(
        then=nw.col("school_year") + years
    )
    if places is not None:
        base = _now_called(_now_called(base, places, "school_code"), places, "district_code")
    later = positions.select(
        "mepid",
        then="school_year",
        later_school="school_code",
        later_district="district_code",
        later_position="position",
    )
    same_position = (nw.col("later_position") == nw.col("position")).fill_null(False)
    pairs = base.join(later, on=["mepid", "then"], how="left").with_columns(
        state_any=~nw.col("later_school").is_null(),
        state_position=same_position,
        in_district=(nw.col("later_district") == nw.col("district_code")).fill_null(False),
        in_school=(nw.col("later_school") == nw.col("school_code")).fill_null(False),
    )
    # Whoever stays in a school stays in its district, whichever district reports the person this time.
    pairs = pairs.with_columns(
        district=same_position & (nw.col("in_district") | nw.col("in_school")),
        school=same_position & nw.col("in_school"),
    )
    found = pairs.group_by(*KEY).agg(*(nw.col(level).any() for level in LEVELS))
    is_observed = (nw.col("school_year") + years).is_in(octobers)
    return found.select(*KEY, *(nw.when(is_observed).then(nw.col(level)).alias(level) for level in LEVELS))


def _now_called(base: nw.LazyFrame, places: nw.LazyFrame, column: str) -> nw.LazyFrame:
    """`column` with closed organizations read as their successors, from the year the successor took over."""
    joined = base.join(places, left_on=column, right_on="closed_code", how="left")
    took_over = (nw.col("from_year") <= nw.col("then")).fill_null(False)
    renamed = joined.with_columns(nw.when(took_over).then("successor_code").otherwise(nw.col(column)).alias(column))
    return renamed.drop("from_year", "successor_code", strict=False)


def retention(
    positions: nw.LazyFrame, careers: nw.LazyFrame, years: int, places: nw.LazyFrame | None = None
) -> pd.DataFrame:
    """Who is still there after `years` years, at each level, with returners and without.

    Rows
        one per row of `careers`
    Columns
        mepid, school_year, years, and for each level `retained_<level>` (found in the October `years` years later)
        and `retained_<level>_throughout` (found in that and every October between: a returner is not)
    Unknown
        null where an October needed has not been collected
    """
    if years < 1:
        raise DataError(f"retention after {years} years: expected a whole number of years, 1 or more")
    steps = [found_after(positions, careers, step, places) for step in range(1, years + 1)]
    result = steps[-1].rename({level: f"retained_{level}" for level in LEVELS})
    throughout = steps[-1]
    for step in steps[:-1]:
        joined = throughout.join(step, on=list(KEY), how="inner", suffix="_between")
        both = {level: nw.col(level) & nw.col(f"{level}_between") for level in LEVELS}
        # Where an October is missing, those known to have left would be the only ones known: nobody is.
        is_known = {level: ~nw.col(level).is_null() & ~nw.col(f"{level}_between").is_null() for level in LEVELS}
        throughout = joined.select(*KEY, *(nw.when(is_known[level]).then(both[level]).alias(level) for level in LEVELS))
    throughout = throughout.rename({level: f"retained_{level}_throughout" for level in LEVELS})
    frame = panel(result.join(throughout, on=list(KEY), how="inner"), required=["school_year"])
    frame.insert(2, "years", years)
    return checked_grain(frame.sort_values(list(KEY), ignore_index=True), KEY, f"retention after {years} years")


def lazy_careers(processed: Processed, positions: nw.LazyFrame) -> nw.LazyFrame:
    """One row per person and October at work, with experience and returns, before anything about the next October.

    Experience
        Octobers as a teacher before this one. It is a lower bound (`is_experience_censored`) for people who taught in
        the first October collected.
    Beginner
        first October as a teacher, unless the district reports that the person is no beginner (SR38); unknown in the
        first October collected
    """
    years = october_years(positions)
    if not years:
        raise DataError("staff_roster: no October collection; careers need at least one")
    first = years[0]
    reported = (
        processed.scan("educators").filter(nw.col("collection") == "october").select(*KEY, "is_beginner_reported")
    )
    taught = nw.col("is_teacher").cast(nw.Int64)
    history = (
        primary_positions(positions)
        .join(reported, on=list(KEY), how="left")
        .with_columns(
            experience_years=(taught.cum_sum().over("mepid", order_by="school_year") - taught).cast(nw.Int64),
            is_experience_censored=((nw.col("school_year") == first) & nw.col("is_teacher")).any().over("mepid"),
            previous=nw.col("school_year").shift(1).over("mepid", order_by="school_year"),
            following=nw.col("school_year").shift(-1).over("mepid", order_by="school_year"),
        )
    )
    is_first_time = (nw.col("experience_years") == 0) & ~nw.col("is_experience_censored")
    denied = (~nw.col("is_beginner_reported")).fill_null(False)
    known = [year for year in years if year - 1 in set(years)]
    return history.with_columns(
        is_beginner=nw.when(~nw.col("is_teacher"))
        .then(nw.lit(False))
        .when(nw.col("school_year") != first)
        .then(is_first_time & ~denied),
        has_returned=nw.when(nw.col("school_year").is_in(known)).then(
            (nw.col("previous") < nw.col("school_year") - 1).fill_null(False)
        ),
    )


def build_careers(positions: nw.LazyFrame, careers: nw.LazyFrame, places: nw.LazyFrame | None = None) -> pd.DataFrame:
    """Careers with what the next October says: who stayed, moved, changed role, left, and came back later."""
    years = october_years(positions)
    next_year = found_after(positions, careers, 1, places)
    joined = careers.join(next_year, on=list(KEY), how="left")
    outcome = (
        nw.when(nw.col("school"))
        .then(nw.lit("stayer"))
        .when(nw.col("district"))
        .then(nw.lit("mover_in_district"))
        .when(nw.col("state_position"))
        .then(nw.lit("mover_other_district"))
        .when(nw.col("state_any"))
        .then(nw.lit("changed_role"))
        .when(~nw.col("state_any"))
        .then(nw.lit("left"))
    )
    came_back = ~nw.col("following").is_null()
    returns_later = (
        nw.when(nw.col("state_any"))
        .then(nw.lit(False))
        .when(~nw.col("state_any") & (came_back | (nw.col("school_year") + 2 <= years[-1])))
        .then(came_back)
    )
    frame = panel(
        joined.select(
            *KEY,
            "district_code",
            "school_code",
            "job_code",
            "position",
            "fte",
            "total_fte",
            "is_teacher",
            "experience_years",
            "is_experience_censored",
            "is_beginner",
            *(nw.col(level).alias(f"retained_{level}") for level in LEVELS),
            outcome.alias("outcome"),
            "has_returned",
            returns_later.alias("returns_later"),
        ),
        required=_REQUIRED,
    )
    frame = checked_grain(frame.sort_values(list(KEY), ignore_index=True), KEY, "careers")
    return _checked_outcomes(frame, last=years[-1])


def _checked_outcomes(careers: pd.DataFrame, last: int) -> pd.DataFrame:
    """The panel itself, once its five outcomes add up to everybody who could be followed and its levels nest."""
    retained = [careers[f"retained_{level}"] for level in LEVELS]
    followed = retained[0].notna()
    for narrow, wide in pairwise(retained):
        if (narrow & ~wide).fillna(False).any():
            raise DataError(f"careers: somebody is {narrow.name} and not {wide.name}; the levels must nest")
    counts = careers["outcome"].value_counts()
    if (
        counts.reindex(OUTCOMES, fill_value=0).sum() != followed.sum()
        or careers.loc[~followed, "outcome"].notna().any()
    ):
        raise DataError("careers: stayers, movers, changed roles and leavers do not add up to the people followed")
    if careers.loc[careers["school_year"] == last, "outcome"].notna().any():
        raise DataError(f"careers: {last} is the last October collected and cannot say who stayed")
    return careers


def outcome_shares(careers: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Shares of stayers, movers, changed roles and leavers, which add up to one in every group."""
    followed = careers.dropna(subset=["outcome"])
    counts = followed.groupby([*by, "outcome"]).size().unstack(fill_value=0).reindex(columns=OUTCOMES, fill_value=0)
    return counts.div(counts.sum(axis=1), axis=0)
