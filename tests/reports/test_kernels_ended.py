"""However a child ends, it is told, nothing of it runs on, and where nothing can be forked a kernel starts afresh."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from invented_release import ROOT
from papermill import execute_notebook

from partnerlib.reports import kernels
from partnerlib.reports.kernels import CAN_FORK
from partnerlib.reports.workers import Job, Outcome, outcomes

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="only Linux forks")

SECONDS, MEMORY_MB = 10, 300

ENDS = {
    "killed": ("import os; os.kill(os.getpid(), 9)", "cell 2 of 3 did not end: the kernel died."),
    "left": ("import os; os._exit(0)", "cell 2 of 3 did not end: the kernel died."),
    "said goodbye": ("exit()", "cell 3 of 3 did not end: the kernel died."),
    "sys.exit": ("import sys; sys.exit(0)", "cell 2 of 3 raised SystemExit."),
    "interrupted": ("raise KeyboardInterrupt", "cell 2 of 3 raised KeyboardInterrupt."),
    "an odd error": ("raise type('row of Jane Doe', (Exception,), {})", "cell 2 of 3 raised an error."),
    "too much memory": ("block = bytearray(10**9)", f"cell 2 of 3 needed more memory than its {MEMORY_MB} MB."),
    "many displays": ("for line in range(20_000): display(line)", "cell 2 of 3 "),  # as the machine goes: late, or raw
    "50 MB": ("print('x' * 50_000_000)", "cell 2 of 3 showed more than 40 MB and was ended."),
    "shows for ever": ("while True: print('x' * 1000)", "cell 2 of 3 showed more than 40 MB and was ended."),
    "asleep": ("import time; time.sleep(3600)", f"cell 2 of 3 ran longer than {SECONDS} seconds and was ended."),
    "stopped": (
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        f"cell 2 of 3 ran longer than {SECONDS} seconds and was ended.",
    ),
    "unwatched": ("import os; os.kill(os.getppid(), 9)\nwhile True: pass", "cell 2 of 3 did not end: the kernel died."),
    "with a child": (
        "import subprocess, os\nsubprocess.Popen(['sleep', '4321'], start_new_session=True); os._exit(3)",
        "cell 2 of 3 did not end: the kernel died.",
    ),
}
"""What a cell does, and what is said of it."""


def job(folder: Path, name: str, source: str) -> Job:
    cells = [nbformat.v4.new_code_cell(text) for text in ("first = 1", source, "last = 1")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    path = folder / f"{name.replace(' ', '-')}.ipynb"
    nbformat.write(notebook, path)
    return Job(name, path, {}, "A page", True, "none", folder / name, folder / f"{name}.html", SECONDS, MEMORY_MB)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = tmp_path_factory.mktemp("ends")
    return {found.name: found for found in outcomes([job(folder, name, ENDS[name][0]) for name in ENDS], 2)}


@pytest.mark.parametrize("name", ENDS)
def test_however_a_notebook_ends_its_cell_and_the_reason_are_told_in_time(name: str, ended: dict[str, Outcome]) -> None:
    assert ended[name].status == "failed"
    assert ENDS[name][1] in ended[name].reason
    assert ended[name].seconds <= SECONDS + 10


def test_nothing_of_them_runs_on(ended: dict[str, Outcome]) -> None:
    assert len(ended) == len(ENDS)
    until = time.monotonic() + 5
    while (left := running()) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []


def test_what_a_killed_notebook_leaves_behind_goes_with_the_nursery(tmp_path: Path) -> None:
    told = tmp_path / "told"
    source = (
        "import os, pathlib, tempfile\n"
        f"pathlib.Path({str(told)!r}).write_text(tempfile.mkdtemp(), encoding='utf-8')\n"
        "os.kill(os.getpid(), 9)"
    )
    assert [found.status for found in outcomes([job(tmp_path, "leaves", source)], 1)] == ["failed"]
    left = Path(told.read_text(encoding="utf-8"))
    assert left.is_dir()
    assert left.parent == kernels.address_of_nursery("pages").parent


def running() -> list[str]:
    """Processes below this one, but for its nursery that waits for more."""
    waiting = {nursery.process.pid for nursery in kernels._own.values()}
    found = [process for process in psutil.Process().children(recursive=True) if process.pid not in waiting]
    stray = [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "4321"]]
    return [str(process) for process in [*found, *stray] if is_running(process)]


def is_running(process: psutil.Process) -> bool:
    """Whether a process does anything still."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


OWNER = """
import os, sys
from partnerlib.reports.kernels import Child, address_of_nursery
child = Child(address_of_nursery(), become="cells", cwd="/", env=dict(os.environ))
child.connection.sendall(b'{"code": "import time; time.sleep(600)"}\\n')
print(child.pid, address_of_nursery(), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_with_its_owner_a_nursery_and_its_children_end(number: signal.Signals) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert owner.stdout
    pid, address = owner.stdout.readline().split()
    family = [psutil.Process(int(pid)), *psutil.Process(owner.pid).children(recursive=True)]
    assert len(family) >= 3
    owner.send_signal(number)
    owner.wait()
    _, left = psutil.wait_procs(family, timeout=10)
    assert [process for process in left if is_running(process)] == []
    assert not Path(address).parent.exists(), "the nursery left its folder behind"


def process_of(folder: Path, **way: str) -> tuple[str, str]:
    """The program a notebook ran in, and what is above it."""
    cell = nbformat.v4.new_code_cell("import os\nprint(open('/proc/self/cmdline').read().replace(chr(0), ' '))")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "in.ipynb")
    done = execute_notebook(folder / "in.ipynb", None, cwd=folder, progress_bar=False, **way)
    return done.cells[-1].outputs[0]["text"]


@pytest.mark.parametrize("way", [{"kernel_name": "partnerlib"}, {"kernel_name": "python3", "engine_name": "forked"}])
@pytest.mark.parametrize("fault", ["no fork", "no nursery"])
def test_where_nothing_can_be_forked_a_kernel_starts_afresh(
    way: dict[str, str], fault: str, tmp_path: Path, kernels_found: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "no fork":
        monkeypatch.setattr(kernels, "CAN_FORK", False)
    else:
        monkeypatch.setenv(kernels.ADDRESS, str(tmp_path / "no-such-socket"))
    assert "ipykernel_launcher" in process_of(tmp_path, **way)


def test_code_that_was_changed_is_imported_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kernels.address_of_nursery()
    assert kernels.address_of_nursery() == before
    monkeypatch.setattr(kernels, "code_on_disk", lambda: 1)
    after = kernels.address_of_nursery()
    assert after != before and not before.parent.exists()


def test_a_nursery_with_a_native_thread_does_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kernels.SINGLE_THREAD, "JE_ARROW_MALLOC_CONF", "background_thread:true")
    nursery = kernels.Nursery("kernels")
    try:
        with pytest.raises(OSError):
            kernels.Child(nursery.address, become="cells", cwd="/", env={})
        assert nursery.process.wait(20) == 1
        assert "left threads behind" in nursery.why_not()
    finally:
        nursery.close()
