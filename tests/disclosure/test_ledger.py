"""The ledger holds every release ever made; edited, cut or moved it is refused, and so are small differences."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from invented_cells import PROVIDER, invented_cells, sealed

from partnerlib.disclosure.ledger import Ledger
from partnerlib.disclosure.versions import small_differences
from partnerlib.errors import ReleaseRefused


def changed(size: float, code: str = PROVIDER) -> pd.DataFrame:
    """The invented cells with another count of one unit's completers."""
    cells = invented_cells()
    here = (cells["unit_code"] == code) & (cells["measure"] == "completers_counted")
    cells.loc[here, ["value", "value_low", "value_high"]] = size
    return cells


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("three")
    for cells in (invented_cells(), changed(150), changed(170)):
        sealed(folder, cells)
    return folder / "ledger"


@pytest.fixture
def ledger(three: Path, tmp_path: Path) -> Path:
    """A ledger of three releases."""
    return Path(shutil.copytree(three, tmp_path / "ledger"))


def test_each_release_is_an_entry_that_holds_the_hash_of_the_one_before(ledger: Path) -> None:
    entries = Ledger.read(ledger).entries
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.before for entry in entries] == ["", entries[0].sha256, entries[1].sha256]
    assert Ledger.read(ledger).head == entries[-1].sha256
    assert len((ledger / "ledger.jsonl").read_text().splitlines()) == 3


def test_the_same_content_released_again_adds_nothing(ledger: Path) -> None:
    before = (ledger / "ledger.jsonl").read_bytes()
    again = sealed(ledger.parent, changed(150).sample(frac=1, random_state=3))
    assert (ledger / "ledger.jsonl").read_bytes() == before
    assert again.manifest.ledger_head == Ledger.read(ledger).entries[1].sha256


def test_an_earlier_release_is_given_back_as_it_was_published(ledger: Path) -> None:
    newest = Ledger.read(ledger).entries[-1]
    earlier = Ledger.read(ledger).earlier_of(2018, besides=newest.release_id)
    assert [release.entry.number for release in earlier] == [1, 2]
    pd.testing.assert_frame_equal(earlier[0].cells, sealed(ledger.parent).cells)
    assert set(earlier[0].definitions["measure"]) == {"completers_counted", "employed", "distance"}
    assert "130" not in repr(earlier[0])


def test_a_page_for_one_owner_is_earlier_for_that_owner_only(tmp_path: Path) -> None:
    sealed(tmp_path, audience=f"provider:{PROVIDER}")
    ledger = Ledger.read(tmp_path / "ledger")
    assert ledger.earlier_of(2018) == ()
    assert len(ledger.earlier_of(2018, f"provider:{PROVIDER}")) == 1


def edit(old: str, new: str) -> Callable[[Path], object]:
    def apply(folder: Path) -> None:
        text = (folder / "ledger.jsonl").read_text()
        assert old in text
        (folder / "ledger.jsonl").write_text(text.replace(old, new, 1))

    return apply


def lines(keep: Callable[[list[str]], list[str]]) -> Callable[[Path], object]:
    def apply(folder: Path) -> None:
        held = (folder / "ledger.jsonl").read_text().splitlines(keepends=True)
        (folder / "ledger.jsonl").write_text("".join(keep(held)))

    return apply


def rehashed(folder: Path) -> None:
    """An edit by somebody who computes the entry's own hash anew, but not those of all later ones."""
    held = (folder / "ledger.jsonl").read_text().splitlines()
    entry = Ledger.read(folder).entries[0]
    forged = {**json.loads(held[0]), "report_year": 2012}
    forged["sha256"] = type(entry)(**forged).computed()
    (folder / "ledger.jsonl").write_text("\n".join([json.dumps(forged), *held[1:]]) + "\n")


def copy_of(folder: Path, place: int = 0) -> Path:
    return folder / "cells" / f"{Ledger.read(folder).entries[place].cells_file}.parquet"


