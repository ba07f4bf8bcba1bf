"""Every number on a page is one its element names a released cell for, or a year, a code, or a phrase.

Pages are read letter by letter, and each figure in them must be accounted for. A result stands in an element that names
its cell, and is looked up in exactly that cell; the notes and the alternative text of a figure may repeat what its own
table prints; no other passage of a page prints a result at all. What is left over is told with the words
around it: a number nobody published, in a caption, an alternative text, an attribute, a file name. Nothing is guessed:
a number that merely looks harmless is told as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.forms import NUMBER, PRINTED, USED, Scope, accounted_for, printed_forms
from partnerlib.disclosure.audit.pages import QUOTE, Page, Words
from partnerlib.disclosure.audit.quotes import Quotes

_CODE = re.compile(r"(?<!\d)\d{8}(?:-\d{8})?(?!\d)")
_SCHOOL_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)[-\u2013](\d\d)(?!\d)")
_YEAR = re.compile(r"(?<![\d.,])((?:19|20)\d\d)(?![\d%]|[.,]\d)")
_BESIDE_A_QUOTE = re.compile(rf"\d[.,]?{QUOTE}|{QUOTE}[.,]?\d")
"""A digit that touches a quoted number reads as a part of it."""
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_PHRASES = re.compile(r"95% (?=interval|confidence|from)|(?<=\()95% (?=interval)", re.IGNORECASE)
"""The level of an interval, in every page's words."""

_BUILT = frozenset(("width", "height", "colspan", "rowspan", "tabindex"))
"""Attributes whose number is a size on the screen."""

FORMATS = ("pdf", "docx", "xlsx", "csv")
"""Endings of the files a page is written in beside its own."""

FEWEST_WORDS = 4
"""Words from which on a part of a template's passage is taken for the template's own."""

WINDOW = 3
"""School years of a pooled cohort, which its label names from first to last."""

SNIPPET = 24
"""Letters shown on each side of a number that cannot be traced."""


@dataclass(frozen=True)
class Untraced:
    """A number on a page that no published cell prints."""

    page: str
    place: str
    snippet: str

    def __str__(self) -> str:
        return f"{self.page}: '{self.snippet}' in {self.place} is no printed number of this page's units"


class Traces:
    """The published cells by unit, and the words every page may use."""

    def __init__(self, cells: pd.DataFrame, constants: Iterable[str]) -> None:
        self._units = cells.groupby(["unit_kind", "unit_code"], sort=False).indices
        pairs = [code for kind, code in self._units if kind == "partnership"]
        self._pairs: dict[str, list[str]] = {}
        for pair in pairs:
            for code in pair.split("-"):
                self._pairs.setdefault(code, []).append(pair)
        self._scopes: dict[tuple[tuple[str, str], ...], Scope] = {}
        self._printed = printed_forms(cells)
        self.quotes = Quotes(cells, self._printed)
        self.measures = frozenset(cells["measure"].unique())
        self._passages = {" ".join(text.split()) for text in constants}
        self._corpus = "\n".join(self._passages)
        first = int(cells["cohort"].min()) - WINDOW if len(cells) else 0
        last = int(cells["report_year"].max()) + 1 if len(cells) else 0
        self._years = range(first, last + 1)
        horizons = {digits for name in cells["measure"].unique() for digits in re.findall(r"(\d+)(?=y(?:_|$))", name)}
        self._horizons = re.compile(rf"(?<![\d.,])(?:{'|'.join(sorted(horizons) or ['(?!)'])})(?= years?\b)")
        names = {*cells["measure"], *cells["sample_id"], *cells["group"], *cells["counted"], *cells["among"]}
        self._names = _any_of(names)
        self._unit_names = {
            str(name) for name in cells["unit_name"].dropna().unique() if any(letter.isdigit() for letter in str(name))
        }
        self._values = _any_of(set(cells["group_value"]) - {value for value in cells["group_value"] if value.isdigit()})

    def of_unit(self, kind: str, code: str) -> list[Scope]:
        """What may be quoted of a unit, of the state and of the unit's partnerships, where no cell is named."""
        state = next((unit for unit in self._units if unit[0] == "state"), ("state", ""))
        pairs = tuple(("partnership", pair) for pair in self._pairs.get(code, ()))
        return [self._scope(units) for units in ((self.quotes.units_of(kind, code),), (state,), pairs)]

    def of_cells(self, keys: Iterable[str]) -> Scope:
        """What may be quoted of some named cells together."""
        rows = [row for key in set(keys) if (row := self.quotes.row_of(key)) is not None]
        return Scope(self._printed, np.array(rows, dtype=int))

    def _scope(self, units: tuple[tuple[str, str], ...]) -> Scope:
        if units not in self._scopes:
            rows = np.concatenate([np.empty(0, int), *(self._units[unit] for unit in units if unit in self._units)])
            self._scopes[units] = Scope(self._printed, rows)
        return self._scopes[units]

    def left_over(self, text: str, scopes: Sequence[Scope]) -> list[str]:
        """The numbers of a text that nothing accounts for, each with the words around it."""
        if not any(letter.isdigit() for letter in text) or self._is_constant(text):
            return []
        if beside := _BESIDE_A_QUOTE.search(text):
            return [_around(text, beside.start(), beside.end())]
        rest = self._without_names(text)
        rest = _SCHOOL_YEAR.sub(self._school_year, rest)
        rest = _YEAR.sub(lambda found: self._used(found[0], int(found[0]) in self._years), rest)
        for pattern, kind in PRINTED:
            if kind == "edges":  # once no range is left, whose upper end may stand before the word
                rest = _PHRASES.sub(lambda found: USED * len(found[0]), rest)
            rest = pattern.sub(partial(accounted_for, scopes, kind), rest)
        return [
            _around(text, number.start(), number.end())
            for number in NUMBER.finditer(rest)
            if not self._is_phrase(text, number.start(), number.end())
        ]

    def _is_constant(self, text: str) -> bool:
        """Whether a passage is one of the templates', or a part of one that is long enough to be no accident."""
        return text in self._passages or (len(text.split()) >= FEWEST_WORDS and text in self._corpus)

    def _without_names(self, text: str) -> str:
        rest = text
        for pattern in (_HASH, self._names, self._values, _CODE, self._horizons):
            rest = pattern.sub(lambda found: USED * len(found[0]), rest)
        for name in self._unit_names:
            rest = rest.replace(name, USED * len(name))
        return rest

    def _school_year(self, found: re.Match[str]) -> str:
        first = int(found[1])
        is_label = first + 1 in self._years and f"{(first + 1) % 100:02d}" == found[2]
        return self._used(found[0], is_label)

    @staticmethod
    def _used(text: str, isaccounted_for: bool) -> str:
        return USED * len(text) if isaccounted_for else text

    def _is_phrase(self, text: str, start: int, end: int) -> bool:
        """Whether a number stands in the same words, before and after it, in the templates or the notebooks."""
        before = re.split(r"(?<=\s)(?=\S)", text[max(0, start - 2 * SNIPPET) : start])[-1]
        after = re.match(r"[%\w]*\s?\S*", text[end : end + 2 * SNIPPET])
        phrase = " ".join(f"{before}{text[start:end]}{after[0] if after else ''}".split())
        if phrase == text[start:end] or phrase not in self._corpus:
            return False
        first, last = "" if before else r"(?<!\d)", "" if after and after[0] else r"(?!\d)"
        return re.search(f"{first}{re.escape(phrase)}{last}", self._corpus) is not None


