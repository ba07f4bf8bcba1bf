"""Taking in a raw folder: every file opened, recognised by its content, conformed, and compared with the others.

`check` lists what is wrong with a folder and writes nothing; the build follows the same path and keeps the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from partnerlib import engine
from partnerlib.derivation import settle_identities
from partnerlib.errors import DataError, Problem
from partnerlib.places import Places
from partnerlib.project import Project
from partnerlib.recognition import contradictions, digest_of, find_files, recognise, unknown_columns
from partnerlib.sources import all_sources
from partnerlib.sources.contract import Conformed, Source
from partnerlib.sources.microdata import StagedFile, staged_file
from partnerlib.sources.reading import PROBLEM_COLUMNS, RawFile, UnreadableFile, open_raw, problem_frame
from partnerlib.sources.screening import repeated_rows, unknown_codes
from partnerlib.sources.sniffing import hash_of

Progress = Callable[[str], None]
"""Told, in words, what is being done."""


def quiet(_message: str) -> None:
    """No progress shown."""


@dataclass(frozen=True)
class TakenFile:
    """One raw file that was recognised and conformed."""

    raw: RawFile
    source: Source
    conformed: Conformed

    def with_problems(self, problems: pd.DataFrame) -> TakenFile:
        """The file after a check that spans files found more."""
        if problems.empty:
            return self
        every = pd.concat([self.conformed.problems, problems], ignore_index=True)
        if isinstance(self.conformed, StagedFile) and self.conformed.staged:
            return replace(self, conformed=staged_file(self.conformed.staged, every))
        return replace(self, conformed=replace(self.conformed, problems=every))


@dataclass
class Intake:
    """A raw folder being taken in; what is known grows from source to source."""

    folder: Path
    progress: Progress = quiet
    opened: list[tuple[RawFile, Source]] = field(default_factory=list)
    unknown: list[Problem] = field(default_factory=list)
    """Problems of files that could not be opened or that no source knows."""
    hashes: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file, read or not."""
    places: Places = field(default_factory=Places.none)

    def look(self) -> None:
        """Open and recognise every file of the folder."""
        files = find_files(self.folder)
        for number, path in enumerate(files, start=1):
            self.progress(f"looking at {path.name} ({number} of {len(files)})")
            self.hashes[path.relative_to(self.folder).as_posix()] = ""
            try:
                raw = open_raw(path, self.folder)
                self.hashes[raw.name] = raw.sha256
                self.opened.append((raw, recognise(raw)))
            except UnreadableFile as error:
                self.unknown.append(error.problem)
            name = path.relative_to(self.folder).as_posix()
            self.hashes[name] = self.hashes[name] or hash_of(path)
        if not self.opened:
            listed = "\n".join(f"  {problem}" for problem in self.unknown) or "  the folder holds no file"
            raise DataError(
                f"{self.folder}: no file of a known layout\n{listed}\n"
                f"known layouts: {', '.join(source.title for source in all_sources())}"
            )

    def inputs(self, code: str) -> str:
        """One hash of the folder's files and the code that reads them."""
        return digest_of(self.hashes, code)

    def groups(self) -> list[list[Source]]:
        """The sources met, those that others need first; sources that feed one table together are one group."""
        met = {source.name: source for _, source in self.opened}
        ordered = sorted(met.values(), key=lambda s: (bool(s.needs), "organizations" not in s.feeds, s.name))
        groups: list[list[Source]] = []
        for source in ordered:
            kin = [group for group in groups if any(set(source.feeds) & set(other.feeds) for other in group)]
            groups = [group for group in groups if group not in kin]
            groups.append([other for group in kin for other in group] + [source])
        return groups

    def take(self) -> Iterator[list[TakenFile]]:
        """Conform the files of one group of sources after another, and check them against each other."""
        done = 0
        for group in self.groups():
            taken = []
            for source in group:
                of_source = []
                for raw, recognised in self.opened:
                    if recognised.name == source.name:
                        done += 1
                        self.progress(f"reading {raw.name} ({done} of {len(self.opened)})")
                        file = self._conform(raw, source)
                        of_source += [file] if file else []
                taken += _check_between(_reconciled(source, of_source))
            self.places = self.places.with_files(taken)
            yield [self._check_references(file) for file in _settled(taken)]

    def _conform(self, raw: RawFile, source: Source) -> TakenFile | None:
        try:
            conformed = source.conform(raw, self.places) if source.needs else source.conform(raw)
        except UnreadableFile as error:
            self.unknown.append(error.problem)
            return None
        file = TakenFile(raw, source, conformed)
        strange = unknown_columns(raw, source) if isinstance(conformed, StagedFile) else []
        return file.with_problems(problem_frame([*strange, *contradictions(raw, source, conformed)]))

    def _check_references(self, file: TakenFile) -> TakenFile:
        staged = file.conformed.staged if isinstance(file.conformed, StagedFile) else None
        if staged is None or not len(self.places.codes):
            return file
        return file.with_problems(unknown_codes(staged, self.places.codes, "organizations.organization_code"))


