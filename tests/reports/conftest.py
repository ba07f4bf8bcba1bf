"""Fixtures: the invented release as a file, and a project that reports from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from invented_release import ROOT, YEAR, invented_estimates

from partnerlib.disclosure import withhold_small_cells, write_release
from partnerlib.project import Project


@pytest.fixture(scope="session")
def estimates() -> pd.DataFrame:
    return invented_estimates()


@pytest.fixture(scope="session")
def release_file(estimates: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released estimates of the invented state."""
    folder = tmp_path_factory.mktemp("processed") / "releases"
    return write_release(withhold_small_cells(estimates, is_synthetic=True), folder / f"{YEAR}.parquet")


@pytest.fixture
def here(tmp_path: Path, release_file: Path) -> Iterator[Project]:
    """A project with the repository's notebooks and plan, the invented release, and its own place for the results."""
    (tmp_path / "reports").mkdir()
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copy(ROOT / "reports" / "plan.yml", tmp_path / "reports" / "plan.yml")
    yield Project(
        root=tmp_path, raw=tmp_path / "raw", processed=release_file.parents[1], out=tmp_path / "reports"
    )  # fmt: skip
