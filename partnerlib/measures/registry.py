"""The `@measure` decorator: one pure function becomes a number for every unit, cohort and window, and a page about it.

    @measure(
        unit=("provider", "district", "state"),
        sample="placements",
        needs=("placement_is_high_needs",),
        topic="placement",
        title="Placed in a high-needs school",
        informs=("consortium objective 2",),
    )
    def placed_in_high_needs_school(placements: pd.DataFrame) -> Rate:
        '''Share of candidates whose practicum was in a high-needs school. ... Formula ... Source ...'''
        return Rate(placements["placement_is_high_needs"])

Write that, and a hand-computed example beside the contract test. Grouping, interval, minimum, status, sample and the
measures page follow.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.measures.cells import UNIT_KINDS
from partnerlib.measures.results import Result, Share

MINIMUM = 10
"""People below which a number is remarked upon, unless its measure says otherwise. The release does the withholding."""

TOPICS = ("placement", "hiring", "retention", "outcomes", "surveys", "partnerships")

Function = Callable[..., Result]


@dataclass(frozen=True)
class Measure:
    """One registered measure: what it is called, what it needs, whom it is about and how it is computed."""

    name: str
    title: str
    topic: str
    unit: tuple[str, ...]
    """Kinds of unit it makes sense for."""
    sample: str
    """Who is in it: the name of a population of `partnerlib.measures.populations`."""
    needs: tuple[str, ...]
    """Columns of the sample the function reads; it is given no others."""
    informs: tuple[str, ...]
    """Criteria and objectives the number is evidence for."""
    function: Function
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Values of the function's own parameters, for a family of measures written once."""
    horizon: int = 0
    """Octobers after the cohort's year that must have been collected before the answer is known."""
    minimum: int = MINIMUM
    groups: tuple[str, ...] = ()
    """Columns of the sample whose values also get rows of their own, for providers, districts and the state."""
    is_additive: bool = True
    """Whether numerators of units that share nobody add up to the state's."""

    @property
    def text(self) -> str:
        """The function's docstring, with the family's parameters filled in."""
        text = inspect.getdoc(self.function) or ""
        return text.format(**self.parameters) if self.parameters else text

    @property
    def summary(self) -> str:
        """What the number means to an agency reader: the first line of its docstring."""
        return self.text.split("\n", 1)[0]

    @property
    def sections(self) -> dict[str, str]:
        """The docstring's titled sections, such as Formula, Excluded, Units, Source."""
        parts = re.split(r"^([A-Z][\w ]*)\n(?=    )", self.text, flags=re.MULTILINE)
        return {title: inspect.cleandoc(body) for title, body in zip(parts[1::2], parts[2::2], strict=True)}

    def compute(self, sample: pd.DataFrame) -> Result:
        """The measure's rows for a sample, which must hold every column it needs."""
        missing = [column for column in self.needs if column not in sample]
        if missing:
            raise DataError(
                f"measure {self.name}: sample {self.sample} has no column {', '.join(missing)}; "
                f"{did_you_mean(missing[0], sample.columns)}"
            )
        return self.function(sample[list(self.needs)], **self.parameters)

    @property
    def of_nobody(self) -> Result:
        """What the measure returns for a sample with nobody in it: which kind of number it is."""
        return self.compute(pd.DataFrame({name: pd.Series(dtype="Float64") for name in self.needs}))

    @property
    def unlike_state(self) -> tuple[str, ...]:
        """Kinds of unit whose number is of another thing than the state's, so that neither stands beside the other.

        A provider's share of all beginners is a part of them; the state's is how many come from any provider.
        """
        result = self.of_nobody
        return tuple(result.within) if isinstance(result, Share) else ()


_MEASURES: dict[str, Measure] = {}


def measure(
    *,
    unit: Sequence[str],
    sample: str,
    needs: Sequence[str],
    topic: str,
    title: str,
    informs: Sequence[str],
    horizon: int | str = 0,
    minimum: int = MINIMUM,
    groups: Sequence[str] = (),
    is_additive: bool = True,
    family: Sequence[Mapping[str, object]] = ({},),
    name: str = "",
) -> Callable[[Function], Function]:
    """Register a pure function as a measure, or as a family of them.

    Parameters
        family: values of the function's own parameters, one measure for each; `name`, `title` and the docstring are
            then templates ('retained_{level}_{years}_years'), and `horizon` may name the parameter that holds it
    """
    _check_words(title, unit, topic)

    def register(function: Function) -> Function:
        for parameters in family:
            entry = Measure(
                name=(name or function.__name__).format(**parameters),
                title=title.format(**parameters),
                topic=topic,
                unit=tuple(unit),
                sample=sample,
                needs=tuple(column.format(**parameters) for column in needs),
                informs=tuple(informs),
                function=function,
                parameters=dict(parameters),
                horizon=int(str(parameters[horizon])) if isinstance(horizon, str) else horizon,
                minimum=minimum,
                groups=tuple(groups),
                is_additive=is_additive,
            )
            if entry.name in _MEASURES:
                raise ParameterError(f"measure {entry.name}: registered twice; give one of them another name")
            _MEASURES[entry.name] = entry
        return function

    return register


def _check_words(title: str, unit: Sequence[str], topic: str) -> None:
    unknown = [kind for kind in unit if kind not in UNIT_KINDS]
    if unknown:
        raise ParameterError(f"measure '{title}': unit {unknown[0]!r}; {did_you_mean(unknown[0], UNIT_KINDS)}")
    if topic not in TOPICS:
        raise ParameterError(f"measure '{title}': topic {topic!r}; {did_you_mean(topic, TOPICS)}")


def registered() -> dict[str, Measure]:
    """Measures of the modules imported so far; `partnerlib.measures.all_measures` imports them all first."""
    return dict(_MEASURES)
