"""What a run is made from: hashes of the release, the plan, the notebooks and the directory; packages; commit."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from partnerlib import build
from partnerlib.disclosure.sealed import CELLS, DEFINITIONS, MANIFEST
from partnerlib.errors import DataError
from partnerlib.project import Project
from partnerlib.reports.record import sha256

RAW = "raw files"


def inputs_of(project: Project, released: Path) -> dict[str, str]:
    """Hash of everything a run reads, by its place in the project; of raw files, what the tables were built from."""
    files = {f"release/{name}": released / name for name in (MANIFEST, CELLS, DEFINITIONS)}
    files |= {f"processed/{name}": project.processed / name for name in ("organizations.parquet", build.RECORD)}
    files["reports/plan.yml"] = project.plan
    notebooks = sorted((project.notebooks / "reports").glob("*.ipynb"))
    files |= {f"notebooks/reports/{file.name}": file for file in notebooks}
    found = {name: sha256(file) for name, file in files.items() if file.is_file()}
    record = _record(project.processed)
    return {**found, RAW: str(record["inputs"])} if record and "inputs" in record else found


def raw_inputs(project: Project) -> dict[str, str]:
    """Hash of the raw files as they lie there now; nothing where the tables were not built from any."""
    has_tables = (project.processed / build.RECORD).is_file() and project.raw.is_dir()
    return {RAW: build.inputs_of(project.raw)} if has_tables else {}


def _record(processed: Path) -> dict[str, object]:
    try:
        return dict(json.loads((processed / build.RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def refuse_stale(project: Project, inputs: Mapping[str, str]) -> None:
    """Refuse to begin when the tables are not those of the raw files that lie there: the pages would be of old ones.

    Errors
        DataError naming both folders, and the command that builds the tables again
    """
    now = raw_inputs(project)
    if RAW in inputs and RAW in now and inputs[RAW] != now[RAW]:
        raise DataError(
            f"{project.processed}: its tables were built from other files than lie in {project.raw} now, or by another "
            "version of the library; no page was made, what stood there is unchanged; `partnerlib report` builds them "
            "again first, or run `partnerlib build` and `partnerlib release`"
        )


def refuse_changed(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Refuse to publish when something was changed while pages were made from it: some are of the one, some the other.

    Errors
        DataError naming everything that changed
    """
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if changed:
        raise DataError(
            f"{', '.join(changed)}: changed while the pages were made; nothing was published, what stood there is "
            "unchanged; run it again"
        )


def packages() -> dict[str, str]:
    """Version of every installed package, by name: read from the names of their folders, which is fast."""
    folders = {Path(place).resolve() for place in sys.path if place and Path(place).is_dir()}
    infos = sorted(info.stem.partition("-") for folder in folders for info in folder.glob("*.dist-info"))
    return {name: version for name, _, version in infos}


def environment() -> dict[str, object]:
    """Python and its packages, as far as a page may depend on them."""
    return {"python": platform.python_version(), "packages": packages()}


def sha256_of(*parts: object) -> str:
    """One hash of plain data."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def commit(root: Path) -> str:
    """The commit the project stands at, where it is a working copy of git."""
    try:
        told = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""
