"""Who is in tested grades, weights that make them look like all, and what weights cannot do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.linear import Question
from partnerlib.models.tested_grades import seen_in_tested_grades, with_and_without_weights

QUESTION = Question("effect", ("match",), "invented", "school", "mepid", "invented")


def teachers(seed: int, n: int = 1500) -> pd.DataFrame:
    """Elementary teachers are seen more often, and a match helps them alone: 0.10 to them, nothing to the others."""
    rng = np.random.default_rng(seed)
    elementary = rng.random(n) < 0.4
    average = rng.normal(3.2, 0.4, n)
    match = rng.random(n) < 0.5
    seen = rng.random(n) < 1 / (1 + np.exp(1.5 - 2.0 * elementary))
    effect = 0.10 * match * elementary + 0.05 * (average - 3.2) + rng.normal(0, 0.2, n)
    return pd.DataFrame(
        {"mepid": np.arange(n).astype(str), "school": rng.integers(0, 80, n), "match": match.astype(float),
         "license_field": np.where(elementary, "elementary", "history"), "grade_point_average": average,
         "is_seen": seen, "effect": np.where(seen, effect, np.nan)}
    )  # fmt: skip


TRAITS = ("license_field", "grade_point_average")


def test_the_table_says_who_is_seen_and_the_weights_take_the_difference_away() -> None:
    rows = teachers(1)
    found = seen_in_tested_grades(rows, rows["is_seen"], TRAITS)
    field = found.table[found.table["trait"] == "license_field"].iloc[0]
    share = rows.loc[rows["license_field"] == field["level"], "is_seen"].mean()
    assert field["share_seen"] == pytest.approx(share)
    assert abs(field["difference"]) > 0.3
    assert abs(field["weighted_difference"]) < 0.01
    assert abs(found.table["weighted_difference"]).max() < 0.05  # one standard error of a mean over those seen
    kept = found.weights.dropna()
    assert kept.mean() == pytest.approx(1)
    assert len(kept) == rows["is_seen"].sum()
    assert found.effective == pytest.approx(kept.sum() ** 2 / (kept**2).sum())


def test_weights_bring_the_effect_of_all_back_where_those_seen_have_another() -> None:
    """Among all 0.4 x 0.10 = 0.04; among those seen more, because more of them are elementary."""
    plain, weighted, covered = [], [], 0
    for seed in range(20):
        rows = teachers(seed)
        selection = seen_in_tested_grades(rows, rows["is_seen"], TRAITS)
        seen = rows[rows["is_seen"]]
        one, other = with_and_without_weights(seen, QUESTION, selection)
        plain.append(one["match"]["estimate"])
        weighted.append(other["match"]["estimate"])
        covered += other["match"]["low"] <= 0.04 <= other["match"]["high"]
    error = np.std(weighted, ddof=1) / np.sqrt(20)
    assert abs(np.mean(weighted) - 0.04) < 3 * error
    assert np.mean(plain) > 0.04 + 4 * error
    assert covered >= 16


def test_a_kind_that_is_never_seen_has_no_weight_and_is_said() -> None:
    rows = teachers(2)
    rows["license_field"] = rows["license_field"].where(rows.index > 200, "music")
    seen = rows["is_seen"] & (rows["license_field"] != "music")
    found = seen_in_tested_grades(rows, seen, TRAITS)
    assert any("hardly ever in a tested grade" in sentence for sentence in found.cautions)
    assert found.weights[rows["license_field"] == "music"].isna().all()
    music = found.table[found.table["level"] == "music"].iloc[0]
    assert (music["share_seen"], music["people"]) == (0.0, 201)


def test_weights_that_rest_on_few_say_so() -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"mepid": np.arange(3000).astype(str), "x": rng.normal(size=3000)})
    seen = pd.Series(rng.random(3000) < 1 / (1 + np.exp(2.2 * rows["x"])))
    found = seen_in_tested_grades(rows, seen, ["x"])
    assert found.effective < seen.sum() / 2
    assert any("leave the information of" in sentence for sentence in found.cautions)


@pytest.mark.parametrize(("value", "said"), [(True, "all of"), (False, "none of")])
def test_without_selection_there_is_nothing_to_look_at(value: bool, said: str) -> None:
    rows = teachers(4)
    with pytest.raises(DataError, match=said):
        seen_in_tested_grades(rows, pd.Series(value, index=rows.index), TRAITS)
