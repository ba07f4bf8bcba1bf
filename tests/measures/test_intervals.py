"""Every interval equals the one a reference implementation gives for a single unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from measures.invented import SOME_ORGANIZATIONS
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.regression.linear_model import WLS
from statsmodels.stats.proportion import proportion_confint

from partnerlib.measures import intervals
from partnerlib.measures.cells import Cells, arrange
from partnerlib.measures.results import Concentration, LifeTable, Mean, Median
from partnerlib.measures.summaries import summarise

CODES = SOME_ORGANIZATIONS["organization_code"]


def two_units(rows: int, rng: np.random.Generator) -> tuple[pd.DataFrame, Cells]:
    frame = pd.DataFrame(
        {
            "cohort": 2018,
            "person": rng.choice([f"p{n}" for n in range(rows // 2)], rows),
            "provider_code": rng.choice(CODES[:2], rows),
        }
    )
    return frame, arrange(frame, ["provider"], 1, 2018, {})["provider"]


def rows_of(frame: pd.DataFrame, cells: Cells, unit: int) -> np.ndarray:
    return (frame["provider_code"] == cells.unit_codes[unit]).to_numpy()


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (641, 1421)])
def test_a_rate_has_the_score_interval_of_its_test(successes: int, trials: int) -> None:
    """The bounds are the shares at which the score test just rejects: |p - p0| / sqrt(p0 (1 - p0) / n) = 1.96."""
    low, high = intervals.of_rate(np.array([float(successes)]), np.array([float(trials)]))
    share = successes / trials
    for bound in (low[0], high[0]):
        if 1e-6 < bound < 1 - 1e-6:
            score = abs(share - bound) / np.sqrt(bound * (1 - bound) / trials)
            assert score == pytest.approx(stats.norm.ppf(0.975), rel=1e-6)
    assert (low[0], high[0]) == pytest.approx(proportion_confint(successes, trials, method="wilson"))


def test_a_rate_of_nobody_has_no_interval() -> None:
    low, high = intervals.of_rate(np.array([0.0]), np.array([0.0]))
    assert np.isnan(low[0]) and np.isnan(high[0])


def test_a_count_has_the_exact_interval_of_its_poisson_law() -> None:
    low, high = intervals.of_count(np.array([0.0, 7.0]))
    assert low[0] == 0
    assert stats.poisson.cdf(0, high[0]) == pytest.approx(0.025)
    assert stats.poisson.sf(6, low[1]) == pytest.approx(0.025)
    assert stats.poisson.cdf(7, high[1]) == pytest.approx(0.025)


def test_a_mean_has_the_cluster_robust_interval_of_a_regression_on_a_constant() -> None:
    rng = np.random.default_rng(1)
    frame, cells = two_units(60, rng)
    values, weights = pd.Series(rng.normal(50, 9, 60)), pd.Series(rng.uniform(1, 30, 60))
    [summary] = summarise(Mean(values, weights), cells)
    for unit in range(2):
        of_unit = rows_of(frame, cells, unit)
        people = pd.factorize(frame.loc[of_unit, "person"])[0]
        fit = WLS(values[of_unit].to_numpy(), np.ones(of_unit.sum()), weights[of_unit].to_numpy()).fit(
            cov_type="cluster", cov_kwds={"groups": people}, use_t=True
        )
        assert summary.value[unit] == pytest.approx(fit.params[0])
        assert (summary.low[unit], summary.high[unit]) == pytest.approx(tuple(fit.conf_int()[0]))
        assert summary.people[unit] == people.max() + 1


def test_a_plain_mean_has_the_t_interval() -> None:
    values = np.array([5.0, 25, 26, 40, 4])
    frame = pd.DataFrame({"cohort": 2018, "person": list("abcde"), "provider_code": CODES[0]})
    [summary] = summarise(Mean(pd.Series(values)), arrange(frame, ["provider"], 1, 2018, {})["provider"])
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert (summary.low[0], summary.high[0]) == pytest.approx((low, high))


def test_a_median_has_the_interval_of_the_quantile_test() -> None:
    rng = np.random.default_rng(2)
    for rows in (8, 20, 41, 120):
        frame, cells = two_units(rows, rng)
        values = pd.Series(rng.gamma(2, 10, rows))
        [summary] = summarise(Median(values), cells)
        for unit in range(2):
            of_unit = values[rows_of(frame, cells, unit)].to_numpy()
            reference = stats.quantile_test(of_unit, p=0.5).confidence_interval(0.95)
            assert summary.value[unit] == pytest.approx(np.median(of_unit))
            assert (summary.low[unit], summary.high[unit]) == pytest.approx(
                (reference.low, reference.high), nan_ok=True
            )


def test_survival_is_the_product_limit_with_greenwoods_interval() -> None:
    """Durations 1 to 6 and censoring after 1 to 5 years, expanded to a row per year at risk."""
    rng = np.random.default_rng(4)
    duration, censored = rng.geometric(0.25, 80), rng.integers(1, 6, 80)
    seen, left = np.minimum(duration, censored), duration <= censored
    person = np.repeat(np.arange(80), seen)
    year = np.concatenate([np.arange(1, n + 1) for n in seen])
    event = (year == seen[person]) & left[person]
    frame = pd.DataFrame({"cohort": 2014, "person": person, "provider_code": CODES[0]})
    cells = arrange(frame, ["provider"], 1, 2014, {})["provider"]
    parts = summarise(LifeTable(pd.Series(year), pd.Series(event), "survival"), cells)
    reference = SurvfuncRight(seen, left.astype(int))
    assert [int(time) for time in reference.surv_times] == [1, 2, 3, 4, 5]
    z = stats.norm.ppf(0.975)
    for part, survival, error in zip(parts, reference.surv_prob, reference.surv_prob_se, strict=True):
        assert part.value[0] == pytest.approx(survival)
        reach = z * error / (survival * abs(np.log(survival)))
        assert part.low[0] == pytest.approx(survival ** np.exp(reach))
        assert part.high[0] == pytest.approx(survival ** np.exp(-reach))


def test_a_point_of_a_survival_curve_rests_on_the_fewest_people_at_risk_so_far() -> None:
    """Twelve start, eight leave, four remain at risk: the second point would give away what four people did."""
    year = [1] * 12 + [2] * 4
    left = [True] * 8 + [False] * 4 + [True] * 2 + [False] * 2
    frame = pd.DataFrame({"cohort": 2014, "person": [*range(12), *range(8, 12)], "provider_code": CODES[0]})
    cells = arrange(frame, ["provider"], 1, 2014, {})["provider"]
    first, second, *_ = summarise(LifeTable(pd.Series(year), pd.Series(left), "survival"), cells)
    assert (first.value[0], first.people[0], first.denominator[0]) == (pytest.approx(4 / 12), 12, 12)
    assert (second.value[0], second.people[0], second.denominator[0]) == (pytest.approx(2 / 12), 4, 12)


def test_a_concentration_index_covers_the_truth_as_often_as_it_says() -> None:
    """Two thousand draws of 150 placements over four districts; the interval is asymptotic: 93 to 97 of 100."""
    rng = np.random.default_rng(5)
    shares, rows = np.array([0.5, 0.25, 0.15, 0.1]), 150
    draws = pd.DataFrame(
        {
            "cohort": 2018,
            "person": np.arange(2000 * rows),
            "provider_code": np.repeat([f"{n:08d}" for n in range(2000)], rows),
        }
    )
    drawn = pd.Series(rng.choice(4, 2000 * rows, p=shares))
    [summary] = summarise(Concentration(drawn), arrange(draws, ["provider"], 1, 2018, {})["provider"])
    covered = (summary.low <= (shares**2).sum()) & ((shares**2).sum() <= summary.high)
    assert 0.93 < covered.mean() < 0.97


def test_a_mean_of_one_value_or_of_equal_ones_has_no_interval() -> None:
    """They say nothing about how far the mean would move."""
    low, high = intervals.of_mean(np.array([5.0, 5.0]), np.array([0.0, 0.0]), np.array([1.0, 2.0]))
    assert np.isnan([low, high]).all()
