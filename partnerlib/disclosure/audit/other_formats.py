"""The other formats of pages, read back beside them: PDF, Word, workbook and CSV say what their page says, no more.

PDFs take a second each to read, and are read by several processes where there are many.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path, PurePosixPath

import pandas as pd

from partnerlib.disclosure.audit.forms import printed_forms
from partnerlib.disclosure.audit.pages import Page
from partnerlib.disclosure.audit.prints import Print, beyond, read_pdf, read_word
from partnerlib.disclosure.audit.quotes import Quotes
from partnerlib.disclosure.audit.rows import PageWords, of_csv, of_workbook, strange_rows

ENDINGS = (".csv", ".docx", ".pdf", ".xlsx")
"""Files that a page may have beside it, under its own name."""

FEW = 8
"""PDFs up to which one process reads them all."""

_CODE = re.compile(r"\d{8}(?:-\d{8})?")


def page_of(name: str) -> str:
    """The page a file would be another format of."""
    return str(PurePosixPath(name).with_suffix(".html"))


def leaks_of(
    folder: Path, names: Iterable[str], pages: Mapping[str, Page], cells: pd.DataFrame
) -> Iterator[tuple[str, str]]:
    """What the other formats of pages hold that the pages do not: the file, and what is in it."""
    names = sorted(names)
    quotes = Quotes(cells, printed_forms(cells)) if names else None
    pdfs = _read_pdfs(folder, [name for name in names if name.endswith(".pdf")])
    for name in names:
        page = pages[page_of(name)]
        kind, _, file = name.rpartition("/")
        code = found[0] if (found := _CODE.match(file)) else ""
        content = b"" if name in pdfs else (folder / name).read_bytes()
        if name in pdfs or name.endswith(".docx"):
            retold = pdfs[name] if name in pdfs else read_word(content, name)
            told = [
                *retold.problems,
                *(f"'{text}', which its page does not say there" for text in beyond(page, retold)),
            ]
        else:
            assert quotes is not None
            words = PageWords(page, [code])
            reads = of_workbook if name.endswith(".xlsx") else _of_csv
            rows, texts, problems = reads(content, name)
            told = [*problems, *strange_rows(rows, quotes, quotes.units_of(kind, code), words)]
            told += [f"'{text[:60]}', which its page does not say" for text in texts if words.strange(text)]
        yield from ((name, what) for what in told)


def _of_csv(content: bytes, name: str) -> tuple[list[list], list[str], list[str]]:
    rows, problems = of_csv(content, name)
    return [list(row) for row in rows], [], problems


def _read_pdfs(folder: Path, names: list[str]) -> dict[str, Print]:
    reads = partial(_pdf_of, folder)
    if len(names) <= FEW:
        return dict(zip(names, map(reads, names), strict=True))
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        return dict(zip(names, pool.map(reads, names, chunksize=4), strict=True))


def _pdf_of(folder: Path, name: str) -> Print:
    return read_pdf((folder / name).read_bytes(), name)
