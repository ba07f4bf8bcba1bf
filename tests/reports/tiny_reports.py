"""A project whose report notebooks are a few lines each: what is under test is the run around them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from invented_release import ROOT, TYPICAL, YEAR, invented_cells, release_of

from partnerlib.project import Project

KINDS = ("state", "provider", "district", "partnership")

CELLS = (
    'report_year: int = 2018  # by its spring\nunit_code: str = "0"  # eight digits\nrelease_path: str = ""  # folder',
    "from partnerlib.reports import released",
    'report = released("{kind}", unit_code, report_year, release_path)\nreport.title()',
    "report.headline()",
    'report.comparison("hiring")',
    "report.complete()",
)

IS_FULL = os.environ.get("PARTNERLIB_FAULTS") == "full"
"""Whether faults are tried at their full counts (`make faults`), or at a few moments each."""


def notebook(kind: str, faults: Iterable[str] = (), killed: Mapping[str, int] | None = None) -> nbformat.NotebookNode:
    """A report notebook of a few cells.

    Parameters
        faults: put before the last cell, a cell each
        killed: units whose kernel is killed at the start of a cell, and the number of that cell
    """
    sources = [cell.replace("{kind}", kind) for cell in CELLS]
    for code, place in (killed or {}).items():
        sources[place] = f"import os\nif unit_code == {code!r}:\n    os.kill(os.getpid(), 9)\n{sources[place]}"
    cells = [nbformat.v4.new_code_cell(source) for source in [*sources[:-1], *faults, sources[-1]]]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    found = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A page"), *cells], metadata=kernel)
    for place, cell in enumerate(found.cells):
        cell["id"] = f"cell-{place}"  # else at random, and the same notebook would be another one
    return found


def more_providers(count: int) -> pd.DataFrame:
    """The invented cells, with `count` more providers like the typical one."""
    cells = invented_cells()
    one = cells[(cells["unit_kind"] == "provider") & (cells["unit_code"] == TYPICAL)]
    codes = [f"{89100000 + number}" for number in range(count)]
    return pd.concat([cells, *(one.assign(unit_code=code, unit_name=f"College {code}") for code in codes)])


def tiny(folder: Path, cells: pd.DataFrame | None = None, faults: Mapping[str, Iterable[str]] | None = None,
         seconds: int = 60) -> tuple[Project, Path]:  # fmt: skip
    """A project in a folder, and its sealed release."""
    notebooks = folder / "notebooks" / "reports"
    notebooks.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        write(notebooks / f"{kind}.ipynb", kind, (faults or {}).get(kind, ()))
    (folder / "reports").mkdir(exist_ok=True)
    plan = {"limits": {"seconds": seconds}, "reports": {kind: {"title": f"A {kind}"} for kind in KINDS}}
    (folder / "reports" / "plan.yml").write_text(json.dumps(plan), encoding="utf-8")
    here = Project(folder, folder / "raw", folder / "processed", folder / "reports")
    return here, release_of(folder / "processed", cells)


def write(path: Path, kind: str, faults: Iterable[str] = (), killed: Mapping[str, int] | None = None) -> None:
    nbformat.write(notebook(kind, faults, killed), path)


RUN = """
import sys
from pathlib import Path
from partnerlib.errors import PartnerlibError
from partnerlib.project import Project
from partnerlib.reports import run
folder = Path(sys.argv[1])
here = Project(folder, folder / "raw", folder / "processed", Path(sys.argv[2]))
print("begun", flush=True)
try:
    result = run(here, {year}, folder / "processed" / "releases" / "{year}", **eval(sys.argv[3]))
    print(result.summary())
    sys.exit(result.exit_code)
except PartnerlibError as problem:
    print(problem, file=sys.stderr)
    sys.exit(problem.exit_code)
except KeyboardInterrupt as problem:
    print(problem, file=sys.stderr)
    sys.exit(130)
""".replace("{year}", str(YEAR))
"""A run in a process of its own, that can be killed."""


def started(here: Project, environment: Mapping[str, str | None] | None = None, before: str = "", **options: Any):
    """A run of a tiny project in its own process; `before` is run in it first. A variable that is None is unset."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.Popen(
        [sys.executable, "-c", before + RUN, str(here.root), str(here.out), repr(options)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True,
        env={name: value for name, value in surroundings.items() if value is not None},
    )  # fmt: skip


def ended(process: subprocess.Popen, seconds: float = 240) -> subprocess.CompletedProcess:
    """What a started run said, and how it ended."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a published year, byte by byte; of the run's record, all but times and memory."""
    found = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    record = json.loads(found["run_record.json"])
    told = {name: value for name, value in record.items() if name not in {"timings", "seal"}}
    return {**found, "run_record.json": json.dumps(told).encode()}


def different(made: Mapping[str, bytes], expected: Mapping[str, bytes]) -> set[str]:
    """Files that two runs have not in common, or not byte for byte.

    A run's record names the library's code: where somebody edits the library between two runs, they are of two
    libraries, and rightly differ. That is told by its name, so that nobody takes it for a fault of the runs.
    """
    of_code = {json.loads(files["run_record.json"])["code_sha256"] for files in (made, expected)}
    assert len(of_code) == 1, "the library was edited while this test ran: nothing is found out, run it again"
    return {path for path in {*made, *expected} if made.get(path) != expected.get(path)}


def moved(here: Project, folder: Path) -> Project:
    """The same project publishing into another folder."""
    shutil.rmtree(folder, ignore_errors=True)
    return Project(here.root, here.raw, here.processed, folder)
