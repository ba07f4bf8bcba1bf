"""What anybody can take out of a workbook: the rows of its sheets, and everything in it that a reader does not see.

Read part by part from the archive, by its own reader: a program that opens workbooks shows what is meant to be seen,
and an attacker looks at the rest. Whatever part, element or attribute is not among the few that plain rows need is
told as a leak.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from xml.etree import ElementTree

from partnerlib.errors import ReleaseRefused

PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|xl/(workbook|styles|sharedStrings)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/theme/theme\d+\.xml|xl/worksheets/sheet\d+\.xml"
)
"""Parts that hold sheets of plain rows. Comments, drawings, caches, macros, links and notes live in others."""

ELEMENTS = frozenset((
    "worksheet", "sheetPr", "outlinePr", "pageSetUpPr", "dimension", "sheetViews", "sheetView", "pane", "selection",
    "sheetFormatPr", "cols", "col", "sheetData", "row", "c", "v", "is", "t", "pageMargins",
))  # fmt: skip
AUTHORS = frozenset({"", "partnerlib"})


@dataclass
class Sheet:
    """One sheet: its rows as text and numbers, empty cells as None."""

    name: str
    rows: list[list[str | float | bool | None]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Book:
    """A workbook as it can be read, with what is hidden in it."""

    sheets: tuple[Sheet, ...]
    problems: tuple[str, ...]
    """In words, each with the part it is in; never with the content."""


def read_workbook(content: bytes, name: str) -> Book:
    """Every sheet of a workbook and everything hidden in it.

    Errors
        ReleaseRefused when it cannot be read as a workbook
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.namelist()
            problems = [f"{part}: a part that plain rows do not need" for part in parts if not PARTS.fullmatch(part)]
            problems += ["a remark on the archive"] * bool(archive.comment)
            problems += [f"{part.filename}: data beside its content" for part in archive.infolist() if part.extra]
            problems += _of_properties(archive, parts) + _of_styles(archive, parts)
            strings = _shared_strings(archive, parts)
            names, told = _sheet_names(archive)
            sheets = tuple(_sheet(archive, part, title, strings) for part, title in names)
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError, IndexError) as problem:
        raise ReleaseRefused(f"{name}: cannot be read as a workbook ({type(problem).__name__})") from None
    return Book(sheets, tuple(problems + told + [problem for sheet in sheets for problem in sheet.problems]))


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    return {name.rpartition("}")[2]: value for name, value in element.attrib.items()}


def _root(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(part))


def _of_properties(archive: zipfile.ZipFile, parts: list[str]) -> list[str]:
    """Document properties that say who made the workbook, or anything at all in words."""
    if "docProps/core.xml" not in parts:
        return []
    found = []
    for element in _root(archive, "docProps/core.xml"):
        text = (element.text or "").strip()
        if (
            (_tag(element) in {"creator", "lastModifiedBy"} and text in AUTHORS)
            or _tag(element) in {"created", "modified"}
            or not text
        ):
            continue
        found.append(f"docProps/core.xml: document property {_tag(element)}")
    return found


def _of_styles(archive: zipfile.ZipFile, parts: list[str]) -> list[str]:
    """Number formats of a workbook's own can show nothing, or another number than the cell holds."""
    if "xl/styles.xml" not in parts:
        return []
    formats = [element for element in _root(archive, "xl/styles.xml").iter() if _tag(element) == "numFmt"]
    return ["xl/styles.xml: number formats of its own, which can hide what a cell holds"] * bool(formats)


def _shared_strings(archive: zipfile.ZipFile, parts: list[str]) -> list[str]:
    if "xl/sharedStrings.xml" not in parts:
        return []
    items = (element for element in _root(archive, "xl/sharedStrings.xml") if _tag(element) == "si")
    return ["".join(part.text or "" for part in item.iter() if _tag(part) == "t") for item in items]


def _sheet_names(archive: zipfile.ZipFile) -> tuple[list[tuple[str, str]], list[str]]:
    """Part and title of every sheet, and what the book hides: sheets, names, caches, links."""
    targets = {}
    for relation in _root(archive, "xl/_rels/workbook.xml.rels"):
        target = relation.attrib["Target"]
        targets[relation.attrib["Id"]] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    names, problems = [], []
    for element in _root(archive, "xl/workbook.xml").iter():
        held = _attributes(element)
        if _tag(element) == "sheet":
            names.append((targets[held["id"]], held["name"]))
            if held.get("state", "visible") != "visible":
                problems.append(f"sheet {len(names)}: hidden")
        elif _tag(element) in {"definedName", "pivotCache", "externalReference", "fileSharing"}:
            problems.append(f"xl/workbook.xml: {_tag(element)}")
        elif _tag(element) == "workbookView" and held.get("visibility", "visible") != "visible":
            problems.append("xl/workbook.xml: hidden window")
    return names, problems


def _sheet(archive: zipfile.ZipFile, part: str, title: str, strings: list[str]) -> Sheet:
    sheet = Sheet(title)
    seen: set[str] = set()
    plain: dict[str, str] = {}
    with archive.open(part) as stream:
        for _, element in ElementTree.iterparse(stream):
            tag = plain.get(element.tag)
            if tag is None:
                tag = plain.setdefault(element.tag, _tag(element))
                if tag not in ELEMENTS:
                    seen.add(f"sheet {title}: {tag}")
            if tag == "row":
                sheet.rows.append(_row(element, strings))
            if tag in {"row", "col", "sheetFormatPr"}:
                if _is_hidden(element):
                    seen.add(f"sheet {title}: hidden {'column' if tag == 'col' else 'row'}s")
                element.clear()
    sheet.problems.extend(sorted(seen))
    return sheet


def _is_hidden(element: ElementTree.Element) -> bool:
    """Hidden by name, or by being drawn without height or width."""
    held = element.attrib
    if held.get("hidden") in {"1", "true"} or held.get("zeroHeight") in {"1", "true"}:
        return True
    sizes = [held[name] for name in ("ht", "width", "defaultRowHeight") if name in held]
    return any(float(size) < 1 for size in sizes)


def _row(element: ElementTree.Element, strings: list[str]) -> list[str | float | bool | None]:
    values: list[str | float | bool | None] = []
    for cell in element:
        reference = cell.attrib.get("r")
        place = _place(reference.rstrip("0123456789")) if reference else len(values)
        if place > len(values):
            values += [None] * (place - len(values))
        values.append(_value(cell, strings))
    return values


@cache
def _place(letters: str) -> int:
    """A column's place by its letters, from 0.

    >>> _place("A"), _place("AB")
    (0, 27)
    """
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return column - 1


def _value(cell: ElementTree.Element, strings: list[str]) -> str | float | bool | None:
    kind = cell.attrib.get("t", "n")
    if kind == "inlineStr":
        return "".join(_texts(cell))
    content = next((part.text for part in cell if part.tag.endswith("}v")), None)
    if content is None:
        return None
    if kind == "n":
        return float(content)
    if kind == "s":
        return strings[int(content)]
    return content == "1" if kind == "b" else content


def _texts(cell: ElementTree.Element) -> Iterator[str]:
    return (part.text or "" for part in cell.iter() if part.tag.endswith("}t"))
