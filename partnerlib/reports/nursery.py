"""The process kernels are forked from: it imports what notebooks import, then forks one child a request.

It only imports. A connection, a thread pool or a frame used before the fork would make the child hang, so the nursery
refuses to serve when an import has left a native thread behind.

Requests come over a local socket that only this user can open. The child of a request takes the connection over, and
the nursery keeps nothing of it: one request cannot hold up or reach another. It ends with whoever started it.
"""

from __future__ import annotations

import gc
import os
import select
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

SINGLE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "agg",
}
"""Settings under which an import starts no native thread."""

KERNELS: tuple[str, ...] = (
    "IPython.core.interactiveshell",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "partnerlib.display.figures",
    "partnerlib.reports.children",
    "partnerlib.reports.cells",
    "partnerlib.reports.unit_report",
)
"""What a report notebook imports, and what it takes to be a kernel."""

STUDIES: tuple[str, ...] = (
    "duckdb",
    "partnerlib.display",
    "partnerlib.studies",
    "pyfixest",
    "seaborn",
    "statsmodels.formula.api",
)
"""What study notebooks and people at JupyterLab import besides."""

PAGES: tuple[str, ...] = (
    "docx",
    "nbclient",
    "nbformat.v4",
    "papermill",
    "partnerlib.reports.engine",
    "partnerlib.reports.formats",
    "partnerlib.reports.page",
    "partnerlib.reports.workers",
    "xlsxwriter",
)
"""What it takes to run a notebook and to write its page."""

ROOMS = {"kernels": (*KERNELS, *STUDIES), "pages": (*KERNELS, *PAGES)}
"""What a nursery imports: for kernels of any notebook, or for a run of report pages."""


UNNEEDED = "rfc3987_syntax"
"""Half of the time nbformat takes to be imported, for jsonschema to check addresses: no notebook's format has any."""


def preload(modules: Sequence[str]) -> None:
    """Import, and no more."""
    sys.modules[UNNEEDED] = None  # type: ignore[assignment]
    for module in modules:
        import_module(module)
    del sys.modules[UNNEEDED]
    from matplotlib.font_manager import findfont

    from partnerlib.display.style import FONT
    from partnerlib.reports.definitions import definitions

    definitions()
    findfont(FONT)
    gc.collect()
    gc.freeze()  # the collector then leaves the imported objects alone, and their memory stays shared


def native_threads() -> list[str]:
    """Names of the threads of this process as the system sees them, Python's and others'."""
    return [Path(task, "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]


def serve(listener: socket.socket) -> None:
    """Fork a child for every connection, until standard input is closed."""
    from partnerlib.reports import children

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the children; nobody waits for them here
    calls = select.poll()
    calls.register(0, select.POLLHUP | select.POLLERR)
    calls.register(listener, select.POLLIN)
    while True:
        asked = {descriptor for descriptor, _ in calls.poll()}
        if 0 in asked:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            children.raise_child(connection)
        connection.close()


def command(descriptor: int, room: str) -> list[str]:
    """The command line of a nursery that listens on an open socket."""
    return [sys.executable, "-P", "-m", "partnerlib.reports.nursery", str(descriptor), room]


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it
    listener = socket.socket(fileno=int(sys.argv[1]))
    preload(ROOMS[sys.argv[2]])
    if len(threads := native_threads()) > 1:
        print(f"imports left threads behind, which no fork survives: {', '.join(threads)}", file=sys.stderr, flush=True)
        os._exit(1)  # the last line of the log is the reason, not what libraries say when they are unloaded
    serve(listener)
    shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)


if __name__ == "__main__":
    main()
