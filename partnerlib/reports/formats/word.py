"""A page to paste from: real headings, tables whose heads repeat, pictures with their texts.

A provider copies passages of it into the worksheets of a review. The same page gives the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor
from docx.table import _Cell

from partnerlib.disclosure.files import same_every_time
from partnerlib.reports.document import Document, Item, Prose
from partnerlib.reports.page import printing_of

QUIET = RGBColor(0x4B, 0x57, 0x63)
INK = RGBColor(0x1D, 0x27, 0x33)
FONT = "Calibri"
SYNTHETIC = "SYNTHETIC DATA. Every person, place and number here is invented."
NOTHING = "no entry"
"""What stands in a cell without words: who has the page read aloud hears so, and a dash says "not reported to us"."""
WIDE = 6.9
"""Inches between the margins."""


def write(page: Document, path: Path) -> None:
    """Write a page as a Word document."""
    stamp = datetime(int(page.facts["report_year"]), 6, 30)
    paper = docx.Document()
    _drop_strange_parts(paper)
    _style(paper, page, stamp)
    facts = page.facts
    if page.is_synthetic:
        paper.add_paragraph(SYNTHETIC, style="Intense Quote")
    if page.audience:
        paper.add_paragraph(f"For {page.audience} only. Do not pass this document on.", style="Intense Quote")
    paper.add_paragraph(f"{page.kind_title} · school year {facts['year']}", style="Subtitle")
    paper.add_heading(page.title, 0)
    paper.add_paragraph(str(facts["unit_code"]))
    _items(paper, page.opening)
    for section in page.sections:
        paper.add_heading(section.title, 1)
        _items(paper, section.items)
    paper.add_heading("Method card", 1)
    _pairs(paper, page.method)
    paper.add_heading("How numbers are printed", 1)
    for passage in printing_of(page):
        paper.add_paragraph(passage, style="List Bullet")
    paper.add_heading("How was this number made?", 1)
    for entry in page.measures:
        paper.add_heading(entry.title, 2)
        paper.add_paragraph(entry.summary)
        _pairs(paper, entry.sections.items())
    paper.add_heading("Glossary", 1)
    _pairs(paper, page.glossary)
    paper.add_heading("How to cite", 1)
    paper.add_paragraph(page.citation)
    stream = BytesIO()
    paper.save(stream)
    stream.seek(0)
    path.write_bytes(same_every_time(stream, stamp))


def _drop_strange_parts(paper: Paper) -> None:
    """Without what the library's own template carries along: a preview of another document, and empty data."""
    for relations in (paper.part.package.rels, paper.part.rels):
        for name, relation in list(relations.items()):
            if relation.reltype.endswith(("/thumbnail", "/customXml")):
                relations.pop(name)


def _style(paper: Paper, page: Document, stamp: datetime) -> None:
    """One plain look, and properties that tell what the document is and nothing of its making."""
    about = paper.core_properties
    about.author, about.last_modified_by, about.comments, about.keywords = "partnerlib", "partnerlib", "", ""
    about.title, about.language = f"{page.title}, {page.facts['year']}"[:250], "en-US"
    about.created = about.modified = about.last_printed = stamp
    about.revision = 1
    section = paper.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Inches(0.8)
    section.top_margin = section.bottom_margin = Inches(0.8)
    sizes = {"Normal": 10, "Title": 22, "Subtitle": 11, "Heading 1": 14, "Heading 2": 11, "Caption": 10}
    for name, size in sizes.items():
        font = paper.styles[name].font
        font.name, font.size, font.color.rgb = FONT, Pt(size), INK
        fonts = paper.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for part in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(part), None)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    paper.styles["Normal"].element.get_or_add_rPr().append(language)
    paper.styles["Normal"].paragraph_format.space_after = Pt(4)


def _items(paper: Paper, items: Iterable[Item]) -> None:
    for item in items:
        if isinstance(item, Prose):
            _prose(paper, item.text)
        else:
            _WRITERS[item["kind"]](paper, item)


def _prose(paper: Paper, text: str) -> None:
    """Markdown of the notebook as paragraphs and lists; bold, italic and code keep their look."""
    from markdown_it import MarkdownIt

    depth, paragraph = 0, None
    for token in MarkdownIt("js-default", {"linkify": False}).parse(text):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            depth += 1
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            depth -= 1
        elif token.type == "heading_open":
            paragraph = paper.add_heading("", min(int(token.tag[1:]), 4))
        elif token.type == "paragraph_open":
            paragraph = paper.add_paragraph(style="List Bullet" if depth else None)
        elif token.type == "inline" and paragraph is not None:
            _runs(paragraph, token.children or [])
        elif token.type in {"fence", "code_block"}:
            paper.add_paragraph(token.content.rstrip())


