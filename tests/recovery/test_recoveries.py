"""The frames that the study of validation draws, from a small table of recoveries."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.recoveries import ESTIMATOR, PLAIN, biases, coverages, printed_recoveries, read_recoveries, sizes

TABLE = """question,check,term,states,planted,mean,bias,bias_error,coverage,power,size,naive_bias,refused,misses
hiring,Logit,placed near,200,0.5,0.55,0.05,0.01,0.95,0.9,0.05,0.25,0,
grants,Wild bootstrap,Wild bootstrap,200,0,0.01,0.01,0.01,1.0,,0.07,,0,size
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "recovery.csv").write_text(TABLE)
    return tmp_path / "recovery.csv"


def test_a_bias_is_a_share_of_what_was_planted_and_zero_has_no_share(table: Path) -> None:
    drawn = biases(read_recoveries(table)).set_index("series")
    assert list(drawn["label"]) == ["Logit: placed near"] * 2
    assert drawn.loc[ESTIMATOR, ["value", "low", "high"]].tolist() == pytest.approx([0.1, 0.1 - 0.0392, 0.1 + 0.0392])
    assert drawn.loc[PLAIN, "value"] == pytest.approx(0.5)


def test_shares_of_states_have_intervals_between_nothing_and_all(table: Path) -> None:
    drawn = coverages(read_recoveries(table)).set_index("label")
    assert drawn.loc["Wild bootstrap", "high"] <= 1.0
    # Wilson's interval of 190 in 200.
    assert drawn.loc["Logit: placed near", ["low", "high"]].tolist() == pytest.approx([0.9104, 0.9726], abs=1e-4)
    assert len(sizes(read_recoveries(table))) == 2


def test_one_question_alone_can_be_read_and_an_unknown_one_is_refused(table: Path) -> None:
    assert read_recoveries(table, "grants")["misses"].tolist() == ["size"]
    assert "placed near" in printed_recoveries(read_recoveries(table, "hiring"))
    with pytest.raises(ParameterError, match="hiring"):
        read_recoveries(table, "hirring")


def test_without_a_table_it_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="make validate"):
        read_recoveries(tmp_path / "none.csv")


def test_what_is_known_of_the_estimators_here_is_read_without_a_path() -> None:
    found: pd.DataFrame = read_recoveries()
    assert {"hiring", "retention", "outcomes", "partnerships", "grants", "many"} == set(found["question"])
    assert (found["misses"].notna()).all()
