"""A disk that is full, read-only, forbidden or small leaves the published year as it was; the message names the file.

And two runs of one folder: the second is told at once who holds it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from invented_release import EMPTY, ROOT, SMALL_DISTRICT, TINY
from tiny_reports import IS_FULL, YEAR, content, tiny

from partnerlib.errors import EnvironmentProblem
from partnerlib.project import Project
from partnerlib.reports import publication, run
from partnerlib.reports.lock import LOCK, alone
from partnerlib.reports.publication import publish, recover

resource = pytest.importorskip("resource", reason="limits of POSIX")

NO_NOTEBOOK = [f"provider:{TINY}", f"provider:{EMPTY}", f"district:{SMALL_DISTRICT}"]
ROOM = range(4_000, 280_000, 4_000 if IS_FULL else 32_000)
"""Bytes left on the disk: enough for nothing, for the pages, for the table of cells, for all but the last files."""


@pytest.fixture
def made(tmp_path: Path) -> tuple[Project, Path]:
    here, released = tiny(tmp_path)
    assert run(here, YEAR, released, NO_NOTEBOOK).exit_code == 0
    return here, released


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of its own, of so many bytes; skipped where nobody may mount one."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("size", [1_000, 12_000, 60_000])
def test_a_limit_on_the_size_of_files_leaves_the_year_as_it_was(size: int, made: tuple[Project, Path]) -> None:
    """Of a page, of the index, of the table of cells."""
    here, released = made
    before = content(here.out / str(YEAR))
    with largest_file(size), pytest.raises(EnvironmentProblem, match=r"\S+: File too large after [\d,]+ bytes") as told:
        run(here, YEAR, released, NO_NOTEBOOK, force=True)
    assert str(here.out) in str(told.value) and "is as it was" in str(told.value)
    assert content(here.out / str(YEAR)) == before


def test_a_limit_met_by_a_notebook_ends_the_run_and_names_the_file(made: tuple[Project, Path]) -> None:
    here, released = made
    before = content(here.out / str(YEAR))
    with largest_file(3_000), pytest.raises(EnvironmentProblem, match=r"File too large .* as it was"):
        run(here, YEAR, released, ["state"], jobs=1)
    assert content(here.out / str(YEAR)) == before


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_leaves_the_year_as_it_was_at_every_write(tmp_path: Path) -> None:
    here, released = tiny(tmp_path / "project")
    with small_disk(tmp_path / "disk", 4_000_000) as disk:
        there = replace(here, out=disk)
        run(there, YEAR, released, NO_NOTEBOOK)
        before = content(disk / str(YEAR))
        refused = 0
        for room in ROOM:
            filler = disk / "filler"
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
            filler.write_bytes(b"\0" * (free - room))
            try:
                run(there, YEAR, released, NO_NOTEBOOK, force=True)
            except EnvironmentProblem as problem:
                assert str(disk) in str(problem) and "No space left on device after" in str(problem)
                refused += 1
            filler.unlink()
            assert {**content(disk / str(YEAR)), "run_record.json": b""} == {**before, "run_record.json": b""}
        assert 3 <= refused < len(ROOM)
        assert run(there, YEAR, released, NO_NOTEBOOK, force=True).exit_code == 0, "nothing is in the way afterwards"


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_read_only_disk_is_told_by_name(tmp_path: Path) -> None:
    here, released = tiny(tmp_path / "project")
    with small_disk(tmp_path / "disk", 4_000_000) as disk:
        there = replace(here, out=disk)
        run(there, YEAR, released, NO_NOTEBOOK)
        before = content(disk / str(YEAR))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(EnvironmentProblem, match=f"{disk}.*: Read-only file system after 0 bytes"):
            run(there, YEAR, released, NO_NOTEBOOK, force=True)
        assert content(disk / str(YEAR)) == before


def test_a_folder_one_may_not_write_to_is_told_by_name() -> None:
    out = Path(tempfile.mkdtemp())  # outside the folders that only their owner may enter
    out.chmod(0o555)
    is_root = os.geteuid() == 0
    try:
        os.seteuid(65534 if is_root else os.geteuid())
        with pytest.raises(EnvironmentProblem, match=f"{out}.*: Permission denied"), alone(out):
            raise AssertionError("the folder was locked")
    finally:
        os.seteuid(0 if is_root else os.geteuid())
        out.rmdir()


def test_a_second_run_is_told_in_two_seconds_who_holds_the_folder(tmp_path: Path) -> None:
    """Two seconds of the processor: on a busy machine others' work is no part of what the program needs."""
    command = [sys.executable, "-m", "partnerlib.cli", "report", "--out", str(tmp_path)]
    with alone(tmp_path):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert [path.name for path in tmp_path.iterdir()] == [LOCK]
    assert second.returncode == 2
    assert f"process {os.getpid()} on " in second.stderr and "has been making reports here since" in second.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 2
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_run_that_was_killed_is_nobodys(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from partnerlib.reports.lock import alone
with alone(Path({str(tmp_path)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert killed.returncode == -9 and json.loads((tmp_path / LOCK).read_text())["pid"]
    with alone(tmp_path), alone(tmp_path):  # who holds it may take it again
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()


def test_readers_see_the_old_year_or_the_new_one_and_never_neither(tmp_path: Path) -> None:
    """Also where the system cannot exchange two folders, but for a moment that the next run mends."""
    folder = tmp_path / "2018"
    for word in ("one", "two", "three"):
        tree = tmp_path / "tree"
        tree.mkdir(exist_ok=True)
        (tree / "index.html").write_text(word)
        publish(tree, folder)
        assert (folder / "index.html").read_text() == word
        (tree / "index.html").unlink(missing_ok=True)
    folder.rename(tmp_path / ".2018-former")  # ended between two steps
    assert recover(folder) and (folder / "index.html").read_text() == "three"
    assert not recover(folder)


def test_without_an_exchange_of_folders_the_old_year_is_set_aside_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "exchanged", lambda _one, _other: False)
    folder, tree = tmp_path / "2018", tmp_path / "tree"
    for place, word in ((folder, "old"), (tree, "new")):
        place.mkdir()
        (place / "index.html").write_text(word)
    publish(tree, folder)
    assert (folder / "index.html").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["2018"]
