"""What the draws of a question depend on: every file of ours that its checks import, and what those import."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("partnerlib", "validation")


def code_key(file: Path) -> str:
    """A short key of a file and of all of ours it rests on: the same key, the same draws."""
    key = hashlib.sha256()
    for each in sorted(_closure(file)):
        key.update(each.read_bytes())
    return key.hexdigest()[:16]


def _closure(file: Path) -> set[Path]:
    found, left = set(), [file]
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left.extend(_imported(each))
    return found


def _imported(file: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.split(".")[0] in PACKAGES:
                place = ROOT.joinpath(*name.split("."))
                yield from (path for path in (place.with_suffix(".py"), place / "__init__.py") if path.exists())
