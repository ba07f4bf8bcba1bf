"""SIMS: every student of a collection, with school, grade and the groups that make a student high-needs."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

_KEPT = (2, 9, 10, 15, 16, 17, 18, 19, 25, 34)
_REASONS = {
    1: "identifier of the district's own system",
    **{n: "name: no measure needs to know who a student is" for n in (3, 4, 5)},
    **{n: "birth: no measure needs it" for n in (6, 7, 8)},
}

LAYOUT = Layout(
    name="sims",
    title="SIMS student records",
    table="students",
    grain=("sasid", "school_year", "collection"),
    cells=(
        Cell("DOE002", "sasid", read.SASID, required=True),
        Cell("SY", "school_year", read.SCHOOL_YEAR, required=True),
        Cell("PERIOD", "collection", read.COLLECTION, required=True),
        Cell("DOE015", "school_code", read.CODE),
        Cell("DIST_CODE", "district_code", read.CODE),
        Cell("DOE016", "grade", read.TEXT),
        Cell("DOE009", "gender", read.TEXT),
        Cell("DOE010", "race_ethnicity", read.RACE),
        Cell("DOE019", "is_low_income", read.choice({"00": False, "01": True, "02": True}, "00, 01 or 02"),
             into="students.is_low_income students.low_income_measure students.is_high_needs"),
        Cell("DOE025", "is_english_learner", read.choice({"00": False, "01": True}),
             into="students.is_english_learner students.is_high_needs"),
        Cell("DOE034", "has_disability", read.NOT_00,
             into="students.has_disability students.is_high_needs"),
        Cell("DOE017", "days_attended", read.DAYS),
        Cell("DOE018", "days_in_membership", read.DAYS),
    ),
    ignored={
        f"DOE{n:03d}": _REASONS.get(n, "not used by any measure") for n in range(1, 42) if n not in _KEPT
    },
    outputs=(
        Output("students", {
            "low_income_measure": "CASE WHEN school_year <= 2014 THEN 'free_reduced_lunch' "
                                  "WHEN school_year <= 2021 THEN 'economically_disadvantaged' ELSE 'low_income' END",
            "is_high_needs": "CAST(NULL AS BOOLEAN)",
        }),
    ),
    usual_names=("sims",),
    quirks=(
        "the low-income element changes its meaning in 2015 and in 2022: the measure in force is kept beside it",
        "high needs looks two years back for English learners, so the build fills it when all years are there",
    ),
)  # fmt: skip
SOURCE = layout_source(LAYOUT)
