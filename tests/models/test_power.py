"""The smallest effect that can be found is said beforehand, and found as often as promised."""

from __future__ import annotations

import numpy as np
import pytest
from adoption_worlds import ASKED, invented_cells

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import AdoptionPanel, adoption_panel
from partnerlib.models.imputation import imputed_effects
from partnerlib.models.power import detectable_effect, minimum_detectable_effect, power_of
from partnerlib.models.staggered_adoption import group_time_effects


def estimated(panel: AdoptionPanel) -> float:
    return float(group_time_effects(panel, "never treated").aggregate()["effect"]["estimate"])


def test_with_many_clusters_it_is_280_standard_errors() -> None:
    assert minimum_detectable_effect(1.0) == pytest.approx(2.8016, abs=1e-4)


def test_with_few_clusters_it_is_larger_and_equals_statsmodels() -> None:
    from statsmodels.stats.power import TTestPower

    reference = TTestPower().solve_power(nobs=8, alpha=0.05, power=0.8) * np.sqrt(8)
    assert minimum_detectable_effect(1.0, 7) == pytest.approx(reference, rel=1e-6)


def test_without_an_effect_power_is_the_size() -> None:
    assert power_of(0.0, 1.0, 9) == pytest.approx(0.05)
    assert power_of(0.0, 1.0) == pytest.approx(0.05)


def test_the_expected_error_does_not_look_at_the_treated_after_their_start() -> None:
    cells = invented_cells(3)
    started = cells["school_year"] >= cells["grant_year"]
    changed = cells.assign(share_hired=cells["share_hired"].where(~started, 1e3 * cells["share_hired"] ** 2))
    one, other = (detectable_effect(adoption_panel(each, ASKED), estimated) for each in (cells, changed))
    assert one.effect == pytest.approx(other.effect, rel=1e-6)
    assert f"{one.treated} treated" in one.sentence and "Before looking" in one.sentence


@pytest.mark.parametrize(
    "estimator", [estimated, lambda panel: float(imputed_effects(panel).overall()["effect"]["estimate"])],
    ids=["group-time", "imputed"],
)  # fmt: skip
def test_the_expected_error_is_the_spread_of_the_estimate(estimator: object) -> None:
    """Over 80 panels with the same starts: root mean square of the expected error against the spread, within 20%."""
    found, estimates = [], []
    first = invented_cells(0, effect=0.0)["grant_year"].to_numpy()
    for seed in range(80):
        cells = invented_cells(seed, effect=0.0).assign(grant_year=first)
        panel = adoption_panel(cells, ASKED)
        estimates.append(estimator(panel))  # type: ignore[operator]
        if seed < 8:
            found.append(detectable_effect(panel, estimator).std_error)  # type: ignore[arg-type]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(np.std(estimates, ddof=1), rel=0.2)


def test_few_units_without_a_start_cannot_say_how_much_units_vary() -> None:
    cells = invented_cells(3)
    never = cells.loc[cells["grant_year"].isna(), "district_code"].unique()
    few = cells[cells["grant_year"].notna() | cells["district_code"].isin(never[:3])]
    with pytest.raises(DataError, match="3 units that never start have every year"):
        detectable_effect(adoption_panel(few, ASKED), estimated)


def test_power_below_the_size_and_errors_of_zero_are_refused() -> None:
    with pytest.raises(ParameterError, match="power above size"):
        minimum_detectable_effect(1.0, power=0.01)
    with pytest.raises(DataError, match="says nothing"):
        minimum_detectable_effect(0.0)
