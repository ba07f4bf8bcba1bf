"""What anybody can take out of a page's Word and PDF files: their words in reading order, and what is hidden in them.

A page in another format tells again what the page tells, in the page's order. Its numbers, one after the other, must
therefore be found in the page's, one after the other: a number changed, added or moved is told.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from partnerlib.disclosure.audit.pages import Page, plain
from partnerlib.errors import ReleaseRefused

DEFINITIONS = "How was this number made?"
"""Heading from which on a format may tell what belongs together in another order."""

WORD_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|word/_rels/document\.xml\.rels"
    r"|word/(?:document|fontTable|numbering|settings|styles|stylesWithEffects|webSettings)\.xml"
    r"|word/theme/theme\d+\.xml|word/media/image\d+\.png"
)
"""Parts of a document of words, tables and pictures. Comments, changes, macros and other files live in others."""

WORD_FOREIGN = re.compile(r"^(?:ins|del|moveFrom|moveTo|comment.*|vanish|object|instrText|fldSimple|altChunk)$")
"""Elements that hide words, keep old ones, or fetch."""

PDF_FOREIGN = ("/JavaScript", "/JS", "/Launch", "/URI", "/EmbeddedFile", "/SubmitForm", "/AcroForm", "/RichMedia")
"""Names of what runs, fetches or carries other files."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*")
_LEVEL = re.compile(r"95%\s*interval")
"""Said in the head of a table, which a PDF repeats on every page."""


@dataclass(frozen=True)
class Print:
    """One file as it can be read."""

    pieces: tuple[str, ...]
    """Its words in reading order."""
    pictures: tuple[str, ...]
    """The texts of its pictures."""
    problems: tuple[str, ...]


def beyond(page: Page, retold: Print) -> list[str]:
    """The first number of a file that its page does not tell in the same order, with the words around it; or none."""
    told = _tokens(page.pieces)
    start = next((place for place, piece in reversed([*enumerate(page.pieces)]) if piece == DEFINITIONS), None)
    reference = iter([*told, *(_tokens(page.pieces[start:]) if start is not None else ())])
    for piece in retold.pieces:
        for token in _tokens([piece]):
            if token not in reference:  # consumes the page's numbers up to this one
                return [f"{token}' in '{piece[:60]}"]
    known = set(page.pieces)
    return [f"{text[:60]}', a picture's text" for text in map(plain, retold.pictures) if text not in known]


def _tokens(pieces: Iterable[str]) -> list[str]:
    return [token for piece in pieces for token in _TOKEN.findall(_LEVEL.sub("", plain(piece)))]


def read_word(content: bytes, name: str) -> Print:
    """A Word file as it can be read.

    Errors
        ReleaseRefused when it cannot be read as one
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.namelist()
            problems = [f"{part}: a part that words and pictures do not need" for part in parts
                        if not WORD_PARTS.fullmatch(part)]  # fmt: skip
            body = ElementTree.fromstring(archive.read("word/document.xml"))
            links = archive.read("word/_rels/document.xml.rels")
            problems += ["a link to another place"] * (b'TargetMode="External"' in links)
            problems += _of_properties(ElementTree.fromstring(archive.read("docProps/core.xml")))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError) as problem:
        raise ReleaseRefused(f"{name}: cannot be read as a Word file ({type(problem).__name__})") from None
    tags = {_tag(element) for element in body.iter()}
    problems += [f"an element {tag}, which hides or fetches" for tag in sorted(tags) if WORD_FOREIGN.match(tag)]
    pictures = [element.attrib.get("descr", "") for element in body.iter() if _tag(element) == "docPr"]
    problems += ["a picture without its text"] * (not all(pictures))
    paragraphs = ("".join(_letters(element)) for element in body.iter() if _tag(element) == "p")
    return Print(tuple(paragraphs), tuple(pictures), tuple(problems))


def _of_properties(core: ElementTree.Element) -> list[str]:
    """Properties that tell who wrote a document."""
    found = {_tag(element): (element.text or "").strip() for element in core}
    people = {name: found.get(name, "") for name in ("creator", "lastModifiedBy", "description", "keywords")}
    return [f"property {name}" for name, text in people.items() if text not in {"", "partnerlib"}]


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _letters(paragraph: ElementTree.Element) -> Iterator[str]:
    for element in paragraph.iter():
        if _tag(element) == "t":
            yield element.text or ""
        elif _tag(element) in {"br", "tab", "cr"}:
            yield " "


def read_pdf(content: bytes, name: str) -> Print:
    """A PDF as it can be read.

    Errors
        ReleaseRefused when it cannot be read as one
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        count = len(reader.pages)
        pages = [page.extract_text() for page in reader.pages]
        texts = _alternative_texts(reader)
        about = {key: str(value) for key, value in (reader.metadata or {}).items()}
        root: Any = reader.trailer["/Root"]
        is_tagged = bool(root.get("/MarkInfo", {}).get("/Marked")) and "/Lang" in root
        named = _names(reader)
    except (PyPdfError, KeyError, ValueError, AttributeError, TypeError) as problem:
        raise ReleaseRefused(f"{name}: cannot be read as a PDF ({type(problem).__name__})") from None
    problems = [f"{key[1:]}, which a page does not need" for key in PDF_FOREIGN if key in named]
    problems += [f"property {key[1:]}" for key in about if key not in {"/Producer", "/Title", "/Lang"}]
    problems += ["no tags: a reader of screens cannot read it"] * (not is_tagged)
    counted = [re.sub(rf"(?<!\d){place} / {count}(?!\d)", "", text) for place, text in enumerate(pages, start=1)]
    return Print(tuple(counted), tuple(texts), tuple(problems))


def _names(reader: Any) -> set[str]:
    """Every name that a PDF's objects hold, those of packed objects too. What a stream's bytes look like is no name."""
    from pypdf.generic import IndirectObject, NameObject

    places = {(number, generation) for generation, numbers in reader.xref.items() for number in numbers}
    places |= {(number, 0) for number in reader.xref_objStm}
    found: set[str] = set()
    for number, generation in places:
        waiting = [reader.get_object(IndirectObject(number, generation, reader))]
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict):
                found.update(node)
                waiting += node.values()
            elif isinstance(node, list):
                waiting += node
            elif isinstance(node, NameObject):
                found.add(str(node))
    return found


def _alternative_texts(reader: Any) -> Sequence[str]:
    """Texts of the pictures, from the tree of tags."""
    found: list[str] = []
    waiting = [reader.trailer["/Root"].get("/StructTreeRoot")]
    while waiting:
        node = waiting.pop()
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            if "/Alt" in node:
                found.append(str(node["/Alt"]))
            if "/K" in node and not isinstance(node["/K"], int):
                waiting.append(node["/K"])
    return found


__all__ = ["Print", "beyond", "read_pdf", "read_word"]
