"""On the shipped sample the panels give back what the synthetic state planted, exactly."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from shipped_sample import RAW, built_sample, true_identities

from partnerlib.panels import Panels, load_panels
from partnerlib.samples import SAMPLES

MARGINALS = json.loads((RAW / "truth" / "truth.json").read_text())["marginals"]


@pytest.fixture(scope="module")
def sample_panels() -> Panels:
    return load_panels(built_sample())


@pytest.mark.parametrize(
    ("column", "marginal"),
    [
        ("retained_school", "retained_school"),
        ("retained_district", "retained_district"),
        ("retained_state_position", "retained_state"),
    ],
)
def test_retention_is_the_simulated_one(sample_panels: Panels, column: str, marginal: str) -> None:
    careers = sample_panels.careers
    rate = careers.loc[careers["is_teacher"], column].mean()
    assert rate == pytest.approx(MARGINALS[marginal], abs=2e-3)


def test_employment_in_the_first_october_is_the_simulated_one(sample_panels: Panels) -> None:
    jobs = sample_panels.first_jobs
    observed = jobs.loc[jobs["is_completer"] & (jobs["completion_year"] < sample_panels.school_years[1])]
    rate = observed["employed_first_october"].astype(float).mean()
    assert rate == pytest.approx(MARGINALS["completers_employed_first_october"], abs=5e-3)


def test_hired_where_placed_is_the_truth_for_every_person(sample_panels: Panels) -> None:
    hired = SAMPLES["hired_completers"](sample_panels).frame.merge(true_identities(), on="candidate_id")
    for column, planted in (
        ("hired_in_placement_school", "hired_placed"),
        ("hired_in_placement_district", "hired_district"),
    ):
        agree = hired[column].astype(bool) == (hired[planted] == "1")
        assert len(hired) > 300 and agree.mean() >= 0.99


def test_every_sample_of_the_shipped_state_has_people_and_a_ledger_that_adds_up(sample_panels: Panels) -> None:
    for name, choose in SAMPLES.items():
        result = choose(sample_panels)
        assert len(result.frame), name
        assert result.ledger["rows"].iloc[0] - result.ledger["dropped_rows"].sum() == len(result.frame), name


def test_reading_as_of_an_earlier_year_changes_no_answer_already_known(sample_panels: Panels) -> None:
    _, last = sample_panels.school_years
    earlier = load_panels(built_sample(), as_of=last - 2)
    key = ["mepid", "school_year"]
    then = earlier.careers.loc[earlier.careers["outcome"].notna(), [*key, "outcome"]]
    now = then[key].merge(sample_panels.careers[[*key, "outcome"]], on=key, how="left")
    pd.testing.assert_series_equal(then["outcome"].reset_index(drop=True), now["outcome"])
    assert earlier.first_jobs["first_job_year"].max() <= last - 2
