"""What anybody can take out of a page: its words, the texts of its attributes, its pictures, and what is not seen."""

from __future__ import annotations

import base64
import binascii
import hashlib
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser

from partnerlib.disclosure.audit.embedded import told_by
from partnerlib.disclosure.images import refuse_image
from partnerlib.errors import ReleaseRefused

SPOKEN = frozenset({"alt", "title", "aria-label", "data-head", "content", "placeholder", "summary", "label", "value"})
"""Attributes that hold words for a reader."""

STRUCTURE = frozenset((
    "class", "id", "href", "lang", "charset", "name", "http-equiv", "scope", "role", "tabindex", "width", "height",
    "colspan", "rowspan", "aria-hidden", "aria-labelledby", "aria-describedby", "src", "open", "start", "type", "dir",
    "headers",
))  # fmt: skip
"""Attributes that say how a page is built."""

FOREIGN = frozenset((
    "script", "iframe", "object", "embed", "link", "svg", "math", "canvas", "form", "input", "button", "select",
    "textarea", "template", "audio", "video", "applet", "base", "frame", "noscript",
))  # fmt: skip
"""Elements no page of numbers needs: they run, fetch, hide, or hold the data a drawing was made from."""

QUOTED = "data-cell"
"""Attribute of an element that prints one released cell: the cell's name."""

QUOTE = "\2"
"""Stands in a sentence where a quoted cell was taken out of it."""

DATA: dict[str, str | None] = {"type": "application/json", "id": "numbers"}
"""Attributes of the element that holds the data a script reads."""

VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
))  # fmt: skip


@dataclass(frozen=True)
class Words:
    """A passage of a page: what it says, and where it stands."""

    text: str
    place: str
    """The element, or the attribute, and the heading above: `p after 'Hiring'`."""
    row: int = 0
    """Number of the table row it stands in, counted through the page; 0 outside tables."""
    cell: str = ""
    """The released cell it says it prints; empty for any other passage."""
    figure: int = 0
    """Number of the figure it stands in, counted through the page; 0 outside figures."""


@dataclass
class Page:
    """Everything of a page that carries meaning."""

    words: list[Words] = field(default_factory=list)
    structure: list[Words] = field(default_factory=list)
    """Values of attributes that only build the page: identifiers, addresses, classes."""
    problems: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    """Its words in reading order, element by element, pictures by their texts: what its other formats tell again."""


