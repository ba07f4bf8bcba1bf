"""What a forked child becomes: a kernel, the cells of one notebook, or a maker of pages; and the watch over it.

A child is watched by a process of its own, which ends it, and all it has started, when its time is over or when
whoever asked for it is gone, and which says over the connection how it ended.

A child is as a process that was just started: its own random numbers, environment, folder, process group and exit
functions; no file of the nursery but the log.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import random
import resource
import select
import signal
import socket
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

CLOSED = select.POLLRDHUP if hasattr(select, "POLLRDHUP") else select.POLLHUP
"""The other end of a connection is gone; the events that tell it without reading."""

PARENT_DEATH_SIGNAL, CHILD_SUBREAPER = 1, 36
"""Options of Linux' prctl: end with the parent; inherit the children of one's children."""


def raise_child(connection: socket.socket) -> NoReturn:
    """Read what is asked for, fork a child that becomes it, and watch over it. Runs in a process of its own."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _silence()
        ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1)
        with connection.makefile("r", encoding="utf-8") as lines:
            request = json.loads(lines.readline())
        watcher = os.getpid()
        child = os.fork()
        if child == 0:
            _become(request, connection, watcher)
        watch(child, connection, request.get("seconds"), request["become"] != "worker")
        code = 0
    finally:
        os._exit(code)


def watch(child: int, connection: socket.socket, seconds: float | None, tells_end: bool) -> None:
    """Wait for a child; end it when its time is over or nobody waits for it; say how it ended."""
    deadline = time.monotonic() + seconds if seconds else None
    handle = os.pidfd_open(child)
    events = select.poll()
    events.register(handle, select.POLLIN)
    events.register(connection, CLOSED)
    left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
    ready = {descriptor for descriptor, _ in events.poll(left)}
    reason = "" if handle in ready else "nobody" if ready else "time"
    peak, status = _buried(child, bool(reason))
    if tells_end and reason != "nobody":
        end = {"end": os.waitstatus_to_exitcode(status), "reason": reason, "peak_memory_mb": peak}
        with suppress(OSError):
            connection.sendall(b"\n" + json.dumps(end).encode() + b"\n")


def _buried(child: int, is_late: bool) -> tuple[float, int]:
    """Peak memory (MB) and exit status of a child. Whatever it has started ends with it."""
    if is_late:
        _kill_group(child)
    _, status, usage = os.wait4(child, 0)
    _kill_group(child)
    with suppress(ChildProcessError, OSError):
        for orphan in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            os.kill(int(orphan), signal.SIGKILL)
    return usage.ru_maxrss / 1024, status


def _kill_group(leader: int) -> None:
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(leader, signal.SIGKILL)


def _silence() -> None:
    """Nothing is read from, or written to, what the nursery was started with, except errors: they go to its log."""
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    os.dup2(silence, 1)
    os.close(silence)


def _become(request: Mapping[str, Any], connection: socket.socket, watcher: int) -> NoReturn:
    """Turn this forked process into what was asked for."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != watcher:  # it was gone before the line above
            os._exit(1)
        os.setsid()
        _as_if_started(request)
        connection.sendall(json.dumps({"pid": os.getpid()}).encode() + b"\n")
        becoming[request["become"]](request, connection)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with suppress(BaseException):
            atexit._run_exitfuncs()
        os._exit(code)


def _as_if_started(request: Mapping[str, Any]) -> None:
    """Take off what a fork inherits."""
    atexit._clear()  # exit functions of the nursery would tidy away what is still in use
    for finalizer in list(weakref.finalize._registry):  # type: ignore[attr-defined]
        finalizer.atexit = False
    weakref.finalize._registered_with_atexit = False  # type: ignore[attr-defined]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment = request.get("env")
    if environment is not None:
        os.environ.clear()
        os.environ.update(environment)
        tempfile.tempdir = None  # known from the environment before
    time.tzset()
    os.chdir(request["cwd"])
    random.seed()
    sys.modules["numpy"].random.seed()
    if request.get("is_silent", True):
        os.dup2(1, 2)
    if limit := request.get("memory_mb"):
        limit_memory(int(limit))


def limit_memory(megabytes: int) -> None:
    """Let this process take so much memory more than it has; beyond that, an allocation is a MemoryError."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + megabytes * 2**20, resource.RLIM_INFINITY))


def draw_with(backend: str) -> None:
    """Figures are shown as a kernel that was started afresh would show them."""
    matplotlib = sys.modules["matplotlib"]
    matplotlib.rcParams["backend"] = backend
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.switch_backend(backend)


def _kernel(request: Mapping[str, Any], connection: socket.socket) -> None:
    """An IPython kernel on the ports of a connection file."""
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    connection.close()
    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize(list(request["arguments"]))
    draw_with(os.environ.get("MPLBACKEND") or "inline")
    app.start()


def _cells(request: Mapping[str, Any], connection: socket.socket) -> None:
    """Run cells as they come, without a kernel's five sockets."""
    from partnerlib.reports.cells import run_cells

    run_cells(connection)


def _worker(request: Mapping[str, Any], connection: socket.socket) -> None:
    """Make pages, one after the other, with notebooks run by other children of the same nursery."""
    from multiprocessing.connection import Connection

    from partnerlib.reports import kernels, workers

    kernels.join(Path(request["place"]))
    workers.serve(Connection(connection.detach()))


becoming: dict[str, Callable[[Mapping[str, Any], socket.socket], None]] = {
    "kernel": _kernel,
    "cells": _cells,
    "worker": _worker,
}
"""What a child can become."""
