"""The models on the shipped synthetic sample, from its files through every panel: no estimate is grossly off.

The sample is one draw of a very small state: 30 schools, some 250 new teachers. Its school losses alone can hide or
double the planted effect on leaving, so an interval that holds the planted value there would be luck, and one that
misses it no defect. What is asked is what luck does not decide: an estimate four standard errors away means that files,
links, panels or models have lost or turned round what was planted. Whether the models are unbiased and their intervals
honest is asked of many larger states, in the files beside this one named after generated states.
"""

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
PLANTED_ON_LOSS = {
    "hired_in_placement_school": "hired_where_placed_on_loss",
    "hired_in_placement_district": "hired_in_placement_district_on_loss",
}
GROSS = 4
"""Standard errors from the planted value beyond which chance is no explanation, few clusters or not."""


@pytest.fixture(scope="module")
def panels() -> Panels:
    return load_panels(built_sample())


@pytest.fixture(scope="module")
def leaving(panels: Panels) -> Estimates:
    """Hazard of losing a new teacher from the school of the first job, with both planted exposures side by side.

    Held fixed is what the files know of the two confounders the generator uses: the need of the school, with which
    losses rise, and the grades of the candidate, which go with strength. Neither is the confounder itself.
    """
    sample = non_equivalents(panels)
    spells = spells_of_new_teachers(sample.frame, panels.careers, level="school")
    periods = person_periods(spells.dropna(subset=list(PLANTED_ON_LOSS)))
    return hazard_model(
        periods,
        exposures=list(PLANTED_ON_LOSS),
        covariates=["first_job_is_high_needs", "grade_point_average"],
        cluster="first_job_school_code",
        level="school",
        sample_id=sample.sample_id,
    )


@pytest.mark.parametrize(("term", "parameter"), PLANTED_ON_LOSS.items())
def test_the_effect_on_leaving_is_not_grossly_off(leaving: Estimates, term: str, parameter: str) -> None:
    """Can show that hired and placed, stayed and left are mixed up; cannot show a bias of one or two errors."""
    row = leaving[term]
    assert abs(row["estimate"] - PLANTED[parameter]) < GROSS * row["std_error"]
    assert leaving.people > 200 and leaving.clusters > 20


@pytest.fixture(scope="module")
def models(panels: Panels) -> dict[str, ValueAdded]:
    return {
        subject: value_added(panels.lazy_classrooms, subject, sample_id="tested_classrooms-all")
        for subject in ("math", "ela")
    }


@pytest.mark.parametrize("subject", ["math", "ela"])
def test_the_spread_of_teachers_is_not_grossly_off(models: dict[str, ValueAdded], subject: str) -> None:
    """Can show scores, rosters or teachers joined wrongly: the spread would vanish. Cannot show a bias of a tenth."""
    lasting = models[subject].components["sd of lasting teacher effects"]
    assert abs(lasting["estimate"] - PLANTED[f"value_added_sd_{subject}"]) < GROSS * lasting["std_error"]


def test_a_small_state_says_that_it_is_small(models: dict[str, ValueAdded]) -> None:
    assert any("grades and years hold" in sentence for sentence in models["math"].components.cautions)


def test_every_tested_teacher_and_year_has_one_effect_with_a_reliability(models: dict[str, ValueAdded]) -> None:
    effects = models["math"].teacher_effects
    assert not effects.duplicated(["mepid", "school_year", "subject"]).any()
    assert effects["reliability"].between(0, 1).all()
    assert (effects["effect_shrunken"].abs() <= effects["effect"].abs()).all()
    assert effects["n_students"].sum() == models["math"].coefficients.n
