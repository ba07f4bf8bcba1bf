from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.models.results import Estimates, coefficient_table, ladder, size_cautions


def an_estimate(specification: str = "raw", value: float = 0.1, **changes: object) -> Estimates:
    described = dict(
        terms=coefficient_table(["exposure", "constant"], np.array([value, 0.5]), np.array([0.02, 0.01])),
        estimand="difference in the share hired",
        outcome="employed_first_october",
        specification=specification,
        clustering="CR1 by placement_school_code",
        n=1200,
        people=1100,
        clusters=90,
        sample_id="completers-1a2b3c4d",
        wrong_if=("placement is chosen",),
    )
    return Estimates(**{**described, **changes})  # type: ignore[arg-type]


def test_the_interval_is_1_96_standard_errors_wide_on_each_side() -> None:
    row = an_estimate()["exposure"]
    assert (row["low"], row["high"]) == pytest.approx((0.1 - 1.959964 * 0.02, 0.1 + 1.959964 * 0.02), abs=1e-8)
    assert row["p_value"] == pytest.approx(5.733e-7, rel=1e-3)


def test_few_clusters_widen_the_interval_through_the_t_distribution() -> None:
    narrow = coefficient_table(["x"], np.array([0.0]), np.array([1.0]))
    wide = coefficient_table(["x"], np.array([0.0]), np.array([1.0]), degrees_of_freedom=9)
    assert wide["high"].iloc[0] == pytest.approx(2.2621572, abs=1e-6)
    assert wide["high"].iloc[0] > narrow["high"].iloc[0]


def test_an_estimate_without_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="identifier of its sample"):
        an_estimate(sample_id="")


def test_an_estimate_outside_its_interval_is_refused() -> None:
    terms = pd.DataFrame(
        {"term": ["x"], "estimate": [2.0], "std_error": [1.0], "low": [0.0], "high": [1.0], "p_value": [0]}
    )
    with pytest.raises(ValueError, match="outside its own interval"):
        an_estimate(terms=terms)


def test_every_row_of_the_frame_carries_n_people_clusters_and_sample() -> None:
    frame = an_estimate().to_frame()
    assert (frame[["n", "people", "clusters"]] == [1200, 1100, 90]).all().all()
    assert set(frame["sample_id"]) == {"completers-1a2b3c4d"}


def test_a_ladder_has_a_column_per_specification_and_ends_with_the_counts() -> None:
    table = ladder(an_estimate("raw"), an_estimate("within provider", 0.05).keep("exposure"))
    assert list(table.columns) == ["term", "raw", "within provider"]
    assert table["term"].tolist() == ["exposure", "constant", "n", "people", "clusters", "standard errors", "sample"]
    assert table["within provider"].tolist()[:4] == ["0.050 [0.011, 0.089]", "", "1,200", "1,100"]


def test_two_columns_of_one_name_stay_two_columns() -> None:
    assert list(ladder(an_estimate(), an_estimate()).columns) == ["term", "raw", "raw (2)"]


def test_an_unknown_term_is_answered_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="exposure"):
        an_estimate()["exposed"]


def test_small_samples_are_called_small() -> None:
    sentences = size_cautions(people=40, clusters=7, clustering="placement_school_code")
    assert len(sentences) == 2 and "Only 7 clusters" in sentences[0] and "Only 40 people" in sentences[1]
    assert size_cautions(people=4000, clusters=70, clustering="placement_school_code") == ()
