"""The record of a run: what became of every page of a year's folder, from what it was made, and how long it took.

Holds no path of a machine and no name of a person; two runs on the same inputs differ only in their times.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from partnerlib import __version__

RECORD = "run_record.json"
DONE, NOTHING, FAILED = OUTCOMES = ("done", "nothing to report", "failed")
"""What can become of a page. Each of them has a page."""

RECORDED_PACKAGES = ("pandas", "matplotlib", "papermill", "ipykernel", "jinja2")


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
    key: str = ""
    """Hash of everything the page was made from: the same key means the same page. Empty after a failure."""
    page_sha256: str = ""
    release: str = ""
    """Identifier of the sealed release the page was drawn from."""

    @property
    def name(self) -> str:
        return self.path.removesuffix(".html")

    @property
    def has_good_page(self) -> bool:
        return self.outcome != FAILED or self.is_earlier_page

    def is_current(self, key: str, folder: Path) -> bool:
        """Whether the page is there, unharmed, and was made from the same."""
        page = folder / self.path
        return bool(self.key) and self.key == key and page.is_file() and sha256(page) == self.page_sha256


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_record(folder: Path) -> dict[str, Entry]:
    """The pages of an earlier run by name; none when there was no run, or its record cannot be read."""
    try:
        raw = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        entries = [Entry(**fields) for fields in raw["pages"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {entry.name: entry for entry in entries if (folder / entry.path).is_file()}


def write_record(folder: Path, entries: Mapping[str, Entry], facts: Mapping[str, Any]) -> None:
    """Write the record of a year's folder; `facts` say what the run was made from."""
    counts = {outcome: sum(entry.outcome == outcome for entry in entries.values()) for outcome in OUTCOMES}
    record = {
        **facts,
        "partnerlib": __version__,
        "packages": {name: version(name) for name in RECORDED_PACKAGES},
        "outcomes": counts,
        "pages": [asdict(entry) for entry in entries.values()],
    }
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    (folder / RECORD).write_text(text, encoding="utf-8")
