"""Random small releases as an attacker writes them down: every way of printing the gate knows, a few cells each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from partnerlib.disclosure.audit.system import System, SystemBuilder

Draw = np.random.Generator

LADDER = ((16, 50), (31, 20), (61, 10), (301, 5))
"""Sizes below which a rate is printed in bands of so many points."""


@dataclass
class Printed:
    """A system in the making, beside the true values behind it."""

    builder: SystemBuilder = field(default_factory=SystemBuilder)
    truth: list[int] = field(default_factory=list)

    def count(self, name: str, value: int, upper: float = np.inf) -> int:
        self.truth.append(int(value))
        return self.builder.unknown(name, 0, upper)

    def value(self, unknowns: Sequence[int]) -> int:
        return sum(self.truth[unknown] for unknown in unknowns)

    def total(self, unknowns: Sequence[int], name: str = "total") -> None:
        """The exact sum is printed."""
        if unknowns:
            value = self.value(unknowns)
            self.builder.constrain(name, dict.fromkeys(unknowns, 1), value, value)

    def nearest_five(self, unknowns: Sequence[int]) -> None:
        printed = 5 * round(self.value(unknowns) / 5)
        self.builder.constrain("nearest 5", dict.fromkeys(unknowns, 1), max(printed - 2, 0), printed + 2)

    def note(self, unknowns: Sequence[int], below: int) -> None:
        """'Fewer than six'."""
        self.builder.constrain(f"fewer than {below}", dict.fromkeys(unknowns, 1), -np.inf, below - 1)

    def percent(self, part: Sequence[int], whole: Sequence[int]) -> None:
        """The whole percent p: (p - 0.5) n <= 100 x < (p + 0.5) n, stated in half points."""
        x, n = self.value(part), self.value(whole)
        p = int(np.floor(100 * x / n + 0.5))
        for bound, low, high in ((2 * p - 1, 0.0, np.inf), (2 * p + 1, -np.inf, -1.0)):
            self.builder.constrain("percent", _terms(part, 200, whole, -bound), low, high)

    def band(self, part: Sequence[int], whole: Sequence[int], width: int) -> None:
        """low n <= 100 x < high n; the top band holds 100 percent."""
        x, n = self.value(part), self.value(whole)
        low = min(int(100 * x / n // width) * width, 100 - width)
        self.builder.constrain("band from", _terms(part, 100, whole, -low), 0, np.inf)
        top = low + width
        self.builder.constrain("band to", _terms(part, 100, whole, -top), -np.inf, 0 if top == 100 else -1)


def _terms(part: Sequence[int], times: int, whole: Sequence[int], other: int) -> dict[int, int]:
    terms = dict.fromkeys(part, times)
    for unknown in whole:
        terms[unknown] = terms.get(unknown, 0) + other
    return terms


def _withheld_table(draw: Draw, shape: tuple[int, ...], size: float, kept: float) -> Printed:
    """A table printed with all its margins of one dimension less, some cells withheld."""
    printed = Printed()
    values = np.minimum(draw.poisson(size, shape), 6)
    hidden = (values > 0) & (draw.random(shape) > kept)
    cell = {at: printed.count(str(at), values[at]) for at in product(*map(range, shape)) if hidden[at]}
    for axis in range(len(shape)):
        for rest in product(*(range(length) for place, length in enumerate(shape) if place != axis)):
            line = [cell[at] for at in cell if at[:axis] + at[axis + 1 :] == rest]
            printed.total(line)
    for unknown in cell.values():
        if printed.truth[unknown] < 6 and draw.random() < 0.3:
            printed.note([unknown], 6)
    return printed


def two_way(draw: Draw) -> Printed:
    return _withheld_table(draw, (3, int(draw.integers(2, 4))), draw.uniform(0.5, 2.5), 0.2)


def three_way(draw: Draw) -> Printed:
    return _withheld_table(draw, (2, 2, int(draw.integers(2, 4))), draw.uniform(0.5, 2.0), 0.3)


def nested(draw: Draw) -> Printed:
    """Programs in providers in the state; each level printed, withheld, or to the nearest five."""
    printed = Printed()
    state: list[int] = []
    for provider in range(2):
        programs = [printed.count(f"{provider}.{program}", draw.integers(0, 6), 7) for program in range(2 + provider)]
        state += programs
        draw.choice([printed.total, printed.nearest_five, lambda unknowns: None])(programs)  # type: ignore[arg-type]
        if draw.random() < 0.5:
            printed.note([programs[0]], 6)
    printed.total(state)
    return printed


def survey(draw: Draw) -> Printed:
    """Whole percents of four or five levels beside n, exact or to the nearest five: holes are common."""
    printed = Printed()
    levels = int(draw.integers(3, 5))
    n = int(draw.integers(5, 22))
    answers = [
        printed.count(f"level {at}", value) for at, value in enumerate(draw.multinomial(n, [1 / levels] * levels))
    ]
    printed.total(answers) if draw.random() < 0.6 else printed.nearest_five(answers)
    for answer in answers:
        if draw.random() < 0.8:
            printed.percent([answer], answers)
    return printed


def rate(draw: Draw) -> Printed:
    """People counted among others, both unknown: a band or a percent beside a size to the nearest five."""
    printed = Printed()
    n = int(draw.integers(10, 40))
    counted = printed.count("counted", draw.binomial(n, draw.uniform(0.1, 1)))
    rest = printed.count("rest", n - printed.truth[counted])
    draw.choice([printed.total, printed.nearest_five])([counted, rest])  # type: ignore[arg-type]
    width = next(width for below, width in LADDER if n < below)
    if draw.random() < 0.5:
        printed.band([counted], [counted, rest], width)
    else:
        printed.percent([counted], [counted, rest])
    return printed


def years(draw: Draw) -> Printed:
    """Three cohorts; a release prints the first two pooled, the next all three; single years where they are large."""
    printed = Printed()
    counted, sizes = [], []
    for year in range(3):
        n = int(draw.integers(2, 7))
        sizes.append(printed.count(f"n {year}", n, 7))
        counted.append(printed.count(f"x {year}", draw.binomial(n, 0.6), 7))
        printed.builder.constrain("part of the whole", {counted[year]: 1, sizes[year]: -1}, -np.inf, 0)
    printed.total(sizes) if draw.random() < 0.5 else printed.nearest_five(sizes)
    for pool in ([0, 1], [0, 1, 2], [int(draw.integers(3))]):
        part, whole = [counted[year] for year in pool], [sizes[year] for year in pool]
        if draw.random() < 0.6:
            printed.total(whole)
        draw.choice([printed.percent, lambda part, whole: printed.band(part, whole, 20)])(part, whole)  # type: ignore[arg-type]
    return printed


def levels_by_group(draw: Draw) -> Printed:
    """Outcome levels that add up to n, for two groups and for all: three tables that share their sums."""
    printed = Printed()
    groups = []
    for group in range(2):
        values = draw.multinomial(int(draw.integers(3, 9)), [0.5, 0.3, 0.2])
        groups.append([printed.count(f"{group}.{level}", value, 9) for level, value in enumerate(values)])
        draw.choice([printed.total, printed.nearest_five])(groups[-1])  # type: ignore[arg-type]
    for level in zip(*groups, strict=True):
        if draw.random() < 0.7:
            printed.total(level)
        elif draw.random() < 0.7:
            printed.percent(level, groups[0] + groups[1])
    return printed


def mean(draw: Draw) -> Printed:
    """A mean of scores 0 to 4, to the nearest tenth, beside n: the sum of scores is a whole number of points."""
    printed = Printed()
    people = [printed.count(f"with score {score}", draw.integers(0, 5), 6) for score in range(4)]
    n = max(printed.value(people), 1)
    tenths = round(10 * sum(score * printed.truth[unknown] for score, unknown in enumerate(people)) / n)
    printed.total(people) if draw.random() < 0.7 else printed.nearest_five(people)
    for bound, low, high in ((2 * tenths - 1, 0.0, np.inf), (2 * tenths + 1, -np.inf, 0.0)):
        printed.builder.constrain("mean", {u: 20 * score - bound for score, u in enumerate(people)}, low, high)
    return printed


def any_sums(draw: Draw) -> Printed:
    """Sums with arbitrary coefficients; one in ten contradicts the rest."""
    printed = Printed()
    size = int(draw.integers(1, 7))
    unknowns = [printed.count(f"unknown {at}", draw.integers(0, 5), int(draw.integers(4, 7))) for at in range(size)]
    for row in range(int(draw.integers(0, 6))):
        columns = draw.choice(unknowns, draw.integers(1, size + 1), replace=False)
        terms = {int(column): int(draw.choice([1, 1, 1, 1, -1, 2, 3, 5, -3])) for column in columns}
        value = sum(factor * printed.truth[unknown] for unknown, factor in terms.items())
        low, high = (0, 0) if draw.random() < 0.5 else draw.integers(0, 4, 2)
        shift = 3 if draw.random() < 0.02 else 0
        printed.builder.constrain(f"row {row}", terms, value - low + shift, value + high)
    return printed


FAMILIES: tuple[Callable[[Draw], Printed], ...] = (
    two_way, three_way, nested, survey, rate, years, levels_by_group, mean, any_sums,
)  # fmt: skip


def targets_of(draw: Draw, system: System) -> list[dict[int, int]]:
    """Every unknown, and two sums or differences of several."""
    size = len(system.names)
    singles = [{unknown: 1} for unknown in range(size)]
    if size < 2:
        return singles
    mixed = [
        {
            int(unknown): int(draw.choice([1, 1, -1, 2]))
            for unknown in draw.choice(size, draw.integers(2, size + 1), replace=False)
        }
        for _ in range(2)
    ]
    return singles + mixed
