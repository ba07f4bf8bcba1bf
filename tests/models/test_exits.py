"""Ways out compete: spells under both rules for returners, cumulative incidence, and the multinomial model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.exits import EXITS, exit_model, exit_periods
from partnerlib.models.incidence import cumulative_incidence
from partnerlib.models.results import ladder


def career(mepid: str, years: list[int], outcomes: list[str | None], experience: int = 0, censored: bool = False):
    return pd.DataFrame(
        {
            "mepid": mepid, "school_year": years, "is_teacher": True, "outcome": outcomes,
            "experience_years": [experience + place for place in range(len(years))],
            "is_experience_censored": censored,
        }
    )  # fmt: skip


def lived(periods: pd.DataFrame) -> list[tuple[int, str]]:
    return list(zip(periods["period"].astype(int), periods["exit"], strict=True))


# Two years, a year away, back for two, then to another district; the last October cannot tell.
RETURNER = career("1", [2014, 2015, 2017, 2018, 2019], ["stayer", "left", "stayer", "mover_other_district", None])


def test_the_first_exit_ends_the_spell() -> None:
    assert lived(exit_periods(RETURNER)) == [(1, "stayed"), (2, "left")]


def test_who_comes_back_is_followed_again_in_the_next_year_of_the_same_career() -> None:
    expected = [(1, "stayed"), (2, "left"), (3, "stayed"), (4, "mover_other_district")]
    assert lived(exit_periods(RETURNER, returners="again")) == expected


def test_a_move_within_the_state_does_not_end_the_spell_of_somebody_followed_in_the_state() -> None:
    mover = career("1", [2014, 2015, 2016, 2017], ["mover_in_district", "stayer", "left", None])
    assert lived(exit_periods(mover, exits=["left", "changed_role"])) == [(1, "stayed"), (2, "stayed"), (3, "left")]
    assert lived(exit_periods(mover)) == [(1, "mover_in_district")]


def test_who_started_before_observation_enters_late() -> None:
    assert lived(exit_periods(RETURNER, since=2015)) == [(2, "left")]
    assert lived(exit_periods(RETURNER, since=2017, returners="again")) == [(3, "stayed"), (4, "mover_other_district")]
    with pytest.raises(DataError, match="no teacher with a known start"):
        exit_periods(RETURNER, since=2016)


def test_careers_without_a_known_start_and_octobers_not_taught_are_left_out() -> None:
    older = career("2", [2014, 2015], ["stayer", "left"], censored=True)
    aide = career("3", [2014, 2015], ["changed_role", "left"]).assign(is_teacher=[False, True])
    assert exit_periods(pd.concat([RETURNER, older, aide]))["mepid"].unique().tolist() == ["1", "3"]


def test_given_starts_are_followed_from_the_first_job_even_where_experience_is_unknown() -> None:
    starts = pd.DataFrame({"mepid": ["1", "2"], "first_job_year": [2015, 2014]})
    older = career("2", [2013, 2014, 2015], ["stayer", "stayer", "left"], censored=True)
    periods = exit_periods(pd.concat([RETURNER, older]), starts=starts)
    assert lived(periods[periods["mepid"] == "1"]) == [(1, "left")]
    assert lived(periods[periods["mepid"] == "2"]) == [(1, "stayed"), (2, "left")]


def test_unknown_rules_and_exits_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="did you mean 'again'"):
        exit_periods(RETURNER, returners="agian")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="expected some of mover_in_district"):
        exit_periods(RETURNER, exits=["retired"])


def some_periods(people: int = 900, seed: int = 3, again: bool = False) -> pd.DataFrame:
    """Person-years with three ways out; half the people enter in their second year, and may come back."""
    rng = np.random.default_rng(seed)
    mepid = np.repeat(np.arange(people), 4)
    period = np.tile(np.arange(1, 5), people)
    kinds = np.array(["stayed", "mover_in_district", "mover_other_district", "left"])
    exit = kinds[rng.choice(4, len(mepid), p=[0.7, 0.1, 0.05, 0.15])]
    placed = np.repeat(rng.random(people) < 0.5, 4)
    exit = np.where(placed & (exit == "left") & (rng.random(len(exit)) < 0.4), "stayed", exit)
    rows = pd.DataFrame({"mepid": mepid, "period": period, "exit": exit, "placed": placed})
    rows["school"] = rows["mepid"] % 37
    rows = rows[rows["period"] > (rows["mepid"] % 2)]
    before = (rows["exit"] != "stayed").groupby(rows["mepid"]).cumsum() - (rows["exit"] != "stayed")
    kept = rows if again else rows[before == 0]
    return kept.assign(exited=kept["exit"] != "stayed").reset_index(drop=True)


def test_ways_out_and_staying_add_up_to_everybody() -> None:
    table = cumulative_incidence(some_periods(), sample_id="invented").table
    total = table.groupby("time")["incidence"].sum() + table.groupby("time")["still_there"].first()
    assert total.to_numpy() == pytest.approx(1.0, abs=1e-12)


def brute_force(rows: pd.DataFrame, weights: np.ndarray, kind: str) -> np.ndarray:
    """Year by year, in so many words: of those still there, the share that goes."""
    still, gone, found = 1.0, 0.0, []
    weight = weights[rows["mepid"].to_numpy()]
    for year in sorted(rows["period"].unique()):
        at = (rows["period"] == year).to_numpy()
        gone += still * weight[at & (rows["exit"] == kind).to_numpy()].sum() / weight[at].sum()
        still *= 1 - weight[at & (rows["exit"] != "stayed").to_numpy()].sum() / weight[at].sum()
        found.append(gone)
    return np.array(found)


@pytest.mark.parametrize("again", [False, True])
def test_incidence_and_its_error_equal_brute_force_with_late_entry_and_returners(again: bool) -> None:
    """The error by weighing every person a little more, one by one, and adding up what each moves, squared."""
    rows, step = some_periods(people=120, again=again), 1e-5
    table = cumulative_incidence(rows, sample_id="invented").table
    for kind in ("mover_in_district", "left"):
        mine, one = table[table["exit"] == kind], np.ones(120)
        assert mine["incidence"].to_numpy() == pytest.approx(brute_force(rows, one, kind), rel=1e-12)
        moved = [
            (brute_force(rows, one + step * (np.arange(120) == person), kind)
             - brute_force(rows, one - step * (np.arange(120) == person), kind)) / (2 * step)
            for person in range(120)
        ]  # fmt: skip
        assert mine["std_error"].to_numpy() == pytest.approx(np.sqrt((np.array(moved) ** 2).sum(axis=0)), rel=1e-6)


def test_with_one_spell_a_person_from_the_start_the_error_is_the_binomial_formula() -> None:
    rows = some_periods()
    rows = rows[rows["mepid"] % 2 == 0]
    table = cumulative_incidence(rows, sample_id="invented").table
    mine = table[table["exit"] == "left"].reset_index(drop=True)
    n, gone = mine["at_risk"].to_numpy(float), mine["hazard"].to_numpy()
    any_exit = table.groupby("time")["hazard"].sum().to_numpy()
    before = np.concatenate([[1.0], mine["still_there"].to_numpy()[:-1]])
    for t in range(len(mine)):
        ahead = (mine["incidence"][t] - mine["incidence"].to_numpy()[: t + 1]) / (1 - any_exit[: t + 1])
        s, q, a, m = before[: t + 1], gone[: t + 1], any_exit[: t + 1], n[: t + 1]
        variance = ((s**2 * q * (1 - q) + ahead**2 * a * (1 - a) - 2 * s * ahead * q * (1 - a)) / m).sum()
        assert mine["std_error"][t] == pytest.approx(np.sqrt(variance), rel=1e-10)


def test_incidence_names_thin_risk_sets_late_starts_and_returners() -> None:
    rows = some_periods(people=12, again=True)
    rows = rows[rows["period"] > 1]
    words = " ".join(cumulative_incidence(rows, sample_id="invented", returners="again").cautions)
    assert "Nobody is seen in year 1" in words
    assert "fewer than 10 people at risk" in words or len(rows) > 30
    assert "more than once" in words


def test_counting_identical_rows_changes_nothing_about_the_multinomial_model() -> None:
    """Row by row in statsmodels, clustered, with Stata's factor G/(G-1)."""
    import statsmodels.api as sm

    rows = some_periods()
    found = exit_model(rows, exposures=["placed"], cluster="school", sample_id="invented")
    design = pd.get_dummies(rows["period"], dtype=float).assign(placed=rows["placed"].astype(float))
    kinds = [kind for kind in EXITS if (rows["exit"] == kind).any()]
    codes = pd.Categorical(rows["exit"], categories=["stayed", *kinds]).codes
    reference = sm.MNLogit(codes, design).fit(
        disp=0, method="newton", cov_type="cluster", cov_kwds={"groups": rows["school"], "use_correction": False}
    )
    assert [one.outcome for one in found] == [f"exit: {kind}" for kind in kinds]
    assert found[0].statistics["log_likelihood"] == pytest.approx(reference.llf, rel=1e-10)
    assert found[0].statistics["distinct_rows"] < 0.4 * len(rows)
    for place, one in enumerate(found):
        assert one["placed"]["estimate"] == pytest.approx(reference.params.loc["placed"].iloc[place], rel=1e-6)
        expected = reference.bse.loc["placed"].iloc[place] * np.sqrt(37 / 36)
        assert one["placed"]["std_error"] == pytest.approx(expected, rel=1e-5)


