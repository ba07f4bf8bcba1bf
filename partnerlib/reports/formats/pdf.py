"""A page on paper, tagged for readers of screens (PDF/UA): its figures have their texts, its tables their heads.

WeasyPrint sets it; Pango, which is no Python package, shapes its letters. They are those matplotlib ships, so that a
page looks the same on every computer, and on one without fonts.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from partnerlib.reports.document import Document
from partnerlib.reports.page import html_of

FACES = {"DejaVuSans.ttf": "normal", "DejaVuSans-Bold.ttf": "bold"}


@cache
def is_available() -> bool:
    """Whether this computer can write a PDF."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):  # OSError: Pango's own library is missing
        return False
    return True


@cache
def _fonts() -> tuple[Any, Any]:
    """The letters of every page, read once a process: a style sheet and the configuration it was read into."""
    from matplotlib import get_data_path
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    folder = Path(get_data_path()) / "fonts" / "ttf"
    rules = "".join(
        f"@font-face{{font-family:Page;font-weight:{weight};src:url({(folder / name).as_uri()})}}"
        for name, weight in FACES.items()
    )
    configuration = FontConfiguration()
    atexit.register(_fonts.cache_clear)  # while the library that holds them still stands
    return CSS(string=rules, font_config=configuration), configuration


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage meanwhile: a page is half a million objects that live to its end. A third faster."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def write(page: Document, path: Path) -> None:
    """Write a page as a tagged PDF."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    style, fonts = _fonts()
    own_pictures = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    paper = HTML(string=html_of(page, is_paper=True), url_fetcher=own_pictures)
    with _uncollected():
        paper.write_pdf(path, stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1", optimize_images=False)
