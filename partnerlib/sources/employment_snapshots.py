"""Employment pages beside each other: one page in several files counts once, and every report year stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from partnerlib import engine
from partnerlib.sources import published as pub
from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import RawFile
from partnerlib.tables import TABLES

TABLE = "provider_employment_published"
KEY = ["report_year", "provider_code", "grouping", "group"]
COUNTS = {"completers_count": "completers", "employed_count": "ever_employed"}
"""Counts that are revised from report to report, and the column of the page they stand in."""


@dataclass(frozen=True)
class EmploymentFile(Conformed):
    """A conformed file that remembers on which line each of its rows stands."""

    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The key of every row, and its `source_row`."""


def reconcile(files: Sequence[tuple[RawFile, Conformed]]) -> list[Conformed]:
    """Rows that several files transcribe from one page are kept once, in the file with the most rows."""
    tables = [engine.collect(given.tables[TABLE]) for _, given in files]
    order = sorted(range(len(files)), key=lambda at: (-len(tables[at]), files[at][0].name))
    stacked = pd.concat([tables[at].assign(file=at) for at in order], ignore_index=True)
    values = [name for name in TABLES[TABLE].column_names if name not in ("source_file", "provider_name")]
    filled = stacked[values].astype(object).where(stacked[values].notna(), "")
    again = filled.duplicated(keep="first")
    first = stacked["source_file"].groupby([filled[name] for name in values], sort=False).transform("first")
    repeated = stacked[again].assign(first=first[again])
    moved = revised_counts(stacked[~again])
    return [
        _with_remarks(
            _without(raw, given, tables[at], repeated[repeated["file"] == at]), raw, moved[moved["file"] == at]
        )
        for at, (raw, given) in enumerate(files)
    ]


def revised_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Cohorts whose completers or employed differ from the report before: both snapshots stay (EPP-5)."""
    cohorts = rows[rows["group"].str.fullmatch(r"\d{4}-\d{2}")].sort_values(["report_year", "source_file"])
    before = cohorts.groupby(["provider_code", "grouping", "group"])[["report_year", *COUNTS]].shift()
    differs = {name: cohorts[name].ne(before[name]) & before[name].notna() & cohorts[name].notna() for name in COUNTS}
    told = cohorts.assign(**{f"{name}_before": before[name] for name in ["report_year", *COUNTS]})
    return told[pd.DataFrame(differs).any(axis=1)]


def _with_remarks(given: Conformed, raw: RawFile, moved: pd.DataFrame) -> Conformed:
    if moved.empty or not isinstance(given, EmploymentFile):
        return given
    there = given.lines.merge(moved, on=KEY)
    remarks = []
    for name in COUNTS:
        changed = there[there[name].ne(there[f"{name}_before"]) & there[f"{name}_before"].notna() & there[name].notna()]
        earlier = changed["report_year_before"].astype("Int64").astype("str")
        remarks.append(pub.flag(
            raw, changed["source_row"], changed[name].astype("Int64").astype("str"),
            changed[f"{name}_before"].astype("Int64").astype("str") + ", as report " + earlier + " has for the cohort; "
            "each report stands by itself", COUNTS[name]))  # fmt: skip
    return replace(given, problems=pd.concat([given.problems, *remarks], ignore_index=True))


def _without(raw: RawFile, given: Conformed, table: pd.DataFrame, repeated: pd.DataFrame) -> Conformed:
    if repeated.empty or not isinstance(given, EmploymentFile):
        return given
    there = given.lines.merge(repeated[[*KEY, "first"]], on=KEY)
    more = pub.reject(raw, there["source_row"], "a row that another file has, too",
                      "each row once; it was kept from " + there["first"])  # fmt: skip
    marked = table.merge(repeated[KEY], on=KEY, how="left", indicator=True)
    kept = marked.loc[marked["_merge"] == "left_only", TABLES[TABLE].column_names]
    problems = pd.concat([given.problems, more], ignore_index=True)
    rejected = pub.rejected_rows(problems).nunique()
    lazy = engine.from_pandas(kept.reset_index(drop=True), TABLES[TABLE].arrow_schema())
    return replace(given, tables={TABLE: lazy}, problems=problems, accepted=given.received - rejected,
                   rejected=rejected)  # fmt: skip
