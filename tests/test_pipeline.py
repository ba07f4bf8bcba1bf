"""The main job runs what is missing or stale, and only that."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from shipped_sample import built_sample

from partnerlib import pipeline
from partnerlib.disclosure.ledger import Ledger
from partnerlib.disclosure.policy import FOLDER as POLICIES
from partnerlib.disclosure.sealed import read_release
from partnerlib.errors import ParameterError, ReleaseRefused
from partnerlib.project import Project, find_root

YEAR = 2019


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shipped sample, built into a folder of its own."""
    root = find_root(Path(__file__).parent)
    processed = tmp_path_factory.mktemp("pipeline") / "processed"
    shutil.copytree(built_sample(), processed)
    return Project(root, root / "data" / "raw" / "sample", processed, processed.parent / "reports")


@pytest.fixture(scope="module")
def prepared(sample: Project) -> pipeline.Prepared:
    return pipeline.prepare(sample)


def test_tables_that_are_up_to_date_are_not_made_again(sample: Project, prepared: pipeline.Prepared) -> None:
    said: list[str] = []
    before = (sample.processed / "links.parquet").stat().st_mtime_ns
    again = pipeline.prepare(sample, progress=said.append)
    assert said == []
    assert again.key == prepared.key
    assert (sample.processed / "links.parquet").stat().st_mtime_ns == before


MEASURES = ("candidates_placed", "completers_counted", "employed_first_october")
"""Enough for a release whose audit takes seconds: two counts of everybody, and a rate."""


@pytest.fixture(scope="module")
def measured(prepared: pipeline.Prepared) -> pipeline.Prepared:
    """The sample with the estimates of a few measures, up to date."""
    path = pipeline.estimate(prepared, YEAR)
    estimates = pd.read_parquet(path)
    estimates[estimates["measure"].isin(MEASURES)].to_parquet(path, index=False)
    return prepared


@pytest.fixture(scope="module")
def released(measured: pipeline.Prepared) -> Path:
    return pipeline.release(measured, YEAR)


@pytest.fixture
def apart(measured: pipeline.Prepared, released: Path, tmp_path: Path) -> pipeline.Prepared:
    """The same project in folders of its own, to be damaged."""
    shutil.copytree(measured.project.processed, tmp_path / "processed")
    shutil.copytree(measured.project.out, tmp_path / "reports")
    moved = replace(measured.project, processed=tmp_path / "processed", out=tmp_path / "reports")
    return replace(measured, project=moved)


def release_of(prepared: pipeline.Prepared) -> Path:
    return prepared.project.processed / "releases" / str(YEAR)


def test_a_release_is_sealed_entered_in_the_ledger_and_exposes_nobody(
    measured: pipeline.Prepared, released: Path
) -> None:
    sealed = read_release(released)
    ledger = Ledger.read(measured.project.out / "ledger", heads=[sealed.manifest.ledger_head])
    assert released == release_of(measured) and len(ledger.entries) == 1
    assert set(sealed.cells["measure"]) == set(MEASURES)
    assert sealed.cells["withheld"].any() and not sealed.cells["withheld"].all()
    assert set(sealed.manifest.audit) == {"public", "provider", "district", "pair"}
    assert all(found["asked"] > 0 and found["exposed"] == 0 for found in sealed.manifest.audit.values())
    assert 0 < sealed.manifest.loss["all"]["cells"] < 1 and sealed.manifest.loss["state"]["cells"] < 0.1
    assert "sr_2018_oct.csv" in sealed.manifest.inputs or len(sealed.manifest.inputs) > 50


def test_a_release_read_back_withstands_the_attack_and_one_with_exact_parts_does_not(
    measured: pipeline.Prepared, released: Path
) -> None:
    sealed = read_release(released)
    here = measured.project
    found = pipeline.attack(here, sealed.cells, sealed.definitions, sealed.manifest.policy)
    assert found.exposed == () and found.summary["public"]["asked"] > 0
    cells = sealed.cells
    estimates = pd.read_parquet(here.processed / "estimates" / f"{YEAR}.parquet")
    key = ["measure", "unit_kind", "unit_code", "cohort", "window_years", "group", "group_value"]
    true = cells[key].merge(estimates[[*key, "numerator"]], on=key, how="left")["numerator"]
    rounded = cells["rounding"] == "nearest 5"
    assert rounded.any(), "the gate rounds what would give a small count away"
    for name in ("value", "value_low", "value_high"):
        cells[name] = cells[name].mask(rounded, true)
    exact = cells.assign(rounding=cells["rounding"].mask(rounded, "exact"))
    exposed = pipeline.attack(here, exact, sealed.definitions, sealed.manifest.policy).exposed
    assert exposed and all("found by" in each for each in exposed)


