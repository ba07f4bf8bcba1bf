"""Cells run in this process by the shell of an IPython kernel, their results told as a kernel tells them.

The shell, its display hook and its display publisher are ipykernel's own; only what they send goes over one local
connection as lines of JSON instead of five sockets. So a cell shows, message by message, what it shows in any kernel.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from ipykernel.compiler import XCachingCompiler
from ipykernel.jsonutil import json_clean
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from traitlets import Any as AnyTrait

LONGEST_TEXT = 1 << 16
"""Characters a cell may print before they are told."""

Tell = Callable[[str, Mapping[str, Any]], None]


class Teller(Session):
    """Where a kernel's session signs messages and puts them on a socket, this one tells them."""

    tell: Any = AnyTrait()

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        is_whole = isinstance(msg_or_type, dict)
        kind = msg_or_type["header"]["msg_type"] if is_whole else msg_or_type
        self.tell(kind, msg_or_type["content"] if is_whole else content or {})
        return msg_or_type


class Printed(io.TextIOBase):
    """What cells print: told in pieces of some length, and before anything is displayed."""

    def __init__(self, name: str, tell: Tell) -> None:
        self._stream, self._tell = name, tell
        self._pieces: list[str] = []
        self._length = 0

    encoding = "utf-8"
    errors = "strict"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._pieces.append(text)
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._pieces:
            text, self._pieces, self._length = "".join(self._pieces), [], 0
            self._tell("stream", {"name": self._stream, "text": text})


def run_cells(connection: socket.socket) -> None:
    """Run the cells that come over a connection in their turn, until it is closed."""
    from partnerlib.reports.children import draw_with

    def tell(kind: str, content: Mapping[str, Any]) -> None:
        line = json.dumps({"msg_type": kind, "content": content}, default=str, ensure_ascii=True)
        connection.sendall(line.encode() + b"\n")

    sys.stdout, sys.stderr = Printed("stdout", tell), Printed("stderr", tell)  # type: ignore[assignment]
    shell = _shell(tell)
    draw_with(os.environ.get("MPLBACKEND") or "inline")
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with connection.makefile("r", encoding="utf-8") as lines:
        for line in lines:
            asked = json.loads(line)
            if "over" in asked:
                return
            reply = loop.run_until_complete(_run(shell, asked["code"], tell))
            sys.stdout.flush()
            sys.stderr.flush()
            tell("execute_reply", reply)
            if shell.exit_now:
                return


def _shell(tell: Tell) -> ZMQInteractiveShell:
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # no file, and no thread that writes it
    session = Teller(tell=tell)
    shell = ZMQInteractiveShell.instance(config=config, user_ns={}, compiler_class=XCachingCompiler)
    shell.displayhook.session = shell.display_pub.session = session  # type: ignore[attr-defined]
    shell.displayhook.topic = b"execute_result"  # type: ignore[attr-defined]
    shell.kernel = SimpleNamespace(eventloop=None)  # what `exit()` looks for
    # There is no window, and no kernel whose event loop could serve one.
    shell.__dict__["enable_gui"] = lambda gui=None: None
    shell.exit_now = False
    return shell


async def _run(shell: ZMQInteractiveShell, code: str, tell: Tell) -> dict[str, Any]:
    """Run one cell and say how it ended, as a kernel's reply does."""
    tell("execute_input", {"execution_count": shell.execution_count})
    count = shell.execution_count
    shell._last_traceback = None
    shell._last_traceback_during_displayhook = False
    transformed, problem = code, None
    try:
        transformed = shell.transform_cell(code)
    except Exception:
        problem = sys.exc_info()
    result = None
    try:
        result = await shell.run_cell_async(
            code, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=problem
        )
    finally:
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
    error = result.error_before_exec or result.error_in_exec
    if result.success and not shell._last_traceback_during_displayhook:
        return {"status": "ok", "execution_count": count}
    return json_clean(
        {
            "status": "error",
            "execution_count": count,
            "ename": type(error).__name__,
            "evalue": str(error),
            "traceback": shell._last_traceback or [],
        }
    )