def _runs(paragraph: Any, tokens: Sequence[Any]) -> None:
    looks = {"strong": False, "em": False}
    for token in tokens:
        kind, _, side = token.type.rpartition("_")
        if kind in looks:
            looks[kind] = side == "open"
        elif token.type in {"softbreak", "hardbreak"}:
            paragraph.add_run(" ")
        elif token.content:
            run = paragraph.add_run(token.content)
            run.bold, run.italic = looks["strong"] or None, looks["em"] or None
            if token.type == "code_inline":
                run.font.name = "Consolas"


def _words(paper: Paper, words: Mapping[str, Any]) -> None:
    run = paper.add_paragraph().add_run(words["text"])
    run.font.size = Pt(12) if words["role"] == "headline" else None


def _cards(paper: Paper, block: Mapping[str, Any]) -> None:
    heads = ("Key number", "Cohort", "Value", "Interval and people", "Beside it")
    rows = [
        (
            (card["title"], ""), (card["cohort"], ""), (card["value"], ""), (card["detail"], ""),
            ("\n".join(f"{other['label']}: {other['text']}" for other in card["beside"]), ""),
        )
        for card in block["cards"]
    ]  # fmt: skip
    _grid(paper, "Key numbers", heads, rows)


def _table(paper: Paper, table: Mapping[str, Any]) -> None:
    rows = [[(cell["text"], cell["detail"]) for cell in row] for row in table["rows"]]
    _grid(paper, table["caption"], table["columns"], rows)
    marks = " · ".join(f"{symbol} {meaning}" for symbol, meaning in table["legend"])
    _note(paper, " ".join(part for part in (table["note"], marks) if part))


def _figure(paper: Paper, figure: Mapping[str, Any]) -> None:
    _caption(paper, figure["title"])
    paper.add_picture(BytesIO(base64.b64decode(figure["png"])), width=Inches(WIDE))
    shown = paper.inline_shapes[-1]._inline.docPr
    shown.set("descr", figure["alt"])
    shown.set("title", figure["title"])
    paper.paragraphs[-1].paragraph_format.keep_with_next = True
    _note(paper, figure["note"])
    rows = [[(text, "") for text in row] for row in figure["rows"]]
    _grid(paper, "The numbers in this figure", figure["columns"], rows)


def _caption(paper: Paper, text: str) -> None:
    paragraph = paper.add_paragraph(text, style="Caption")
    paragraph.paragraph_format.keep_with_next = True


def _note(paper: Paper, text: str) -> None:
    if text:
        run = paper.add_paragraph().add_run(text)
        run.font.size, run.font.color.rgb = Pt(8.5), QUIET


def _pairs(paper: Paper, pairs: Iterable[tuple[str, str]]) -> None:
    """Words and what they mean, a paragraph each."""
    for name, text in pairs:
        paragraph = paper.add_paragraph()
        paragraph.add_run(f"{name}. ").bold = True
        paragraph.add_run(text)


def _grid(paper: Paper, caption: str, heads: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]]) -> None:
    """A table: its caption, a head that repeats on every page, rows that stay whole."""
    _caption(paper, caption)
    table = paper.add_table(rows=len(rows) + 1, cols=len(heads), style="Light List Accent 1")
    table.autofit = True
    lines = table._tbl.tr_lst
    _mark(lines[0], "w:tblHeader")
    for line, row in zip(lines, [[(head, "") for head in heads], *rows], strict=True):
        _mark(line, "w:cantSplit")
        for cell, (text, detail) in zip(line.tc_lst, row, strict=True):
            _fill(_Cell(cell, table), text, detail)


def _mark(line: Any, name: str) -> None:
    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    line.get_or_add_trPr().append(mark)


def _fill(cell: _Cell, text: str, detail: str) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.add_run(text or ("" if detail else NOTHING)).font.size = Pt(9)
    if detail:
        run = paragraph.add_run(f"\n{detail}")
        run.font.size, run.font.color.rgb, run.bold = Pt(7.5), QUIET, False


_WRITERS: dict[str, Callable[[Paper, Mapping[str, Any]], None]] = {
    "words": _words,
    "cards": _cards,
    "table": _table,
    "figure": _figure,
}
