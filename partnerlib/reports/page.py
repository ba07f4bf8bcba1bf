"""From the blocks of an executed notebook to one self-contained page: no script, no address, nothing but its own text.

Everything is printed by autoescaping templates from plain data. HTML, Markdown or pictures that a cell emits by other
means are refused before they come here. The notebook's own prose is the repository's text; raw HTML in it is escaped
all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from partnerlib.reports.definitions import definition
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
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup((TEMPLATES / "page.css").read_text(encoding="utf-8"))
    return environment


@cache
def prose(text: str) -> Markup:
    """The notebook's own Markdown as HTML; HTML inside it is shown as text, links are not followed."""
    from markdown_it import MarkdownIt

    return Markup(MarkdownIt("js-default", {"linkify": False}).render(text))


def sections_of(elements: Sequence[Element]) -> list[dict[str, Any]]:
    """Elements grouped under the notebook's second-level headings; the title cell stays before the first of them."""
    sections: list[dict[str, Any]] = [{"title": "", "slug": "opening", "items": []}]
    for element in elements:
        if element.kind != "prose":
            sections[-1]["items"].append({"kind": element.kind, **element.data})
            continue
        text = str(element.data["text"])
        heading, _, body = text.partition("\n") if text.startswith("## ") else ("", "", text)
        if heading:
            title = heading.removeprefix("## ").strip()
            sections.append({"title": title, "slug": f"section-{len(sections)}", "items": []})
        if body.strip() and not text.startswith("# "):
            sections[-1]["items"].append({"kind": "prose", "html": prose(body.strip())})
    return sections


def result_page(elements: Sequence[Element], plan_title: str, is_synthetic: bool) -> tuple[str, Mapping[str, Any]]:
    """The page of a unit as HTML, and the facts its notebook gave (title, key number, reason for nothing)."""
    given = next(element.data["facts"] for element in elements if element.kind == "facts")
    facts = {**given, "is_synthetic": is_synthetic or given["is_synthetic"]}
    shown = [element for element in elements if element.kind != "facts"]
    measures = dict.fromkeys(
        name for element in shown if element.kind == "table" for name in element.data["row_links"] if name
    )
    html = templates().get_template("result.html").render(
        facts=facts,
        audience=facts["printing"]["audience"],
        kind_title=plan_title,
        sections=sections_of(shown),
        definitions=[definition(name) for name in measures],
    )  # fmt: skip
    return html, facts


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
