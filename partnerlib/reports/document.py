"""A page before it has a format: all it says as plain data, from which HTML, PDF, Word, Excel and CSV are written.

Its one source is the sequence of elements of an executed notebook: prose of the repository and blocks drawn from a
sealed release. No format adds a number of its own, and none leaves one out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from partnerlib.display.text import legible
from partnerlib.reports.definitions import Definition, definition
from partnerlib.reports.execution import Element

RESULTS = ("Value", "95% interval", "People", "Number")
"""Columns of a figure's data that hold released numbers; the others say what and whose they are."""

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Prose:
    """A passage of the notebook's own words, in Markdown."""

    text: str
    kind: str = "prose"


Item = Prose | Mapping[str, Any]
"""A passage, or a block (words, cards, table, figure) as its notebook sealed it."""


@dataclass(frozen=True)
class Section:
    """What stands under one heading."""

    title: str
    slug: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Number:
    """One released number of a page, with everything a row of a table needs to say what it is."""

    section: str
    table: str
    what: str
    """The row: a measure with its cohort, or what a figure calls it."""
    column: str
    """Newest cohort, State, Value."""
    text: str
    detail: str
    status: str
    """What its mark means; empty for a plain number."""
    key: str
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Document:
    """A page of a unit, whole."""

    facts: Mapping[str, Any]
    """Title, unit, year, whether the data are invented, how numbers are printed, the audience."""
    kind_title: str
    opening: tuple[Item, ...]
    """What stands above the contents: headline and key numbers."""
    sections: tuple[Section, ...]
    measures: tuple[Definition, ...]
    """How each number was made."""
    method: tuple[tuple[str, str], ...]
    """Method card: question, who asks, sample, estimand, limits, policy."""
    glossary: tuple[tuple[str, str], ...]
    citation: str
    formats: tuple[tuple[str, str], ...] = field(default=())
    """The other formats of this page: what they are called, and the file beside it."""

    @property
    def title(self) -> str:
        return str(self.facts["title"])

    @property
    def is_synthetic(self) -> bool:
        return bool(self.facts["is_synthetic"])

    @property
    def audience(self) -> str:
        return str(self.facts["printing"]["audience"])

    def items(self) -> Iterator[tuple[str, Item]]:
        """Every item with the heading it stands under, in reading order."""
        for item in self.opening:
            yield "Key numbers", item
        for section in self.sections:
            for item in section.items:
                yield section.title, item

    def numbers(self) -> Iterator[Number]:
        """Every released number of the page's headline, cards, tables and figures, in reading order."""
        for heading, item in self.items():
            if not isinstance(item, Prose):
                yield from _NUMBERS.get(item["kind"], _of_nothing)(heading, item)


def document(
    elements: Sequence[Element], kind_title: str, is_synthetic: bool, formats: tuple[tuple[str, str], ...] = ()
) -> Document:
    """The page an executed notebook makes."""
    elements = [Element(element.kind, _legible(element.data)) for element in elements]
    given = next(element.data["facts"] for element in elements if element.kind == "facts")
    facts = {**given, "is_synthetic": is_synthetic or given["is_synthetic"]}
    shown = [element for element in elements if element.kind != "facts"]
    names = dict.fromkeys(name for element in shown for name in _measures_in(element) if name)
    opening, *sections = _sections(shown)
    return Document(
        facts=facts,
        kind_title=legible(kind_title),
        opening=opening.items,
        sections=tuple(sections),
        measures=tuple(map(definition, names)),
        method=_method(shown, facts),
        glossary=_glossary(),
        citation=citation(),
        formats=formats,
    )


def _legible(data: Any) -> Any:
    """Plain data whose texts hold nothing but what is read."""
    if isinstance(data, str):
        return legible(data)
    if isinstance(data, Mapping):
        return {legible(name): _legible(value) for name, value in data.items()}
    return [_legible(value) for value in data] if isinstance(data, list | tuple) else data


def _measures_in(element: Element) -> list[str]:
    """Measures a table's rows or a figure's bars are about."""
    if element.kind == "table":
        return list(element.data["row_links"])
    return [key.split(" ", 1)[0] for key in element.data["keys"]] if element.kind == "figure" else []


def _sections(elements: Sequence[Element]) -> list[Section]:
    """Elements grouped under the notebook's second-level headings; the title cell stays before the first of them."""
    found: list[tuple[str, list[Item]]] = [("", [])]
    for element in elements:
        if element.kind != "prose":
            found[-1][1].append(element.data)
            continue
        text = str(element.data["text"])
        if text.startswith("## "):
            heading, _, text = text.partition("\n")
            found.append((heading.removeprefix("## ").strip(), []))
        if text.strip() and not text.startswith("# "):
            found[-1][1].append(Prose(text.strip()))
    return [
        Section(title, f"section-{place}" if place else "opening", tuple(items))
        for place, (title, items) in enumerate(found)
    ]


