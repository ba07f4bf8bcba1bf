"""DESE teacher data as published: full-time equivalents, not heads, and shares of them, by school, district and state.

Sums over schools fall short of the state by staff without a school; the same quantity has moved between columns.
"""

from __future__ import annotations

import re

import pandas as pd

from partnerlib.codes import level_of, year_label
from partnerlib.errors import Problem
from partnerlib.sources import published as pub
from partnerlib.sources.contract import Conformed, RawColumn, Source
from partnerlib.sources.reading import RawFile, problem_frame

TABLE = "teacher_data_published"
CODES = ("School Code", "DESE ID", "District Code", "ORG_CODE", "Org Code", "District/School Code")
NAMES = ("School Name", "District Name", "ORG_NAME", "Org Name", "District/School Name")
YEARS = ("Academic Year", "FY_CODE", "School Year")
MEASURES = {
    "teacher_fte": ("Total # of Teachers (FTE)", "Total # of Teachers(FTE)", "Total # of Teachers", "TEACHER_COUNT"),
    "licensed_rate": ("% of Teachers Licensed", "Percent of Teachers Licensed",
                      "% of Teachers Licensed in Teaching Assignment", "LICENSED_PCT"),
    "student_teacher_ratio": ("Student / Teacher Ratio", "Student/Teacher Ratio", "STAFF_TEASTU_PCT"),
    "experienced_rate": ("Percent of Experienced Teachers",),
    "not_provisional_rate": ("Percent of Teachers without Waiver or Provisional License",),
    "in_field_rate": ("Percent Teaching In-Field",),
}  # fmt: skip
RATES = tuple(name for name in MEASURES if name.endswith("_rate"))
CORE = ("Total # of Classes in Core Academic Areas", "CORE_COUNT",
        "% of Core Academic Classes Taught by Teachers Who are Highly Qualified", "HQ_PCT")  # fmt: skip
NO_EXPERIENCE_BEFORE = 2018
"""First school year in which experience and waivers were published, and in which their columns are believed."""
NO_IN_FIELD_BEFORE = 2019
EXPERIENCE_BREAKS = 2025
"""From this school year on the published share of experienced teachers is some eight points lower (quirk TCH-1)."""
SMALLEST_FTE = 0.15
"""Below it a ratio of students to teachers is an artefact of the division (quirk TCH-4)."""
_RATIO = re.compile(r"\bto\s+1\s*$")
_TITLE_YEAR = re.compile(r"^\s*(\d{4}\s*-\s*\d{2,4}|\d{4})\s*Teacher Data", re.IGNORECASE)

COLUMNS = (
    RawColumn(CODES, f"{TABLE}.organization_code"),
    RawColumn(NAMES, f"{TABLE}.organization_name"),
    RawColumn(YEARS, f"{TABLE}.school_year", required=False),
    *(RawColumn(names, f"{TABLE}.{measure}", required=measure in ("teacher_fte", "licensed_rate",
                                                                  "student_teacher_ratio"))
      for measure, names in MEASURES.items()),
    RawColumn(CORE, required=False, ignored="core academic classes and 'highly qualified': ended with 2016-17"),
    RawColumn(("PARENT_ORG_CODE",), required=False, ignored="the district's code, which the school's code begins with"),
    RawColumn(("Raw likert calculation", "Likert Score", "Admin Data Item"), required=False,
              ignored="scores and item numbers of the project that collected the report, not the report's"),
)  # fmt: skip


def recognise(raw: RawFile) -> bool:
    """By its count of teachers, licensed share and ratio of students to teachers; program-area files have no ratio."""
    header = {pub.plain(name) for name in raw.header}
    return all(
        header & {pub.plain(name) for name in MEASURES[measure]}
        for measure in ("teacher_fte", "licensed_rate", "student_teacher_ratio")
    )


def conform(raw: RawFile) -> Conformed:
    """The file's rows, one for each organization and year; a measure that a year did not publish is null."""
    code, name, year = (pub.column_of(raw, *names) for names in (CODES, NAMES, YEARS))
    pub.missing_columns(raw, {"School Code": code, "School Name": name})
    measures = {measure: pub.column_of(raw, *names) for measure, names in MEASURES.items()}
    frame = raw.padded_frame()
    label = frame.assign(year=frame[year] if year else _title_year(raw))
    years, year_problems = pub.springs(raw, label, "year")
    codes, code_problems = pub.organization_codes(raw, frame, str(code))
    problems = [pub.unmapped_columns(raw, COLUMNS), year_problems, code_problems]
    rows = frame[["source_row", "source_cells"]].assign(
        organization_name=frame[name], school_year=years, organization_code=codes
    )
    text = pd.DataFrame({measure: frame[column] if column else None for measure, column in measures.items()},
                        index=frame.index, dtype=object)  # fmt: skip
    text = _by_year(raw, rows, text, measures, problems)
    rows = pub.without_rejected(rows, problems)
    rows = _measured(raw, rows, text.loc[rows.index], measures, problems)
    rows["level"] = rows["organization_code"].map(level_of)
    rows.loc[pub.is_state_row(rows["organization_code"], rows["organization_name"]), "level"] = "state"
    problems.append(pub.repeated(raw, rows, ["school_year", "organization_code", "level"], [*MEASURES, "status"]))
    rows = pub.without_rejected(rows, problems)
    problems += [pub.names_another_year(raw, _years(rows)), _series_break(raw, rows)]
    return pub.conformed(raw, TABLE, rows, problems, raw.received, _notes(rows))


def _title_year(raw: RawFile) -> str | None:
    match = _TITLE_YEAR.match(raw.title)
    return match[1] if match else None