def test_the_ways_out_stand_side_by_side_in_a_ladder_with_the_rule_for_returners() -> None:
    found = exit_model(some_periods(again=True), exposures=["placed"], returners="again", sample_id="invented")
    columns = list(ladder(*found).columns)
    assert columns == ["term", "to another school of the district", "to another district",
                       "out of the state's public schools"]  # fmt: skip
    assert "followed again as the same career" in found[0].estimand
    assert 0 <= found[0].statistics["alike: placed"] <= 1


def test_years_in_which_nobody_took_one_way_out_share_a_dummy_with_a_neighbour() -> None:
    rows = some_periods()
    rows = rows[~((rows["period"] == 2) & (rows["exit"] == "mover_other_district"))]
    terms = set(exit_model(rows, exposures=["placed"], sample_id="invented")[0].terms["term"])
    assert {"year 1", "years 2-3"} <= terms


def test_a_way_out_that_nobody_on_one_side_took_has_no_number_and_says_why() -> None:
    rows = some_periods()
    rows = rows[~(rows["placed"] & (rows["exit"] == "mover_other_district"))]
    found = {one.outcome: one for one in exit_model(rows, exposures=["placed"], sample_id="invented")}
    assert np.isnan(found["exit: mover_other_district"]["placed"]["estimate"])
    assert np.isfinite(found["exit: left"]["placed"]["estimate"])
    assert any("Separation: placed" in sentence for sentence in found["exit: left"].cautions)


def test_questions_that_cannot_be_answered_are_refused() -> None:
    rows = some_periods()
    cases = {
        "placed is the same in all": rows.assign(placed=True),
        "one school only": rows.assign(school=1),
        "exited is False in all": rows.assign(exit="stayed"),
        "predicts every way out perfectly": rows.assign(placed=rows["exited"]),
    }
    for words, frame in cases.items():
        with pytest.raises(DataError, match=words):
            exit_model(frame, exposures=["placed"], cluster="school", sample_id="invented")


def test_parts_of_a_whole_hold_those_still_there_and_every_way_out_in_words() -> None:
    parts = cumulative_incidence(some_periods(), sample_id="invented").parts()
    assert parts.groupby("label")["value"].sum().to_numpy() == pytest.approx(1.0)
    assert parts["part"].tolist()[:3] == ["still there", "moved in the district", "moved to another district"]
