"""What an event study says about the years before, and how much of its answer stands when trends were not parallel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from adoption_worlds import ASKED, invented_cells, invented_panel
from scipy import optimize

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import AdoptionPanel, adoption_panel
from partnerlib.models.event_study import EventStudy
from partnerlib.models.imputation import imputed_effects
from partnerlib.models.staggered_adoption import group_time_effects


@pytest.fixture(scope="module")
def study() -> EventStudy:
    return group_time_effects(invented_panel(2)).event_study()


@pytest.fixture(scope="module")
def many() -> list[EventStudy]:
    return [group_time_effects(invented_panel(seed, units=60, growth=0.0)).event_study() for seed in range(160)]


def test_the_year_before_the_start_is_zero_and_has_no_error(study: EventStudy) -> None:
    base = study.effects.set_index("since").loc[-1]
    assert base["estimate"] == 0.0 and np.isnan(base["std_error"])


def test_the_joint_test_is_hotellings_for_one_cohort_of_starters() -> None:
    """One cohort and one comparison of the same size: F of the difference of two multivariate means, unequal spread."""
    cells = invented_cells(3, units=60)
    one = cells[cells["grant_year"].isna() | (cells["grant_year"] == 2014)]
    study = group_time_effects(adoption_panel(one, ASKED)).event_study()
    wide = one.pivot(index="district_code", columns="school_year", values="share_hired")
    starts = one.groupby("district_code")["grant_year"].first()
    steps = wide[[2011, 2012]].sub(wide[2013], axis=0)
    parts = [steps[starts.notna()], steps[starts.isna()]]
    gap = parts[0].mean() - parts[1].mean()
    spread = sum(part.cov() / len(part) for part in parts)
    statistic = gap @ np.linalg.solve(spread, gap)
    test = study.pretrend()
    v = study.degrees[:2].min()
    assert test.statistic == pytest.approx(statistic * (v - 1) / (v * 2), rel=1e-9)
    assert test.effects == 2


def test_the_pretrend_test_rejects_equal_trends_about_once_in_twenty(many: list[EventStudy]) -> None:
    p_values = np.array([study.pretrend().p_value for study in many])
    assert 0.01 <= np.mean(p_values < 0.05) <= 0.10


def test_a_trend_before_the_start_is_found() -> None:
    cells = invented_cells(4, units=120)
    drift = 0.6 * (cells["school_year"] - cells["grant_year"]).fillna(0)
    study = group_time_effects(adoption_panel(cells.assign(share_hired=cells["share_hired"] + drift), ASKED))
    assert study.event_study().pretrend().p_value < 0.01


def test_without_drift_the_sensitive_interval_is_the_plain_one(study: EventStudy) -> None:
    plain = study.mean_after()["effect"]
    first = study.sensitivity([0.0]).iloc[0]
    assert first["lowest"] == first["highest"] == pytest.approx(plain["estimate"])
    assert (first["low"], first["high"]) == pytest.approx((plain["low"], plain["high"]), rel=0.02)


def test_the_bounds_are_those_of_the_linear_program(study: EventStudy) -> None:
    """Rambachan & Roth's set solved as they write it: every drift after the start within M times the largest before."""
    allowance = 1.5
    since = study.effects["since"].to_numpy()
    values = study.effects["estimate"].to_numpy()
    after = since >= 0
    changes = np.diff(values[since < 0])
    largest = np.abs(changes).max()
    horizon = int(after.sum())
    # variables: drift in each year after; consecutive differences bounded, the drift of year -1 is zero
    steps = np.eye(horizon) - np.eye(horizon, k=-1)
    rows, limit = np.vstack([steps, -steps]), np.full(2 * horizon, allowance * largest)
    weights = np.full(horizon, 1 / horizon)
    ends = [
        optimize.linprog(sign * weights, A_ub=rows, b_ub=limit, bounds=[(None, None)] * horizon).fun
        for sign in (1.0, -1.0)
    ]
    row = study.sensitivity([allowance]).iloc[0]
    mean = values[after].mean()
    assert row["lowest"] == pytest.approx(mean + ends[0], rel=1e-8)
    assert row["highest"] == pytest.approx(mean - ends[1], rel=1e-8)


def test_at_the_breakdown_the_interval_reaches_zero(study: EventStudy) -> None:
    breakdown = study.breakdown()
    assert 0 < breakdown < 100
    row = study.sensitivity([breakdown]).iloc[0]
    assert min(abs(row["low"]), abs(row["high"])) == pytest.approx(0.0, abs=1e-4)


