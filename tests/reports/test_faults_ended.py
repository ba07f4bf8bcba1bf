"""However a run is ended, the published year stays whole, nothing runs on, and `--resume` gives the same bytes."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import psutil
import pytest
from tiny_reports import IS_FULL, YEAR, content, different, ended, more_providers, moved, started, tiny

from partnerlib.project import Project
from partnerlib.reports import run

KILLS = int(os.environ.get("PARTNERLIB_KILLS", "200"))
JOBS = int(os.environ.get("PARTNERLIB_JOBS", "1"))

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Path]:
    return tiny(tmp_path_factory.mktemp("ended"), more_providers(2))


@pytest.fixture(scope="module")
def whole(project: tuple[Project, Path]) -> tuple[dict[str, bytes], float]:
    """What an uninterrupted run publishes, and the seconds it takes in a process of its own."""
    here = moved(project[0], project[0].root / "whole")
    start = time.monotonic()
    done = ended(started(here, jobs=JOBS))
    assert done.returncode == 0, done.stderr
    return content(here.out / str(YEAR)), time.monotonic() - start


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def is_running(process: psutil.Process) -> bool:
    """Whether a process does anything still; one that only waits for its parent to ask after it does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run after so long."""
    until = time.monotonic() + seconds
    while (left := [process for process in processes if is_running(process)]) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def journal(here: Project) -> list[str]:
    file = here.out / f".{YEAR}-run" / "journal.jsonl"
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def wait_for(here: Project, lines: int) -> None:
    until = time.monotonic() + 120
    while len(journal(here)) < lines:
        assert time.monotonic() < until, "the run never came so far"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT] if IS_FULL else [signal.SIGTERM])
def test_a_run_that_is_told_to_end_ends_with_130_in_five_seconds_and_can_be_resumed(
    number: signal.Signals, project: tuple[Project, Path], whole: tuple[dict[str, bytes], float]
) -> None:
    here = moved(project[0], project[0].root / f"told-{number}")
    process = started(here, jobs=JOBS)
    wait_for(here, 4)  # three pages need no notebook
    relatives = family(process.pid)
    start = time.monotonic()
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    stopped = ended(process, seconds=30)
    assert time.monotonic() - start <= 5, "it took too long"
    assert stopped.returncode == 130 and "finished pages wait for --resume" in stopped.stderr
    assert wait_until_gone(relatives, 1) == [], "something of it runs on"
    assert not (here.out / str(YEAR)).exists() and not (here.out / ".lock").exists()
    result = run(here, YEAR, project[1], jobs=JOBS, resume=True)
    assert different(content(here.out / str(YEAR)), whole[0]) == set()
    assert result.resumed >= 4


def killed(here: Project, moment: float, expected: dict[str, bytes]) -> int:
    """Start a run, or go on with one, and kill it after so long; how many pages it had finished."""
    process = started(here, jobs=JOBS, resume=True)
    time.sleep(moment)
    relatives = family(process.pid) if process.poll() is None else []
    process.kill()
    process.communicate()
    # A process that is still importing hears of the end when it is through with that.
    assert wait_until_gone(relatives, 60) == [], "a killed run's processes run on"
    if (here.out / str(YEAR)).is_dir():  # it was through before it was killed
        assert different(content(here.out / str(YEAR)), expected) == set()
    return len(journal(here))


def finished(here: Project, pages: int, expected: dict[str, bytes]) -> None:
    """Resume a killed run, and hold the result to an uninterrupted one's."""
    is_published = (here.out / str(YEAR)).is_dir()
    result = run(here, YEAR, here.processed / "releases" / str(YEAR), jobs=JOBS, resume=True)
    assert different(content(here.out / str(YEAR)), expected) == set()
    assert is_published or result.resumed == pages, "a finished page was made again"
    assert {path.name for path in here.out.iterdir()} == {str(YEAR)}, "something was left behind"


def test_killed_again_and_again_and_resumed_the_result_is_the_same_byte_for_byte(
    project: tuple[Project, Path], whole: tuple[dict[str, bytes], float]
) -> None:
    """Five times in a row, at random moments; each time it goes on from where it was."""
    moments = random.Random(1)
    here = moved(project[0], project[0].root / "again")
    pages = [killed(here, moments.uniform(0.1, 0.6) * whole[1], whole[0]) for _ in range(5)]
    assert pages == sorted(pages) or (here.out / str(YEAR)).is_dir(), "a finished page was lost"
    finished(here, pages[-1], whole[0])


@pytest.mark.skipif(not IS_FULL, reason="minutes to hours: `make faults`")
def test_killed_at_two_hundred_random_moments_the_result_is_the_same_byte_for_byte(
    project: tuple[Project, Path], whole: tuple[dict[str, bytes], float]
) -> None:
    """At any moment of a run, from its start until after its end, some of them while publishing."""
    moments = random.Random(int(os.environ.get("PARTNERLIB_SEED", "20180630")))
    for number in range(KILLS):
        here = moved(project[0], project[0].root / "killed")
        moment = moments.uniform(0, 1.05) * whole[1]
        pages = killed(here, moment, whole[0])
        finished(here, pages, whole[0])
        print(f"{number + 1} of {KILLS}: killed after {moment:.1f} s with {pages} pages finished", flush=True)
