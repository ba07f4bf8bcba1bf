"""DESE staffing retention as published: who is found in the same position a year later, always with its level.

Three state rates exist for one year (in 2021: 84.7 by school, 88.4 by district, 90.6 unduplicated). A file does not
say which it holds; the arithmetic does: a state row equal to the sum of the school rows is the school roll-up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from partnerlib.codes import STATE_CODE
from partnerlib.sources import published as pub
from partnerlib.sources.contract import Conformed, RawColumn, Source
from partnerlib.sources.reading import RawFile
from partnerlib.sources.retention_rows import ROLES, TABLE, UndatedDistricts, long_rows, reconcile

CODES = ("School Code", "DESE ID", "District Code", "Org Code", "District/School Code")
NAMES = ("School Name", "District Name", "Org Name", "District/School Name")
YEARS = ("Academic Year", "School Year")
_TITLE_YEAR = re.compile(r"^\s*(\d{4}(?:\s*-\s*\d{2,4})?)")
_FAILED = re.compile(r"failed to", re.IGNORECASE)


def _role_columns(role: str) -> tuple[RawColumn, ...]:
    name, needed = role.title(), role != "superintendent"
    return (
        RawColumn((f"{name} Total",), f"{TABLE}.base_count", required=needed),
        RawColumn((f"{name} # Retained",), f"{TABLE}.retained_count", required=needed),
        RawColumn((f"{name} % Retained",), f"{TABLE}.retained_rate", required=needed),
    )


COLUMNS = (
    RawColumn(CODES, f"{TABLE}.organization_code", required=False),
    RawColumn(NAMES, f"{TABLE}.organization_name"),
    RawColumn(YEARS, f"{TABLE}.school_year", required=False),
    *(column for role in ROLES for column in _role_columns(role)),
    RawColumn(("Raw likert calculation", "Likert Score", "Admin Data Item"), required=False,
              ignored="scores and item numbers of the project that collected the report, not the report's"),
)  # fmt: skip


def recognise(raw: RawFile) -> bool:
    """By the three teacher columns: 'Teacher Total' tells staff retention from students repeating a grade (RET-4)."""
    header = {pub.plain(name) for name in raw.header}
    return {"teacher total", "teacher # retained", "teacher % retained"} <= header


def conform(raw: RawFile) -> Conformed:
    """The file's rows, one for each organization, year and role, with counts and the rate they give."""
    name, code = pub.column_of(raw, *NAMES), pub.column_of(raw, *CODES)
    counts = {role: {part: pub.column_of(raw, f"{role} {part}") for part in ("Total", "# Retained", "% Retained")}
              for role in ROLES}  # fmt: skip
    counts = {role: columns for role, columns in counts.items() if any(columns.values())}
    pub.missing_columns(raw, {"School Name": name} | {f"{role.title()} {part}": column for role, columns in
                                                      counts.items() for part, column in columns.items()})  # fmt: skip
    frame = raw.frame()
    problems = [raw.ragged(), pub.unmapped_columns(raw, COLUMNS)] if code else [raw.ragged()]
    years, year_problems = _years(raw, frame)
    merged = code is None
    rows = frame[["source_row"]].assign(organization_name=frame[name], school_year=years)
    if merged:
        rows["organization_code"] = pd.Series(STATE_CODE, index=rows.index).where(
            pub.is_state_row(pd.Series("", index=rows.index), frame[name])
        )
    else:
        rows["organization_code"], code_problems = pub.organization_codes(raw, frame, str(code))
        problems += [code_problems, year_problems]
        rows = pub.without_rejected(rows, problems)
    measures = _measures(raw, frame.loc[rows.index], counts, merged, problems)
    rows = rows.join(measures)
    rows["level"] = _levels(rows, tuple(counts), merged)
    problems += [_unlabelled(raw, rows)]
    if not merged:
        problems.append(
            pub.repeated(raw, rows, ["school_year", "organization_code", "level"], measures.columns.tolist())
        )
    rows = pub.without_rejected(rows, problems)
    if merged and rows["school_year"].isna().any():
        return _undated(raw, rows, tuple(counts), problems)
    problems.append(pub.names_another_year(raw, sorted(int(year) for year in rows["school_year"].dropna().unique())))
    return pub.conformed(raw, TABLE, long_rows(rows, tuple(counts)), problems, raw.received, _notes(rows))


