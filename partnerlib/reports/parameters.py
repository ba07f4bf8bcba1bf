"""Parameters of a notebook: read from its `parameters` cell, checked by name and type before any kernel starts.

papermill only warns about an unknown name and then reports the default year; and `-p district 0035` becomes 35.
Here every value arrives as text, is cast by the declared type, and all problems are told at once.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partnerlib.errors import EnvironmentProblem, ParameterError, did_you_mean

TYPES = ("str", "int", "float", "bool", "list")
"""Types a parameter may be declared with; a list holds texts."""

Value = str | int | float | bool | list[str]


@dataclass(frozen=True)
class Parameter:
    """One annotated assignment of a notebook's `parameters` cell."""

    name: str
    type: str
    default: Value
    comment: str

    def cast(self, value: object) -> Value:
        """The value in the declared type; text is parsed, and nothing is guessed."""
        if self.type == "list":
            items = value if isinstance(value, list | tuple) else [part.strip() for part in str(value).split(",")]
            return [str(item) for item in items if str(item)]
        text = str(value).strip()
        if self.type == "str":
            return str(value)
        if self.type == "bool":
            return _truth(text)
        return int(text) if self.type == "int" else float(text)


def _truth(text: str) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in known:
        raise ValueError(text)
    return known[text.lower()]


def read_parameters(notebook: Path) -> dict[str, Parameter]:
    """The declared parameters of a notebook, by name. A notebook without a proper cell of them is broken, not free."""
    import json

    if not notebook.is_file():
        raise EnvironmentProblem(f"{notebook.name}: no such notebook; restore it from the repository")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise EnvironmentProblem(f"{notebook.name}: {len(tagged)} cells tagged `parameters`; expected one")
    source = "".join(tagged[0]["source"])
    return {parameter.name: parameter for parameter in _declared(source, notebook.name)}


def _declared(source: str, where: str) -> list[Parameter]:
    lines = source.splitlines()
    found, wrong = [], []
    for node in ast.parse(source).body:
        line = lines[node.lineno - 1].strip()
        is_plain = (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.value is not None
            and ast.unparse(node.annotation).split("[")[0] in TYPES
        )
        if not is_plain:
            wrong.append(f"`{line}`")
            continue
        assert isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
        declared = ast.unparse(node.annotation).split("[")[0]
        comment = lines[(node.end_lineno or node.lineno) - 1].partition("#")[2].strip()
        found.append(Parameter(node.target.id, declared, ast.literal_eval(node.value), comment))
    if wrong:
        raise EnvironmentProblem(
            f"{where}: the parameters cell holds {', '.join(wrong)}; expected `name: type = value  # comment` with a "
            f"type of {', '.join(TYPES)}"
        )
    return found


def problems_of(given: Mapping[str, object], declared: Mapping[str, Parameter], where: str) -> list[str]:
    """Everything wrong with the parameters given, in words; empty when all is well."""
    problems = []
    for name, value in given.items():
        if name not in declared:
            problems.append(f"{where}: unknown parameter {name!r}; {did_you_mean(name, declared)}")
            continue
        try:
            declared[name].cast(value)
        except ValueError:
            problems.append(
                f"{where}: {name}={value}: expected {declared[name].type}, such as {declared[name].default!r}"
            )
    return problems


def resolve(given: Mapping[str, object], declared: Mapping[str, Parameter], where: str) -> dict[str, Any]:
    """The parameters given, each in its declared type, or one ParameterError that lists every problem."""
    if problems := problems_of(given, declared, where):
        raise ParameterError("\n".join(problems))
    return {name: declared[name].cast(value) for name, value in given.items()}
