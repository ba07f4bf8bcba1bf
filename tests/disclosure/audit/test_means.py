"""Means of a few people follow from printed means of many, when those are printed too finely."""

from __future__ import annotations

import pandas as pd
import pytest

from partnerlib.disclosure.audit.means import exposed_means
from partnerlib.disclosure.policy import read_policy

POLICY = read_policy("standard")
DEFINITIONS = pd.DataFrame([{"measure": "miles", "providers": "equal", "districts": "none", "programs": "none"}])


def printed(
    unit: str, code: str, cohort: int, window: int, mean: float, n: int, unit_of_mean: float
) -> dict[str, object]:
    return {
        "measure": "miles", "statistic": "mean", "group": "", "unit_kind": unit, "unit_code": code, "cohort": cohort,
        "window_years": window, "value_low": mean - unit_of_mean / 2, "value_high": mean + unit_of_mean / 2,
        "n_low": n, "n_high": n,
    }  # fmt: skip


def people(*rows: tuple[str, str, int, int]) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(rows, columns=["unit_kind", "unit_code", "cohort", "denominator"])
    return {"miles": frame.assign(group="")}


@pytest.mark.parametrize(("fine", "is_exposed"), [(0.01, True), (2.0, False)])
def test_a_window_less_its_printed_cohorts_is_the_mean_of_the_hidden_one(fine: float, is_exposed: bool) -> None:
    """Four people of 2016, beside forty of two printed cohorts: only coarse means hide theirs."""
    rows = [
        printed("provider", "1", 2018, 3, 12.0, 44, fine),
        printed("provider", "1", 2018, 1, 11.0, 20, fine),
        printed("provider", "1", 2017, 1, 13.0, 20, fine),
    ]
    counts = people(("provider", "1", 2016, 4), ("provider", "1", 2017, 20), ("provider", "1", 2018, 20))
    found = exposed_means(pd.DataFrame(rows), DEFINITIONS, counts, POLICY)
    assert found[["unit_kind", "first", "last", "people"]].to_numpy().tolist() == [["provider", 2016, 2016, 4.0]]
    assert found["is_exposed"].tolist() == [is_exposed]


def test_the_state_less_its_printed_providers_is_the_mean_of_the_hidden_ones() -> None:
    rows = [
        printed("state", "0", 2018, 1, 12.0, 45, 0.01),
        printed("provider", "1", 2018, 1, 11.0, 20, 0.01),
        printed("provider", "2", 2018, 1, 13.0, 20, 0.01),
    ]
    counts = people(("state", "0", 2018, 45), ("provider", "1", 2018, 20), ("provider", "2", 2018, 20))
    found = exposed_means(pd.DataFrame(rows), DEFINITIONS, counts, POLICY)
    assert found[["unit_kind", "people", "is_exposed"]].to_numpy().tolist() == [["state", 5.0, True]]


def test_many_people_left_over_are_nobody_in_particular() -> None:
    rows = [printed("state", "0", 2018, 1, 12.0, 60, 0.01), printed("provider", "1", 2018, 1, 11.0, 20, 0.01)]
    counts = people(("state", "0", 2018, 60), ("provider", "1", 2018, 20))
    assert exposed_means(pd.DataFrame(rows), DEFINITIONS, counts, POLICY).empty
