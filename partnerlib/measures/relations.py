"""What the gate must know of the measures, told plainly: whom each is about, and whose people contain whose.

`disclosure` knows nothing of measures; whoever calls it hands this over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from partnerlib.measures import all_measures
from partnerlib.measures.outcomes import GROWTH_MINIMUM
from partnerlib.measures.populations import POPULATIONS
from partnerlib.measures.registry import MINIMUM, Measure
from partnerlib.measures.results import Distribution, LifeTable, Mean


@dataclass(frozen=True)
class Relations:
    """Facts about measures and populations that a printed number does not say."""

    population: Mapping[str, str]
    """Measure -> the population it is about."""
    within: Mapping[str, str]
    """Population -> the one whose rows contain its rows, with the same cohort and district; empty for none."""
    rows: Mapping[str, str]
    """Population -> people, years (of people, who may stand in several of a window), classrooms or ties."""
    is_whole: Mapping[str, bool]
    """Population -> whether being in it is no outcome: everybody placed, completing, asked or teaching."""
    minimum: Mapping[str, int]
    """Measure -> fewest people it may rest on, where it asks for more than measures do; else 0."""
    domain: Mapping[str, str]
    """Measure -> people, tests or growth: whose threshold applies."""
    groups: Mapping[str, tuple[str, ...]]
    """Measure -> columns whose values have rows of their own."""
    levels: Mapping[str, tuple[str, ...]]
    """Measure -> levels that exhaust its denominator; empty for a measure without levels."""
    curves: frozenset[str]
    """Measures of life tables."""
    weighted: frozenset[str]
    """Means whose denominator is a sum of weights and not a number of rows."""


def relations(measures: Mapping[str, Measure] | None = None) -> Relations:
    """The relations of all measures, or of those given."""
    known = dict(all_measures() if measures is None else measures)
    results = {name: entry.of_nobody for name, entry in known.items()}
    return Relations(
        population={name: entry.sample for name, entry in known.items()},
        within={name: population.within for name, population in POPULATIONS.items()},
        rows={name: population.rows for name, population in POPULATIONS.items()},
        is_whole={name: population.is_whole for name, population in POPULATIONS.items()},
        minimum={name: entry.minimum if entry.minimum > MINIMUM else 0 for name, entry in known.items()},
        domain={name: _domain(entry) for name, entry in known.items()},
        groups={name: entry.groups for name, entry in known.items()},
        levels={name: result.levels if isinstance(result, Distribution) else () for name, result in results.items()},
        curves=frozenset(name for name, result in results.items() if isinstance(result, LifeTable)),
        weighted=frozenset(
            name for name, result in results.items() if isinstance(result, Mean) and result.weights is not None
        ),
    )


def _domain(entry: Measure) -> str:
    if entry.minimum == GROWTH_MINIMUM:
        return "growth"
    return "tests" if POPULATIONS[entry.sample].rows == "classrooms" else "people"
