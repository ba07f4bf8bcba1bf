"""Fixtures: the invented release on disk, and a project that reports from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from invented_release import ROOT, invented_cells, release_of

from partnerlib.disclosure.sealed import read_release
from partnerlib.disclosure.zones import SealedRelease
from partnerlib.project import Project


@pytest.fixture(scope="session")
def release_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sealed release of the invented state."""
    return release_of(tmp_path_factory.mktemp("processed"))


@pytest.fixture(scope="session")
def release(release_file: Path) -> SealedRelease:
    return read_release(release_file)


@pytest.fixture
def cells() -> pd.DataFrame:
    return invented_cells()


@pytest.fixture
def here(tmp_path: Path, release_file: Path) -> Iterator[Project]:
    """A project with the repository's notebooks and plan, the invented release, and its own place for the results."""
    (tmp_path / "reports").mkdir()
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copy(ROOT / "reports" / "plan.yml", tmp_path / "reports" / "plan.yml")
    yield Project(
        root=tmp_path, raw=tmp_path / "raw", processed=release_file.parents[1], out=tmp_path / "reports"
    )  # fmt: skip


@pytest.fixture
def kernels_found(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The forked kernel's specification where jupyter looks for it, whether or not it was installed."""
    place = tmp_path_factory.mktemp("jupyter")
    shutil.copytree(ROOT / "partnerlib" / "kernelspec", place / "kernels" / "partnerlib")
    monkeypatch.setenv("JUPYTER_PATH", str(place))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.delenv("MPLBACKEND", raising=False)
