"""Every unit gets its page; one failure stops no other and never takes the place of a good page."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from invented_release import DISTRICT, EMPTY, PAIR, STATE, TINY, TYPICAL, YEAR, release_of

from partnerlib.disclosure.zones import SealedRelease
from partnerlib.project import Project
from partnerlib.reports import run
from partnerlib.reports.execution import elements_of, execute
from partnerlib.reports.page import result_page
from partnerlib.reports.workers import Job, make_page

UNITS = [
    *(("provider", code) for code in (TYPICAL, TINY, EMPTY)),
    *(("district", code) for code in (DISTRICT, "97020000", "97990000")),
    *(("partnership", f"{a}-{b}") for a, b in ((TYPICAL, DISTRICT), (TINY, "97020000"), (EMPTY, "97990000"))),
    ("state", STATE),
]


@pytest.mark.parametrize(("kind", "code"), UNITS)
def test_every_report_runs_for_a_typical_a_tiny_and_an_empty_unit(
    kind: str, code: str, here: Project, release_file: Path, release: SealedRelease, tmp_path: Path
) -> None:  # fmt: skip
    notebook = here.notebooks / "reports" / f"{kind}.ipynb"
    parameters = {"report_year": YEAR, "unit_code": code, "release_path": str(release_file)}
    execute(notebook, tmp_path / "executed.ipynb", parameters, 60)
    elements = elements_of(tmp_path / "executed.ipynb", release.manifest.release_id)
    html, facts = result_page(elements, "A report", False)
    assert "SYNTHETIC DATA" in html
    assert bool(facts["reason_for_nothing"]) == (code not in {TYPICAL, DISTRICT, f"{TYPICAL}-{DISTRICT}", STATE})
    assert ("Nothing to report." in html) == bool(facts["reason_for_nothing"])


BROKEN = "raise ValueError('row of Jane Doe')"


def break_notebook(path: Path, source: str, for_unit: str) -> None:
    """Make one unit's report stop half-way; the others run as before."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(4, nbformat.v4.new_code_cell(f"if unit_code == {for_unit!r}:\n    {source}"))
    nbformat.write(notebook, path)


def pages_under(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*.html"))
    }


def everything_in(folder: Path) -> bytes:
    """The content of every file, a workbook's parts unpacked."""
    found = b"".join(file.read_bytes() for file in folder.rglob("*.*"))
    for workbook in folder.rglob("*.xlsx"):
        with zipfile.ZipFile(workbook) as archive:
            found += b"".join(archive.read(name) for name in archive.namelist())
    return found


def test_a_run_a_repeat_and_a_failure(here: Project, release_file: Path) -> None:
    first = run(here, YEAR, release_file, [f"provider:{TYPICAL}", f"provider:{EMPTY}"], jobs=1)
    folder = here.out / str(YEAR)
    made = pages_under(folder)
    assert first.exit_code == 0 and len(made) == 3  # two pages and the index
    assert [entry.outcome for entry in first.entries] == ["done", "nothing to report"]

    again = run(here, YEAR, release_file, [f"provider:{TYPICAL}", f"provider:{EMPTY}"], jobs=1)
    assert again.unchanged == 2 and pages_under(folder) == made

    break_notebook(here.notebooks / "reports" / "provider.ipynb", BROKEN, TYPICAL)
    break_notebook(here.notebooks / "reports" / "partnership.ipynb", BROKEN, PAIR)
    failed = run(here, YEAR, release_file, [f"provider:{TYPICAL}", f"partnership:{PAIR}", "state"], jobs=1)
    assert failed.exit_code == 1
    assert {entry.kind: entry.outcome for entry in failed.entries} == {
        "provider": "failed", "partnership": "failed", "state": "done",
    }  # fmt: skip
    good = f"provider/{TYPICAL}-harbor-hill-college.html"
    assert pages_under(folder)[good] == made[good], "a failed run took the place of a good page"
    new = f"partnership/{PAIR}-harbor-hill-college-and-northmoor.html"
    assert "This report failed." in (folder / new).read_text()
    index = (folder / "index.html").read_text()
    assert "raised ValueError" in index and "the one of an earlier run" in index
    assert all(page in index for page in pages_under(folder) if page != "index.html")

    record = (folder / "run_record.json").read_text()
    assert json.loads(record)["outcomes"] == {"done": 1, "nothing to report": 1, "failed": 2}
    assert str(here.root) not in record
    assert b"Jane Doe" not in everything_in(folder) + failed.summary().encode()
    assert sorted(path.name for path in here.out.iterdir()) == [str(YEAR), "plan.yml"], "something was left behind"


