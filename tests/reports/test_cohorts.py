"""A number says which cohorts it rests on, and stands beside the same cohorts of the state."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from invented_release import DISTRICT, PAIR, STATE, printed

from partnerlib.display.keys import key_of
from partnerlib.reports.cohorts import Compared, compared
from partnerlib.reports.findings import measure_table, rate_comparison, retention_curves, sample_table
from partnerlib.reports.headlines import PHRASES, cards, headline, key_number

MEASURE = "employed_first_october"


def pair_of(cells: pd.DataFrame, name: str = MEASURE, code: str = DISTRICT) -> Compared:
    renamed = cells.assign(measure=cells["measure"].replace("a_rate_known_late", name))
    mine, state = renamed[renamed["unit_code"] == code], renamed[renamed["unit_code"] == STATE]
    return next(pair for pair in compared(mine, state) if pair.measure == name)


def cells_of(cells: pd.DataFrame, single: int, pooled: int) -> pd.DataFrame:
    """The newest knowable cohort rests on `single` people, three pooled on `pooled`; the state is 50% and 70%."""
    rows = cells[cells["measure"] == "a_rate_known_late"].reset_index(drop=True)
    for place, row in rows.iterrows():
        is_pool = row["window_years"] == 3
        if row["unit_code"] == DISTRICT:
            told = printed("rate", 0.6, pooled if is_pool else single, False)
        elif row["unit_code"] == STATE:
            told = printed("rate", 0.7 if is_pool else 0.5, 2400, False)
        else:
            continue
        numbers = ("value", "value_low", "value_high", "low", "high", "n", "n_low", "n_high")
        told = dict.fromkeys(numbers) | {"rounding": "", "n_rounding": ""} | told
        rows.loc[place, list(told)] = pd.Series(told).astype(object)
    return rows


def test_a_pooled_number_stands_beside_the_pooled_state(cells: pd.DataFrame) -> None:
    """The newest cohort of the district is withheld, so its sentence is about three; so is the state's number."""
    pair = pair_of(cells_of(cells, single=4, pooled=30))
    assert pair.best is pair.pooled
    assert headline("district", [pair]).text.endswith("in the state, 70–71%.")
    state = cards("district", [pair]).cards[0]["beside"][-1]
    assert (state["label"], state["text"]) == ("State", "70–71%")
    assert state["key"] == key_of(pair.state_pooled)
    single = pair_of(cells_of(cells, single=20, pooled=60))
    assert headline("district", [single]).text.endswith("in the state, 50–51%.")


def test_a_pool_says_on_which_cohorts_it_rests(cells: pd.DataFrame) -> None:
    pair = pair_of(cells_of(cells, single=4, pooled=30))
    assert "completers of 2012-13 to 2014-15, 60–80% (interval" in headline("district", [pair]).text
    assert key_number("district", [pair])["cohort"] == "2012-13 to 2014-15"


def test_a_partnership_is_told_by_three_cohorts_beside_the_states_three(cells: pd.DataFrame) -> None:
    pair = pair_of(cells, code=PAIR)
    assert pair.this is None and pair.best is pair.pooled and pair.state_beside_best is pair.state_pooled
    table = measure_table([pair], "Hiring", with_state=True)
    assert table.columns == ["Measure", "Three cohorts pooled", "State"]
    assert table.rows[0][0].detail == "2012-13 to 2014-15"


def test_a_share_of_all_beginners_stands_beside_no_state_of_another_thing(cells: pd.DataFrame) -> None:
    """The state's is how many beginners come from any provider: comparable with a district's, and with no pair's."""
    pair = pair_of(cells, "share_of_beginners", PAIR)
    assert pair.best is not None and pair.state is None and pair.state_pooled is None
    assert measure_table([pair], "Hiring", with_state=True).columns == ["Measure", "Three cohorts pooled"]
    assert (
        "in the state" not in headline("partnership", [pair]).text
        and not cards("partnership", [pair]).cards[0]["beside"]
    )
    district = pair_of(cells_of(cells, single=20, pooled=60), "share_of_beginners", DISTRICT)
    assert "in the state" in headline("district", [district]).text


def test_a_comparison_draws_three_cohorts_where_they_print_more(cells: pd.DataFrame) -> None:
    pair = pair_of(cells_of(cells, single=4, pooled=30))
    figure = rate_comparison([pair], "Hiring", "this district", with_state=True, is_synthetic=False)
    shown = figure.data_for_page()
    assert shown["note"].startswith(
        "Cohorts: 2012-13 to 2014-15. The numbers of this district rest on about 30 people."
    )
    assert [row[1:3] for row in shown["rows"]] == [["this district", "60–80%"], ["the state", "70–71%"]]


def test_a_curve_names_the_cohorts_it_rests_on(cells: pd.DataFrame) -> None:
    pair = pair_of(cells_of(cells, single=20, pooled=60), "retained_school_3y")
    figure = retention_curves([pair], "retained", "New teachers", "Retention", is_synthetic=False)
    assert figure is not None and "Cohorts: 2012-13 to 2014-15 after 3 years" in figure.data_for_page()["note"]


def test_the_yield_of_hosting_is_told_as_what_it_is() -> None:
    """First jobs by the first October after completion, some months on: nobody was followed for a year."""
    assert "first October" in PHRASES["host_yield_1y"] and "a year later" not in PHRASES["host_yield_1y"]


def test_a_sample_whose_size_is_not_told_is_no_empty_sample(cells: pd.DataFrame) -> None:
    pair = pair_of(cells)
    sizes = {"n": None, "n_low": None, "n_high": None, "n_rounding": ""}
    untold = replace(pair, this={**(pair.this or {}), **sizes})
    nobody = replace(pair, this={**(pair.this or {}), **sizes, "value": None, "status": "not_applicable"})
    found = [sample_table([each]).rows[0][2].text for each in (pair, untold, nobody)]
    assert found == ["about 60 people", "", "0"]
