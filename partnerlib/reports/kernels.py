"""Kernels forked from a process that has already imported what notebooks import.

A fresh kernel spends most of a page's time on imports; a forked one starts with them done. jupyter_client is given a
kernel provisioner (the entry point `partnerlib-forked`) and a kernel of the name `partnerlib` that uses it, so
papermill, nbclient, nbval and JupyterLab fork without knowing it:

    papermill -k partnerlib notebook.ipynb executed.ipynb
    pytest --nbval --nbval-kernel-name partnerlib notebooks/studies

One nursery serves a process and all it starts. Only Linux forks; elsewhere, and when the nursery cannot start, kernels
start afresh and results are the same.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from partnerlib.reports.nursery import SINGLE_THREAD, command

CAN_FORK = sys.platform == "linux" and hasattr(os, "pidfd_open")

KERNEL = "partnerlib"
"""The kernel that is forked; its specification is installed with the package."""

ADDRESS = "PARTNERLIB_NURSERY"
"""Environment variable with the socket of a nursery to be used instead of one's own."""

START_SECONDS = 120
"""Longest to wait for a child, the nursery's own imports included."""

GOODBYE_SECONDS = 2.0
"""What a child that is not needed any more is given to end by itself, before it is killed."""

LONGEST_PATH = 100
"""Bytes of a socket's path; Linux takes 107."""


class Nursery:
    """The process that forks, and the folder with its socket and its log. Both go when this process ends."""

    def __init__(self, room: str) -> None:
        place = tempfile.mkdtemp(prefix="partnerlib-")  # nobody else may enter it
        if len(os.fsencode(place)) > LONGEST_PATH - len("/socket"):
            shutil.rmtree(place)
            place = tempfile.mkdtemp(prefix="partnerlib-", dir="/tmp")
        self.folder = Path(place)
        self.address = self.folder / "socket"
        self.log = self.folder / "nursery.log"
        self.code = code_on_disk()
        with socket.socket(socket.AF_UNIX) as listener, self.log.open("wb") as log:
            listener.bind(str(self.address))
            listener.listen(128)
            self.process = subprocess.Popen(
                command(listener.fileno(), room),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,  # never this process's own: whoever reads that would wait for the nursery
                pass_fds=[listener.fileno()],
                start_new_session=True,
                env={**os.environ, **SINGLE_THREAD},
            )

    def close(self) -> None:
        """End the nursery; its children end with those they were made for."""
        if self.process.stdin:
            self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def why_not(self) -> str:
        """The last thing a nursery said that does not serve."""
        with suppress(OSError):
            return (self.log.read_text(encoding="utf-8").strip().splitlines() or [""])[-1]
        return ""


def code_on_disk() -> int:
    """When the library's source was last changed: a kernel started afresh would see it, and so must a forked one."""
    return max(path.stat().st_mtime_ns for path in Path(__file__).parents[1].rglob("*.py"))


_own: dict[int, Nursery] = {}
"""This process's nursery by its process number: a fork of this process has none."""

_joined: list[Path] = []
_starting = threading.Lock()


def join(address: Path) -> None:
    """Use the nursery at this address from now on."""
    _joined[:] = [address]


def address_of_nursery(room: str = "kernels") -> Path:
    """The socket of the nursery to be asked: the one joined, the one the environment names, or one's own."""
    if _joined:
        return _joined[0]
    if named := os.environ.get(ADDRESS):
        return Path(named)
    with _starting:
        mine = _own.get(os.getpid())
        if mine and mine.process.poll() == 1 and mine.code == code_on_disk():
            raise OSError(f"nothing can be forked here: {mine.why_not()}")  # it would end in the same way again
        if mine is None or mine.process.poll() is not None or mine.code != code_on_disk():
            if mine:
                mine.close()
            mine = _own[os.getpid()] = Nursery(room)
            atexit.register(_end, os.getpid(), mine)
        return mine.address


def _end(owner: int, nursery: Nursery) -> None:
    if os.getpid() == owner:
        nursery.close()


