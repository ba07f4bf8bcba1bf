"""Opening a raw file safely: what kind of file it is, where its header stands, and its cells as text.

Nothing here knows what the columns mean. A file that cannot be read is a `Problem` that says what to do.

For the author of a source
    `raw.scan()`    every regular data row as text (lazy; DuckDB reads large files on all cores), padding stripped,
                    empty cells null, `source_row` (line of the file) first. Leave `source_row` out of what you
                    select where you can: numbering the rows keeps DuckDB to one core.
    `raw.frame()`   the same, collected into pandas; for files that fit memory.
    `raw.ragged()`  one problem per row with more or fewer cells than the header, in the columns of `rejects`.
                    Append it to your problems: these rows are in neither `scan()` nor `frame()`.
    `raw.received`  data rows of the file, ragged ones included, blank lines not:
                    `received == len(frame()) + len(ragged())`, so that accepted + rejected can be made to equal it.
    `raw.remarks`   problems of the whole file with action `flagged` (fallback encoding, hidden sheet ...): pass them on
                    with `problem_frame(raw.remarks)`.
    `raw.padded_frame()`  regular and ragged rows together for layouts whose rows were short in some years;
                    `source_cells` says how many cells the row had.
    `raw.columns`   names of the columns of the frames: the header's, made unique ("# Retained", "# Retained (2)").
All of them may raise `UnreadableFile` for a large file found broken in the middle.
"""

from __future__ import annotations

from pathlib import Path

from partnerlib.errors import Problem
from partnerlib.sources.headers import LOOKED_AT, delimiter_of, find_header, head_rows
from partnerlib.sources.raw_file import LARGE, PROBLEM_COLUMNS, RawFile, problem_frame
from partnerlib.sources.sniffing import Form, UnreadableFile, form_of, hash_of, kind_of, unreadable
from partnerlib.sources.workbooks import sheet_rows

__all__ = ["LARGE", "PROBLEM_COLUMNS", "RawFile", "UnreadableFile", "open_raw", "problem_frame", "unreadable"]

HEAD = 256 * 1024
"""Bytes looked at to find separator, title and header; and as many at the end, to see whether the file is whole."""
SHEET_HEAD = 200
"""Rows of a sheet looked at to find its header."""


def open_raw(path: Path, root: Path) -> RawFile:
    """Look at a file: kind, encoding, delimiter, title and header.

    Raises
        UnreadableFile  with the problem and what to do, for anything that is not a readable table or page
    """
    name = path.relative_to(root).as_posix()
    if kind_of(path, name) == "xlsx":
        return _open_workbook(path, name)
    form = form_of(path, name)
    with path.open("rb") as handle:
        head = handle.read(HEAD)
    text = head.decode(form.encoding, errors="ignore")
    if form.size > HEAD:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    delimiter = delimiter_of(text)
    if not delimiter and form.quotes % 2:  # a quote that is never closed hides every separator after it
        delimiter = delimiter_of(text.replace('"', ""))
    if not delimiter:
        return RawFile(path, name, "text", form.sha256, form.encoding, "", "", (), 0, 1, _encoding_remark(name, form),
                       form)  # fmt: skip
    rows = head_rows(text, delimiter, LOOKED_AT)
    header = find_header(rows, name)
    raw = RawFile(path, name, "csv", form.sha256, form.encoding, delimiter, header.title, header.names, header.row,
                  header.last_row + 1, _encoding_remark(name, form), form)  # fmt: skip
    _refuse_cut_off(raw, form)
    return raw


def _open_workbook(path: Path, name: str) -> RawFile:
    rows, remarks = sheet_rows(path, name, first=SHEET_HEAD)
    header = find_header([(n, n, cells) for n, cells in rows], name)
    return RawFile(path, name, "xlsx", hash_of(path), "utf-8", "", header.title, header.names, header.row,
                   header.last_row + 1, tuple(remarks))  # fmt: skip


def _encoding_remark(name: str, form: Form) -> tuple[Problem, ...]:
    if form.encoding.startswith("utf-8"):
        return ()
    label = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "utf-16": "UTF-16"}[form.encoding]
    found = "UTF-16 text" if form.encoding == "utf-16" else f"bytes that are not UTF-8, read as {label}"
    return (Problem(name, None, None, found, "UTF-8; compare names with accents and dashes", "flagged"),)


def _refuse_cut_off(raw: RawFile, form: Form) -> None:
    """A last line that ends early, or a quote that is never closed: rows are missing, nobody knows how many."""
    if form.quotes % 2 and raw.is_large:
        raw.received  # noqa: B018 - the survey of the rows finds the open quote and says where
    if form.ends_with_newline and not form.quotes % 2:
        return
    with raw.path.open("rb") as handle:
        handle.seek(max(0, form.size - HEAD))
        tail = handle.read().decode(raw.encoding.replace("-sig", ""), errors="ignore")
    rows = [row for row in head_rows(tail, raw.delimiter) if any(row[2])]
    first, last, cells = rows[-1]
    above = len(rows[-2][2]) if len(rows) > 1 else len(raw.header)
    at = form.lines - (last - first)
    if form.quotes % 2 and last > first:
        raise unreadable(raw.name, "a quote that is opened and never closed",
                         "every quote in a pair; the file was cut off: ask for it again", at)  # fmt: skip
    if not form.ends_with_newline and at >= raw.data_row and len(cells) < min(above, len(raw.header)):
        raise unreadable(raw.name, f"a last line of {len(cells)} cells that does not end",
                         f"{len(raw.header)} cells as in the header; the file was cut off: ask for it again",
                         at)  # fmt: skip
