"""What a seal covers: the hash of everything a release consists of and rests on, in one small file beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from partnerlib.errors import ReleaseRefused

FORMAT = "partnerlib release 1"


@dataclass(frozen=True)
class Manifest:
    """The account of one release: what is in it, under which policy, what it cost, and what the audit found."""

    release_id: str
    """Hash of year, audience, policy, cells and definitions: the same content has the same name."""
    report_year: int
    audience: str
    """`public`, or the one organization the release is for, as kind:code."""
    is_synthetic: bool
    policy: str
    """Name and version of the policy."""
    policy_sha256: str
    cells_sha256: str
    """Hash of the cells as values, whatever file they stand in."""
    definitions_sha256: str
    certificate_sha256: str
    """Hash of the audit's certificate, which stays with the internal reader."""
    ledger_head: str
    """Hash of this release's entry of the ledger, which holds those of all entries before it."""
    ledger: str
    """Hash of the ledger's first entry: names the ledger, wherever it is kept."""
    inputs: Mapping[str, str]
    """Hash of everything the estimates were computed from, by name."""
    loss: Mapping[str, Any] = field(default_factory=dict)
    """What protection took away: shares of cells and of people."""
    audit: Mapping[str, Any] = field(default_factory=dict)
    """What each attacker could find: how many quantities were asked for, how many are exposed."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Hash of every file beside the manifest, byte by byte."""
    partnerlib: str = ""
    format: str = FORMAT

    def as_json(self) -> str:
        """The manifest with its own seal: a hash over all the rest."""
        content = asdict(self)
        return json.dumps({**content, "seal": seal_of(content)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def public(self) -> dict[str, Any]:
        """The part that goes beside the pages: without the names of what the agency holds."""
        content = {name: value for name, value in asdict(self).items() if name not in {"inputs", "files"}}
        return {**content, "inputs_sha256": seal_of(dict(self.inputs))}


def read_manifest(text: str, where: str) -> Manifest:
    """A manifest whose seal holds, or a refusal that says why it does not."""
    try:
        content = json.loads(text)
        found = content.pop("seal")
    except (ValueError, AttributeError, KeyError):
        raise ReleaseRefused(f"{where}: no manifest of a release; `partnerlib release` makes one") from None
    if found != seal_of(content):
        raise ReleaseRefused(
            f"{where}: changed after it was sealed; nothing is drawn from it: `partnerlib release --force`"
        )
    if content.get("format") != FORMAT or set(content) != {part.name for part in fields(Manifest)}:
        raise ReleaseRefused(
            f"{where}: of another version of partnerlib ({FORMAT} expected); `partnerlib release --force`"
        )
    return Manifest(**content)


def seal_of(content: Mapping[str, Any]) -> str:
    """Hash of everything a manifest says."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def content_sha256(frame: pd.DataFrame) -> str:
    """Hash of a table's values, column by column: the same in every file format and version of a library.

    Text as UTF-8 with its lengths, numbers as 64-bit little-endian floats, truth values as bytes; what is missing is
    marked apart from every value.
    """
    digest = hashlib.sha256()
    for name in frame.columns:
        column = frame[name]
        missing = column.isna().to_numpy()
        digest.update(f"{name}\0{len(column)}\0".encode())
        digest.update(np.packbits(missing).tobytes())
        digest.update(_bytes_of(column, missing))
    return digest.hexdigest()


def _bytes_of(column: pd.Series, missing: np.ndarray) -> bytes:
    if pd.api.types.is_bool_dtype(column):
        return column.fillna(False).to_numpy(dtype="u1").tobytes()
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(dtype="<f8", na_value=0.0)
        return (np.where(missing, 0.0, numbers) + 0.0).tobytes()  # + 0.0: minus zero is zero
    text = pa.array(column.fillna(""), type=pa.large_string())
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    _, starts, letters = text.buffers()
    ends = np.frombuffer(starts, dtype="<i8")[text.offset : text.offset + len(text) + 1]
    return np.diff(ends).tobytes() + (letters.to_pybytes()[ends[0] : ends[-1]] if letters is not None else b"")