def untraced(
    pages: Iterable[tuple[str, Page]], cells: pd.DataFrame, constants: Iterable[str], record: str = ""
) -> list[Untraced]:
    """Every number of the pages that is not a printed one.

    Parameters
        pages: path in the folder and content
        cells: the published cells, as read back from the table beside the pages
        constants: passages of templates, notebooks and definitions, which are the same on every page
        record: the run's record as JSON, whose key numbers and reasons are read as words
    """
    traces = Traces(cells, constants)
    pages = list(pages)
    paths = {path for path, _ in pages}
    found: list[Untraced] = []
    for path, page in pages:
        found += _of_page(traces, path, page, paths)
    return found + list(_of_record(traces, record))


def _of_page(traces: Traces, path: str, page: Page, paths: set[str]) -> Iterator[Untraced]:
    kind, _, file = path.rpartition("/")
    code = _CODE.match(file)
    yield from (Untraced(path, "the file's name", text) for text in _left_in_path(traces, path))
    measures = _measures_of_rows(page, traces.measures)
    units = traces.quotes.units_of(kind, code[0] if code else "")
    figures = {
        number: [traces.of_cells(words.cell for words in page.words if words.figure == number)]
        for number in {words.figure for words in page.words if words.figure}
    }
    index = _Index(traces, page) if path == "index.html" else None
    for words in page.words:
        if words.cell:
            unit = index.unit_of(words) if index else units
            told = traces.quotes.left_over(words.cell, words.text, unit, measures.get(words.row, ""))
            yield from (Untraced(path, words.place, snippet) for snippet in told)
            continue
        here = figures.get(words.figure) or (index.forms_of(words) if index else [])
        for snippet in traces.left_over(words.text, here):
            if not (index and index.counts(words, snippet)):
                yield Untraced(path, words.place, snippet)
    for words in page.structure:
        if words.place.split(" ", 1)[0] in _BUILT and re.fullmatch(r"-?\d{1,4}", words.text):
            continue
        if _is_address(words.text, path, paths) or re.fullmatch(r"#?section-\d{1,2}", words.text):
            continue
        yield from (Untraced(path, words.place, text) for text in traces.left_over(words.text, []))


