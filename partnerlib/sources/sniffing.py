"""What a file is before anything is parsed: kind by its first bytes, encoding and line ends.

A file is read once, in blocks, for its hash and its form; only a bounded head and tail are ever held in memory.
Names and endings are not believed. What cannot be a table becomes an `UnreadableFile` that says what to do.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from partnerlib.errors import DataError, Problem

BLOCK = 1 << 20
MAX_BYTES = 16 * 1024**3
MAX_UNPACKED = 1024**3
MAX_RATIO = 250
"""A workbook that unpacks to more than this many times its size, and to more than 50 MB, is not opened (FMT-8)."""

_ARCHIVES = {
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\xfd7zXZ": "an xz archive",
}
_FOREIGN = {
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"{\\rtf": "a rich-text document",
    b"PAR1": "a Parquet file",
    b"\x00\x00\x27\x0a": "a part of a shapefile",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NOT_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
_LONE_MAC_DASH = re.compile(rb"(?:^|[,;\t\"\r\n])\s*[\xd0\xa0]\s*(?:[,;\t\"\r\n]|$)")
_FEED, _RETURN, _BLANK = b"\n\r "
_SEPARATORS = np.isin(np.arange(256), list(b",;\t"))
_BEFORE_PADDING = np.isin(np.arange(256), list(b',;\t\n"'))
_AFTER_PADDING = np.isin(np.arange(256), list(b',;\t\n\r"'))


class UnreadableFile(DataError):
    """A raw file that is not what it seems: carries the `Problem` to list."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def unreadable(name: str, found: str, expected: str, row: int | None = None) -> UnreadableFile:
    """The error for a file that cannot be used at all."""
    return UnreadableFile(Problem(name, row, None, found, expected, "rejected"))


@dataclass(frozen=True)
class Form:
    """What one pass over the bytes of a file tells."""

    sha256: str
    size: int
    encoding: str
    """`utf-8`, `utf-8-sig`, `utf-16`, `cp1252` or `mac_roman`; the last two are a fallback, and flagged."""
    newline: str
    """`\\n`, `\\r\\n` or a bare `\\r`."""
    lines: int
    quotes: int
    has_empty_lines: bool
    """Perhaps: lines without any cell, or that begin with two empty ones."""
    is_padded: bool
    """Perhaps: cells with blanks around them."""
    ends_with_newline: bool