def _years(raw: RawFile, frame: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """The label of each row: from its own column, else from the title above the header ('2012Staffing Retention')."""
    column = pub.column_of(raw, *YEARS)
    if column:
        return pub.springs(raw, frame, column)
    title = _TITLE_YEAR.match(raw.title)
    label = pd.DataFrame({"source_row": frame["source_row"], "title": title[1] if title else None})
    return pub.springs(raw, label, "title")


def _measures(raw: RawFile, frame: pd.DataFrame, counts: Mapping[str, Mapping[str, str | None]], merged: bool,
              problems: list[pd.DataFrame]) -> pd.DataFrame:  # fmt: skip
    """Base, retained, rate and status of every role; remarks are added to `problems`."""
    written = [str(column) for columns in counts.values() for column in columns.values()]
    text = frame[written].copy()
    failed = text.apply(lambda column: pub.as_text(column).str.contains(_FAILED)).any(axis=1)
    if failed.any():
        problems.append(pub.flag(raw, frame.loc[failed, "source_row"], "a sentence spread over the cells of the counts",
                                 "counts; all of the row are missing (failed to report)", ""))  # fmt: skip
        text[failed] = None
    if merged:
        text = text.mask(text.isin(pub.MERGED_MISSING))
    measures: dict[str, pd.Series] = {}
    for role, columns in counts.items():
        base, kept, rate = (pub.cells(text[str(columns[part])]) for part in ("Total", "# Retained", "% Retained"))
        for part, cell in (("Total", base), ("# Retained", kept)):
            odd = cell.status.eq("unparsed") | cell.values.mod(1).gt(0) | cell.values.isin([99999])
            problems.append(pub.flag(raw, frame.loc[odd, "source_row"], pub.quoted(text.loc[odd, str(columns[part])]),
                                     "a count; read as missing", str(columns[part])))  # fmt: skip
            cell.values[odd], cell.status[odd] = float("nan"), "unparsed"
        share = (kept.values / base.values).where(base.values.gt(0))
        over = share.gt(1)
        off = (share * 100 - rate.values).abs().gt(0.05 + 1e-9) & ~over
        problems += [
            pub.flag(raw, frame.loc[over, "source_row"], "more people retained than there were",
                     "at most the total; the rate is left out", str(columns["# Retained"])),
            pub.flag(raw, frame.loc[off, "source_row"], pub.quoted(text.loc[off, str(columns["% Retained"])]),
                     (share[off] * 100).round(1).astype(str) + ", as the counts give; the counts were believed",
                     str(columns["% Retained"])),
        ]  # fmt: skip
        measures |= {
            f"{role}_base": pub.whole(base.values), f"{role}_retained": pub.whole(kept.values),
            f"{role}_rate": share.mask(over), f"{role}_status": _status(base, kept, over),
        }  # fmt: skip
    return pd.DataFrame(measures, index=frame.index)


def _status(base: pub.Cells, kept: pub.Cells, over: pd.Series) -> pd.Series:
    """What the rate is: a rate of zero is a fact; without anybody to retain it does not apply."""
    status = kept.status.where(~base.status.isin(["suppressed", "missing", "unparsed", "not_applicable"]), base.status)
    return status.mask(base.values.eq(0), "not_applicable").mask(over, "unparsed")


def _levels(rows: pd.DataFrame, roles: tuple[str, ...], merged: bool) -> pd.Series:
    """School, district, or which of the state's totals: equal to the sum of the rows, or beside one that is (RET-2)."""
    detail = "district" if merged or rows["organization_code"].dropna().str.endswith("0000").all() else "school"
    state = pub.is_state_row(rows["organization_code"], rows["organization_name"])
    is_district = pub.as_text(rows["organization_code"]).str.endswith("0000") | rows["organization_code"].isna()
    level = pd.Series("school", index=rows.index, dtype=object).mask(is_district, "district").mask(state, None)
    columns = [f"{role}_{part}" for role in roles for part in ("base", "retained")]
    for _, year in rows.groupby("school_year", dropna=False):
        total = year.loc[level[year.index].eq(detail), columns].sum()
        states = year[state[year.index]]
        equal = states[columns].fillna(0).eq(total).all(axis=1)
        level[states.index[equal]] = f"state_{detail}_rollup"
        if equal.sum() == 1 and len(states) == 2:
            level[states.index[~equal]] = "state_unduplicated"
    return level


def _unlabelled(raw: RawFile, rows: pd.DataFrame) -> pd.DataFrame:
    unknown = rows["level"].isna()
    return pub.reject(raw, rows.loc[unknown, "source_row"], "a state row of unknown level",
                      "a state row equal to the sum of the file's other rows; retention needs a level, and this row "
                      "could be the school, the district or the unduplicated total")  # fmt: skip


def _undated(raw: RawFile, rows: pd.DataFrame, roles: tuple[str, ...], problems: list[pd.DataFrame]) -> Conformed:
    """A merged district file without codes and year: nothing is accepted until the school series tells both."""
    reason = pub.reject(raw, rows["source_row"], "a row without year and organization code",
                        "a year and a code; put the school-level retention files of that time into the same folder, "
                        "and the row is dated and coded by comparison with them")  # fmt: skip
    nothing = pub.conformed(raw, TABLE, long_rows(rows.iloc[:0], roles), [*problems, reason], raw.received,
                            (f"{len(raw.header) - 3 * len(roles) - 1} columns of other reports left out",))  # fmt: skip
    return UndatedDistricts(**nothing.__dict__, rows=rows, roles=roles)


def _notes(rows: pd.DataFrame) -> tuple[str, ...]:
    years = sorted(int(year) for year in rows["school_year"].dropna().unique())
    return (f"years by their labels: {', '.join(map(str, years))}",) if years else ()


SOURCE = Source(
    name="staff_retention",
    title="DESE staffing retention report",
    feeds=(TABLE,),
    columns=COLUMNS,
    recognise=recognise,
    conform=conform,
    reconcile=reconcile,
    quirks=(
        "two 'State Total' rows of one code are told apart by arithmetic: the one equal to the sum of the school rows "
        "is the school roll-up, the other the unduplicated total; a state row that fits neither is rejected",
        "the label Y compares October Y-2 with October Y-1: both are kept as from_year and to_year",
        "'Failed to meet reporting requirements' spread over the count cells: every count of the row is missing",
        "a blank count is missing, never 0; a base of 0 has no rate; small schools are not suppressed in the source",
        "two scrapes of one series stand side by side, told apart by source_file: never add them up",
        "a district file merged by hand has neither codes nor a year and writes 99999 for nothing: it is dated and "
        "coded by comparison with the school series in the same folder, or rejected",
    ),
)