def change_copy(folder: Path) -> None:
    changed(131).to_parquet(copy_of(folder))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "edited": (edit('"report_year": 2018', '"report_year": 2017'), "line 1: edited"),
    "edited and rehashed": (rehashed, "line 2: not in its place"),
    "reordered": (lines(lambda held: [held[1], held[0], held[2]]), "line 1: not in its place"),
    "a line removed": (lines(lambda held: [held[0], held[2]]), "line 2: not in its place"),
    "the first line removed": (lines(lambda held: held[1:]), "line 1: not in its place"),
    "a line twice": (lines(lambda held: [held[0], *held]), "line 2: not in its place"),
    "no JSON": (lines(lambda held: [*held, "a remark\n"]), "line 4: not an entry"),
    "half a line": (lines(lambda held: [held[0], held[1][:40]]), "not whole"),
    "a copy missing": (lambda folder: copy_of(folder).unlink(), "copy of a release's cells is missing"),
    "a copy changed": (change_copy, "copy of a release's cells was changed"),
}


@pytest.mark.parametrize(("damage", "told"), DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_ledger_is_refused_with_the_line_and_publishes_nothing(
    ledger: Path, damage: Callable[[Path], object], told: str
) -> None:
    damage(ledger)
    with pytest.raises(ReleaseRefused, match=told) as refused:
        Ledger.read(ledger)
    assert "nothing is published" in str(refused.value) and refused.value.exit_code == 4


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_ledger_cut_short_does_not_hold_what_a_published_manifest_names(ledger: Path, kept: int) -> None:
    head = Ledger.read(ledger).head
    lines(lambda held: held[:kept])(ledger)
    Ledger.read(ledger)
    with pytest.raises(ReleaseRefused, match="cut short"):
        Ledger.read(ledger, heads=[head])


def test_a_ledger_that_was_lost_is_missed(ledger: Path) -> None:
    head = Ledger.read(ledger).head
    (ledger / "ledger.jsonl").unlink()
    with pytest.raises(ReleaseRefused, match="cut short or of another place"):
        Ledger.read(ledger, heads=[head])


def test_invented_and_real_people_share_no_ledger(ledger: Path) -> None:
    with pytest.raises(ReleaseRefused, match="about invented people; give another --out"):
        sealed(ledger.parent, changed(190), is_synthetic=False)


def test_two_runs_never_write_one_ledger_at_the_same_time(ledger: Path) -> None:
    (ledger / ".lock").write_text(str(os.getpid()))
    with pytest.raises(ReleaseRefused, match=f"process {os.getpid()} is releasing"):
        sealed(ledger.parent, changed(190))
    (ledger / ".lock").write_text("999999999")  # of a run that died
    sealed(ledger.parent, changed(190))
    assert len(Ledger.read(ledger).entries) == 4


def test_a_release_not_audited_beside_the_newest_one_is_not_entered(ledger: Path) -> None:
    stale = Ledger.read(ledger)
    sealed(ledger.parent, changed(190))
    release = sealed(ledger.parent, changed(190))
    entry = Ledger.read(ledger).entries[-1]
    with pytest.raises(ReleaseRefused, match="4 releases now, not those audited"):
        stale.append(type(entry)(**{**vars(entry), "release_id": "f" * 64}), release.cells, release.definitions)


def of_release(folder: Path, cells: pd.DataFrame) -> pd.DataFrame:
    sealed(folder, invented_cells())
    return small_differences(cells, Ledger.read(folder / "ledger").earlier_of(2018), threshold=10)


@pytest.mark.parametrize(("size", "is_small"), [(130, False), (131, True), (139, True), (140, False), (121, True)])
def test_an_exact_count_differs_from_an_earlier_one_by_nothing_or_by_ten(
    tmp_path: Path, size: int, is_small: bool
) -> None:
    found = of_release(tmp_path, changed(size))
    assert len(found) == int(is_small)
    if is_small:
        assert found.loc[0, ["unit_code", "measure", "column"]].tolist() == [PROVIDER, "completers_counted", "value"]
        assert "130" not in found.to_string() and str(size) not in found.to_string()


def test_a_rounded_or_withheld_count_tells_no_small_difference(tmp_path: Path) -> None:
    cells = changed(131)
    here = (cells["unit_code"] == PROVIDER) & (cells["measure"] == "completers_counted")
    cells.loc[here, ["value", "value_low", "value_high"]] = (130.0, 128.0, 132.0)
    assert of_release(tmp_path, cells.assign(rounding="nearest 5")).empty


def test_the_same_people_under_another_measure_are_compared_as_well(tmp_path: Path) -> None:
    cells = changed(131)
    renamed = cells.assign(measure=cells["measure"].replace("completers_counted", "completers_by_age"))
    assert of_release(tmp_path, renamed)["measure"].tolist() == ["completers_by_age"]
