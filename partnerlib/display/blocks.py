"""What a notebook shows and a page prints: blocks of plain data under their own media type.

A page is rendered from these data by an autoescaping template, never from HTML found in a notebook. Whatever else a
cell emits (text/html, Markdown, scripts) cannot reach a page, because nothing reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, ClassVar

MEDIA_TYPE = "application/vnd.partnerlib.block+json"
"""Media type of a block in a notebook's outputs; the page reads this one and no other."""


@dataclass(frozen=True, repr=False)
class Block:
    """Something a notebook shows: data for the page, HTML for JupyterLab, words for everything else."""

    release: str = field(default="", kw_only=True)
    """Identifier of the sealed release it is drawn from. Empty in a study; no page takes a block without it."""
    kind: ClassVar[str]

    def data_for_page(self) -> dict[str, Any]:
        raise NotImplementedError

    def as_html(self) -> str:
        """HTML for JupyterLab only; every text in it is escaped."""
        raise NotImplementedError

    def as_text(self) -> str:
        """The block in words, for a terminal, for nbval and for a reader who sees no pictures."""
        raise NotImplementedError

    def as_data(self) -> dict[str, Any]:
        """All of the block as plain data: its kind, the release it is drawn from, and what it shows."""
        origin = {"release": self.release} if self.release else {}
        return {"kind": self.kind, **origin, **self.data_for_page()}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            MEDIA_TYPE: self.as_data(),
            "text/html": self.as_html(),
            "text/plain": self.as_text(),
        }

    def __repr__(self) -> str:
        return self.as_text()


@dataclass(frozen=True)
class Quote:
    """A released number inside a sentence, with the name of its cell."""

    text: str
    key: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Words(Block):
    """A sentence or a few: the headline of a page, a remark, the reason why nothing is shown."""

    text: str
    role: str = "remark"
    """headline, remark, nothing (the reason why there is nothing to report)."""
    pieces: Sequence[str | Quote] = ()
    """The same words in order, each released number in them as a quote; empty when there is none."""
    kind = "words"

    def data_for_page(self) -> dict[str, Any]:
        pieces = [
            {"text": piece.text, "key": piece.key} if isinstance(piece, Quote) else {"text": piece, "key": ""}
            for piece in self.pieces or (self.text,)
        ]
        return {"text": self.text, "role": self.role, "pieces": pieces}

    def as_html(self) -> str:
        return f"<p>{escape(self.text)}</p>"

    def as_text(self) -> str:
        return self.text


@dataclass(frozen=True, repr=False)
class Cards(Block):
    """Key numbers printed large: for each its title, value, interval and people, and what stands beside it."""

    cards: Sequence[Mapping[str, Any]]
    """Each with title, cohort, value, detail and key, and `beside`: a list of label, text and key."""
    kind = "cards"

    def data_for_page(self) -> dict[str, Any]:
        return {"cards": [dict(card) for card in self.cards]}

    def as_html(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in self.as_text().splitlines())

    def as_text(self) -> str:
        lines = []
        for card in self.cards:
            inside = " · ".join(part for part in (card["cohort"], card["detail"]) if part)
            beside = " · ".join(f"{other['label']}: {other['text']}" for other in card["beside"])
            lines.append(f"{card['title']}: {card['value']} ({inside}) {beside}")
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class Facts(Block):
    """Named texts for the frame of a page: whose it is, which year, which key numbers the index repeats."""

    facts: Mapping[str, Any]
    kind = "facts"

    def data_for_page(self) -> dict[str, Any]:
        return {"facts": dict(self.facts)}

    def as_html(self) -> str:
        return f"<p>{escape(self.as_text())}</p>"

    def as_text(self) -> str:
        return str(self.facts.get("title", ""))


@dataclass(frozen=True, repr=False)
class Completion(Block):
    """The last thing a report notebook shows: a seal over everything shown before it."""

    seal: str
    shown: int
    kind = "completion"

    def data_for_page(self) -> dict[str, Any]:
        return {"seal": self.seal, "shown": self.shown}

    def as_html(self) -> str:
        return f"<p>{escape(self.as_text())}</p>"

    def as_text(self) -> str:
        return f"complete: {self.shown} results"


def quoting(role: str, pieces: Sequence[str | Quote]) -> Words:
    """Words made of text and quotes, in order."""
    text = "".join(piece.text if isinstance(piece, Quote) else piece for piece in pieces)
    return Words(text, role, tuple(pieces))


def seal(blocks: Iterable[Mapping[str, Any]]) -> str:
    """A hash over the data of blocks in their order: equal when, and only when, nothing was lost, added or changed."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(json.dumps(block, sort_keys=True, ensure_ascii=True, allow_nan=False).encode())
        digest.update(b"\n")
    return digest.hexdigest()
