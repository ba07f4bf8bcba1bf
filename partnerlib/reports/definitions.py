"""What a measure is called and means, taken from the registry; a number without a registered measure keeps its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from partnerlib.errors import DataError
from partnerlib.reports.origins import collections, left_out


@dataclass(frozen=True)
class Definition:
    """How one number of a page was made, in words."""

    name: str
    title: str
    summary: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    """Formula, who is counted, who is left out, units, source files, source: heading and text."""
    rank: int = 10_000
    """Place in the registry, which is the order of the argument."""
    unlike_state: tuple[str, ...] = ()
    """Kinds of unit whose number is of another thing than the state's: it does not stand beside theirs."""


@cache
def definitions() -> dict[str, Definition]:
    """Every registered measure by name, in the registry's order."""
    from partnerlib.measures import all_measures
    from partnerlib.measures.populations import POPULATIONS

    found = {}
    for rank, (name, entry) in enumerate(all_measures().items()):
        population = POPULATIONS.get(entry.sample)
        sections = {heading: text for heading, text in entry.sections.items() if heading != "Source"}
        if population is None:
            raise DataError(f"measure {name}: sample {entry.sample} is not a registered population")
        sections["Who is counted"] = population.who
        if steps := left_out(entry.sample):
            sections["Sample, step by step"] = "\n".join(steps)
        sections["Year of a cohort"] = population.cohort
        sections["District"] = population.district
        sections["Source files"] = "; ".join(collections(entry.sample))
        if "Source" in entry.sections:
            sections["Source"] = entry.sections["Source"]
        found[name] = Definition(name, entry.title, entry.summary, sections, rank, entry.unlike_state)
    return found


def definition(name: str) -> Definition:
    """One measure's definition; for an unregistered name (a model's term) its own words."""
    return definitions().get(name) or Definition(name, name.removeprefix("model:").replace("_", " ").capitalize())
