"""What there is: measures, studies, raw layouts, processed tables and pages, each with a line that says what it is."""

from __future__ import annotations

from collections.abc import Callable

from partnerlib.project import Project

Row = tuple[str, str]


def rows(kind: str, here: Project, year: int | None = None) -> list[Row]:
    """Name and description of everything of a kind, one of `KINDS`."""
    return _pages(here, year) if kind == "pages" else _LISTS[kind](here)


def _measures(_here: Project) -> list[Row]:
    from partnerlib.measures import all_measures

    return [(name, entry.title) for name, entry in sorted(all_measures().items())]


def _studies(here: Project) -> list[Row]:
    import nbformat

    paths = sorted((here.notebooks / "studies").glob("*.ipynb"))
    titles = ((path.stem, nbformat.read(path, as_version=4).cells[0].source) for path in paths)
    return [(name, first_cell.splitlines()[0].lstrip("# ")) for name, first_cell in titles]


def _sources(_here: Project) -> list[Row]:
    from partnerlib.sources import all_sources

    return [(source.name, source.title) for source in all_sources()]


def _tables(_here: Project) -> list[Row]:
    from partnerlib.tables import TABLES

    return [(table.name, table.description) for table in TABLES.values()]


def _pages(here: Project, year: int | None) -> list[Row]:
    from partnerlib import pipeline, releases, reports

    prepared = pipeline.prepare(here)
    report_year = pipeline.check_year(here, year)
    released = releases.release(prepared, report_year)
    return [(page.slug, page.unit_name) for page in reports.list_pages(here, report_year, released)]


_LISTS: dict[str, Callable[[Project], list[Row]]] = {
    "measures": _measures,
    "studies": _studies,
    "sources": _sources,
    "tables": _tables,
}

KINDS = (*_LISTS, "pages")
"""What can be listed."""
