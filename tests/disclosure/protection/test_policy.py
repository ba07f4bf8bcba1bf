"""A policy is read whole, or refused with every problem and the nearest right word."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
import yaml

from partnerlib.disclosure.policy import FLOOR, FOLDER, parsed, policies, read_policy
from partnerlib.errors import ParameterError


def written(**changes: object) -> dict:
    """The standard policy's own settings, some changed; a dot leads into a section."""
    settings = copy.deepcopy(yaml.safe_load((FOLDER / "standard.yml").read_text(encoding="utf-8")))
    for name, value in changes.items():
        section, _, key = name.rpartition("__")
        (settings[section] if section else settings)[key] = value
    return settings


def refusal(**changes: object) -> str:
    with pytest.raises(ParameterError) as error:
        parsed(written(**changes), "ours.yml")
    return str(error.value)


def test_the_three_policies_of_the_library_are_valid() -> None:
    assert policies() == ("dese_published", "owner", "standard")
    assert {name: read_policy(name).on_exposure for name in policies()} == {
        "standard": "refuse", "owner": "refuse", "dese_published": "state",
    }  # fmt: skip


def test_an_unknown_key_is_refused_with_the_nearest_right_one() -> None:
    assert "thresholds.peeple: no such setting; did you mean 'people'?" in refusal(thresholds__peeple=12)


def test_a_missing_key_is_named() -> None:
    settings = written()
    del settings["sizes"]["rounding"]
    with pytest.raises(ParameterError, match=r"sizes\.rounding: missing"):
        parsed(settings, "ours.yml")


def test_a_threshold_below_the_floor_is_refused_for_every_domain() -> None:
    for domain, floor in FLOOR.items():
        assert f"thresholds.{domain}: {floor - 1} is below {floor}" in refusal(**{f"thresholds__{domain}": floor - 1})


def test_the_floor_claims_no_law() -> None:
    told = refusal(thresholds__people=3)
    assert "the lowest the department itself publishes under" in told
    assert "law" not in told and "legal" not in told


def test_all_problems_are_told_at_once() -> None:
    told = refusal(thresholds__people=2, percents__bands={2: 50, 61: 7}, means__significant_digits=9, sizes__nearest=5)
    for part in (
        "thresholds.people",
        "percents.bands.61: 7 points do not divide 100",
        "means.significant_digits",
        "sizes.nearest",
    ):
        assert part in told


def test_a_band_that_leaves_fewer_than_three_whole_numbers_is_refused_with_the_n_from_which_it_may_stand() -> None:
    assert "from 300 people on it leaves enough" in refusal(percents__bands={10: 50, 200: 1})


def test_bands_must_begin_at_the_threshold() -> None:
    assert "percents.bands: none for 10 to 15 people" in refusal(percents__bands={16: 20})


def test_words_and_numbers_are_not_taken_for_each_other() -> None:
    assert "thresholds.people: '10'; expected a whole number" in refusal(thresholds__people="10")
    assert "thresholds.people: True; expected a whole number" in refusal(thresholds__people=True)
    assert "percents.style: 'band'; did you mean 'bands'?" in refusal(percents__style="band")


def test_a_file_that_is_no_mapping_or_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="expected the settings name, version"):
        parsed(["people", 10], "ours.yml")
    path = tmp_path / "ours.yml"
    path.write_text("thresholds: [10", encoding="utf-8")
    with pytest.raises(ParameterError, match="not YAML"):
        read_policy(path)


def test_an_unknown_policy_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ParameterError, match="did you mean 'standard'"):
        read_policy("standart")


def test_a_policy_cannot_be_changed_after_it_was_read() -> None:
    policy = read_policy("standard")
    with pytest.raises(FrozenInstanceError):
        policy.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        policy.percents.bands[10] = 1  # type: ignore[index]


def test_the_hash_follows_every_setting_and_nothing_else() -> None:
    policy = read_policy("standard")
    assert policy.sha256 == parsed(written(), "elsewhere.yml").sha256 == pickle.loads(pickle.dumps(policy)).sha256
    other = [
        parsed(written(**change), "").sha256
        for change in ({"version": 2}, {"thresholds__index": 40}, {"complement__insiders": 3})
    ]
    assert len({policy.sha256, *other}) == 4


def test_what_the_department_prints_is_whole_percents_under_its_own_thresholds() -> None:
    policy = read_policy("dese_published")
    assert (policy.thresholds.people, policy.thresholds.tests, policy.thresholds.growth) == (6, 10, 20)
    assert policy.percents.style == "whole" and policy.complement.against == ()
    assert policy.ratings.withhold_uniform and policy.ratings.parent_and_child
