"""A mean that one person, or two, nearly make up tells their values: it is withheld, whatever its number of people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from invented_estimates import LAST, RELATIONS, estimates, people

from partnerlib.disclosure.policy import read_policy
from partnerlib.disclosure.protection import Protected, primary, protect

STANDARD = read_policy("standard")
PROVIDER = "89000001"


def of_miles(result: Protected, kind: str, code: str) -> pd.Series:
    """The mean of miles over the three cohorts."""
    cells = result.cells
    own = (cells["unit_kind"] == kind) & (cells["unit_code"] == code) & (cells["window_years"] == 3)
    return cells[own & (cells["measure"] == "miles")].squeeze()


def why(result: Protected, kind: str, code: str) -> list[str]:
    reasons = result.reasons
    own = (reasons["unit_kind"] == kind) & (reasons["unit_code"] == code) & (reasons["window_years"] == 3)
    return reasons.loc[own & (reasons["measure"] == "miles"), "reason"].tolist()


def far(how_many: int, miles: float) -> pd.DataFrame:
    """An invented state in which a few of one provider's newest cohort are placed far away."""
    frame = people(1)
    own = frame.index[(frame["provider"] == PROVIDER) & (frame["cohort"] == LAST)]
    frame.loc[own[:how_many], "miles"] = miles
    return frame


def test_a_mean_to_which_everybody_adds_is_published() -> None:
    result = protect(estimates(people(1)), STANDARD, RELATIONS, is_synthetic=True)
    assert of_miles(result, "provider", PROVIDER)["status"] == "reported"
    assert primary.DOMINATED not in set(result.reasons["reason"])


@pytest.mark.parametrize("how_many", [1, 2])
def test_a_mean_that_one_or_two_people_make_up_is_withheld_and_tells_nothing(how_many: int) -> None:
    table = estimates(far(how_many, 100_000.0))
    result = protect(table, STANDARD, RELATIONS, is_synthetic=True)
    for kind, code in (("provider", PROVIDER), ("state", "00000000")):
        cell = of_miles(result, kind, code)
        assert cell["withheld"] and cell[["value", "value_low", "value_high", "n"]].isna().all()
        assert why(result, kind, code) == [primary.DOMINATED]
    others = table.loc[table["unit_kind"] == "provider", "unit_code"].unique()
    assert any(of_miles(result, "provider", code)["status"] == "reported" for code in others if code != PROVIDER)


def test_three_large_contributions_hide_one_another() -> None:
    result = protect(estimates(far(3, 100_000.0)), STANDARD, RELATIONS, is_synthetic=True)
    assert of_miles(result, "provider", PROVIDER)["status"] == "reported"


def test_where_values_cancel_out_the_mean_near_zero_is_nobodys_own() -> None:
    """Value added of forty people, +10 and -10 in turn and 12 of one: absolute contributions decide, not their sum."""
    values = np.where(np.arange(40) % 2, 10.0, -10.0)
    values[0] = -12.0
    table = estimates(people(1))
    cell = (table["measure"] == "miles") & (table["unit_code"] == PROVIDER) & (table["window_years"] == 3)
    cell &= table["cohort"] == LAST
    assert cell.sum() == 1
    told = {"value": values.mean(), "denominator": 40.0, "people": 40, "largest": 12.0, "second_largest": 10.0}
    table.loc[cell, list(told)] = list(told.values())
    table.loc[cell, "contributed"] = np.abs(values).sum()
    assert abs(values.sum()) < told["largest"], "the plain sum is less than what one person adds"
    result = protect(table, STANDARD, RELATIONS, is_synthetic=True)
    assert of_miles(result, "provider", PROVIDER)["status"] == "reported"


@pytest.mark.parametrize(
    ("first", "second", "rest", "is_dominated"),
    [
        (100, 50, 9, True),  # the second largest knows the first to 9 percent
        (100, 50, 10, True),  # not within 10 percent, yet two make up 150 of 160
        (100, 50, 16, True),  # 150 of 166 is 90.4 percent
        (100, 50, 17, False),  # 150 of 167 is 89.8 percent
        (0, 0, 0, False),  # nobody adds anything
    ],
)
def test_the_bounds_of_both_rules(first: float, second: float, rest: float, is_dominated: bool) -> None:
    cell = pd.DataFrame({"statistic": ["mean"], "largest": [float(first)], "second_largest": [float(second)]}).assign(
        contributed=float(first + second + rest)
    )
    assert primary._dominated(cell, STANDARD).tolist() == [is_dominated]
