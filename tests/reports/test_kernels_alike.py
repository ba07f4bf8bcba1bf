"""A notebook shows the same in a forked child as in a kernel that was started for it alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from invented_release import DISTRICT, PAIR, STATE, TYPICAL, YEAR
from papermill import PapermillExecutionError, execute_notebook

from partnerlib.disclosure.zones import SealedRelease
from partnerlib.project import Project
from partnerlib.reports.execution import FORKED, OWN_KERNEL, elements_of, execute
from partnerlib.reports.kernels import CAN_FORK

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="only Linux forks")

UNIT_OF = {"state": STATE, "provider": TYPICAL, "review": TYPICAL, "district": DISTRICT, "advisory": DISTRICT,
           "partnership": PAIR}  # fmt: skip

KINDS = sorted(path.stem for path in (Path(__file__).parents[2] / "notebooks" / "reports").glob("*.ipynb"))

EVERYTHING = (
    "import sys\nprint('one')\nprint('two', file=sys.stderr)\nsys.stdout.write('three')",
    "from IPython.display import HTML, Markdown, clear_output, display, update_display\n"
    "display(HTML('<b>x</b>'), metadata={'a': 1}); display({'b': 2}, display_id='later')",
    "update_display('changed', display_id='later')",
    "print('gone'); clear_output(wait=True); print('stays')",
    "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('x');",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "%matplotlib inline\nplt.plot([2, 1]); plt.gcf()",
    "%precision 3\n_",
    "None",
    "x = 1;",
    "",
    "for line in range(3): display(line)",
    "1 / 0",
)


def shown(source: Path, output: Path, **way: Any) -> list[Any]:
    """Outputs and counts of every cell, a process's own addresses and numbers apart."""
    try:
        execute_notebook(source, output, progress_bar=False, **way)
    except PapermillExecutionError as problem:
        assert problem.ename == "ZeroDivisionError"
    text = output.read_text(encoding="utf-8")
    text = re.sub(r"0x[0-9a-f]{8,}", "0x0", text)
    notebook = nbformat.reads(text, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(cell.execution_count, cell.outputs) for cell in cells] + [notebook.metadata.language_info]


def test_every_kind_of_output_is_the_same(tmp_path: Path, kernels_found: None) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in EVERYTHING])
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "in.ipynb")
    expected = shown(tmp_path / "in.ipynb", tmp_path / "own.ipynb", kernel_name="python3")
    assert (
        shown(tmp_path / "in.ipynb", tmp_path / "engine.ipynb", kernel_name="python3", engine_name=FORKED) == expected
    )
    assert shown(tmp_path / "in.ipynb", tmp_path / "kernel.ipynb", kernel_name="partnerlib") == expected


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_is_the_same(
    kind: str, here: Project, release_file: Path, release: SealedRelease, tmp_path: Path, kernels_found: None
) -> None:
    notebook = here.notebooks / "reports" / f"{kind}.ipynb"
    parameters = {"report_year": YEAR, "unit_code": UNIT_OF[kind], "release_path": str(release_file)}
    elements = {}
    for engine in (FORKED, OWN_KERNEL):
        output = tmp_path / f"{engine}.ipynb"
        peak = execute(notebook, output, parameters, 120, engine=engine)
        elements[engine] = elements_of(output, release.manifest.release_id)
        assert (peak > 0) == (engine == FORKED)
    assert len(elements[FORKED]) > 5
    assert elements[FORKED] == elements[OWN_KERNEL]