class Child:
    """A forked child, with the part of subprocess.Popen's face that a kernel provisioner uses.

    Errors
        OSError when there is no child to be had
    """

    stdin = stdout = stderr = None

    def __init__(self, address: Path, **request: Any) -> None:
        self.connection = socket.socket(socket.AF_UNIX)
        try:
            self.connection.settimeout(START_SECONDS)
            self.connection.connect(str(address))
            self.connection.sendall(json.dumps(request).encode() + b"\n")
            self._text, self.received = bytearray(), 0
            first = self.line()
            if first is None or "pid" not in first:
                raise OSError("the nursery ended, or its child did, before it began")
            self.pid = int(first["pid"])
            self.connection.settimeout(None)
        except BaseException:
            self.connection.close()
            raise
        self.returncode: int | None = None
        self.end: dict[str, Any] = {}
        """How the child ended: exit code, reason it was ended for, peak memory."""

    def line(self, longest: int = 1 << 20) -> dict[str, Any] | None:
        """The next thing said over the connection, so many bytes at most; None when there is nothing more to come."""
        searched = 0
        while True:
            while (end := self._text.find(b"\n", searched)) < 0:
                searched = len(self._text)
                try:
                    received = self.connection.recv(1 << 18)
                except ConnectionError:
                    return None
                if not received or searched > longest:
                    return None
                self._text += received
                self.received += len(received)
            line, searched = bytes(self._text[:end]), 0
            del self._text[: end + 1]
            with suppress(ValueError):  # what a child that was killed could not say to the end
                if line:
                    return dict(json.loads(line))

    def close(self) -> None:
        """Let the child go and wait for its end: a second to end by itself, then it is killed."""
        with suppress(OSError):
            self.connection.sendall(b'{"over": true}\n')
        if self.end or self.poll_for(GOODBYE_SECONDS) is not None:
            self.connection.close()
            return
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.poll_for(GOODBYE_SECONDS)
        self.connection.close()

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self.poll_for(0.0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end, so many seconds at most."""
        return self.poll_for(timeout)

    def poll_for(self, timeout: float | None) -> int | None:
        """The exit code; None when it still runs after so many seconds."""
        if self.returncode is not None:
            return self.returncode
        until = None if timeout is None else time.monotonic() + timeout
        self.connection.settimeout(timeout or (None if timeout is None else 1e-6))
        try:
            while (said := self.line()) is not None and "end" not in said:
                if until is not None:
                    self.connection.settimeout(max(1e-6, until - time.monotonic()))
            self.end = said or {}
            self.returncode = int(self.end.get("end", -9))
            self.connection.close()
        except (TimeoutError, BlockingIOError):
            return None
        except OSError:
            self.returncode = -9
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(9)

    def terminate(self) -> None:
        self.send_signal(15)


class ForkingProvisioner(LocalProvisioner):
    """Starts a kernel by forking a process that has done its imports; everything else is as for any local kernel."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        if CAN_FORK and "ipykernel_launcher" in cmd:
            try:
                kernel = await asyncio.to_thread(self._forked, cmd, **kwargs)
            except OSError as problem:
                self.log.warning("this kernel starts afresh: %s", problem)
            else:
                self.process = kernel  # type: ignore[assignment]
                self.pid = self.pgid = kernel.pid  # it leads a process group of its own
                self.cwd = kwargs.get("cwd") or Path.cwd()
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    def _forked(self, cmd: list[str], **kwargs: Any) -> Child:
        address = address_of_nursery()
        try:
            return Child(
                address,
                become="kernel",
                arguments=cmd[cmd.index("ipykernel_launcher") + 1 :],
                cwd=str(kwargs.get("cwd") or Path.cwd()),
                env={**(kwargs.get("env") or os.environ)},
            )
        except OSError as problem:
            mine = _own.get(os.getpid())
            raise OSError(f"{problem} {mine.why_not() if mine else ''}".strip()) from problem
