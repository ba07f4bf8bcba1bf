"""The audit's ranges are exact: they equal what brute force finds, and every claim comes with tables that prove it."""

from __future__ import annotations

import os

import numpy as np
import pytest
from enumeration import all_tables, possible_values
from small_releases import FAMILIES, survey, targets_of

from partnerlib.disclosure.audit.ranges import feasible_table, ranges
from partnerlib.disclosure.audit.system import Infeasible, System, SystemBuilder, fixed, reproduces

RELEASES = 5_000 if os.environ.get("PARTNERLIB_EXHAUSTIVE") else 225
"""Random releases of each kind; nine kinds."""

FOUND_LATER = (1196,)
"""Draws beyond the first that once were counted wrongly."""


def value_in(table: np.ndarray, target: dict[int, int]) -> int:
    return sum(factor * int(table[unknown]) for unknown, factor in target.items())


def assert_equal_to_enumeration(
    system: System, targets: list[dict[int, int]], tables: np.ndarray, label: object
) -> None:
    """Ends, number of values and both tables of every target."""
    if not len(tables):
        with pytest.raises(Infeasible):
            ranges(system, targets, enough=0, seconds=20)
        return
    for target, found in zip(targets, ranges(system, targets, enough=0, seconds=20, with_holes=True), strict=True):
        expected = possible_values(tables, target)
        assert found.is_whole, (label, target)
        assert (found.minimum, found.maximum, found.values) == (expected[0], expected[-1], len(expected)), (
            label,
            target,
        )
        for table, end in ((found.low_table, expected[0]), (found.high_table, expected[-1])):
            assert reproduces(system, table) and value_in(table, target) == end, (label, target)


def assert_stops_only_when_enough(
    system: System, targets: list[dict[int, int]], tables: np.ndarray, enough: int, at_hand: list[np.ndarray]
) -> None:
    """Fewer values than enough are counted exactly; otherwise the ends are reached by tables."""
    for target, found in zip(targets, ranges(system, targets, enough, seconds=20, tables=at_hand), strict=True):
        expected = possible_values(tables, target)
        assert reproduces(system, found.low_table) and value_in(found.low_table, target) == found.minimum
        assert reproduces(system, found.high_table) and value_in(found.high_table, target) == found.maximum
        if len(expected) < enough:
            assert found.is_whole
            assert (found.minimum, found.maximum, found.values) == (expected[0], expected[-1], len(expected))
        else:
            assert enough <= found.values <= len(expected)
            assert expected[0] <= found.minimum < found.maximum <= expected[-1] or enough == 1


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_ranges_equal_enumeration_on_random_releases(family):
    for seed in (*range(RELEASES), *FOUND_LATER):
        draw = np.random.default_rng([seed, FAMILIES.index(family)])
        printed = family(draw)
        system = printed.builder.build()
        tables = all_tables(system)
        targets = targets_of(draw, system)
        assert_equal_to_enumeration(system, targets, tables, (family.__name__, seed))
        if seed % 4 == 0 and len(tables):
            at_hand = [np.array(printed.truth), tables[-1]] if seed % 8 else []
            assert_stops_only_when_enough(system, targets, tables, 2 + seed % 3, at_hand)


def test_an_insiders_ranges_equal_enumeration():
    seen_less = 0
    for seed in range(60):
        draw = np.random.default_rng([seed, 99])
        printed = FAMILIES[seed % 8](draw)
        system = printed.builder.build()
        if not system.names:
            continue
        own = draw.choice(len(system.names), draw.integers(1, 3))
        insider = fixed(system, {int(unknown): printed.truth[unknown] for unknown in own})
        targets = targets_of(draw, system)
        tables = all_tables(insider)
        assert_equal_to_enumeration(insider, targets, tables, seed)
        seen_less += len(tables) < len(all_tables(system))
    assert seen_less > 20


def test_releases_printed_together_have_the_ranges_they_have_alone():
    """Cut into components, a hundred releases say of each other nothing; a sum across two of them adds up."""
    draw = np.random.default_rng(7)
    together, alone = SystemBuilder(), []
    for number in range(100):
        system = FAMILIES[number % 8](draw).builder.build()
        start = len(alone[-1][1]) + alone[-1][0] if alone else 0
        alone.append((start, system.names, system))
        for name, lower, upper in zip(system.names, system.lower, system.upper, strict=True):
            together.unknown(name, int(lower), upper)
        for row, name in enumerate(system.row_names):
            entries = system.matrix[[row]]
            terms = {start + int(u): int(v) for u, v in zip(entries.indices, entries.data, strict=True)}
            together.constrain(name, terms, system.row_low[row], system.row_high[row])
    whole = together.build()
    found = ranges(whole, [{unknown: 1} for unknown in range(len(whole.names))], 0, 60, with_holes=True)
    for start, names, system in alone:
        own = ranges(system, [{unknown: 1} for unknown in range(len(names))], 0, 60, with_holes=True)
        for place, expected in enumerate(own):
            got = found[start + place]
            assert (got.minimum, got.maximum, got.values) == (expected.minimum, expected.maximum, expected.values)
    first, second = 0, alone[1][0]
    (both,) = ranges(whole, [{first: 1, second: -1}], 0, 60)
    assert both.minimum == found[first].minimum - found[second].maximum
    assert both.maximum == found[first].maximum - found[second].minimum
    assert reproduces(whole, both.low_table) and value_in(both.low_table, {first: 1, second: -1}) == both.minimum


