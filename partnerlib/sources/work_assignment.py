"""EPIMS work assignments: who teaches what, where, and for which share of the workday."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

_QUALIFIED = "federal qualification element, not used by any measure"

LAYOUT = Layout(
    name="work_assignment",
    title="EPIMS work assignments (WA)",
    table="assignments",
    grain=("mepid", "school_year", "collection", "school_code", "job_code", "course_code", "section", "term"),
    cells=(
        Cell("WA01", "mepid", read.MEPID, required=True),
        Cell("SY", "school_year", read.SCHOOL_YEAR, required=True),
        Cell("PERIOD", "collection", read.COLLECTION, required=True),
        Cell("DIST_CODE", "district_code", read.CODE),
        Cell("WA06", "school_code", read.CODE, required=True),
        Cell("WA07", "job_code", read.identifier(4, "a job classification of four digits"), required=True),
        Cell("WA09", "grade", read.TEXT),
        Cell("WA10", "course_code", read.TEXT_OR_EMPTY),
        Cell("WA11", "section", read.TEXT_OR_EMPTY),
        Cell("WA12", "fte", read.SHARE),
        Cell("WA16", "term", read.TEXT_OR_EMPTY),
    ),
    ignored={
        "WA02": "identifier of the district's own system",
        **{f"WA0{n}": "name, kept from the staff roster" for n in (3, 4, 5)},
        "WA08": "kind of paraprofessional assignment, not used by any measure",
        **{f"WA{n}": _QUALIFIED for n in (13, 14, 15)},
        "WA17": "schedule status, not used by any measure",
    },
    outputs=(Output("assignments"),),
    usual_names=("epims_wa", "work_assignment"),
    quirks=(
        "a person has one row per school, job and section; staff without a school have the district's code",
        "no course, section or term is an empty text, so that such rows have a key",
    ),
)
SOURCE = layout_source(LAYOUT)
