"""A release is sealed whole, read back only as it was sealed, and refused in words when anything about it changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from invented_cells import PROVIDER, STATE, Audit, invented_cells, sealed, written

from partnerlib.disclosure.cells import PUBLIC_COLUMNS
from partnerlib.disclosure.ledger import Ledger
from partnerlib.disclosure.manifest import content_sha256
from partnerlib.disclosure.policy import read_policy
from partnerlib.disclosure.sealed import CELLS, MANIFEST, read_certificate, read_release, write_release
from partnerlib.errors import DataError, ReleaseRefused


def bytes_of(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def test_a_release_written_is_the_release_read(tmp_path: Path) -> None:
    release = sealed(tmp_path)
    read = read_release(write_release(release, tmp_path / "2018", Audit().certificate))
    pd.testing.assert_frame_equal(read.cells, release.cells)
    pd.testing.assert_frame_equal(read.definitions, release.definitions)
    assert read.manifest.release_id == release.manifest.release_id and read.is_whole
    assert list(read.cells.columns) == list(PUBLIC_COLUMNS)
    assert read_certificate(tmp_path / "2018") == Audit().certificate


def test_a_page_reads_only_the_units_it_asks_for(tmp_path: Path) -> None:
    mine = read_release(written(tmp_path), [[("unit_code", "==", PROVIDER)], [("unit_kind", "==", "state")]])
    assert set(mine.cells["unit_code"]) == {PROVIDER, STATE} and not mine.is_whole
    with pytest.raises(ReleaseRefused, match="only a part"):
        write_release(mine, tmp_path / "part", Audit().certificate)


def test_the_same_cells_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    first = bytes_of(written(tmp_path / "a"))
    shuffled = invented_cells().sample(frac=1, random_state=1)
    assert bytes_of(written(tmp_path / "b", cells=shuffled)) == first
    other = bytes_of(written(tmp_path / "c", cells=invented_cells().assign(topic="placement")))
    assert other[CELLS] != first[CELLS] and other[MANIFEST] != first[MANIFEST]


def test_the_manifest_covers_cells_definitions_policy_certificate_inputs_and_ledger(tmp_path: Path) -> None:
    manifest = read_release(written(tmp_path)).manifest
    release = sealed(tmp_path)
    assert manifest.cells_sha256 == content_sha256(release.cells)
    assert manifest.definitions_sha256 == content_sha256(release.definitions)
    assert manifest.policy_sha256 == read_policy("standard").sha256 and manifest.policy == "standard 1"
    assert manifest.certificate_sha256 == hashlib.sha256(Audit().certificate).hexdigest()
    assert manifest.ledger_head == Ledger.read(tmp_path / "ledger").head != ""
    assert manifest.inputs == {"sr_2018.csv": "0" * 64}


@pytest.mark.parametrize("name", ["cells.parquet", "definitions.parquet", "certificate.parquet", "manifest.json"])
def test_a_file_changed_after_sealing_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    for wanted in (None, [[("unit_code", "==", PROVIDER)]]):
        with pytest.raises(ReleaseRefused, match=name.replace(".", r"\.")):
            read_release(folder, wanted)


def test_numbers_put_in_by_hand_are_refused_even_as_a_sound_file(tmp_path: Path) -> None:
    folder = written(tmp_path)
    cells = pd.read_parquet(folder / CELLS)
    cells.loc[cells["withheld"], ["value", "value_low", "value_high"]] = 0.5
    cells.to_parquet(folder / CELLS, index=False)
    with pytest.raises(ReleaseRefused, match="changed after it was sealed"):
        read_release(folder)


@pytest.mark.parametrize("field", ["policy_sha256", "ledger_head", "certificate_sha256", "cells_sha256", "audit"])
def test_a_manifest_edited_in_any_field_is_refused(tmp_path: Path, field: str) -> None:
    folder = written(tmp_path)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest[field] = {"public": {"asked": 4, "exposed": 9}} if field == "audit" else "f" * 64
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ReleaseRefused, match="changed after it was sealed"):
        read_release(folder)


@pytest.mark.parametrize("name", ["cells.parquet", "definitions.parquet", "certificate.parquet", "manifest.json"])
def test_a_half_written_release_is_refused(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path)
    (folder / name).unlink()
    with pytest.raises(ReleaseRefused, match=f"half-written: no {name}"):
        read_release(folder)


def test_a_folder_that_was_never_sealed_is_refused_and_a_missing_one_is_told(tmp_path: Path) -> None:
    invented_cells().to_parquet(tmp_path / CELLS)
    with pytest.raises(ReleaseRefused, match="not a sealed release"):
        read_release(tmp_path)
    with pytest.raises(DataError, match="no such release"):
        read_release(tmp_path / "nothing")


def test_a_failed_write_leaves_the_release_that_stood_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(tmp_path)
    before = bytes_of(folder)
    later = sealed(tmp_path, cells=invented_cells().assign(topic="placement"))

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(OSError, match="no space"):
        write_release(later, folder, Audit().certificate)
    assert bytes_of(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name], "nothing is left beside it"


def test_an_exposed_cell_seals_nothing_and_enters_nothing(tmp_path: Path) -> None:
    exposed = tuple(f"employed, provider 8900000{place}, 2017: found by the public" for place in range(30))
    with pytest.raises(ReleaseRefused) as refused:
        sealed(tmp_path, audit=Audit(exposed))
    said = str(refused.value)
    assert "30 quantities" in said and exposed[0] in said and "and 10 more" in said
    assert refused.value.exit_code == 4
    assert Ledger.read(tmp_path / "ledger").entries == ()


def test_a_policy_that_publishes_what_can_be_found_says_so_in_its_manifest(tmp_path: Path) -> None:
    audit = Audit(("one cell",), {"public": {"asked": 4, "exposed": 1}})
    release = sealed(tmp_path, audit=audit, policy="dese_published")
    assert release.manifest.audit == {"public": {"asked": 4, "exposed": 1}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda cells: cells.assign(numerator=3.0), "numerator, which is not published"),
        (lambda cells: cells.drop(columns="rounding"), "not of the public columns"),
        (lambda cells: pd.concat([cells, cells.head(1)]), "repeat the key"),
        (lambda cells: cells.assign(value=cells["value"].fillna(0.5)), "a number is printed where"),
        (lambda cells: cells.assign(report_year=2019), "cells of report year 2019"),
        (lambda cells: cells.assign(cohort="new"), "not of the public columns"),
    ],
)
def test_cells_that_break_a_promise_are_not_sealed(tmp_path: Path, change: object, told: str) -> None:
    cells = change(invented_cells())  # type: ignore[operator]
    with pytest.raises(ReleaseRefused, match=told):
        sealed(tmp_path, cells)
    assert Ledger.read(tmp_path / "ledger").entries == ()
