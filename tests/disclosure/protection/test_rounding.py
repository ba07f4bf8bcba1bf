"""What a printed number leaves open: at least three whole numbers, for every n it may stand beside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerlib.disclosure.policy import COUNTS_LEFT_OPEN, read_policy
from partnerlib.disclosure.protection import rounding

BANDS = read_policy("standard").percents.bands
THRESHOLD = 10
ALL_N = np.arange(THRESHOLD, 2_001)


def width_beside(n: np.ndarray) -> np.ndarray:
    """Width of the band printed beside each n, as printing chooses it: from the printed n alone."""
    _printed, low, _high = rounding.nearest_five(n, np.full_like(n, THRESHOLD))
    return rounding.widths(low, BANDS, np.zeros_like(n))


def test_every_band_beside_every_n_to_two_thousand_holds_three_whole_numbers() -> None:
    for n, width in zip(ALL_N, width_beside(ALL_N), strict=True):
        counts = [rounding.counts_in_band(low, low + width, int(n)) for low in range(0, 100, width)]
        assert min(counts) >= COUNTS_LEFT_OPEN, (n, width)
        assert sum(counts) == n + 1


def test_whoever_takes_the_printed_n_for_another_that_fits_still_finds_three_whole_numbers() -> None:
    printed, low, high = rounding.nearest_five(ALL_N, np.full_like(ALL_N, THRESHOLD))
    for near, least, most, width in sorted(set(zip(printed, low, high, width_beside(ALL_N), strict=True))):
        for n in range(least, most + 1):
            assert width_beside(np.array([n]))[0] == width, (near, n)
            assert all(rounding.counts_in_band(b, b + width, n) >= COUNTS_LEFT_OPEN for b in range(0, 100, width))


def test_the_band_is_that_of_the_true_count_in_whole_number_arithmetic() -> None:
    for n in (10, 29, 31, 61, 299, 301, 1_999):
        x = np.arange(n + 1)
        low, high = rounding.band(x, np.full(n + 1, n), np.full(n + 1, width_beside(np.array([n]))[0]))
        assert (100 * x >= low * n).all()
        assert ((100 * x < high * n) | ((x == n) & (high == 100))).all()


def test_nobody_and_everybody_look_like_the_ends_of_the_ladder() -> None:
    low, high = rounding.band(np.array([0, 1, 29, 30]), np.full(4, 30), np.full(4, 20))
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == [(0, 20), (0, 20), (80, 100), (80, 100)]


def test_a_size_to_the_nearest_five_leaves_three_people_open_even_at_the_threshold() -> None:
    printed, low, high = rounding.nearest_five(ALL_N, np.full_like(ALL_N, THRESHOLD))
    assert (low <= ALL_N).all() and (high >= ALL_N).all()
    assert (high - low + 1 >= 3).all()
    assert printed[:4].tolist() == [10, 10, 10, 15]


def test_a_coarser_band_is_the_next_rung_and_beyond_the_widest_there_is_none() -> None:
    n = np.array([400, 400, 12, 12])
    assert rounding.widths(n, BANDS, np.array([0, 1, 0, 1])).tolist() == [1, 5, 50, 0]


@given(st.integers(10, 400), st.data())
def test_a_mean_of_whole_numbers_times_n_leaves_three_sums(n: int, data: st.DataObject) -> None:
    total = data.draw(st.integers(n, 4 * n))
    mean = np.array([total / n])
    unit = rounding.units(mean, np.array([float(n)]), digits=2, step=np.array([1.0]), sums_left_open=3)
    near = rounding.to_unit(mean, unit)
    least, most = (near - unit / 2)[0] * n - 1e-6, (near + unit / 2)[0] * n + 1e-6
    # The scale of an item ends at 1 and 4: sums beyond them do not count.
    left = [s for s in range(n, 4 * n + 1) if least <= s <= most]
    assert total in left
    assert len(left) >= 3


def test_the_step_of_sums_is_found_in_the_sums() -> None:
    assert rounding.grain(np.array([3.0, 17.0, 0.0])) == 1
    assert rounding.grain(np.array([2.5, 3.0])) == 0.5
    assert rounding.grain(np.array([2.517, 3.0013])) == 0


def test_an_interval_is_computed_from_the_ends_of_what_is_printed() -> None:
    low, high = rounding.wilson(np.array([0.5]), np.array([1.0]), np.array([10.0]))
    exact = rounding.wilson(np.array([0.7]), np.array([0.7]), np.array([10.0]))
    assert low[0] < exact[0][0] and high[0] == pytest.approx(1.0)
    assert low[0] == pytest.approx(0.2366, abs=1e-4)  # Wilson 95% of 5 in 10
