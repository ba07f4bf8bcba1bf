"""However a notebook dies, hangs, floods or ends, its page has failed and says where; all others are made.

One run of many pages, each with a fault of its own, over a year that was published before: tests look at what it left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import psutil
import pytest
from invented_release import TYPICAL
from tiny_reports import CELLS, YEAR, content, more_providers, tiny, write

from partnerlib.project import Project
from partnerlib.reports import run
from partnerlib.reports.record import Entry
from partnerlib.reports.runner import RunResult

SECONDS = 12

DEATHS = {
    "SIGKILL": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "os._exit": "import os; os._exit(0)",
    "sys.exit(0)": "import sys; sys.exit(0)",
    "sys.exit(3)": "import sys; sys.exit(3)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "error": "raise ValueError('row of Jane Doe')",
    "flood": "for line in range(20_000): print('Jane Doe', line, flush=True)",
    "50 MB": "print('x' * 50_000_000)",
    "raw table": "import pandas; display(pandas.DataFrame({'name': ['Jane Doe']}))",
    "no seal": "report._shown.pop()",
    "seal too early": "display(report.complete())",
    "memory": "block = b'x' * 4_000_000_000",
    "sleeps": "import time; time.sleep(3600)",
    "stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
}
"""What a cell can do to its kernel, its page or the run."""

KILLED_AT = range(1, len(CELLS))
"""Cells before which a kernel is killed: each of a notebook's own but the first, which holds the parameters."""


def code_of(number: int) -> str:
    return f"{89100000 + number}"


def faulty() -> list[str]:
    """Cells that do one thing each to one provider's page."""
    return [
        f"if unit_code == '{code_of(number)}':\n    {source}" for number, source in enumerate(DEATHS.values())
    ]  # fmt: skip


@dataclass(frozen=True)
class Left:
    """What a run of faults left."""

    here: Project
    result: RunResult
    before: dict[str, bytes]
    """The year as it was published before."""
    running: list[psutil.Process]
    """Processes that were begun meanwhile and are there still."""

    def of(self, code: str) -> Entry:
        return next(entry for entry in self.result.entries if entry.unit_code == code)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    faults = [code_of(number) for number in range(len(DEATHS))]
    killed = [code_of(len(DEATHS) + number) for number, _ in enumerate(KILLED_AT)]
    here, released = tiny(tmp_path_factory.mktemp("faults"), more_providers(len(faults) + len(killed)), seconds=SECONDS)
    first = run(here, YEAR, released, [f"provider:{faults[0]}", f"provider:{TYPICAL}"])
    assert first.exit_code == 0, first.summary()
    before = content(here.out / str(YEAR))
    path = here.notebooks / "reports" / "provider.ipynb"
    write(path, "provider", faulty(), killed=dict(zip(killed, KILLED_AT, strict=True)))
    there = set(psutil.Process().children(recursive=True))
    only = ["state", f"provider:{TYPICAL}", *(f"provider:{code}" for code in [*faults, *killed])]
    result = run(here, YEAR, released, only)
    running = [process for process in psutil.Process().children(recursive=True) if process not in there]
    return Left(here, result, before, [process for process in running if process.status() != psutil.STATUS_ZOMBIE])


@pytest.mark.parametrize(("number", "name"), list(enumerate(DEATHS)), ids=list(DEATHS))
def test_every_fault_is_one_failed_page_that_names_its_notebook_and_no_person(
    number: int, name: str, left: Left
) -> None:
    entry = left.of(code_of(number))
    assert entry.outcome == "failed", name
    assert entry.reason.startswith("provider.ipynb: ") and "Jane" not in entry.reason


@pytest.mark.parametrize("number", range(len(DEATHS), len(DEATHS) + len(KILLED_AT)))
def test_a_kernel_killed_at_any_cell_is_a_failed_page(number: int, left: Left) -> None:
    entry = left.of(code_of(number))
    assert entry.outcome == "failed" and "kernel died" in entry.reason


def test_a_cell_that_hangs_is_ended_at_its_limit(left: Left) -> None:
    hung = [left.of(code_of(list(DEATHS).index(name))) for name in ("sleeps", "stopped")]
    assert all(entry.seconds <= SECONDS + 10 for entry in hung), [entry.seconds for entry in hung]
    assert all(re.search(rf"\b{SECONDS} seconds", entry.reason) for entry in hung), [entry.reason for entry in hung]


def test_a_page_that_takes_too_much_memory_says_so(left: Left) -> None:
    entry = left.of(code_of(list(DEATHS).index("memory")))
    assert re.search(r"cell \d+ of \d+ needed more memory than its 1500 MB", entry.reason), entry.reason
    assert all(entry.peak_memory_mb > 0 for entry in left.result.entries if entry.outcome == "done")


def test_all_other_pages_are_made_and_the_run_says_that_some_failed(left: Left) -> None:
    assert left.result.exit_code == 1
    assert {entry.outcome for entry in left.result.entries if entry.unit_code in {TYPICAL, "00000000"}} == {"done"}
    counts = left.result.summary().splitlines()[0]
    assert f"2 done, {len(DEATHS) + len(KILLED_AT)} failed" in counts


def test_a_failed_page_leaves_the_good_one_where_it_is(left: Left) -> None:
    page = left.of(code_of(0))
    assert page.is_earlier_page
    after = content(left.here.out / str(YEAR))
    assert after[page.path] == left.before[page.path]
    assert all(b"Jane" not in found for found in after.values())


def test_nothing_runs_on_and_nothing_is_left_behind(left: Left) -> None:
    assert left.running == []
    assert sorted(path.name for path in left.here.out.iterdir()) == [str(YEAR), "plan.yml"]


def test_pages_that_failed_are_made_by_the_next_run(left: Left) -> None:
    write(left.here.notebooks / "reports" / "provider.ipynb", "provider")
    only = [f"provider:{code_of(number)}" for number in (0, len(DEATHS))]
    result = run(left.here, YEAR, left.here.processed / "releases" / str(YEAR), only)
    assert result.exit_code == 0 and result.unchanged == 0
