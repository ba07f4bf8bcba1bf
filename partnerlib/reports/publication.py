"""A year's folder of reports is replaced whole: readers see the old one or the new one, never half of each.

Where the system can exchange two folders in one step (Linux), there is no moment without a year's folder. Elsewhere the
old one is set aside first; if the run ends between the two steps, the next one puts it back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = -100
"""AT_FDCWD: paths are relative to the current folder."""

EXCHANGE = 2
"""RENAME_EXCHANGE: both names stay, their folders change places."""


def linked(folder: Path, tree: Path, paths: Iterable[str]) -> None:
    """Pages that stay, in a new tree: as links where the disk has them, else as copies."""
    for path in paths:
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(folder / path, target)
        except OSError as problem:
            if problem.errno not in {errno.EPERM, errno.EMLINK, errno.EXDEV, errno.ENOTSUP, errno.ENOSYS}:
                raise
            shutil.copy2(folder / path, target)


def publish(tree: Path, folder: Path) -> None:
    """Put a finished tree in its place, whole, once everything in it is on the disk."""
    for place in (tree, *tree.rglob("*")):
        _flush(place)
    if not folder.exists():
        tree.rename(folder)
    elif not exchanged(tree, folder):
        former = _former(folder)
        folder.rename(former)
        try:
            tree.rename(folder)
        except OSError:
            former.rename(folder)
            raise
        shutil.rmtree(former, ignore_errors=True)
    _flush(folder.parent)


def recover(folder: Path) -> bool:
    """Put back a year's folder that an interrupted run had set aside; whether there was one to put back."""
    former = _former(folder)
    is_lost = former.is_dir() and not folder.exists()
    if is_lost:
        former.rename(folder)
    elif former.is_dir():
        shutil.rmtree(former, ignore_errors=True)
    return is_lost


def exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system or the disk cannot."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0:
        return True
    failed = ctypes.get_errno()
    if failed in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM}:
        return False
    raise OSError(failed, os.strerror(failed), str(other))


def _former(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}-former")


def _flush(place: Path) -> None:
    """Make sure that a file, or the list of a folder's files, is on the disk."""
    if place.is_dir() and os.name == "nt":  # Windows opens no folder
        return
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
