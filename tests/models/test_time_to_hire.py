"""Whether and when: the likelihood of a split population, its counts of waiting, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from partnerlib.errors import DataError
from partnerlib.models.time_to_hire import SplitPopulation, time_to_hire, waiting_times
from validation.worlds.hiring import LAST_OCTOBER, completers_who_wait


@pytest.fixture(scope="module")
def waits() -> pd.DataFrame:
    return waiting_times(completers_who_wait(1, ever=0.5, speed=0.4), LAST_OCTOBER)


@pytest.fixture(scope="module")
def fit(waits: pd.DataFrame) -> SplitPopulation:
    return time_to_hire(waits, exposures=["is_near"], covariates=["strength"], sample_id="completers-0a")


def test_octobers_are_counted_from_completion_and_censored_at_the_last() -> None:
    jobs = pd.DataFrame(
        {
            "completion_year": pd.array([2017, 2017, 2018, 2019, None], dtype="Int64"),
            "years_to_hire": pd.array([0, None, 3, 0, 0], dtype="Int64"),
        }
    )
    waits = waiting_times(jobs, last_october=2019)
    assert list(waits["waited"]) == [1, 2, 1]  # the third is found in an October that is not collected yet
    assert list(waits["is_hired"]) == [True, False, False]


def test_the_estimates_maximise_the_likelihood_as_the_papers_write_it(
    waits: pd.DataFrame, fit: SplitPopulation
) -> None:
    z = np.column_stack([waits["is_near"], waits["strength"], np.ones(len(waits))]).astype(float)
    t, d = waits["waited"].to_numpy(float), waits["is_hired"].to_numpy(bool)

    def likelihood(at: np.ndarray) -> float:
        p = 1 / (1 + np.exp(-z @ at[:3]))
        stay = lambda time: np.exp(-(time ** np.exp(at[6])) * np.exp(z @ at[3:6]))  # noqa: E731
        return float(np.log(np.where(d, p * (stay(t - 1) - stay(t)), 1 - p + p * stay(t))).sum())

    ours = np.concatenate(
        [fit.ever.terms["estimate"], fit.speed.terms["estimate"], [np.log(fit.ever.statistics["shape"])]]
    )
    assert fit.log_likelihood == pytest.approx(likelihood(ours), rel=1e-10)
    other = optimize.minimize(lambda at: -likelihood(at), ours * 0.9, method="Nelder-Mead",
                              options={"maxiter": 20000, "maxfev": 20000, "xatol": 1e-7, "fatol": 1e-9}).x  # fmt: skip
    assert ours == pytest.approx(other, abs=2e-4)


def test_both_parts_carry_what_a_reader_needs(fit: SplitPopulation) -> None:
    assert {"is_near", "strength", "constant"} == set(fit.ever.terms["term"]) == set(fit.speed.terms["term"])
    assert fit.ever.people == fit.speed.people == 3000
    assert 0.6 < fit.share_ever < 0.8
    assert fit.ever.support is not None


def test_waits_that_have_not_levelled_off_are_refused() -> None:
    young = completers_who_wait(3, ever=0.0, speed=-3.0)
    with pytest.raises(DataError, match="not levelled off"):
        time_to_hire(waiting_times(young, LAST_OCTOBER), exposures=["is_near"], sample_id="completers-0a")


def test_a_single_october_of_hires_is_refused(waits: pd.DataFrame) -> None:
    first = waits[(waits["waited"] == 1) | ~waits["is_hired"]]
    with pytest.raises(DataError, match="three or more"):
        time_to_hire(first, exposures=["is_near"], sample_id="completers-0a")


def test_a_kind_of_people_all_hired_at_once_has_no_speed(waits: pd.DataFrame) -> None:
    at_once = waits.assign(is_latin=(waits["candidate_id"] < 30) & ((waits["waited"] == 1) | ~waits["is_hired"]))
    with pytest.raises(DataError, match=r"is_latin \(when\)"):
        time_to_hire(at_once, exposures=["is_near"], covariates=["is_latin"], sample_id="completers-0a")


@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_the_unit_of_a_covariate_changes_nothing_but_its_own_coefficient(
    waits: pd.DataFrame, fit: SplitPopulation, unit: float
) -> None:
    scaled = time_to_hire(
        waits.assign(strength=waits["strength"] * unit), exposures=["is_near"], covariates=["strength"], sample_id="a-0"
    )
    assert scaled.ever["is_near"]["estimate"] == pytest.approx(fit.ever["is_near"]["estimate"], rel=1e-5)
    assert scaled.ever["is_near"]["std_error"] == pytest.approx(fit.ever["is_near"]["std_error"], rel=1e-4)
    assert scaled.speed["strength"]["estimate"] * unit == pytest.approx(fit.speed["strength"]["estimate"], rel=1e-4)
