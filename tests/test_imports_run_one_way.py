"""Imports run downwards, as the architecture lays out: a lower room never looks into an upper one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "partnerlib"

LOWEST = {"cli", "reports", "measures", "models", "panels", "samples", "sources", "build", "display", "disclosure"}
"""Rooms that those at the bottom know nothing of."""

FORBIDDEN = {
    "errors": {"*"},
    "restricted": {"*"},
    "codes": LOWEST,
    "engine": LOWEST,
    "tables": LOWEST,
    "sources": {"cli", "reports", "measures", "models", "panels", "samples", "build", "display", "disclosure", "link"},
    "panels": {"cli", "reports", "measures", "models", "samples", "sources", "build", "display", "disclosure"},
    "samples": {"cli", "reports", "measures", "models", "sources", "build", "display", "disclosure"},
    "linkage": {"cli", "reports", "measures", "models", "sources", "build", "display", "disclosure", "synth"},
    "link": {"cli", "reports", "measures", "models", "sources", "build", "display", "disclosure", "synth"},
    "measures": {"cli", "reports", "sources", "build", "display", "disclosure", "synth"},
    "models": {"cli", "reports", "sources", "build", "display", "disclosure", "synth", "measures"},
    "disclosure": {"cli", "reports", "sources", "build", "display", "measures", "models", "panels", "samples", "synth"},
    "display": {"cli", "reports", "sources", "build", "synth"},
    "synth": {"cli", "reports", "sources", "build", "display", "disclosure", "measures", "models", "panels"},
    "reports": {"cli", "synth"},
    "pipeline": {"cli", "reports", "synth", "releases"},
    "releases": {"cli", "reports", "synth"},
    "coverage": {"cli", "reports", "measures", "models", "synth"},
    "recoveries": {"cli", "reports", "measures", "models", "panels", "samples", "sources", "build", "display", "synth"},
    "studies": {"cli", "reports", "synth"},
}


def rooms_imported_by(module: Path) -> set[str]:
    """The top-level rooms of partnerlib a module imports, wherever in the module the import stands."""
    rooms = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "partnerlib":
            names = [f"partnerlib.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        rooms |= {name.split(".")[1] for name in names if name.startswith("partnerlib.")}
    return rooms


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_lower_room_never_imports_an_upper_one(module: Path) -> None:
    room = room_of(module)
    forbidden = FORBIDDEN.get(room, set())
    imported = rooms_imported_by(module) - {room}
    wrong = imported if forbidden == {"*"} else imported & forbidden
    assert not wrong, f"{room} imports {sorted(wrong)}"


def test_every_room_of_the_package_has_a_rule() -> None:
    rooms = {room_of(module) for module in PACKAGE.rglob("*.py")}
    free = {
        "__init__",
        "cli",
        "build",
        "checking",
        "derivation",
        "dictionary",
        "explanations",
        "installation",
        "listings",
        "places",
        "project",
        "recognition",
        "writing",
    }
    assert rooms - free <= set(FORBIDDEN), f"rooms without an import rule: {sorted(rooms - free - set(FORBIDDEN))}"
