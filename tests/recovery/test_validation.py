"""The committed table of what the estimators find: is it what the code draws, and does it say where it falls short?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from partnerlib.errors import DataError
from validation import run
from validation.check import Check, Draw, summary
from validation.checks import CHECKS
from validation.shortfalls import SHORTFALLS

SEEDS = (1, 2)
"""States drawn again here; all of them are drawn by `make validate`."""


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    return run.stored()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_stored_draws_are_what_the_code_draws(check: Check, stored: pd.DataFrame) -> None:
    asked = [(check.name, is_planted) for is_planted in (True, False)]
    drawn = pd.DataFrame([row for seed in SEEDS for row in run.draws_of(seed, asked)])
    kept = stored[(stored["check"] == check.name) & stored["seed"].isin(SEEDS)]
    keys = ["check", "term", "seed", "is_planted"]
    numbers = [*keys, "planted", "estimate", "low", "high", "naive"]
    drawn = drawn.reindex(columns=numbers).sort_values(keys, ignore_index=True)
    assert_frame_equal(
        drawn, kept[numbers].sort_values(keys, ignore_index=True), rtol=1e-4, atol=1e-6, check_dtype=False
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_has_all_its_states(check: Check, stored: pd.DataFrame) -> None:
    kept = stored[stored["check"] == check.name]
    for is_planted in (True, False):
        assert kept.loc[kept["is_planted"] == is_planted, "seed"].nunique() == check.states


def test_the_committed_table_is_the_summary_of_the_draws(stored: pd.DataFrame) -> None:
    table = pd.read_csv(run.TABLE, keep_default_na=False, na_values=[""], dtype={"misses": "str"})
    again = summary(stored).round(run.DIGITS)
    assert_frame_equal(table.drop(columns="misses"), again.drop(columns="misses"), check_dtype=False, atol=1e-9)
    assert list(table["misses"].fillna("")) == list(again["misses"])


def test_what_misses_an_aim_says_why(stored: pd.DataFrame) -> None:
    table = summary(stored)
    missing = set(table.loc[table["misses"] != "", "check"])
    assert missing == set(SHORTFALLS)


def draws(estimates: np.ndarray, width: float, planted: float) -> pd.DataFrame:
    rows = [Draw("effect", planted, value, value - width, value + width, value + 1) for value in estimates]
    return pd.DataFrame(rows).assign(
        question="hiring", check="one", seed=range(len(rows)), is_planted=planted != 0, refused=False
    )


def test_bias_coverage_power_and_size_are_shares_of_states() -> None:
    with_effect = draws(np.array([0.5, 1.0, 1.5, 3.0]), 0.75, 1.0)
    without = draws(np.array([0.0, 0.5, -0.5, 1.0]), 0.75, 0.0)
    row = summary(pd.concat([with_effect, without])).iloc[0]
    assert row["bias"] == pytest.approx(0.5)
    assert row["coverage"] == 0.75
    assert row["power"] == 0.75
    assert row["size"] == 0.25
    assert row["naive_bias"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("shift", "width", "missed"), [(0.0, 1.96, ""), (0.5, 1.96, "bias"), (0.0, 1.0, "coverage"), (0.0, 4.0, "coverage")]
)
def test_aims_are_missed_beyond_chance_only(shift: float, width: float, missed: str) -> None:
    estimates = np.random.default_rng(5).normal(size=400)
    planted = draws(1 + shift + estimates, width, 1.0)
    assert missed in summary(planted)["misses"].iloc[0]
    assert bool(summary(planted)["misses"].iloc[0]) == bool(missed)


def refuse(_seed: int, _is_planted: bool) -> list[Draw]:
    raise DataError("one cluster")


def test_a_state_that_an_estimator_refuses_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHECKS", (Check("shy", "hiring", refuse, ""),))
    rows = run.draws_of(1, [("shy", True)])
    assert [row["refused"] for row in rows] == [True]


def test_a_line_left_half_written_is_drawn_again(tmp_path: Path) -> None:
    store = tmp_path / "hiring.jsonl"
    store.write_text('{"check": "one"}\n{"check": "tw')
    assert run._read(store) == [{"check": "one"}]
    assert store.read_text() == '{"check": "one"}\n'
