"""Practicum placements with what is known of the host: the supervising practitioner, the school, the distance."""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from partnerlib import engine
from partnerlib.panels.distances import distance_miles, grade_level
from partnerlib.panels.inputs import Processed, checked_grain, panel
from partnerlib.panels.teaching import main_teaching, matches_license
from partnerlib.tables import RATINGS

FULL_YEARS_REQUIRED = 3
"""Full years of teaching a supervising practitioner needs (603 CMR 7.02)."""

_PROFICIENT = RATINGS[RATINGS.index("proficient") :]


def placements_with_hosts(
    processed: Processed, careers: pd.DataFrame, organizations: pd.DataFrame, high_needs: pd.DataFrame
) -> pd.DataFrame:
    """Every placement, one row per candidate, year, program and school, with its host.

    Columns added to the placement's own
        practitioner_experience (Octobers observed as a teacher before the placement year: a lower bound for whoever
        taught in the first one), practitioner_is_eligible, placement_grade and practitioner_course_area (the
        practitioner's main ones that October), placement_field_matches, placement_distance_miles (provider to school),
        placement_grade_level, placement_is_high_needs
    """
    rows = processed.collect("placements").astype({"school_year": "int64", "is_practicum_equivalent": "bool"})
    rows = rows.drop(columns="source_file").rename(columns={"school_year": "placement_year"})
    hosts = host_records(processed, rows, careers)
    placed = rows.merge(hosts, on=["practitioner_mepid", "placement_year"], how="left", validate="many_to_one")
    placed["placement_field_matches"] = matches_license(
        placed["license_field"], placed["grade_band"], placed["practitioner_course_area"], placed["placement_grade"]
    )
    placed["placement_distance_miles"] = distance_miles(
        organizations, placed["provider_code"], placed["placement_school_code"], origin_role="provider"
    )
    placed["placement_grade_level"] = grade_level(organizations, placed["placement_school_code"])
    placed["placement_is_high_needs"] = is_high_needs_then(
        high_needs, placed["placement_school_code"], placed["placement_year"]
    )
    key = ["candidate_id", "placement_year", "program_name", "placement_school_code"]
    return checked_grain(placed, key, "placements")


def host_records(processed: Processed, placements: pd.DataFrame, careers: pd.DataFrame) -> pd.DataFrame:
    """What the staff collections say of each supervising practitioner in the placement year.

    Eligible
        at least three full years of teaching and a latest overall rating before the placement year of Proficient or
        Exemplary. Null when either cannot be known; years count from the hire date where the collections start late
    """
    named = placements[["practitioner_mepid", "placement_year"]].dropna().drop_duplicates()
    people = named.rename(columns={"practitioner_mepid": "mepid", "placement_year": "school_year"})
    seen = careers[["mepid", "school_year", "experience_years", "is_experience_censored"]]
    hosts = people.merge(seen, on=["mepid", "school_year"], how="left", validate="one_to_one")
    hosts = hosts.merge(
        main_teaching(processed, people), on=["mepid", "school_year"], how="left", validate="one_to_one"
    )
    hosts = hosts.merge(
        _years_since_hired(processed, people), on=["mepid", "school_year"], how="left", validate="one_to_one"
    )
    hosts = hosts.merge(
        _rating_before(processed, people), on=["mepid", "school_year"], how="left", validate="one_to_one"
    )
    experience = hosts["experience_years"].astype("Int64")
    has_years = (experience >= FULL_YEARS_REQUIRED) | (hosts["years_since_hired"] >= FULL_YEARS_REQUIRED).fillna(False)
    is_unknown = experience.isna() | (hosts["is_experience_censored"].astype("boolean") & ~has_years)
    has_years = has_years.mask(is_unknown.fillna(True))
    is_rated = hosts["overall_rating"].isin(_PROFICIENT).astype("boolean").mask(hosts["overall_rating"].isna())
    # Unknown when either part is: "no" from too few years alone would be the only answer of years without ratings.
    hosts["practitioner_is_eligible"] = (has_years & is_rated).mask(has_years.isna() | is_rated.isna())
    hosts["experience_years"] = experience
    return hosts.rename(
        columns={
            "mepid": "practitioner_mepid",
            "school_year": "placement_year",
            "experience_years": "practitioner_experience",
            "course_area": "practitioner_course_area",
            "grade": "placement_grade",
        }
    ).drop(columns=["is_experience_censored", "years_since_hired", "overall_rating"])


def _years_since_hired(processed: Processed, people: pd.DataFrame) -> pd.DataFrame:
    """Full years between the hire date in the district and the October of the year: service the collections missed."""
    wanted = engine.from_pandas(people.astype({"school_year": "int64"}))
    hired = panel(
        processed.scan("educators")
        .filter(nw.col("collection") == "october", ~nw.col("hire_date").is_null())
        .select("mepid", "school_year", "hire_date")
        .join(wanted, on=["mepid", "school_year"], how="inner"),
        required=["school_year"],
    )
    october = pd.to_datetime(dict(year=hired["school_year"] - 1, month=10, day=1))
    hired["years_since_hired"] = (october - pd.to_datetime(hired["hire_date"])).dt.days / 365.25
    return hired.drop(columns="hire_date")


def _rating_before(processed: Processed, people: pd.DataFrame) -> pd.DataFrame:
    """Latest overall rating of a year before the given one; a summative rating outranks a formative of that year."""
    ratings = processed.collect(
        "evaluations", ["mepid", "school_year", "district_code", "overall_rating", "rating_type"]
    ).dropna(subset=["overall_rating"])
    ratings = ratings.rename(columns={"school_year": "rated_in"})
    pairs = people.merge(ratings, on="mepid", how="inner")
    pairs = pairs.loc[pairs["rated_in"] < pairs["school_year"]]
    pairs["is_summative"] = pairs["rating_type"] == "summative"
    ordered = pairs.sort_values(["mepid", "school_year", "rated_in", "is_summative", "district_code"])
    return ordered.drop_duplicates(["mepid", "school_year"], keep="last")[["mepid", "school_year", "overall_rating"]]


def is_high_needs_then(high_needs: pd.DataFrame, school: pd.Series, year: pd.Series) -> pd.Series:
    """Whether a school was a high-needs school in a given year; null when its students of that year are unknown."""
    flags = high_needs.set_index(["school_code", "school_year"])["is_high_needs"].astype("boolean")
    wanted = pd.MultiIndex.from_arrays([school.to_numpy(object), year.to_numpy(object)], names=flags.index.names)
    return flags.reindex(wanted).set_axis(school.index)
