"""Every leak that was ever planted is found, by the part of the gate that must find it, and for its own reason."""

from __future__ import annotations

from pathlib import Path

import planted_cells
import planted_figures
import planted_files
import planted_models
import planted_pages
import planted_releases
import planted_traces
import pytest
from leak import Leak

LEAKS: list[Leak] = [
    *planted_cells.LEAKS,
    *planted_models.LEAKS,
    *planted_figures.LEAKS,
    *planted_traces.LEAKS,
    *planted_files.LEAKS,
    *planted_pages.LEAKS,
    *planted_releases.LEAKS,
]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: f"{leak.part}: {leak.name}")
def test_a_planted_leak_is_found_and_the_release_without_it_is_clean(leak: Leak, tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    (tmp_path / "planted").mkdir()
    without = [str(finding) for finding in leak.clean(tmp_path / "clean")]
    assert without == [], "the release has a leak of its own"
    found = [str(finding) for finding in leak.planted(tmp_path / "planted")]
    assert any(leak.says in finding for finding in found), found or "nothing was found"


def test_every_leak_has_a_name_of_its_own() -> None:
    names = [leak.name for leak in LEAKS]
    assert len(names) == len(set(names)) >= 60
