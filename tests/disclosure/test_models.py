"""A model is published when nobody can be read out of it: enough people on both outcomes, no row its own fit."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerlib.disclosure.models import (
    PRINTED_COLUMNS,
    check_group_effects,
    check_model,
    check_models,
    refuse_rows,
    release_models,
)
from partnerlib.disclosure.significance import nearest_five, round_to, significant, step_for
from partnerlib.disclosure.statistics import TableStatistic, merge_steps, refuse_thin_steps, release_statistic
from partnerlib.errors import ParameterError, ReleaseRefused
from partnerlib.models.linear import Question, linear
from partnerlib.models.logit import logit
from partnerlib.models.results import Estimates
from partnerlib.models.retention import hazard_model, person_periods
from partnerlib.models.survival import life_table


def hired(people: int = 400, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "candidate_id": np.arange(people).astype(str),
            "is_hired": rng.random(people) < 0.6,
            "is_near": rng.random(people) < 0.4,
            "grade_point_average": rng.normal(3.2, 0.3, people),
            "gender": rng.choice(["F", "M"], people),
            "provider_code": rng.integers(0, 8, people).astype(str),
            "school_code": rng.integers(0, 60, people).astype(str),
        }
    )


def question(*exposures: str) -> Question:
    return Question("is_hired", exposures, "difference in the probability", "school_code", "candidate_id", "sample-0a")


def rules(model: Estimates) -> str:
    return " | ".join(map(str, check_model(model)))


def test_an_ordinary_model_is_published_rounded_and_without_p_values() -> None:
    model = linear(hired(), question("is_near", "grade_point_average"), "raw", covariates=["gender"])
    assert check_model(model) == ()
    printed = release_models([model])
    assert list(printed.columns) == list(PRINTED_COLUMNS)
    assert set(printed["n"]) == {400}
    for row, exact in zip(printed.itertuples(), model.terms.itertuples(), strict=True):
        assert row.estimate == float(f"{exact.estimate:.3g}")
        assert row.std_error != exact.std_error
        assert row.low < row.estimate < row.high


def test_a_dummy_for_one_person_gives_the_outcome_back_and_is_refused() -> None:
    frame = hired().assign(score=lambda f: np.random.default_rng(1).normal(70, 10, len(f)))
    frame["is_the_one"] = frame["candidate_id"] == "17"
    asked = replace(question("is_the_one"), outcome="score")
    model = linear(frame, asked, "one dummy")
    recovered = model["is_the_one"]["estimate"] + model["constant"]["estimate"]
    assert recovered == pytest.approx(frame["score"].iloc[17], abs=1e-6)
    assert model.support is not None and model.support.leverage == pytest.approx(1)
    found = check_model(model)
    assert {finding.where for finding in found} == {"term 'is_the_one'", "the listed terms together"}
    with pytest.raises(ReleaseRefused, match="is_the_one") as refused:
        release_models([model])
    assert f"{frame['score'].iloc[17]:.1f}"[:4] not in str(refused.value)


def test_leverage_and_pull_are_those_of_least_squares_with_dummies() -> None:
    frame = hired(90)
    weights = pd.Series(np.random.default_rng(2).uniform(0.5, 2, len(frame)))
    model = linear(
        frame.assign(w=weights), question("is_near", "grade_point_average"), "within", effects=["provider_code"],
        weights="w",
    )  # fmt: skip
    dummies = pd.get_dummies(frame["provider_code"], dtype=float)
    x = frame[["is_near", "grade_point_average"]].astype(float)

    def leverage(design: pd.DataFrame) -> np.ndarray:
        root = np.sqrt(weights.to_numpy())[:, None]
        q, _ = np.linalg.qr(design.to_numpy() * root)
        return (q**2).sum(axis=1)

    net = leverage(pd.concat([dummies, x], axis=1)) - leverage(dummies)
    assert model.support is not None
    assert model.support.leverage == pytest.approx(net.max(), rel=1e-8)
    assert model.support.residual_degrees_of_freedom == 90 - 2 - 8
    # A coefficient is a weighted sum of outcomes; the pull of a person is their share of the squared weights.
    root = np.sqrt(weights.to_numpy())[:, None]
    hat = np.linalg.pinv(pd.concat([x, dummies], axis=1).to_numpy() * root)
    shares = hat[:2] ** 2 / (hat[:2] ** 2).sum(axis=1, keepdims=True)
    assert model.support.terms["pull"].tolist() == pytest.approx(shares.max(axis=1).tolist(), rel=1e-8)


def test_two_crossed_effects_are_taken_out_exactly() -> None:
    frame = hired(120).assign(year=lambda f: np.arange(len(f)) % 3)
    model = linear(frame, question("is_near"), "within both", effects=["provider_code", "year"])
    dummies = pd.get_dummies(frame[["provider_code", "year"]].astype(str), drop_first=True, dtype=float)
    fit = sm.OLS(frame["is_near"].astype(float), dummies.assign(constant=1.0)).fit()
    leverage = fit.resid**2 / (fit.resid**2).sum()
    assert model.support is not None
    assert model.support.leverage == pytest.approx(leverage.max(), rel=1e-5)
    assert model.support.residual_degrees_of_freedom == 120 - 1 - 8 - 3 + 1


@pytest.mark.parametrize("few", [1, 9])
@pytest.mark.parametrize("outcome", [True, False])
def test_a_category_with_too_few_people_of_one_outcome_is_named(few: int, outcome: bool) -> None:
    frame = hired(600)
    chosen = frame.index[frame["is_hired"] == outcome][:few].union(frame.index[frame["is_hired"] != outcome][:40])
    frame["group"] = np.where(frame.index.isin(chosen), "rare", "common")
    model = linear(frame, question("is_near"), "with group", covariates=["group"])
    assert "term 'group: rare': rests on fewer than 10 people of one outcome" in rules(model)
    assert rules(model.keep("is_near")) == "", "a covariate that is not listed tells nothing"


def test_ten_people_of_each_outcome_are_enough() -> None:
    frame = hired(600)
    chosen = frame.index[frame["is_hired"]][:10].union(frame.index[~frame["is_hired"]][:10])
    frame["group"] = np.where(frame.index.isin(chosen), "rare", "common")
    assert rules(linear(frame, question("is_near"), "with group", covariates=["group"])) == ""


def test_a_group_in_which_everybody_is_hired_is_refused_like_one_in_which_nobody_is() -> None:
    frame = hired(400)
    for value in (True, False):
        uniform = frame.assign(is_hired=frame["is_hired"].mask(frame["is_near"], value))
        assert "term 'is_near': rests on fewer than 10" in rules(linear(uniform, question("is_near"), "raw"))


def test_a_fit_with_few_spare_rows_is_refused() -> None:
    frame = hired(40).assign(**{f"x{i}": np.random.default_rng(i).normal(size=40) for i in range(31)})
    model = linear(frame, question(*[f"x{i}" for i in range(31)]), "many terms")
    assert "fewer than 10 residual degrees of freedom" in rules(model)


def test_a_saturated_fit_is_a_table_and_needs_ten_in_every_cell() -> None:
    frame = hired(600, seed=8)
    small = frame.index[frame["is_near"] & (frame["gender"] == "M")][30:]
    frame["both"] = frame["is_near"] & (frame["gender"] == "M")
    frame["is_man"] = frame["gender"] == "M"
    whole = linear(frame, question("is_near", "is_man", "both"), "saturated")
    assert whole.support is not None and whole.support.is_saturated
    assert rules(whole) == ""
    thin = linear(frame.drop(index=small), question("is_near", "is_man", "both"), "saturated")
    cells = frame.drop(index=small).groupby(["is_near", "is_man"])["is_hired"].agg(["sum", "size"])
    assert thin.support is not None
    assert thin.support.fewest_in_a_cell == min(cells["sum"].min(), (cells["size"] - cells["sum"]).min())
    assert not linear(frame, question("is_near", "is_man"), "main effects").support.is_saturated  # type: ignore[union-attr]


def test_the_shares_of_a_saturated_fit_keep_three_counts_possible() -> None:
    frame = hired(200)
    model = linear(frame, question("is_near"), "raw")
    near = int(frame["is_near"].sum())
    printed = release_models([model]).set_index("term").loc["is_near", "estimate"]
    exact = model["is_near"]["estimate"]
    assert abs(printed - exact) <= 1.5 / min(near, 200 - near) * 2
    assert printed * 100 == pytest.approx(round(printed * 100)), "three figures would give the counts back"


def test_a_logit_and_a_hazard_count_people_by_outcome() -> None:
    frame = hired(500)
    assert rules(logit(frame, question("is_near"), "raw", covariates=["gender"])) == ""
    rng = np.random.default_rng(4)
    spells = pd.DataFrame(
        {"mepid": np.arange(300).astype(str), "entry": 0, "duration": rng.choice([1, 2, 3], 300, p=[0.5, 0.45, 0.05]),
         "event": rng.random(300) < 0.7}
    )  # fmt: skip
    model = hazard_model(person_periods(spells), sample_id="spells-0a")
    last = spells[(spells["duration"] == 3)]
    assert last["event"].sum() < 20 and model.support is not None
    fewest = model.support.terms.set_index("term")["fewest"]
    assert fewest["year 3"] == min(last["event"].sum(), (~last["event"]).sum())
    assert "term 'year 3'" in rules(model) and "term 'year 1'" not in rules(model)


def test_a_person_with_many_rows_is_one_person() -> None:
    frame = hired(400)
    repeated = pd.concat([frame, *[frame[frame["candidate_id"].isin(["1", "2", "3"])]] * 9], ignore_index=True)
    repeated["is_repeated"] = repeated["candidate_id"].isin(["1", "2", "3"])
    assert "term 'is_repeated': rests on fewer than 10" in rules(linear(repeated, question("is_repeated"), "raw"))


def test_a_model_whose_people_were_not_counted_is_refused() -> None:
    model = replace(linear(hired(), question("is_near"), "raw"), support=None)
    assert "were not counted" in rules(model)


def test_two_models_whose_samples_differ_by_a_handful_are_refused_together() -> None:
    frame = hired(400)
    models = [linear(frame, question("is_near"), "all"), linear(frame.iloc[1:], question("is_near"), "without one")]
    assert all(check_model(model) == () for model in models)
    found = check_models(models)
    assert len(found) == 1 and "'all' and 'without one'" in found[0].where
    with pytest.raises(ReleaseRefused, match="fit both on the rows they share"):
        release_models(models)
    other = linear(hired(399).assign(is_far=lambda f: ~f["is_near"]), question("is_far"), "same rows fewer")
    assert check_models([models[1], other]) == (), "the same number of people is no difference"
    apart = linear(frame.iloc[10:], question("is_near"), "without ten")
    assert check_models([models[0], apart]) == ()


@settings(max_examples=200, deadline=None)
@given(st.integers(10, 5000), st.floats(0.02, 0.98))
def test_a_printed_standard_error_leaves_five_numbers_of_people_possible(people: int, share: float) -> None:
    error = (share * (1 - share) / people) ** 0.5
    step = step_for(error, people)
    printed = round_to(error, step)
    assert abs(printed - error) <= step / 2 * (1 + 1e-6)
    possible = [n for n in range(max(people - 5, 2), people + 6)
                if round_to((share * (1 - share) / n) ** 0.5, step) == printed]  # fmt: skip
    assert len(possible) >= 3, "the width of the interval gives the number of people"


def test_rounding_says_what_it_says() -> None:
    assert [significant(v) for v in (0.123456, 1234.5, -0.000987654, 0.0)] == [0.123, 1230.0, -0.000988, 0.0]
    assert [nearest_five(v) for v in (12, 13, 400, 2)] == [10, 15, 400, 0]
    assert np.isnan(significant(float("nan")))


def test_group_effects_under_the_threshold_and_those_of_people_are_never_listed() -> None:
    effects = pd.DataFrame({"provider": ["a", "b"], "effect": [0.1, 0.2], "people": [40, 9]})
    assert "groups of fewer than 10" in str(check_group_effects(effects, "people")[0])
    assert check_group_effects(effects.iloc[:1], "people") == ()
    teachers = pd.DataFrame({"mepid": ["1"], "effect": [0.1], "n_students": [90]})
    assert "about one person" in str(check_group_effects(teachers, "n_students", is_person=True)[0])


def test_residuals_fitted_values_and_influence_are_refused_under_any_name() -> None:
    for column in ("residual", "fitted_value", "cooks_distance", "dfbetas"):
        with pytest.raises(ReleaseRefused, match=column):
            refuse_rows({"model": pd.DataFrame({"term": ["a"], column: [0.1]})})
    with pytest.raises(ReleaseRefused, match="as many lines"):
        refuse_rows({"points": pd.DataFrame({"z": np.zeros(400)})}, rows=[400])
    refuse_rows({"coefficients": pd.DataFrame({"term": ["a"], "estimate": [0.1]})}, rows=[400])


@pytest.mark.parametrize(
    ("statistic", "reason"),
    [
        (TableStatistic("chi-square", 3.2, 80, fewest_in_a_cell=12, has_margins=True), "margins"),
        (TableStatistic("chi-square", 3.2, 80, fewest_in_a_cell=4), "a cell of fewer"),
        (TableStatistic("alpha", 0.8, 7), "fewer than 10 people"),
        (TableStatistic("intraclass correlation", 0.1, 60, fewest_in_a_cell=3), "a cell of fewer"),
        (TableStatistic("log likelihood", -40.1234, 4000), "gives counts"),
        (TableStatistic("maximum", 99.0, 4000), "a person's value"),
    ],
)
def test_a_statistic_that_gives_its_table_back_is_refused(statistic: TableStatistic, reason: str) -> None:
    with pytest.raises(ReleaseRefused, match=reason):
        release_statistic(statistic)


def test_a_statistic_of_many_is_printed_to_two_figures() -> None:
    assert release_statistic(TableStatistic("alpha", 0.8371, 240)) == 0.84
    with pytest.raises(ParameterError, match="did you mean 'alpha'"):
        release_statistic(TableStatistic("alhpa", 0.8, 240))


def spells(seed: int = 3, people: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"entry": 0, "duration": rng.integers(1, 12, people), "event": rng.random(people) < 0.6})


def test_survival_steps_are_merged_until_ten_left_and_ten_did_not() -> None:
    whole = life_table(spells(), sample_id="spells-0a", event="left").table
    with pytest.raises(ReleaseRefused, match="counts people exactly"):
        refuse_thin_steps(whole)
    merged = merge_steps(whole)
    refuse_thin_steps(merged)
    assert list(merged.columns) == ["from_time", "to_time", "at_risk", "survival", "survival_low", "survival_high"]
    for step in merged.itertuples():
        inside = whole[(whole["time"] > step.from_time) & (whole["time"] <= step.to_time)]
        assert inside["events"].sum() >= 10 and inside["at_risk"].min() >= 10
        assert step.survival_low <= inside["survival"].iloc[-1] < step.survival_high + 1e-9
        assert step.at_risk % 5 == 0


def test_a_last_step_of_one_person_is_not_printed() -> None:
    table = pd.DataFrame(
        {"time": [1, 2, 3], "at_risk": [60, 40, 12], "events": [15, 20, 1], "survival": [0.75, 0.375, 0.34]}
    )
    assert merge_steps(table)["to_time"].tolist() == [1, 2]
    with pytest.raises(ReleaseRefused, match="no step holds"):
        merge_steps(table.iloc[2:])


def test_the_gate_knows_shapes_only() -> None:
    folder = Path(__file__).resolve().parents[2] / "partnerlib" / "disclosure"
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            )  # fmt: skip
            assert not any(name.startswith(("partnerlib.models", "partnerlib.panels")) for name in names), path
