"""Where the pages of a run wait until the year's folder is replaced, and what an interrupted run left there.

    .<year>-run/pages/        finished pages, each in its place
    .<year>-run/journal.jsonl a line for every finished page: its entry of the record, with the hash of its files
    .<year>-run/work/         what is being made; nothing of it outlives its run
    .<year>-run/tree/         the year's folder, while it is put together

A page counts once its line is in the journal. `--resume` takes it over when it was made from what it would be made from
now, and when its files are what the journal says.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from partnerlib.reports.record import FAILED, Entry, entry_of, hashes_of, seal_of, sha256

JOURNAL = "journal.jsonl"


class Staging:
    """The staging folder of a year's reports. Only the run that holds the lock touches it."""

    def __init__(self, out: Path, report_year: int, is_resumed: bool) -> None:
        self.folder = self.place(out, report_year)
        self.entries: dict[str, Entry] = {}
        """Finished pages of an interrupted run, by name; none unless it is resumed."""
        self.remarks: list[str] = []
        left = self._read()
        if is_resumed:
            self.entries = left
        else:
            if left:
                self.remarks.append(
                    f"{len(left)} finished pages of an interrupted run were dropped; --resume takes them"
                )
            shutil.rmtree(self.folder, ignore_errors=True)
        self.pages.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.tree, ignore_errors=True)
        self._keep(self.entries.values())
        for work in self.folder.glob("work-*"):
            shutil.rmtree(work, ignore_errors=True)
        # A folder of its own for each run: whatever a killed run's processes still write never meets this one's.
        self.work = Path(tempfile.mkdtemp(prefix="work-", dir=self.folder))

    @staticmethod
    def place(out: Path, report_year: int) -> Path:
        """The staging folder of a year: beside the result, on the same disk."""
        return out / f".{report_year}-run"

    @property
    def pages(self) -> Path:
        return self.folder / "pages"

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    def files_made(self, path: str) -> list[Path]:
        """Every file a worker made of a page: the page itself and its other formats beside it."""
        page = self.work / "made" / path
        return sorted(file for file in page.parent.glob(f"{page.stem}.*") if file.is_file())

    def take(self, path: str) -> dict[str, str]:
        """Put the files a worker made of a page among the finished ones; their hashes by path."""
        folder = (self.pages / path).parent
        folder.mkdir(parents=True, exist_ok=True)
        taken = {}
        for file in self.files_made(path):
            target = folder / file.name
            file.replace(target)
            taken[target.relative_to(self.pages).as_posix()] = sha256(target)
        return taken

    def write(self, path: str, text: str) -> dict[str, str]:
        """A finished page of the run's own words; its hash by path."""
        target = self.pages / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return {path: sha256(target)}

    def finished(self) -> list[Entry]:
        """The pages that need not be made again."""
        return list(self._read().values())

    def note(self, entry: Entry) -> None:
        """From here on a page is finished: a run that is ended now need not make it again."""
        if entry.outcome == FAILED:
            return
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as stream:
            stream.write(_line(entry))

    def _keep(self, entries: Iterable[Entry]) -> None:
        """Begin the journal with what is believed of the one before: no half line stands before the next."""
        staged = self.folder / f"{JOURNAL}.partial"
        staged.write_text("".join(map(_line, entries)), encoding="utf-8")
        staged.replace(self.folder / JOURNAL)

    def _read(self) -> dict[str, Entry]:
        """Pages the journal lists whose files are all there, unharmed. A line that was cut short is not believed."""
        try:
            lines = (self.folder / JOURNAL).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return {}
        hashes: Mapping[str, str] = hashes_of(self.pages)
        read = [_entry(line) for line in lines]
        whole = {entry.name: entry for entry in read if entry is not None and entry.is_whole(hashes)}
        if harmed := len({entry.name if entry else place for place, entry in enumerate(read)}) - len(whole):
            self.remarks.append(f"{harmed} pages of an interrupted run are not whole and are made again")
        return whole

    def clear(self) -> None:
        """What has been published waits no longer."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _line(entry: Entry) -> str:
    content = asdict(entry)
    return json.dumps({**content, "seal": seal_of(content)}, ensure_ascii=False) + "\n"


def _entry(line: str) -> Entry | None:
    """The entry of a line of the journal; None when the line is not whole."""
    try:
        content = json.loads(line)
        return entry_of(content) if content.pop("seal") == seal_of(content) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
