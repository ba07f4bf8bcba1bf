"""Student course schedule (SCS): which student sat in which section, the link from students to their teachers."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

LAYOUT = Layout(
    name="course_schedule",
    title="Student course schedule (SCS)",
    table="rosters",
    grain=("sasid", "school_year", "collection", "school_code", "course_code", "section", "term"),
    cells=(
        Cell("SCS02", "sasid", read.SASID, required=True),
        Cell("SY", "school_year", read.SCHOOL_YEAR, required=True),
        Cell("PERIOD", "collection", read.COLLECTION, required=True),
        Cell("SCS03", "school_code", read.CODE, required=True),
        Cell("SCS05", "course_code", read.TEXT, required=True, into="rosters.course_code rosters.subject"),
        Cell("SCS06", "section", read.TEXT, required=True),
        Cell("SCS07", "term", read.TEXT_OR_EMPTY),
        Cell("SCS08", "enrollment_status", read.TEXT),
    ),
    ignored={
        "DIST_CODE": "the school's code names the district",
        "SCS01": "identifier of the district's own system",
        "SCS04": "the district's own course code; the state's code links to teachers",
        "SCS09": "course level, not used by any measure",
        **{f"SCS{n}": "credits, marks and pathways, not used by any measure" for n in range(10, 15)},
    },
    outputs=(
        Output("rosters", {
            "subject": "CASE course_code[1:2] WHEN '01' THEN 'ela' WHEN '02' THEN 'math' WHEN '23' THEN 'ela' "
                       "ELSE 'other' END"}),
        Output("rosters", {"subject": "'math'"}, where="course_code[1:2] = '23'"),
    ),
    usual_names=("scs", "course_schedule"),
    quirks=(
        "a self-contained elementary course (subject area 23) is taught in both tested subjects: it gives two rows",
        "a section is linked to its teachers by school, course, section and term",
    ),
)  # fmt: skip
SOURCE = layout_source(LAYOUT)
