"""The formats a page is written in, each from the same document: HTML, PDF, Word, Excel and CSV.

A format's module has `write(page, path)`. What is written twice is the same, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from partnerlib.errors import EnvironmentProblem, ParameterError, did_you_mean
from partnerlib.reports.document import Document


@dataclass(frozen=True)
class Format:
    """One way a page is written."""

    name: str
    """As `--formats` takes it."""
    title: str
    """As a page calls it."""
    ending: str


FORMATS = {
    entry.name: entry
    for entry in (
        Format("html", "HTML", "html"),
        Format("pdf", "PDF", "pdf"),
        Format("word", "Word", "docx"),
        Format("excel", "Excel", "xlsx"),
        Format("csv", "CSV", "csv"),
    )
}
"""Every format, in the order a page names them. HTML is always written: it is the page."""

NO_PANGO = (
    "PDFs are left out: Pango, which sets their letters, is not installed. On Debian and Ubuntu run "
    "`apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0`; with conda "
    "`conda install -c conda-forge pango`; on macOS `brew install pango`"
)


@dataclass(frozen=True)
class Choice:
    """The formats of a run."""

    names: tuple[str, ...]
    remark: str = ""
    """What is left out, and what to do about it."""


def chosen(asked: Iterable[str] = ()) -> Choice:
    """The formats asked for, or all this computer can write.

    Errors
        ParameterError for a format there is none of
        EnvironmentProblem when PDF was asked for by name and its library is missing
    """
    wanted = [name.strip().lower() for text in asked for name in text.split(",") if name.strip()]
    by_ending = {entry.ending: entry.name for entry in FORMATS.values()}
    wanted = [by_ending.get(name, name) for name in wanted]
    if unknown := [name for name in wanted if name not in FORMATS]:
        raise ParameterError(f"--formats {unknown[0]}: no such format; {did_you_mean(unknown[0], FORMATS)}")
    can_print = not wanted or "pdf" in wanted
    remark = NO_PANGO if can_print and not import_module(f"{__name__}.pdf").is_available() else ""
    if remark and "pdf" in wanted:
        raise EnvironmentProblem(remark.replace("PDFs are left out", "--formats pdf", 1))
    names = [name for name in FORMATS if name == "html" or not wanted or name in wanted]
    return Choice(tuple(name for name in names if not (remark and name == "pdf")), remark)


def write(page: Document, path: Path, names: Iterable[str] = ("html",)) -> list[Path]:
    """Write a page in some formats, `path` and files of the same name beside it."""
    entries = [FORMATS[name] for name in names]
    files = {entry.name: path.with_suffix(f".{entry.ending}") for entry in entries}
    others = tuple((entry.title, files[entry.name].name) for entry in entries if entry.name != "html")
    path.parent.mkdir(parents=True, exist_ok=True)
    linked = replace(page, formats=others)
    for name, file in files.items():
        import_module(f"{__name__}.{name}").write(linked, file)
    return list(files.values())