def test_whole_percents_beside_n_hide_nothing_from_whole_numbers_and_all_from_fractions():
    """Five whole percents and n, as a survey page prints them: a linear program finds no count settled, enumeration
    finds every one, and so does the audit."""
    settled_by_fractions = settled = rows = 0
    for n, answers in ((7, (1, 2, 0, 3, 1)), (12, (2, 3, 1, 5, 1)), (20, (7, 6, 4, 2, 1)), (29, (11, 7, 6, 3, 2))):
        builder = SystemBuilder()
        levels = [builder.unknown(f"level {at}") for at in range(5)]
        builder.constrain("n", dict.fromkeys(levels, 1), n, n)
        for level, count in zip(levels, answers, strict=True):
            p = int(100 * count / n + 0.5)
            builder.constrain("percent, lower", {level: 200}, (2 * p - 1) * n, np.inf)
            builder.constrain("percent, upper", {level: 200}, -np.inf, (2 * p + 1) * n - 1)
        # Whole coefficients let `build` round each row inwards; an attacker with fractions does not.
        system = builder.build()
        for level, count in zip(levels, answers, strict=True):
            low, high = _ends_among_fractions(n, answers, level)
            settled_by_fractions += high - low < 1e-6
            (found,) = ranges(system, [{level: 1}], 0, 10)
            assert (found.minimum, found.maximum) == (count, count)
            settled += found.values == 1
            rows += 1
        assert len(all_tables(system)) == 1
    assert (settled_by_fractions, settled, rows) == (0, 20, 20)


def _ends_among_fractions(n: int, answers: tuple[int, ...], level: int) -> tuple[float, float]:
    from scipy.optimize import linprog

    percents = [int(100 * count / n + 0.5) for count in answers]
    bounds = [(max(0, (p - 0.5) * n / 100), (p + 0.5) * n / 100) for p in percents]
    cost = np.eye(5)[level]
    ends = [linprog(sign * cost, A_eq=np.ones((1, 5)), b_eq=[n], bounds=bounds) for sign in (1, -1)]
    return ends[0].fun, -ends[1].fun


def test_holes_are_counted_as_impossible():
    """A tenth of n, printed as a whole number, leaves only multiples of ten for n."""
    builder = SystemBuilder()
    n, tenth = builder.unknown("n", 0, 45), builder.unknown("tenth")
    builder.constrain("tenth of n", {n: 1, tenth: -10}, 0, 0)
    system = builder.build()
    (interval,) = ranges(system, [{n: 1}], 0, 10)
    (counted,) = ranges(system, [{n: 1}], 0, 10, with_holes=True)
    (few,) = ranges(system, [{n: 1}], 6, 10)
    assert (interval.minimum, interval.maximum, interval.values) == (0, 40, 41)
    assert counted.values == few.values == 5
    assert few.is_whole


def test_a_sum_without_end_has_no_maximum_and_enough_values():
    builder = SystemBuilder()
    x, y = builder.unknown("x"), builder.unknown("y")
    lonely = builder.unknown("of which nothing is printed", 3)
    builder.constrain("x is twice y", {x: 1, y: -2}, 0, 0)
    system = builder.build()
    targets = [{x: 1}, {x: 1, y: -2}, {y: -1}, {lonely: 2}]
    one, none, down, free = ranges(system, targets, 0, 10)
    assert (one.minimum, one.maximum, one.values) == (0, None, None)
    assert (none.minimum, none.maximum, none.values) == (0, 0, 1)
    assert (down.minimum, down.maximum, down.values) == (None, 0, None)
    assert (free.minimum, free.maximum, free.values) == (6, None, None)
    for target, found in zip(targets, ranges(system, targets, 3, 10), strict=True):
        assert found.values == (1 if target == targets[1] else 3)
        assert value_in(found.high_table, target) == found.maximum


def test_a_feasible_table_reproduces_everything_printed():
    system = survey(np.random.default_rng(3)).builder.build()
    assert reproduces(system, feasible_table(system, 10))


def test_a_question_that_the_solvers_presolve_gets_wrong():
    """HiGHS 1.15 with presolve calls this infeasible; a table with the sum at 14 is easily written down."""
    builder = SystemBuilder()
    a, b, c, d = (builder.unknown(name, 0, 7) for name in "abcd")
    builder.constrain("b of a", {a: -1, b: 1}, -np.inf, 0)
    builder.constrain("d of c", {c: -1, d: 1}, -np.inf, 0)
    builder.constrain("about", {a: 1, c: 1}, 7, 11)
    builder.constrain("exactly", {a: 1, c: 1}, 7, 7)
    builder.constrain("percent, lower", {a: -113, b: 200, c: -113, d: 200}, 0, np.inf)
    builder.constrain("percent, upper", {a: -115, b: 200, c: -115, d: 200}, -np.inf, -5)
    builder.constrain("band, lower", {a: -60, b: 100, c: -60, d: 100}, -40, np.inf)
    builder.constrain("band, upper", {a: -80, b: 100, c: -80, d: 100}, -np.inf, 60)
    system, target = builder.build(), {a: 2, b: 1, c: 2, d: -1}
    assert_equal_to_enumeration(system, [target], all_tables(system), "presolve")


def test_no_targets_still_refuse_what_contradicts_itself():
    builder = SystemBuilder()
    x, y = builder.unknown("x"), builder.unknown("y")
    builder.constrain("even", {x: 2, y: 2}, 5, 5)
    with pytest.raises(Infeasible):
        ranges(builder.build(), [], 0, 10)
