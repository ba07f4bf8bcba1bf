"""What is unchanged is not made again; what was changed, by whomever, is; and nothing is published of two inputs."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from invented_release import DISTRICT, EMPTY, PAIR, SMALL_DISTRICT, TINY, TYPICAL, invented_cells, printed, release_of
from tiny_reports import IS_FULL, YEAR, content, tiny, write

from partnerlib import build
from partnerlib.errors import DataError, ParameterError
from partnerlib.project import Project
from partnerlib.reports import run, surveyed
from partnerlib.reports.edition import read_edition, refuse_same_names
from partnerlib.reports.plan import Page
from partnerlib.reports.record import Entry
from partnerlib.reports.staging import Staging
from partnerlib.reports.survey import survey

FLIPS = 1000 if IS_FULL else 150
PAGES = 500 if IS_FULL else 50
NO_NOTEBOOK = [f"provider:{TINY}", f"provider:{EMPTY}", f"district:{SMALL_DISTRICT}"]
"""Units with nothing to report: their pages say so, and need no kernel."""


@pytest.fixture
def made(tmp_path: Path) -> tuple[Project, Path]:
    """A published year of three pages."""
    here, released = tiny(tmp_path)
    assert run(here, YEAR, released, NO_NOTEBOOK).exit_code == 0
    return here, released


def changed_at(here: Project, code: str, folder: Path) -> Path:
    """A release in which one number of one unit is another."""
    cells = invented_cells()
    row = cells.index[(cells["unit_code"] == code) & (cells["measure"] == "an_unregistered_rate")][0]
    told = printed("rate", 0.9, 130, False)
    cells.loc[row, [name for name in told if name in cells]] = pd.Series(told).astype(object)
    return release_of(folder, cells)


def due_of(here: Project, released: Path) -> set[str]:
    return {f"{due.page.kind}:{due.page.unit_code}" for due in surveyed(here, YEAR, released).due}


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Path]:
    """A published year of all pages of the invented state."""
    here, released = tiny(tmp_path_factory.mktemp("complete"))
    result = run(here, YEAR, released)
    assert result.exit_code == 0, result.summary()
    return here, released


def test_a_second_run_of_everything_makes_nothing_and_writes_nothing(complete: tuple[Project, Path]) -> None:
    here, released = complete
    before = {file: file.stat().st_mtime_ns for file in (here.out / str(YEAR)).rglob("*")}
    told: list[str] = []
    again = run(here, YEAR, released, progress=lambda message: told.append(str(message)))
    assert again.unchanged == len(again.entries) == 7 and told == []
    assert {file: file.stat().st_mtime_ns for file in (here.out / str(YEAR)).rglob("*")} == before


def test_a_changed_provider_makes_its_own_page_and_those_that_print_its_numbers(
    complete: tuple[Project, Path], tmp_path: Path
) -> None:
    """A release of other cells re-runs the pages that read a changed cell, whatever the release is called."""
    here, _ = complete
    assert due_of(here, changed_at(here, TYPICAL, tmp_path / "a")) == {f"provider:{TYPICAL}"}
    ties = {f"partnership:{PAIR}", f"provider:{TYPICAL}", f"district:{DISTRICT}"}
    assert due_of(here, changed_at(here, PAIR, tmp_path / "b")) == ties
    assert len(due_of(here, changed_at(here, "00000000", tmp_path / "c"))) == 7, "every page prints the state beside"


def test_a_page_of_an_earlier_release_stays_beside_cells_that_are_the_same(
    complete: tuple[Project, Path], tmp_path: Path
) -> None:
    here, _ = complete
    there = replace(here, out=tmp_path / "reports")
    shutil.copytree(here.out / str(YEAR), there.out / str(YEAR))
    before = content(there.out / str(YEAR))
    result = run(there, YEAR, changed_at(here, TYPICAL, tmp_path / "later"))
    after = content(there.out / str(YEAR))
    assert result.unchanged == 6 and result.exit_code == 0
    differing = {path for path, found in after.items() if found != before.get(path)}
    own = f"provider/{TYPICAL}-harbor-hill-college.html"
    assert differing - {"index.html"} == {own, "cells.csv", "cells.xlsx", "manifest.json", "run_record.json"}


def test_what_a_page_is_made_from_makes_it_due_and_says_why(made: tuple[Project, Path]) -> None:
    here, released = made
    assert surveyed(here, YEAR, released, NO_NOTEBOOK).due == []
    write(here.notebooks / "reports" / "district.ipynb", "district", ["1 + 1"])
    found = surveyed(here, YEAR, released, NO_NOTEBOOK)
    assert [(due.page.unit_code, due.why) for due in found.due] == [
        (SMALL_DISTRICT, "notebook, parameters, library or packages changed")
    ]
    assert "1 of 3 pages would be made" in found.as_text()
    assert surveyed(here, YEAR, released, NO_NOTEBOOK, limit=1).due == []
    assert len(surveyed(here, YEAR, released, NO_NOTEBOOK, force=True).due) == 3


def test_one_flipped_byte_anywhere_is_found_and_what_it_touches_is_made_again(made: tuple[Project, Path]) -> None:
    here, released = made
    folder, chance = here.out / str(YEAR), random.Random(9)
    edition = read_edition(here, YEAR, released)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for _ in range(FLIPS):
        file = chance.choice(files)
        whole = file.read_bytes()
        place = chance.randrange(len(whole))
        file.write_bytes(flipped(whole, place, chance) if chance.random() < 0.8 else whole[:place])
        found = survey(edition, folder, NO_NOTEBOOK)
        file.write_bytes(whole)
        name = file.relative_to(folder).as_posix()
        assert not found.is_published, f"{name}: byte {place} was flipped and nobody saw it"
        due = {due.page.path for due in found.due}
        if name == "run_record.json":
            assert len(due) == 3 and "every page is made again" in found.record.remark
        else:
            assert due == ({name} if name.count("/") else set())
    assert survey(edition, folder, NO_NOTEBOOK).is_published


def flipped(whole: bytes, place: int, chance: random.Random) -> bytes:
    return whole[:place] + bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :]


def test_a_flipped_page_is_put_right_by_the_next_run(made: tuple[Project, Path]) -> None:
    here, released = made
    folder = here.out / str(YEAR)
    before = content(folder)
    page = next(folder.glob("provider/*.html"))
    page.write_bytes(flipped(page.read_bytes(), 300, random.Random(1)))
    (folder / "cells.csv").write_text("nonsense", encoding="utf-8")
    (folder / "notes.txt").write_text("not of a release", encoding="utf-8")
    assert run(here, YEAR, released, NO_NOTEBOOK).unchanged == 2
    assert content(folder) == before


def test_of_an_interrupted_run_only_whole_pages_are_taken_over(tmp_path: Path) -> None:
    staging, chance = Staging(tmp_path, YEAR, is_resumed=False), random.Random(5)
    for number in range(3):
        path = f"provider/{number}.html"
        staging.note(Entry("provider", str(number), "A", path, "done", files=staging.write(path, "<p>" * 400)))
    files = sorted(file for file in staging.folder.rglob("*") if file.is_file())
    assert len(Staging(tmp_path, YEAR, is_resumed=True).entries) == 3
    for _ in range(FLIPS):
        file = chance.choice(files)
        whole = file.read_bytes()
        file.write_bytes(flipped(whole, chance.randrange(len(whole)), chance))
        again = Staging(tmp_path / "x", YEAR, is_resumed=True)
        again.folder = staging.folder
        left = again.finished()
        file.write_bytes(whole)
        assert len(left) <= 2, f"{file.name} was changed and nobody saw it"
        assert all(
            entry == original for entry in left for original in staging.finished() if entry.name == original.name
        )


CHANGES: dict[str, Callable[[Project, Path], object]] = {
    "reports/plan.yml": lambda here, _: here.plan.write_text(here.plan.read_text() + "\n"),
    "notebooks/reports/state.ipynb": lambda here, _: write(here.notebooks / "reports/state.ipynb", "state", ["2"]),
    "release/cells.parquet": lambda _, released: (released / "cells.parquet").write_bytes(b"PAR1"),
    "processed/organizations.parquet": lambda here, _: (here.processed / "organizations.parquet").write_bytes(b"PAR1"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_input_that_changes_during_a_run_is_found_and_nothing_is_published(
    name: str, made: tuple[Project, Path]
) -> None:
    here, released = made
    before = content(here.out / str(YEAR))

    def change(message: object) -> None:
        if str(message).startswith("putting"):
            CHANGES[name](here, released)

    with pytest.raises(DataError, match=f"{name}: changed while the pages were made; nothing was published"):
        run(here, YEAR, released, NO_NOTEBOOK, force=True, progress=change)
    assert content(here.out / str(YEAR)) == before


def built_from_raw(here: Project) -> Path:
    """A raw file, and the account of tables built from it; the file."""
    here.raw.mkdir()
    raw = here.raw / "educators_2018.csv"
    raw.write_text("SY,MEPID\n2018,1\n", encoding="utf-8")
    (here.processed / build.RECORD).write_text(json.dumps({"inputs": build.inputs_of(here.raw)}), encoding="utf-8")
    return raw


def test_tables_older_than_their_raw_files_are_told_before_a_page_is_made(made: tuple[Project, Path]) -> None:
    here, released = made
    before, raw = content(here.out / str(YEAR)), built_from_raw(here)
    raw.write_text("SY,MEPID\n2018,2\n", encoding="utf-8")
    told: list[str] = []
    with pytest.raises(DataError, match=r"built from other files than lie in .*`partnerlib report` builds them again"):
        run(here, YEAR, released, NO_NOTEBOOK, force=True, progress=lambda message: told.append(str(message)))
    assert told == [] and content(here.out / str(YEAR)) == before


def test_a_raw_file_that_changes_during_a_run_is_found(made: tuple[Project, Path]) -> None:
    here, released = made
    before, raw = content(here.out / str(YEAR)), built_from_raw(here)

    def change(message: object) -> None:
        if str(message).startswith("putting"):
            raw.write_text("SY,MEPID\n2018,2\n", encoding="utf-8")

    with pytest.raises(DataError, match="raw files: changed while the pages were made"):
        run(here, YEAR, released, NO_NOTEBOOK, force=True, progress=change)
    assert content(here.out / str(YEAR)) == before


def test_many_pages_without_a_change_are_done_in_seconds(tmp_path: Path) -> None:
    cells = invented_cells()
    withheld = cells[cells["unit_code"] == TINY].head(4)
    many = [withheld.assign(unit_code=f"{89100000 + k}", unit_name=f"College {89100000 + k}") for k in range(PAGES)]
    here, released = tiny(tmp_path, pd.concat([cells, *many]))
    only = ["provider:" + f"{89100000 + k}" for k in range(PAGES)]
    assert len(run(here, YEAR, released, only).entries) == PAGES
    start = time.monotonic()
    again = run(here, YEAR, released, only)
    assert again.unchanged == PAGES and time.monotonic() - start < 0.02 * PAGES


def test_two_pages_that_are_one_file_are_refused_before_anything_is_made() -> None:
    pages = [Page("provider", "89000001", "North", ""), Page("provider", "89000001", "NORTH", "")]
    with pytest.raises(ParameterError, match="a file has one page"):
        refuse_same_names(pages)


@pytest.mark.parametrize(("options", "said"), [({"jobs": 0}, "--jobs 0"), ({"limit": 0}, "--limit 0")])
def test_a_number_that_makes_no_sense_is_refused(
    options: dict[str, int], said: str, made: tuple[Project, Path]
) -> None:
    with pytest.raises(ParameterError, match=said):
        run(made[0], YEAR, made[1], NO_NOTEBOOK, **options)
