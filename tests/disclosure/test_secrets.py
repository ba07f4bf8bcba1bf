"""No name and no identifier from the inputs stands in anything published, tracked or ever committed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from partnerlib.disclosure.secrets import PERSONAL, history, scan, tracked, tree

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "raw" / "sample"
YEARS = sorted(path.parent for path in (ROOT / "reports").glob("20*/manifest.json"))
"""Years whose pages went through the gate."""

in_a_repository = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no repository, so no history")


def rows(pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(SAMPLE.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)


@pytest.fixture(scope="module")
def canaries() -> tuple[str, ...]:
    """Names in full, MEPIDs and e-mail addresses of everybody in the sample's inputs."""
    found: set[str] = set()
    for row in rows("completers_*.csv"):
        found |= {row["MEPID"], row["EMAIL"], f"{row['FIRST_NAME']} {row['LAST_NAME']}"}
    for row in rows("epims_sr_*_oct.csv"):
        found |= {row["SR01"], f"{row['SR04']} {row['SR06']}"}
    return tuple(sorted(found - {""}))


def test_people_are_looked_for_by_name_number_and_address(canaries: tuple[str, ...]) -> None:
    assert len(canaries) > 1000
    assert {"mepid", "sasid", "candidate_id", "first_name", "email"} <= PERSONAL


@pytest.mark.skipif(not YEARS, reason="no year was published from here: `partnerlib report` does")
@pytest.mark.parametrize("folder", YEARS, ids=lambda folder: folder.name)
def test_nobody_of_the_inputs_stands_in_what_is_published(folder: Path, canaries: tuple[str, ...]) -> None:
    assert scan(tree(folder), canaries) == ()


def test_one_name_in_one_page_is_found(tmp_path: Path, canaries: tuple[str, ...]) -> None:
    (tmp_path / "index.html").write_text("<p>Nobody.</p>", encoding="utf-8")
    assert scan(tree(tmp_path), canaries) == ()
    for canary in (canaries[0], canaries[len(canaries) // 2], canaries[-1]):
        (tmp_path / "index.html").write_text(f"<p>page of {canary}</p>", encoding="utf-8")
        assert [finding.path for finding in scan(tree(tmp_path), canaries)] == ["index.html"]


def test_a_name_in_an_archive_is_found(tmp_path: Path, canaries: tuple[str, ...]) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "note.txt").write_text(canaries[7], encoding="utf-8")
    shutil.make_archive(str(tmp_path / "book"), "zip", inside)
    (tmp_path / "book.zip").rename(tmp_path / "book.xlsx")
    found = {finding.path for finding in scan(tree(tmp_path), canaries)}
    assert "book.xlsx!note.txt" in found


def test_a_finding_does_not_repeat_what_it_found(tmp_path: Path) -> None:
    (tmp_path / "run.log").write_text("mepid=31415926 retained n=7\n", encoding="utf-8")
    found = scan(tree(tmp_path), ["31415926"])
    assert found and not any("31415926" in str(finding) or "7" in str(finding) for finding in found)


@in_a_repository
def test_nobody_of_the_sample_stands_outside_of_the_sample(canaries: tuple[str, ...]) -> None:
    beside = ((path, content) for path, content in tracked(ROOT) if not path.startswith("data/raw/sample/"))
    assert scan(beside, canaries) == ()


@in_a_repository
def test_nothing_that_is_tracked_or_ever_was_shows_people() -> None:
    assert scan(chain(tracked(ROOT), history(ROOT))) == ()
