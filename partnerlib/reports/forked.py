"""A notebook run in a forked child: nbclient's own reading of what a kernel tells, over one local connection.

Limits hold for the whole notebook and are kept from outside: a cell that never returns, that stopped its own process
or that shows without end cannot outlast them. What a child that died has left is never taken for a whole run.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager

from partnerlib.reports.kernels import Child, address_of_nursery

MOST_SHOWN_MB = 40
"""Most that the cells of one notebook may show. A page needs a hundredth of it; more would fill memory and disk."""

PEAK_MEMORY = "peak_memory_mb"
"""Name of the most memory the notebook had at once, among papermill's metadata of it."""

log = logging.getLogger(__name__)


class Flooded(Exception):
    """A notebook showed more than anybody reads, and was ended."""


class ForkedClient(PapermillNotebookClient):
    """nbclient's client, with a forked child in the place of a kernel."""

    def execute_in(self, child: Child) -> None:
        """Run the cells in their turn until one fails."""
        self.child, self.shown = child, 0
        self.reset_execution_trackers()
        self.papermill_execute_cells()
        self.nb.metadata["language_info"] = dict(IPythonKernel.language_info)
        self.set_widgets_metadata()

    def execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Run one cell; raises what nbclient raises."""
        if cell.cell_type != "code" or not cell.source.strip():
            return cell
        cell.outputs = []
        self.clear_before_next_output = False
        self.code_cells_executed += 1
        cell.execution_count = self.code_cells_executed  # however it ends, this cell was begun
        self._tell(cell)
        while (said := self.child.line(MOST_SHOWN_MB * 2**20)) is not None and "end" not in said:
            if said["msg_type"] == "execute_reply":
                run_sync(self._check_raise_for_error)(cell, cell_index, said)
                return cell
            self._refuse_flood()
            parent = {"msg_id": str(cell_index)}
            header = {"msg_type": said["msg_type"]}
            self.process_message({**said, "header": header, "parent_header": parent}, cell, cell_index)
        self._refuse_flood()
        self.child.end = said or {}
        if self.child.end.get("reason") == "time":
            raise CellTimeoutError.error_from_timeout_and_cell("Notebook execution timed out", self.timeout or 0, cell)
        raise DeadKernelError("Kernel died")

    def _tell(self, cell: Any) -> None:
        with suppress(OSError):  # it is gone: what it said last will be read
            self.child.connection.sendall(json.dumps({"code": cell.source}).encode() + b"\n")

    def _refuse_flood(self) -> None:
        if self.child.received > MOST_SHOWN_MB * 2**20:
            raise Flooded(MOST_SHOWN_MB)


class SavedOnce(NotebookExecutionManager):
    """papermill's record of a run, written to disk when the run has ended and not twice for every cell."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_ended = False

    def save(self, **kwargs: Any) -> None:
        if self.has_ended:
            super().save(**kwargs)

    def notebook_complete(self, **kwargs: Any) -> None:
        self.has_ended = True
        super().notebook_complete(**kwargs)


def child_for(
    notebook_timeout: float | None = None,
    execution_timeout: float | None = None,
    memory_mb: int | None = None,
    **options: Any,
) -> Child:
    """A child that waits for cells, in the folder and environment of this process."""
    return Child(
        address_of_nursery(),
        become="cells",
        cwd=os.getcwd(),  # noqa: PTH109
        env=dict(os.environ),
        seconds=notebook_timeout or execution_timeout,
        memory_mb=memory_mb,
    )


def executed(
    nb: Any,
    kernel_name: str,
    child: Child,
    output_path: str | Path | None = None,
    progress_bar: bool = True,
    log_output: bool = False,
    autosave_cell_every: int = 30,
    notebook_timeout: float | None = None,
    execution_timeout: float | None = None,
    stdout_file: Any = None,
    stderr_file: Any = None,
    **options: Any,
) -> Any:
    """The notebook with what its cells showed, recorded by papermill."""
    record = SavedOnce(nb, output_path, log_output, progress_bar, autosave_cell_every)
    record.notebook_start()
    client = ForkedClient(
        record, kernel_name=kernel_name, timeout=int(notebook_timeout or execution_timeout or 0), log=log,
        log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file, record_timing=False,
    )  # fmt: skip
    try:
        with closing(child):
            client.execute_in(child)
    finally:
        record.nb.metadata.papermill[PEAK_MEMORY] = round(child.end.get("peak_memory_mb", 0.0), 1)
        record.cleanup_pbar()
        record.notebook_complete()
    return record.nb
