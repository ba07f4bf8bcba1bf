"""Published measures: one pure function each, computed for every unit, cohort and window.

estimate_all(panels, report_year)   every measure, as one tidy table
all_measures(), find(name)          what is measured
explain(name), measures_page()      what a number means, in words
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from partnerlib.errors import ParameterError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from partnerlib.measures.registry import Measure
    from partnerlib.panels import Panels

_MODULES = ("placement", "hiring", "first_jobs", "retention", "outcomes", "surveys", "partnerships")


def all_measures() -> dict[str, Measure]:
    """Every measure by name, in the order of the argument: placement first, partnerships last."""
    from partnerlib.measures.registry import TOPICS, registered

    for module in _MODULES:
        import_module(f"partnerlib.measures.{module}")
    # Whichever module was imported first, the order is that of the topics.
    return dict(sorted(registered().items(), key=lambda named: TOPICS.index(named[1].topic)))


def find(name: str) -> Measure:
    """A measure by name, or an error that offers the nearest one."""
    known = all_measures()
    if name not in known:
        raise ParameterError(f"measure '{name}': no such measure; {did_you_mean(name, known)}")
    return known[name]


def estimate_all(panels: Panels, report_year: int, teacher_effects: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every measure for every unit, cohort and window as of a report year: the table that all reports are drawn from.

    Parameters
        panels: loaded as of the report year
        teacher_effects: value added of teachers (columns of `evidence.TEACHER_EFFECTS`); measures of it need it
    """
    from partnerlib.measures.estimation import estimate
    from partnerlib.measures.evidence import evidence

    if panels.as_of > report_year:
        raise ParameterError(
            f"report year {report_year}: the panels look from {panels.as_of} and know what came later; "
            f"load them with as_of={report_year}"
        )
    return estimate(evidence(panels, teacher_effects), report_year, all_measures().values())


def explain(name: str) -> str:
    """What a measure means, whom it counts, how it is computed and where it comes from."""
    from partnerlib.measures.pages import explanation

    return explanation(find(name))


def measures_page() -> str:
    """The page of all measures, in Markdown."""
    from partnerlib.measures.pages import page

    return page(all_measures().values())
