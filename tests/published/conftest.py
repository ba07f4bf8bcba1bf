"""Real published files, where they are at hand: never part of the repository, so these tests are skipped elsewhere."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from partnerlib import engine
from partnerlib.sources import provider_employment, staff_retention, teacher_data
from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import RawFile, open_raw

REAL_DATA = Path(os.environ.get("PARTNERLIB_REAL_DATA") or Path(__file__).parents[2] / ".." / "shared" / "real-data")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the real files; where they are absent it is skipped, and counted as skipped."""
    here = Path(__file__).parent
    absent = pytest.mark.skip(reason="the real published files are not at hand (set PARTNERLIB_REAL_DATA)")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real_data)
            if not (REAL_DATA / "published" / "published_numbers.csv").is_file():
                item.add_marker(absent)


@pytest.fixture(scope="session")
def real_data() -> Path:
    return REAL_DATA.resolve()


@pytest.fixture(scope="session")
def numbers(real_data: Path) -> Mapping[str, Mapping[str, str]]:
    """The published figures by their number, as transcribed: what the tests must reproduce."""
    with (real_data / "published" / "published_numbers.csv").open(encoding="utf-8", newline="") as handle:
        return {row["id"]: row for row in csv.DictReader(handle)}


def taken(real_data: Path, folder: str, source: ModuleType) -> list[tuple[RawFile, Conformed]]:
    """Every file of a folder that the source recognises, conformed and compared with the others."""
    raws = [open_raw(path, real_data) for path in sorted((real_data / folder).iterdir())]
    files = [(raw, source.conform(raw)) for raw in raws if source.recognise(raw)]
    if source.SOURCE.reconcile:
        files = [(raw, given) for (raw, _), given in zip(files, source.SOURCE.reconcile(files), strict=True)]
    return files


@pytest.fixture(scope="session")
def retention_files(real_data: Path) -> list[tuple[RawFile, Conformed]]:
    return taken(real_data, "staffing_retention", staff_retention)


@pytest.fixture(scope="session")
def employment_files(real_data: Path) -> list[tuple[RawFile, Conformed]]:
    return taken(real_data, "epp_employment_pages", provider_employment)


@pytest.fixture(scope="session")
def teacher_files(real_data: Path) -> list[tuple[RawFile, Conformed]]:
    return taken(real_data, "teacher_data", teacher_data)


def table(files: list[tuple[RawFile, Conformed]]) -> pd.DataFrame:
    return pd.concat(
        [engine.collect(frame) for _, given in files for frame in given.tables.values()], ignore_index=True
    )


@pytest.fixture(scope="session")
def retention(retention_files: list[tuple[RawFile, Conformed]]) -> pd.DataFrame:
    return table(retention_files)


@pytest.fixture(scope="session")
def employment(employment_files: list[tuple[RawFile, Conformed]]) -> pd.DataFrame:
    return table(employment_files)


@pytest.fixture(scope="session")
def teachers(teacher_files: list[tuple[RawFile, Conformed]]) -> pd.DataFrame:
    return table(teacher_files)
