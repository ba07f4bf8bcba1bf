"""What a disk refuses, told with the file and its bytes: full, read-only, forbidden, too large."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from partnerlib.errors import EnvironmentProblem

REFUSALS = {
    errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EISDIR, errno.ENAMETOOLONG, errno.ENOSPC, errno.ENOTDIR,
    errno.EPERM, errno.EROFS,
}  # fmt: skip
"""Errors that are the disk's: the same page fails again until somebody mends the disk, and so would every other."""


@contextmanager
def storage_named(place: Path, unchanged: str = "nothing was changed") -> Iterator[None]:
    """Tell a refusal of the disk in words: which file, how far it came, how much room there is.

    place
        where is written, for errors that name no file
    unchanged
        what is as it was all the same
    """
    try:
        yield
    except OSError as problem:
        if problem.errno not in REFUSALS:
            raise
        raise EnvironmentProblem(f"{refusal(problem, place)}; {unchanged}") from None


def refusal(problem: OSError, place: Path) -> str:
    """A refusal of the disk in words. An error that names no file is about the newest one where it was writing."""
    file = Path(os.fsdecode(problem.filename)) if problem.filename else _newest(place)
    size = file.stat().st_size if file.is_file() else 0
    return f"{file}: {os.strerror(problem.errno or 0)} after {size:,} bytes ({_free(file)} free on that disk)"


def _newest(place: Path) -> Path:
    files = [file for file in place.rglob("*") if file.is_file()] if place.is_dir() else []
    return max(files, key=lambda file: file.stat().st_mtime_ns, default=place)


def _free(file: Path) -> str:
    there = next((folder for folder in file.parents if folder.is_dir()), Path.cwd())
    return f"{shutil.disk_usage(there).free:,} bytes"
