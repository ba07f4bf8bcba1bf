"""Partnerships: how long a provider and a district have worked together, and what comes of it.

Placements, completers, hires, yield and the share of a district's beginners are measures of placement and hiring; they
have a row for each partnership. Here are those that only make sense of ties.
"""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.registry import measure
from partnerlib.measures.results import Concentration, Mean, Rate

_UNITS = ("provider", "district", "partnership", "state")


@measure(
    unit=_UNITS,
    sample="placement_ties",
    needs=("years_lasted",),
    topic="partnerships",
    title="Years the tie has lasted",
    informs=("partnership criterion 5",),
    is_additive=False,
)
def tie_years(placement_ties: pd.DataFrame) -> Mean:
    """How many years a provider has placed candidates in a district so far; the mean over partners, for a unit of many.

    Formula
        placement year - first placement year of the pair in the data + 1
    Units
        years; ties older than the data count from its first year. The denominator counts ties, people are candidates.
        Three years pooled are the mean over those years
    Source
        purpose of the partnership page: a record for each provider, district and year
    """
    return Mean(placement_ties["years_lasted"])


@measure(
    unit=_UNITS,
    sample="hiring_ties",
    needs=("hires_again",),
    topic="partnerships",
    title="Partner districts that hire again",
    informs=("partnership criterion 5",),
    horizon=1,
    is_additive=True,
)
def partners_that_hire_again(hiring_ties: pd.DataFrame) -> Rate:
    """Share of the districts hiring a provider's completers that hire again from it the year after.

    Formula
        ties with a first job in the year and in the next / ties with a first job in the year
    Units
        the denominator counts ties, people are the completers hired
    Source
        benefit for a preparation program: a stable employment pipeline
    """
    return Rate(hiring_ties["hires_again"])


@measure(
    unit=("provider", "program", "state"),
    sample="new_hires",
    needs=("district_code",),
    topic="partnerships",
    title="Concentration of hires over districts",
    informs=("partnership criterion 5",),
    is_additive=False,
)
def hire_concentration(new_hires: pd.DataFrame) -> Concentration:
    """How much a provider's hires go to few districts: 1 is a single district, near 0 is many small shares.

    Formula
        sum over districts of (share of hires)^2, the Herfindahl-Hirschman index
    Source
        Simpson (1949); Hirschman (1964)
    """
    return Concentration(new_hires["district_code"])


@measure(
    unit=("district", "state"),
    sample="new_hires",
    needs=("provider_code",),
    topic="partnerships",
    title="Concentration of hires over providers",
    informs=("partnership criterion 1",),
    is_additive=False,
)
def supply_concentration(new_hires: pd.DataFrame) -> Concentration:
    """How much a district's new hires come from few providers: 1 is a single provider, near 0 is many small shares.

    Formula
        sum over providers of (share of hires)^2, the Herfindahl-Hirschman index
    Source
        Simpson (1949); Hirschman (1964)
    """
    return Concentration(new_hires["provider_code"])
