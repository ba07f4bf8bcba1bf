"""The command line: what it prints, where it prints it, and the code it ends with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("sample", "check", "build", "study", "release", "audit", "report", "explain", "list", "doctor", "lab")


def partnerlib(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "partnerlib.cli", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = partnerlib(command, "--help")
    assert shown.returncode == 0
    assert f"partnerlib {command}" in shown.stdout.split("Example:", 1)[1]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("repot",), "report"),
        (("report", "--yeer", "2018"), "--year"),
        (("report", "--year", "1887"), "can report"),
        (("list", "studys"), "studies"),
        (("explain", "hired_in_placement_distric"), "hired_in_placement_district"),
        (("study", "33_nothing"), "03_hiring"),
        (("report", "--only", "provider:350000"), "00350000"),
        (("report", "--only", "teacher:89000001"), "provider"),
        (("study", "03_hiring", "--set", "yeer=2018"), "year"),
        (("release", "--policy", "standrd"), "standard"),
        (("release", "--policy", "owner"), "--unit"),
        (("release", "--unit", "89000001"), "provider:89000001"),
        (("report", "--policy", "dese"), "dese_published"),
        (("report", "--policy", "owner"), "--unit provider:89000001"),
        (("report", "--unit", "provider:89000001"), "--policy owner"),
        (("report", "--policy", "owner", "--unit", "state:00000000"), "one provider or one district"),
    ],
)
def test_a_wrong_word_ends_with_code_2_and_the_nearest_right_one(arguments: tuple[str, ...], hint: str) -> None:
    ended = partnerlib(*arguments)
    assert ended.returncode == 2, ended.stderr
    assert hint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_with_no_known_file_ends_with_code_3_and_names_the_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    ended = partnerlib("check", "--raw", str(tmp_path))
    assert ended.returncode == 3
    assert "notes.csv" in ended.stdout + ended.stderr


def test_an_error_nobody_foresaw_tells_its_kind_and_place_and_quotes_no_data() -> None:
    from partnerlib.cli import _unexpected

    try:
        int("Jane Smith 03/14/1985")
    except ValueError as problem:
        told = _unexpected(problem)
    assert "ValueError" in told
    assert "Jane" not in told


def test_a_raw_folder_that_does_not_exist_says_so(tmp_path: Path) -> None:
    ended = partnerlib("build", "--raw", str(tmp_path / "nowhere"), "--processed", str(tmp_path / "processed"))
    assert ended.returncode == 3
    assert "nowhere" in ended.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [("hired_in_placement_district", "Formula"), ("educators", "Key: mepid"), ("staff_roster", "SR38")],
)
def test_explain_knows_measures_tables_and_raw_layouts(name: str, said: str) -> None:
    told = partnerlib("explain", name)
    assert told.returncode == 0
    assert said in told.stdout


def test_a_command_that_is_piped_prints_no_progress() -> None:
    listed = partnerlib("list", "measures")
    assert listed.returncode == 0
    assert listed.stderr == ""
    assert "hired_in_placement_district\t" in listed.stdout
