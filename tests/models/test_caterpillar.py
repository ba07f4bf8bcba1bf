"""Units are ranked only where their order is more than noise; picked-out units get intervals that allow for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from partnerlib.errors import DataError
from partnerlib.models.caterpillar import Caterpillar, caterpillar, discoveries, null_distribution, ranking


def providers(seed: int, spread: float, units: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.02, 0.05, units)
    return pd.DataFrame(
        {
            "unit": [f"Provider {place:02d}" for place in rng.permutation(units)],
            "truth": (truth := rng.normal(0.6, spread, units)),
            "estimate": truth + rng.normal(0, errors),
            "std_error": errors,
        }
    )


def drawn(estimates: pd.DataFrame) -> Caterpillar:
    return caterpillar(estimates, estimand="share hired", sample_id="completers-0a")


def test_units_whose_order_is_noise_come_by_name_and_have_no_ranking() -> None:
    found = drawn(providers(1, 0.0))
    assert not found.is_ranked
    assert found.units["unit"].tolist() == sorted(found.units["unit"])
    assert "They are listed by name: a ranking would be mostly noise." in found.sentence
    with pytest.raises(DataError, match=r"mostly noise\. Show all of them by name"):
        ranking(found)


def test_units_that_really_differ_are_ranked() -> None:
    found = drawn(providers(2, 0.1))
    assert found.is_ranked and found.units["contrast"].is_monotonic_decreasing
    assert "listed by name" not in found.sentence
    best = found.units["unit"].iloc[0]
    assert ranking(found)[best] == 1


def test_equal_units_are_hardly_ever_ranked() -> None:
    assert np.mean([drawn(providers(seed, 0.0)).is_ranked for seed in range(200)]) < 0.03


def test_the_null_of_equal_errors_is_evenly_spaced_normal_quantiles() -> None:
    null = null_distribution([0.1] * 9)
    assert len(null) == 9 and null.mean() == pytest.approx(0.0)
    # 9 x 99 pooled values: every quantile nine times; every 99th from the 49th is the z(j/100) of these j.
    quantiles = [int(np.ceil((49 + 99 * place) / 9)) for place in range(9)]
    expected = 0.1 * stats.norm.ppf(np.array(quantiles) / 100)
    assert null == pytest.approx(expected - expected.mean())


def test_the_null_is_what_sorted_equal_units_look_like_on_average() -> None:
    rng = np.random.default_rng(3)
    errors = rng.uniform(0.02, 0.05, 25)
    sorted_draws = np.sort(rng.normal(0, errors, (4000, 25)), axis=1).mean(axis=0)
    assert null_distribution(errors)[2:-2] == pytest.approx(sorted_draws[2:-2], abs=0.004)


def test_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    from statsmodels.stats.multitest import multipletests

    table = drawn(providers(5, 0.06)).units
    found = discoveries(table["contrast"], table["std_error"])
    p_values = 2 * stats.norm.sf(np.abs(table["contrast"] / table["std_error"]))
    assert found["is_discovery"].tolist() == multipletests(p_values, 0.05, "fdr_bh")[0].tolist()
    assert 0 < found["is_discovery"].sum() < len(table)
    assert found["low_discovery"].notna().tolist() == found["is_discovery"].tolist()


def test_intervals_of_discoveries_lie_between_plain_and_bonferroni() -> None:
    table = drawn(providers(5, 0.06)).units
    stands_out = table[table["is_discovery"]]
    assert (stands_out["low_discovery"] <= stands_out["low"]).all()
    assert (stands_out["low_discovery"] >= stands_out["low_bonferroni"]).all()


def test_no_more_than_a_twentieth_of_the_discoveries_intervals_miss() -> None:
    """Benjamini & Yekutieli's false coverage rate, over 400 draws; plain intervals of the discoveries miss far more."""
    honest, plain = [], []
    for seed in range(400):
        estimates = providers(seed, 0.03)
        contrast = estimates["estimate"] - 0.6
        found = discoveries(contrast, estimates["std_error"])
        chosen = found["is_discovery"]
        if not chosen.any():
            honest.append(0.0)
            plain.append(0.0)
            continue
        truth = estimates["truth"] - 0.6
        misses = ~truth.between(found["low_discovery"], found["high_discovery"])
        reach = 1.959964 * estimates["std_error"]
        honest.append(misses[chosen].mean())
        plain.append((~truth.between(contrast - reach, contrast + reach))[chosen].mean())
    assert np.mean(honest) < 0.05 < np.mean(plain)


def test_a_unit_twice_or_a_missing_column_is_refused() -> None:
    estimates = providers(1, 0.1)
    with pytest.raises(DataError, match="1 units appear twice, such as"):
        drawn(pd.concat([estimates, estimates.iloc[:1]], ignore_index=True))
    with pytest.raises(DataError, match="'std_error'"):
        drawn(estimates.drop(columns="std_error"))


def test_three_units_are_shown_without_shrinkage() -> None:
    found = drawn(providers(1, 0.1).head(3))
    assert found.units["shrunken"].isna().all()
    assert any("Only 3 units" in sentence for sentence in found.cautions)
