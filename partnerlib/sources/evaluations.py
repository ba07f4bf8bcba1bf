"""Educator evaluation ratings."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

LAYOUT = Layout(
    name="evaluations",
    title="Educator evaluation ratings",
    table="evaluations",
    grain=("mepid", "school_year", "district_code"),
    cells=(
        Cell("MEPID", "mepid", read.MEPID, required=True),
        Cell("SY", "school_year", read.SCHOOL_YEAR, required=True),
        Cell("DIST_CODE", "district_code", read.CODE, required=True),
        Cell("OVERALL_RATING", "overall_rating", read.RATING),
        *(
            Cell(f"STANDARD_{roman}", f"standard_{n}_rating", read.RATING)
            for n, roman in enumerate(("I", "II", "III", "IV"), start=1)
        ),
        Cell("RATING_TYPE", "rating_type", read.choice({"Summative": "summative", "Formative": "formative"})),
    ),
    ignored={"EVAL_PLAN": "evaluation plan, not used by any measure"},
    outputs=(Output("evaluations", {"rating_type": "coalesce(rating_type, 'unknown')"}),),
    usual_names=("evaluation",),
    quirks=("a published rating may be summative or formative: its type is kept, unknown when the file has none",),
)
SOURCE = layout_source(LAYOUT)
