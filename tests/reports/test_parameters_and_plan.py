"""A plan and its parameters are checked whole, before a kernel starts; codes keep their zeros."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from invented_release import DISTRICT, EMPTY, HIDDEN_PAIR, PAIR, TINY, TYPICAL, YEAR, release_of

from partnerlib.errors import EnvironmentProblem, ParameterError
from partnerlib.project import Project
from partnerlib.reports import list_pages
from partnerlib.reports.parameters import read_parameters, resolve
from partnerlib.reports.plan import KINDS, Page, chosen, read_plan, slug


def notebook(folder: Path, source: str, name: str = "a.ipynb") -> Path:
    cells = [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source, "outputs": []}]
    path = folder / name
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


DECLARED = 'year: int = 2018  # spring\ncode: str = "00350000"  # eight digits\nshare: float = 0.25  # of one\n'


def test_parameters_are_read_with_type_default_and_comment(tmp_path: Path) -> None:
    declared = read_parameters(notebook(tmp_path, DECLARED))
    assert [(p.name, p.type, p.default, p.comment) for p in declared.values()][:2] == [
        ("year", "int", 2018, "spring"),
        ("code", "str", "00350000", "eight digits"),
    ]


def test_a_code_given_as_text_stays_text_and_a_year_becomes_a_number(tmp_path: Path) -> None:
    declared = read_parameters(notebook(tmp_path, DECLARED))
    assert resolve({"code": "0035", "year": "2019"}, declared, "a") == {"code": "0035", "year": 2019}


def test_all_mistakes_are_told_at_once_with_the_nearest_name(tmp_path: Path) -> None:
    declared = read_parameters(notebook(tmp_path, DECLARED))
    with pytest.raises(ParameterError) as raised:
        resolve({"yeer": "2018", "share": "half", "year": "2018.5"}, declared, "a study")
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert "did you mean 'year'?" in lines[0] and "expected float" in lines[1] and "expected int" in lines[2]


@pytest.mark.parametrize("source", ["year = 2018", "import os", "year: dict = {}", "year: int"])
def test_a_parameters_cell_that_is_more_than_declarations_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(EnvironmentProblem, match="parameters cell holds"):
        read_parameters(notebook(tmp_path, source))


def test_the_shipped_plan_is_sound(here: Project) -> None:
    plan = read_plan(here.plan, here.notebooks / "reports")
    assert list(plan.entries) == [*KINDS]


def write_plan(here: Project, text: str) -> None:
    here.plan.write_text(text, encoding="utf-8")


def test_a_bare_code_in_a_plan_keeps_its_zeros_and_is_no_octal_number(here: Project) -> None:
    write_plan(here, "reports:\n  provider:\n    notebook: provider.ipynb\n    units: [00350000, 0035]\n")
    with pytest.raises(ParameterError) as raised:
        read_plan(here.plan, here.notebooks / "reports")
    assert "'0035' is not a unit's code" in str(raised.value) and "00350000" not in str(raised.value)


def test_every_mistake_of_a_plan_is_told_at_once(here: Project) -> None:
    write_plan(
        here,
        "reprots: {}\nlimits: {seconds: soon, memory: 0, memry: 5}\nreports:\n  provder: {}\n"
        "  provider: {notebook: provider.ipynb, parameters: {report_yeer: 2018, report_year: 2018}}\n",
    )
    with pytest.raises(ParameterError) as raised:
        read_plan(here.plan, here.notebooks / "reports")
    said = str(raised.value)
    for words in ("did you mean 'reports'?", "did you mean 'provider'?", "did you mean 'report_year'?",
                  "given by the run", "seconds=soon", "memory=0", "did you mean 'memory'?"):  # fmt: skip
        assert words in said


def test_every_provider_and_district_has_a_page_and_an_empty_one_says_why(here: Project, release_file: Path) -> None:
    pages = {(page.kind, page.unit_code): page for page in list_pages(here, YEAR, release_file)}
    assert pages["provider", TYPICAL].reason_for_nothing == ""
    assert pages["provider", TINY].reason_for_nothing == "Every number about it is withheld to protect people."
    assert "hold no candidate" in pages["provider", EMPTY].reason_for_nothing


def test_a_pair_without_a_published_number_is_nowhere(here: Project, cells: pd.DataFrame, tmp_path: Path) -> None:
    """That two organizations work together at all is told by the numbers published about them, and by nothing else."""
    pair = cells[cells["unit_code"] == PAIR]
    numbers = ["value", "value_low", "value_high", "low", "high", "n", "n_low", "n_high", "people"]
    gone = {"rounding": "", "n_rounding": "", "status": "suppressed", "withheld": True}
    hidden = pair.assign(unit_code=HIDDEN_PAIR, **dict.fromkeys(numbers), **gone).astype(pair.dtypes)
    listed = release_of(tmp_path / "other", pd.concat([cells, hidden]))
    partnerships = [page.unit_code for page in list_pages(here, YEAR, listed) if page.kind == "partnership"]
    assert partnerships == [PAIR]


def test_only_names_kinds_and_codes_and_offers_the_nearest(here: Project, release_file: Path) -> None:
    pages = list_pages(here, YEAR, release_file)
    assert [page.unit_code for page in chosen(pages, [f"provider:{TINY}", "state"])] == ["00000000", TINY]
    with pytest.raises(ParameterError) as raised:
        chosen(pages, ["provder", f"district:{DISTRICT[:-1]}1"])
    assert "did you mean 'provider'?" in str(raised.value)
    assert f"did you mean '{DISTRICT}'?" in str(raised.value)


HARD_NAMES = [
    "Université",
    "Universite",
    "",
    "...",
    "CON",
    "../../etc/passwd",
    "{x.__class__}",
    "a" * 4000,
    "\u202egnp.exe",
]


@pytest.mark.parametrize("name", HARD_NAMES)
def test_a_page_of_any_name_is_a_plain_file_of_its_own_kind(name: str) -> None:
    path = Page("provider", TYPICAL, name, "").path
    folder, _, file = path.partition("/")
    assert folder == "provider" and "/" not in file and len(path.encode()) <= 100
    assert set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") and file.startswith(TYPICAL)
    assert not slug(name).startswith("-")
