"""Conditional logit: the likelihood it maximises, the rows it refuses, and sampled sets that say the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.models import choice_sets, conditional_logit
from partnerlib.models.choice_sets import choices
from partnerlib.models.conditional_logit import fit_choices, shares
from partnerlib.models.sampled_alternatives import OFFSET, sampled_alternatives

TRUE = np.array([-0.8, 0.6, 1.2])
TERMS = ["log_miles", "log_posts", "is_placement"]


def invented(choosers: int = 400, alternatives: int = 30, seed: int = 3) -> pd.DataFrame:
    """Choosers in front of sets of different sizes: half of the alternatives are closed to some."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(choosers), alternatives)
    rows = pd.DataFrame(
        {
            "who": who,
            "provider": who % 17,
            "log_miles": rng.normal(2, 1, len(who)),
            "log_posts": rng.normal(0, 1, len(who)),
            "is_placement": (rng.random(len(who)) < 0.1).astype(float),
        }
    )
    rows = rows[rng.random(len(rows)) < np.where(who % 2 == 0, 1.0, 0.6)].reset_index(drop=True)
    utility = rows[TERMS].to_numpy() @ TRUE + rng.gumbel(size=len(rows))
    return rows.assign(chosen=utility == pd.Series(utility).groupby(rows["who"]).transform("max").to_numpy())


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return invented()


def test_it_maximises_the_likelihood_written_out_chooser_by_chooser(rows: pd.DataFrame) -> None:
    fit = fit_choices(choices(rows, TERMS, "who", "chosen"))

    def likelihood(beta: np.ndarray) -> float:
        value = 0.0
        for _, one in rows.groupby("who"):
            utility = one[TERMS].to_numpy() @ beta
            value += utility[one["chosen"].to_numpy()][0] - np.log(np.exp(utility).sum())
        return value

    assert fit.log_likelihood == pytest.approx(likelihood(fit.coefficients), rel=1e-12)
    step = 1e-4
    for position in range(3):
        move = np.eye(3)[position] * step
        up, down = likelihood(fit.coefficients + move), likelihood(fit.coefficients - move)
        assert (up - down) / (2 * step) == pytest.approx(0, abs=1e-4)
        curvature = (up - 2 * fit.log_likelihood + down) / step**2
        information = np.linalg.inv(fit.model_covariance)
        assert -curvature == pytest.approx(information[position, position], rel=1e-3)
    assert fit.null_log_likelihood == pytest.approx(-np.log(rows.groupby("who").size()).sum(), rel=1e-12)


