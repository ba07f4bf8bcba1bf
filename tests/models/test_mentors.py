"""A mentor's value added from other years, and what it does as a regressor beside covariates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.few_clusters import linear_few_clusters
from partnerlib.models.hosting import hosting_ladder, hosting_years
from partnerlib.models.linear import Question
from partnerlib.models.mentors import mentor_effects, mentor_ladder
from partnerlib.models.novice_matches import match_ladder, matches_weighted_to_all, placement_matches
from partnerlib.models.regression_calibration import regression_calibration
from partnerlib.models.value_added import ValueAdded, value_added
from partnerlib.models.value_added_drift import drift
from validation.worlds.outcomes import HOSTING, MentoringState, mentoring


@pytest.fixture(scope="module")
def state() -> tuple[MentoringState, ValueAdded]:
    drawn = mentoring(np.random.default_rng(11), True, mentors=200, candidates=150)
    return drawn, value_added(drawn.rows, "math", sample_id="invented")


def test_a_mentors_effect_does_not_change_when_the_hosting_year_does(state: tuple[MentoringState, ValueAdded]) -> None:
    drawn, model = state
    found = mentor_effects(model, drawn.placements)
    row = found.iloc[0]
    years = model.teacher_years
    hosting = (years["mepid"] == row["practitioner_mepid"]) & (years["school_year"] == row["placement_year"])
    assert hosting.any()
    changed = years.assign(effect=years["effect"].mask(hosting, 9.0))
    again = mentor_effects(_with_years(model, changed), drawn.placements)
    assert again.iloc[0]["mentor_effect"] == row["mentor_effect"]
    elsewhere = years.assign(effect=years["effect"].mask(~hosting, years["effect"] + 1))
    assert (
        mentor_effects(_with_years(model, elsewhere), drawn.placements).iloc[0]["mentor_effect"] > row["mentor_effect"]
    )


def _with_years(model: ValueAdded, years: pd.DataFrame) -> ValueAdded:

    return replace(model, teacher_years=years)


def test_all_years_in_which_a_mentor_hosted_can_be_left_out(state: tuple[MentoringState, ValueAdded]) -> None:
    drawn, model = state
    own = mentor_effects(model, drawn.placements)
    every = mentor_effects(model, drawn.placements, hosted=drawn.placements)
    hosts = drawn.placements.drop_duplicates()["practitioner_mepid"].value_counts()
    once = own[own["practitioner_mepid"].map(hosts) == 1].merge(every, on=["practitioner_mepid", "placement_year"])
    often = own[own["practitioner_mepid"].map(hosts) > 1].merge(every, on=["practitioner_mepid", "placement_year"])
    assert (once["mentor_effect_x"] == once["mentor_effect_y"]).all()
    assert (often["mentor_reliability_y"] < often["mentor_reliability_x"]).mean() > 0.5


def test_with_drift_the_effect_is_the_forecast_for_the_placement_year(state: tuple[MentoringState, ValueAdded]) -> None:
    drawn, model = state
    drifting = drift(model.teacher_classes, sample_id="invented")
    found = mentor_effects(drifting, drawn.placements).set_index(["practitioner_mepid", "placement_year"])
    expected = drifting.forecast().set_index(["mepid", "school_year"])["forecast"]
    both = found.join(expected.rename_axis(["practitioner_mepid", "placement_year"]), how="inner")
    assert len(both) > 80
    assert both["mentor_effect"].to_numpy() == pytest.approx(both["forecast"].to_numpy())


def test_the_ladder_states_its_samples_and_falls_as_strength_is_held_fixed(
    state: tuple[MentoringState, ValueAdded],
) -> None:
    drawn, model = state
    ladder = mentor_ladder([model], drawn.hired, sample_id="invented", covariates=["strength"])
    assert [rung.specification for rung in ladder] == [
        "raw", "+ experience", "+ candidate traits", "+ provider", "+ placement school",
    ]  # fmt: skip
    assert ladder[2]["mentor_effect"]["estimate"] < ladder[1]["mentor_effect"]["estimate"]
    assert all(rung.clustering == "CR2 by practitioner_mepid" for rung in ladder)
    by_school = mentor_ladder(
        [model], drawn.hired, sample_id="invented", covariates=["strength"], cluster="placement_school_code"
    )
    assert by_school[0]["mentor_effect"]["estimate"] == pytest.approx(ladder[0]["mentor_effect"]["estimate"])


def test_novices_whose_mentors_teach_untested_grades_cannot_be_asked(state: tuple[MentoringState, ValueAdded]) -> None:
    drawn, model = state
    with pytest.raises(DataError, match="has a mentor with scores in another year"):
        mentor_ladder([model], drawn.hired.assign(practitioner_mepid="nobody"), sample_id="invented")


def test_beside_a_covariate_that_tells_of_the_true_value_shrinking_to_zero_is_not_enough() -> None:
    """Slope of an outcome on the true value is one; the covariate holds half of what the true value is."""
    slopes = {"towards zero": [], "towards the covariates": []}  # type: dict[str, list[float]]
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n = 400
        covariate = rng.normal(size=n)
        true = 0.7 * covariate + rng.normal(0, 0.7, n)
        noise = rng.uniform(0.2, 0.8, n)
        mean = true + rng.normal(0, np.sqrt(noise))
        outcome = true - 0.5 * covariate + rng.normal(0, 0.5, n)
        beside = np.column_stack([np.ones(n), covariate])
        shrunken = mean * 0.98 / (0.98 + noise)
        unit = pd.Series(np.arange(n))
        calibrated, variance = regression_calibration(
            pd.Series(mean), pd.Series(noise), pd.Series(np.ones(n)), unit, beside
        )
        assert variance == pytest.approx(0.49, abs=0.3)
        for name, regressor in {"towards zero": shrunken, "towards the covariates": calibrated}.items():
            slopes[name].append(np.linalg.lstsq(np.column_stack([regressor, beside]), outcome, rcond=None)[0][0])
    right, wrong = np.array(slopes["towards the covariates"]), np.array(slopes["towards zero"])
    assert abs(right.mean() - 1) < 3 * right.std(ddof=1) / np.sqrt(30)
    assert wrong.mean() < 1 - 5 * wrong.std(ddof=1) / np.sqrt(30)


def test_a_regressor_that_is_all_noise_beside_the_covariates_is_refused() -> None:
    n = 50
    with pytest.raises(DataError, match="do not differ beyond noise"):
        regression_calibration(
            pd.Series(np.zeros(n) + np.tile([0.1, -0.1], 25)), pd.Series(np.ones(n)), pd.Series(np.ones(n)),
            pd.Series(np.arange(n)), np.ones((n, 1)),
        )  # fmt: skip


def test_hosting_years_are_those_with_a_candidate_and_the_ones_after() -> None:
    years = pd.DataFrame({"mepid": ["1"] * 4 + ["2"] * 4, "school_year": [2014, 2015, 2016, 2017] * 2})
    placements = pd.DataFrame({"practitioner_mepid": ["1", None], "placement_year": pd.array([2015, 2014], "Int64")})
    found = hosting_years(years, placements, first_year=2013).set_index(["mepid", "school_year"])
    assert found.index.get_level_values("school_year").max() == 2015
    assert found.loc[("1", 2014), ["is_hosting", "hosted_before", "hosts_next_year"]].tolist() == [False, False, True]
    assert found.loc[("1", 2015), ["is_hosting", "hosted_before", "hosts_next_year"]].tolist() == [True, False, False]
    assert not found.loc["2", ["is_hosting", "hosted_before", "hosts_next_year"]].to_numpy().any()


def test_hosts_look_better_than_others_and_not_better_than_themselves(
    state: tuple[MentoringState, ValueAdded],
) -> None:
    drawn, model = state
    ladder = hosting_ladder(
        model.teacher_years, drawn.placements, sample_id="invented", components=model.variances,
        experience=drawn.experience,
    )  # fmt: skip
    assert ladder[0]["is_hosting"]["low"] > 0
    assert ladder[-1]["is_hosting"]["low"] < HOSTING < ladder[-1]["is_hosting"]["high"]
    assert ladder[-1]["is_hosting"]["high"] < ladder[0]["is_hosting"]["estimate"]
    assert "experience 1+" in set(ladder[1].terms["term"])


def test_hosting_without_a_named_practitioner_is_refused() -> None:
    years = pd.DataFrame({"mepid": ["1"], "school_year": [2014]})
    placements = pd.DataFrame({"practitioner_mepid": [None], "placement_year": [2014]})
    with pytest.raises(DataError, match="no placement names"):
        hosting_years(years, placements)


def test_a_match_is_unknown_where_either_side_is() -> None:
    hired = pd.DataFrame(
        {"mepid": ["1", "2", "3"], "placement_grade": ["04", "04", None], "first_job_grade": ["04", "05", "05"],
         "practitioner_course_area": ["02", "02", "02"]}
    )  # fmt: skip
    subjects = pd.DataFrame({"mepid": ["1", "2"], "first_job_course_area": ["02", "01"]})
    found = placement_matches(hired, subjects)
    assert found["same_grade"].tolist() == [True, False, pd.NA]
    assert found["same_subject"].tolist() == [True, False, pd.NA]
    assert "same_high_needs" not in found


def test_matches_are_asked_with_errors_for_few_clusters(state: tuple[MentoringState, ValueAdded]) -> None:
    drawn, model = state
    ladder = match_ladder([model], drawn.hired, sample_id="invented", exposures=["is_match"], covariates=["strength"])
    assert [rung.clustering for rung in ladder] == ["CR2 by first_job_school_code"] * 4
    assert 5 < ladder[-1].statistics["df is_match"] < ladder[-1].clusters


def test_novices_in_tested_grades_are_weighted_to_look_like_those_who_could_have_been_seen(
    state: tuple[MentoringState, ValueAdded],
) -> None:
    drawn, model = state
    chance = np.random.default_rng(3)
    seen = drawn.hired.assign(license_field=chance.choice(["elementary", "english"], len(drawn.hired), p=[0.8, 0.2]))
    unseen = seen.assign(mepid="unseen " + seen["mepid"], license_field="english")
    late = seen.assign(mepid="late " + seen["mepid"], first_job_year=model.teacher_effects["school_year"].max() + 1)
    asked = {"sample_id": "invented", "exposures": ["is_match"]}
    selection, (plain, weighted) = matches_weighted_to_all(
        [model], pd.concat([seen, unseen, late]), **asked, traits=["license_field"]
    )
    second = match_ladder([model], seen, **asked, covariates=())[1]
    pd.testing.assert_frame_equal(plain.keep("is_match").terms, second.keep("is_match").terms)
    assert set(selection.weights.index) == {*seen["mepid"], *unseen["mepid"]}
    field = seen.set_index("mepid")["license_field"]
    weights = selection.weights[field.index].groupby(field).mean()
    english = (field == "english").sum()
    assert weights["english"] / weights["elementary"] == pytest.approx((english + len(unseen)) / english)
    assert weighted["is_match"]["estimate"] != plain["is_match"]["estimate"]
    assert weighted.n == plain.n


def test_an_exposure_that_hardly_any_cluster_tells_about_is_said() -> None:
    rng = np.random.default_rng(2)
    school = np.repeat(np.arange(20), 10)
    frame = pd.DataFrame({"y": rng.normal(size=200), "x": (school < 2).astype(float), "school": school})
    question = Question("y", ("x",), "invented", "school", "person", "invented")
    found = linear_few_clusters(frame.assign(person=np.arange(200)), question, "x")
    assert found.statistics["df x"] < 4
    assert any("fewer than 4 degrees of freedom" in sentence for sentence in found.cautions)


def test_more_terms_than_rows_end_a_ladder_with_the_reason(state: tuple[MentoringState, ValueAdded]) -> None:
    drawn, model = state
    few = drawn.hired.head(6).assign(**{f"trait {i}": np.random.default_rng(i).normal(size=6) for i in range(20)})
    traits = [f"trait {i}" for i in range(20)]
    ladder = match_ladder([model], few, sample_id="invented", exposures=["is_match"], covariates=traits)
    assert [rung.specification for rung in ladder] == ["raw", "+ experience"]
    assert any("'+ candidate traits' cannot be asked" in sentence for sentence in ladder[-1].cautions)
