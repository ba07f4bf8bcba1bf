"""The record of a run: what became of every page of a year's folder, from what it was made, and how long it took.

Holds no path of a machine and no name of a person. Two runs on the same inputs differ in `timings` alone, which holds
every time of day, duration and amount of memory there is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

RECORD = "run_record.json"
DONE, NOTHING, FAILED = OUTCOMES = ("done", "nothing to report", "failed")
"""What can become of a page. Each of them has a page."""

MEASURED = ("seconds", "peak_memory_mb")
"""What of a page differs from run to run."""


@dataclass(frozen=True)
class Entry:
    """One page, as the record and the index have it."""

    kind: str
    unit_code: str
    unit_name: str
    path: str
    """Relative to the year's folder."""
    outcome: str
    reason: str = ""
    key_number: Mapping[str, str] = field(default_factory=dict)
    is_earlier_page: bool = False
    """The report failed this time; the page is the good one of an earlier run."""
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    """Most memory the page's notebook had at once; 0 where it was not measured."""
    key: str = ""
    """Hash of everything the page was made from: the same key means the same page. Empty after a failure."""
    drawn: str = ""
    """Hash of the released cells the page is drawn from."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Hash of every file of the page (formats, too) by its path in the year's folder."""

    @property
    def name(self) -> str:
        return self.path.removesuffix(".html")

    @property
    def has_good_page(self) -> bool:
        return self.outcome != FAILED or self.is_earlier_page

    def is_whole(self, hashes: Mapping[str, str]) -> bool:
        """Whether every file of the page is there, unharmed."""
        return bool(self.files) and all(hashes.get(path) == found for path, found in self.files.items())


@dataclass(frozen=True)
class Record:
    """What an earlier run left: its pages by name, and the facts of the run."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    remark: str = ""
    """What is wrong with it, when it cannot be used."""


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def hashes_of(folder: Path) -> dict[str, str]:
    """Hash of every file of a folder by its path in it, but for the record itself."""
    files = sorted(file for file in folder.rglob("*") if not file.is_dir()) if folder.is_dir() else []
    found = {file.relative_to(folder).as_posix(): file for file in files}
    return {path: "a link" if file.is_symlink() else sha256(file) for path, file in found.items() if path != RECORD}


def read_record(folder: Path) -> Record:
    """What an earlier run recorded; empty when there was none, or when its record was changed since."""
    try:
        text = (folder / RECORD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Record()
    except (OSError, ValueError):
        return _unusable(folder)
    try:
        content = json.loads(text)
        if content.pop("seal") != seal_of(content):
            return _unusable(folder)
        measured = content.pop("timings")["pages"]
        entries = [Entry(**{**page, **measured.get(page["path"], {})}) for page in content.pop("pages")]
    except (ValueError, KeyError, TypeError, AttributeError):
        return _unusable(folder)
    return Record({entry.name: entry for entry in entries}, content)


def _unusable(folder: Path) -> Record:
    """Nothing is kept on the word of a record that somebody or something changed."""
    return Record(remark=f"{folder / RECORD}: changed, cut short or of another version; every page is made again")


def write_record(
    folder: Path, entries: Iterable[Entry], facts: Mapping[str, Any], timings: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Write the record of a year's folder; `facts` say what the run was made from."""
    entries = list(entries)
    content = {
        **facts,
        "outcomes": {outcome: sum(entry.outcome == outcome for entry in entries) for outcome in OUTCOMES},
        "pages": [plain(entry) for entry in entries],
        "timings": {
            **timings,
            "pages": {entry.path: {name: getattr(entry, name) for name in MEASURED} for entry in entries},
        },
    }
    content["seal"] = seal_of(content)
    (folder / RECORD).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return content


def plain(entry: Entry) -> dict[str, Any]:
    """A page's entry without what differs from run to run."""
    return {name: value for name, value in asdict(entry).items() if name not in MEASURED}


def entry_of(content: Mapping[str, Any]) -> Entry:
    """An entry from plain data, as `asdict` gave it."""
    return Entry(**{part.name: content[part.name] for part in fields(Entry)})


def seal_of(content: Mapping[str, Any]) -> str:
    """Hash of everything a record says."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
