"""Where things live. Nothing happens on import: a `Project` is a set of paths and makes none of them by itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from partnerlib.errors import EnvironmentProblem


@dataclass(frozen=True)
class Project:
    """The folders of one working copy; each can be moved by the options of the same name."""

    root: Path
    """Top of the working copy: holds pyproject.toml, notebooks/, reports/plan.yml."""
    raw: Path
    """Raw files as received, never edited."""
    processed: Path
    """Canonical Parquet tables, estimates and releases."""
    out: Path
    """Finished reports, one folder a report year."""

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def plan(self) -> Path:
        return self.root / "reports" / "plan.yml"


def find_root(start: Path | None = None) -> Path:
    """The nearest folder, from `start` upwards, that holds this project's notebooks and report plan."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[1]):
        if (folder / "notebooks").is_dir() and (folder / "reports" / "plan.yml").is_file():
            return folder
    raise EnvironmentProblem(
        f"{start}: no notebooks/ and reports/plan.yml here or above; run partnerlib inside a clone of the repository"
    )


def project(
    raw: str | Path | None = None,
    processed: str | Path | None = None,
    out: str | Path | None = None,
    start: Path | None = None,
) -> Project:
    """The project's folders: the committed sample in, `data/processed/` between, `reports/` out, unless told otherwise.

    A relative path given by the caller is relative to the current folder, as everywhere on the command line.
    """
    root = find_root(start)
    return Project(
        root=root,
        raw=Path(raw).expanduser().resolve() if raw else root / "data" / "raw" / "sample",
        processed=Path(processed).expanduser().resolve() if processed else root / "data" / "processed" / "sample",
        out=Path(out).expanduser().resolve() if out else root / "reports",
    )


@cache
def code_sha256() -> str:
    """Hash of the library's own modules and templates: a changed formula makes every result stale."""
    folder = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.suffix in {".py", ".html", ".css"}):
        digest.update(file.relative_to(folder).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
