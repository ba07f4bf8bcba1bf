"""Traces of people beside the published files: caches, stored outputs, logs, names of files, the history of a project.

A release can be perfect and lie beside a pickle of the panel it was made from. What is looked through here is bytes by
path, wherever they come from: a folder about to be handed over, the files git tracks, or everything it ever tracked.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, pairwise
from pathlib import Path, PurePosixPath

from partnerlib.tables import TABLES

INVENTED = ("data/raw/sample/", "tests/")
"""Folders of a project whose data are invented; generated with it or written for a test."""

DATA_SUFFIXES = (
    ".pkl", ".pickle", ".joblib", ".parquet", ".feather", ".arrow", ".duckdb", ".db", ".sqlite", ".rds", ".rda", ".dta",
    ".sav", ".h5", ".hdf5", ".npy", ".npz",
)  # fmt: skip
"""Files that hold tables or objects and that nobody reads before they go out."""
TEXT_SUFFIXES = (".md", ".rst", ".txt", ".log", ".json", ".jsonl", ".html", ".csv", ".tsv", ".yml", ".yaml", ".ipynb")

_RAW_NAMES = frozenset({"date_of_birth", "email", "license_number", "home_town", "sr01", "wa01", "doe002", "scs02"})
"""Personal columns of the files the department collects, beside those of the processed tables."""
PERSONAL = frozenset(c.name for t in TABLES.values() for c in t.columns if c.sensitivity == "personal") | _RAW_NAMES
"""Columns that identify somebody."""

_CANDIDATE = re.compile(r"\bC[0-9a-f]{12}\b")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b", re.IGNORECASE)
_NOBODYS = (".example", "example.org", "example.com")
"""Domains reserved for examples (RFC 2606): nobody has an address there."""
_IDENTIFIER = re.compile(r"\b(mepid|sasid|license(?:_number)?|candidate_id)\b\W{0,12}\d{6,10}\b", re.IGNORECASE)
_COUNT_IN_NAME = re.compile(r"(?:^|[^a-z])(?:n|count|people|candidates|rate)[-_=]?\d+(?:[-_.]|$)", re.IGNORECASE)
_NUMBER_IN_LOG = re.compile(
    r"\b(n|numerator|denominator|people|value|count|rate|outcome)\s*(?:[=:]|is|of)\s*-?\d", re.IGNORECASE
)
_CODE = re.compile(r"(?<![\w.-])\d{8}(?![\w.])")
_RUNS = re.compile(rb"[A-Za-z]+|[0-9]+|[^\x00-\x7f]+")
_TOKENS = re.compile(rb"[A-Za-z0-9]+|[^\x00-\x7f]+")
_NUMBERS = re.compile(rb"(?<![\w.])[0-9]+(?!\w|\.\d)")
_STRIDE, _LONGEST = 1 << 22, 1 << 8
"""Bytes of a file that are read at once, and how far into the next: more than any name is long."""
_INVENTED_CODE = re.compile(r"9[5-8]\d{6}|8900\d{4}|0{8}|9{8}")
"""Codes of the synthetic state. A code of a real organization in a document came with real numbers, or soon will."""


@dataclass(frozen=True)
class SecretFinding:
    """One trace of people, by place; never the trace itself."""

    path: str
    line: int | None
    what: str

    def __str__(self) -> str:
        return f"{self.path}{f', line {self.line}' if self.line else ''}: {self.what}"


def scan(
    files: Iterable[tuple[str, bytes]], canaries: Sequence[str] = (), invented: Sequence[str] = INVENTED
) -> tuple[SecretFinding, ...]:
    """Every trace of people in files given by path and content.

    canaries   names and identifiers that were planted in the inputs: found anywhere, also inside archives
    invented   folders whose files may hold rows about (invented) people; canaries are looked for there, too
    """
    wanted = _by_key(canaries)
    keys = frozenset(wanted)
    clean: set[bytes] = set()
    """Digests of what was looked through: every Word file holds the same styles."""
    found: list[SecretFinding] = []
    for path, content in files:
        for part, inside in _unpacked(path, content):
            digest = sha256(inside).digest()
            if not keys or digest in clean:
                continue
            if _holds_any(inside, wanted, keys):
                found.append(SecretFinding(part, None, "holds a name or identifier from the inputs"))
            else:
                clean.add(digest)
        if not path.startswith(tuple(invented)):
            found += _scan_file(path, content)
    return tuple(found)


Wanted = Mapping[tuple[bytes, ...], Sequence[bytes]]


def _by_key(canaries: Sequence[str]) -> Wanted:
    """Identifiers by themselves, others by the longest two of their runs that follow each other: few of them stand in
    one file."""
    found: dict[tuple[bytes, ...], list[bytes]] = {}
    for canary in canaries:
        content = canary.encode()
        runs = [content] if _TOKENS.fullmatch(content) else _RUNS.findall(content)
        found.setdefault(max(pairwise(runs), key=_length, default=tuple(runs)), []).append(content)
    return found


def _length(runs: tuple[bytes, ...]) -> int:
    return sum(map(len, runs))


def _holds_any(content: bytes, wanted: Wanted, keys: frozenset[tuple[bytes, ...]]) -> bool:
    """Whether a canary stands in a file; a number must stand for itself, and not in a hash or behind a point."""
    here = set[tuple[bytes, ...]]()
    for start in range(0, len(content), _STRIDE):
        tokens, runs = (one.findall(content, start, start + _STRIDE + _LONGEST) for one in (_TOKENS, _RUNS))
        here |= keys.intersection(chain(zip(tokens, strict=True), pairwise(runs)))
    near = [canary for key in here for canary in wanted[key]]
    numbers = frozenset(canary for canary in near if canary.isdigit())
    if numbers and not numbers.isdisjoint(match.group() for match in _NUMBERS.finditer(content)):
        return True
    return any(canary in content for canary in near if canary not in numbers)


def tree(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file under a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def tracked(repository: Path) -> Iterator[tuple[str, bytes]]:
    """Every file git would publish: what is committed or staged, as it stands now."""
    for name in _git(repository, "ls-files", "-z").decode().split("\0"):
        if name and (repository / name).is_file():
            yield name, (repository / name).read_bytes()


def history(repository: Path) -> Iterator[tuple[str, bytes]]:
    """Every version of every file git ever held, also those deleted since."""
    listed = _git(repository, "rev-list", "--objects", "--all").decode(errors="replace").splitlines()
    by_hash = dict(line.split(" ", 1) for line in listed if " " in line)
    answer = io.BytesIO(_git(repository, "cat-file", "--batch", given="\n".join(by_hash).encode()))
    while header := answer.readline():
        digest, kind, size = header.decode().split()
        content = answer.read(int(size))
        answer.read(1)
        if kind == "blob":
            yield by_hash[digest], content


def _git(repository: Path, *arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run(["git", "-C", str(repository), *arguments], input=given, check=True, capture_output=True)
    return done.stdout


def _unpacked(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and what is packed in it."""
    yield path, content
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from ((f"{path}!{name}", archive.read(name)) for name in archive.namelist())
    elif content[:2] == b"\x1f\x8b":
        yield f"{path}!", gzip.decompress(content)