class _Index:
    """The front page: a row prints numbers of its own unit, and the page counts its rows."""

    def __init__(self, traces: Traces, page: Page) -> None:
        self._traces = traces
        self._rows = _codes_of_rows(page)
        self._sizes = {str(size) for size in _sizes_of_index(page)}

    def unit_of(self, words: Words) -> tuple[str, str]:
        """The unit a row is about."""
        return self._traces.quotes.units_of(*self._rows.get(words.row, ("", "")))

    def forms_of(self, words: Words) -> list[Scope]:
        return self._traces.of_unit(*self._rows[words.row]) if words.row in self._rows else []

    def counts(self, words: Words, snippet: str) -> bool:
        """Whether a passage outside the rows says how many of them there are."""
        found = set(NUMBER.findall(snippet))
        return words.row == 0 and bool(found) and found <= self._sizes


def _left_in_path(traces: Traces, path: str) -> list[str]:
    """Numbers of a file's name other than its code and those of its unit's name."""
    rest = _CODE.sub("", path)
    known = {number for name in traces._unit_names for number in re.findall(r"\d+", name)}
    return [number for number in re.findall(r"\d+", rest) if number not in known]


def _is_address(text: str, path: str, paths: set[str]) -> bool:
    """Whether a text is the address of another page of the folder, or of another format of this one."""
    folder = path.rpartition("/")[0]
    if text in {f"{PurePosixPath(path).stem}.{ending}" for ending in FORMATS}:
        return True
    plain = text.partition("#")[0]
    target = plain.removeprefix("../") if plain.startswith("../") else f"{folder}/{plain}".lstrip("/")
    stem, _, ending = target.rpartition(".")
    return target in paths or (path == "index.html" and ending in FORMATS and f"{stem}.html" in paths)


def _measures_of_rows(page: Page, measures: Container[str]) -> dict[int, str]:
    """The measure each row of a table is about, by its link to how it was made: no other's number stands in it."""
    return {
        words.row: words.text.removeprefix("#how-")
        for words in page.structure
        if words.row and words.text.startswith("#how-") and words.text.removeprefix("#how-") in measures
    }


def _codes_of_rows(page: Page) -> dict[int, tuple[str, str]]:
    """The unit each row of the index is about, by the address in it."""
    rows = {}
    for words in page.structure:
        if (
            words.row
            and words.place.startswith("href")
            and (found := re.match(r"(\w+)/(\d{8}(?:-\d{8})?)", words.text))
        ):
            rows[words.row] = (found[1], found[2])
    return rows


def _sizes_of_index(page: Page) -> set[int]:
    """How many pages the index lists: of each kind, of each outcome, and in all."""
    kinds: dict[str, int] = {}
    outcomes: dict[str, int] = {}
    rows = _codes_of_rows(page)
    for kind, _ in rows.values():
        kinds[kind] = kinds.get(kind, 0) + 1
    for words in page.words:
        if words.row in rows and words.text in {"done", "nothing to report", "failed"}:
            outcomes[words.text] = outcomes.get(words.text, 0) + 1
    return {*kinds.values(), *outcomes.values(), len(rows)}


def _of_record(traces: Traces, record: str) -> Iterator[Untraced]:
    """Key numbers, reasons and names in the run's record."""
    for page in json.loads(record)["pages"] if record else ():
        forms = traces.of_unit(str(page.get("kind")), str(page.get("unit_code")))
        key = page.get("key_number") or {}
        told_of = {name: text for name, text in key.items() if name != "key"}
        texts = {"reason": page.get("reason", ""), **{f"key number's {name}": text for name, text in told_of.items()}}
        if named := str(key.get("key", "")):
            units = traces.quotes.units_of(str(page.get("kind")), str(page.get("unit_code")))
            told = traces.quotes.left_over(named, str(texts.pop("key number's value", "")), units)
            yield from (Untraced("run_record.json", f"key number of {page.get('path')}", text) for text in told)
        for place, text in texts.items():
            for snippet in traces.left_over(str(text), forms):
                yield Untraced("run_record.json", f"{place} of {page.get('path')}", snippet)


def of_remarks(cells: pd.DataFrame, remarks: dict[str, tuple[str, ...]], constants: Iterable[str]) -> list[Untraced]:
    """Numbers in sheets of the workbook that hold no cells."""
    traces = Traces(cells, constants)
    return [
        Untraced(place, "its words", snippet)
        for place, texts in remarks.items()
        for text in texts
        for snippet in traces.left_over(text, [])
    ]


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """A pattern of names that hold a digit, longest first, so that their digits are not read as numbers."""
    with_digit = sorted({name for name in names if re.search(r"\d", name)}, key=len, reverse=True)
    return re.compile("|".join(rf"(?<![\w]){re.escape(name)}(?![\w])" for name in with_digit) or "(?!)")


def _around(text: str, start: int, end: int) -> str:
    left, right = max(0, start - SNIPPET), end + SNIPPET
    while left > 0 and text[left - 1 : left + 1].isdigit():  # no other number is cut in two
        left -= 1
    while right < len(text) and text[right - 1 : right + 1].isdigit():
        right += 1
    return f"{'…' if left else ''}{text[left:right]}{'…' if right < len(text) else ''}"


__all__ = ["Scope", "Traces", "Untraced", "Words", "of_remarks", "untraced"]
