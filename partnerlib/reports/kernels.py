"""Kernels forked from a process that has already imported what every report imports.

A fresh kernel spends most of a page's time on imports; a forked one starts with them done. papermill and nbclient are
unchanged: they are given a kernel manager that forks instead of starting a program. Only Linux forks; elsewhere, and
when the nursery cannot start, kernels start afresh and pages are the same.

The nursery only imports. It opens no file of data and uses no thread or connection: those do not survive a fork.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

CAN_FORK = sys.platform == "linux"

SINGLE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MPLBACKEND": "agg",
}
"""Settings under which an import starts no native thread."""


class Nursery:
    """The process that forks kernels; asked over its standard input, one line of JSON a question."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "partnerlib.reports.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **SINGLE_THREAD},
        )

    def ask(self, **question: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise OSError("the process that forks kernels has ended")
        return json.loads(answer)


class ForkedKernel:
    """A forked kernel, with the part of subprocess.Popen's face that a kernel provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, nursery: Nursery, connection_file: str, cwd: str, env: dict[str, str]) -> None:
        self._nursery = nursery
        self.pid = int(nursery.ask(connection_file=connection_file, cwd=cwd, env=env))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask(poll=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        return self.returncode if self.returncode is not None else self._nursery.ask(wait=self.pid)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(9)

    def terminate(self) -> None:
        self.send_signal(15)


class ForkingProvisioner(LocalProvisioner):
    """Starts a kernel by forking the nursery; everything else is as for any local kernel."""

    nursery: Nursery

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        connection_file = cmd[cmd.index("-f") + 1]
        env = {name: value for name, value in kwargs.get("env", {}).items() if os.environ.get(name) != value}
        kernel = ForkedKernel(self.nursery, connection_file, str(kwargs.get("cwd") or Path.cwd()), env)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid  # the kernel leads a process group of its own
        return self.connection_info


def preloaded_kernels() -> type[AsyncKernelManager] | None:
    """A kernel manager that forks from a nursery of its own; None where that cannot be, and kernels start afresh."""
    if not CAN_FORK:
        return None
    nursery = Nursery()
    import_module("papermill")  # by the time this is done, the nursery has done its own imports
    try:
        nursery.ask(is_ready=True)
    except OSError:
        return None
    return forking_manager(nursery)


def forking_manager(nursery: Nursery) -> type[AsyncKernelManager]:
    """A kernel manager class whose kernels are forked from `nursery`, to be given to nbclient."""

    class ForkingKernelManager(AsyncKernelManager):
        async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
            if self.provisioner is None:
                forking = ForkingProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
                forking.nursery = nursery
                self.provisioner = forking
            return await super()._async_pre_start_kernel(**kwargs)

        pre_start_kernel = _async_pre_start_kernel  # type: ignore[assignment]

    return ForkingKernelManager
