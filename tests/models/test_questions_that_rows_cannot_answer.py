"""A question that the rows cannot answer is refused with the rows or columns named; a number never comes instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.linear import Question, linear
from partnerlib.models.logit import logit

QUESTION = Question(
    outcome="hired", exposures=("placed_near",), estimand="difference in the share hired", cluster="school",
    person="candidate", sample_id="completers-0a",
)  # fmt: skip


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    near = rng.random(400) < 0.5
    return pd.DataFrame(
        {
            "candidate": np.arange(400),
            "school": rng.integers(0, 40, 400),
            "provider": rng.integers(0, 5, 400),
            "placed_near": near,
            "hired": pd.array(rng.random(400) < 0.4 + 0.2 * near, dtype="boolean"),
            "field": rng.choice(["math", "elementary"], 400),
        }
    )


def same_outcome(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(hired=True)


def known_for_the_treated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(hired=rows["hired"].where(rows["placed_near"]))


def everybody_treated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(placed_near=True)


def one_school(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(school="one")


def treated_by_provider(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(placed_near=rows["provider"] < 2)


def year_without_cohort(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.iloc[:0]


def unknown_outcome(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(hired=pd.NA)


CASES: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], tuple[str, ...]]] = [
    (same_outcome, ("hired is True in all 400 rows",)),
    (known_for_the_treated, ("known only where placed_near is True", "nobody to compare")),
    (everybody_treated, ("placed_near is the same in all 400 rows",)),
    (one_school, ("one school only",)),
    (treated_by_provider, ("placed_near does not vary within provider", "function of the effect")),
    (year_without_cohort, ("no rows", "cohort")),
    (unknown_outcome, ("hired 400 of 400",)),
]


@pytest.mark.parametrize("fit", [linear, logit])
@pytest.mark.parametrize(("spoil", "said"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_it_is_refused_with_the_reason(
    rows: pd.DataFrame, fit: Any, spoil: Callable[[pd.DataFrame], pd.DataFrame], said: tuple[str, ...]
) -> None:
    with pytest.raises(DataError) as refused:
        fit(spoil(rows), QUESTION, "within providers", effects=["provider"])
    for words in said:
        assert words in str(refused.value)


@pytest.mark.parametrize("fit", [linear, logit])
def test_all_reasons_are_given_at_once(rows: pd.DataFrame, fit: Any) -> None:
    with pytest.raises(DataError) as refused:
        fit(one_school(same_outcome(rows)), QUESTION, "raw")
    assert "in all 400 rows" in str(refused.value)
    assert "one school only" in str(refused.value)


def test_an_exposure_that_predicts_perfectly_has_no_log_odds(rows: pd.DataFrame) -> None:
    perfect = rows.assign(hired=pd.array(rows["placed_near"], dtype="boolean"))
    with pytest.raises(DataError, match="placed_near predicts the outcome perfectly"):
        logit(perfect, QUESTION, "raw")


def test_a_covariate_that_predicts_perfectly_has_no_number(rows: pd.DataFrame) -> None:
    rare = rows.assign(field=np.where(rows["candidate"] < 12, "latin", rows["field"]))
    rare.loc[rare["field"] == "latin", "hired"] = False
    found = logit(rare, QUESTION, "raw", covariates=["field"])
    assert np.isnan(found["field: latin"][["estimate", "std_error", "low", "high"]].astype(float)).all()
    assert np.isfinite(found["placed_near"]["estimate"])
    assert any("Separation: field: latin" in sentence for sentence in found.cautions)


def test_an_exposure_that_is_a_sum_of_covariates_is_not_told_apart(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="cannot be told apart from"):
        linear(rows.assign(copy=rows["placed_near"].astype(int)), QUESTION, "raw", covariates=["copy"])


def test_a_covariate_that_is_a_function_of_an_effect_is_named_and_has_no_number(rows: pd.DataFrame) -> None:
    found = linear(
        rows.assign(size=rows["provider"] * 10.0), QUESTION, "raw", covariates=["size"], effects=["provider"]
    )
    assert "size" not in set(found.terms["term"])
    assert any("size" in sentence and "left out" in sentence for sentence in found.cautions)
