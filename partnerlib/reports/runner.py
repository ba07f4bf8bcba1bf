"""The annual run: check the whole plan, make every page in a staging folder, then move the finished folder in place.

A failed page stops no other and never replaces a good one. What is published is a whole folder with an index and a
record of the run, or nothing.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partnerlib.codes import year_label
from partnerlib.disclosure.sealed import read_release
from partnerlib.errors import ParameterError
from partnerlib.project import Project, code_sha256
from partnerlib.reports.gate import with_files
from partnerlib.reports.index import index_page
from partnerlib.reports.page import notice_page
from partnerlib.reports.parameters import resolve
from partnerlib.reports.plan import Page, Plan, chosen, is_synthetic, pages_of, read_plan
from partnerlib.reports.printing import audience_name
from partnerlib.reports.publication import copy_pages, publish
from partnerlib.reports.record import DONE, FAILED, NOTHING, OUTCOMES, Entry, read_record, sha256, write_record
from partnerlib.reports.workers import Job, Outcome, outcomes

Progress = Callable[[str], None]


@dataclass(frozen=True)
class RunResult:
    """What became of every page of a run, and where the result is."""

    index: Path
    entries: Sequence[Entry]
    """The pages asked for; pages kept from an earlier run that were not asked for are not among them."""
    unchanged: int
    """Pages asked for that were there already, made from the same."""
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 when every page has a result or nothing to report, 1 when some report failed."""
        return int(any(entry.outcome == FAILED for entry in self.entries))

    def summary(self) -> str:
        """The run in a few lines: how many pages of each outcome, each failure with its reason, where to open it."""
        counts = {outcome: sum(entry.outcome == outcome for entry in self.entries) for outcome in OUTCOMES}
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) or "none"
        lines = [f"{len(self.entries)} pages in {self.seconds:.0f} s: {said}; {self.unchanged} were up to date"]
        lines += [
            f"failed: {entry.kind}:{entry.unit_code} ({entry.unit_name}): {entry.reason}"
            for entry in self.entries
            if entry.outcome == FAILED
        ]
        return "\n".join([*lines, f"open {self.index}"])


@dataclass(frozen=True)
class Run:
    """What is the same for every page of one run."""

    plan: Plan
    report_year: int
    released: Path
    """Folder of the sealed release."""
    release_id: str
    audience: str
    """The one organization the release is for, by name; empty for a public one."""
    is_synthetic: bool

    def parameters(self, page: Page) -> dict[str, Any]:
        """The parameters of a page's notebook, each in its declared type."""
        entry = self.plan.entries[page.kind]
        given = {
            **entry.parameters,
            "report_year": self.report_year,
            "unit_code": page.unit_code,
            "release_path": str(self.released),
        }
        return resolve(given, entry.declared, f"{page.kind}:{page.unit_code}")

    def key(self, page: Page) -> str:
        """Hash of everything a page is made from: release, notebook, parameters and the library's own code."""
        entry = self.plan.entries[page.kind]
        settings = {name: value for name, value in self.parameters(page).items() if name != "release_path"}
        parts = (self.release_id, sha256(entry.notebook), repr(sorted(settings.items())), entry.title,
                 repr(page), str(self.is_synthetic), code_sha256())  # fmt: skip
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def list_pages(project: Project, report_year: int, released: str | Path) -> list[Page]:
    """Every page the plan would make for a report year, in the order of the index."""
    plan = read_plan(project.plan, project.notebooks / "reports")
    return pages_of(plan, project, report_year, Path(released))


def run(
    project: Project,
    report_year: int,
    released: str | Path,
    only: Iterable[str] = (),
    jobs: int = 2,
    progress: Progress = lambda _message: None,
    force: bool = False,
) -> RunResult:
    """Make the pages of a report year: all of the plan, or those `only` names, as kind or kind:code.

    Everything is checked before anything is started. Result: `<out>/<year>/index.html`, one page for each unit and
    `run_record.json`. The folder appears whole, and a page that failed leaves an earlier good one where it is.
    """
    start = time.monotonic()
    if jobs < 1:
        raise ParameterError(f"--jobs {jobs}: expected 1 or more")
    only = list(only)
    plan = read_plan(project.plan, project.notebooks / "reports")
    release = read_release(Path(released).resolve())
    folder, identifier = Path(released).resolve(), release.manifest.release_id
    this = Run(plan, report_year, folder, identifier, audience_name(release), is_synthetic(project))
    pages = chosen(pages_of(plan, project, report_year, this.released), only)
    keys = {page.slug: this.key(page) for page in pages}
    final = project.out / str(report_year)
    earlier = _of_release(read_record(final), this.release_id)
    earlier = _still_planned(earlier, pages, is_whole_plan=not only)
    due = [page for page in pages if force or not _is_current(earlier, page, keys[page.slug], final)]
    with _staging(project.out, report_year) as staging:
        tree = staging / "tree"
        copy_pages(final, tree, earlier.values())
        made = _entries(this, due, keys, earlier, staging, jobs, progress)
        everything = {**earlier, **made}
        (tree / "index.html").write_text(
            index_page(everything.values(), report_year, this.is_synthetic, this.audience), encoding="utf-8"
        )
        seconds = time.monotonic() - start
        write_record(tree, everything, _facts(this, seconds))
        with_files(tree, release, project.notebooks / "reports", progress)
        publish(tree, final)
    asked = [made.get(page.slug) or earlier[page.slug] for page in pages]
    return RunResult(final / "index.html", asked, len(pages) - len(due), time.monotonic() - start)


