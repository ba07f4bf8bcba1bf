"""What may be published, at the command line: the code a command ends with, what it says, and what stands on disk."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from shipped_sample import YEAR, measured_sample, people_of_the_sample
from test_cli import partnerlib

from partnerlib.disclosure.policy import FOLDER as POLICIES
from partnerlib.disclosure.secrets import scan, tree

MEASURES = (
    "candidates_placed", "completers_counted", "employed_first_october", "host_yield_1y", "hired_in_placement_district",
)  # fmt: skip
"""Enough for a page and for an audit that has to ask its solver."""
OWNER = "provider:89000001"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables of the sample, and the estimates of a few measures."""
    folder = tmp_path_factory.mktemp("released")
    measured_sample(folder, MEASURES)
    return folder


def report(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Make pages in the formats that are quick, in the folders of one state."""
    return ran(folder, "report", *arguments, "--out", str(folder / "reports"), "--formats", "html", "--jobs", "1")


def ran(folder: Path, command: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command on one state."""
    ended = partnerlib(command, *arguments, "--processed", str(folder / "processed"))
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture(scope="module")
def published(sample: Path) -> Path:
    """The year's folder that everybody may read."""
    code, _, told = report(sample, "--only", OWNER, "--only", "state")
    assert code == 0, told
    return sample / "reports" / str(YEAR)


@pytest.fixture
def apart(published: Path, sample: Path, tmp_path: Path) -> Path:
    """The same state in folders of its own, to be damaged."""
    return Path(shutil.copytree(sample, tmp_path / "state"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file, but those a run that was refused keeps to itself for the next one."""
    return {path: content for path, content in tree(folder) if not any(part[0] == "." for part in path.split("/"))}


def test_nobody_of_the_inputs_stands_in_what_is_published(published: Path) -> None:
    assert {file.suffix for file in published.rglob("*")} >= {".html", ".csv", ".xlsx", ".json"}
    assert scan(tree(published), people_of_the_sample()) == ()


def test_what_is_published_passes_the_audit(published: Path, sample: Path) -> None:
    code, told, complaint = ran(sample, "audit", str(published))
    assert (code, complaint) == (0, "")
    assert re.search(r"attacked by pair: 0 of \d[\d,]+ quantities exposed", told)


def test_a_page_for_one_provider_is_made_apart_and_passes_the_audit(published: Path, sample: Path) -> None:
    """Shares of its own people are plain, to a hundredth of a percent; they are numbers of the release all the same."""
    code, _, complaint = report(sample, "--policy", "owner", "--unit", OWNER)
    assert code == 0, complaint
    folder = sample / "reports" / "confidential" / OWNER.replace(":", "-") / str(YEAR)
    (page,) = (folder / "provider").glob("*.html")
    own = page.read_text(encoding="utf-8")
    (everybodys,) = (published / "provider").glob("*.html")
    assert re.search(r"\b\d\d\.\d\d%", own) and not re.search(r"\d\.\d\d%", everybodys.read_text(encoding="utf-8"))
    code, told, complaint = ran(sample, "audit", str(folder))
    assert (code, complaint) == (0, "")
    assert "2 pages and the files beside them hold the release and nothing else" in told


@pytest.mark.parametrize("command", ["release", "report"])
def test_a_threshold_below_the_floor_ends_with_code_2_and_the_floor(command: str, apart: Path) -> None:
    ours = apart / "ours.yml"
    ours.write_text((POLICIES / "standard.yml").read_text().replace("people: 10", "people: 5", 1), encoding="utf-8")
    before = contents(apart)
    code, _, complaint = ran(apart, command, "--policy", str(ours), "--out", str(apart / "reports"))
    assert code == 2
    assert "thresholds.people: 5 is below 6, the lowest the department itself publishes under" in complaint
    assert contents(apart) == before


def test_an_audit_whose_solver_has_no_time_proves_nothing_and_ends_with_code_4(published: Path, sample: Path) -> None:
    code, _, complaint = ran(sample, "audit", str(published), "--seconds", "0")
    assert code == 4
    assert "not proved" in complaint and "no answer within 0 seconds" in complaint


def test_a_release_whose_solver_has_no_time_is_refused_and_nothing_is_published(sample: Path, tmp_path: Path) -> None:
    state = Path(shutil.copytree(sample, tmp_path / "state", ignore=shutil.ignore_patterns("releases", "reports")))
    code, told, complaint = ran(state, "release", "--out", str(state / "reports"), "--seconds", "0")
    assert (code, told) == (4, "")
    assert "not proved" in complaint and "no answer within 0 seconds" in complaint
    assert not (state / "reports" / "ledger").exists() and not list(state.rglob("manifest.json"))


def test_a_person_whose_name_would_be_published_stops_it_with_code_4_and_is_not_repeated(apart: Path) -> None:
    cells = pd.read_csv(apart / "reports" / str(YEAR) / "cells.csv")
    printed = cells.loc[cells["unit_kind"] == "provider", "unit_name"].iloc[0].split()
    file = apart / "processed" / "candidates.parquet"
    people = pd.read_parquet(file)
    people.loc[0, ["first_name", "last_name"]] = [printed[0], " ".join(printed[1:])]
    people.to_parquet(file, index=False)
    before = contents(apart / "reports")
    code, _, complaint = report(apart, "--only", "provider:89000002")
    assert code == 4
    assert "holds a name or identifier" in complaint and "cells.csv" in complaint and printed[0] not in complaint
    assert contents(apart / "reports") == before
