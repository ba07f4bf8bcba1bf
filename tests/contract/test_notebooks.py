"""Every notebook keeps the notebook contract: title and question, parameters, one import cell, no library work."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from partnerlib.reports.parameters import read_parameters
from partnerlib.reports.plan import GIVEN_BY_THE_RUN, KINDS

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
REPORTS = [path for path in NOTEBOOKS if path.parent.name == "reports"]
MOST_CODE_CELLS = {"studies": 20, "reports": 24}
"""Fifteen to twenty short cells for a study. A report has one call a cell, so that each result is sealed by itself."""

SECTIONS = {
    "studies": ("Purpose", "Sample", "Finding", "Read it with care", "Ask yourself", "Next"),
    "reports": ("Purpose", "Sample", "Read it with care", "Ask yourself", "Next"),
}

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")


@cache
def cells_of(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in cells_of(path) if cell["cell_type"] == "code"]


def tags(cell: dict[str, Any]) -> list[str]:
    return cell["metadata"].get("tags", [])


def test_there_are_reports_for_every_kind_of_reader() -> None:
    assert {path.stem for path in REPORTS} == set(KINDS)


@every_notebook
def test_the_first_cell_says_title_question_and_who_asks(path: Path) -> None:
    first = cells_of(path)[0]
    assert first["cell_type"] == "markdown"
    assert re.match(r"# \S", source(first))
    assert "?" in source(first), "no question"
    assert re.search(r"who asks", source(first), re.IGNORECASE)


@every_notebook
def test_the_second_cell_declares_commented_parameters_of_plain_types(path: Path) -> None:
    assert "parameters" in tags(cells_of(path)[1])
    declared = read_parameters(path)
    assert declared and all(parameter.comment for parameter in declared.values())
    if path in REPORTS:
        assert set(GIVEN_BY_THE_RUN) <= set(declared)


@every_notebook
def test_imports_stand_in_one_cell_after_the_parameters(path: Path) -> None:
    holds_import = [
        place
        for place, cell in enumerate(code_cells(path))
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(ast.parse(source(cell))))
    ]
    assert holds_import == [1]


FORBIDDEN_NODES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Try, ast.With, ast.While, ast.Lambda)
FORBIDDEN_CALLS = {
    "merge",
    "join_asof",
    "groupby",
    "group_by",
    "filterwarnings",
    "simplefilter",
    "eval",
    "exec",
    "open",
}


@every_notebook
def test_library_work_is_not_done_in_a_notebook(path: Path) -> None:
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(source(cell))):
            assert not isinstance(node, FORBIDDEN_NODES), f"{type(node).__name__}: {source(cell)}"
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert name not in FORBIDDEN_CALLS, f"{name}(): {source(cell)}"


@every_notebook
def test_no_path_of_a_machine_stands_in_a_notebook(path: Path) -> None:
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.match(r"^([A-Za-z]:)?[~.]{0,2}[/\\]|.*\.(csv|parquet|xlsx)$", node.value), node.value
    assert not re.search(r'"/(home|root|tmp|Users|work)/', path.read_text(encoding="utf-8"))


@every_notebook
def test_a_notebook_is_short(path: Path) -> None:
    cells = code_cells(path)
    assert len(cells) <= MOST_CODE_CELLS[path.parent.name]
    assert max(len(source(cell).splitlines()) for cell in cells) <= 15


@every_notebook
def test_the_sections_of_the_guide_stand_in_their_order(path: Path) -> None:
    text = "\n".join(source(cell) for cell in cells_of(path) if cell["cell_type"] == "markdown")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    wanted = SECTIONS[path.parent.name]
    missing = [section for section in wanted if section not in headings]
    assert not missing, f"no section {missing}"
    tail = [heading for heading in headings if heading in wanted]
    assert [heading for heading in tail if heading != "Sample"] == [name for name in wanted if name != "Sample"]


@every_notebook
def test_the_kernel_is_the_one_of_the_active_environment(path: Path) -> None:
    assert json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_report_reads_released_numbers_and_nothing_else(path: Path) -> None:
    assert source(code_cells(path)[1]) == "from partnerlib.reports import released"
    assert source(code_cells(path)[-1]) == "report.complete()"
    assert not any(cell.get("outputs") for cell in code_cells(path)), "a report's outputs are its page"


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path not in REPORTS], ids=lambda path: path.stem)
def test_a_study_keeps_checked_outputs_with_their_counts(path: Path) -> None:
    checked = [cell for cell in code_cells(path) if {"nbval-check-output", "keep_output"} <= set(tags(cell))]
    assert checked, "nothing is checked: tag the cells that print the finding"
    assert all(cell["outputs"] and cell["execution_count"] for cell in checked), "outputs were stripped"
