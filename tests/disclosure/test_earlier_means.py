"""Means of two releases: a window of one less a cohort of the other may be the mean of five people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.disclosure.audit.means import exposed_means
from partnerlib.disclosure.audit.true_counts import slices
from partnerlib.disclosure.ledger import Earlier, Entry
from partnerlib.disclosure.policy import read_policy
from partnerlib.disclosure.releasing import Passed, pass_gate
from partnerlib.disclosure.zones import Aggregates
from partnerlib.measures.relations import Relations

POLICY = read_policy("standard")
FEW, YEAR_OF_FEW = "89000001", 2017
RELATIONS = Relations(
    population={"miles": "people"}, within={"people": ""}, rows={"people": "people"}, is_whole={"people": True},
    minimum={"miles": 0}, domain={"miles": "people"}, groups={"miles": ()}, levels={"miles": ()}, curves=frozenset(),
    weighted=frozenset(),
)  # fmt: skip


def travellers() -> pd.DataFrame:
    """A provider whose five people of 2017 travel far, and five providers of ordinary people."""
    rng = np.random.default_rng(0)
    rows = []
    for cohort in range(2014, 2020):
        for place in range(6):
            few = {2017: 5, 2018: 12}.get(cohort, 60) if place == 0 else 50 + 3 * place
            is_far = place == 0 and cohort == YEAR_OF_FEW
            miles = rng.normal(800, 5, few) if is_far else rng.normal(10, 1, few)
            rows += [(f"8900000{place + 1}", cohort, value) for value in miles]
    return pd.DataFrame(rows, columns=["provider", "cohort", "miles"])


def aggregates(people: pd.DataFrame, year: int) -> Aggregates:
    rows = []
    units = [("state", "00000000", people), *(("provider", code, own) for code, own in people.groupby("provider"))]
    for kind, code, own in units:
        for window in (1, 3):
            for cohort in range(2014, year + 1):
                miles = own.loc[own["cohort"].between(cohort - window + 1, cohort), "miles"].sort_values(
                    ascending=False
                )
                rows.append(
                    {
                        "report_year": year, "measure": "miles", "topic": "hiring", "statistic": "mean",
                        "unit_kind": kind, "unit_code": code, "unit_name": code, "cohort": cohort,
                        "window_years": window, "group": "", "group_value": "", "sample_id": "invented-0",
                        "note": "rests on some of 3 cohorts" if window == 3 and cohort < 2016 else "",
                        "people": len(miles), "numerator": np.nan, "denominator": float(len(miles)),
                        "value": miles.mean(), "low": miles.mean(), "high": miles.mean(), "status": "reported",
                        "largest": miles.iloc[0], "second_largest": miles.iloc[1], "contributed": miles.sum(),
                    }
                )  # fmt: skip
    return Aggregates(pd.DataFrame(rows))


@pytest.fixture(scope="module")
def two_years() -> tuple[Aggregates, Passed, Passed, Passed]:
    """The numbers of 2018, the release of 2017, and that of 2018 by itself and beside it."""
    people = travellers()
    now = aggregates(people, 2018)
    first = pass_gate(aggregates(people, 2017), POLICY, RELATIONS, is_synthetic=True, jobs=1)
    before = Earlier(Entry("first", 2017, "public", True, "", "", "", "", {}), first.cells, first.definitions)
    alone = pass_gate(now, POLICY, RELATIONS, is_synthetic=True, jobs=1)
    beside = pass_gate(now, POLICY, RELATIONS, is_synthetic=True, earlier=[before], jobs=1)
    return now, first, alone, beside


def leftover(now: Aggregates, first: Passed, second: Passed) -> pd.DataFrame:
    both = pd.concat([first.cells, second.cells], ignore_index=True)
    found = exposed_means(both, second.definitions, slices(now.frame), POLICY)
    return found[found["is_exposed"]]


def test_each_release_is_safe_by_itself_and_both_together_tell_the_mean_of_five(
    two_years: tuple[Aggregates, Passed, Passed, Passed],
) -> None:
    now, first, alone, _ = two_years
    assert not first.exposed and not alone.exposed
    told = leftover(now, first, alone)
    assert set(told["unit_code"]) == {FEW}
    assert set(told["first"]) == {YEAR_OF_FEW}


def test_beside_the_earlier_release_the_new_one_tells_less(
    two_years: tuple[Aggregates, Passed, Passed, Passed],
) -> None:
    now, first, alone, beside = two_years
    assert not beside.exposed and not beside.already
    assert leftover(now, first, beside).empty
    assert beside.cells["withheld"].sum() > alone.cells["withheld"].sum()
    assert not beside.cells.loc[beside.cells["unit_kind"] == "state", "withheld"].any()
