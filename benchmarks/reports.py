"""A batch of report pages against a loop of `papermill` and `jupyter nbconvert` over the same notebooks.

The loop is what a user writes without this project: two commands a unit. Both ways run on the same notebooks, units and
computer, one after the other; read ratios, not seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from partnerlib import pipeline, releases, reports
from partnerlib.project import Project, project
from partnerlib.reports.edition import Edition, read_edition
from partnerlib.reports.plan import Page
from partnerlib.reports.workers import Job, Outcome, outcomes

PARTS = ("fork", "cells", "document", "formats")
"""Where a page's time goes: around the cells (child, papermill), the cells, reading them back, writing files."""

BETWEEN = 0.25
"""Seconds between two looks at memory."""


class Memory(threading.Thread):
    """The most memory this process and all below it had at once, pages that several share counted once."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self._is_over = threading.Event()

    def run(self) -> None:
        own = psutil.Process()
        while not self._is_over.wait(BETWEEN):
            total = 0
            for process in own.children(recursive=True):
                with suppress(psutil.Error):
                    total += process.memory_full_info().pss
            self.peak_mb = max(self.peak_mb, total / 2**20)

    def __enter__(self) -> Memory:
        self.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._is_over.set()
        self.join()


@dataclass(frozen=True)
class Way:
    """One way of making pages, measured."""

    name: str
    pages: int
    seconds: float
    memory_mb: float

    @property
    def a_page(self) -> float:
        return self.seconds / self.pages


def _measured(name: str, pages: int, make: Callable[[], object]) -> Way:
    start = time.perf_counter()
    with Memory() as memory:
        make()
    way = Way(name, pages, time.perf_counter() - start, memory.peak_mb)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    Console().print(f"{name}: {pages} pages in {way.seconds:.1f} s (load of the computer {load:.1f})", highlight=False)
    return way


def _by_hand(edition: Edition, page: Page, folder: Path) -> None:
    """What a user runs for one unit: one `papermill`, then one `jupyter nbconvert`."""
    executed = folder / f"{page.kind}-{page.unit_code}.ipynb"
    settings = executed.with_suffix(".yml")
    settings.write_text(json.dumps(edition.parameters(page)), encoding="utf-8")
    notebook = str(edition.plan.entries[page.kind].notebook)
    run = ["papermill", notebook, str(executed), "-f", str(settings), "--no-progress-bar", "-k", "python3"]
    convert = ["jupyter", "nbconvert", "--to", "html", "--no-input", str(executed)]
    for command in (run, convert):
        environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, env=environment)


def _loop(edition: Edition, pages: Sequence[Page], jobs: int) -> Way:
    """The loop a user would write, so many commands at a time."""

    def make() -> None:
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda page: _by_hand(edition, page, Path(folder)), pages))

    return _measured(f"papermill + jupyter nbconvert, {'one' if jobs == 1 else jobs} at a time", len(pages), make)


def _batch(edition: Edition, pages: Sequence[Page], jobs: int, formats: tuple[str, ...]) -> tuple[Way, list[Outcome]]:
    """Our workers over the same pages, from nothing: the imports of the process they are forked from are counted."""
    from partnerlib.reports import kernels

    for nursery in kernels._own.values():
        nursery.close()
    found: list[Outcome] = []

    def make() -> None:
        with tempfile.TemporaryDirectory() as place:
            folder, work = Path(place), []
            for page in pages:
                entry = edition.plan.entries[page.kind]
                work.append(
                    Job(page.slug, entry.notebook, edition.parameters(page), entry.title, edition.is_synthetic,
                        edition.release.manifest.release_id, folder / page.slug, folder / page.path, 600,
                        formats=formats)
                )  # fmt: skip
            found.extend(outcomes(work, jobs))

    way = _measured(f"partnerlib, {jobs} workers: {', '.join(formats)}", len(pages), make)
    if failed := [outcome.reason for outcome in found if outcome.status == "failed"]:
        raise SystemExit("\n".join(failed))
    return way, found


def _whole(here: Project, edition: Edition, pages: Sequence[Page], jobs: int) -> Way:
    """`partnerlib report`: all formats, the index, the audit of every printed number, the record."""
    only = [f"{page.kind}:{page.unit_code}" for page in pages]

    def make() -> None:
        with tempfile.TemporaryDirectory() as folder:
            place = replace(here, out=Path(folder) / "reports")
            result = reports.run(place, edition.report_year, edition.released, only=only, jobs=jobs, formats=())
            if result.exit_code:
                raise SystemExit(result.summary())

    return _measured(f"partnerlib report, {jobs} jobs: all formats, index, audit", len(pages), make)


def _spread(pages: Sequence[Page], count: int) -> list[Page]:
    """So many pages, taken evenly from all of them."""
    count = min(count, len(pages))
    return [pages[number * len(pages) // count] for number in range(count)]


def compare(count: int, jobs: int, by_hand: int, released: Path | None = None, formats: str = "html,pdf") -> None:
    """Print all ways side by side, for pages of the sample that have something to report.

    Parameters
        count: pages our workers make
        by_hand: pages the loop makes, taken evenly from those
        released: folder of a sealed release; the shipped sample's when none is given
    """
    here = project()
    if released is None:
        prepared = pipeline.prepare(here)
        year = pipeline.check_year(here, None)
        released = releases.release(prepared, year)
    else:
        year, here = int(released.name[:4]), replace(here, processed=released.resolve().parents[1])
    edition = read_edition(here, year, released)
    pages = _spread([page for page in edition.pages if not page.reason_for_nothing], count)
    few = _spread(pages, by_hand)
    html, of_html = _batch(edition, pages, jobs, ("html",))
    ways = [_loop(edition, few, 1), _loop(edition, few, 2), html]
    parts = [("html", of_html)]
    if formats != "html":
        way, found = _batch(edition, pages, jobs, tuple(formats.split(",")))
        ways.append(way)
        parts.append((formats, found))
        ways.append(_whole(here, edition, pages, jobs))
    _print(ways, parts)


def _print(ways: Sequence[Way], parts: Sequence[tuple[str, Sequence[Outcome]]]) -> None:
    table = Table("way", "pages", "seconds", "a page", "against one", "against two", "memory MB", title="Report pages")
    for way in ways:
        table.add_row(
            way.name, str(way.pages), f"{way.seconds:.1f}", f"{way.a_page:.2f}", f"{ways[0].a_page / way.a_page:.1f}",
            f"{ways[1].a_page / way.a_page:.1f}", f"{way.memory_mb:.0f}",
        )  # fmt: skip
    split = Table("formats", *PARTS, "all / cells", "notebook's peak MB", title="Seconds of a page, by part")
    for name, found in parts:
        means = {part: sum(outcome.facts["split"][part] for outcome in found) / len(found) for part in PARTS}
        peak = max(outcome.facts["peak_memory_mb"] for outcome in found)
        ratio = sum(means.values()) / means["cells"]
        split.add_row(name, *(f"{means[part]:.3f}" for part in PARTS), f"{ratio:.2f}", f"{peak:.0f}")
    Console(width=150).print(table, split, _cost_of_a_kernel())


OWN_MEMORY = "import psutil; own = psutil.Process().memory_full_info(); print(own.rss, own.pss, own.uss)"
IMPORTS = "from partnerlib.reports import released\nimport partnerlib.reports.unit_report, partnerlib.display.figures"


def _cost_of_a_kernel() -> Table:
    """Memory and time of one kernel more, with a report's imports done: forked, and started for itself."""
    import nbformat
    from papermill import execute_notebook

    table = Table("kernel", "seconds", "RSS MB", "PSS MB", "USS MB", title="One kernel more, a report's imports done")
    cells = [nbformat.v4.new_code_cell(source) for source in (IMPORTS, OWN_MEMORY)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.ipynb"
        nbformat.write(notebook, path)
        for name, way in {
            "forked, by the engine": {"engine_name": "forked", "kernel_name": "python3"},
            "forked, by the provisioner": {"kernel_name": "partnerlib"},
            "started afresh": {"kernel_name": "python3"},
        }.items():
            for _ in range(2):  # the second time, the process they are forked from is there
                start = time.perf_counter()
                done = execute_notebook(path, Path(folder) / "out.ipynb", progress_bar=False, **way)
                seconds = time.perf_counter() - start
            memory = [int(number) / 2**20 for number in done.cells[-1].outputs[0]["text"].split()]
            table.add_row(name, f"{seconds:.2f}", *(f"{number:.0f}" for number in memory))
    return table
