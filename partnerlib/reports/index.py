"""The front page of a year: every page of every kind, its files, and the one number each is known by.

Read without its script it is a complete list. The script finds, filters and sets two units side by side; it reads the
page's own data, fetches nothing, and is allowed by its hash alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from partnerlib.codes import year_label
from partnerlib.display.drawing import Figure
from partnerlib.reports.comparison import as_data, numbers_of_units
from partnerlib.reports.geography import read_places
from partnerlib.reports.page import sheet, templates
from partnerlib.reports.plan import KINDS
from partnerlib.reports.record import DONE, FAILED, NOTHING, Entry
from partnerlib.reports.script import script, script_hash
from partnerlib.reports.statewide import names_of, placement_flows, placement_map

HEADINGS = {
    "state": ("The state", "The state as a whole"),
    "provider": ("Providers", "Every provider of educators (sponsoring organization)"),
    "district": ("Districts", "Every district"),
    "partnership": ("Partnerships", "Pairs of a provider and a district with a published number"),
    "review": ("Formal Review", "Evidence for the partnership criteria, a page for each provider"),
    "advisory": ("Pipeline Advisory", "Who trains and is hired in a district, a page for each"),
}

FILES = {"html": "Web page", "pdf": "PDF", "docx": "Word", "xlsx": "Excel", "csv": "CSV"}
"""What each file of a page is called, by its ending, in the order they are listed."""

LABEL = 60
"""Letters of a name that the label of a link repeats."""


def index_page(
    entries: Iterable[Entry],
    report_year: int,
    is_synthetic: bool,
    audience: str = "",
    cells: pd.DataFrame | None = None,
    places: str = "",
) -> str:
    """The index as HTML: grouped by kind of page, by name within it; pages with a result first.

    Parameters
        cells: of the release, for the figures of the whole state and the comparison; without them there are none
        places: where districts are, as `partnerlib.reports.geography` writes it
    """
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
    numbers = numbers_of_units(cells, listed) if cells is not None else {"measures": [], "texts": [], "units": []}
    return templates().get_template("index.html").render(
        style=sheet("page.css") + sheet("index.css"),
        year=year_label(report_year),
        is_synthetic=is_synthetic,
        audience=audience,
        groups=[group for group in groups if group["entries"]],
        counts=_counted(listed),
        figures=[] if cells is None else _figures(cells, places, is_synthetic),
        numbers=as_data(numbers),
        script=script(),
        script_hash=script_hash(),
    )  # fmt: skip


def _figures(cells: pd.DataFrame, places: str, is_synthetic: bool) -> Sequence[Mapping[str, Any]]:
    """The whole state at a glance: a map where places are known, and the flows; whatever has a number to draw."""
    drawn = [
        placement_map(cells, read_places(places), is_synthetic),
        placement_flows(cells, names_of(cells), is_synthetic),
    ]
    return [figure.as_data() for figure in drawn if isinstance(figure, Figure)]


def _shown(entry: Entry) -> Mapping[str, Any]:
    kept = " The page shown is the one of an earlier run." if entry.is_earlier_page else ""
    return {
        "path": entry.path,
        "unit_name": entry.unit_name,
        "unit_code": entry.unit_code,
        "label": entry.unit_name[:LABEL],
        "outcome": entry.outcome,
        "reason": f"{entry.reason}{kept}",
        "key_number": {"key": "", **entry.key_number} if entry.outcome != FAILED and entry.key_number else {},
        "files": _files(entry),
    }


def _files(entry: Entry) -> list[tuple[str, str]]:
    """Every file of a page, by what it is called: one after another they are everything there is of a unit."""
    endings = {path.rpartition(".")[2]: path for path in sorted(entry.files)}
    return [(name, endings[ending]) for ending, name in FILES.items() if ending in endings]


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
