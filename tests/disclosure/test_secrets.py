"""No name and no identifier from the inputs stands in anything tracked or ever committed, and one that did is found.

What is published is looked through where it is published: `tests/test_release_commands.py`.
"""

from __future__ import annotations

import shutil
from itertools import chain
from pathlib import Path

import pytest
from shipped_sample import people_of_the_sample

from partnerlib.disclosure.secrets import _LONGEST, _STRIDE, PERSONAL, history, scan, tracked, tree

ROOT = Path(__file__).resolve().parents[2]

in_a_repository = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no repository, so no history")


@pytest.fixture(scope="module")
def canaries() -> tuple[str, ...]:
    return people_of_the_sample()


def test_people_are_looked_for_by_name_number_and_address(canaries: tuple[str, ...]) -> None:
    assert len(canaries) > 1000
    assert {"mepid", "sasid", "candidate_id", "first_name", "email"} <= PERSONAL


def test_one_name_in_one_page_is_found(tmp_path: Path, canaries: tuple[str, ...]) -> None:
    (tmp_path / "index.html").write_text("<p>Nobody.</p>", encoding="utf-8")
    assert scan(tree(tmp_path), canaries) == ()
    for canary in (canaries[0], canaries[len(canaries) // 2], canaries[-1]):
        (tmp_path / "index.html").write_text(f"<p>page of {canary}</p>", encoding="utf-8")
        assert [finding.path for finding in scan(tree(tmp_path), canaries)] == ["index.html"]


@pytest.mark.parametrize(
    ("canary", "text", "is_there"),
    [
        ("Ann O'Neill-Brandt", "<td>Ann O'Neill-Brandt2</td>", True),
        ("Ann O'Neill-Brandt", "<td>Ann Brandt, O'Neill</td>", False),
        ("José Núñez", "mentor: José Núñez.", True),
        ("Ann -", "by Ann - in May", True),
        ("ann.lee@school.example", "<ann.lee@school.example>", True),
        ("C0a1b2c3d4e5f", "id_C0a1b2c3d4e5f,", True),
        ("31415926", "n 31415926", True),
        ("31415926", "0.31415926, a31415926, 31415926.5", False),
        ("31415926", "0.31415926, 31415926.", True),
    ],
)
@pytest.mark.parametrize("place", [0, _STRIDE - 6, _STRIDE + _LONGEST - 9, 2 * _STRIDE])
def test_a_canary_is_found_wherever_it_stands_as_such(canary: str, text: str, is_there: bool, place: int) -> None:
    others = ["Mary Lee", "27182818", "--", "Ann Lee"]
    content = b"." * (place - 1) + b" " * (place > 0) + text.encode()
    assert bool(scan([("page.html", content)], [*others, canary])) == is_there


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
