"""How far a run is: a table that is drawn anew while it goes on, or plain lines where nobody watches a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

Progress = Callable[[Any], None]
"""Told what is going on: words, or a `Tally`, which is words as well."""

EVERY = 5.0
"""Seconds between two plain lines about a run that goes well."""


def quiet(_message: object) -> None:
    """Progress for callers who want none."""


@dataclass(frozen=True)
class Tally:
    """How many pages of a run are done, failed, running and left, and how long the rest will take."""

    total: int
    """Pages whose notebook is to be run."""
    done: int
    failed: int
    up_to_date: int
    """Pages asked for that are made already, and of the same."""
    running: Sequence[str]
    """Names of the units whose pages are being made."""
    seconds: float
    """Since the first page was begun."""
    latest: str = ""
    """The last page that was finished, and what became of it."""
    has_failed: bool = field(default=False)
    """Whether the last page failed."""

    @property
    def finished(self) -> int:
        return self.done + self.failed

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before there is one."""
        return self.seconds / self.finished * (self.total - self.finished) if self.finished else None

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {_lasting(self.seconds_left)} left"
        return f"{self.finished} of {self.total} pages: {self.latest or 'begun'}{left}"

    def table(self) -> Table:
        """The tally as a table for a terminal."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("done", "running", "failed", "up to date", "to do", "time left"):
            table.add_column(heading, justify="right")
        left = self.total - self.finished - len(self.running)
        time_left = "" if self.seconds_left is None else _lasting(self.seconds_left)
        cells = (self.done, len(self.running), self.failed, self.up_to_date, max(left, 0))
        table.add_row(*map(str, cells), time_left)
        table.caption = "; ".join(name[:40] for name in self.running) or self.latest[:80]
        table.caption_justify = "left"
        return table


def _lasting(seconds: float) -> str:
    """A duration as people say it.

    >>> _lasting(7), _lasting(200)
    ('7 s', '3 min 20 s')
    """
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


@contextmanager
def shown(console: Console, is_quiet: bool = False) -> Iterator[Progress]:
    """Progress on a console: a table that changes on a terminal; in a file or a pipe, lines that stay."""
    if is_quiet:
        yield quiet
    elif console.is_terminal:
        with Live(console=console, transient=True, refresh_per_second=4) as live:
            yield lambda message: live.update(message.table() if isinstance(message, Tally) else f"{message} …")
    else:
        yield Lines(console)


class Lines:
    """Plain lines: every failure, the last page, and in between one every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = time.monotonic()

    def __call__(self, message: object) -> None:
        now = time.monotonic()
        if not isinstance(message, Tally):
            return
        if message.has_failed or message.finished == message.total or now - self._last >= EVERY:
            self._last = now
            self._console.print(str(message), markup=False)
