"""A page for a screen: one file that needs no other, no network and no script."""

from __future__ import annotations

from pathlib import Path

from partnerlib.reports.document import Document
from partnerlib.reports.page import html_of


def write(page: Document, path: Path) -> None:
    """Write a page as HTML."""
    path.write_text(html_of(page), encoding="utf-8")
