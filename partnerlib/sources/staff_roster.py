"""EPIMS staff roster: who was on a district's books at a collection, and who had left since the last one."""

from partnerlib.sources import readings as read
from partnerlib.sources.layouts import Cell, Layout, Output
from partnerlib.sources.microdata import layout_source

_PAY = "salary source, not used by any measure"
_DEGREE = "degree, not used by any measure"
_RATING = "rating for the year in progress; the evaluation file is the record"

LAYOUT = Layout(
    name="staff_roster",
    title="EPIMS staff roster (SR)",
    table="staff_roster",
    grain=("mepid", "school_year", "collection", "district_code"),
    cells=(
        Cell("SR01", "mepid", read.MEPID, required=True),
        Cell("SY", "school_year", read.SCHOOL_YEAR, required=True),
        Cell("PERIOD", "collection", read.COLLECTION, required=True),
        Cell("DIST_CODE", "district_code", read.CODE, required=True),
        Cell("SR03", "license_number", read.Reading("{x}", "a licence number", not_applicable=("00",))),
        Cell("SR04", "first_name", read.NAME),
        Cell("SR05", "middle_name", read.NAME),
        Cell("SR06", "last_name", read.NAME),
        Cell("SR07", "birth_date", read.DATE),
        Cell("SR08", "race_ethnicity", read.RACE),
        Cell("SR09", "employment_status", read.choice(
            {"01": "working", "02": "on_leave", "03": "working", "04": "exited"}), required=True),
        Cell("SR10", "exit_reason", read.Reading("{x}", "a two-digit reason", not_applicable=("00",))),
        Cell("SR11", "hire_date", read.DATE),
        Cell("SR27", "exit_date", read.DATE),
        Cell("SR19", "degree_institution", read.Reading("{x}", "a four-digit code", not_applicable=("0000",))),
        Cell("SR38", "is_beginner_reported", read.FLAG),
        Cell("SR36", "days_present", read.DAYS),
        Cell("SR37", "days_expected", read.DAYS),
    ),
    ignored={
        "SR02": "identifier of the district's own system",
        **{f"SR{n}": _PAY for n in range(12, 18)},
        **{f"SR{n}": _DEGREE for n in (18, 20, 21, 22, 23, 24, 25, 26)},
        "SR28": "professional teacher status, not used by any measure",
        **{f"SR{n}": _RATING for n in range(29, 36)},
    },
    outputs=(Output("staff_roster"),),
    usual_names=("epims_sr", "staff_roster"),
    quirks=(
        "SR09: 01 is read as working, 02 as on leave, 04 as exited; 03 is treated as working (labels unconfirmed)",
        "an exit shows in the collection after it, with status 04: people are counted by status, not by presence",
        "'NA' in a date, '00' and '000' in codes mean not applicable",
    ),
)  # fmt: skip
SOURCE = layout_source(LAYOUT)
