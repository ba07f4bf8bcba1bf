"""One study notebook run on the user's own data, kept with its outputs for JupyterLab."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.project import Project
from partnerlib.reports.execution import OWN_KERNEL, execute
from partnerlib.reports.parameters import problems_of, read_parameters, resolve

SECONDS = 1800
"""Longest a cell of a study may take: models on a whole state are slower than pages."""


def run_study(
    project: Project,
    name: str,
    year: int,
    settings: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda _message: None,
) -> Path:
    """Execute a study and return the executed notebook, `<out>/studies/<name>-<year>.ipynb`.

    name
        the study's name or a part of it that only one study has
    settings
        values of the study's parameters as text; unknown names and wrong types are told all at once
    """
    notebook = find_study(project.notebooks / "studies", name)
    declared = read_parameters(notebook)
    given: dict[str, object] = {"raw": str(project.raw), "processed": str(project.processed), "report_year": year}
    given = {parameter: value for parameter, value in given.items() if parameter in declared}
    if problems := problems_of(settings or {}, declared, notebook.stem):
        raise ParameterError("\n".join(problems))
    values = resolve({**given, **(settings or {})}, declared, notebook.stem)
    output = project.out / "studies" / f"{notebook.stem}-{year}.ipynb"
    output.parent.mkdir(parents=True, exist_ok=True)
    progress(f"running {notebook.stem}")
    staged = output.with_name(f".{output.name}.{os.getpid()}.ipynb")
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    try:
        execute(notebook, staged, values, SECONDS, cwd=project.root, engine=OWN_KERNEL)
        staged.replace(output)
    except Exception as problem:
        if type(problem).__name__ not in {"PapermillExecutionError", "CellTimeoutError", "DeadKernelError"}:
            raise
        stopped = f"cell {getattr(problem, 'exec_count', '?')}: {getattr(problem, 'ename', type(problem).__name__)}"
        raise DataError(
            f"study {notebook.stem}: stopped at {stopped}; open notebooks/studies/{notebook.name} with "
            "`partnerlib lab` and run it there to see why"
        ) from None
    finally:
        staged.unlink(missing_ok=True)
    return output


def find_study(folder: Path, name: str) -> Path:
    """The study of that name, or the only one whose name holds it; otherwise an error with the nearest name."""
    studies = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    found = [stem for stem in studies if stem == name] or [stem for stem in studies if name and name in stem]
    if len(found) != 1:
        known = did_you_mean(name, studies) if not found else "could be " + ", ".join(found)
        raise ParameterError(f"study {name!r}: {'no such study' if not found else 'more than one'}; {known}")
    return studies[found[0]]
