"""Annual pages for providers, districts, partnerships and the state, made from released numbers alone.

run(project, report_year, released, only, jobs, progress)    make the pages of the plan
list_pages(project, report_year, released)                   which pages that would be
surveyed(project, report_year, released, only, limit)        which of them are up to date, and why the others are not
run_study(project, name, year, settings, progress)           execute one study notebook on your data
released(kind, unit_code, report_year, release_path)         what a report notebook reads
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partnerlib.reports.plan import Page as Page
    from partnerlib.reports.plan import refuse_malformed as refuse_malformed
    from partnerlib.reports.runner import RunResult as RunResult
    from partnerlib.reports.runner import list_pages as list_pages
    from partnerlib.reports.runner import run as run
    from partnerlib.reports.runner import surveyed as surveyed
    from partnerlib.reports.studies import run_study as run_study
    from partnerlib.reports.unit_report import Report as Report
    from partnerlib.reports.unit_report import released as released

_HOMES = {
    "Page": "plan",
    "Report": "unit_report",
    "RunResult": "runner",
    "list_pages": "runner",
    "refuse_malformed": "plan",
    "released": "unit_report",
    "run": "runner",
    "run_study": "studies",
    "surveyed": "runner",
}


def __getattr__(name: str) -> Any:
    """Each name is imported when it is first used: a notebook that reads a release never pays for the runner."""
    if name in _HOMES:
        return getattr(import_module(f"partnerlib.reports.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'partnerlib.reports' has no attribute {name!r}")
