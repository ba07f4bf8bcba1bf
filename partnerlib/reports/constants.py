"""The words that are the same on every page: templates, notebooks, definitions and the library's own sentences.

A number in them is no result. Whoever audits pages needs them to tell a phrase from a leak.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from partnerlib.disclosure.audit.pages import read_page
from partnerlib.reports.definitions import definitions
from partnerlib.reports.document import citation
from partnerlib.reports.page import TEMPLATES, prose

SPEAKING = ("display", "reports")
"""Rooms of the library whose sentences stand on pages."""


@cache
def constants(notebooks: Path) -> tuple[str, ...]:
    """Every passage of the templates, of the report notebooks in a folder, of the definitions and of the library."""
    found = [*_of_templates(), *_of_notebooks(notebooks), *_of_definitions(), *_of_library(), citation()]
    return tuple(dict.fromkeys(text for text in found if re.search(r"\d", text)))


def _of_templates() -> Iterator[str]:
    for file in sorted(TEMPLATES.iterdir()):
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".js":  # known by its hash, and no passage of a page
            continue
        if file.suffix == ".css":
            yield text
            continue
        # What a template fills in is no word of its own: it ends one passage and begins the next.
        page = read_page(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", text, flags=re.DOTALL))
        yield from (words.text for words in (*page.words, *page.structure))


def _of_notebooks(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                text = "".join(cell["source"])
                heading, _, body = text.partition("\n") if text.startswith("#") else ("", "", text)
                yield heading.lstrip("# ")
                yield from (words.text for words in read_page(str(prose(body.strip()))).words)


def _of_definitions() -> Iterator[str]:
    for entry in definitions().values():
        yield from (" ".join(text.split()) for text in (entry.title, entry.summary, *entry.sections.values()))
        yield f"how was “{entry.title}” made?"


def _of_library() -> Iterator[str]:
    """Sentences in the library's code; of a sentence with a blank to fill, the parts around it."""
    for room in SPEAKING:
        for file in sorted((Path(__file__).parents[1] / room).glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                    yield from (" ".join(part.split()) for part in re.split(r"\{[^{}]*\}", node.value))
