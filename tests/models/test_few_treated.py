"""Randomization inference: the share of assignments that would have shown as much, by hand where they can be listed."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from adoption_worlds import ASKED, invented_cells, invented_panel
from scipy import stats

from partnerlib.errors import DataError
from partnerlib.models.adoption import AdoptionPanel, adoption_panel
from partnerlib.models.few_treated import randomization_test
from partnerlib.models.imputation import imputed_effects
from partnerlib.models.stacked import stacked_effect
from partnerlib.models.staggered_adoption import group_time_effects


def by_groups(panel: AdoptionPanel) -> float:
    return float(group_time_effects(panel, "never treated").aggregate()["effect"]["estimate"])


def small(seed: int, units: int, treated: int, effect: float = 0.0) -> pd.DataFrame:
    """Two years, one start, so that the estimate is a difference of two mean changes."""
    rng = np.random.default_rng(seed)
    change = rng.normal(size=units) + effect * (np.arange(units) < treated)
    return pd.DataFrame(
        {
            "district_code": np.repeat(np.arange(units), 2),
            "school_year": np.tile([2013, 2014], units),
            "grant_year": np.repeat(np.where(np.arange(units) < treated, 2014.0, np.nan), 2),
            "share_hired": np.column_stack([np.zeros(units), change]).ravel(),
        }
    )


def test_all_choices_of_three_among_eight_are_tried() -> None:
    cells = small(2, 8, 3, effect=1.5)
    found = randomization_test(adoption_panel(cells, ASKED), by_groups, np.random.default_rng(1))
    change = cells["share_hired"].to_numpy()[1::2]
    statistics = []
    for chosen in itertools.combinations(range(8), 3):
        is_chosen = np.isin(np.arange(8), chosen)
        statistics.append(abs(stats.ttest_ind(change[is_chosen], change[~is_chosen], equal_var=False).statistic))
    assert found.is_complete and found.assignments == 56
    assert found.p_value == pytest.approx(np.mean(np.array(statistics) >= statistics[0] * (1 - 1e-9)))
    assert found.estimate == pytest.approx(change[:3].mean() - change[3:].mean())


@pytest.mark.parametrize(
    "estimator",
    [
        by_groups,
        lambda panel: float(group_time_effects(panel).aggregate()["effect"]["estimate"]),
        lambda panel: float(imputed_effects(panel).overall()["effect"]["estimate"]),
        lambda panel: float(stacked_effect(panel, 1, 1)["effect"]["estimate"]),
    ],
    ids=["never treated", "not yet treated", "imputed", "stacked"],
)
def test_a_staggered_estimate_is_found_again_as_weighted_years(estimator: object) -> None:
    """If the weights of cohorts and years were wrong, the estimate would not be that of the estimator itself."""
    cells = invented_cells(2, units=16)
    panel = adoption_panel(cells[cells["school_year"].between(2012, 2015)], ASKED)
    found = randomization_test(panel, estimator, np.random.default_rng(1), draws=99)  # type: ignore[arg-type]
    assert found.estimate == pytest.approx(estimator(panel), rel=1e-8)  # type: ignore[operator]
    assert found.assignments == 100


def test_without_an_effect_one_in_twenty_is_rejected() -> None:
    p_values = [
        randomization_test(
            adoption_panel(small(seed, 16, 3), ASKED), by_groups, np.random.default_rng(seed), draws=199
        ).p_value
        for seed in range(60)
    ]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.12


def test_the_interval_holds_exactly_the_effects_that_are_not_rejected() -> None:
    cells = small(5, 12, 5, effect=1.0)
    found = randomization_test(adoption_panel(cells, ASKED), by_groups, np.random.default_rng(1))
    assert found.is_complete and found.assignments == 792
    treated = cells["school_year"] >= cells["grant_year"]
    for null, is_held in ((found.low + 0.01, True), (found.low - 0.01, False), (found.high - 0.01, True),
                          (found.high + 0.01, False)):  # fmt: skip
        moved = cells.assign(share_hired=cells["share_hired"] - null * treated)
        again = randomization_test(adoption_panel(moved, ASKED), by_groups, np.random.default_rng(1))
        assert (again.p_value >= 0.05) is is_held


def test_a_large_effect_is_found_and_said_in_words() -> None:
    found = randomization_test(invented_panel(2), by_groups, np.random.default_rng(1), draws=499)
    assert found.p_value == pytest.approx(1 / 500)
    assert "Of 500 randomly chosen ways" in found.sentence


def test_one_treated_among_few_cannot_be_answered() -> None:
    with pytest.raises(DataError, match=r"12 ways to choose the treated among 12 units.*no p-value can be 5%"):
        randomization_test(adoption_panel(small(1, 12, 1), ASKED), by_groups, np.random.default_rng(1))


def test_one_treated_among_thirty_is_answered_with_a_caution() -> None:
    found = randomization_test(adoption_panel(small(1, 30, 1), ASKED), by_groups, np.random.default_rng(1))
    assert found.assignments == 30 and found.smallest == pytest.approx(1 / 30)
    assert any("cannot fall below 0.033" in sentence for sentence in found.cautions)
