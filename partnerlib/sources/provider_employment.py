"""Educator-preparation employment pages: completers found in Massachusetts public schools, report by report.

Counts of one cohort change from report to report, and 'All Years' counts people once: no snapshot is ever overwritten,
completed or added up.
"""

from __future__ import annotations

import pandas as pd

from partnerlib.codes import school_year
from partnerlib.errors import ParameterError
from partnerlib.sources import published as pub
from partnerlib.sources.contract import Conformed, RawColumn, Source
from partnerlib.sources.employment_measures import rate_breaks_basis, retention_basis, retention_status
from partnerlib.sources.employment_pages import CELLS, is_page, page_rows
from partnerlib.sources.employment_snapshots import KEY, TABLE, EmploymentFile, reconcile
from partnerlib.sources.reading import RawFile

NO_COLUMN = "(no column)"
"""Written in the tidy transcription where a page's table has no column for the employed."""

COLUMNS = (
    RawColumn(("orgcode",), f"{TABLE}.provider_code"),
    RawColumn(("organization",), f"{TABLE}.provider_name"),
    RawColumn(("report_year",), f"{TABLE}.report_year"),
    RawColumn(("table",), f"{TABLE}.grouping"),
    RawColumn(("program",), f"{TABLE}.grouping"),
    RawColumn(("label",), f"{TABLE}.group"),
    RawColumn(("completers",), f"{TABLE}.completers_count"),
    RawColumn(("ever_employed",), f"{TABLE}.employed_count"),
    RawColumn(("pct_ever_employed",), f"{TABLE}.employed_rate {TABLE}.employed_status"),
    RawColumn(("retention_cohort",), f"{TABLE}.retention_cohort_count {TABLE}.status"),
    RawColumn(("pct_remaining_2yr",), f"{TABLE}.retained_rate {TABLE}.retention_basis"),
    RawColumn(("cohort_wording",), required=False,
              ignored="what the page says the cohort is; the arithmetic decides, a disagreement is flagged"),
    RawColumn(("table_kind", "left_nav_id", "data_last_updated", "url"), required=False,
              ignored="where and when the page was saved"),
)  # fmt: skip


def recognise(raw: RawFile) -> bool:
    """By a saved page's address and table heading, or by the columns of the tidy transcription of such pages."""
    if raw.kind == "text":
        return is_page(raw.lines[:400])
    header = {pub.plain(name) for name in raw.header}
    return {"orgcode", "report_year", "completers", "pct_ever_employed", "retention_cohort"} <= header


def conform(raw: RawFile) -> Conformed:
    """The file's table rows, each with its report year, basis of the retention rate and status."""
    if raw.kind == "text":
        frame = page_rows(raw)
        odd = ~frame["source_cells"].isin([5, 6])
        ragged = pub.reject(raw, frame.loc[odd, "source_row"], frame.loc[odd, "source_cells"].astype(str) + " cells",
                            "a label and four or five cells, as in the page's tables")  # fmt: skip
        received = len(frame)
    else:
        pub.missing_columns(raw, {c.names[0]: pub.column_of(raw, *c.names) for c in COLUMNS if c.required})
        frame = raw.frame().rename(columns={column: pub.plain(column) for column in raw.columns})
        frame["ever_employed"] = frame["ever_employed"].where(frame["ever_employed"].ne(NO_COLUMN))
        ragged, received = raw.ragged(), raw.received
    problems = [ragged, pub.unmapped_columns(raw, COLUMNS)]
    frame = frame.reindex(columns=["source_row", "orgcode", "organization", "report_year", "address_year",
                                   "cohort_wording", "table", "program", *CELLS])  # fmt: skip
    rows = _identified(raw, pub.without_rejected(frame, problems), problems)
    rows = _measured(raw, rows, problems)
    problems.append(pub.repeated(raw, rows, KEY, list(CELLS[1:])))
    rows = pub.without_rejected(rows, problems)
    years = sorted(int(year) for year in rows["report_year"].dropna().unique())
    problems.append(pub.names_another_year(raw, years))
    notes = (f"report years: {', '.join(map(str, years))}",) if years else ()
    given = pub.conformed(raw, TABLE, rows, problems, received, notes)
    return EmploymentFile(**given.__dict__, lines=rows[[*KEY, "source_row"]].reset_index(drop=True))