def _scan_file(path: str, content: bytes) -> Iterator[SecretFinding]:
    name = PurePosixPath(path)
    if _COUNT_IN_NAME.search(name.stem):
        yield SecretFinding(path, None, "its name tells a number")
    if name.suffix.lower() in DATA_SUFFIXES or content[:2] in (b"\x80\x04", b"\x80\x05"):
        yield SecretFinding(path, None, "a cache or table that nobody reads before it goes out")
        return
    if name.suffix.lower() not in TEXT_SUFFIXES and name.suffix:
        return
    if name.suffix == ".ipynb":
        yield from _scan_notebook(path, content)
        return
    lines = content.decode("utf-8", errors="replace").splitlines()
    if name.suffix in {".csv", ".tsv"} and len(lines) > 1 and _is_personal_header(lines[0]):
        yield SecretFinding(path, 1, "a table with a column that identifies people")
    for number, line in enumerate(lines, start=1):
        if what := _trace(line, name.suffix):
            yield SecretFinding(path, number, what)


def _is_personal_header(line: str) -> bool:
    return bool({word.strip('" ').lower() for word in re.split(r"[,;\t|]", line)} & PERSONAL)


def _trace(line: str, suffix: str) -> str:
    """What a line tells about somebody; '' when nothing."""
    if _IDENTIFIER.search(line) or _CANDIDATE.search(line):
        return "an identifier of a person"
    if any(
        not address.lower().endswith((".example", "example.org", "example.com")) for address in _EMAIL.findall(line)
    ):
        return "an e-mail address"
    if suffix == ".log" and _NUMBER_IN_LOG.search(line):
        return "a number about a group, in a log"
    if suffix in {".md", ".rst"} and any(not _INVENTED_CODE.fullmatch(code) for code in _CODE.findall(line)):
        return "a code of a real organization or person, in a document"
    return ""


def _scan_notebook(path: str, content: bytes) -> Iterator[SecretFinding]:
    """Outputs of a report notebook are its page and stay out of the file; a study's never hold a personal column."""
    is_report = "reports" in PurePosixPath(path).parts
    for place, cell in enumerate(json.loads(content).get("cells", []), start=1):
        outputs = cell.get("outputs") or []
        if outputs and is_report:
            yield SecretFinding(path, None, f"cell {place}: outputs left in a report notebook")
            return
        if any(_shows_people(text) for text in _texts(outputs)):
            yield SecretFinding(path, None, f"cell {place}: an output shows rows about people")


def _texts(value: object) -> Iterator[str]:
    """Every text in the outputs of a cell, lines joined."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from ["".join(value)] if all(isinstance(part, str) for part in value) else (
            text for part in value for text in _texts(part)
        )  # fmt: skip
    elif isinstance(value, dict):
        yield from (text for part in value.values() for text in _texts(part))


def _shows_people(text: str) -> bool:
    """A table with a personal column and its values; a list of columns is none."""
    if _CANDIDATE.search(text) or any(f"<th>{name}</th>" in text for name in PERSONAL):
        return True
    lines = text.splitlines()
    headed = next(
        (at for at, line in enumerate(lines) if len(words := line.split()) > 1 and PERSONAL & set(words)), None
    )
    return headed is not None and any(re.search(r"(?<![\d.])\d{8,10}(?![\d.])", line) for line in lines[headed + 1 :])
