"""A forked notebook starts as in a process that was just started: nothing of another notebook reaches it."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import papermill
import pytest

from partnerlib.reports.kernels import CAN_FORK

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="only Linux forks")

WAYS = {"a kernel": {"kernel_name": "partnerlib"}, "an engine": {"kernel_name": "python3", "engine_name": "forked"}}

LEAVES_ALL = """
import json, os, random, sys, threading, tempfile, time, warnings
import matplotlib, matplotlib.pyplot as plt, numpy as np, pandas as pd
secret = "left behind"
json.secret = "left behind"
pd.DataFrame.to_dict = None
pd.set_option("display.max_rows", 7)
random.seed(1); np.random.seed(1)
os.environ["SECRET"] = "left behind"
handle = open(tempfile.gettempdir() + "/partnerlib-left-behind", "w")
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
matplotlib.rcParams["font.size"] = 77
plt.figure(); plt.plot([1, 2])
sys.path.insert(0, "/left/behind")
warnings.simplefilter("error")
os.umask(0o077)
os.chdir("/")
"""

LOOKS_AROUND = """
import json, os, random, sys, threading, warnings
import matplotlib, matplotlib.pyplot as plt, numpy as np, pandas as pd
mask = os.umask(0); os.umask(mask)
folder = "/proc/self/fd/"
files = [os.readlink(folder + fd) for fd in os.listdir(folder) if os.path.lexists(folder + fd)]
print(json.dumps({
    "variable": "secret" in globals(), "module": hasattr(json, "secret"), "method": callable(pd.DataFrame.to_dict),
    "option": pd.get_option("display.max_rows"), "environment": os.environ.get("SECRET"), "cwd": os.getcwd(),
    "file": [file for file in files if "left-behind" in file],
    "threads": [t.name for t in threading.enumerate() if t.name.startswith("Thread-") and "sleep" in t.name],
    "font": matplotlib.rcParams["font.size"], "figures": plt.get_fignums(), "path": "/left/behind" in sys.path,
    "warnings": warnings.filters[0][0] == "error", "umask": mask,
    "random": random.random(), "numpy": float(np.random.rand()),
}))
"""


def told(folder: Path, source: str, way: str) -> str:
    """What a notebook of one cell prints."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "in.ipynb")
    done = papermill.execute_notebook(
        folder / "in.ipynb", folder / "out.ipynb", cwd=folder, progress_bar=False, **WAYS[way]
    )  # fmt: skip
    return "".join(output["text"] for output in done.cells[-1].outputs if output["output_type"] == "stream")


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_one_notebook_reaches_the_next(way: str, tmp_path: Path, kernels_found: None) -> None:
    first = json.loads(told(tmp_path, LOOKS_AROUND, way))
    told(tmp_path, LEAVES_ALL, way)
    second = json.loads(told(tmp_path, LOOKS_AROUND, way))
    numbers = {name: (first.pop(name), second.pop(name)) for name in ("random", "numpy")}
    assert second == first
    assert first["cwd"] == str(tmp_path) and first["environment"] is None
    for name, (before, after) in numbers.items():
        assert before != after, f"{name}: two notebooks drew the same numbers"


@pytest.mark.parametrize("way", WAYS)
def test_seeded_numbers_are_those_of_any_process(way: str, tmp_path: Path, kernels_found: None) -> None:
    import numpy as np

    text = told(tmp_path, "import numpy as np\nprint(np.random.default_rng(7).random())", way)
    assert float(text) == np.random.default_rng(7).random()


def test_a_child_has_one_thread_and_no_file_of_its_nursery(tmp_path: Path, kernels_found: None) -> None:
    source = (
        "import os\nprint(len(os.listdir('/proc/self/task')), "
        "[link for fd in os.listdir('/proc/self/fd') if os.path.lexists(f'/proc/self/fd/{fd}') "
        "and 'nursery' in (link := os.readlink(f'/proc/self/fd/{fd}'))])"
    )
    assert told(tmp_path, source, "an engine").split(maxsplit=1) == ["1", "[]\n"]


def test_a_child_takes_little_memory_of_its_own(tmp_path: Path, kernels_found: None) -> None:
    """What a further kernel costs is what it does not share."""
    source = (
        "import psutil\nmemory = psutil.Process().memory_full_info()\n"
        "print(memory.rss >> 20, memory.pss >> 20, memory.uss >> 20)"
    )
    rss, pss, uss = map(int, told(tmp_path, source, "an engine").split())
    assert uss < rss / 2 and pss < rss, (rss, pss, uss)