ESTIMAND = (
    "What the state's own files say of the people counted: a count, a share, a mean or a median of them, with the 95% "
    "interval of years like this one. Nothing here says what caused it."
)
LIMITS = (
    "People who work in private schools or in other states cannot be seen. Small groups make wide bands. Selection "
    "alone makes differences between units."
)


def _method(elements: Sequence[Element], facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The method card: what the notebook's first cell asks, and what is the same for every page."""
    title = next((str(e.data["text"]) for e in elements if e.kind == "prose" and str(e.data["text"])[:2] == "# "), "")
    card = _bold_leads(title)
    samples = _samples(elements)
    if samples:
        card.append(("Sample", f"{', '.join(samples)}. Each measure says who is in it."))
    card += [("Estimand", ESTIMAND), ("Limits", LIMITS), ("Policy", str(facts["printing"]["account"]))]
    return tuple(card)


def _bold_leads(text: str) -> list[tuple[str, str]]:
    """Paragraphs that begin with a word in bold, as that word and the rest."""
    found = []
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("**") and ".**" in paragraph:
            lead, _, rest = paragraph.removeprefix("**").partition(".**")
            found.append((lead, " ".join(rest.split())))
    return found


def _samples(elements: Sequence[Element]) -> list[str]:
    """Identifiers in the table of samples."""
    return [
        row[0]["text"]
        for element in elements
        if element.kind == "table" and element.data["columns"][:1] == ["Sample"]
        for row in element.data["rows"]
    ]


def _glossary() -> tuple[tuple[str, str], ...]:
    from partnerlib.reports.glossary import GLOSSARY

    return tuple(GLOSSARY.items())


@cache
def citation(path: Path = ROOT / "CITATION.cff") -> str:
    """How to cite a page, from the repository's CITATION.cff; empty where that is not at hand."""
    if not path.is_file():
        return ""
    cited = yaml.safe_load(path.read_text(encoding="utf-8"))
    authors = "; ".join(
        author.get("name") or f"{author.get('family-names', '')}, {author.get('given-names', '')}"
        for author in cited.get("authors", [])
    )
    year = str(cited.get("date-released", ""))[:4]
    return f"{authors} ({year}). {cited['title']}. Version {cited['version']}."


def _of_words(heading: str, item: Mapping[str, Any]) -> Iterator[Number]:
    for piece in item["pieces"]:
        if piece["key"]:
            yield Number(heading, "In a sentence", "", "", piece["text"], "", "", piece["key"], {})


def _of_cards(heading: str, item: Mapping[str, Any]) -> Iterator[Number]:
    for card in item["cards"]:
        what = f"{card['title']}, {card['cohort']}"
        yield Number(heading, "Key numbers", what, "Value", card["value"], card["detail"], "", card["key"],
                     card["numbers"])  # fmt: skip
        for other in card["beside"]:
            yield Number(heading, "Key numbers", card["title"], other["label"], other["text"], "", "", other["key"],
                         other["numbers"])  # fmt: skip


def _of_table(heading: str, item: Mapping[str, Any]) -> Iterator[Number]:
    for head, *cells in item["rows"]:
        what = ", ".join(part for part in (head["text"], head["detail"]) if part)
        for column, cell in zip(item["columns"][1:], cells, strict=True):
            if cell["key"]:
                yield Number(heading, item["caption"], what, column, cell["text"], cell["detail"], cell["meaning"],
                             cell["key"], cell["numbers"])  # fmt: skip


def _of_figure(heading: str, item: Mapping[str, Any]) -> Iterator[Number]:
    """One number a row: its value, and as detail what the other result columns say."""
    for row, key, numbers in zip(item["rows"], item["keys"], item["numbers"], strict=True):
        shown = dict(zip(item["columns"], row, strict=True))
        results = [_named(name, text) for name, text in shown.items() if name in RESULTS]
        what = ", ".join(text for name, text in shown.items() if name not in RESULTS and text)
        if key and results:
            details = " · ".join(text for text in results[1:] if text)
            yield Number(heading, item["title"], what, "Drawn", results[0], details, "", key, numbers)


def _named(column: str, text: str) -> str:
    """A result outside its column: an interval says that it is one."""
    return f"interval {text}" if text and column == "95% interval" else text


def _of_nothing(heading: str, item: Mapping[str, Any]) -> Iterator[Number]:
    yield from ()


_NUMBERS = {"words": _of_words, "cards": _of_cards, "table": _of_table, "figure": _of_figure}
