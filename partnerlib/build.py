"""Raw files -> canonical Parquet tables, with what was rejected, what was flagged, and a record of the run.

Nothing is lost: for every file, rows accepted + rows rejected = rows received, or the build stops. Nothing is half
done: tables appear together when all are ready, and a build that fails leaves those that stood before.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from partnerlib import __version__, engine
from partnerlib.checking import Findings as Findings
from partnerlib.checking import (
    Intake,
    Progress,
    TakenFile,
    quiet,
    release,
    sorted_problems,
)
from partnerlib.checking import check as check
from partnerlib.derivation import educators
from partnerlib.errors import DataError
from partnerlib.project import Project
from partnerlib.recognition import digest_of, find_files
from partnerlib.sources.reading import problem_frame
from partnerlib.sources.sniffing import hash_of
from partnerlib.tables import TABLES
from partnerlib.writing import write_files, write_table

RECORD = "ingest_record.json"
MADE_LATER = frozenset({"links", "rejects", "educators"})
"""`links` is made by linking, from these tables; the others are written last."""


@dataclass(frozen=True)
class BuildResult:
    """What a build did."""

    processed: Path
    record: dict[str, Any]
    """What stands in ingest_record.json."""
    is_rebuilt: bool
    """False when the tables of the same files and code stood already."""

    @property
    def rejected(self) -> int:
        return sum(file["rejected"] for file in self.record["files"])

    @property
    def flagged(self) -> int:
        return sum(file["flagged"] for file in self.record["files"])


def is_fresh(project: Project) -> bool:
    """Whether the processed tables are those that today's raw files and code would give."""
    record = _read_record(project.processed)
    return record is not None and record.get("inputs") == inputs_of(project.raw) and all(
        (project.processed / f"{name}.parquet").is_file() for name in TABLES if name != "links"
    )  # fmt: skip


def inputs_of(raw: Path) -> str:
    """One hash of everything a build depends on: names and contents of the raw files, and the code."""
    return digest_of({path.relative_to(raw).as_posix(): hash_of(path) for path in find_files(raw)}, code_version())


@cache
def code_version() -> str:
    """The package's version with a hash of the modules that decide what a build gives."""
    package = Path(__file__).parent
    names = ("build", "checking", "recognition", "derivation", "writing", "places", "codes", "engine")
    digest = hashlib.sha256()
    rooms = [sorted((package / room).glob("*.py")) for room in ("tables", "sources")]
    for path in [*(package / f"{name}.py" for name in names), *(path for room in rooms for path in room)]:
        digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def build(project: Project, progress: Progress = quiet, force: bool = False) -> BuildResult:
    """Build every processed table from the raw folder, unless the same ones stand already.

    Raises
        DataError  when the folder holds no file of a known layout, or the counts of a file do not add up
    """
    if not force and is_fresh(project):
        record = _read_record(project.processed)
        assert record is not None
        return BuildResult(project.processed, record, is_rebuilt=False)
    project.processed.mkdir(parents=True, exist_ok=True)
    # A folder of this build's own, on the same disk: two builds at once never write into one another's tables.
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=project.processed))
    intake = Intake(project.raw, progress)
    try:
        intake.look()
        record = _write_tables(intake, partial)
        _put_in_place(partial, project.processed)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return BuildResult(project.processed, record, is_rebuilt=True)


def _write_tables(intake: Intake, folder: Path) -> dict[str, Any]:
    """Every table into `folder`, each as soon as its files are in, so that their rows can be forgotten."""
    files, problems = [], []
    for group in intake.take():
        for file in group:
            files.append(_file_record(file))
            problems.append(file.conformed.problems)
        for name in dict.fromkeys(table for file in group for table in file.source.feeds):
            intake.progress(f"writing {name}")
            feeding = [file for file in group if name in file.source.feeds]
            write_files(name, feeding, folder, is_last=all(len(file.source.feeds) == 1 for file in feeding))
        release(group)
    for name in TABLES:
        if name not in MADE_LATER and not (folder / f"{name}.parquet").exists():
            write_table(name, None, folder)
    roster, assignments = (f"read_parquet('{folder / name}.parquet')" for name in ("staff_roster", "assignments"))
    write_table("educators", educators(roster, assignments), folder)
    rejects = sorted_problems([problem_frame(intake.unknown), *problems])
    engine.connection().register("rejects_found", rejects)
    write_table("rejects", "SELECT * FROM rejects_found", folder)
    engine.connection().unregister("rejects_found")
    record = {
        "partnerlib": code_version(),
        "inputs": intake.inputs(code_version()),
        "files": sorted(files, key=lambda file: file["file"]),
        "not_read": [
            {"file": problem.source_file, "found": problem.found, "expected": problem.expected}
            for problem in intake.unknown
        ],
        "tables": {path.stem: pq.read_metadata(path).num_rows for path in sorted(folder.glob("*.parquet"))},
    }  # fmt: skip
    (folder / RECORD).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return record


def _file_record(file: TakenFile) -> dict[str, Any]:
    """What became of one file's rows; raises when they do not add up, for then rows were lost."""
    conformed = file.conformed
    problems = conformed.problems
    listed = problems.loc[(problems["action"] == "rejected") & (problems["row"] > 0), "row"].nunique()
    if conformed.received != conformed.accepted + conformed.rejected or listed != conformed.rejected:
        raise DataError(
            f"{file.raw.name}: {conformed.received} rows received, but {conformed.accepted} accepted and "
            f"{conformed.rejected} rejected ({listed} listed); the source '{file.source.name}' loses rows: report it"
        )
    flagged = problems.loc[problems["action"] == "flagged", "row"]
    return {
        "file": file.raw.name, "source": file.source.name, "sha256": file.raw.sha256,
        "received": int(conformed.received), "accepted": int(conformed.accepted),
        "rejected": int(conformed.rejected), "flagged": int(flagged.nunique()), "notes": list(conformed.notes),
    }  # fmt: skip


def _put_in_place(partial: Path, processed: Path) -> None:
    """Move the finished tables over the old ones; links made from the old tables go."""
    (processed / "links.parquet").unlink(missing_ok=True)
    (processed / RECORD).unlink(missing_ok=True)  # without its record a folder is stale, whatever happens meanwhile
    for path in sorted(partial.glob("*.parquet")):
        path.replace(processed / path.name)
    (partial / RECORD).replace(processed / RECORD)


def record_summary(processed: Path) -> str:
    """What the last build took in, a line for each kind of file."""
    record = _read_record(processed)
    if record is None:
        raise DataError(f"{processed}: no {RECORD}; run `partnerlib build`")
    files = pd.DataFrame(record["files"])
    lines = [
        f"  {name}: {len(group)} files, {group['received'].sum():,} rows received = "
        f"{group['accepted'].sum():,} accepted + {group['rejected'].sum():,} rejected; "
        f"{group['flagged'].sum():,} flagged"
        for name, group in files.groupby("source")
    ]
    unread = [f"  not read: {file['file']}: {file['found']}" for file in record["not_read"]]
    return "\n".join([f"{processed}: {len(record['tables'])} tables from {len(files)} files", *lines, *unread])


def input_hashes(processed: Path) -> dict[str, str]:
    """Hash of every raw file the tables were made from, by its name in the raw folder."""
    record = _read_record(processed) or {}
    return {str(file["file"]): str(file["sha256"]) for file in record.get("files", ())}


def _read_record(processed: Path) -> dict[str, Any] | None:
    try:
        read: dict[str, Any] = json.loads((processed / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return read