class _Reader(HTMLParser):
    """Collects the passages of a page as a browser would show them, and what it would not show."""

    def __init__(self, scripts: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts = scripts
        self.script: tuple[dict[str, str | None], list[str]] | None = None
        """The script that is open: its attributes and its text."""
        self.page = Page()
        self.open: list[str] = []
        self.pieces: list[tuple[str, str]] = []
        self.heading = ""
        self.row = 0
        self.figure = 0
        self.cell: tuple[str, int, list[tuple[str, str]]] | None = None
        """The quoted cell that is open: its name, how deep it stands, and the pieces of the sentence around it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _INLINE:
            self._flush()
        elif tag == "span":  # pages set spans apart by their style: a value, and beneath it its detail
            self.pieces.append((tag, " "))
        if tag == "tr":
            self.row += 1
        if tag == "figure":
            self.figure += 1
        if tag == "script":
            self.script = (dict(attrs), [])
            return
        if tag in FOREIGN:
            self.page.problems.append(f"<{tag}>, which no page of numbers needs")
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == QUOTED:
                self._begin_cell(tag, value or "")
            else:
                self._attribute(tag, name, value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self.script is not None:
            self._end_script()
            return
        if tag not in _INLINE:
            self._flush(tag)
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if self.cell and len(self.open) < self.cell[1]:
            self._end_cell(tag)

    def _end_script(self) -> None:
        """A script that is known by its hash may run, and data may stand beside it; they are read as words."""
        assert self.script is not None
        (attributes, pieces), self.script = self.script, None
        source = "".join(pieces)
        if attributes == DATA and self.scripts:
            told, problems = told_by(source, plain)
            self.page.words += [Words(text, "data of <script>", cell=cell) for text, cell in told]
            self.page.problems += problems
        elif attributes or _hash(source) not in self.scripts:
            self.page.problems.append("<script>, which no page of numbers needs")

    def handle_data(self, data: str) -> None:
        if self.script is not None:
            self.script[1].append(data)
            return
        if "style" not in self.open:
            if text := plain(data):
                self.page.pieces.append(text)
            self.pieces.append((self.open[-1] if self.open else "page", data))
        elif data.strip():
            self.page.structure.append(Words(data, "style"))

    def _begin_cell(self, tag: str, key: str) -> None:
        """From here on the text is that of one released cell, apart from the sentence around it."""
        if self.cell or tag in VOID or not key:
            self.page.problems.append(f"a cell named at <{tag}> that holds nothing, or stands in another")
            return
        self.cell = (key, len(self.open), [*self.pieces, (tag, QUOTE)])
        self.pieces = []

    def _end_cell(self, tag: str) -> None:
        assert self.cell is not None
        self._flush(tag)
        pieces, self.cell = self.cell[2], None
        if tag in _INLINE:
            self.pieces = pieces

    def handle_comment(self, data: str) -> None:
        self.page.problems.append("a comment in the source")

    def handle_pi(self, data: str) -> None:
        self.page.problems.append("a processing instruction in the source")

    def unknown_decl(self, data: str) -> None:
        self.page.problems.append("a declaration in the source")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name == "alt":
            self.page.pieces.append(plain(value))
        place = f"{name} of <{tag}>{self._after()}"
        if tag == "meta" and name == "content":
            for script in self.scripts:
                value = value.replace(f"'{script}'", "")
        if name == "src":
            self._picture(tag, value)
        elif name.startswith("on") or name == "style" or value.strip().lower().startswith("javascript:"):
            self.page.problems.append(f"{name} of <{tag}>: runs, or hides")
        elif name == "hidden":
            self.page.problems.append(f"a hidden <{tag}>")
        elif name in SPOKEN or name.startswith("data-") or name not in STRUCTURE:
            self.page.words.append(Words(plain(value), place, self._row(), figure=self._figure()))
        else:
            self.page.structure.append(Words(plain(value), place, self._row()))

    def _picture(self, tag: str, address: str) -> None:
        head, _, content = address.partition("base64,")
        if not head.startswith("data:image/png"):
            self.page.problems.append(f"<{tag}> with a picture that is not a PNG of the page itself")
            return
        try:
            refuse_image(base64.b64decode(content, validate=True), "picture")
        except (ReleaseRefused, binascii.Error) as problem:
            self.page.problems.append(f"a picture{self._after()}: {problem}")

    def _flush(self, tag: str = "") -> None:
        text = plain("".join(piece for _, piece in self.pieces))
        if text:
            place = f"<{tag or self.pieces[0][0]}>"
            cell = self.cell[0] if self.cell else ""
            self.page.words.append(Words(text, f"{place}{self._after()}", self._row(), cell, self._figure()))
            if tag in {"h1", "h2", "h3"}:
                self.heading = text[:40]
        self.pieces = []

    def _row(self) -> int:
        return self.row if "tr" in self.open else 0

    def _figure(self) -> int:
        return self.figure if "figure" in self.open else 0

    def _after(self) -> str:
        return f" after '{self.heading}'" if self.heading else ""


_INLINE = frozenset((
    "a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "u",
))  # fmt: skip
"""Elements inside a sentence: a number is read together with the words around it."""


def read_page(html: str, scripts: frozenset[str] = frozenset()) -> Page:
    """A page as it can be read, letter by letter: entities resolved, look-alike digits made plain.

    scripts
        hashes of the scripts it may hold, in the form of a content security policy; none but the front page holds one
    """
    reader = _Reader(scripts)
    reader.feed(html)
    reader.close()
    reader._flush()
    if reader.script is not None:
        reader.page.problems.append("a <script> that does not end")
    return reader.page


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def plain(text: str) -> str:
    """Text with one kind of digit, dash and blank, so that a number is found however it is written."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(
        str(unicodedata.digit(letter)) if letter.isdigit() and not letter.isascii() else letter for letter in plain
    )
    return " ".join("".join(letter for letter in plain if unicodedata.category(letter) != "Cf").split())
