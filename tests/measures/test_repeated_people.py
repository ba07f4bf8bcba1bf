"""A teacher in three pooled years is three rows and one person: the interval must not take them for three people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from partnerlib.measures.cells import arrange
from partnerlib.measures.results import Rate
from partnerlib.measures.summaries import Summary, summarise


def pooled(success: np.ndarray, person: np.ndarray) -> Summary:
    """The state's rate over three years; rows are dealt to the years in turn."""
    rows = pd.DataFrame({"cohort": 2016 + np.arange(len(success)) % 3, "person": person})
    cells = arrange(rows, ["state"], 3, 2018, {"state": ["00000000"]})["state"]
    return summarise(Rate(pd.Series(success)), cells)[0]


def test_rows_that_repeat_a_person_exactly_tell_no_more_than_the_person() -> None:
    once = np.tile([True, False], 60)
    thrice = pooled(np.repeat(once, 3), np.repeat(np.arange(120), 3))
    low, high = proportion_confint(60, 120, method="wilson")
    assert (thrice.denominator[-1], thrice.people[-1]) == (360, 120)
    assert (thrice.low[-1], thrice.high[-1]) == pytest.approx((low, high), rel=0.01)


def test_rows_of_different_people_keep_the_plain_wilson_interval() -> None:
    success = np.tile([True, False, True], 40)
    summary = pooled(success, np.arange(120))
    assert (summary.low[-1], summary.high[-1]) == pytest.approx(proportion_confint(80, 120, method="wilson"))


def test_everybody_or_nobody_counts_people() -> None:
    summary = pooled(np.ones(90, bool), np.repeat(np.arange(30), 3))
    assert summary.low[-1] == pytest.approx(proportion_confint(30, 30, method="wilson")[0])


def test_the_interval_covers_when_teachers_differ_lastingly() -> None:
    """Three Octobers of 80 teachers whose chance of staying is their own: 95% intervals hold the mean chance."""
    random, covered, plain = np.random.default_rng(1), 0, 0
    for _ in range(300):
        chance = random.beta(0.6, 0.4, 80)
        success = random.random((80, 3)) < chance[:, None]
        summary = pooled(success.ravel(), np.repeat(np.arange(80), 3))
        covered += summary.low[-1] <= 0.6 <= summary.high[-1]
        low, high = proportion_confint(success.sum(), 240, method="wilson")
        plain += low <= 0.6 <= high
    assert 0.91 <= covered / 300 <= 0.99
    assert plain / 300 < 0.90, "rows taken for people would claim too much"
