"""One run at a time in a folder of reports: the second is told, at once, who holds it.

The system releases the lock of a process that ended, however it ended; the file that names the holder may stay behind
and means nothing without the lock. Only the standard library is imported: whoever has to wait is told within a second.
"""

from __future__ import annotations

import errno
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from partnerlib.errors import ParameterError
from partnerlib.reports.storage import storage_named

LOCK = ".lock"
"""Name of the lock in the folder of reports."""

TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
"""What the system answers when another process holds a lock."""

LOCKED_BYTE = 1 << 20
"""The byte that is locked: beyond the text, which others read."""

_held: set[Path] = set()
"""Folders this process holds: a lock belongs to a process, and whoever holds it may take it again."""


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold a folder of reports, so that no other run writes into it.

    Errors
        ParameterError naming process, computer and start of the run that holds it
    """
    path = out.resolve() / LOCK
    if path in _held:
        yield
        return
    with storage_named(out):
        out.mkdir(parents=True, exist_ok=True)
        descriptor = _taken(path)
    _held.add(path)
    try:
        yield
    finally:
        _held.discard(path)
        with suppress(OSError):
            path.unlink()  # while it is still held: nobody takes a file that is about to go
        os.close(descriptor)


def _taken(path: Path) -> int:
    """An open, locked lock file that names this process."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(descriptor)
        except OSError as problem:
            os.close(descriptor)
            if problem.errno not in TAKEN:
                raise
            raise ParameterError(
                f"{path.parent}: {_holder(path)}; wait for it or end it; nothing was changed"
            ) from None
        if _is_same(descriptor, path):
            break
        os.close(descriptor)  # the run before removed it between opening and locking
    os.truncate(descriptor, 0)
    os.write(descriptor, json.dumps(_oneself()).encode())
    return descriptor


def _oneself() -> dict[str, str | int]:
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": platform.node(), "start": started}


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    """Who holds a lock, in words."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} has been making reports here since {holder['start']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process is making reports here"


def _lock(descriptor: int) -> None:
    """Lock a file for this process alone, or fail at once. A process that is forked off does not hold it."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, LOCKED_BYTE)