def _by_year(raw: RawFile, rows: pd.DataFrame, text: pd.DataFrame, measures: dict[str, str | None],
             problems: list[pd.DataFrame]) -> pd.DataFrame:  # fmt: skip
    """The cells under the measures they hold. Under one long header, rows of early years are short (SIL-2, SIL-3).

    To 2016-17 the cells after the licensed share are core classes, their share and the ratio; in 2017-18 the share
    in field is missing. A row that fits neither its year's map nor the header is rejected, not guessed.
    """
    width, text = len(raw.header), text.copy()
    newer = all(measures[name] for name in ("experienced_rate", "not_provisional_rate", "in_field_rate"))
    short = rows["source_cells"].eq(width - 1)
    early = newer & short & rows["school_year"].lt(NO_EXPERIENCE_BEFORE)
    no_in_field = newer & short & rows["school_year"].between(NO_EXPERIENCE_BEFORE, NO_IN_FIELD_BEFORE - 1)
    text.loc[early, "student_teacher_ratio"] = text.loc[early, "not_provisional_rate"]
    text.loc[early, ["experienced_rate", "not_provisional_rate", "in_field_rate"]] = None
    wrong = rows["source_cells"].ne(width) & ~early & ~no_in_field & rows["school_year"].notna()
    printed = rows.loc[wrong, "school_year"].map(lambda year: year_label(int(year))).astype("str")
    shifted = text[list(RATES)].apply(lambda column: pub.as_text(column).str.contains(_RATIO)).any(axis=1) & ~wrong
    problems += [
        pub.reject(raw, rows.loc[wrong, "source_row"], rows.loc[wrong, "source_cells"].astype(str) + " cells",
                   f"{width} cells, as in the header: no other layout is known for " + printed),
        pub.reject(raw, rows.loc[shifted, "source_row"], "a ratio ('to 1') in a column of percents",
                   "the columns of the row's year; the row is shifted under this header"),
    ]  # fmt: skip
    if early.any():
        problems.append(problem_frame([Problem(
            raw.name, int(rows.loc[early, "source_row"].iloc[0]), None,
            f"{int(early.sum())} rows of the layout to {year_label(NO_EXPERIENCE_BEFORE - 1)} under a later header",
            "core classes, highly qualified and ratio in its last cells; they were read so", "flagged")]))  # fmt: skip
    return text


def _measured(raw: RawFile, rows: pd.DataFrame, text: pd.DataFrame, measures: dict[str, str | None],
              problems: list[pd.DataFrame]) -> pd.DataFrame:  # fmt: skip
    """Numbers of every measure and the status of the row; remarks are added to `problems`."""
    parsed = {measure: pub.cells(text[measure]) for measure in MEASURES}
    fte = parsed["teacher_fte"]
    nobody = fte.values.eq(0)
    tiny = fte.values.lt(SMALLEST_FTE)
    ratio = parsed["student_teacher_ratio"]
    endless = ratio.status.eq("not_applicable") & ~tiny
    printed = measures["student_teacher_ratio"] or ""
    problems.append(pub.flag(raw, rows.loc[endless, "source_row"], "'Infinity' beside teachers",
                             "a ratio such as '12.7 to 1'; left out", printed))  # fmt: skip
    out = rows.assign(teacher_fte=fte.values, student_teacher_ratio=ratio.values.mask(tiny))
    for measure, cell in parsed.items():
        odd = cell.status.eq("unparsed")
        if measure in RATES:
            odd |= ~cell.values.between(0, 100) & cell.values.notna()
            out[measure] = (cell.values / 100).mask(odd | nobody)
        problems.append(pub.flag(raw, rows.loc[odd, "source_row"], pub.quoted(text.loc[odd, measure]),
                                 "a number such as '97.2'; left out", measures[measure] or ""))  # fmt: skip
    return out.assign(status=fte.status.mask(nobody, "not_applicable"))


def _years(rows: pd.DataFrame) -> list[int]:
    return sorted(int(year) for year in rows["school_year"].dropna().unique())


def _series_break(raw: RawFile, rows: pd.DataFrame) -> pd.DataFrame:
    years = _years(rows)
    if not years or not (years[0] < EXPERIENCE_BREAKS <= years[-1]) or not rows["experienced_rate"].notna().any():
        return problem_frame([])
    return problem_frame([Problem(
        raw.name, None, "Percent of Experienced Teachers", "years before and after 2023-24",
        "no trend across them: the series falls by about 8 points in the source, cause unknown",
        "flagged")])  # fmt: skip


def _notes(rows: pd.DataFrame) -> tuple[str, ...]:
    """The years read, and the state's equivalents beside the sum of the districts where a file has both."""
    years = _years(rows)
    notes = [f"school years: {', '.join(map(str, years))}"] if years else []
    for year in years:
        fte = rows[rows["school_year"].eq(year)].groupby("level")["teacher_fte"].sum()
        if {"state", "district"} <= set(fte.index):
            notes.append(f"{year_label(year)}: state row {fte['state']:,.2f} FTE, districts {fte['district']:,.2f}")
    return tuple(notes)


SOURCE = Source(
    name="teacher_data",
    title="DESE teacher data report",
    feeds=(TABLE,),
    columns=COLUMNS,
    recognise=recognise,
    conform=conform,
    quirks=(
        "collected files hold each school-year twice, under two item numbers: the first is kept, the other listed",
        "rows to 2016-17 under a later header hold core classes, their share and the ratio in other columns: they are "
        "read by the layout of their year, without experience, waivers and in-field",
        "rows of 2017-18 lack the in-field cell; a row short in any other year is rejected",
        "a ratio with less than 0.15 FTE is an artefact of the division and is left out, as are shares of 0 FTE",
        "FTE is full-time equivalents; retention counts heads: never divide one by the other",
    ),
)