def test_a_release_up_to_date_is_not_made_again(measured: pipeline.Prepared, released: Path) -> None:
    said: list[str] = []
    assert pipeline.release(measured, YEAR, progress=said.append) == released
    assert said == []


def test_a_release_made_again_is_the_same_and_adds_no_entry(apart: pipeline.Prepared) -> None:
    folder, ledger = release_of(apart), apart.project.out / "ledger" / "ledger.jsonl"
    before = {file.name: file.read_bytes() for file in folder.iterdir()} | {"ledger": ledger.read_bytes()}
    pipeline.release(apart, YEAR, force=True)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} | {"ledger": ledger.read_bytes()} == before


def test_a_release_changed_after_sealing_is_refused_until_it_is_made_again(apart: pipeline.Prepared) -> None:
    cells = pd.read_parquet(release_of(apart) / "cells.parquet")
    cells.assign(note="by hand").to_parquet(release_of(apart) / "cells.parquet", index=False)
    with pytest.raises(ReleaseRefused, match="changed after it was sealed"):
        pipeline.release(apart, YEAR)
    pipeline.release(apart, YEAR, force=True)
    assert (read_release(release_of(apart)).cells["note"] != "by hand").all()


def test_an_edited_or_shortened_ledger_stops_every_release(apart: pipeline.Prepared) -> None:
    ledger = apart.project.out / "ledger" / "ledger.jsonl"
    whole, manifest = ledger.read_text(), (release_of(apart) / "manifest.json").read_text()
    ledger.write_text(whole.replace(f'"report_year": {YEAR}', '"report_year": 2012'))
    with pytest.raises(ReleaseRefused, match="line 1: edited"):
        pipeline.release(apart, YEAR)
    published = apart.project.out / str(YEAR)
    published.mkdir()
    (published / "manifest.json").write_text(manifest)
    ledger.write_text("")
    with pytest.raises(ReleaseRefused, match="cut short"):
        pipeline.release(apart, YEAR, force=True)
    (published / "manifest.json").write_text("{}")
    with pytest.raises(ReleaseRefused, match="no account of a release"):
        pipeline.release(apart, YEAR)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("people: 10", "people: 5"), "below 6"),
        (("people: 10", "people: 10\n  pupils: 10"), "pupils"),
        (("on_exposure: refuse", "on_exposure: shrug"), "on_exposure"),
    ],
)
def test_a_policy_with_an_unknown_key_or_below_the_floor_makes_no_release(
    apart: pipeline.Prepared, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    text = (POLICIES / "standard.yml").read_text()
    assert change[0] in text
    (tmp_path / "ours.yml").write_text(text.replace(*change, 1))
    before = sorted(apart.project.processed.rglob("*"))
    with pytest.raises(ParameterError, match=told):
        pipeline.release(apart, YEAR, policy=tmp_path / "ours.yml")
    assert sorted(apart.project.processed.rglob("*")) == before


def test_a_release_for_one_organization_names_it_and_a_public_one_does_not(measured: pipeline.Prepared) -> None:
    with pytest.raises(ParameterError, match="say which"):
        pipeline.release(measured, YEAR, policy="owner")
    with pytest.raises(ParameterError, match="goes with --policy owner"):
        pipeline.release(measured, YEAR, owner=("provider", "89000001"))
    with pytest.raises(ParameterError, match="goes with --policy owner"):
        pipeline.release(measured, YEAR, policy="owner", owner=("state", "00000000"))


def test_a_year_outside_the_data_names_the_years_inside(sample: Project, prepared: pipeline.Prepared) -> None:
    with pytest.raises(ParameterError, match="2013 to 2019"):
        pipeline.check_year(prepared.project, 1887)
    assert pipeline.check_year(sample, None) == 2019
