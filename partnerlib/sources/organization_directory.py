"""Organization directory: every provider, district and school of a year, its name that year and where it stands."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

LAYOUT = Layout(
    name="organization_directory",
    title="Organization directory",
    table="organizations",
    grain=("organization_code", "role", "school_year"),
    cells=(
        Cell("ORG_CODE", "organization_code", read.CODE, required=True),
        Cell("ORG_ROLE", "role", read.ROLE, required=True),
        Cell("SY", "school_year", read.SCHOOL_YEAR, required=True),
        Cell("ORG_NAME", "organization_name", read.TEXT, required=True),
        Cell("ORG_TYPE", "organization_type", read.LOWER),
        Cell("PARENT_CODE", "parent_code", read.CODE),
        Cell("TOWN", "town", read.TEXT),
        Cell("GRADES", "grades", read.TEXT),
        Cell("LATITUDE", "latitude", read.number(41.0, 43.2, "degrees north, in the state (41.0 to 43.2)")),
        Cell("LONGITUDE", "longitude", read.number(-73.8, -69.6, "degrees east, in the state (-73.8 to -69.6)")),
        Cell("STATUS", "is_open", read.choice({"Open": True, "Closed": False})),
        Cell("SUCCESSOR_CODE", "successor_code", read.CODE),
        Cell("SYNTHETIC", "is_synthetic", read.YES_NO, required=True),
    ),
    outputs=(Output("organizations"),),
    usual_names=("organizations", "directory"),
    quirks=("a provider can share a district's code: the role is part of the key",),
)  # fmt: skip
SOURCE = layout_source(LAYOUT)
