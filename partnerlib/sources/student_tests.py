"""State test results by student: scaled scores and growth in English language arts and mathematics."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

_TESTED = read.choice({"T": "reported", "NTA": "missing", "NTM": "not_applicable"},
                      "T (tested), NTA (absent) or NTM (medical)")  # fmt: skip
_SCORE = read.number(100, 700, "a scaled score (100 to 700)")
_GROWTH = read.number(1, 99, "a growth percentile from 1 to 99")


def _subject(letter: str, subject: str) -> Output:
    """A student has a row in a subject where the file says something about it: that, too, an absence is."""
    return Output("scores", {
        "subject": f"'{subject}'",
        "scaled_score": f"{letter}_score",
        "standard_score": "CAST(NULL AS DOUBLE)",
        "sgp": f"{letter}_sgp",
        "status": f"CASE WHEN {letter}_score IS NOT NULL THEN 'reported' WHEN {letter}_status = 'reported' "
                  f"THEN 'missing' ELSE coalesce({letter}_status, 'missing') END",
    }, where=f"{letter}_status IS NOT NULL OR {letter}_score IS NOT NULL")  # fmt: skip


LAYOUT = Layout(
    name="student_tests",
    title="State test results by student",
    table="scores",
    grain=("sasid", "school_year"),
    cells=(
        Cell("SASID", "sasid", read.SASID, required=True),
        Cell("ADMINYEAR", "school_year", read.SPRING_YEAR, required=True),
        Cell("SPRP_SCH", "school_code", read.CODE),
        Cell("GRADE", "grade", read.TEXT),
        Cell("ETESTSTAT", "e_status", _TESTED, into="scores.status"),
        Cell("ESCALEDS", "e_score", _SCORE, into="scores.scaled_score scores.standard_score"),
        Cell("ESGP", "e_sgp", _GROWTH, into="scores.sgp"),
        Cell("MTESTSTAT", "m_status", _TESTED, into="scores.status"),
        Cell("MSCALEDS", "m_score", _SCORE, into="scores.scaled_score scores.standard_score"),
        Cell("MSGP", "m_sgp", _GROWTH, into="scores.sgp"),
    ),
    ignored={
        "SPRP_DIS": "the school's code names the district",
        "EPERF2": "performance level, cut from the scaled score",
        "MPERF2": "performance level, cut from the scaled score",
    },
    outputs=(_subject("e", "ela"), _subject("m", "math")),
    usual_names=("mcas",),
    quirks=(
        "one row of the file gives one row for each subject; absent and medically excused stay apart from a zero",
        "the year is the spring of the test",
    ),
)
SOURCE = layout_source(LAYOUT)