def kind_of(path: Path, name: str) -> str:
    """`xlsx` or `text` (anything that may be text), by the first bytes; every other kind is refused with its remedy."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise unreadable(name, f"a file of {size:,} bytes", f"at most {MAX_BYTES:,} bytes; split it by year")
    with path.open("rb") as handle:
        head = handle.read(4096)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00") and size <= len(head):
        raise unreadable(name, "an empty file", "a header and rows; ask for the file again")
    if head.startswith(_OLE):
        raise _office_container(path, name)
    if head.startswith(b"PK\x03\x04"):
        return _workbook_or_archive(path, name, size)
    if archive := next((what for magic, what in _ARCHIVES.items() if head.startswith(magic)), None):
        raise unreadable(name, archive, "the file inside; nothing is unpacked unasked: unpack it, look, put it here")
    if foreign := next((what for magic, what in _FOREIGN.items() if head.startswith(magic)), None):
        raise unreadable(name, foreign, "a table as .xlsx or .csv; export it again in one of these forms")
    beginning = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(b"<") and re.search(rb"<(!doctype html|html|table|head|!--)", beginning):
        raise unreadable(name, f"an HTML page in a file named {path.suffix or 'without ending'}",
                         "a workbook or CSV; open it in a spreadsheet and save it as .xlsx or .csv")  # fmt: skip
    return "text"


def _office_container(path: Path, name: str) -> UnreadableFile:
    marker = "EncryptedPackage".encode("utf-16-le")
    with path.open("rb") as handle:
        tail_of_last = b""
        while block := handle.read(BLOCK):
            if marker in tail_of_last + block:
                return unreadable(name, "a password-protected workbook", "one without a password; remove it in Excel "
                                  "(File, Info, Protect Workbook) and save again")  # fmt: skip
            tail_of_last = block[-len(marker) :]
    return unreadable(name, "a workbook in the old .xls form", "save it as .xlsx or .csv")


def _workbook_or_archive(path: Path, name: str, size: int) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, EOFError):
        raise unreadable(name, "a workbook or archive that is cut off", "the whole file; copy it again") from None
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise unreadable(name, "a zip archive", "the file inside; nothing is unpacked unasked: unpack it, look, "
                         "put it here")  # fmt: skip
    if any(member.flag_bits & 1 for member in members):
        raise unreadable(name, "an encrypted workbook", "one without a password")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED or (unpacked > 50 * 1024**2 and unpacked > MAX_RATIO * size):
        raise unreadable(name, f"a workbook of {size:,} bytes that unpacks to {unpacked:,}",
                         f"at most {MAX_UNPACKED:,} bytes and {MAX_RATIO} times its size")  # fmt: skip
    return "xlsx"


def hash_of(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def form_of(path: Path, name: str) -> Form:
    """Hash, encoding, line ends and irregularities of a text file, in one pass over its bytes."""
    digest = hashlib.sha256()
    feeds = returns = pairs = quotes = size = 0
    empty_lines = padded = False
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    wide = last = ""
    edge = b""
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            if not size:
                wide = next((codec for bom, codec in _BOMS.items() if block.startswith(bom)), "")
            digest.update(block)
            size += len(block)
            if b"\0" in block and wide != "utf-16":
                raise _binary(block, name)
            seam = edge + block
            codes = np.frombuffer(seam, dtype=np.uint8)
            ends = np.flatnonzero(codes == _FEED)
            feeds, quotes = feeds + len(ends) - edge.count(b"\n"), quotes + block.count(b'"')
            if b"\r" in block or edge.endswith(b"\r"):
                returns, pairs = returns + block.count(b"\r"), pairs + (edge[-1:] + block).count(b"\r\n")
            empty_lines = empty_lines or _begins_empty(codes, ends)
            padded = padded or (b" " in block and _has_padding(codes))
            decoder = _still_utf8(decoder, block)
            edge = block[-4:]
    last = edge[-2:].strip(b"\0").decode("latin-1")
    if decoder is not None:
        decoder = _still_utf8(decoder, b"", final=True)
    bare_returns = returns > 0 and feeds == 0
    encoding = wide or ("utf-8" if decoder is not None else _fallback_encoding(path, bare_returns))
    ended = last.endswith(("\n", "\r"))
    newline = "\r" if bare_returns else "\r\n" if pairs else "\n"
    unseen = bool(wide == "utf-16" or bare_returns)  # the byte patterns above are those of one-byte line feeds
    return Form(digest.hexdigest(), size, encoding, newline, (returns if bare_returns else feeds) + (not ended), quotes,
                empty_lines or unseen, padded or unseen, ended)  # fmt: skip


def _begins_empty(codes: np.ndarray, ends: np.ndarray) -> bool:
    """A line without anything on it, or one that begins with two empty cells."""
    after = codes[ends[ends < len(codes) - 1] + 1]
    if (after == _FEED).any():
        return True
    ends = ends[ends < len(codes) - 2]
    first, second = codes[ends + 1], codes[ends + 2]
    return bool((_SEPARATORS[first] & (first == second) | (first == _RETURN) & (second == _FEED)).any())


def _has_padding(codes: np.ndarray) -> bool:
    """A blank beside a separator, a line end or a quote."""
    blanks = np.flatnonzero(codes == _BLANK)
    before, after = codes[blanks[blanks > 0] - 1], codes[blanks[blanks < len(codes) - 1] + 1]
    return bool(_BEFORE_PADDING[before].any() or _AFTER_PADDING[after].any())


def _still_utf8(
    decoder: codecs.IncrementalDecoder | None, block: bytes, final: bool = False
) -> codecs.IncrementalDecoder | None:
    if decoder is None or (block.isascii() and not final and not decoder.getstate()[0]):
        return decoder
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return None
    return decoder


def _binary(block: bytes, name: str) -> UnreadableFile:
    zeros = block[:4096]
    if zeros[1::2].count(0) > len(zeros) // 4 or zeros[::2].count(0) > len(zeros) // 4:
        return unreadable(name, "UTF-16 text without its mark (zero bytes between the letters)",
                          "UTF-8; save it as 'CSV UTF-8'")  # fmt: skip
    return unreadable(name, "bytes that are no text (zero bytes)", "a table as .xlsx or .csv; export it again")


def _fallback_encoding(path: Path, bare_returns: bool) -> str:
    """cp1252 or Mac Roman for bytes that are no UTF-8 (FMT-5): by bytes only one has, or a lone Mac dash or dagger."""
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(BLOCK), b""):
            if _NOT_CP1252.intersection(block) or _LONE_MAC_DASH.search(block):
                return "mac_roman"
    return "mac_roman" if bare_returns else "cp1252"
