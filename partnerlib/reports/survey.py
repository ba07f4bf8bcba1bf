"""Before anything is made: which pages are asked for, which of them stand there already, and why the others are due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from partnerlib.errors import ParameterError
from partnerlib.reports.edition import Edition
from partnerlib.reports.plan import Page, chosen
from partnerlib.reports.record import FAILED, Entry, Record, hashes_of, read_record


@dataclass(frozen=True)
class Due:
    """A page that is to be made, and why."""

    page: Page
    why: str


@dataclass(frozen=True)
class Survey:
    """The pages asked for, held against what stands in the year's folder."""

    edition: Edition
    asked: Sequence[Page]
    due: Sequence[Due]
    kept: Mapping[str, Entry]
    """Pages that stand there and are drawn from the same cells, whether asked for or not, in the order of the plan."""
    keys: Mapping[str, str]
    """The key of every page of the plan, by name."""
    record: Record = field(repr=False)
    hashes: Mapping[str, str] = field(repr=False)
    """Hash of every file that stands there."""
    left_out: int = 0
    """Pages that stand there, are not asked for, and cannot stay beside the cells of this release."""

    @property
    def is_published(self) -> bool:
        """Whether nothing at all is to be done: every page and every file beside them is there, and of the same."""
        files = {path: found for entry in self.kept.values() for path, found in entry.files.items()}
        return (
            not self.due
            and self.record.facts.get("made_from") == self.made_from(self.kept.values())
            and {**files, **self.record.facts.get("files", {})} == self.hashes
        )

    def made_from(self, entries: Iterable[Entry]) -> str:
        """Hash of everything the year's folder is made from, with these pages in it."""
        return self.edition.whole_key([(entry.path, entry.key) for entry in entries])

    def as_text(self, is_whole: bool = False) -> str:
        """Every page that would be made and why; with `is_whole` those that are up to date, too."""
        why = {due.page.slug: due.why for due in self.due}
        rows = [(page, why.get(page.slug, "up to date")) for page in self.asked]
        shown = [(page, word) for page, word in rows if is_whole or page.slug in why]
        lines = [f"{page.kind}:{page.unit_code}\t{page.unit_name}\t{word}" for page, word in shown]
        if not is_whole:
            lines.append(f"{len(self.due)} of {len(self.asked)} pages would be made")
        return "\n".join(lines)


def survey(
    edition: Edition, final: Path, only: Iterable[str] = (), limit: int | None = None, force: bool = False
) -> Survey:
    """What a run would do.

    Parameters
        final: the year's folder
        only: kinds or kind:code; all pages if none
        limit: the first so many of them
        force: make them even when they are up to date

    Errors
        ParameterError for names of no page, and numbers that make no sense
    """
    if limit is not None and limit < 1:
        raise ParameterError(f"--limit {limit}: expected 1 or more")
    asked = chosen(list(edition.pages), list(only))[:limit]
    record, hashes = read_record(final), hashes_of(final)
    keys = {page.slug: edition.key(page) for page in edition.pages}
    kept = {
        page.slug: entry
        for page in edition.pages
        if (entry := record.entries.get(page.slug)) is not None
        and entry.has_good_page
        and entry.is_whole(hashes)
        and entry.drawn == edition.drawn.by(page.kind, page.unit_code)
    }
    due = [
        Due(page, why)
        for page in asked
        if (why := "asked for by --force" if force else _why(edition, page, keys[page.slug], record, kept))
    ]
    gone = {*record.entries} - {*kept} - {page.slug for page in asked}
    return Survey(edition, asked, due, kept, keys, record, hashes, len(gone))


def _why(edition: Edition, page: Page, key: str, record: Record, kept: Mapping[str, Entry]) -> str:
    """Why a page is due, in words; empty when it is up to date."""
    if page.slug in kept and kept[page.slug].key == key:
        return ""
    entry = record.entries.get(page.slug)
    if entry is None:
        return "not made yet"
    if entry.outcome == FAILED:
        return "failed the last time"
    if entry.drawn != edition.drawn.by(page.kind, page.unit_code):
        return "its released cells changed"
    return "notebook, parameters, library or packages changed" if page.slug in kept else "its files were changed"
