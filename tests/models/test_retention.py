from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.retention import hazard_model, person_periods, spells_from_careers
from partnerlib.models.survival import life_table


def career(mepid: str, years: list[int], retained: list[object], first_experience: int = 0, censored: bool = False):
    first = years[0]
    return pd.DataFrame(
        {
            "mepid": mepid,
            "school_year": years,
            "experience_years": [first_experience + year - first for year in years],
            "is_experience_censored": censored,
            "retained_state_position": pd.array(retained, dtype="boolean"),
        }
    )


def spell_of(*careers: pd.DataFrame) -> list[tuple[int, int, bool]]:
    spells = spells_from_careers(pd.concat(careers, ignore_index=True))
    return [(int(s.entry), int(s.duration), bool(s.event)) for s in spells.itertuples()]


def test_leaving_after_two_octobers_is_an_event_in_year_two() -> None:
    assert spell_of(career("1", [2016, 2017], [True, False])) == [(0, 2, True)]


def test_the_last_october_cannot_tell_and_censors() -> None:
    assert spell_of(career("1", [2018, 2019, 2020], [True, True, None])) == [(0, 2, False)]


def test_someone_who_starts_in_the_last_october_is_not_at_risk_at_all() -> None:
    assert spell_of(career("1", [2020], [None])) == []


def test_who_comes_back_later_is_not_at_risk_again() -> None:
    assert spell_of(career("1", [2014, 2016, 2017], [False, True, False])) == [(0, 1, True)]


def test_who_is_there_from_the_first_collection_has_no_known_year() -> None:
    assert spell_of(career("1", [2014, 2015], [True, False], censored=True)) == []


def test_who_is_seen_late_with_known_experience_enters_late() -> None:
    assert spell_of(career("1", [2016, 2017], [True, False], first_experience=3)) == [(3, 5, True)]


def test_late_entrants_are_at_risk_only_from_their_entry() -> None:
    spells = pd.DataFrame({"entry": [0, 0, 2], "duration": [1, 3, 3], "event": [True, False, True]})
    table = life_table(spells, sample_id="six", event="left").table
    assert table["at_risk"].tolist() == [2, 2]
    assert table["hazard"].tolist() == [0.5, 0.5]
    assert table["survival"].tolist() == [0.5, 0.25]


def test_person_periods_repeat_the_traits_and_mark_only_the_last_year() -> None:
    spells = pd.DataFrame(
        {"mepid": ["1", "2"], "entry": [0, 1], "duration": [2, 3], "event": [True, False], "trait": ["a", "b"]}
    )
    periods = person_periods(spells)
    assert periods[["mepid", "period", "exited", "trait"]].to_numpy().tolist() == [
        ["1", 1, False, "a"], ["1", 2, True, "a"], ["2", 2, False, "b"], ["2", 3, False, "b"],
    ]  # fmt: skip


def test_a_spell_that_ends_before_it_begins_is_refused() -> None:
    spells = pd.DataFrame({"entry": [2], "duration": [2], "event": [True]})
    for refuse in (lambda: person_periods(spells), lambda: life_table(spells, sample_id="x", event="left")):
        with pytest.raises(DataError, match="1 spells end no later than they begin"):
            refuse()


def test_a_mistyped_level_is_answered_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'district'"):
        spells_from_careers(career("1", [2016], [True]), level="distrct")


def some_periods(people: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    spells = pd.DataFrame(
        {
            "mepid": np.arange(people), "entry": 0, "duration": rng.integers(1, 5, people),
            "event": rng.random(people) < 0.6, "placed": rng.random(people) < 0.5,
            "school": rng.integers(0, 20, people),
        }
    )  # fmt: skip
    return person_periods(spells)


def test_grouping_identical_rows_changes_nothing_about_clustered_errors() -> None:
    """The same model fitted row by row by statsmodels, clustered, with Stata's factor G/(G-1)."""
    import statsmodels.api as sm

    periods = some_periods()
    fit = hazard_model(periods, exposures=["placed"], cluster="school", sample_id="invented")
    design = pd.get_dummies(periods["period"], dtype=float).assign(placed=periods["placed"].astype(float))
    reference = sm.Logit(periods["exited"].astype(float), design).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": periods["school"], "use_correction": False}
    )
    groups = periods["school"].nunique()
    assert fit.statistics["distinct_rows"] < 0.4 * len(periods)
    assert fit["placed"]["estimate"] == pytest.approx(reference.params["placed"], rel=1e-7)
    expected = reference.bse["placed"] * np.sqrt(groups / (groups - 1))
    assert fit["placed"]["std_error"] == pytest.approx(expected, rel=1e-6)
    assert (fit.n, fit.people, fit.clusters) == (len(periods), 400, groups)
    assert any("Only 20 clusters" in sentence for sentence in fit.cautions)


def test_a_year_in_which_nobody_left_is_left_out_and_named() -> None:
    periods = some_periods()
    periods = pd.concat([periods, periods.head(30).assign(period=9, exited=False)], ignore_index=True)
    fit = hazard_model(periods, exposures=["placed"], sample_id="invented")
    assert "year 9" not in set(fit.terms["term"])
    assert any("Career years 9" in sentence for sentence in fit.cautions)


def test_a_covariate_that_tells_perfectly_who_leaves_has_no_number_and_is_named() -> None:
    periods = some_periods().assign(trait=lambda rows: np.where(rows["exited"] & (rows["mepid"] < 40), "a", "b"))
    fit = hazard_model(periods, exposures=["placed"], covariates=["trait"], sample_id="invented")
    assert np.isnan(fit["trait: a"]["estimate"])
    assert np.isfinite(fit["placed"]["estimate"])
    assert any("Separation: trait: a" in sentence for sentence in fit.cautions)


def test_questions_that_cannot_be_answered_are_refused() -> None:
    periods = some_periods()
    cases = {
        "placed predicts leaving perfectly": periods.assign(placed=periods["exited"]),
        "placed is the same in all": periods.assign(placed=False),
        "exited is False in all": periods.assign(exited=False),
        "one school only": periods.assign(school=1),
    }
    for words, frame in cases.items():
        with pytest.raises(DataError, match=words):
            hazard_model(frame, exposures=["placed"], cluster="school", sample_id="invented")
