"""A frailty by district: against R's glmer, against brute-force integration, and what it says where it cannot work."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from partnerlib.errors import DataError
from partnerlib.models.frailty import _Likelihood, shared_frailty


def some_periods(spread: float, districts: int = 60, people: int = 2000, seed: int = 11) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    # Evenly spread over the normal distribution, so that the districts of one draw differ by what is planted.
    frailty = rng.permutation(spread * stats.norm.ppf((np.arange(districts) + 0.5) / districts))
    district = rng.integers(0, districts, people)
    mepid, period = np.repeat(np.arange(people), 5), np.tile(np.arange(1, 6), people)
    placed = np.repeat(rng.random(people) < 0.4, 5)
    index = -1.5 - 0.1 * period - 0.4 * placed + frailty[np.repeat(district, 5)]
    rows = pd.DataFrame(
        {
            "mepid": mepid, "period": period, "placed": placed, "district_code": np.repeat(district, 5),
            "exited": rng.random(len(index)) < special.expit(index),
        }
    )  # fmt: skip
    at_risk = rows.groupby("mepid")["exited"].cumsum() - rows["exited"] == 0
    return rows[at_risk].reset_index(drop=True)


def test_the_likelihood_and_its_score_equal_integration_by_brute_force() -> None:
    rows = some_periods(0.8, districts=7, people=60)
    design = pd.DataFrame({"placed": rows["placed"].astype(float), "constant": 1.0})
    likelihood = _Likelihood.of(design, rows["exited"], rows["district_code"])
    at = np.array([-0.3, -1.4, 0.7])

    def by_integration(parameters: np.ndarray) -> float:
        total = 0.0
        for _, district in rows.groupby("district_code"):
            fixed = parameters[0] * district["placed"].to_numpy(float) + parameters[1]
            left = district["exited"].to_numpy()

            def density(u: float, fixed: np.ndarray = fixed, left: np.ndarray = left) -> float:
                p = special.expit(fixed + parameters[2] * u)
                return float(np.where(left, p, 1 - p).prod() * np.exp(-u * u / 2) / np.sqrt(2 * np.pi))

            total += np.log(integrate.quad(density, -9, 9, epsabs=0, epsrel=1e-12)[0])
        return total

    value, score = likelihood.value(at)
    assert value == pytest.approx(by_integration(at), rel=1e-9)
    for place, step in enumerate(1e-4 * np.eye(3)):
        assert score[place] == pytest.approx((by_integration(at + step) - by_integration(at - step)) / 2e-4, rel=1e-5)


def test_a_planted_frailty_is_found_and_the_ladder_shows_both_models() -> None:
    found = shared_frailty(some_periods(0.5), exposures=["placed"], sample_id="invented")
    assert found.std_dev_low < 0.5 < found.std_dev_high
    assert found.p_value < 1e-6
    assert [step.specification for step in found.ladder()] == ["no frailty", "frailty by district_code"]
    assert abs(found.shared["placed"]["estimate"]) > abs(found.plain["placed"]["estimate"])
    assert found.shared.support is not None and found.shared.people == 2000


def test_where_districts_do_not_differ_it_says_so_and_equals_the_plain_hazard() -> None:
    rows = some_periods(0.0)
    # Dealt out like cards: districts are even more alike than chance would make them.
    rows["district_code"] = rows.groupby(["placed", "period", "exited"]).cumcount() % 60
    found = shared_frailty(rows, exposures=["placed"], sample_id="invented")
    assert found.is_at_boundary and found.p_value == 1.0 and np.isnan(found.std_dev_low)
    assert any("boundary of zero" in sentence for sentence in found.shared.cautions)
    assert found.shared["placed"]["estimate"] == pytest.approx(found.plain["placed"]["estimate"], rel=1e-4)


def test_too_few_districts_are_named() -> None:
    found = shared_frailty(some_periods(0.5, districts=6), exposures=["placed"], sample_id="invented")
    assert any("Only 6 levels of district_code" in sentence for sentence in found.shared.cautions)


def test_one_district_and_a_trait_that_tells_who_leaves_are_refused() -> None:
    rows = some_periods(0.5)
    with pytest.raises(DataError, match="one district_code only"):
        shared_frailty(rows.assign(district_code=1), exposures=["placed"], sample_id="invented")
    traits = rows.assign(trait=np.where(rows["exited"] & (rows["mepid"] < 200), "a", "b"))
    with pytest.raises(DataError, match="trait: a tells perfectly who leaves"):
        shared_frailty(traits, exposures=["placed"], covariates=["trait"], sample_id="invented")
