"""A number says which cohorts it rests on, and stands beside the same cohorts of the state."""

from __future__ import annotations

import pandas as pd
from invented_release import DISTRICT, STATE, invented_estimates

from partnerlib.disclosure import withhold_small_cells
from partnerlib.reports.cohorts import Compared, compared
from partnerlib.reports.findings import measure_table, retention_curves
from partnerlib.reports.headlines import PHRASES, cards, headline, key_number

MEASURE = "employed_first_october"
RESTS_ON = "rests on 2015-16 to 2016-17 of 3 cohorts"


def pair_of(estimates: pd.DataFrame, name: str = MEASURE) -> Compared:
    released = withhold_small_cells(estimates.assign(measure=estimates["measure"].replace("a_rate_known_late", name)))
    mine = released[released["unit_code"] == DISTRICT]
    state = released[released["unit_code"] == STATE]
    return next(pair for pair in compared(mine, state) if pair.measure == name)


def estimates_of(single: int, pooled: int, note: str = "") -> pd.DataFrame:
    """The newest knowable cohort rests on `single` people, three pooled on `pooled`; the state is 50% and 70%."""
    rows = invented_estimates()
    rows = rows[rows["measure"] == "a_rate_known_late"].reset_index(drop=True)
    is_pool = rows["window_years"] == 3
    rows.loc[rows["unit_code"] == DISTRICT, "people"] = is_pool.map({True: pooled, False: single})
    rows.loc[(rows["unit_code"] == STATE) & rows["value"].notna(), "value"] = is_pool.map({True: 0.7, False: 0.5})
    rows.loc[is_pool, "note"] = note
    return rows


def test_a_pooled_number_stands_beside_the_pooled_state() -> None:
    """The newest cohort of the district is withheld, so its sentence is about three; so is the state's number."""
    pair = pair_of(estimates_of(single=4, pooled=30))
    assert pair.best is pair.pooled
    assert headline("district", [pair]).text.endswith("in the state, 70%.")
    assert cards("district", [pair]).cards[0]["beside"].endswith("State: 70%")
    single = pair_of(estimates_of(single=20, pooled=60))
    assert headline("district", [single]).text.endswith("in the state, 50%.")


def test_a_pool_that_rests_on_fewer_cohorts_says_on_which() -> None:
    pair = pair_of(estimates_of(single=4, pooled=30, note=RESTS_ON))
    assert "completers of 2015-16 to 2016-17," in headline("district", [pair]).text
    assert key_number("district", [pair])["cohort"] == "2015-16 to 2016-17"
    table = measure_table([pair], "Hiring", with_state=True)
    assert table.rows[0][3].detail.endswith("only 2015-16 to 2016-17")


def test_a_curve_names_the_cohorts_it_rests_on() -> None:
    pair = pair_of(estimates_of(single=20, pooled=60, note=RESTS_ON), "retained_school_3y")
    figure = retention_curves([pair], "retained", "New teachers", "Retention", is_synthetic=False)
    assert figure is not None and "Cohorts: 2015-16 to 2016-17 after 3 years" in figure.data_for_page()["note"]


def test_the_yield_of_hosting_is_told_as_what_it_is() -> None:
    """First jobs by the first October after completion, some months on: nobody was followed for a year."""
    assert "first October" in PHRASES["host_yield_1y"] and "a year later" not in PHRASES["host_yield_1y"]
