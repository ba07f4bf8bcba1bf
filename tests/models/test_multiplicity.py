"""Families of questions: declared, shown whole, and adjusted by Holm, Benjamini-Hochberg and Romano-Wolf."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import ParameterError
from partnerlib.models.multiplicity import Family, Hypothesis, _Cluster, adjusted, family_table, romano_wolf

REASON = "One placement, four outcomes a reader would quote together."


def some_candidates(n: int = 600, clusters: int = 40, effect: float = 0.0, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = rng.integers(0, clusters, n)
    exposure = (rng.random(n) < 0.5).astype(float)
    common = rng.normal(size=n)
    frame = pd.DataFrame(
        {"candidate_id": np.arange(n), "school": school, "placed": exposure, "grades": rng.normal(size=n),
         "provider_code": rng.integers(0, 5, n), "is_special": rng.random(n) < 0.5}
    )  # fmt: skip
    for place in range(4):
        frame[f"y{place}"] = (
            0.8 * common + rng.normal(size=n) + 0.3 * frame["grades"] + rng.normal(size=clusters)[school] * 0.3
            + (effect * exposure if place == 0 else 0.0)
        )  # fmt: skip
    return frame


OUTCOMES = tuple(
    Hypothesis(f"outcome {place}", f"y{place}", "placed", ("grades",), ("provider_code",)) for place in range(4)
)


def table_of(frame: pd.DataFrame, hypotheses: tuple[Hypothesis, ...] = OUTCOMES, draws: int = 999):
    return family_table(
        frame, Family("outcomes", REASON, hypotheses), cluster="school", person="candidate_id", sample_id="invented",
        rng=np.random.default_rng(0), draws=draws,
    )  # fmt: skip


def test_every_question_is_shown_in_the_order_declared_beside_its_estimate() -> None:
    found = table_of(some_candidates())
    assert found.table["question"].tolist() == [f"outcome {place}" for place in range(4)]
    assert "4 questions" in found.printed() and REASON in found.printed()
    one = found.estimates[2]
    assert found.table["p_value"][2] == one["placed"]["p_value"]


def test_adjusted_p_values_are_no_smaller_and_the_false_discovery_rate_is_the_milder() -> None:
    table = table_of(some_candidates(effect=0.35)).table
    for column in ("holm", "benjamini_hochberg"):
        assert (table[column] >= table["p_value"] - 1e-12).all()
    assert (table["benjamini_hochberg"] <= table["holm"] + 1e-12).all()


def test_four_names_for_one_outcome_cost_romano_wolf_nothing_and_holm_four_times() -> None:
    frame = some_candidates(effect=0.25)
    rng = np.random.default_rng(4)
    alike = {f"y{place}": frame["y0"] + 0.001 * rng.normal(size=len(frame)) for place in range(1, 4)}
    table = table_of(frame.assign(**alike), draws=4999).table
    smallest = table["p_value"].min()
    assert 0.001 < smallest < 0.2
    assert table["holm"].min() == pytest.approx(4 * smallest)
    assert table["romano_wolf"].min() < 2 * smallest


def test_holm_and_benjamini_hochberg_equal_their_definitions() -> None:
    p = np.sort(table_of(some_candidates()).table["p_value"].to_numpy())
    table = table_of(some_candidates()).table.sort_values("p_value")
    assert table["holm"].to_numpy() == pytest.approx(np.minimum(1, np.maximum.accumulate(p * [4, 3, 2, 1])))
    stepped = np.minimum.accumulate((p * 4 / np.arange(1, 5))[::-1])[::-1]
    assert table["benjamini_hochberg"].to_numpy() == pytest.approx(np.minimum(1, stepped))


def test_the_bootstrap_t_equals_fitting_every_drawn_outcome_again() -> None:
    """The null imposed by hand: fitted without the exposure, residuals with a sign per school, fitted again."""
    import statsmodels.api as sm

    frame = some_candidates(n=200, clusters=15)
    asked = OUTCOMES[1]
    dummies = pd.get_dummies(frame["provider_code"], dtype=float)
    others = pd.concat([frame[["grades"]], dummies], axis=1).set_axis(list("abcdef"), axis=1)
    null = sm.OLS(frame["y1"], others).fit()
    signs = np.random.default_rng(3).choice([-1.0, 1.0], size=(6, 15))
    mine = _Cluster.sums(frame, asked, frame["school"].to_numpy(), 15).t_of_draws(signs)
    for place in range(6):
        drawn = null.fittedvalues + null.resid * signs[place][frame["school"]]
        fit = sm.OLS(drawn, others.assign(placed=frame["placed"])).fit(
            cov_type="cluster", cov_kwds={"groups": frame["school"], "use_correction": False}
        )
        assert mine[place] == pytest.approx(fit.tvalues["placed"], rel=1e-8)


def test_stepdown_p_values_equal_pyfixest_on_the_same_draws() -> None:
    multcomp = pytest.importorskip("pyfixest.estimation.post_estimation.multcomp")
    rng = np.random.default_rng(1)
    observed, drawn = rng.normal(0, 2, 6), rng.normal(size=(499, 6))
    assert romano_wolf(observed, drawn) == pytest.approx(multcomp._get_rwolf_pval(observed, drawn))


def test_a_subgroup_is_asked_on_its_own_rows() -> None:
    frame = some_candidates()
    everyone, special = (Hypothesis(name, "y0", "placed", where=column) for name, column in
                         (("all", ""), ("special education", "is_special")))  # fmt: skip
    found = table_of(frame, (everyone, special))
    assert [each.n for each in found.estimates] == [600, int(frame["is_special"].sum())]


def test_terms_of_other_models_are_adjusted_without_draws() -> None:
    found = table_of(some_candidates())
    again = adjusted("outcomes", REASON, {f"q{i}": (each, "placed") for i, each in enumerate(found.estimates)})
    assert again.table["holm"].tolist() == found.table["holm"].tolist()
    assert again.table["romano_wolf"].isna().all()


def test_the_same_seed_gives_the_same_table_and_few_clusters_are_named() -> None:
    frame = some_candidates(clusters=8)
    first, second = table_of(frame, draws=99), table_of(frame, draws=99)
    pd.testing.assert_frame_equal(first.table, second.table)
    assert any("Only 8 clusters" in sentence and "256 different draws" in sentence for sentence in first.cautions)


def test_a_family_without_a_reason_or_with_one_question_or_one_twice_is_none() -> None:
    one = Hypothesis("a", "y0", "placed")
    with pytest.raises(ParameterError, match="1 question; expected two or more; no reason"):
        Family("outcomes", "", (one,))
    with pytest.raises(ParameterError, match="'a' is declared twice"):
        Family("outcomes", REASON, (one, one))
