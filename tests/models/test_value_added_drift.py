"""Forecasts from other years: equal to the explicit covariance matrix, and right about invented teachers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.value_added import ValueAdded, value_added
from partnerlib.models.value_added_drift import Drift, drift, forecast_bias, held_out_forecast
from partnerlib.models.variance_components import teacher_year_sums
from validation.worlds.outcomes import autocovariance, classrooms, drifting_effects

STATES = 10


@pytest.fixture(scope="module")
def states() -> list[tuple[pd.DataFrame, ValueAdded, Drift]]:
    """Four hundred teachers over six years, two classes each year: what is true, the model and its drift."""
    found = []
    for seed in range(STATES):
        rng = np.random.default_rng(seed)
        state = classrooms(rng, drifting_effects(rng, 400, 6), size=8)
        model = value_added(state.rows, "math", sample_id="invented")
        found.append((state.truth, model, drift(model.teacher_classes, sample_id="invented")))
    return found


@pytest.fixture(scope="module")
def gaps() -> Drift:
    """Few teachers with years missing, classes of uneven size and some co-taught students."""
    rng = np.random.default_rng(4)
    teacher, year = np.divmod(np.arange(60 * 5), 5)
    taught = rng.random(300) < 0.7
    cells = pd.DataFrame({"mepid": teacher.astype(str), "school_year": 2015 + year})[taught]
    cells = cells.loc[cells.index.repeat(rng.integers(1, 4, len(cells)))].reset_index(drop=True)
    cells["class_number"] = np.arange(len(cells))
    rows = cells.loc[cells.index.repeat(rng.integers(3, 25, len(cells)))].reset_index(drop=True)
    lasting = rng.normal(0, 0.3, 60)
    rows["residual"] = lasting[rows["mepid"].astype(int)] + rng.normal(0, 0.1, len(cells))[rows["class_number"]]
    rows["residual"] += rng.normal(0, 0.5, len(rows))
    rows["weight"] = rng.choice([1.0, 0.5], len(rows), p=[0.9, 0.1])
    return drift(teacher_year_sums(rows, ("mepid", "school_year", "class_number")), sample_id="invented")


def by_hand(model: Drift, mepid: str, target: int, left_out: set[int]) -> tuple[float, float] | None:
    """The forecast of one teacher and year, with the covariance matrix of the years used written out."""
    own = model.years[(model.years["mepid"] == mepid) & ~model.years["school_year"].isin(left_out)]
    if own.empty:
        return None
    years = own["school_year"].tolist()
    last = len(model.by_lag) - 1
    sigma = np.array([[model.by_lag[min(abs(a - b), last)] for a in years] for b in years])
    sigma += np.diag(own["noise"])
    gamma = np.array([model.by_lag[min(abs(target - a), last)] for a in years])
    inverse = np.linalg.inv(sigma)
    return float(gamma @ inverse @ own["effect"]), float(gamma @ inverse @ gamma / model.by_lag[0])


@pytest.mark.parametrize("left_out", [(0,), (-1, 0)], ids=["leaving out the year", "and the year before"])
def test_every_forecast_equals_the_explicit_covariance_matrix(gaps: Drift, left_out: tuple[int, ...]) -> None:
    found = gaps.forecast(left_out=left_out).set_index(["mepid", "school_year"])
    seen = 0
    for row in gaps.years.itertuples():
        expected = by_hand(gaps, row.mepid, row.school_year, {row.school_year + offset for offset in left_out})
        if expected is None:
            assert (row.mepid, row.school_year) not in found.index
            continue
        forecast = found.loc[(row.mepid, row.school_year)]
        assert (forecast["forecast"], forecast["reliability"]) == pytest.approx(expected, rel=1e-10)
        seen += 1
    assert seen == len(found) > 150


def test_a_year_without_classes_and_years_left_out_by_name_are_forecast_too(gaps: Drift) -> None:
    mepid = gaps.years["mepid"].value_counts().index[0]
    targets = pd.DataFrame({"mepid": mepid, "school_year": [2021, 2017], "also_left_out": [(2015,), (2016, 2019)]})
    found = gaps.forecast(targets)
    assert found["forecast"][0] == pytest.approx(by_hand(gaps, mepid, 2021, {2015, 2021})[0], rel=1e-10)  # type: ignore[index]
    assert found["forecast"][1] == pytest.approx(by_hand(gaps, mepid, 2017, {2016, 2017, 2019})[0], rel=1e-10)  # type: ignore[index]


def test_covariances_equal_sums_over_all_pairs_of_years(gaps: Drift) -> None:
    for lag in (1, 3):
        pairs = [
            (np.sqrt(a.weight * b.weight), a.effect, b.effect)
            for a in gaps.years.itertuples()
            for b in gaps.years.itertuples()
            if a.mepid == b.mepid and a.school_year - b.school_year == lag
        ]
        weight, one, other = np.array(pairs).T
        expected = np.average(one * other, weights=weight)
        expected -= np.average(one, weights=weight) * np.average(other, weights=weight)
        term = f"{lag} year{'s' * (lag > 1)} apart"
        assert gaps.autocovariances[term]["estimate"] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("lag", range(6))
def test_planted_covariances_are_found_at_every_lag(
    states: list[tuple[pd.DataFrame, ValueAdded, Drift]], lag: int
) -> None:
    planted = autocovariance(lag)
    rows = [model.autocovariances.terms.iloc[lag] for _, _, model in states]
    found = np.array([row["estimate"] for row in rows])
    # Centring on some 200 colleagues of a grade takes a two-hundredth away.
    assert abs(found.mean() - planted) < 3 * found.std(ddof=1) / np.sqrt(STATES) + planted / 200
    assert found.std(ddof=1) < 0.35 * planted
    assert sum(row["low"] <= planted <= row["high"] for row in rows) >= STATES - 2


def test_one_unit_of_forecast_is_one_unit_of_the_true_effect_of_the_year(
    states: list[tuple[pd.DataFrame, ValueAdded, Drift]],
) -> None:
    """And the forecast with one covariance for all years is not: it trusts far years as much as near ones."""
    slopes, correlations, flat = [], [], []
    for truth, model, drifting in states:
        both = truth.merge(drifting.forecast(), on=["mepid", "school_year"])
        both = both.merge(model.leaving_out(both), on=["mepid", "school_year"])
        slopes.append(np.polyfit(both["forecast"], both["effect_x"], 1)[0])
        correlations.append(both["forecast"].corr(both["effect_x"]))
        flat.append(both["effect_shrunken"].corr(both["effect_x"]))
    assert abs(np.mean(slopes) - 1) < 3 * np.std(slopes, ddof=1) / np.sqrt(STATES) + 0.005
    assert np.std(slopes, ddof=1) < 0.05
    assert min(np.subtract(correlations, flat)) > 0


def test_the_reliability_claimed_is_the_squared_correlation_with_the_truth(
    states: list[tuple[pd.DataFrame, ValueAdded, Drift]],
) -> None:
    gaps = []
    for truth, _, drifting in states:
        both = truth.merge(drifting.forecast(), on=["mepid", "school_year"])
        gaps.append(both["forecast"].corr(both["effect"]) ** 2 - both["reliability"].mean())
    assert abs(np.mean(gaps)) < 3 * np.std(gaps, ddof=1) / np.sqrt(STATES) + 0.01


def test_the_forecast_of_a_year_that_was_not_used_is_unbiased(
    states: list[tuple[pd.DataFrame, ValueAdded, Drift]],
) -> None:
    found = held_out_forecast(states[0][1].teacher_classes, 2017, sample_id="invented")["forecast"]
    assert found["low"] < 0 < found["high"]
    assert found["std_error"] < 0.15


def test_students_sorted_on_what_no_score_shows_bias_the_forecast_of_the_next_year() -> None:
    """Whoever taught well is sent students that gain less from then on: the forecast overstates."""
    rng = np.random.default_rng(12)
    effects = drifting_effects(rng, 400, 6)
    effects[:, 5] -= 0.6 * effects[:, 4]
    state = classrooms(rng, effects, size=8)
    model = value_added(state.rows, "math", sample_id="invented")
    found = held_out_forecast(model.teacher_classes, 2017, sample_id="invented")
    assert found["forecast"]["high"] < 0
    assert found.statistics["slope"] == pytest.approx(1 + found["forecast"]["estimate"])


def test_errors_of_the_forecast_are_unrelated_to_it(states: list[tuple[pd.DataFrame, ValueAdded, Drift]]) -> None:
    for left_out in ((0,), (-1, 0)):
        found = forecast_bias(states[0][2], sample_id="invented", left_out=left_out)
        assert abs(found["forecast"]["estimate"]) < found["forecast"]["std_error"]


def test_one_class_a_year_is_said_and_needs_no_split_of_class_and_teacher() -> None:
    rng = np.random.default_rng(3)
    state = classrooms(rng, drifting_effects(rng, 200, 3), classes=1, size=10)
    model = drift(value_added(state.rows, "math", sample_id="invented").teacher_classes, sample_id="invented")
    assert "same year" not in set(model.autocovariances.terms["term"])
    assert any("two classes in a year" in sentence for sentence in model.autocovariances.cautions)
    assert model.by_lag[0] > model.by_lag[1]


def test_one_year_of_scores_cannot_show_drift() -> None:
    rng = np.random.default_rng(3)
    state = classrooms(rng, drifting_effects(rng, 40, 1))
    with pytest.raises(DataError, match="two years"):
        drift(value_added(state.rows, "math", sample_id="invented").teacher_classes, sample_id="invented")


def test_a_year_outside_the_data_is_refused_with_the_years_inside(
    states: list[tuple[pd.DataFrame, ValueAdded, Drift]],
) -> None:
    with pytest.raises(ParameterError, match=r"2030.*2012"):
        held_out_forecast(states[0][1].teacher_classes, 2030, sample_id="invented")