def _identified(raw: RawFile, frame: pd.DataFrame, problems: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows with provider, report year, table and group; those without a provider or year are rejected."""
    codes, code_problems = pub.organization_codes(raw, frame, "orgcode")
    group = _label(frame["label"])
    spring = group.map(_cohort).astype("Int64")
    year = pd.to_numeric(frame["report_year"], errors="coerce").astype("Int64")
    told = year.isna() & spring.notna().any()
    year = year.fillna(spring.max() + 1) if told.any() else year
    address = pd.to_numeric(frame["address_year"], errors="coerce").astype("Int64")
    contradicts = (address.notna() & address.ne(year)).fillna(False) | spring.ge(year).fillna(False)
    unknown = year.isna() | ~year.between(pub.FIRST_YEAR, pub.LAST_YEAR).fillna(False)
    program = pub.as_text(frame["program"])
    rows = frame.assign(
        provider_code=codes, provider_name=frame["organization"], report_year=year, spring=spring, group=group,
        grouping=_label(program.where(program.ne(""), frame["table"])),
    )  # fmt: skip
    problems += [
        code_problems,
        pub.flag(raw, frame.loc[told, "source_row"].head(1), "no report year (fycode)",
                 f"a report year; {spring.max() + 1} was taken from the newest cohort", "report_year"),
        pub.reject(raw, frame.loc[unknown, "source_row"], "no report year",
                   "the year of the report (fycode) on the page or in its address: counts change with it",
                   "report_year"),
        pub.flag(raw, frame.loc[contradicts & ~unknown, "source_row"].head(1), "a report year the page contradicts",
                 "one year in the address and above the cohorts; the stated one was believed", "report_year"),
    ]  # fmt: skip
    return _told_apart(pub.without_rejected(rows, problems))


def _label(text: pd.Series) -> pd.Series:
    """Labels in one spelling: '2013 - 14', 'ALL ALL' and 'Post-baccalaureate' have others (EPP-11)."""
    plain = pub.as_text(text).str.replace(r"\s+", " ", regex=True).str.strip()
    plain = plain.str.replace(r"^(\d{4}) ?[-–] ?(\d{2})$", r"\1-\2", regex=True)
    return plain.str.replace(r"\bALL\b", "All", regex=True).str.replace("Post-baccalaureate", "Post-Baccalaureate")


def _cohort(label: str) -> int | None:
    try:
        return school_year(label)
    except ParameterError:
        return None


def _told_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the nested characteristics table: a level or field that stands under several types carries its type."""
    heads = rows["group"].where(rows["group"].str.startswith("Academic:"))
    parent = pub.as_text(heads.groupby([rows["report_year"], rows["provider_code"], rows["grouping"]]).ffill())
    again = (
        rows.duplicated(KEY, keep=False)
        & rows["grouping"].str.contains("Characteristics")
        & heads.isna()
        & parent.ne("")
    )
    return rows.assign(group=rows["group"].where(~again, parent + " / " + rows["group"]))


def _measured(raw: RawFile, rows: pd.DataFrame, problems: list[pd.DataFrame]) -> pd.DataFrame:
    """The numbers of every row with their statuses; remarks are added to `problems`."""
    completers, employed, employed_pct, cohort, rate = (pub.cells(rows[name]) for name in CELLS[1:])
    pages = rows["provider_code"] + " " + rows["report_year"].astype(str)
    basis = retention_basis(pages, completers, employed, employed_pct, cohort, rate)
    lines = rows["source_row"]
    off = (100 * employed.values / completers.values - employed_pct.values).abs().gt(0.05 + 1e-9)
    broken = rate_breaks_basis(basis, employed, cohort, rate)
    wording = pub.as_text(rows["cohort_wording"]).str.lower()
    disagrees = wording.ne("") & basis.ne("unknown") & wording.ne(basis) & ~pages.duplicated()
    problems += [
        pub.flag(raw, lines[off], pub.quoted(rows.loc[off, "pct_ever_employed"]),
                 "ever employed / completers to 0.05", "pct_ever_employed"),
        pub.flag(raw, lines[broken], pub.quoted(rows.loc[broken, "pct_remaining_2yr"]),
                 "retention cohort / ever employed to 0.05, as on the rest of the page", "pct_remaining_2yr"),
        pub.flag(raw, lines[disagrees], "wording that calls the cohort the " + wording[disagrees],
                 "the " + basis[disagrees] + ", as the page's arithmetic shows; the arithmetic was believed",
                 "cohort_wording"),
    ]  # fmt: skip
    for name, cell in zip(CELLS[1:], (completers, employed, employed_pct, cohort, rate), strict=True):
        odd = cell.status.eq("unparsed")
        problems.append(pub.flag(raw, lines[odd], pub.quoted(rows.loc[odd, name]), "a number, '-' or '*'", name))
    return rows.assign(
        completers_count=pub.whole(completers.values), employed_count=pub.whole(employed.values),
        employed_rate=employed_pct.values / 100, employed_status=employed_pct.status,
        retention_cohort_count=pub.whole(cohort.values), retained_rate=rate.values / 100, retention_basis=basis,
        status=retention_status(rows["report_year"], rows["spring"], completers, cohort, rate, basis),
    )  # fmt: skip


SOURCE = Source(
    name="provider_employment",
    title="educator-preparation employment pages",
    feeds=(TABLE,),
    columns=COLUMNS,
    recognise=recognise,
    conform=conform,
    reconcile=reconcile,
    quirks=(
        "one label, two meanings: whether the retention cohort is the denominator of the rate or its numerator is "
        "decided by the arithmetic of the page's rows, never by its wording, and kept as retention_basis",
        "every report year is a snapshot of its own: counts of one cohort rise and fall between reports",
        "'All Years' counts people once and is never rebuilt by summing",
        "a cohort of 0 with a dash or star is too young (not yet observed); other dashes are withheld",
        "four columns in old program tables, five in newer ones; an employed count is not printed in old reports",
        "the same page in several files is kept once, from the file with the most rows; the others are listed",
    ),
)
