"""What one row of the list of leaks is: a release that is clean, the same with the leak, and who must find it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from partnerlib.errors import PartnerlibError

Part = Literal[
    "audit of cells", "reading of files", "traces of pages", "models", "figures", "images", "ledger", "secrets"
]
Look = Callable[[Path], Sequence[object]]
"""One part of the gate, looking at one small release: what it finds. The folder is empty and its own."""


@dataclass(frozen=True)
class Leak:
    """One planted leak."""

    name: str
    part: Part
    clean: Look
    """The part of the gate on the release without the leak: it finds nothing."""
    planted: Look
    """The same part on the same release with the leak."""
    says: str
    """Words of the finding that name this leak and no other."""


def refusal(attempt: Callable[[], object]) -> list[str]:
    """The reason a part of the gate gives for refusing, as its finding; nothing when it lets pass."""
    try:
        attempt()
    except PartnerlibError as problem:
        return [str(problem)]
    return []