def _reconciled(source: Source, files: list[TakenFile]) -> list[TakenFile]:
    """The files of a source after it looked across them, for sources that do."""
    if source.reconcile is None:
        return files
    found = source.reconcile([(file.raw, file.conformed) for file in files])
    return [replace(file, conformed=conformed) for file, conformed in zip(files, found, strict=True)]


def _check_between(taken: list[TakenFile]) -> list[TakenFile]:
    """Rows that two files of a source both have. Only files of the same year and collection can share one."""
    staged = {file.raw.name: file.conformed.staged for file in taken if isinstance(file.conformed, StagedFile)}
    together: dict[object, set[str]] = defaultdict(set)
    for name, rows in staged.items():
        for partition in rows.partitions if rows else ():
            together[partition].add(name)
    found = [
        repeated_rows([rows for name in sorted(names) if (rows := staged[name])])
        for names in sorted({tuple(sorted(names)) for names in together.values()})
        if len(names) > 1
    ]
    if not found:
        return taken
    problems = pd.concat(found, ignore_index=True)
    return [file.with_problems(problems[problems["source_file"] == file.raw.name]) for file in taken]


def _settled(taken: list[TakenFile]) -> list[TakenFile]:
    """Files of the providers, each candidate under one id; two rows that thereby are one are reported."""
    staged = [
        file.conformed.staged for file in taken
        if "candidates" in file.source.feeds and isinstance(file.conformed, StagedFile) and file.conformed.staged
    ]  # fmt: skip
    if not staged:
        return taken
    settle_identities(staged)
    names = dict.fromkeys(file.source.name for file in taken)
    taken = [
        file.with_problems(repeated_rows([file.conformed.staged]))
        if isinstance(file.conformed, StagedFile) and file.conformed.staged else file
        for file in taken
    ]  # fmt: skip
    return [f for name in names for f in _check_between([f for f in taken if f.source.name == name])]


@dataclass(frozen=True)
class Findings:
    """Everything wrong with a raw folder."""

    folder: Path
    frame: pd.DataFrame
    """In the columns of the `rejects` table, by file, line and column."""
    files: int
    """Files looked at."""
    received: int
    """Data rows of the files that could be read."""

    @property
    def problems(self) -> Iterator[Problem]:
        for file, row, column, found, expected, action in self.frame[PROBLEM_COLUMNS].itertuples(index=False):
            yield Problem(file, row or None, column or None, found, expected, action)

    @property
    def is_invalid(self) -> bool:
        """Something would be left out of the tables."""
        return bool((self.frame["action"] == "rejected").any())

    def summary(self) -> str:
        """One line: how much was looked at, and how much is wrong."""
        counts = self.frame["action"].value_counts()
        return (
            f"{self.folder}: {self.files:,} files, {self.received:,} rows; "
            f"{counts.get('rejected', 0):,} problems reject a row or file, {counts.get('flagged', 0):,} are flagged"
        )


def check(folder: Path | Project, progress: Progress = quiet) -> Findings:
    """Every problem of a raw folder at once; nothing is written.

    Raises
        DataError  when the folder holds no file of a known layout
    """
    intake = Intake(folder.raw if isinstance(folder, Project) else folder, progress)
    intake.look()
    found, received = [], 0
    for files in intake.take():
        found += [file.conformed.problems for file in files]
        received += sum(file.conformed.received for file in files)
        release(files)
    problems = sorted_problems([problem_frame(intake.unknown), *found])
    return Findings(intake.folder, problems, len(intake.hashes), received)


def sorted_problems(found: list[pd.DataFrame]) -> pd.DataFrame:
    """Problems by file, line and column, each once."""
    every = pd.concat([frame for frame in found if len(frame)] or found[:1], ignore_index=True)
    every = every.astype({"row": "int64"}).drop_duplicates(["source_file", "row", "column", "found"])
    return every.sort_values(["source_file", "row", "column", "found"], ignore_index=True)


def release(files: list[TakenFile]) -> None:
    """Let the engine forget the rows of these files."""
    for file in files:
        if isinstance(file.conformed, StagedFile) and file.conformed.staged:
            file.conformed.staged.drop()


def rows_of(file: TakenFile, table: str) -> str:
    """SQL of the rows that a file gives a table."""
    if isinstance(file.conformed, StagedFile) and file.conformed.staged:
        return file.conformed.staged.table_sql(table)
    view = f"given_{abs(hash((file.raw.name, table)))}"
    engine.relation(file.conformed.tables[table]).create_view(view, replace=True)
    return f"SELECT * FROM {view}"
