"""How much of a mean is one person's: added up by person in every cell, for means over people and for nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from contract.measure_examples import EXAMPLES
from measures.random_state import LAST, random_state

from partnerlib.errors import DataError
from partnerlib.measures import estimates as table
from partnerlib.measures import find
from partnerlib.measures.cells import arrange
from partnerlib.measures.contributions import Contributions
from partnerlib.measures.estimation import estimate
from partnerlib.measures.results import Mean, Median
from partnerlib.measures.summaries import summarise

NAMES = list(table.CONTRIBUTIONS)
OTHERS = (
    "employed_first_october",
    "completers_counted",
    "share_of_beginners",
    "placement_distance_median",
    "placement_concentration",
)

ROWS = pd.DataFrame(
    {
        "cohort": [2018, 2018, 2018, 2018, 2018, 2017],
        "person": ["a", "b", "a", "c", "d", "e"],
        "value": [50.0, 80.0, 40.0, -30.0, np.nan, 60.0],
        "weight": [10.0, 9.0, 10.0, 5.0, 20.0, 1.0],
    }
)


def of_state(rows: pd.DataFrame, window: int = 1, **more: object) -> Contributions:
    """Contributions to the state's mean of the cohorts 2017 and 2018."""
    cells = arrange(rows.assign(**more), ["state"], window, 2018, {"state": ["00000000"]})["state"]
    found = summarise(Mean(rows["value"], rows["weight"]), cells)[0].contributions
    assert found is not None
    return found


def test_six_rows_by_hand() -> None:
    """Person a adds 50x10 + 40x10 = 900, b 80x9 = 720, c |-30x5| = 150, d nothing known; e is of the year before."""
    found = of_state(ROWS)
    assert found.largest.tolist() == [60, 900], "the two rows of a are one person's"
    assert found.second_largest.tolist() == [0, 720], "of one person nobody is second"
    assert found.contributed.tolist() == [60, 1770], "c takes away from the sum and is a contributor like any other"


def test_a_person_in_several_years_of_a_window_is_one_contributor() -> None:
    found = of_state(ROWS.assign(person=["a", "b", "a", "c", "d", "b"]), window=3)
    assert (found.largest[-1], found.second_largest[-1], found.contributed[-1]) == (900, 780, 1830)


def test_two_equal_contributions_are_the_first_and_the_second() -> None:
    found = of_state(ROWS.assign(value=[5.0, 10.0, 5.0, 10.0, 1.0, 1.0], weight=1.0))
    assert (found.largest[-1], found.second_largest[-1], found.contributed[-1]) == (10, 10, 31)


def test_a_cell_nobody_is_in_has_none() -> None:
    found = of_state(ROWS.assign(value=np.nan))
    assert all(np.isnan(getattr(found, name)).all() for name in NAMES)


def test_ties_between_organizations_and_other_statistics_have_none() -> None:
    cells = arrange(ROWS.assign(people=3), ["state"], 1, 2018, {"state": ["00000000"]})["state"]
    assert summarise(Mean(ROWS["value"]), cells)[0].contributions is None
    cells = arrange(ROWS, ["state"], 1, 2018, {"state": ["00000000"]})["state"]
    assert summarise(Median(ROWS["value"]), cells)[0].contributions is None


@pytest.fixture(scope="module")
def estimates() -> pd.DataFrame:
    """Means over candidates, over teachers and over ties, and one of each other statistic."""
    names = ("assessment_growth", "years_to_hire", "value_added_of_novices", "tie_years")
    return estimate(random_state(people=300), LAST, [find(name) for name in (*names, *OTHERS)])


def test_every_mean_over_people_has_contributions_and_nothing_else_has(estimates: pd.DataFrame) -> None:
    is_mean = (estimates["statistic"] == "mean") & estimates["value"].notna()
    known = estimates[NAMES].notna()
    assert is_mean.sum() > 300 and estimates["statistic"].nunique() == 6
    ties = estimates["measure"] == "tie_years"
    assert known[is_mean & ~ties].all(axis=None)
    assert not known[~is_mean | ties].any(axis=None)


@pytest.mark.parametrize("window", [1, 3])
def test_every_cell_equals_the_plain_loop_over_units_and_years(window: int) -> None:
    """600 rows of 150 people in 6 providers and 5 cohorts, values of both signs, some unknown."""
    rng = np.random.default_rng(window)
    rows = pd.DataFrame(
        {
            "cohort": rng.integers(2014, 2019, 600),
            "person": rng.integers(0, 150, 600),
            "provider_code": rng.choice(list("abcdef"), 600),
            "value": np.where(rng.random(600) < 0.1, np.nan, rng.normal(size=600)),
            "weight": rng.integers(0, 30, 600).astype(float),
        }
    )
    cells = arrange(rows, ["provider"], window, 2018, {})["provider"]
    found = summarise(Mean(rows["value"], rows["weight"]), cells)[0].contributions
    assert found is not None
    repeated = 0
    for cell in range(cells.count):
        unit, year = divmod(cell, len(cells.cohorts))
        last = int(cells.cohorts[year])
        own = rows[(rows["provider_code"] == cells.unit_codes[unit]) & rows["cohort"].between(last - window + 1, last)]
        own = own[own["value"].notna() & (own["weight"] > 0)]
        by_person = (own["value"] * own["weight"]).groupby(own["person"]).sum().abs().sort_values(ascending=False)
        repeated += len(own) - len(by_person)
        expected = (by_person.iloc[0], by_person.iloc[1], by_person.sum())
        assert tuple(getattr(found, name)[cell] for name in NAMES) == pytest.approx(expected)
    assert repeated > 20


def test_the_written_example_of_a_weighted_mean() -> None:
    """Of (0.3x10 - 0.1x30 + 0.1x20) / 60, the largest two add 3 each, and everybody 8: the sum of 2 hides it."""
    example = EXAMPLES["value_added_of_novices"]
    found = estimate(example.evidence, 2019, [find("value_added_of_novices")], windows=[1])
    row = found[(found["unit_kind"] == "state") & (found["cohort"] == 2018) & (found["group"] == "")].squeeze()
    assert row[NAMES].tolist() == pytest.approx([3, 3, 8])


def test_contributions_that_cannot_be_are_refused(estimates: pd.DataFrame) -> None:
    means = estimates[estimates["largest"].notna()].reset_index(drop=True)
    swapped = means.assign(second_largest=means["largest"] + 1)
    with pytest.raises(DataError, match="largest contributions come first"):
        table.checked(swapped)
    with pytest.raises(DataError, match="add up to the mean"):
        table.checked(means.assign(contributed=means["contributed"] / 2, largest=0.0, second_largest=0.0))
    of_rate = (
        estimates[estimates["statistic"] == "rate"].head(3).assign(largest=1.0, second_largest=0.0, contributed=1.0)
    )
    with pytest.raises(DataError, match="only a mean has contributions"):
        table.checked(of_rate)