def test_an_effect_that_is_not_told_from_zero_breaks_down_at_once() -> None:
    quiet = group_time_effects(invented_panel(6, effect=0.0)).event_study()
    assert quiet.breakdown() == 0.0


def test_the_interval_holds_the_effect_when_the_drift_goes_on_as_before() -> None:
    """Treated districts drift by 0.5 a year before and after: the plain interval misses, the one at M = 1 holds."""
    plain, allowed = 0, 0
    for seed in range(40):
        cells = invented_cells(seed, units=90, growth=0.0, effect=0.0)
        drift = 0.5 * (cells["school_year"] - cells["grant_year"]).fillna(0)
        panel = adoption_panel(cells.assign(share_hired=cells["share_hired"] + drift), ASKED)
        rows = group_time_effects(panel).event_study().sensitivity([0.0, 1.0])
        holds = (rows["low"] <= 0) & (rows["high"] >= 0)
        plain, allowed = plain + bool(holds[0]), allowed + bool(holds[1])
    assert plain < 6 and allowed >= 38


def test_the_simultaneous_band_holds_all_effects_at_once() -> None:
    """The critical value lies between that of one interval and Bonferroni's."""
    study = group_time_effects(invented_panel(2, units=200)).event_study()
    critical = study.critical_value(np.random.default_rng(1))
    assert 2.0 < critical < 3.2


def test_years_before_of_the_imputation_have_no_common_base_and_no_sensitivity() -> None:
    study = imputed_effects(invented_panel(2)).event_study()
    with pytest.raises(ParameterError, match="no common base"):
        study.sensitivity()


def test_without_a_second_year_before_there_is_nothing_to_hold_drift_against() -> None:
    cells = invented_cells(2)
    short = cells[(cells["school_year"] >= 2013) & ~cells["grant_year"].isin([2013, 2016])]
    with pytest.raises(DataError, match="the panel begins too late"):
        group_time_effects(adoption_panel(short, ASKED)).event_study().sensitivity()
    with pytest.raises(DataError, match="nothing to test"):
        group_time_effects(adoption_panel(short, ASKED)).event_study().pretrend()


def test_more_years_before_than_treated_units_can_tell_are_refused() -> None:
    cells = invented_cells(2)
    few = cells[cells["grant_year"].isna() | cells["district_code"].isin(["95060000", "95070000"])]
    with pytest.raises(DataError, match="too few to test all years at once"):
        group_time_effects(adoption_panel(few, ASKED), "never treated").event_study().pretrend()


def test_a_balanced_study_averages_the_same_cohorts_in_every_year_after() -> None:
    panel: AdoptionPanel = invented_panel(2)
    found = group_time_effects(panel)
    balanced = found.event_study(balanced_to=3).effects.set_index("since")
    assert balanced.index.max() == 3
    effects = found.effects[found.effects["cohort"].isin([2013, 2014])]
    sizes = pd.Series(panel.first).value_counts()
    for since in range(4):
        chosen = effects[effects["year"] - effects["cohort"] == since]
        expected = np.average(chosen["estimate"], weights=chosen["cohort"].map(sizes))
        assert balanced.loc[since, "estimate"] == pytest.approx(expected)
    with pytest.raises(ParameterError, match="no cohort is seen 9 years"):
        found.event_study(balanced_to=9)


def test_the_covariance_is_that_of_many_panels(many: list[EventStudy]) -> None:
    """Standard errors of years before against the spread over 160 panels: 18% is three of its own errors."""
    values = np.array([study.effects["estimate"] for study in many])
    errors = np.array([study.effects["std_error"] for study in many])
    since = many[0].effects["since"]
    assert all(since.equals(study.effects["since"]) for study in many)
    for place in np.flatnonzero(since < -1):
        ratio = np.sqrt(np.mean(errors[:, place] ** 2)) / values[:, place].std(ddof=1)
        assert 0.82 < ratio < 1.18, since[place]


def test_estimates_name_each_year_and_say_that_a_flat_past_proves_little(study: EventStudy) -> None:
    table = study.to_estimates()
    assert {"2 years before", "1 year before", "year of the start", "1 year after"} <= set(table.terms["term"])
    assert any("do not prove" in sentence for sentence in table.wrong_if)
