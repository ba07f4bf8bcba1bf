"""From the data of a page to one self-contained HTML file: no script, no address, nothing but its own text.

Everything is printed by autoescaping templates from plain data. HTML, Markdown or pictures that a cell emits by other
means are refused before they come here. The notebook's own prose is the repository's text; raw HTML in it is escaped
all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from partnerlib.display.text import legible
from partnerlib.reports.definitions import Definition, definitions
from partnerlib.reports.document import RESULTS, Document, document
from partnerlib.reports.execution import Element
from partnerlib.reports.plan import Page

TEMPLATES = Path(__file__).parent / "templates"


@cache
def templates() -> Environment:
    """The page templates: autoescaping always on, an unknown name is an error and not a blank."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finished,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(style=sheet("page.css"), is_paper=False, audience="", results=RESULTS)
    environment.filters.update(
        prose=prose,
        unbroken=unbroken,
        definitions_of=definitions_of,
        sections_named=sections_named,
        measures_drawn=measures_drawn,
        samples_of=samples_of,
    )
    return environment


def _finished(value: Any) -> Any:
    """What a template prints: text without what no reader sees."""
    return legible(value) if type(value) is str else value


def sheet(name: str) -> Markup:
    """A style sheet of the pages."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


@cache
def prose(text: str) -> Markup:
    """The notebook's own Markdown as HTML; HTML inside it is shown as text, links are not followed."""
    from markdown_it import MarkdownIt

    return Markup(MarkdownIt("js-default", {"linkify": False}).render(text))


def unbroken(text: str) -> str:
    """A size with its word on one line.

    >>> unbroken("about 60 people")
    'about\\xa060\\xa0people'
    """
    return text.replace(" people", "\u00a0people").replace("about ", "about\u00a0")


def definitions_of(names: Iterable[str]) -> list[Definition]:
    """The registered measures among some names, each once."""
    return [definitions()[name] for name in dict.fromkeys(names) if name in definitions()]


def sections_named(found: Iterable[Definition], heading: str) -> list[str]:
    """What some measures say under one heading, each text once."""
    return list(dict.fromkeys(entry.sections[heading] for entry in found if heading in entry.sections))


OF_SAMPLES = ("Who is counted", "Sample, step by step", "Year of a cohort", "District", "Source files")
"""Sections of a definition that are the same for every measure of a sample."""


def samples_of(found: Iterable[Definition]) -> list[dict[str, str]]:
    """What is the same for all measures of a sample, once for each."""
    said = [{name: entry.sections[name] for name in OF_SAMPLES if name in entry.sections} for entry in found]
    return [sample for place, sample in enumerate(said) if sample and sample not in said[:place]]


def measures_drawn(figure: Mapping[str, Any]) -> list[str]:
    """The measures of the cells a figure draws."""
    return list(dict.fromkeys(key.split(" ", 1)[0] for key in figure["keys"] if key))


def printing_of(page: Document) -> list[str]:
    """How the numbers of a page are printed, a passage each, for formats that are no HTML."""
    printed = templates().get_template("printing.html").module.printing_of(page.facts["printing"])  # type: ignore[attr-defined]
    passages = re.findall(r"<(?:li|p)\b[^>]*>(.*?)</(?:li|p)>", str(printed), flags=re.DOTALL)
    return [Markup(passage).striptags() for passage in passages]


def html_of(page: Document, is_paper: bool = False) -> str:
    """A page as HTML: for a screen, or for the paper a PDF is printed on."""
    style = sheet("paper.css" if is_paper else "page.css")
    return templates().get_template("result.html").render(page=page, is_paper=is_paper, style=style)


def result_page(elements: Sequence[Element], plan_title: str, is_synthetic: bool) -> tuple[str, Mapping[str, Any]]:
    """The page of a unit as HTML, and the facts its notebook gave (title, key number, reason for nothing)."""
    page = document(elements, plan_title, is_synthetic)
    return html_of(page), page.facts


def notice_page(
    kind_title: str, page: Page, year: str, outcome: str, reason: str, is_synthetic: bool, audience: str = ""
) -> str:
    """The page of a unit with nothing to report, or whose report failed: why, and what to do."""
    facts = {
        "title": page.unit_name,
        "unit_code": page.unit_code,
        "year": year,
        "is_synthetic": is_synthetic,
        "only": f"{page.kind}:{page.unit_code}",
    }
    return templates().get_template("notice.html").render(
        kind_title=kind_title, facts=facts, outcome=outcome, reason=reason, audience=audience
    )  # fmt: skip
