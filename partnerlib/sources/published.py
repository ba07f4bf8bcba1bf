"""What the three published families share: cells as numbers with a status, organization codes, repeated rows, problems.

A published number is never just a number: a dash, a blank, 'NA' and 0 are four things, and stay so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from partnerlib import engine
from partnerlib.codes import STATE_CODE, school_year
from partnerlib.errors import ParameterError, Problem
from partnerlib.sources.contract import Conformed, RawColumn
from partnerlib.sources.reading import PROBLEM_COLUMNS, RawFile, problem_frame, unreadable
from partnerlib.tables import TABLES

SUPPRESSED = frozenset({"-", "--", "*", "–", "—"})
MISSING = frozenset({"NA", "N/A", "NI", "NR", "#N/A", "NOT REPORTED", "NULL"})
NOT_APPLICABLE = frozenset({"INFINITY"})
MERGED_MISSING = frozenset({"99999", "99999.0"})
"""How one merged file writes 'no value'; a number in any other (quirk LIT-5)."""
STATE_NAMES = frozenset({"state", "state total", "state totals", "state total - state total",
                         "state totals - state totals"})  # fmt: skip
FIRST_YEAR, LAST_YEAR = 1990, 2060
_NUMBER = re.compile(r"^-?(\d+(\.\d*)?|\.\d+)$")
_YEAR_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:-(\d{2}))?(?![\d])")


@dataclass(frozen=True)
class Cells:
    """A column of printed numbers: values where there are any, and what every cell is."""

    values: pd.Series
    status: pd.Series
    """reported, zero, suppressed, missing, not_applicable or unparsed."""


def as_text(values: pd.Series) -> pd.Series:
    """Cells as text, missing ones as empty text."""
    return values.astype(object).where(values.notna(), "").astype("str")


def cells(text: pd.Series) -> Cells:
    """Printed numbers without thousands commas, $, % or ' to 1', each with its status."""
    plain = as_text(text).str.replace(",", "").str.replace(r"^\$|%$|\s+to\s+1$", "", regex=True)
    plain = plain.str.strip()
    upper = plain.str.upper()
    is_number = plain.str.match(_NUMBER)
    values = pd.to_numeric(plain.where(is_number), errors="coerce").astype("float64")
    status = pd.Series("unparsed", index=text.index, dtype=object)
    status[is_number] = "reported"
    status[is_number & values.eq(0)] = "zero"
    status[upper.eq("") | upper.isin(MISSING)] = "missing"
    status[upper.isin(SUPPRESSED)] = "suppressed"
    status[upper.isin(NOT_APPLICABLE)] = "not_applicable"
    return Cells(values, status)


def whole(values: pd.Series) -> pd.Series:
    """Counts as integers that may be missing."""
    return values.round().astype("Int64")


def column_of(raw: RawFile, *names: str) -> str | None:
    """The file's own spelling of the first of these column names that it has."""
    present = {plain(written): column for written, column in zip(raw.header, raw.columns, strict=True)}
    return next((present[plain(name)] for name in names if plain(name) in present), None)


def plain(name: str) -> str:
    """A column name without case, outer blanks and repeated blanks."""
    return " ".join(name.lower().split())


def reject(raw: RawFile, rows: pd.Series, found: pd.Series | str, expected: pd.Series | str, column: str = "",
           action: str = "rejected") -> pd.DataFrame:  # fmt: skip
    """One problem for each of these lines of the file, in the columns of the `rejects` table."""
    if rows.empty:
        return problem_frame([])
    frame = pd.DataFrame({"row": rows.astype("int64")})
    frame["source_file"], frame["column"], frame["action"] = raw.name, column, action
    frame["found"], frame["expected"] = found, expected
    return frame[PROBLEM_COLUMNS]


def flag(raw: RawFile, rows: pd.Series, found: pd.Series | str, expected: pd.Series | str, column: str) -> pd.DataFrame:
    """The same for rows that are kept, with a remark."""
    return reject(raw, rows, found, expected, column, "flagged")


def quoted(printed: pd.Series) -> pd.Series:
    """Cells as they stand in the file, in quotes."""
    return "'" + as_text(printed) + "'"


def organization_codes(raw: RawFile, frame: pd.DataFrame, column: str) -> tuple[pd.Series, pd.DataFrame]:
    """Codes with their eight digits; those that lost leading zeros are mended and flagged, others rejected (KEY-1)."""
    printed = as_text(frame[column])
    codes = printed.where(printed.str.fullmatch(r"\d{8}"))
    short = codes.isna() & printed.str.fullmatch(r"\d{1,8}(\.0+)?")
    codes = codes.where(~short, printed.str.split(".").str[0].str.zfill(8))
    bad = codes.isna()
    problems = pd.concat([
        flag(raw, frame.loc[short, "source_row"], quoted(printed[short]),
             "eight digits; read as " + quoted(codes[short]), column),
        reject(raw, frame.loc[bad, "source_row"], quoted(printed[bad]),
               "an organization code of eight digits, such as '00350000'", column),
    ])  # fmt: skip
    return codes, problems