@contextmanager
def _staging(out: Path, report_year: int) -> Iterator[Path]:
    """A folder beside the result, on the same disk, gone afterwards whatever happens."""
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{report_year}-", dir=out))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _of_release(earlier: dict[str, Entry], release_id: str) -> dict[str, Entry]:
    """Earlier pages drawn from the same release. Others are not kept beside cells they were not drawn from."""
    return {name: entry for name, entry in earlier.items() if entry.release == release_id}


def _still_planned(earlier: dict[str, Entry], pages: Sequence[Page], is_whole_plan: bool) -> dict[str, Entry]:
    """Earlier pages that stay: not those of a unit that has another name now, nor of one that left the plan."""
    names = {(page.kind, page.unit_code): page.slug for page in pages}
    return {
        name: entry
        for name, entry in earlier.items()
        if names.get((entry.kind, entry.unit_code), "" if is_whole_plan else name) == name
    }


def _is_current(earlier: Mapping[str, Entry], page: Page, key: str, folder: Path) -> bool:
    return page.slug in earlier and earlier[page.slug].is_current(key, folder)


def _entries(
    this: Run,
    pages: Sequence[Page],
    keys: Mapping[str, str],
    earlier: Mapping[str, Entry],
    staging: Path,
    jobs: int,
    progress: Progress,
) -> dict[str, Entry]:
    """Make every page that is due. A unit without a published number needs no kernel to say so."""
    by_name = {page.slug: page for page in pages}
    made: dict[str, Entry] = {}
    for page in pages:
        if page.reason_for_nothing:
            made[page.slug] = _place(
                this, page, Outcome(page.slug, NOTHING, page.reason_for_nothing), keys, earlier, staging
            )
    work = [_job(this, page, staging) for page in pages if not page.reason_for_nothing]
    for outcome in outcomes(work, jobs):
        page = by_name[outcome.name]
        made[page.slug] = _place(this, page, outcome, keys, earlier, staging)
        progress(f"{len(made)} of {len(pages)} pages: {page.unit_name}, {outcome.status}")
    return made


def _job(this: Run, page: Page, staging: Path) -> Job:
    entry = this.plan.entries[page.kind]
    return Job(
        name=page.slug,
        notebook=entry.notebook,
        parameters=this.parameters(page),
        title=entry.title,
        is_synthetic=this.is_synthetic,
        release=this.release_id,
        folder=staging / "runs" / page.slug,
        target=staging / "made" / page.path,
        seconds=this.plan.seconds,
    )


def _place(
    this: Run, page: Page, outcome: Outcome, keys: Mapping[str, str], earlier: Mapping[str, Entry], staging: Path
) -> Entry:
    """Put a page into the new tree and say what became of it. A failure never takes the place of a good page."""
    target = staging / "tree" / page.path
    target.parent.mkdir(parents=True, exist_ok=True)
    made = staging / "made" / page.path
    keeps_earlier = outcome.status == FAILED and page.slug in earlier and earlier[page.slug].has_good_page
    if outcome.status != FAILED and made.is_file():
        made.replace(target)
    elif not keeps_earlier:
        entry = this.plan.entries[page.kind]
        target.write_text(
            notice_page(
                entry.title,
                page,
                year_label(this.report_year),
                outcome.status,
                outcome.reason,
                this.is_synthetic,
                this.audience,
            ),
            encoding="utf-8",
        )
    return Entry(
        kind=page.kind,
        unit_code=page.unit_code,
        unit_name=page.unit_name,
        path=page.path,
        outcome=outcome.status,
        reason=outcome.reason,
        key_number=outcome.facts.get("key_number", {}) if outcome.status == DONE else {},
        is_earlier_page=keeps_earlier,
        seconds=round(outcome.seconds, 2),
        key="" if outcome.status == FAILED else keys[page.slug],
        page_sha256=sha256(target),
        release=this.release_id,
    )


def _facts(this: Run, seconds: float) -> dict[str, Any]:
    notebooks = {kind: sha256(entry.notebook) for kind, entry in this.plan.entries.items()}
    return {
        "report_year": this.report_year,
        "is_synthetic": this.is_synthetic,
        "release": this.release_id,
        "notebooks_sha256": notebooks,
        "code_sha256": code_sha256(),
        "seconds": round(seconds, 1),
    }
