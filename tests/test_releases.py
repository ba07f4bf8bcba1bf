"""A year is released when nobody is exposed, sealed, entered in the ledger, and not made twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shipped_sample import YEAR, measured_sample

from partnerlib import explanations, pipeline, releases
from partnerlib.disclosure.canaries import people_in
from partnerlib.disclosure.ledger import Ledger
from partnerlib.disclosure.owners import is_own
from partnerlib.disclosure.policy import FOLDER as POLICIES
from partnerlib.disclosure.sealed import read_release
from partnerlib.errors import ParameterError, ReleaseRefused
from partnerlib.reports import gate

MEASURES = ("candidates_placed", "completers_counted", "employed_first_october")
"""Enough for a release whose audit takes seconds: two counts of everybody, and a rate."""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Prepared:
    return measured_sample(tmp_path_factory.mktemp("released"), MEASURES)


@pytest.fixture(scope="module")
def released(measured: pipeline.Prepared) -> Path:
    return releases.release(measured, YEAR)


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
    attacks = dict(sealed.manifest.audit)
    alone = attacks.pop("primary")
    assert set(attacks) == {"public", "provider", "district", "pair"}
    assert all(found["asked"] > 0 and found["exposed"] == 0 for found in attacks.values())
    assert 0 < alone["exact"] <= alone["exposed"] <= alone["asked"], "what the gate is for"
    assert 0 < sealed.manifest.loss["all"]["cells"] < 1 and sealed.manifest.loss["state"]["people"] < 0.1
    totals = sealed.cells[(sealed.cells["unit_kind"] == "state") & (sealed.cells["group"] == "")]
    assert len(totals) and not totals["withheld"].any(), "what stands for the whole state is never withheld"
    assert "sr_2018_oct.csv" in sealed.manifest.inputs or len(sealed.manifest.inputs) > 50


def test_a_policy_that_publishes_what_can_be_found_says_how_much(measured: pipeline.Prepared, released: Path) -> None:
    folder = releases.release(measured, YEAR, policy="dese_published")
    account = read_release(folder).manifest
    assert set(account.audit) == {"public"} and 0 < account.audit["public"]["exact"] < account.audit["public"]["asked"]
    told = explanations.of_release(folder)
    assert f"{account.audit['public']['exact']:,} of them told exactly" in told
    sealed = read_release(folder)
    again = releases.attack(measured.project, sealed.cells, sealed.definitions, account.policy)
    assert again.summary == account.audit and again.exposed == ()


def test_counts_told_exactly_are_those_of_the_estimates(measured: pipeline.Prepared, released: Path) -> None:
    """A whole percent beside an exact n under 100 is the count itself: every such small count is told."""
    cells = read_release(releases.release(measured, YEAR, policy="dese_published")).cells
    rates = cells[(cells["measure"] == "employed_first_october") & cells["value"].notna() & (cells["group"] == "")]
    rates = rates[(rates["n"] < 100) & ~rates["unit_kind"].isin(["state", "partnership"])]
    estimates = pd.read_parquet(measured.project.processed / "estimates" / f"{YEAR}.parquet")
    key = ["measure", "unit_kind", "unit_code", "cohort", "window_years", "group", "group_value"]
    true = rates[key].merge(estimates[[*key, "numerator"]], on=key)["numerator"].to_numpy()
    assert (np.rint(rates["value"].to_numpy(float) * rates["n"].to_numpy(float)) == true).all()


def test_a_release_for_one_owner_is_the_public_one_with_its_own_cells_plain(
    measured: pipeline.Prepared, released: Path
) -> None:
    owner = ("provider", "89000001")
    own = read_release(releases.release(measured, YEAR, policy="owner", owner=owner))
    public, key = read_release(released), ["measure", "unit_kind", "unit_code", "cohort", "window_years", "group_value"]
    mine = is_own(own.cells, owner)
    others = public.cells[~is_own(public.cells, owner)].reset_index(drop=True)
    pd.testing.assert_frame_equal(own.cells[~mine].reset_index(drop=True), others)
    assert not own.cells.loc[mine, "withheld"].any() and public.cells.loc[is_own(public.cells, owner), "withheld"].any()
    estimates = pd.read_parquet(measured.project.processed / "estimates" / f"{YEAR}.parquet")
    plain = own.cells[mine & own.cells["n"].notna().to_numpy()].merge(estimates[[*key, "group", "denominator"]])
    assert (plain["n"] == plain["denominator"]).all() and (plain["n"] < 10).any()
    assert own.manifest.audience == "provider:89000001"
    found = releases.attack(
        measured.project, own.cells, own.definitions, own.manifest.policy, audience=own.manifest.audience
    )
    assert found.exposed == () and found.summary["provider"]["asked"] > 0


def test_a_policy_for_owners_protects_all_others_as_the_public_one_does(
    measured: pipeline.Prepared, tmp_path: Path
) -> None:
    text = (POLICIES / "owner.yml").read_text()
    (tmp_path / "ours.yml").write_text(
        text.replace("people: 10 ", "people: 12 ").replace("people: 10\n", "people: 12\n")
    )
    with pytest.raises(ParameterError, match="those of the public release"):
        releases.release(measured, YEAR, policy=tmp_path / "ours.yml", owner=("provider", "89000001"))


def test_nobody_of_the_tables_stands_in_the_files_of_a_release_and_one_who_does_stops_it(
    apart: pipeline.Prepared, tmp_path: Path
) -> None:
    here, sealed = apart.project, read_release(release_of(apart))
    gate.with_files(tmp_path / "2019", sealed, here.notebooks / "reports", processed=here.processed)
    assert len(people_in(here.processed)) > 1000
    file = here.processed / "candidates.parquet"
    people = pd.read_parquet(file)
    printed = sealed.cells.loc[sealed.cells["unit_kind"] == "provider", "unit_name"].iloc[0].split()
    people.loc[0, ["first_name", "last_name"]] = [printed[0], " ".join(printed[1:])]
    people.to_parquet(file, index=False)
    with pytest.raises(ReleaseRefused, match=r"cells\.csv: holds a name or identifier") as refused:
        gate.with_files(tmp_path / "again", sealed, here.notebooks / "reports", processed=here.processed)
    assert refused.value.exit_code == 4 and printed[0] not in str(refused.value)


def test_a_release_read_back_withstands_the_attack_and_one_with_exact_parts_does_not(
    measured: pipeline.Prepared, released: Path
) -> None:
    sealed = read_release(released)
    here = measured.project
    found = releases.attack(here, sealed.cells, sealed.definitions, sealed.manifest.policy)
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
    exposed = releases.attack(here, exact, sealed.definitions, sealed.manifest.policy).exposed
    assert exposed and all("found by" in each for each in exposed)


def test_a_release_up_to_date_is_not_made_again(measured: pipeline.Prepared, released: Path) -> None:
    said: list[str] = []
    assert releases.release(measured, YEAR, progress=said.append) == released
    assert said == []


def test_a_release_made_again_is_the_same_and_adds_no_entry(apart: pipeline.Prepared) -> None:
    folder, ledger = release_of(apart), apart.project.out / "ledger" / "ledger.jsonl"
    before = {file.name: file.read_bytes() for file in folder.iterdir()} | {"ledger": ledger.read_bytes()}
    releases.release(apart, YEAR, force=True)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} | {"ledger": ledger.read_bytes()} == before


def test_a_release_changed_after_sealing_is_refused_until_it_is_made_again(apart: pipeline.Prepared) -> None:
    cells = pd.read_parquet(release_of(apart) / "cells.parquet")
    cells.assign(note="by hand").to_parquet(release_of(apart) / "cells.parquet", index=False)
    with pytest.raises(ReleaseRefused, match="changed after it was sealed"):
        releases.release(apart, YEAR)
    releases.release(apart, YEAR, force=True)
    assert (read_release(release_of(apart)).cells["note"] != "by hand").all()


def test_an_edited_or_shortened_ledger_stops_every_release(apart: pipeline.Prepared) -> None:
    ledger = apart.project.out / "ledger" / "ledger.jsonl"
    whole, manifest = ledger.read_text(), (release_of(apart) / "manifest.json").read_text()
    ledger.write_text(whole.replace(f'"report_year": {YEAR}', '"report_year": 2012'))
    with pytest.raises(ReleaseRefused, match="line 1: edited"):
        releases.release(apart, YEAR)
    published = apart.project.out / str(YEAR)
    published.mkdir()
    (published / "manifest.json").write_text(manifest)
    ledger.write_text("")
    with pytest.raises(ReleaseRefused, match="cut short"):
        releases.release(apart, YEAR, force=True)
    (published / "manifest.json").write_text("{}")
    with pytest.raises(ReleaseRefused, match="no account of a release"):
        releases.release(apart, YEAR)


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
        releases.release(apart, YEAR, policy=tmp_path / "ours.yml")
    assert sorted(apart.project.processed.rglob("*")) == before


def test_a_release_for_one_organization_names_it_and_a_public_one_does_not(measured: pipeline.Prepared) -> None:
    with pytest.raises(ParameterError, match="say which"):
        releases.release(measured, YEAR, policy="owner")
    with pytest.raises(ParameterError, match="goes with --policy owner"):
        releases.release(measured, YEAR, owner=("provider", "89000001"))
    with pytest.raises(ParameterError, match="goes with --policy owner"):
        releases.release(measured, YEAR, policy="owner", owner=("state", "00000000"))