def test_blocks_change_nothing(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit_choices(choices(rows, TERMS, "who", "chosen", cluster="provider"))
    monkeypatch.setattr(choice_sets, "BLOCK_ROWS", 100)
    pieces = fit_choices(choices(rows.sample(frac=1, random_state=1), TERMS, "who", "chosen", cluster="provider"))
    assert pieces.coefficients == pytest.approx(whole.coefficients, rel=1e-9)
    assert pieces.std_errors == pytest.approx(whole.std_errors, rel=1e-8)
    assert whole.clusters == 17


def test_where_the_search_begins_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From two thousand choosers on it begins where a tenth of them ends; that is a start, not a sample."""
    found = choices(invented(choosers=2200, seed=6), TERMS, "who", "chosen", cluster="provider")
    from_a_part = fit_choices(found)
    monkeypatch.setattr(conditional_logit, "MANY", 10_000)
    from_nothing = fit_choices(found)
    assert from_a_part.coefficients == pytest.approx(from_nothing.coefficients, rel=1e-8)
    assert from_a_part.std_errors == pytest.approx(from_nothing.std_errors, rel=1e-8)
    assert from_a_part.null_log_likelihood == from_nothing.null_log_likelihood


def test_the_planted_coefficients_lie_within_their_errors() -> None:
    fit = fit_choices(choices(invented(choosers=3000, seed=8), TERMS, "who", "chosen"))
    assert (np.abs(fit.coefficients - TRUE) < 3.5 * fit.std_errors).all()
    assert fit.std_errors == pytest.approx(fit.model_std_errors, rel=0.1)


def test_probabilities_add_up_to_one_and_to_what_was_chosen(rows: pd.DataFrame) -> None:
    found = choices(rows, TERMS, "who", "chosen")
    chance = shares(found, fit_choices(found).coefficients)
    assert np.add.reduceat(chance, found.starts) == pytest.approx(np.ones(found.choosers))
    for column in found.terms.T:  # the first-order conditions
        assert column @ chance == pytest.approx(column[found.chosen].sum(), abs=1e-6)


@pytest.mark.parametrize("importance", [None, "weight"])
def test_sampled_sets_with_their_correction_say_what_all_alternatives_say(importance: str | None) -> None:
    rows = invented(choosers=2500, alternatives=60, seed=4)
    rows["weight"] = np.exp(-0.5 * rows["log_miles"] + rows["is_placement"])
    whole = fit_choices(choices(rows, TERMS, "who", "chosen"))
    found = []
    for seed in range(12):
        drawn = sampled_alternatives(rows, np.random.default_rng(seed), 12, "chosen", "who", importance)
        found.append(fit_choices(choices(drawn, TERMS, "who", "chosen", offset=OFFSET)))
    gap = np.array([fit.coefficients for fit in found]) - whole.coefficients
    assert (np.abs(gap.mean(axis=0)) < 3.5 * gap.std(axis=0, ddof=1) / np.sqrt(12)).all()
    assert (found[0].std_errors > whole.std_errors).all()


def test_without_the_correction_a_sample_by_importance_is_wrong() -> None:
    rows = invented(choosers=2500, alternatives=60, seed=4)
    rows["weight"] = np.exp(-0.5 * rows["log_miles"] + rows["is_placement"])
    drawn = sampled_alternatives(rows, np.random.default_rng(0), 12, "chosen", "who", "weight")
    wrong = fit_choices(choices(drawn, TERMS, "who", "chosen"))
    assert abs(wrong.coefficients[0] - TRUE[0]) > 5 * wrong.std_errors[0]


def test_every_reason_against_a_fit_is_given_at_once(rows: pd.DataFrame) -> None:
    spoiled = rows.assign(chosen=rows["chosen"] & (rows["who"] > 2), age=rows["who"] % 5, log_posts=np.nan)
    with pytest.raises(DataError) as refused:
        choices(spoiled, ["log_miles", "log_posts"], "who", "chosen")
    assert "3 of 400 choosers" in str(refused.value)
    assert "log_posts" in str(refused.value)
    with pytest.raises(DataError, match="age is the same for all alternatives of every chooser"):
        choices(spoiled.assign(chosen=rows["chosen"]), ["log_miles", "age"], "who", "chosen")


def test_nobody_to_choose_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no cohort"):
        choices(rows.iloc[:0], TERMS, "who", "chosen")


def test_a_term_that_tells_the_choice_is_separation(rows: pd.DataFrame) -> None:
    fit = fit_choices(choices(rows.assign(told=rows["chosen"].astype(float)), [*TERMS, "told"], "who", "chosen"))
    assert any("Separation" in sentence and "told" in sentence for sentence in fit.cautions)


def test_terms_that_are_combinations_of_others_are_told(rows: pd.DataFrame) -> None:
    doubled = rows.assign(twice=2 * rows["log_miles"])
    fit = fit_choices(choices(doubled, [*TERMS, "twice"], "who", "chosen"))
    assert any("log_miles, twice are combinations" in sentence for sentence in fit.cautions)


def test_samples_below_one_alternative_or_without_weights_are_refused(rows: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ParameterError, match="below one"):
        sampled_alternatives(rows, rng, 0, "chosen", "who")
    with pytest.raises(ParameterError, match="not positive"):
        sampled_alternatives(rows.assign(weight=0.0), rng, 5, "chosen", "who", "weight")
