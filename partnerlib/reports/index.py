"""The front page of a year: every page of every kind, what became of it, and the one number it is known by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from partnerlib.codes import year_label
from partnerlib.reports.page import templates
from partnerlib.reports.plan import KINDS
from partnerlib.reports.record import DONE, FAILED, NOTHING, Entry

HEADINGS = {
    "state": ("The state", "The state as a whole"),
    "provider": ("Providers", "Every provider of educators (sponsoring organization)"),
    "district": ("Districts", "Every district"),
    "partnership": ("Partnerships", "Pairs of a provider and a district with a published number"),
    "review": ("Formal Review", "Evidence for the partnership criteria, a page for each provider"),
    "advisory": ("Pipeline Advisory", "Who trains and is hired in a district, a page for each"),
}


def index_page(entries: Iterable[Entry], report_year: int, is_synthetic: bool, audience: str = "") -> str:
    """The index as HTML: grouped by kind of unit, by name within it; pages with a result first."""
    listed = sorted(entries, key=lambda entry: (entry.outcome == NOTHING, entry.unit_name, entry.unit_code))
    groups = [
        {
            "kind": kind,
            "heading": HEADINGS[kind][0],
            "caption": HEADINGS[kind][1],
            "entries": [_shown(entry) for entry in listed if entry.kind == kind],
        }
        for kind in KINDS
    ]
    return templates().get_template("index.html").render(
        year=year_label(report_year),
        is_synthetic=is_synthetic,
        audience=audience,
        groups=[group for group in groups if group["entries"]],
        counts=_counted(listed),
    )  # fmt: skip


def _shown(entry: Entry) -> Mapping[str, Any]:
    kept = " The page shown is the one of an earlier run." if entry.is_earlier_page else ""
    return {
        "path": entry.path,
        "unit_name": entry.unit_name,
        "unit_code": entry.unit_code,
        "outcome": entry.outcome,
        "reason": f"{entry.reason}{kept}",
        "key_number": {} if entry.outcome == FAILED else entry.key_number,
    }


def _counted(entries: list[Entry]) -> str:
    words = {
        DONE: ("{n} page reports a result", "{n} pages report results"),
        NOTHING: ("{n} says why there is nothing to report", "{n} say why there is nothing to report"),
        FAILED: ("{n} failed and says why", "{n} failed and say why"),
    }
    said = []
    for outcome, (one, many) in words.items():
        number = sum(entry.outcome == outcome for entry in entries)
        if number:
            said.append((one if number == 1 else many).format(n=number))
    return ", ".join(said) + "."
