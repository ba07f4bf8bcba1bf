"""Pages without a kernel: an invented page whose every text is one's own, and the report notebooks run in place."""

from __future__ import annotations

import ast
import base64
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from invented_release import ROOT

from partnerlib.display.blocks import Block
from partnerlib.reports.document import Document, document
from partnerlib.reports.execution import Element

KEPT = ("kind", "role", "status", "png", "key", "keys", "row_links", "report_year")
"""Fields of a block that say what it is, not what it says."""

CELL = "candidates_placed provider:89000001 2018 1"
NUMBERS = {"value": 130.0, "value_low": 130.0, "value_high": 130.0, "n": 130.0}


def picture() -> str:
    """A white point, as a PNG."""
    chunks = (
        (b"IHDR", struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\xff\xff\xff")),
        (b"IEND", b""),
    )
    body = b"".join(struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def blocks() -> Iterator[dict[str, Any]]:
    """One block of every kind, with every field a block can have."""
    cell = {"text": "130", "detail": "130 people", "status": "reported", "meaning": "", "key": CELL, "numbers": NUMBERS}
    mark = {**cell, "text": "✱", "detail": "", "status": "suppressed", "meaning": "withheld", "numbers": {}}
    head = {**cell, "text": "Placed", "detail": "2017-18", "key": "", "numbers": {}}
    printing = {name: True for name in (
        "has_bands", "has_whole_percents", "has_rounded_sizes", "has_exact_sizes", "has_means", "has_index", "has_marks"
    )}  # fmt: skip
    printing |= {"audience": "Harbor", "release": "0123", "account": "Policy: standard."}
    yield {"kind": "facts", "facts": {
        "title": "Harbor", "unit_code": "89000001", "year": "2017-18", "report_year": 2018, "is_synthetic": True,
        "reason_for_nothing": "", "key_number": {}, "printing": printing,
    }}  # fmt: skip
    yield {"kind": "words", "role": "headline", "text": "130 placed", "pieces": [
        {"text": "130", "key": CELL}, {"text": " placed", "key": ""},
    ]}  # fmt: skip
    other = {"label": "State", "text": "2,400", "key": CELL, "numbers": NUMBERS}
    yield {"kind": "cards", "cards": [{
        "title": "Placed", "cohort": "2017-18", "value": "130", "detail": "130 people", "key": CELL, "numbers": NUMBERS,
        "beside": [other],
    }]}  # fmt: skip
    yield {
        "kind": "table", "caption": "Placement", "columns": ["Measure", "Newest cohort", "State"],
        "rows": [[head, cell, mark]], "row_links": ["candidates_placed"], "note": "Note", "legend": [["✱", "withheld"]],
    }  # fmt: skip
    yield {
        "kind": "figure", "title": "Drawn", "note": "Note", "alt": "130 placed", "columns": ["Name", "Number"],
        "rows": [["Northmoor", "130"]], "keys": [CELL], "numbers": [NUMBERS], "png": picture(), "width": 1, "height": 1,
    }  # fmt: skip


def saying(data: Any, text: str, name: str = "") -> Any:
    """The same data with another text wherever it says something."""
    if name in KEPT:
        return data
    if isinstance(data, str):
        return text
    if isinstance(data, Mapping):
        return {key: saying(value, text, key) for key, value in data.items()}
    return [saying(value, text, name) for value in data] if isinstance(data, list) else data


def invented_page(text: str | None = None, title: str = "Provider report") -> Document:
    """The invented page; with a text, that text stands in every field that says something."""
    data = [block if text is None else saying(block, text) for block in blocks()]
    prose = [
        Element("prose", {"text": "# Report\n\n**Question.** Who is placed?"}),
        Element("prose", {"text": "## Placement\n\nWhere."}),
    ]
    elements = [Element(block["kind"], block) for block in data]
    return document([prose[0], *elements[:3], prose[1], *elements[3:]], title if text is None else text, False)


def report_page(kind: str, code: str, released: Path, **parameters: Any) -> Document:
    """The page of a report notebook, its cells run here and now."""
    notebook = json.loads((ROOT / "notebooks" / "reports" / f"{kind}.ipynb").read_text(encoding="utf-8"))
    space: dict[str, Any] = {}
    elements: list[Element] = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            elements.append(Element("prose", {"text": source}))
            continue
        *before, last = ast.parse(source).body or [ast.Pass()]
        shows = isinstance(last, ast.Expr)
        exec(compile(ast.Module([*before, *([] if shows else [last])], []), kind, "exec"), space)
        if "parameters" in cell["metadata"].get("tags", []):
            space |= {"report_year": 2018, "unit_code": code, "release_path": str(released), **parameters}
        shown = eval(compile(ast.Expression(last.value), kind, "eval"), space) if isinstance(last, ast.Expr) else None
        if isinstance(shown, Block) and shown.kind != "completion":
            elements.append(Element(shown.kind, json.loads(json.dumps(shown.as_data()))))
    return document(elements, f"{kind.capitalize()} report", True)
