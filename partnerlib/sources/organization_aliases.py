"""Reviewed spellings of organization names: how a name as written in a placement file becomes a code."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

LAYOUT = Layout(
    name="organization_aliases",
    title="Organization aliases (reviewed spellings)",
    table="organization_aliases",
    grain=("alias", "role", "organization_code"),
    cells=(
        Cell("ORG_CODE", "organization_code", read.CODE, required=True),
        Cell("ORG_ROLE", "role", read.ROLE, required=True),
        Cell("ALIAS", "alias", read.TEXT, required=True),
    ),
    outputs=(Output("organization_aliases"),),
    usual_names=("aliases",),
    quirks=(
        "an alias that stands for two codes of one role is never used by itself: the row that needs it is rejected",
    ),
)
SOURCE = layout_source(LAYOUT)
