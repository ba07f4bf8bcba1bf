"""The organization directory and the reviewed spellings of names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from partnerlib.codes import year_label
from partnerlib.synth.geography import Geography, latitude, longitude
from partnerlib.synth.schools import GRADES, TYPES
from partnerlib.synth.text_columns import always, shares, table

DIRECTORY = ("ORG_CODE", "ORG_NAME", "ORG_ROLE", "ORG_TYPE", "PARENT_CODE", "SY", "TOWN", "GRADES", "LATITUDE",
             "LONGITUDE", "STATUS", "SUCCESSOR_CODE", "SYNTHETIC")  # fmt: skip
ALIASES = ("ORG_CODE", "ORG_ROLE", "ALIAS")


def town_of(district_name: str) -> str:
    """Town a district is named for."""
    return district_name.removesuffix(" Public Schools").removesuffix(" Charter School District")


def school_name(geography: Geography, school: int, year: int) -> str:
    """Name of a school in a year."""
    before = geography.school_renamed[school] > year
    return geography.school_old_name[school] if before else geography.school_name[school]


def directory(geography: Geography, year: int) -> pa.Table:
    """All organizations as they stood in a year."""
    g = geography
    p, d, n = len(g.provider_code), len(g.district_code), len(g.school_code)
    towns = [town_of(name) for name in g.district_name]
    nearest = np.argmin(np.hypot(g.provider_x[:, None] - g.district_x, g.provider_y[:, None] - g.district_y), axis=1)
    closed = (g.school_closed > 0) & (g.school_closed <= year)
    x = np.concatenate([g.provider_x, g.district_x, g.school_x])
    y = np.concatenate([g.provider_y, g.district_y, g.school_y])
    west = shares(-longitude(x), 5)
    columns = {
        "ORG_CODE": pa.array([*g.provider_code, *g.district_code, *g.school_code]),
        "ORG_NAME": pa.array([*g.provider_name, *g.district_name, *(school_name(g, s, year) for s in range(n))]),
        "ORG_ROLE": pa.array(["Provider"] * p + ["District"] * d + ["School"] * n),
        "ORG_TYPE": pa.array([*g.provider_type, *("Charter" if c else "District" for c in g.is_charter),
                              *(TYPES[t] for t in g.school_type)]),
        "PARENT_CODE": pa.array([None] * (p + d) + [g.district_code[i] for i in g.school_district], pa.string()),
        "SY": always(year_label(year), p + d + n),
        "TOWN": pa.array([*(towns[i] for i in nearest), *towns, *(towns[i] for i in g.school_district)]),
        "GRADES": pa.array([None] * (p + d) + [GRADES[t] for t in g.school_type], pa.string()),
        "LATITUDE": shares(latitude(y), 5),
        "LONGITUDE": pa.array(["-" + value for value in west.to_pylist()]),
        "STATUS": pa.array(["Open"] * (p + d) + ["Closed" if c else "Open" for c in closed]),
        "SUCCESSOR_CODE": pa.array([None] * (p + d) + [g.school_code[g.school_successor[s]] if closed[s] else None
                                                       for s in range(n)], pa.string()),
        "SYNTHETIC": always("Yes", p + d + n),
    }  # fmt: skip
    return table(columns, DIRECTORY)


def district_alias(geography: Geography, district: int) -> str:
    """How people write a district's name when they do not look it up."""
    town = town_of(geography.district_name[district])
    return f"{town} Charter" if geography.is_charter[district] else f"{town} Schools"


def school_alias(name: str) -> str:
    """How people write a school's name when they are in a hurry."""
    for whole, short in (
        ("Elementary School", "Elem."), ("Middle School", "MS"), ("High School", "HS"),
        ("Early Learning Center", "ELC"), ("Charter School", "Charter"),
    ):  # fmt: skip
        if name.endswith(whole):
            return name.removesuffix(whole) + short
    return name.removesuffix(" School") + " Sch."


def aliases(geography: Geography) -> pa.Table:
    """Reviewed spellings: short forms, and the old names of renamed schools."""
    g = geography
    rows = [
        (code, "Provider", provider_alias(name)) for code, name in zip(g.provider_code, g.provider_name, strict=True)
    ]
    rows += [(code, "District", district_alias(g, d)) for d, code in enumerate(g.district_code)]
    for s, code in enumerate(g.school_code):
        spellings = [school_alias(g.school_name[s])]
        if g.school_old_name[s] != g.school_name[s]:
            spellings += [g.school_old_name[s], school_alias(g.school_old_name[s])]
        rows += [(code, "School", spelling) for spelling in spellings]
    return pa.table({name: pa.array([row[i] for row in rows]) for i, name in enumerate(ALIASES)})


def provider_alias(name: str) -> str:
    """Short form of a provider's name."""
    for whole, short in (
        ("State University", "State"), ("Institute of Education", "Inst. of Ed."),
        ("Educational Collaborative", "Collab."), ("Public Schools", "Educator Program"),
        ("Teacher Residency", "Residency"), ("University", "Univ."), ("College", "Coll."),
    ):  # fmt: skip
        if name.endswith(whole):
            return name.removesuffix(whole) + short
    return name
