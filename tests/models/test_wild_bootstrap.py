"""The wild bootstrap equals enumeration by plain refits, and refuses where one cluster alone is treated."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.clustered_design import clustered_design
from partnerlib.models.linear import Question, linear
from partnerlib.models.wild_bootstrap import linear_wild_bootstrap, wild_bootstrap

ASKED = Question("score", ("grant",), "difference in the score", "district", "cell", "invented-0a")


def districts(seed: int = 1, clusters: int = 8, treated: int = 4, effect: float = 0.5, years: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [(district, 2011 + year) for district in range(clusters) for year in range(years)],
        columns=["district", "year"],
    )
    grant = (frame["district"] < treated) & (frame["year"] >= 2013)
    spread = 0.5 + (np.arange(clusters) < treated)[:, None]
    shocks = spread * rng.normal(size=(clusters, 1)) + rng.normal(size=(clusters, years))
    return frame.assign(
        cell=np.arange(len(frame)), grant=grant.astype(float), size=rng.normal(size=len(frame)),
        score=effect * grant + shocks.ravel() + rng.normal(0, 0.2, len(frame)),
    )  # fmt: skip


def t_statistic(y: np.ndarray, design: np.ndarray, clusters: np.ndarray, null: float) -> float:
    fit = sm.OLS(y, design).fit()
    robust = fit.get_robustcov_results("cluster", groups=clusters, use_correction=True)
    return float((robust.params[0] - null) / robust.bse[0])


@pytest.mark.parametrize("effects", [[], ["year"], ["district", "year"]])
def test_it_equals_all_sign_flips_refitted_one_by_one(effects: list[str]) -> None:
    frame = districts(clusters=6, treated=3)
    parts = [frame[["grant", "size"]].to_numpy()]
    parts += [pd.get_dummies(frame[effect], dtype=float).to_numpy()[:, place > 0 :] for place, effect in
              enumerate(effects)] or [np.ones((len(frame), 1))]  # fmt: skip
    design, y = np.column_stack(parts), frame["score"].to_numpy()
    clusters = frame["district"].to_numpy()
    restricted = sm.OLS(y, design[:, 1:]).fit()
    observed = abs(t_statistic(y, design, clusters, 0.0))
    found = []
    for signs in itertools.product([1.0, -1.0], repeat=6):
        sample = restricted.fittedvalues + np.array(signs)[clusters] * restricted.resid
        found.append(abs(t_statistic(sample, design, clusters, 0.0)))
    expected = np.mean(np.array(found) >= observed * (1 - 1e-9))
    prepared = clustered_design(frame, ASKED, ["size"], effects)
    result = wild_bootstrap(prepared, "grant", np.random.default_rng(1), "rademacher")
    assert result.is_complete and result.draws == 64
    assert result.p_value == pytest.approx(expected)


def test_the_estimate_and_its_error_are_those_of_the_linear_model() -> None:
    frame = districts(clusters=20, treated=9)
    usual = linear(frame, ASKED, "two-way", ["size"], ["district", "year"])["grant"]
    wild = linear_wild_bootstrap(
        frame, ASKED, "two-way", np.random.default_rng(1), ["size"], ["district", "year"], draws=999
    )["grant"]
    assert wild["estimate"] == pytest.approx(usual["estimate"], rel=1e-8)
    assert wild["std_error"] == pytest.approx(usual["std_error"], rel=1e-6)


def test_who_stands_behind_its_terms_is_counted_as_for_the_linear_model() -> None:
    frame = districts(clusters=20, treated=9).assign(field=lambda rows: np.where(rows["cell"] % 3, "math", "science"))
    usual = linear(frame, ASKED, "two-way", ["size", "field"], ["district", "year"]).support
    wild = linear_wild_bootstrap(
        frame, ASKED, "two-way", np.random.default_rng(1), ["size", "field"], ["district", "year"], draws=199
    ).support
    assert usual is not None and wild is not None
    mine, theirs = (found.terms.sort_values("term", ignore_index=True) for found in (wild, usual))
    pd.testing.assert_frame_equal(mine, theirs, rtol=1e-5)
    assert (wild.is_binary, wild.is_saturated, wild.fewest_in_a_cell) == (
        usual.is_binary, usual.is_saturated, usual.fewest_in_a_cell,
    )  # fmt: skip
    assert wild.leverage == pytest.approx(usual.leverage, rel=1e-4)


def test_the_interval_holds_exactly_the_effects_that_are_not_rejected() -> None:
    frame = districts(3, clusters=9, treated=4)
    design = clustered_design(frame, ASKED, effects=["district", "year"])
    found = wild_bootstrap(design, "grant", np.random.default_rng(1), "rademacher")
    for null, is_held in ((found.low + 0.02, True), (found.low - 0.02, False), (found.high - 0.02, True),
                          (found.high + 0.02, False)):  # fmt: skip
        moved = frame.assign(score=frame["score"] - null * frame["grant"])
        again = wild_bootstrap(
            clustered_design(moved, ASKED, effects=["district", "year"]),
            "grant",
            np.random.default_rng(1),
            "rademacher",
        )
        assert (again.p_value >= 0.05) is is_held


def test_webbs_weights_stand_in_for_signs_with_few_clusters() -> None:
    frame = districts(4)
    few = linear_wild_bootstrap(frame, ASKED, "raw", np.random.default_rng(2), draws=999)
    many = linear_wild_bootstrap(districts(4, 30, 14), ASKED, "raw", np.random.default_rng(2), draws=999)
    assert "webb" in few.clustering and "rademacher" in many.clustering
    assert few.statistics["bootstrap samples: grant"] == 999


def test_the_same_generator_gives_the_same_answer() -> None:
    answers = [
        linear_wild_bootstrap(districts(), ASKED, "raw", np.random.default_rng(9), draws=499)["grant"]["p_value"]
        for _ in range(2)
    ]
    assert answers[0] == answers[1]


def test_one_treated_cluster_is_refused_and_few_are_called_few() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(DataError, match="1 treated district for grant"):
        linear_wild_bootstrap(districts(treated=1), ASKED, "raw", rng)
    with pytest.raises(DataError, match="1 comparison district for grant"):
        linear_wild_bootstrap(districts(treated=7), ASKED, "raw", rng)
    few = linear_wild_bootstrap(districts(treated=3), ASKED, "raw", rng, draws=199)
    assert any("Only 3 treated clusters" in sentence for sentence in few.cautions)


def test_a_term_or_weights_that_do_not_exist_are_answered_with_the_nearest() -> None:
    design = clustered_design(districts(), ASKED)
    with pytest.raises(ParameterError, match="grant"):
        wild_bootstrap(design, "grants", np.random.default_rng(1))
    with pytest.raises(ParameterError, match="webb"):
        wild_bootstrap(design, "grant", np.random.default_rng(1), "web")  # type: ignore[arg-type]


def test_an_exposure_that_repeats_an_effect_is_refused() -> None:
    frame = districts().assign(grant=lambda frame: (frame["district"] < 4).astype(float))
    with pytest.raises(DataError, match="grant"):
        clustered_design(frame, ASKED, effects=["district", "year"])
