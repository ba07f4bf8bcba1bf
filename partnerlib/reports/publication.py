"""A year's folder of reports is replaced whole: readers see the old one or the new one, never half of each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from partnerlib.reports.record import Entry


def copy_pages(folder: Path, tree: Path, entries: Iterable[Entry]) -> None:
    """The pages of an earlier run into a new tree, so that a partial run leaves the others where they are."""
    tree.mkdir(parents=True)
    for entry in entries:
        target = tree / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / entry.path, target)


def publish(tree: Path, folder: Path) -> None:
    """Move a finished tree to its place. If the move fails, what stood there before stands there again."""
    for file in tree.rglob("*"):
        if file.is_file():
            _flush(file)
    former = folder.with_name(f".{folder.name}-former-{os.getpid()}")
    if folder.exists():
        folder.rename(former)
    try:
        tree.rename(folder)
    except OSError:
        if former.exists():
            former.rename(folder)
        raise
    shutil.rmtree(former, ignore_errors=True)


def _flush(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
