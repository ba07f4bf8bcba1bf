"""Pages made in processes of their own: a few workers, each with a wall-clock limit, none able to stop the others."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from partnerlib.reports.storage import REFUSALS, refusal

START_SECONDS = 300
"""Longest a worker may take to import what it needs, on a busy machine."""

GRACE = 10
"""Seconds a page may exceed its limit (kernel start, rendering) before its worker is ended."""


@dataclass(frozen=True)
class Job:
    """Everything a worker needs to make one page. Paths are inside the run's staging folder, save the notebook."""

    name: str
    """The page's slug."""
    notebook: Path
    parameters: Mapping[str, Any]
    title: str
    """What the kind of page is called."""
    is_synthetic: bool
    release: str
    """Identifier of the sealed release that everything on the page must be drawn from."""
    folder: Path
    """Folder of this page alone: the executed notebook is written there and nowhere else."""
    target: Path
    """The page."""
    seconds: int
    """Limit of the whole notebook."""
    memory_mb: int = 1500
    """Memory its cells may take, beyond what their imports take."""
    formats: tuple[str, ...] = ("html",)
    """Formats the page is written in, its files beside each other."""


@dataclass(frozen=True)
class Outcome:
    """What became of one page."""

    name: str
    status: str
    """done, nothing to report, failed."""
    reason: str = ""
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


def make_page(job: Job) -> Outcome:
    """Run the notebook, prove that it ran whole, write the page. What goes wrong is an outcome, not an exception."""
    from partnerlib.reports.document import document
    from partnerlib.reports.execution import Incomplete, elements_of, execute
    from partnerlib.reports.formats import write

    clock = Clock()
    executed = job.folder / "executed.ipynb"
    job.folder.mkdir(parents=True, exist_ok=True)
    try:
        peak = execute(job.notebook, executed, job.parameters, job.seconds, memory_mb=job.memory_mb)
        clock.lap("notebook")
        page = document(elements_of(executed, job.release), job.title, job.is_synthetic)
        clock.lap("document")
        write(page, job.target, job.formats)
        clock.lap("formats")
        facts = {**page.facts, "peak_memory_mb": peak, "split": clock.split(executed)}
    except Incomplete as problem:
        return Outcome(job.name, "failed", f"{job.notebook.name}: {problem}.", clock.seconds)
    except Exception as problem:
        # What the disk refuses one page it refuses every page: the run ends, and says which file it was.
        facts = {}
        if isinstance(problem, OSError) and problem.errno in REFUSALS:
            facts = {"disk": refusal(problem, job.folder.parent)}
        return Outcome(job.name, "failed", reason_of(problem, job, executed), clock.seconds, facts)
    nothing = str(facts.get("reason_for_nothing", ""))
    return Outcome(job.name, "nothing to report" if nothing else "done", nothing, clock.seconds, facts)


class Clock:
    """Where the time of a page went."""

    def __init__(self) -> None:
        self._start = self._lap = time.monotonic()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self._laps[name], self._lap = now - self._lap, now

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start

    def split(self, executed: Path) -> dict[str, float]:
        """Seconds of a page's parts; the cells' own apart from the child and papermill around them."""
        cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
        inside = sum(cell["metadata"].get("papermill", {}).get("duration") or 0.0 for cell in cells)
        around = self._laps.pop("notebook") - inside
        return {"fork": around, "cells": inside, **self._laps}


OWN_REASON = re.compile(
    r"[\w-]+\.ipynb: (?:(?:code )?cell \d{1,3}(?: of \d{1,3})? "
    r"(?:(?:ran longer than \d{1,5} seconds|needed more memory than its \d{1,6} MB|showed more than \d{1,5} MB))?\D*"
    r"|not finished after \d{1,5} seconds\D*)"
)
"""A reason in the run's own words: the numbers in it are a place in a notebook, and limits, never a result."""


def reason_of(problem: Exception, job: Job, executed: Path) -> str:
    """Why a page failed, in words that hold no row, value or path: the kind of error and the cell it stopped at."""
    from partnerlib.reports.execution import reached

    kind = type(problem).__name__
    where = job.notebook.name
    name = str(getattr(problem, "ename", ""))
    if kind == "PapermillExecutionError" and name.endswith("MemoryError"):
        return f"{where}: {reached(executed)} needed more memory than its {job.memory_mb} MB."
    if kind == "PapermillExecutionError":
        return f"{where}: {reached(executed)} raised {name if name.isidentifier() else 'an error'}."
    if kind == "CellTimeoutError":
        return f"{where}: {reached(executed)} ran longer than {job.seconds} seconds and was ended."
    if kind == "Flooded":
        return f"{where}: {reached(executed)} showed more than {problem.args[0]} MB and was ended."
    if kind == "DeadKernelError":
        return f"{where}: {reached(executed)} did not end: the kernel died."
    return f"{where}: {kind}."


