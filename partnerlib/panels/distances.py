"""Where organizations stand, and how far apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.panels.inputs import Processed, checked_grain

EARTH_RADIUS_MILES = 3958.7613

GRADE_LEVELS = ("early", "elementary", "middle", "high", "k12")
"""Types of school that say which grades it teaches."""


def miles_between(
    latitude: pd.Series, longitude: pd.Series, other_latitude: pd.Series, other_longitude: pd.Series
) -> pd.Series:
    """Great-circle distance in miles, null where a coordinate is unknown (haversine formula; arguments in degrees)."""
    north, east, other_north, other_east = (
        np.radians(part.to_numpy(float)) for part in (latitude, longitude, other_latitude, other_longitude)
    )
    half_chord = (
        np.sin((other_north - north) / 2) ** 2
        + np.cos(north) * np.cos(other_north) * np.sin((other_east - east) / 2) ** 2
    )
    return pd.Series(2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(half_chord)), index=latitude.index)


def latest_organizations(processed: Processed) -> pd.DataFrame:
    """Every organization as it was last listed: one row per code and role (one code can be a provider and a district).

    Columns
        organization_code, role, school_year (of the listing), organization_name, organization_type, parent_code, town,
        grades, latitude, longitude, is_open, successor_code, is_synthetic
    """
    listed = processed.collect("organizations").sort_values(["organization_code", "role", "school_year"])
    latest = listed.drop_duplicates(["organization_code", "role"], keep="last").drop(columns="source_file")
    return checked_grain(latest.reset_index(drop=True), ["organization_code", "role"], "organizations")


def distance_miles(
    organizations: pd.DataFrame, origin: pd.Series, destination: pd.Series, origin_role: str = "school"
) -> pd.Series:
    """Miles from each origin to each destination school, by code; null where either is unknown or has no coordinates.

    A destination that is a district (staff without a school) counts where the district has its coordinates.
    """
    places = organizations.set_index(["role", "organization_code"])[["latitude", "longitude"]]
    start = _coordinates(places, origin, origin_role)
    end = _coordinates(places, destination, "school")
    return miles_between(start["latitude"], start["longitude"], end["latitude"], end["longitude"])


def _coordinates(places: pd.DataFrame, codes: pd.Series, role: str) -> pd.DataFrame:
    found = pd.DataFrame(np.nan, index=codes.index, columns=["latitude", "longitude"])
    for wanted in dict.fromkeys((role, "district")) if role == "school" else (role,):
        if wanted in places.index.get_level_values("role"):
            of_role = places.xs(wanted, level="role").astype(float)
            found = found.fillna(of_role.reindex(codes.to_numpy()).set_axis(codes.index))
    return found


def grade_level(organizations: pd.DataFrame, school: pd.Series) -> pd.Series:
    """The grades a school teaches, as its type says: early, elementary, middle, high or k12; null for anything else."""
    schools = organizations.loc[organizations["role"] == "school"].set_index("organization_code")["organization_type"]
    level = school.map(schools)
    return level.where(level.isin(GRADE_LEVELS))
