"""Group-time effects are differences of changes that anybody can take by hand, and their errors are Welch's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from adoption_worlds import ASKED, invented_cells, invented_panel
from scipy import stats

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import NEVER, AdoptionPanel, adoption_panel, covariate_matrix
from partnerlib.models.staggered_adoption import AGGREGATIONS, GroupTimeEffects, group_time_effects


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return invented_cells()


@pytest.fixture(scope="module")
def panel(cells: pd.DataFrame) -> AdoptionPanel:
    return adoption_panel(cells, ASKED)


def mean_change(cells: pd.DataFrame, who: pd.Series, before: int, year: int) -> float:
    of = cells[who].pivot(index="district_code", columns="school_year", values="share_hired")
    return float((of[year] - of[before]).mean())


def test_every_effect_is_a_difference_of_two_mean_changes(cells: pd.DataFrame, panel: AdoptionPanel) -> None:
    for comparison in ("never treated", "not yet treated"):
        effects = group_time_effects(panel, comparison).effects  # type: ignore[arg-type]
        assert len(effects) == 3 * 8
        for row in effects.itertuples():
            later = cells["grant_year"] > max(row.year, row.cohort - 1)
            waits = later & (cells["grant_year"] != row.cohort) & (comparison == "not yet treated")
            expected = mean_change(cells, cells["grant_year"] == row.cohort, row.cohort - 1, row.year) - mean_change(
                cells, cells["grant_year"].isna() | waits, row.cohort - 1, row.year
            )
            assert row.estimate == pytest.approx(expected, abs=1e-12)


def test_with_a_varying_base_years_before_are_steps_of_one_year(cells: pd.DataFrame, panel: AdoptionPanel) -> None:
    effects = group_time_effects(panel, "never treated", "year before each").effects
    steps = effects[effects["year"] < effects["cohort"]]
    assert len(steps) == 1 + 2 + 4
    for row in steps.itertuples():
        expected = mean_change(cells, cells["grant_year"] == row.cohort, row.year - 1, row.year) - mean_change(
            cells, cells["grant_year"].isna(), row.year - 1, row.year
        )
        assert row.estimate == pytest.approx(expected, abs=1e-12)


def test_two_years_and_one_start_are_welchs_test(cells: pd.DataFrame) -> None:
    two = cells[cells["school_year"].isin([2013, 2014]) & (cells["grant_year"].isna() | (cells["grant_year"] == 2014))]
    effect = group_time_effects(adoption_panel(two, ASKED), "never treated").aggregate()["effect"]
    wide = two.pivot(index="district_code", columns="school_year", values="share_hired")
    starts = two.groupby("district_code")["grant_year"].first()
    change = wide[2014] - wide[2013]
    welch = stats.ttest_ind(change[starts.notna()], change[starts.isna()], equal_var=False)
    low, high = welch.confidence_interval()
    assert effect["p_value"] == pytest.approx(welch.pvalue, rel=1e-9)
    assert (effect["low"], effect["high"]) == pytest.approx((low, high), rel=1e-9)


def test_aggregates_are_the_means_their_names_say(panel: AdoptionPanel) -> None:
    found = group_time_effects(panel)
    effects = found.effects[found.effects["year"] >= found.effects["cohort"]]
    sizes = pd.Series(panel.first[panel.first < NEVER]).value_counts()
    weights = effects["cohort"].map(sizes)
    assert found.aggregate()["effect"]["estimate"] == pytest.approx(np.average(effects["estimate"], weights=weights))
    by_cohort = effects.groupby("cohort")["estimate"].mean()
    cohort = found.aggregate("cohort")
    assert cohort["start in 2014"]["estimate"] == pytest.approx(by_cohort[2014])
    assert cohort["effect"]["estimate"] == pytest.approx(np.average(by_cohort, weights=sizes[by_cohort.index]))
    in_2014 = effects[effects["year"] == 2014]
    calendar = found.aggregate("calendar year")
    expected = np.average(in_2014["estimate"], weights=in_2014["cohort"].map(sizes))
    assert calendar["in 2014"]["estimate"] == pytest.approx(expected)
    years = [name for name in calendar.terms["term"] if name != "effect"]
    assert calendar["effect"]["estimate"] == pytest.approx(np.mean([calendar[name]["estimate"] for name in years]))
    study = found.event_study().effects.set_index("since")
    after_two = effects[effects["year"] - effects["cohort"] == 2]
    expected = np.average(after_two["estimate"], weights=after_two["cohort"].map(sizes))
    assert study.loc[2, "estimate"] == pytest.approx(expected)


def reweighted(panel: AdoptionPanel, unit: int, amount: float) -> AdoptionPanel:
    weights = panel.weights.copy()
    weights[unit] += amount
    return replace(panel, weights=weights)


@pytest.mark.parametrize("asked", [{}, {"covariates": ["trait"]},
                                   {"covariates": ["trait"], "adjustment": "outcome regression"}])  # fmt: skip
def test_the_influence_of_a_unit_is_what_the_answer_moves_by_when_it_counts_more(
    panel: AdoptionPanel, asked: dict[str, object]
) -> None:
    """The derivative, taken numerically: an error in any part of an influence function would show here."""
    found = group_time_effects(panel, **asked)  # type: ignore[arg-type]
    post = (found.effects["year"] >= found.effects["cohort"]).to_numpy()
    influence = found._influence_of(found._shares(post)[None, :], "drawn")[:, 0]

    def value(unit: int, step: float) -> float:
        moved = group_time_effects(reweighted(panel, unit, step), **asked)  # type: ignore[arg-type]
        return float(moved.aggregate()["effect"]["estimate"])

    for unit in range(0, len(panel.units), 7):
        slope = (value(unit, 1e-4) - value(unit, -1e-4)) / 2e-4
        assert influence[unit] / len(panel.units) == pytest.approx(slope, abs=2e-7)


def test_the_doubly_robust_effect_equals_regression_and_logit_of_statsmodels(
    cells: pd.DataFrame, panel: AdoptionPanel
) -> None:
    found = group_time_effects(panel, "never treated", covariates=["trait"])
    simple = group_time_effects(panel, "never treated", covariates=["trait"], adjustment="outcome regression")
    design, first = covariate_matrix(panel, ["trait"], 2013), panel.first
    treated, never = first == 2014, first == NEVER
    change = panel.outcome[:, 2016 - 2011] - panel.outcome[:, 2013 - 2011]
    left = change - design @ sm.OLS(change[never], design[never]).fit().params
    used = treated | never
    chance = sm.Logit(treated[used].astype(float), design[used]).fit(disp=0, tol=1e-12).predict(design)
    expected = left[treated].mean() - np.average(left[never], weights=(chance / (1 - chance))[never])
    for result, value in ((found, expected), (simple, left[treated].mean())):
        row = result.effects[(result.effects["cohort"] == 2014) & (result.effects["year"] == 2016)]
        assert row["estimate"].item() == pytest.approx(value, rel=1e-8)


def test_with_coarser_clusters_errors_add_up_within_them(cells: pd.DataFrame) -> None:
    """Units in pairs that are copies of each other: the error is that of half as many units."""
    region = cells["district_code"]
    twin = cells.assign(district_code=cells["district_code"] + "b", region=region)
    doubled = pd.concat([cells.assign(region=region), twin], ignore_index=True)
    clustered = group_time_effects(adoption_panel(doubled, replace(ASKED, cluster="region"))).aggregate()["effect"]
    single = group_time_effects(adoption_panel(cells, ASKED))
    influence = single._influence_of(
        single._shares((single.effects["year"] >= single.effects["cohort"]).to_numpy())[None, :], "fixed"
    )
    units = len(single.panel.units)
    expected = np.sqrt((influence**2).sum() / units**2 * units / (units - 1))
    assert clustered["std_error"] == pytest.approx(expected, rel=1e-9)


def test_effects_of_cohorts_that_gain_less_later_are_found_and_two_way_fixed_effects_misses_them() -> None:
    from partnerlib.models.imputation import imputed_effects
    from partnerlib.models.stacked import stacked_effect, two_way_fixed_effects

    cells = invented_cells(3, units=80, noise=1e-9)
    panel = adoption_panel(cells, ASKED)
    treated = cells[cells["gain"] > 0]
    truth = treated["gain"].mean()
    assert group_time_effects(panel).aggregate()["effect"]["estimate"] == pytest.approx(truth, abs=1e-6)
    assert imputed_effects(panel).overall()["effect"]["estimate"] == pytest.approx(truth, abs=1e-6)
    window = treated[treated["school_year"] - treated["grant_year"] <= 2]["gain"].mean()
    assert stacked_effect(panel)["effect"]["estimate"] == pytest.approx(window, abs=1e-6)
    assert abs(two_way_fixed_effects(panel)["effect"]["estimate"] - truth) > 0.2 * truth


def test_a_unit_without_one_year_counts_in_the_others(cells: pd.DataFrame) -> None:
    holes = cells.drop(index=cells.index[(cells["school_year"] == 2015) & (cells["district_code"] < "95200000")])
    effects = group_time_effects(adoption_panel(holes, ASKED), "never treated").effects
    row = effects[(effects["cohort"] == 2014) & (effects["year"] == 2015)].iloc[0]
    seen = holes[holes["district_code"] >= "95200000"]
    expected = mean_change(seen, seen["grant_year"] == 2014, 2013, 2015) - mean_change(
        seen, seen["grant_year"].isna(), 2013, 2015
    )
    assert row["estimate"] == pytest.approx(expected)
    full = group_time_effects(adoption_panel(cells, ASKED), "never treated").effects
    assert row["treated_units"] < full[(full["cohort"] == 2014) & (full["year"] == 2015)]["treated_units"].item()


def test_who_was_treated_from_the_first_year_on_is_left_out_and_counted(cells: pd.DataFrame) -> None:
    late = cells[cells["school_year"] >= 2013]
    panel = adoption_panel(late, ASKED)
    always = late.loc[late["grant_year"] == 2013, "district_code"].nunique()
    assert any(f"{always} units were treated from the first year on" in sentence for sentence in panel.cautions)
    assert 2013 not in panel.cohorts


def test_a_start_after_the_last_year_is_no_start_yet(cells: pd.DataFrame) -> None:
    early = adoption_panel(cells[cells["school_year"] <= 2015], ASKED)
    assert set(early.cohorts) == {2013, 2014}
    assert (early.first == NEVER).sum() == cells.drop_duplicates("district_code")["grant_year"].isin([2016]).sum() + (
        cells.drop_duplicates("district_code")["grant_year"].isna().sum()
    )


def test_years_in_which_everybody_has_started_are_left_out_and_said(cells: pd.DataFrame) -> None:
    treated = cells.dropna(subset=["grant_year"])
    found = group_time_effects(adoption_panel(treated, ASKED))
    assert found.effects["year"].max() == 2015
    assert any("No units that have not started by then" in sentence for sentence in found.cautions)


def test_few_treated_units_are_called_few() -> None:
    cells = invented_cells(units=12)
    treated = cells.drop_duplicates("district_code")["grant_year"].notna().sum()
    assert f"Only {treated} treated units" in " ".join(adoption_panel(cells, ASKED).cautions)
    one = cells[cells["grant_year"].isna() | (cells["district_code"] == "95020000")]
    assert "One unit alone starts in 2013" in " ".join(adoption_panel(one, ASKED).cautions)


def alone(seed: int) -> AdoptionPanel:
    """Eighteen districts that never start, and three that start in three different years; no effect."""
    cells = invented_cells(seed, units=60, effect=0.0)
    never = cells.loc[cells["grant_year"].isna(), "district_code"].unique()[:18]
    starters = ["95020000", "95040000", "95060000"]  # of 2013, 2014 and 2016, as the first eight are dealt
    return adoption_panel(cells[cells["district_code"].isin([*never, *starters])], ASKED)


def test_units_that_start_alone_get_an_error_from_how_the_others_vary() -> None:
    """By itself such a unit has no spread: taken as it stands its error would be a third of the true one."""
    from partnerlib.models.imputation import imputed_effects

    panels = [alone(seed) for seed in range(50)]
    by_groups = [group_time_effects(panel).aggregate()["effect"] for panel in panels]
    imputed = [imputed_effects(panel).overall()["effect"] for panel in panels]
    for rows in (by_groups, imputed):
        spread = np.std([row["estimate"] for row in rows], ddof=1)
        errors = np.array([row["std_error"] for row in rows])
        assert 0.75 < np.sqrt(np.mean(errors**2)) / spread < 1.35
        assert np.mean([row["low"] <= 0 <= row["high"] for row in rows]) >= 0.9


def test_one_starter_alone_has_the_error_of_one_unit_among_those_that_never_start(cells: pd.DataFrame) -> None:
    two = cells[cells["school_year"].isin([2013, 2014])]
    one = two[two["grant_year"].isna() | (two["district_code"] == "95040000")]
    effect = group_time_effects(adoption_panel(one, ASKED), "never treated").aggregate()["effect"]
    wide = one.pivot(index="district_code", columns="school_year", values="share_hired")
    change = (wide[2014] - wide[2013]).drop("95040000")
    assert effect["std_error"] == pytest.approx(change.std() * np.sqrt(1 + 1 / len(change)), rel=1e-9)


def refused(cells: pd.DataFrame, words: str, **changes: object) -> None:
    with pytest.raises(DataError, match=words):
        group_time_effects(adoption_panel(cells, replace(ASKED, **changes)))  # type: ignore[arg-type]


def test_a_question_that_the_panel_cannot_answer_is_refused(cells: pd.DataFrame) -> None:
    refused(cells.assign(share_hired=0.5), "share_hired is 0.5 in all")
    refused(cells.assign(grant_year=np.nan), "nobody is treated")
    refused(cells.assign(grant_year=2014.0), "all units start in 2014: nobody is left to compare with")
    refused(pd.concat([cells, cells.iloc[:1]]), "1 rows repeat a district_code and school_year, such as 95000000 in")
    refused(cells[cells["school_year"] != 2015], "no row has school_year 2015")
    refused(cells.assign(grant_year=cells["school_year"]), "grant_year changes within 60 units")
    started = cells["school_year"] >= cells["grant_year"]
    refused(cells.assign(share_hired=cells["share_hired"].where(started)), "no cohort has both a year before its start")
    known = cells.assign(share_hired=cells["share_hired"].where(cells["grant_year"].notna()))
    with pytest.raises(DataError, match="units that never start to compare with"):
        group_time_effects(adoption_panel(known, ASKED), "never treated")
    refused(cells.assign(state="MA"), "one state only", cluster="state")
    refused(cells.rename(columns={"share_hired": "share_hire"}), "did you mean 'share_hire'")


def test_covariates_that_tell_the_sides_apart_have_no_overlap(cells: pd.DataFrame) -> None:
    apart = cells.assign(trait=cells["grant_year"].notna() + 0.01 * cells["trait"])
    with pytest.raises(DataError, match="no overlap"):
        group_time_effects(adoption_panel(apart, ASKED), "never treated", covariates=["trait"])


def test_words_that_do_not_exist_are_answered_with_the_nearest(panel: AdoptionPanel) -> None:
    with pytest.raises(ParameterError, match="never treated"):
        group_time_effects(panel, "nevertreated")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="cohort"):
        group_time_effects(panel).aggregate("cohorts")


def test_every_aggregate_says_what_it_is_and_rests_on(panel: AdoptionPanel) -> None:
    found: GroupTimeEffects = group_time_effects(panel)
    for by in AGGREGATIONS:
        result = found.aggregate(by)
        assert "change in the share hired: mean over" in result.estimand
        assert result.sample_id == "invented-0a" and result.clusters == 60 and result.wrong_if


def test_weights_make_a_district_count_as_its_size(cells: pd.DataFrame) -> None:
    panel = adoption_panel(cells, replace(ASKED, weights="students"))
    effects = group_time_effects(panel, "never treated").effects
    row = effects[(effects["cohort"] == 2014) & (effects["year"] == 2016)].iloc[0]
    wide = cells.pivot(index="district_code", columns="school_year", values="share_hired")
    about = cells.groupby("district_code")[["grant_year", "students"]].first()
    change = wide[2016] - wide[2013]

    def mean(who: pd.Series) -> float:
        return float(np.average(change[who], weights=about["students"][who]))

    assert row["estimate"] == pytest.approx(mean(about["grant_year"] == 2014) - mean(about["grant_year"].isna()))


def test_the_seed_is_all_that_differs_between_panels() -> None:
    assert np.array_equal(invented_panel(2).outcome, invented_panel(2).outcome)
