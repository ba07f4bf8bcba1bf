"""What the release gate costs: protecting, auditing a whole release, and a plain audit by linear programming beside it.

    python -m benchmarks release                              # the shipped sample
    python -m benchmarks release --estimates FILE.parquet     # any year's estimates, such as a full state's
    python -m benchmarks release --gconfid PYTHON             # an interpreter in which G-Confid is installed

Every part runs in a process of its own, so that its peak memory is its own: that of all its processes together, each
page shared by several counted in parts. The plain audit is stopped after a minute and its time for all withheld numbers
is worked out from those it got to; it asks less of each (see `plain_linear`).
G-Confid (GPL) is a program of its own here, compared on invented tables by its patterns alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
from rich.console import Console
from rich.table import Table

LINEAR_SECONDS = 60.0
JOBS = 2
"""Processes that attack side by side."""

TABLES = 12
"""Invented tables on which patterns are compared."""

Found = dict[str, Any]


def protect(estimates: Path, folder: Path) -> Found:
    """Choose, round and withhold: no attack."""
    from partnerlib.disclosure.policy import read_policy
    from partnerlib.disclosure.protection import protect
    from partnerlib.measures.relations import relations

    protected = protect(pd.read_parquet(estimates), read_policy("standard"), relations(), is_synthetic=True)
    protected.cells.to_parquet(folder / "cells.parquet")
    protected.definitions.to_parquet(folder / "definitions.parquet")
    return {"cells": len(protected.cells), "withheld": float(protected.cells["withheld"].mean())}


def gate(estimates: Path, folder: Path) -> Found:
    """Protect, attack, tell less, until nobody is exposed: what a release costs."""
    from partnerlib.disclosure.policy import read_policy
    from partnerlib.disclosure.releasing import pass_gate, read_aggregates
    from partnerlib.measures.relations import relations

    passed = pass_gate(read_aggregates(estimates), read_policy("standard"), relations(), is_synthetic=True, jobs=JOBS)
    passed.cells.to_parquet(folder / "cells.parquet")
    passed.definitions.to_parquet(folder / "definitions.parquet")
    return {"cells": len(passed.cells), "withheld": float(passed.cells["withheld"].mean()), **_told(passed)}


def audit(estimates: Path, folder: Path) -> Found:
    """Attack the finished cells once, as four kinds of attacker."""
    from partnerlib.disclosure.policy import read_policy
    from partnerlib.disclosure.releasing import attack, read_aggregates

    cells, definitions = (pd.read_parquet(folder / f"{name}.parquet") for name in ("cells", "definitions"))
    return _told(attack(cells, definitions, read_policy("standard"), read_aggregates(estimates), jobs=JOBS))


def _told(verdict: Any) -> Found:
    return {"asked": max(found["asked"] for found in verdict.summary.values()), "exposed": len(verdict.exposed)}


def linear(_estimates: Path, folder: Path) -> Found:
    """The plain audit of the same cells, for a minute, as the public; and how many readers there are."""
    from benchmarks.plain_linear import attack

    cells = pd.read_parquet(folder / "cells.parquet")
    units = cells.drop_duplicates(["unit_kind", "unit_code"])["unit_kind"].value_counts()
    providers, districts = int(units.get("provider", 0)), int(units.get("district", 0))
    readers = 1 + providers + districts + providers * districts
    found = attack(cells, LINEAR_SECONDS)
    return {"readers": readers, "asked": found.asked, "of": found.of, "exact": found.exact, "for all": found.for_all}


PARTS: dict[str, Callable[[Path, Path], Found]] = {"protect": protect, "gate": gate, "audit": audit, "linear": linear}


def measure(part: str, estimates: Path, folder: Path) -> Found:
    """Run a part in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.release", "--part", part, str(estimates), str(folder)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Found = json.loads(ran.stdout.splitlines()[-1])
    return found


def compare(estimates: Path | None, gconfid: Path | None = None) -> None:
    """Measure and print."""
    console = Console()
    if estimates is None:
        from partnerlib import pipeline
        from partnerlib.project import project

        here = project()
        estimates = pipeline.estimate(pipeline.prepare(here), pipeline.check_year(here, None))
    with tempfile.TemporaryDirectory() as folder:
        found = {part: measure(part, estimates, Path(folder)) for part in PARTS}
    table = Table("part", "clock s", "processor s", "peak GB", "what it did", title=f"Release of {estimates.stem}")
    for part, cost in found.items():
        did = ", ".join(f"{name} {value:,.3g}" for name, value in cost.items() if name not in {"clock", "cpu", "peak"})
        table.add_row(part, f"{cost['clock']:.1f}", f"{cost['cpu']:.1f}", f"{cost['peak']:.2f}", did)
    console.print(table)
    plain, ours, readers = found["linear"]["for all"], found["audit"]["clock"], int(found["linear"]["readers"])
    console.print(
        f"plain linear programming: {plain:,.0f} s for {found['linear']['of']:,} withheld numbers, each in its own "
        f"table, as the public;\n{plain * readers:,.0f} s as each of the {readers:,} readers our audit is about. "
        f"Ours, of everything together: {ours:,.0f} s, ratio {plain * readers / ours:,.0f}"
    )
    patterns(console, gconfid)


def patterns(console: Console, gconfid: Path | None) -> None:
    """Our patterns on invented tables, G-Confid's beside them where an interpreter has it."""
    from benchmarks.patterns import ours, theirs

    lines = ours(TABLES)
    title = f"{TABLES} invented tables of 12 x 10: under 6 withheld, margins kept"
    names = ("withheld of non-zero cells", "small ones the public finds", "some owner finds", "seconds a table")
    table = Table("pattern", *names, title=title)
    for name, line in {**lines, **(theirs(TABLES, gconfid) if gconfid else {})}.items():
        table.add_row(
            name, f"{line['share']:.1%}", f"{line['public']:.1%}", f"{line['insiders']:.1%}", f"{line['seconds']:.2f}"
        )
    console.print(table)
    if gconfid is None:
        console.print("G-Confid: not compared; give --gconfid PYTHON, an interpreter that can import gconfid")


def main() -> None:
    """One part, measured in this process."""
    options = argparse.ArgumentParser()
    options.add_argument("--part", choices=PARTS, required=True)
    options.add_argument("estimates", type=Path)
    options.add_argument("folder", type=Path)
    given = options.parse_args()
    start, most = time.perf_counter(), Most()
    did = PARTS[given.part](given.estimates, given.folder)
    clock, cpu = time.perf_counter() - start, 0.0
    for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(whose)
        cpu += used.ru_utime + used.ru_stime
    print(json.dumps({**did, "clock": clock, "cpu": cpu, "peak": most.gigabytes}))


class Most(threading.Thread):
    """The most memory that this process and those it started held together, looked at twice a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.gigabytes = 0.0
        self.start()

    def run(self) -> None:
        own = psutil.Process()
        while True:
            held = 0
            for process in (own, *own.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    held += process.memory_full_info().pss
            self.gigabytes = max(self.gigabytes, held / 1024**3)
            time.sleep(0.5)


if __name__ == "__main__":
    main()
