"""A run that is told to end, ends: Ctrl-C and SIGTERM alike, leaving what is done for `--resume`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ending_at_signals() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, so that whatever is under way is ended in order and its processes with it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
