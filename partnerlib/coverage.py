"""What the data cover: files received, rows by table and year, links by provider and year, and what was refused."""

from __future__ import annotations

import json
from pathlib import Path

import narwhals as nw
import pandas as pd

from partnerlib import engine
from partnerlib.codes import year_label
from partnerlib.link import link_quality
from partnerlib.tables import TABLES

_YEAR_COLUMNS = ("school_year", "completion_year", "report_year")


def files_received(processed: Path) -> pd.DataFrame:
    """Files and raw rows by source: received, accepted, rejected, flagged; accepted + rejected = received."""
    record = json.loads((processed / "ingest_record.json").read_text(encoding="utf-8"))
    files = pd.DataFrame(record["files"])
    counts = files.groupby("source", dropna=False)[["received", "accepted", "rejected", "flagged"]].sum()
    counts.insert(0, "files", files.groupby("source", dropna=False).size())
    return counts.reset_index()


def rows_by_year(processed: Path) -> pd.DataFrame:
    """Rows of every processed table (one row each) by school year (one column each); a gap is a year without a file."""
    tables = {name: _years_of(processed, name) for name in TABLES if name not in {"rejects", "links"}}
    filled = {name: years for name, years in tables.items() if not years.empty}
    counts = pd.DataFrame(filled).T.sort_index(axis=1).fillna(0).astype(int)
    return counts.rename(columns=lambda year: year_label(int(year)))


def _years_of(processed: Path, table: str) -> pd.Series:
    column = next((name for name in _YEAR_COLUMNS if name in TABLES[table].column_names), None)
    path = processed / f"{table}.parquet"
    if column is None or not path.is_file():
        return pd.Series(dtype=int)
    counted = engine.collect(engine.scan_parquet(path).group_by(column).agg(rows=nw.len()))
    return counted.dropna().set_index(column)["rows"].sort_index()


def link_rates(processed: Path, by: tuple[str, ...] = ("completion_year",)) -> pd.DataFrame:
    """Share of candidates linked to an educator, by how the link was made.

    Formula
        linked candidates / candidates with at least one completion
    Read it with care
        an unmatched candidate is not 'not employed': private and out-of-state schools are invisible here
    """
    links = pd.read_parquet(processed / "links.parquet", columns=["provider_code", "completion_year", "method"])
    completed = links.dropna(subset=["completion_year"]).astype({"completion_year": int})
    counted = completed.groupby([*by, "method"]).size().unstack("method", fill_value=0)
    counted = counted.reindex(columns=["mepid", "probabilistic", "unmatched"], fill_value=0)
    candidates = counted.sum(axis=1)
    shares = counted.assign(candidates=candidates, linked_rate=1 - counted["unmatched"] / candidates)
    return shares.rename_axis(columns=None).reset_index()


def links_against_truth(raw: Path, processed: Path) -> str:
    """Precision and recall of the links by provider and completion year, where the truth is known; else words.

    The truth of a synthetic state lies in the folder `truth` beside its raw files. Nobody knows it of a real one.
    """
    path = raw / "truth" / "truth_links.csv"
    if not path.is_file():
        return "The truth is not known: only a synthetic state comes with it."
    identities = pd.read_csv(path, dtype="str")
    identities["email"] = identities["email"].str.lower()
    candidates = pd.read_parquet(processed / "candidates.parquet", columns=["candidate_id", "provider_code", "email"])
    known = candidates.merge(identities, on=["provider_code", "email"], how="inner")
    truth = known.assign(mepid=known["true_mepid"].where(known["in_staff_files"] == "1"))
    quality = link_quality(pd.read_parquet(processed / "links.parquet"), truth)
    whole, cohorts = quality.iloc[-1], quality.iloc[:-1].dropna(subset=["completion_year"])
    lines = [f"all: precision {whole['precision']:.3f}, recall {whole['recall']:.3f}, {whole['links']:,} links"]
    for name in ("precision", "recall"):
        by_year = cohorts.pivot(index="provider_code", columns="completion_year", values=name).astype(float)
        lines += ["", name, by_year.round(3).rename_axis(columns=None).to_string(na_rep="")]
    return "\n".join(lines)


def link_shares(processed: Path) -> pd.DataFrame:
    """The same as parts of a whole, for a figure: label (year), part (how linked), value (share)."""
    rates = link_rates(processed)
    words = {"mepid": "by MEPID", "probabilistic": "by name, birth date and licence", "unmatched": "not found"}
    long = rates.melt(["completion_year", "candidates"], value_vars=list(words), var_name="method", value_name="people")
    return pd.DataFrame(
        {
            "label": long["completion_year"].map(lambda year: year_label(int(year))),
            "part": long["method"].map(words),
            "value": long["people"] / long["candidates"],
        }
    )


def refused(processed: Path) -> pd.DataFrame:
    """What was rejected or flagged, by source file family and reason: how many rows, and what was expected."""
    rejects = pd.read_parquet(processed / "rejects.parquet", columns=["source_file", "column", "expected", "action"])
    grouped = rejects.groupby(["action", "column", "expected"], dropna=False)
    counted = grouped.agg(rows=("source_file", "size"), files=("source_file", "nunique"))
    return counted.reset_index().sort_values(["action", "rows"], ascending=[False, False], ignore_index=True)
