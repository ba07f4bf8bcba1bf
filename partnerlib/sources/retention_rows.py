"""Rows of the staff retention table, and how a district file without codes and year gets both from the school series.

The year is not guessed: in a district with one school, district and school counts are the same people, so the year is
the one in which nearly all such districts agree. The code is that of the schools printed under the district's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from partnerlib import engine
from partnerlib.codes import STATE_CODE, year_label
from partnerlib.errors import Problem
from partnerlib.sources import published as pub
from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import RawFile, problem_frame
from partnerlib.tables import TABLES

TABLE = "staff_retention_published"
ROLES = ("teacher", "principal", "superintendent")
FEWEST_COMPARED = 5
"""One-school districts that must be comparable before a year is believed."""
ENOUGH_AGREE, RIVAL_AGREES = 0.9, 0.5
"""Share of them that must agree in the year, and that no other year may reach."""


def long_rows(rows: pd.DataFrame, roles: tuple[str, ...]) -> pd.DataFrame:
    """One row for each organization, year and role. Label Y is October Y-2 found again in October Y-1 (RET-3)."""
    parts = [
        rows[["school_year", "organization_code", "level", "organization_name"]].assign(
            role=role, base_count=rows[f"{role}_base"], retained_count=rows[f"{role}_retained"],
            retained_rate=rows[f"{role}_rate"], status=rows[f"{role}_status"],
        )
        for role in roles
    ]  # fmt: skip
    long = pd.concat(parts, ignore_index=True)
    return long.assign(from_year=long["school_year"] - 2, to_year=long["school_year"] - 1)


@dataclass(frozen=True)
class UndatedDistricts(Conformed):
    """A district file whose rows wait for a year and codes; until then all are rejected."""

    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    """One row a district: name, counts, rates and statuses of every role."""
    roles: tuple[str, ...] = ()


def reconcile(files: Sequence[tuple[RawFile, Conformed]]) -> list[Conformed]:
    """Date and code the undated district files by the school series among the files."""
    if not any(isinstance(given, UndatedDistricts) for _, given in files):
        return [given for _, given in files]
    tables = [engine.collect(given.tables[TABLE]) for _, given in files]
    schools = pd.concat([table[table["level"] == "school"] for table in tables], ignore_index=True)
    schools = schools.drop_duplicates(["organization_code", "school_year", "role"], keep="last")
    return [
        _dated(raw, given, schools) if isinstance(given, UndatedDistricts) and len(schools) else given
        for raw, given in files
    ]


def _dated(raw: RawFile, given: UndatedDistricts, schools: pd.DataFrame) -> Conformed:
    rows = _coded(given.rows, district_codes(given.rows["organization_name"], schools))
    agreement = agreement_by_year(rows, schools, given.roles)
    if agreement.empty:
        return given
    best = agreement.sort_values("share").iloc[-1]
    others = agreement.loc[agreement["school_year"] != best["school_year"], "share"]
    if best["share"] < ENOUGH_AGREE or (others >= RIVAL_AGREES).any():
        return given
    year = int(best["school_year"])
    then = district_codes(given.rows["organization_name"], schools[schools["school_year"] == year])
    later = {name: code for name, code in district_codes(given.rows["organization_name"], schools).items()
             if code not in then.values()}  # fmt: skip
    rows = _coded(given.rows, later | then)
    uncoded = rows["organization_code"].isna()
    waiting = given.problems["found"].eq("a row without year and organization code")
    told = f"{int(best['agree'])} of {int(best['compared'])} one-school districts have the counts of their school in it"
    problems = pd.concat([
        given.problems[~waiting],
        problem_frame([Problem(raw.name, None, None, "no year in the file",
                               f"a year; {year_label(year)} was found by comparison: {told}", "flagged")]),
        pub.reject(raw, rows.loc[uncoded, "source_row"], "a district name without a code",
                   "a name that the school rows of the retention files print before the school's; add the code"),
    ], ignore_index=True)  # fmt: skip
    table = long_rows(rows[~uncoded].assign(school_year=year), given.roles).assign(source_file=raw.name)
    rejected = pub.rejected_rows(problems).nunique()
    lazy = engine.from_pandas(table[TABLES[TABLE].column_names], TABLES[TABLE].arrow_schema())
    notes = (*given.notes, f"dated {year_label(year)} by comparison with the school series: {told}")
    return Conformed({TABLE: lazy}, problems, given.received, given.received - rejected, rejected, notes)


def _coded(rows: pd.DataFrame, codes: dict[str, str]) -> pd.DataFrame:
    return rows.assign(organization_code=rows["organization_code"].fillna(rows["organization_name"].map(codes)))


def district_codes(names: pd.Series, schools: pd.DataFrame) -> dict[str, str]:
    """Codes of districts by name: those of the schools printed as 'District-School' under exactly this name.

    A school belongs to the longest name that fits ('Acton-Boxborough' before 'Acton'); a name whose schools have
    several district codes gets none.
    """
    longest_first = sorted(names.dropna().unique(), key=len, reverse=True)
    pattern = "^(" + "|".join(re.escape(name) for name in longest_first) + r")\s*-"
    printed = schools[["organization_code", "organization_name"]].drop_duplicates()
    district = printed["organization_name"].str.extract(pattern, expand=False)
    found = pd.DataFrame({"name": district, "code": printed["organization_code"].str[:4] + "0000"}).dropna()
    found = found.drop_duplicates()
    single = found[~found.duplicated("name", keep=False) & ~found.duplicated("code", keep=False)]
    return dict(zip(single["name"], single["code"], strict=True))


def agreement_by_year(rows: pd.DataFrame, schools: pd.DataFrame, roles: tuple[str, ...]) -> pd.DataFrame:
    """For each year: districts of one school that could be compared, and how many have exactly its counts."""
    shared = [role for role in roles if role in set(schools["role"])]
    series = schools.assign(district=schools["organization_code"].str[:4] + "0000")
    count = series.groupby(["district", "school_year"])["organization_code"].transform("nunique")
    alone = series[count.eq(1) & series["role"].isin(shared)]
    wide = alone.pivot(index=["district", "school_year"], columns="role", values=["base_count", "retained_count"])
    parts, roles_of = (wide.columns.get_level_values(level).astype(str) for level in (0, 1))
    wide.columns = roles_of + "_" + parts.str.removesuffix("_count")
    columns = [f"{role}_{part}" for role in shared for part in ("base", "retained")]
    mine = rows.loc[rows["organization_code"].ne(STATE_CODE), ["organization_code", *columns]].dropna()
    both = mine.merge(wide.dropna().reset_index(), left_on="organization_code", right_on="district",
                      suffixes=("", "_school"))  # fmt: skip
    same = pd.concat([both[name].astype(int).eq(both[f"{name}_school"].astype(int)) for name in columns], axis=1)
    result = both.assign(agree=same.all(axis=1)).groupby("school_year")["agree"].agg(["sum", "size"]).reset_index()
    result.columns = pd.Index(["school_year", "agree", "compared"])
    return result[result["compared"] >= FEWEST_COMPARED].assign(share=lambda t: t["agree"] / t["compared"])
