"""How far a run is: a table on a terminal, a few lines in a file, and nothing where nothing is wanted."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from partnerlib.reports.progress import Tally, shown

HALF_WAY = Tally(total=40, done=18, failed=2, up_to_date=7, running=["Northmoor", "Eastwick"], seconds=60.0,
                 latest="Westfield, done")  # fmt: skip


def test_the_time_left_is_told_at_the_pace_so_far() -> None:
    assert str(HALF_WAY) == "20 of 40 pages: Westfield, done, 1 min 0 s left"
    assert replace(HALF_WAY, done=0, failed=0).seconds_left is None


def test_a_terminal_shows_done_running_failed_and_left() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(HALF_WAY.table())
    told = console.file.getvalue()  # type: ignore[attr-defined]
    heading, numbers, names = told.splitlines()[:3]
    assert heading.split()[:3] == ["done", "running", "failed"]
    assert numbers.split() == ["18", "2", "2", "7", "18", "1", "min", "0", "s"]
    assert "Northmoor; Eastwick" in names


def test_a_file_gets_a_line_for_each_failure_and_for_the_end() -> None:
    console = Console(file=io.StringIO(), width=200)
    with shown(console) as tell:
        tell("measuring 2018")
        tell(HALF_WAY)
        tell(replace(HALF_WAY, latest="Eastwick, failed", has_failed=True))
        tell(replace(HALF_WAY, done=38, latest="Northmoor, done"))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line.split(":")[1].split(",")[0].strip() for line in lines] == ["Eastwick", "Northmoor"]


def test_nothing_is_told_where_nothing_is_wanted() -> None:
    console = Console(file=io.StringIO(), width=200)
    with shown(console, is_quiet=True) as tell:
        tell(replace(HALF_WAY, has_failed=True))
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]
