"""Shrunken effects belong on the right of a regression, unshrunken ones on the left: the other way round attenuates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.models.value_added import value_added
from partnerlib.models.variance_components import as_outcome, as_regressor
from validation.worlds.outcomes import classrooms

STATES = 12
SLOPE, TRAIT = 0.5, 0.06


@pytest.fixture(scope="module")
def slopes() -> pd.DataFrame:
    """Small classes in two years. What a teacher's students become later rests on the true effect by 0.5; teachers with
    a trait are better by 0.06. Each is asked with the effects shrunken and unshrunken."""
    found = []
    for seed in range(STATES):
        rng = np.random.default_rng(seed)
        trait = rng.random(300) < 0.5
        lasting = rng.normal(0, 0.12, 300) + TRAIT * trait
        state = classrooms(rng, np.repeat(lasting[:, None], 2, axis=1), classes=1, size=10)
        model = value_added(state.rows, "math", sample_id="invented")
        later = SLOPE * lasting + rng.normal(0, 0.05, 300)
        right = as_regressor(model.teacher_years, model.variances)
        raw = model.over_all_years()
        left = as_outcome(model.teacher_years, model.variances)
        has_trait = trait[left["mepid"].str[1:].astype(int)]
        shrunken = model.teacher_effects["effect_shrunken"]
        found.append(
            {
                "right, shrunken": np.polyfit(right["effect_shrunken"], later, 1)[0],
                "right, unshrunken": np.polyfit(raw["effect"], later, 1)[0],
                "left, unshrunken": np.polyfit(has_trait, left["effect"], 1, w=np.sqrt(left["precision"]))[0],
                "left, shrunken": np.polyfit(has_trait, shrunken, 1)[0],
                "reliability": raw["reliability"].mean(),
                "reliability of a year": model.teacher_effects["reliability"].mean(),
            }
        )
    return pd.DataFrame(found)


@pytest.mark.parametrize(("way", "planted"), [("right, shrunken", SLOPE), ("left, unshrunken", TRAIT)])
def test_the_right_way_round_nothing_is_attenuated(slopes: pd.DataFrame, way: str, planted: float) -> None:
    error = slopes[way].std(ddof=1) / np.sqrt(STATES)
    assert abs(slopes[way].mean() - planted) < 3 * error
    assert 4 * error < planted


@pytest.mark.parametrize(
    ("way", "planted", "by"),
    [("right, unshrunken", SLOPE, "reliability"), ("left, shrunken", TRAIT, "reliability of a year")],
)
def test_the_wrong_way_round_the_coefficient_comes_out_times_the_reliability(
    slopes: pd.DataFrame, way: str, planted: float, by: str
) -> None:
    error = slopes[way].std(ddof=1) / np.sqrt(STATES)
    assert slopes[way].mean() < planted - 5 * error
    assert abs(slopes[way].mean() - planted * slopes[by].mean()) < 3 * error + 0.03 * planted
