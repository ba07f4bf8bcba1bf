"""A batch of report pages against a loop of `papermill` and `jupyter nbconvert` over the same notebooks."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from partnerlib import pipeline, reports
from partnerlib.project import Project, project
from partnerlib.reports.plan import Page


def _loop(pages: list[Page], here: Project, year: int, released: Path, folder: Path) -> float:
    """Seconds of the loop a user would write: for each unit one `papermill`, then one `jupyter nbconvert`."""
    start = time.perf_counter()
    for page in pages:
        executed = folder / f"{page.kind}-{page.unit_code}.ipynb"
        notebook = here.notebooks / "reports" / f"{page.kind}.ipynb"
        parameters = [
            "-r",
            "unit_code",
            page.unit_code,
            "-p",
            "report_year",
            str(year),
            "-r",
            "release_path",
            str(released),
        ]
        run = [sys.executable, "-m", "papermill", str(notebook), str(executed), *parameters, "--no-progress-bar"]
        subprocess.run(run, check=True, capture_output=True)
        convert = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--no-input", str(executed)]
        subprocess.run(convert, check=True, capture_output=True)
    return time.perf_counter() - start


def _batch(pages: list[Page], here: Project, year: int, released: Path, jobs: int) -> float:
    """Seconds of `partnerlib report` for the same pages, index and record included."""
    start = time.perf_counter()
    result = reports.run(here, year, released, only=[f"{page.kind}:{page.unit_code}" for page in pages], jobs=jobs)
    if result.exit_code:
        raise SystemExit(result.summary())
    return time.perf_counter() - start


def compare(count: int, jobs: int) -> None:
    """Print both times and their ratio, for pages of the shipped sample that have something to report."""
    here = project()
    prepared = pipeline.prepare(here)
    year = pipeline.check_year(here, None)
    released = pipeline.release(prepared, year)
    pages = [page for page in reports.list_pages(here, year, released) if not page.reason_for_nothing][:count]
    with tempfile.TemporaryDirectory() as folder:
        loop = _loop(pages, here, year, released, Path(folder))
        batch = _batch(pages, replace(here, out=Path(folder) / "reports"), year, released, jobs)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    table = Table("way", "pages", "seconds", "a page", "ratio", title="Report pages")
    table.add_row(
        "papermill + jupyter nbconvert, one at a time", str(len(pages)), f"{loop:.0f}", f"{loop / len(pages):.1f}", "1"
    )
    table.add_row(
        f"partnerlib report, {jobs} jobs",
        str(len(pages)),
        f"{batch:.0f}",
        f"{batch / len(pages):.2f}",
        f"{loop / batch:.1f}",
    )
    Console().print(table)
    Console().print(f"largest process: {peak:.0f} MB")
