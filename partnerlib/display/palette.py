"""A drawn picture in few colours, as a small PNG: the common colours exactly, letters' edges as near as can be."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

COLOURS = 128
"""Colours of a picture: enough for its letters' edges, and a third of the bytes of all there could be."""

EXACT = 64
"""The most common colours, kept as they are: paper, areas, lines."""


def palette_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """The PNG of a picture (height × width × red, green, blue, opacity), which must be opaque.

    Only what is not paper is looked at: it is a tenth of a figure, and a general quantizer takes five times as long.
    """
    red, green, blue = (pixels[..., part].astype(np.uint32) for part in range(3))
    packed = (red << 16) | (green << 8) | blue
    paper = packed[0, 0]
    inked = packed != paper
    colours, places, counts = np.unique(packed[inked], return_inverse=True, return_counts=True)
    common_first = np.argsort(-counts, kind="stable")
    common, others = colours[common_first[:EXACT]], colours[common_first[EXACT:]]
    number = np.empty(len(colours), dtype=np.uint8)  # of each colour, its place in the palette
    number[common_first[:EXACT]] = np.arange(1, 1 + len(common))
    palette = [_parts(np.array([paper])), _parts(common)]
    if len(others):
        edges = Image.fromarray(_parts(others)[None]).quantize(
            COLOURS - 1 - EXACT, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
        number[common_first[EXACT:]] = np.asarray(edges)[0] + 1 + len(common)
        palette.append(np.array(edges.getpalette(), dtype=np.uint8).reshape(-1, 3))
    indices = np.zeros(packed.shape, dtype=np.uint8)
    indices[inked] = number[places]
    picture = Image.fromarray(indices, mode="P")
    picture.putpalette(np.concatenate(palette)[:COLOURS].tobytes())
    stream = io.BytesIO()
    picture.save(stream, format="png")
    return stream.getvalue()


def _parts(packed: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Red, green and blue of packed colours."""
    return np.stack([packed >> 16, (packed >> 8) & 255, packed & 255], axis=-1).astype(np.uint8)