def springs(raw: RawFile, frame: pd.DataFrame, column: str) -> tuple[pd.Series, pd.DataFrame]:
    """School years by their spring; labels that are no year, or one out of all reason, are rejected."""
    years = {label: _spring(label) for label in frame[column].dropna().unique()}
    found = frame[column].map(years).astype("Int64")
    bad = found.isna()
    return found, reject(
        raw, frame.loc[bad, "source_row"], quoted(frame.loc[bad, column]), "a school year such as '2017-18'", column
    )


def _spring(label: str) -> int | None:
    try:
        year = school_year(label)
    except ParameterError:
        return None
    return year if FIRST_YEAR <= year <= LAST_YEAR else None


def repeated(raw: RawFile, frame: pd.DataFrame, key: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Rows that stand twice: exact repetitions give way to the first, contradicting ones are all rejected (SIL-5)."""
    again = frame[frame.duplicated(list(key), keep=False)]
    if again.empty:
        return problem_frame([])
    by_key = again.groupby(list(key), sort=False, dropna=False)
    first = by_key["source_row"].transform("min")
    variant = again.groupby([*key, *values], sort=False, dropna=False).ngroup()
    differs = variant.groupby([again[name] for name in key], sort=False, dropna=False).transform("nunique").gt(1)
    same = ~differs & again["source_row"].ne(first)
    other = by_key["source_row"].shift(-1).fillna(by_key["source_row"].transform("first")).astype(int)
    return pd.concat([
        reject(raw, again.loc[same, "source_row"], "a repeated row",
               "each row once; the same row stands in line " + first[same].astype(str)),
        reject(raw, again.loc[differs, "source_row"], "a second row of the same " + " and ".join(key),
               "one row; line " + other[differs].astype(str) + " has other values, and nobody knows which is right"),
    ])  # fmt: skip


def is_state_row(codes: pd.Series, names: pd.Series) -> pd.Series:
    """Rows of the whole state, by code or by the whole name: Baystate Academy is a school (AGG-1)."""
    return codes.isin({STATE_CODE, "09990000", "09990999"}) | as_text(names).str.strip().str.lower().isin(STATE_NAMES)


def names_another_year(raw: RawFile, years: Sequence[int]) -> pd.DataFrame:
    """A remark when the file's name says only years that its content does not have (YR-1)."""
    stem = raw.path.stem
    named = set()
    for first, second in _YEAR_IN_NAME.findall(stem):
        if not second:
            named.add(int(first))
        elif int(second) == (int(first) + 1) % 100:
            named.add(int(first) + 1)
    if not named or not years or named & set(years):
        return problem_frame([])
    found = f"a name that says {', '.join(map(str, sorted(named)))}"
    held = f"{min(years)}" if len(set(years)) == 1 else f"{min(years)} to {max(years)}"
    return problem_frame([Problem(raw.name, None, None, found, f"{held}, as the content says; the content was "
                                  "believed, rename the file", "flagged")])  # fmt: skip


def unmapped_columns(raw: RawFile, columns: Sequence[RawColumn]) -> pd.DataFrame:
    """One remark that lists every column of the file that no layout of the family has."""
    known = {plain(name) for column in columns for name in column.names}
    extra = [name for name in raw.header if name and plain(name) not in known]
    if not extra:
        return problem_frame([])
    shown = ", ".join(f"'{name}'" for name in extra[:5]) + (f" and {len(extra) - 5} more" if len(extra) > 5 else "")
    return problem_frame([Problem(raw.name, raw.header_row, None, f"{len(extra)} columns of no known layout: {shown}",
                                  "the columns of the report; they are left out", "flagged")])  # fmt: skip


def missing_columns(raw: RawFile, needed: Mapping[str, str | None]) -> None:
    """Refuse a file without a column that its layout must have, all of them at once."""
    absent = [name for name, column in needed.items() if column is None]
    if absent:
        raise unreadable(raw.name, "no column " + ", ".join(f"'{name}'" for name in absent),
                         "every column of the report; it vanished or was renamed: compare with an earlier file",
                         raw.header_row)  # fmt: skip


def conformed(raw: RawFile, table: str, rows: pd.DataFrame, problems: Sequence[pd.DataFrame], received: int,
              notes: Sequence[str] = ()) -> Conformed:  # fmt: skip
    """The file's rows in the table's exact columns, with the count of raw rows accepted and rejected.

    `rows` may hold several table rows for one raw row; those of rejected raw rows must not be in it.
    """
    found = [frame for frame in (problem_frame(raw.remarks), *problems) if len(frame)]
    listed = pd.concat(found, ignore_index=True) if found else problem_frame([])
    listed = listed.astype({"row": "int64"}).sort_values(["row", "column"], ignore_index=True)
    rejected = rejected_rows(listed).nunique()
    declared = TABLES[table]
    frame = rows.assign(source_file=raw.name)[declared.column_names]
    lazy = engine.from_pandas(frame.reset_index(drop=True), declared.arrow_schema())
    return Conformed({table: lazy}, listed, received, received - rejected, rejected, tuple(notes))


def rejected_rows(problems: pd.DataFrame) -> pd.Series:
    """Lines of the file that were rejected."""
    return problems.loc[(problems["action"] == "rejected") & (problems["row"] > 0), "row"]


def without_rejected(frame: pd.DataFrame, problems: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows that no problem rejects."""
    lines = pd.concat([rejected_rows(listed) for listed in problems]) if problems else pd.Series(dtype="int64")
    return frame[~frame["source_row"].isin(lines)]