def serve(connection: Connection) -> None:
    """A worker's life: take a job, make the page, say what became of it; end when told nothing more."""
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this environment, never a user-wide one
    os.environ.setdefault("MPLBACKEND", "agg")
    # What a kernel writes to its error stream may quote values; outcomes carry the reason, and nothing else is kept.
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    connection.send(None)  # ready: from now on the clock of a page runs
    with suppress(EOFError):
        while (job := connection.recv()) is not None:
            connection.send(make_page(job))


def _forked() -> tuple[Connection, int]:
    """A worker forked from a process that has done its imports: its connection and its process number."""
    from multiprocessing.connection import Connection as Ours

    from partnerlib.reports.kernels import Child, address_of_nursery

    address = address_of_nursery("pages")
    # Whatever a worker, or a notebook of its, leaves behind when it is killed goes with the nursery's folder.
    environment = {**os.environ, "TMPDIR": str(address.parent)}
    child = Child(address, become="worker", place=str(address), cwd=os.getcwd(), env=environment)  # noqa: PTH109
    return Ours(child.connection.detach()), child.pid


def _started() -> tuple[Connection, int]:
    """A worker that does its imports itself."""
    context = get_context("spawn")
    connection, far_end = context.Pipe()
    process = context.Process(target=serve, args=(far_end,), daemon=True)
    process.start()
    far_end.close()
    assert process.pid is not None
    return connection, process.pid


class _Worker:
    """One process with its connection, the job it has and when that must be done."""

    def __init__(self) -> None:
        from partnerlib.reports.kernels import CAN_FORK

        self.job: Job | None = None
        self.is_ready = False
        self.has_ended = False
        self.started = time.monotonic()
        try:
            self.connection, self.pid = _forked() if CAN_FORK else _started()
        except OSError:
            self.connection, self.pid = _started()

    def give(self, job: Job) -> None:
        self.job, self.started = job, time.monotonic()
        self.connection.send(job)

    @property
    def seconds_left(self) -> float:
        limit = START_SECONDS if not self.is_ready else self.job.seconds + GRACE if self.job else 0
        return self.started + limit - time.monotonic()

    def end(self) -> None:
        """End the process and the kernel it started, whatever they are doing."""
        import psutil

        if self.has_ended:
            return
        self.has_ended = True
        family: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            worker = psutil.Process(self.pid)
            family = [worker, *worker.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=5)
        self.connection.close()


def outcomes(jobs: Iterable[Job], count: int) -> Generator[Outcome, None, None]:
    """The outcome of every job as it comes, made by `count` workers at a time.

    A worker that dies or exceeds its limit is one failed page; another worker takes its place.
    Closing it ends the workers, whatever they are doing.
    """
    waiting = list(jobs)[::-1]
    workers = [_Worker() for _ in range(min(count, len(waiting)))]
    try:
        for worker in workers:
            worker.give(waiting.pop())
        while any(worker.job for worker in workers):
            busy = [worker for worker in workers if worker.job]
            patience = max(0.0, min(worker.seconds_left for worker in busy))
            ready = wait([worker.connection for worker in busy], timeout=patience)
            for worker in busy:
                outcome = _outcome_of(worker, worker.connection in ready)
                if outcome is None:
                    continue
                yield outcome
                place = workers.index(worker)
                if worker.has_ended and waiting:
                    workers[place] = _Worker()
                if waiting:
                    workers[place].give(waiting.pop())
    finally:
        for worker in workers:
            worker.end()


def _outcome_of(worker: _Worker, is_ready: bool) -> Outcome | None:
    job = worker.job
    assert job is not None
    spent = time.monotonic() - worker.started
    if is_ready:
        try:
            outcome = worker.connection.recv()
            if outcome is None:  # the worker has done its imports
                worker.is_ready, worker.started = True, time.monotonic()
            else:
                worker.job = None
            return outcome
        except (EOFError, OSError):
            worker.end()
            worker.job = None
            return Outcome(job.name, "failed", f"{job.notebook.name}: the process that made the page died.", spent)
    if worker.seconds_left <= 0:
        worker.end()
        worker.job = None
        reason = f"{job.notebook.name}: not finished after {job.seconds} seconds and ended."
        return Outcome(job.name, "failed", reason, spent)
    return None
