"""Whose computer it is, where and when, is seen in no byte of what is published."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tiny_reports import IS_FULL, YEAR, content, different, ended, moved, started, tiny

from partnerlib.project import Project

SURROUNDINGS: dict[str, Mapping[str, str | None]] = {
    "time zone": {"TZ": "Pacific/Kiritimati"},
    "language": {"LC_ALL": "tr_TR.UTF-8", "LANG": "C"},
    "order of sets": {"PYTHONHASHSEED": "12345"},
    "no home": {"HOME": None},
    "no display": {"DISPLAY": None, "WAYLAND_DISPLAY": None, "MPLBACKEND": None},
    "no network": {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
    "two threads": {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
}
ALL_AT_ONCE = {name: value for change in SURROUNDINGS.values() for name, value in change.items()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return tiny(tmp_path_factory.mktemp("alike"))[0]


@pytest.fixture(scope="module")
def usual(project: Project) -> dict[str, bytes]:
    here = moved(project, project.root / "usual")
    assert ended(started(here)).returncode == 0
    return content(here.out / str(YEAR))


@pytest.mark.parametrize("name", [*(SURROUNDINGS if IS_FULL else ()), "all of them at once"])
def test_the_same_pages_are_made_everywhere_byte_for_byte(name: str, project: Project, usual: dict[str, bytes]) -> None:
    """Also with an odd path, other rights of new files, and another number of jobs."""
    here = moved(project, project.root / "an odd, påth's % {name}")
    told = ended(started(here, SURROUNDINGS.get(name, ALL_AT_ONCE), "import os; os.umask(0o077)\n", jobs=1))
    assert told.returncode == 0, told.stderr
    made = content(here.out / str(YEAR))
    assert different(made, usual) == set()
    assert not any(os.fsencode(str(place)) in found for place in (project.root, Path.home()) for found in made.values())
