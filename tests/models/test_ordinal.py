"""Ratings with lines of every school: the planted shift is found, and what cannot be asked is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.linear import Question
from partnerlib.models.ordinal import ordered
from validation.worlds.outcomes import RATED_HIGHER, ratings

QUESTION = Question("rating", ("is_match",), "invented", "school_code", "mepid", "invented")


@pytest.fixture(scope="module")
def estimates() -> pd.DataFrame:
    found = []
    for seed in range(15):
        rows = ratings(np.random.default_rng(seed), True)
        beside = ["school_mean_match"]
        random = ordered(rows, QUESTION, "random", beside, school="school_code", thresholds="random")["is_match"]
        fixed = ordered(rows, QUESTION, "fixed", school="school_code", thresholds="fixed")["is_match"]
        common = ordered(rows, QUESTION, "common")["is_match"]
        holds = random["low"] <= RATED_HIGHER <= random["high"]
        found.append({"random": random["estimate"], "fixed": fixed["estimate"], "common": common["estimate"],
                      "holds": holds})  # fmt: skip
    return pd.DataFrame(found)


def test_with_random_lines_and_the_schools_share_the_planted_shift_is_found(estimates: pd.DataFrame) -> None:
    error = estimates["random"].std(ddof=1) / np.sqrt(len(estimates))
    assert abs(estimates["random"].mean() - RATED_HIGHER) < 3 * error
    assert 5 * error < RATED_HIGHER
    assert estimates["holds"].sum() >= 12  # of 15; fewer would happen once in a hundred


def test_common_lines_miss_it_because_strict_schools_hire_those_matched(estimates: pd.DataFrame) -> None:
    assert estimates["common"].mean() < RATED_HIGHER - 5 * estimates["common"].std(ddof=1) / np.sqrt(len(estimates))


def test_a_level_for_every_small_school_exaggerates_and_is_warned_of(estimates: pd.DataFrame) -> None:
    assert (estimates["fixed"] / estimates["random"]).median() > 1.02
    rows = ratings(np.random.default_rng(1), True, teachers=6)
    found = ordered(rows, QUESTION, "fixed", school="school_code", thresholds="fixed")
    assert any("a level for every school makes coefficients too large" in sentence for sentence in found.cautions)


def test_schools_that_rate_everybody_alike_leave_a_fixed_model_and_are_counted() -> None:
    rows = ratings(np.random.default_rng(2), True)
    alike = rows.assign(rating=rows["rating"].mask(rows["school_code"] == "3", "Proficient"))
    found = ordered(alike, QUESTION, "fixed", school="school_code", thresholds="fixed")
    assert found.n <= len(rows) - 12
    assert any("the same rating" in sentence for sentence in found.cautions)


@pytest.mark.parametrize("thresholds", ["common", "fixed", "random"])
def test_a_term_that_foretells_the_rating_is_refused_by_name(thresholds: str) -> None:
    rows = ratings(np.random.default_rng(3), True)
    rows["foretells"] = (rows["rating"] == "Exemplary").astype(float)
    question = Question("rating", ("is_match", "foretells"), "invented", "school_code", "mepid", "invented")
    school = None if thresholds == "common" else "school_code"
    with pytest.raises(DataError, match=r"foretells.*separation"):
        ordered(rows, question, "x", school=school, thresholds=thresholds)


def test_units_of_a_term_do_not_matter() -> None:
    rows = ratings(np.random.default_rng(4), True)
    rows["scale"] = np.random.default_rng(5).normal(500, 20, len(rows))
    question = Question("rating", ("is_match", "scale"), "invented", "school_code", "mepid", "invented")
    one = ordered(rows, question, "x")
    other = ordered(rows.assign(scale=rows["scale"] / 100 - 3), question, "x")
    assert other["scale"]["estimate"] == pytest.approx(100 * one["scale"]["estimate"], rel=1e-8)
    assert other["is_match"]["std_error"] == pytest.approx(one["is_match"]["std_error"], rel=1e-8)


def test_one_rating_only_or_an_unknown_rating_is_refused() -> None:
    rows = ratings(np.random.default_rng(6), True)
    with pytest.raises(DataError, match="rating is Proficient in all"):
        ordered(rows.assign(rating="Proficient"), QUESTION, "x")
    with pytest.raises(DataError, match="Excellent not among"):
        ordered(rows.assign(rating=rows["rating"].replace("Proficient", "Excellent")), QUESTION, "x")


def test_an_exposure_that_is_the_same_inside_every_school_needs_random_lines() -> None:
    rows = ratings(np.random.default_rng(7), True)
    rows["is_match"] = (rows["school_code"].astype(int) % 2).astype(float)
    with pytest.raises(DataError, match="does not vary within school_code"):
        ordered(rows, QUESTION, "x", school="school_code", thresholds="fixed")
    assert ordered(rows, QUESTION, "x", school="school_code", thresholds="random").n == len(rows)


def test_lines_of_schools_need_a_school() -> None:
    rows = ratings(np.random.default_rng(8), True)
    with pytest.raises(ParameterError, match="a school needs"):
        ordered(rows, QUESTION, "x", thresholds="random")
    with pytest.raises(ParameterError, match="'probit'"):
        ordered(rows, QUESTION, "x", link="probitt")
