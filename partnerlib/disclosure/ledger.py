"""Every release ever made, in order: what it said stays known, and the next one is audited together with it.

One line of JSON per release in `ledger.jsonl`; each holds the hash of the line before, so that a line edited, removed
or moved breaks the chain. The end of the chain is held by the manifests of what was published: a ledger cut short does
not hold the entry they name. A copy of every release's public cells lies beside it, named by its hash.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import pandas as pd
import psutil

from partnerlib.disclosure.manifest import content_sha256
from partnerlib.errors import ReleaseRefused

FILE = "ledger.jsonl"
COPIES = "cells"
PUBLIC = "public"
RESTORE = "nothing is published on it; put the ledger back from a copy that is whole"


@dataclass(frozen=True)
class Released:
    """One release as the ledger names it. No time of day: the same content gives the same ledger."""

    release_id: str
    report_year: int
    audience: str
    is_synthetic: bool
    policy: str
    policy_sha256: str
    cells_sha256: str
    definitions_sha256: str
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class Entry(Released):
    """A release in its place in the chain."""

    number: int = 0
    before: str = ""
    """Hash of the entry before; empty for the first."""
    cells_file: str = ""
    """Hash of the copy of the cells, byte by byte; its name, too."""
    definitions_file: str = ""
    sha256: str = ""
    """Hash of everything above."""

    def computed(self) -> str:
        content = {name: value for name, value in asdict(self).items() if name != "sha256"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Earlier:
    """An earlier release as the public has it: its cells and what they sum to."""

    entry: Entry
    cells: pd.DataFrame = field(repr=False)
    definitions: pd.DataFrame = field(repr=False)


def release_id(report_year: int, audience: str, *hashes: str) -> str:
    """The name of a release: the same content for the same readers has the same name."""
    return hashlib.sha256("\n".join((str(report_year), audience, *hashes)).encode()).hexdigest()


@dataclass(frozen=True)
class Ledger:
    """The releases of one output folder, verified line by line."""

    folder: Path
    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, folder: Path, heads: Iterable[str] = ()) -> Ledger:
        """The ledger of a folder, verified whole: chain, copies, and that it holds every entry of `heads`.

        heads
            entries that manifests of published releases name

        Errors
            ReleaseRefused with the line and what is wrong with it
        """
        ledger = cls(Path(folder), _chain(Path(folder)))
        for entry in ledger.entries:
            for copy in (entry.cells_file, entry.definitions_file):
                ledger._copy(copy)
        if missing := [head for head in heads if not ledger.holds(head)]:
            raise ReleaseRefused(
                f"{folder / FILE}: cut short or of another place: {len(missing)} published releases are entries it "
                f"does not hold (first: {missing[0][:12]}); {RESTORE}"
            )
        return ledger

    @property
    def head(self) -> str:
        """Hash of the newest entry; empty for a new ledger."""
        return self.entries[-1].sha256 if self.entries else ""

    def holds(self, head: str) -> bool:
        """Whether an entry of that hash is in the chain."""
        return any(entry.sha256 == head for entry in self.entries)

    def earlier_of(self, report_year: int, audience: str = PUBLIC, besides: str = "") -> tuple[Earlier, ...]:
        """Earlier releases that the readers of a new one have, oldest first; all are about the same people.

        People return from year to year: a release of any report year tells something about those of another. Where the
        same year was released more than once, every version was seen.

        besides
            the id of the release that is being made: it is not earlier than itself
        """
        seen = [entry for entry in self.entries if entry.audience in {PUBLIC, audience} and entry.release_id != besides]
        return tuple(Earlier(entry, self._copy(entry.cells_file), self._copy(entry.definitions_file)) for entry in seen)

    def before(self, cells: pd.DataFrame, audience: str = PUBLIC) -> tuple[Earlier, ...]:
        """The releases that came before the one of these cells, for its readers; all of them when it is not entered."""
        own = [entry.number for entry in self.entries if entry.cells_sha256 == content_sha256(cells)]
        until = min(own, default=len(self.entries) + 1)
        found = self.earlier_of(int(cells["report_year"].max()), audience)
        return tuple(release for release in found if release.entry.number < until)

    def append(self, released: Released, cells: pd.DataFrame, definitions: pd.DataFrame) -> Entry:
        """The entry of a release: the one it has already, or a new one at the end of the chain.

        Errors
            ReleaseRefused when the ledger is about invented people and the release is not, or the other way round; or
            when the ledger grew since it was read, for that release was not looked at
        """
        if same := [entry for entry in self.entries if entry.release_id == released.release_id]:
            return same[0]
        if content_sha256(cells) != released.cells_sha256:
            raise ReleaseRefused("ledger: the cells are not those the entry names; nothing is entered")
        if other := [entry for entry in self.entries if entry.is_synthetic != released.is_synthetic]:
            kind = "invented" if other[0].is_synthetic else "real"
            raise ReleaseRefused(f"{self.folder}: its releases are about {kind} people; give another --out folder")
        with self._alone():
            if (now := [entry.sha256 for entry in _chain(self.folder)]) != [entry.sha256 for entry in self.entries]:
                raise ReleaseRefused(f"{self.folder}: {len(now)} releases now, not those audited; release again")
            entry = Entry(
                **{part.name: getattr(released, part.name) for part in fields(Released)},
                number=len(self.entries) + 1, before=self.head,
                cells_file=self._keep(cells), definitions_file=self._keep(definitions),
            )  # fmt: skip
            entry = Entry(**{**asdict(entry), "sha256": entry.computed()})
            lines = [*self.entries, entry]
            text = "".join(json.dumps(asdict(line), sort_keys=True) + "\n" for line in lines)
            _write_whole(self.folder / FILE, text.encode())
        return entry

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two runs never write one ledger at the same time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self.folder / ".lock"
        try:
            lock.touch(exist_ok=False)
        except FileExistsError:
            owner = lock.read_text(encoding="utf-8")
            if owner.isdigit() and psutil.pid_exists(int(owner)):
                raise ReleaseRefused(f"{self.folder}: process {owner} is releasing; wait for it") from None
        lock.write_text(str(os.getpid()), encoding="utf-8")
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)

    def _keep(self, frame: pd.DataFrame) -> str:
        stream = io.BytesIO()
        frame.to_parquet(stream, index=False)
        name = hashlib.sha256(stream.getvalue()).hexdigest()
        (self.folder / COPIES).mkdir(parents=True, exist_ok=True)
        _write_whole(self.folder / COPIES / f"{name}.parquet", stream.getvalue())
        return name

    def _copy(self, name: str) -> pd.DataFrame:
        file = self.folder / COPIES / f"{name}.parquet"
        if not file.is_file():
            raise ReleaseRefused(f"{file}: the copy of a release's cells is missing; {RESTORE}")
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() != name:
            raise ReleaseRefused(f"{file}: the copy of a release's cells was changed; {RESTORE}")
        return pd.read_parquet(io.BytesIO(content))


def _write_whole(file: Path, content: bytes) -> None:
    """A file that is there whole or not at all, whatever happens meanwhile."""
    staged = file.with_name(f".{file.name}.{os.getpid()}")
    with staged.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    staged.replace(file)


def _chain(folder: Path) -> tuple[Entry, ...]:
    """The entries of a ledger in order, each verified against the one before."""
    file = folder / FILE
    if not file.is_file():
        return ()
    entries: list[Entry] = []
    text = file.read_text(encoding="utf-8")
    if text and not text.endswith("\n"):
        raise ReleaseRefused(f"{file}: its last line is not whole; {RESTORE}")
    for line, content in enumerate(text.splitlines(), start=1):
        try:
            entry = Entry(**json.loads(content))
        except (ValueError, TypeError):
            raise ReleaseRefused(f"{file}, line {line}: not an entry of a ledger; {RESTORE}") from None
        if entry.sha256 != entry.computed():
            raise ReleaseRefused(f"{file}, line {line}: edited after it was written; {RESTORE}")
        if entry.number != line or entry.before != (entries[-1].sha256 if entries else ""):
            raise ReleaseRefused(f"{file}, line {line}: not in its place; lines were removed or moved; {RESTORE}")
        entries.append(entry)
    return tuple(entries)
