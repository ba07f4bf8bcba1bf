"""The models on the shipped synthetic sample: what was planted lies in the 95% intervals, and those say something."""

from __future__ import annotations

import json

import pytest
from shipped_sample import RAW, built_sample

from partnerlib.models.new_teachers import spells_of_new_teachers
from partnerlib.models.results import Estimates
from partnerlib.models.retention import hazard_model, person_periods
from partnerlib.models.value_added import ValueAdded, value_added
from partnerlib.panels import Panels, load_panels
from partnerlib.samples import non_equivalents

PLANTED = json.loads((RAW / "truth" / "truth.json").read_text())["parameters"]


@pytest.fixture(scope="module")
def panels() -> Panels:
    return load_panels(built_sample())


@pytest.fixture(scope="module")
def leaving(panels: Panels) -> Estimates:
    """Hazard of losing a new teacher from the school of the first job, with both planted exposures side by side.

    High-needs schools lose more people whoever they hire, and a school's losses are shared by its teachers: need is
    held fixed and errors are clustered by the school of the job.
    """
    sample = non_equivalents(panels)
    spells = spells_of_new_teachers(sample.frame, panels.careers, level="school")
    exposures = ["hired_in_placement_school", "hired_in_placement_district"]
    periods = person_periods(spells.dropna(subset=exposures))
    return hazard_model(
        periods,
        exposures=exposures,
        covariates=["first_job_is_high_needs"],
        cluster="first_job_school_code",
        level="school",
        sample_id=sample.sample_id,
    )


@pytest.mark.parametrize(
    ("term", "parameter"),
    [
        ("hired_in_placement_school", "hired_where_placed_on_loss"),
        ("hired_in_placement_district", "hired_in_placement_district_on_loss"),
    ],
)
def test_the_planted_effect_on_leaving_lies_in_the_interval(leaving: Estimates, term: str, parameter: str) -> None:
    row = leaving[term]
    assert row["low"] < PLANTED[parameter] < row["high"]
    assert row["high"] - row["low"] < 1.6
    assert leaving.people > 200 and leaving.clusters > 20


@pytest.fixture(scope="module")
def models(panels: Panels) -> dict[str, ValueAdded]:
    return {
        subject: value_added(panels.lazy_classrooms, subject, sample_id="tested_classrooms-all")
        for subject in ("math", "ela")
    }


@pytest.mark.parametrize("subject", ["math", "ela"])
def test_the_planted_spread_of_teachers_lies_in_the_interval(models: dict[str, ValueAdded], subject: str) -> None:
    components = models[subject].components
    lasting = components["sd of lasting teacher effects"]
    assert lasting["low"] < PLANTED[f"value_added_sd_{subject}"] < lasting["high"]
    assert lasting["high"] < 2 * PLANTED[f"value_added_sd_{subject}"]


def test_a_small_state_says_that_it_is_small(models: dict[str, ValueAdded]) -> None:
    assert any("grades and years hold" in sentence for sentence in models["math"].components.cautions)


def test_every_tested_teacher_and_year_has_one_effect_with_a_reliability(models: dict[str, ValueAdded]) -> None:
    effects = models["math"].teacher_effects
    assert not effects.duplicated(["mepid", "school_year", "subject"]).any()
    assert effects["reliability"].between(0, 1).all()
    assert (effects["effect_shrunken"].abs() <= effects["effect"].abs()).all()
    assert effects["n_students"].sum() == models["math"].coefficients.n
