"""The mark of data about people: whatever carries it may be computed with, and never written, drawn or printed."""

from __future__ import annotations

from dataclasses import fields, is_dataclass


class Restricted:
    """Rows about people. Panels and samples are of this kind; no writer, page or figure of a report takes it.

    Its representation names the parts and shows none of them: what an interpreter, a log or a traceback prints of it
    tells nothing about anybody.
    """

    def __repr__(self) -> str:
        parts = ", ".join(part.name for part in fields(self) if part.repr) if is_dataclass(self) else ""
        return f"<{type(self).__name__}: rows about people, not shown{f' ({parts})' if parts else ''}>"
