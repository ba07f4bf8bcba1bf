"""Where districts are: public geography, read from the directory of organizations and given to pages as plain text.

A place on a map is no result and no release holds it. It is the district's own address, which anybody may look up; of
people's places, homes or schools of practicum nothing is read. As a parameter of the notebook it is part of the page's
key: a district that moves makes the page anew.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from partnerlib.project import Project

DECIMALS = 3
"""Of degrees: about a hundred yards, enough for a dot."""

COLUMNS = ("organization_code", "role", "school_year", "latitude", "longitude")


def district_places(project: Project, report_year: int) -> str:
    """Places of districts in their newest year up to the report's, a line each: code, latitude, longitude.

    Empty where the directory knows no coordinates: pages then do without a map.
    """
    path = project.processed / "organizations.parquet"
    if not path.is_file():
        return ""
    try:
        table = pd.read_parquet(path, columns=list(COLUMNS))
    except (KeyError, ValueError, OSError):
        return ""
    districts = table[(table["role"] == "district") & (table["school_year"] <= report_year)]
    known = districts.dropna(subset=["latitude", "longitude"]).sort_values("school_year")
    newest = known.drop_duplicates("organization_code", keep="last").sort_values("organization_code")
    rows = zip(newest["organization_code"], newest["latitude"], newest["longitude"], strict=True)
    return "\n".join(f"{code} {lat:.{DECIMALS}f} {lon:.{DECIMALS}f}" for code, lat, lon in rows)


def read_places(text: str) -> Mapping[str, tuple[float, float]]:
    """Latitude and longitude of each district of such a text.

    >>> read_places("97010000 42.100 -71.300")
    {'97010000': (42.1, -71.3)}
    """
    rows = (line.split() for line in text.splitlines() if line.strip())
    return {code: (float(latitude), float(longitude)) for code, latitude, longitude in rows}
