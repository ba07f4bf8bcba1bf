"""The one script of the reports: the front page's. A browser, and whoever reads the page back, allows its hash."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from markupsafe import Markup

FILE = Path(__file__).parent / "templates" / "index.js"


@cache
def script() -> Markup:
    """The script as it stands in the page."""
    return Markup(FILE.read_text(encoding="utf-8"))


@cache
def script_hash() -> str:
    """Its hash in the form of a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()}"
