"""Image files: a raster without a word in it may be published; a vector file is the table it was drawn from.

Matplotlib writes coordinates in an SVG to six decimals of a point: shares come back to eight digits, and
other programs write all fourteen.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

import numpy as np

from partnerlib.errors import ReleaseRefused

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHUNKS = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD")
"""Chunks that say how to draw the pixels. Others hold text, times, camera data or profiles with a maker's name."""
VECTOR_SIGNATURES = {b"%PDF": "PDF", b"%!PS": "PostScript", b"\xd7\xcd\xc6\x9a": "WMF"}


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk of a PNG; what follows its end comes last, as a chunk without a kind."""
    position = len(PNG_SIGNATURE)
    while position + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[position : position + 8])
        yield kind, content[position + 8 : position + 8 + length]
        position += 12 + length
        if kind == b"IEND":
            break
    if position < len(content):
        yield b"", content[position:]


def strip_png(content: bytes) -> bytes:
    """The same picture with nothing in its file but pixels: no text, time, path, user or program."""
    _refuse_other_than_png(content)
    kept = [(kind, body) for kind, body in png_chunks(content) if kind in PNG_CHUNKS]
    return PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in kept
    )


def refuse_image(content: bytes, name: str, is_sealed: bool = False) -> None:
    """Raise unless the file is a raster that holds nothing but pixels.

    A vector file passes only when it was drawn from sealed, rounded data: its coordinates are then printed numbers.
    """
    vector = next((kind for begin, kind in VECTOR_SIGNATURES.items() if content.startswith(begin)), "")
    if not vector and re.search(rb"<svg[\s>]", content[:4096], re.IGNORECASE):
        vector = "SVG"
    if vector:
        if is_sealed:
            return
        raise ReleaseRefused(
            f"{name}: {vector} holds the plotted values to their last digit; publish a PNG, or draw it from sealed data"
        )
    _refuse_other_than_png(content, name)
    kinds = sorted({kind.decode("latin-1") or "bytes after the end" for kind, _ in png_chunks(content)
                    if kind not in PNG_CHUNKS})  # fmt: skip
    if kinds:
        raise ReleaseRefused(f"{name}: the PNG holds more than pixels ({', '.join(kinds)}); write it with strip_png()")


def svg_points(content: str) -> list[np.ndarray]:
    """The points of every line of an SVG, in its own coordinates: what anybody can read out of it."""
    paths = []
    for path in re.findall(r'<path[^>]*\bd="([^"]+)"', content):
        numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", path)
        if len(numbers) % 2 == 0:
            paths.append(np.array(numbers, dtype=float).reshape(-1, 2))
    return paths


def _refuse_other_than_png(content: bytes, name: str = "image") -> None:
    if not content.startswith(PNG_SIGNATURE):
        raise ReleaseRefused(f"{name}: not a PNG; a release holds no other kind of image")
