"""The process kernels are forked from: it imports what report notebooks import, then forks one kernel a request.

Started by `partnerlib.reports.kernels`; ends, and its kernels with it, when its standard input is closed.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

PRELOADED = (
    "IPython.core.interactiveshell",
    "ipykernel.inprocess",
    "ipykernel.kernelapp",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "partnerlib.display.figures",
    "partnerlib.reports.unit_report",
)
"""What a report notebook imports, and what it takes to be a kernel."""


def preload() -> None:
    """Import, and no more: a thread or a connection used here would not work in a forked kernel."""
    for module in PRELOADED:
        import_module(module)
    from matplotlib.font_manager import findfont

    from partnerlib.display.style import FONT
    from partnerlib.reports.definitions import definitions

    definitions()
    findfont(FONT)


def become_kernel(connection_file: str, cwd: str, env: dict[str, str]) -> None:
    """Turn this forked process into a kernel; never returns."""
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    os.environ.update(env)
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    os.chdir(cwd)
    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize(["-f", connection_file])
    app.start()


def answer(question: dict[str, Any], codes: dict[int, int]) -> int | None:
    """The process number of a new kernel, the exit code of one (null while it runs), or 0: ready."""
    if "is_ready" in question:
        return 0
    if "connection_file" in question:
        child = os.fork()
        if child == 0:
            os.setsid()
            try:
                become_kernel(**question)
            finally:
                os._exit(0)
        return child
    pid, options = (question["poll"], os.WNOHANG) if "poll" in question else (question["wait"], 0)
    if pid not in codes:
        try:
            ended, status = os.waitpid(pid, options)
        except ChildProcessError:
            return 0
        if not ended:
            return None
        codes[pid] = os.waitstatus_to_exitcode(status)
    return codes[pid]


def main() -> None:
    preload()
    codes: dict[int, int] = {}
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), codes)), flush=True)


if __name__ == "__main__":
    main()
