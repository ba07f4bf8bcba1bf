"""The annual run: check the whole plan, make what is due in a staging folder, then exchange the finished folder.

A failed page stops no other and never replaces a good one. What is published is a whole folder with an index and a
record of the run, or nothing. Whatever a run is ended by, what it finished waits for `resume`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from partnerlib.codes import year_label
from partnerlib.errors import EnvironmentProblem, ParameterError
from partnerlib.project import Project
from partnerlib.reports import gate
from partnerlib.reports.edition import Edition, read_edition
from partnerlib.reports.formats import chosen
from partnerlib.reports.index import index_page
from partnerlib.reports.inputs import inputs_of, raw_inputs, refuse_changed, refuse_stale
from partnerlib.reports.interruption import ending_at_signals
from partnerlib.reports.lock import alone
from partnerlib.reports.page import notice_page
from partnerlib.reports.plan import Page
from partnerlib.reports.progress import Progress, Tally, quiet
from partnerlib.reports.publication import linked, publish, recover
from partnerlib.reports.record import DONE, FAILED, NOTHING, OUTCOMES, Entry, hashes_of, write_record
from partnerlib.reports.staging import Staging
from partnerlib.reports.storage import storage_named
from partnerlib.reports.survey import Survey, survey
from partnerlib.reports.workers import Job, Outcome, outcomes


@dataclass(frozen=True)
class RunResult:
    """What became of every page of a run, and where the result is."""

    index: Path
    entries: Sequence[Entry]
    """The pages asked for; pages kept from an earlier run that were not asked for are not among them."""
    unchanged: int
    """Pages asked for that were there already, made from the same."""
    seconds: float
    resumed: int = 0
    """Pages an interrupted run had finished."""
    remarks: Sequence[str] = field(default_factory=tuple)
    """What a reader of the result should know besides."""

    @property
    def exit_code(self) -> int:
        """0 when every page has a result or nothing to report, 1 when some report failed."""
        return int(any(entry.outcome == FAILED for entry in self.entries))

    def summary(self) -> str:
        """The run in a few lines: how many pages of each outcome, each failure with its reason, where to open it."""
        counts = {outcome: sum(entry.outcome == outcome for entry in self.entries) for outcome in OUTCOMES}
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) or "none"
        before = f", {self.resumed} were finished by the interrupted run" if self.resumed else ""
        lines = [
            *self.remarks,
            f"{len(self.entries)} pages in {self.seconds:.0f} s: {said}; {self.unchanged} were up to date{before}",
        ]
        lines += [
            f"failed: {entry.kind}:{entry.unit_code} ({entry.unit_name}): {entry.reason}"
            for entry in self.entries
            if entry.outcome == FAILED
        ]
        return "\n".join([*lines, f"open {self.index}"])


def list_pages(project: Project, report_year: int, released: str | Path) -> list[Page]:
    """Every page the plan would make for a report year, in the order of the index."""
    return list(read_edition(project, report_year, released).pages)


def surveyed(
    project: Project,
    report_year: int,
    released: str | Path,
    only: Iterable[str] = (),
    limit: int | None = None,
    force: bool = False,
    formats: Iterable[str] = ("html",),
) -> Survey:
    """What `run` would do, page by page, and why. Nothing is made, and nothing is written."""
    edition = read_edition(project, report_year, released, chosen(formats).names)
    return survey(edition, project.out / str(report_year), only, limit, force)


def run(
    project: Project,
    report_year: int,
    released: str | Path,
    only: Iterable[str] = (),
    jobs: int = 2,
    progress: Progress = quiet,
    force: bool = False,
    resume: bool = False,
    limit: int | None = None,
    formats: Iterable[str] = ("html",),
) -> RunResult:
    """Make the pages of a report year: all of the plan, or those `only` names, as kind or kind:code.

    Everything is checked before anything is started. Result: `<out>/<year>/index.html`, one page for each unit and
    `run_record.json`. The folder appears whole, and a page that failed leaves an earlier good one where it is. Where
    nothing has changed, nothing is done.

    Parameters
        jobs: pages made at the same time
        force: make pages even when they are up to date
        resume: take over what an interrupted run had finished
        limit: make the first so many pages only
        formats: html, pdf, word, excel, csv; empty for all this computer can write

    Errors
        ParameterError for pages that do not exist, and when another run holds the folder
        DataError when the tables are not of the raw files that lie there, and when something the pages are made from
            was changed meanwhile
        EnvironmentProblem when the disk refuses to take them
        ReleaseRefused when a page holds what its release does not
    """
    start = time.monotonic()
    choice = chosen(formats)
    if jobs < 1:
        raise ParameterError(f"--jobs {jobs}: expected 1 or more")
    final = project.out / str(report_year)
    with alone(project.out), ending_at_signals(), storage_named(project.out, f"{final} is as it was"):
        recover(final)
        inputs = inputs_of(project, Path(released).resolve())
        edition = read_edition(project, report_year, released, choice.names)
        found = survey(edition, final, only, limit, force)
        if found.is_published:
            shutil.rmtree(Staging.place(project.out, report_year), ignore_errors=True)
            kept = [found.kept[page.slug] for page in found.asked]
            return RunResult(final / "index.html", kept, len(kept), time.monotonic() - start)
        refuse_stale(project, inputs)
        made = _made(found, final, inputs, jobs, resume, progress, start)
        return replace(made, remarks=tuple(filter(None, (choice.remark, *made.remarks))))


def _made(
    found: Survey, final: Path, inputs: Mapping[str, str], jobs: int, resume: bool, progress: Progress, start: float
) -> RunResult:
    """Make what is due and publish it with what stays."""
    edition = found.edition
    project, began = edition.project, datetime.now(UTC)
    staging = Staging(project.out, edition.report_year, resume)
    resumed = {
        due.page.slug: staging.entries[due.page.slug]
        for due in found.due
        if due.page.slug in staging.entries and staging.entries[due.page.slug].key == found.keys[due.page.slug]
    }
    pages = [due.page for due in found.due if due.page.slug not in resumed]
    try:
        made = {**resumed, **dict(_entries(found, pages, staging, jobs, progress))}
    except KeyboardInterrupt:
        kept = len(staging.finished())
        raise KeyboardInterrupt(f"interrupted; {final} is as it was; {kept} finished pages wait for --resume") from None
    everything = {**found.kept, **made}
    ordered = [everything[page.slug] for page in edition.pages if page.slug in everything]
    for entry in ordered:
        is_new = entry.name in made and not entry.is_earlier_page
        linked(staging.pages if is_new else final, staging.tree, entry.files)
    front = index_page(
        ordered, edition.report_year, edition.is_synthetic, edition.audience, edition.release.cells, edition.places
    )
    (staging.tree / "index.html").write_text(front, encoding="utf-8")
    facts = {**edition.facts(inputs), "made_from": found.made_from(ordered)}
    write_record(staging.tree, ordered, facts, {})
    gate.with_files(staging.tree, edition.release, project.notebooks / "reports", progress, project.processed)
    hashes = hashes_of(staging.tree)
    gate.refuse(_foreign(ordered, edition, staging.tree, hashes))
    of_pages = {path for entry in ordered for path in entry.files}
    facts["files"] = {path: content for path, content in hashes.items() if path not in of_pages}
    seconds = time.monotonic() - start
    timings = {"started": began.isoformat(timespec="seconds"), "seconds": round(seconds, 1), "jobs": jobs}
    write_record(staging.tree, ordered, facts, timings)
    progress("putting the finished folder in its place")
    refuse_changed(inputs, {**inputs_of(project, edition.released), **raw_inputs(project)})
    publish(staging.tree, final)
    staging.clear()
    remarks = [found.record.remark, *staging.remarks, _of_left_out(found.left_out)]
    asked = [everything[page.slug] for page in found.asked]
    return RunResult(
        final / "index.html", asked, len(found.asked) - len(found.due), time.monotonic() - start, len(resumed),
        tuple(filter(None, remarks)),
    )  # fmt: skip


def _of_left_out(count: int) -> str:
    """What to say of pages that could not stay."""
    told = "pages that were not asked for are of other cells or units than this release and were left out"
    return f"{count} {told}; `partnerlib report` makes them" if count else ""


def _foreign(entries: Iterable[Entry], edition: Edition, tree: Path, hashes: Mapping[str, str]) -> list[str]:
    """Pages in a finished tree that are not what their entries say, or not of the cells that stand beside them.

    A page may have been made for an earlier release. It stays because each cell it was drawn from is in this one, too.
    """
    found = []
    for entry in entries:
        if not entry.is_whole(hashes):
            found.append(f"{entry.path}: changed after it was made")
        elif entry.drawn != edition.drawn.by(entry.kind, entry.unit_code):
            found.append(f"{entry.path}: drawn from other cells than those of this release")
        elif entry.outcome == DONE and entry.drawn not in (tree / entry.path).read_text(encoding="utf-8"):
            found.append(f"{entry.path}: does not name the cells it is drawn from")
    return found


def _entries(
    found: Survey, pages: Sequence[Page], staging: Staging, jobs: int, progress: Progress
) -> Iterator[tuple[str, Entry]]:
    """Make every page that is due. A unit without a published number needs no kernel to say so."""
    begun, finished, ended = time.monotonic(), {DONE: 0, NOTHING: 0, FAILED: 0}, set[str]()
    work = [page for page in pages if not page.reason_for_nothing]

    def tally(latest: str = "", has_failed: bool = False) -> Tally:
        waiting = [page for page in work if page.slug not in ended]
        return Tally(
            len(work), finished[DONE] + finished[NOTHING], finished[FAILED], len(found.asked) - len(found.due),
            [page.unit_name for page in waiting[:jobs]], time.monotonic() - begun, latest, has_failed,
        )  # fmt: skip

    for page in pages:
        if page.reason_for_nothing:
            yield page.slug, _placed(found, page, Outcome(page.slug, NOTHING, page.reason_for_nothing), staging)
    if work:
        progress(tally())
    by_name = {page.slug: page for page in work}
    with closing(outcomes([_job(found.edition, page, staging) for page in work], jobs)) as coming:
        for outcome in coming:
            page = by_name[outcome.name]
            if refusal := outcome.facts.get("disk"):
                raise EnvironmentProblem(f"{refusal}; nothing was published, what stood there is as it was")
            entry = _placed(found, page, outcome, staging)
            ended.add(page.slug)
            finished[entry.outcome] += 1
            progress(tally(f"{page.unit_name}, {entry.outcome}", entry.outcome == FAILED))
            yield page.slug, entry


def _job(edition: Edition, page: Page, staging: Staging) -> Job:
    entry = edition.plan.entries[page.kind]
    return Job(
        name=page.slug,
        notebook=entry.notebook,
        parameters=edition.parameters(page),
        title=entry.title,
        is_synthetic=edition.is_synthetic,
        release=edition.release.manifest.release_id,
        folder=staging.work / "runs" / page.slug,
        target=staging.work / "made" / page.path,
        seconds=edition.plan.seconds,
        memory_mb=edition.plan.memory_mb,
        formats=edition.formats,
    )


def _placed(found: Survey, page: Page, outcome: Outcome, staging: Staging) -> Entry:
    """Put a page among the finished ones and say what became of it. A failure never takes the place of a good page."""
    edition, plan_entry = found.edition, found.edition.plan.entries[page.kind]
    drawn = edition.drawn.by(page.kind, page.unit_code)
    outcome = _refuse_undeclared(outcome, plan_entry.notebook.name, drawn)
    shutil.rmtree(staging.work / "runs" / page.slug, ignore_errors=True)
    has_page = outcome.status != FAILED and bool(staging.files_made(page.path))
    earlier = found.kept.get(page.slug) if outcome.status == FAILED else None
    if has_page:
        files: Mapping[str, str] = staging.take(page.path)
    elif earlier:
        files = earlier.files
    else:
        files = staging.write(page.path, _notice(edition, page, outcome))
    entry = Entry(
        kind=page.kind,
        unit_code=page.unit_code,
        unit_name=page.unit_name,
        path=page.path,
        outcome=outcome.status,
        reason=outcome.reason,
        key_number=outcome.facts.get("key_number", {}) if outcome.status == DONE else {},
        is_earlier_page=earlier is not None,
        seconds=round(outcome.seconds, 2),
        peak_memory_mb=round(float(outcome.facts.get("peak_memory_mb", 0.0)), 1),
        key="" if outcome.status == FAILED else found.keys[page.slug],
        drawn=drawn,
        files=files,
    )
    staging.note(entry)
    return entry


def _refuse_undeclared(outcome: Outcome, notebook: str, drawn: str) -> Outcome:
    """A page whose notebook read other cells than its key covers would go stale unseen: it failed."""
    told = outcome.facts.get("printing", {}).get("release", drawn) if outcome.status != FAILED else drawn
    if told == drawn:
        return outcome
    reason = f"{notebook}: read other released cells than those of its unit, its partnerships and the state."
    return replace(outcome, status=FAILED, reason=reason)


def _notice(edition: Edition, page: Page, outcome: Outcome) -> str:
    """The page of a unit without a result: why there is none."""
    title, year = edition.plan.entries[page.kind].title, year_label(edition.report_year)
    return notice_page(title, page, year, outcome.status, outcome.reason, edition.is_synthetic, edition.audience)