def test_a_page_of_an_earlier_policy_is_not_kept_when_its_report_fails(
    here: Project, release_file: Path, cells: pd.DataFrame, tmp_path: Path
) -> None:
    only = [f"provider:{TYPICAL}"]
    run(here, YEAR, release_file, only, jobs=1)
    page = here.out / str(YEAR) / f"provider/{TYPICAL}-harbor-hill-college.html"
    assert "95% interval" in page.read_text()
    break_notebook(here.notebooks / "reports" / "provider.ipynb", BROKEN, TYPICAL)
    stricter = release_of(tmp_path / "stricter", cells, policy="owner", audience=f"provider:{TYPICAL}")
    failed = run(here, YEAR, stricter, only, jobs=1)
    assert failed.exit_code == 1 and not failed.entries[0].is_earlier_page
    assert "This report failed." in page.read_text() and "95% interval" not in page.read_text()
    assert "For Harbor &amp; Hill &lt;College&gt; only." in page.read_text()


RAW_CELLS = {
    "a raw table or HTML": "import pandas; display(pandas.DataFrame({'name': ['Jane Doe']}))",
    "a raw figure": "get_ipython().run_line_magic('matplotlib', 'inline'); from matplotlib import pyplot; "
    "pyplot.plot([1, 2]); display(pyplot.gcf())",
    "printed text": "print('Jane Doe')",
}


@pytest.mark.parametrize("words", RAW_CELLS)
def test_a_notebook_that_shows_a_raw_frame_or_figure_makes_no_page(
    words: str, here: Project, release_file: Path, release: SealedRelease, tmp_path: Path
) -> None:
    notebook = here.notebooks / "reports" / "state.ipynb"
    break_notebook(notebook, RAW_CELLS[words], STATE)
    parameters = {"report_year": YEAR, "unit_code": STATE, "release_path": str(release_file)}
    job = Job("state", notebook, parameters, "State", True, release.manifest.release_id, tmp_path / "run",
              tmp_path / "page.html", 60)  # fmt: skip
    outcome = make_page(job)
    assert outcome.status == "failed"
    assert re.search(rf"code cell \d+ of \d+ shows {words};", outcome.reason), outcome.reason
    assert not job.target.exists() and "Jane" not in outcome.reason


def test_a_unit_with_a_new_name_has_one_page_and_a_unit_that_left_the_plan_none(
    here: Project, cells: pd.DataFrame, tmp_path: Path
) -> None:
    run(here, YEAR, release_of(tmp_path / "one", cells), [f"provider:{EMPTY}", "provider:" + TINY], jobs=1)
    renamed = cells.assign(unit_name=cells["unit_name"].replace("Cranberry Residency", "Cranberry College"))
    gone = renamed[renamed["unit_code"] != EMPTY]
    result = run(here, YEAR, release_of(tmp_path / "two", gone), [f"provider:{TINY}"], jobs=1)
    pages = {path for path in pages_under(here.out / str(YEAR)) if path != "index.html"}
    assert pages == {f"provider/{TINY}-cranberry-college.html"}
    assert "2 pages that were not asked for" in result.summary()


def test_a_report_that_dies_stops_or_sleeps_is_one_failed_page(here: Project, release_file: Path) -> None:
    here.plan.write_text(here.plan.read_text().replace("seconds: 120", "seconds: 8"))
    faults = {
        "provider": (TYPICAL, "import os; os._exit(0)", "kernel died"),
        "district": (DISTRICT, "import sys; sys.exit(0)", "SystemExit"),
        "partnership": (PAIR, "import time; time.sleep(600)", "longer than 8 seconds"),
    }
    for kind, (code, source, _) in faults.items():
        break_notebook(here.notebooks / "reports" / f"{kind}.ipynb", source, code)
    only = ["state", *(f"{kind}:{code}" for kind, (code, _, _) in faults.items())]
    outcome = {entry.kind: entry for entry in run(here, YEAR, release_file, only, jobs=1).entries}
    assert outcome["state"].outcome == "done"
    for kind, (_, _, reason) in faults.items():
        assert outcome[kind].outcome == "failed" and reason in outcome[kind].reason
