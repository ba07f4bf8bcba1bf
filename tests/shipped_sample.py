"""The committed synthetic sample, built and linked once per test process, and the truth that was written beside it."""

from __future__ import annotations

import atexit
import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd

from partnerlib import pipeline
from partnerlib.build import build, is_fresh
from partnerlib.link import link
from partnerlib.project import Project, project

ROOT = Path(__file__).resolve().parents[1]
RAW = ROOT / "data" / "raw" / "sample"
YEAR = 2019


@cache
def built_sample() -> Path:
    """The sample's processed tables in a folder of their own; a fresh build in the working copy is copied."""
    standing = project(start=ROOT)
    processed = Path(mkdtemp(prefix="partnerlib-sample-")) / "processed"
    atexit.register(shutil.rmtree, processed.parent, ignore_errors=True)
    mine: Project = replace(standing, raw=RAW, processed=processed)
    if standing.raw == RAW and is_fresh(standing):
        shutil.copytree(standing.processed, processed)
    else:
        build(mine)
    link(processed)
    return processed


def prepared_sample(folder: Path) -> pipeline.Prepared:
    """The sample's tables in a folder of their own, linked and up to date, with nothing released."""
    shutil.copytree(built_sample(), folder / "processed", ignore=shutil.ignore_patterns("releases", "reasons"))
    return pipeline.prepare(Project(ROOT, RAW, folder / "processed", folder / "reports"))


def measured_sample(folder: Path, measures: Sequence[str]) -> pipeline.Prepared:
    """The same with the estimates of some measures, as if there were no others: few are released in seconds."""
    prepared = prepared_sample(folder)
    path = pipeline.estimate(prepared, YEAR)
    estimates = pd.read_parquet(path)
    key = path.with_name(f"{path.name}.key").read_text(encoding="utf-8").partition("\n")[0]
    estimates[estimates["measure"].isin(measures)].to_parquet(path, index=False)
    pipeline.mark(path, key)
    return prepared


@cache
def people_of_the_sample() -> tuple[str, ...]:
    """Names in full, MEPIDs and e-mail addresses of everybody in the sample's inputs."""
    found: set[str] = set()
    for row in _rows("completers_*.csv"):
        found |= {row["MEPID"], row["EMAIL"], f"{row['FIRST_NAME']} {row['LAST_NAME']}"}
    for row in _rows("epims_sr_*_oct.csv"):
        found |= {row["SR01"], f"{row['SR04']} {row['SR06']}"}
    return tuple(sorted(found - {""}))


def _rows(pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(RAW.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)


@cache
def true_identities() -> pd.DataFrame:
    """candidate_id and true MEPID of every candidate in the files; null for who is in no staff collection."""
    processed = built_sample()
    truth = pd.read_csv(RAW / "truth" / "truth_links.csv", dtype="str")
    candidates = pd.read_parquet(processed / "candidates.parquet", columns=["candidate_id", "provider_code", "email"])
    both = candidates.merge(truth.assign(email=truth["email"].str.lower()), on=["provider_code", "email"], how="inner")
    return both.assign(mepid=both["true_mepid"].where(both["in_staff_files"] == "1"))
