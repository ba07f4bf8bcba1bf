"""Nested logit: the conditional logit where nests do not matter, their likeness where they do, and a plain sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.choice_sets import choices
from partnerlib.models.conditional_logit import fit_choices
from partnerlib.models.nested_logit import NestedFit, fit_nested, reading_of_independence
from validation.worlds.hiring import nested_choices

TERMS = ["log_miles", "log_teachers"]


def fitted(tau: float, people: int = 3000) -> tuple[pd.DataFrame, NestedFit]:
    rows = nested_choices(7, tau, people=people)
    return rows, fit_nested(rows, TERMS, "is_near", "candidate_id", "is_first_district")


@pytest.fixture(scope="module")
def alike() -> tuple[pd.DataFrame, NestedFit]:
    return fitted(0.5)


@pytest.fixture(scope="module")
def independent() -> tuple[pd.DataFrame, NestedFit]:
    return fitted(1.0)


def test_it_maximises_the_likelihood_written_out_nest_by_nest(alike: tuple[pd.DataFrame, NestedFit]) -> None:
    rows, fit = alike

    def likelihood(at: np.ndarray) -> float:
        taus = dict(zip(sorted(rows["is_near"].unique()), at[2:], strict=True))
        part = rows.assign(exp=np.exp(rows[TERMS].to_numpy() @ at[:2]))
        part["sum"] = part.groupby(["candidate_id", "is_near"])["exp"].transform("sum")
        nests = part.drop_duplicates(["candidate_id", "is_near"])
        upper = nests["sum"] ** nests["is_near"].map(taus)
        total = upper.groupby(nests["candidate_id"]).sum()
        chosen = part[part["is_first_district"]].set_index("candidate_id")
        own = chosen["sum"] ** chosen["is_near"].map(taus) / total
        return float(np.log(chosen["exp"] / chosen["sum"] * own).sum())

    assert fit.log_likelihood == pytest.approx(likelihood(fit.coefficients), rel=1e-10)
    for move in np.eye(4) * 1e-4:
        up, down = likelihood(fit.coefficients + move), likelihood(fit.coefficients - move)
        assert (up - down) / 2e-4 == pytest.approx(0, abs=1e-3)


def test_with_all_inclusive_values_one_it_is_the_conditional_logit(
    independent: tuple[pd.DataFrame, NestedFit],
) -> None:
    rows, fit = independent
    plain = fit_choices(choices(rows, TERMS, "candidate_id", "is_first_district"))
    assert fit.conditional_log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    assert (np.abs(fit.taus()["estimate"] - 1) < 3 * fit.taus()["std_error"]).all()
    assert fit.test_of_independence[2] > 0.01
    assert "nothing here speaks against" in reading_of_independence(fit)


def test_places_of_a_nest_that_replace_one_another_are_found(alike: tuple[pd.DataFrame, NestedFit]) -> None:
    fit = alike[1]
    assert (np.abs(fit.taus()["estimate"] - 0.5) < 3 * fit.taus()["std_error"]).all()
    assert fit.test_of_independence[2] < 0.001
    assert "replace one another more" in reading_of_independence(fit)


def test_one_nest_is_refused(alike: tuple[pd.DataFrame, NestedFit]) -> None:
    with pytest.raises(DataError, match="one nest only"):
        fit_nested(alike[0].assign(is_near="near"), TERMS, "is_near", "candidate_id", "is_first_district")


def test_nests_that_do_not_fit_the_choice_are_told() -> None:
    """Chosen the more often the poorer its places are: no inclusive value between zero and one says that."""
    fit = fitted(-0.6)[1]
    assert any("outside 0 to 1" in sentence for sentence in fit.cautions)


def test_a_nest_above_one_is_not_read_as_likeness() -> None:
    fit = fitted(1.6)[1]
    assert fit.test_of_independence[2] < 0.05
    assert "not by these nests either" in reading_of_independence(fit)
