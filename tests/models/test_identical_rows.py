"""Rows that look the same are counted once: the same groups as a plain comparison finds, in the order of the values."""

from __future__ import annotations

import numpy as np
import pytest

from partnerlib.models.identical_rows import identical_rows


def some_columns(rng: np.random.Generator, rows: int, wide: bool) -> list[np.ndarray]:
    numbers = rng.normal(size=rows).round(1)
    numbers[rng.random(rows) < 0.1] = np.nan
    columns = [rng.random(rows) < 0.3, (rng.random(rows) < 0.5).astype(float), numbers, rng.integers(-3, 4, rows)]
    # Twenty columns of many values are more combinations than a whole number holds.
    return columns + [rng.integers(0, 50, rows) for _ in range(20)] if wide else columns


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_rows_share_a_number_exactly_where_all_columns_agree(seed: int, wide: bool) -> None:
    columns = some_columns(np.random.default_rng(seed), 400, wide)
    if wide:
        columns = [np.concatenate([column, column]) for column in columns]  # every row has a twin
    row, position = identical_rows(columns)
    plain = np.column_stack([np.nan_to_num(column.astype(float), nan=1e9) for column in columns])
    distinct, expected = np.unique(plain, axis=0, return_inverse=True)
    assert row.tolist() == expected.ravel().tolist()
    assert np.array_equal(plain[position], distinct)
    assert all(row[place] == number for number, place in enumerate(position))


def test_the_order_of_the_rows_does_not_change_their_numbers() -> None:
    rng = np.random.default_rng(1)
    columns = some_columns(rng, 300, wide=False)
    order = rng.permutation(300)
    row, _ = identical_rows(columns)
    shuffled, _ = identical_rows([column[order] for column in columns])
    assert shuffled.tolist() == row[order].tolist()


def test_no_rows_and_one_row_are_no_special_case() -> None:
    assert [part.tolist() for part in identical_rows([np.array([]), np.array([])])] == [[], []]
    assert [part.tolist() for part in identical_rows([np.array([2.5])])] == [[0], [0]]
