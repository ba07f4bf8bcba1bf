"""Retention: who is still there, at which level, and who moved, changed role or left.

A retention rate always carries its level: the school, the district, the position anywhere in the state, any position.
"""

from __future__ import annotations

import pandas as pd

from partnerlib.measures.populations import EVERY_UNIT, LARGE_UNITS
from partnerlib.measures.populations.teachers import HORIZONS
from partnerlib.measures.registry import measure
from partnerlib.measures.results import Curve, Distribution, LifeTable, Rate
from partnerlib.panels import LEVELS, OUTCOMES

_WORDS = {
    "school": "in the same position in the same school",
    "district": "in the same position in the same district",
    "state_position": "in the same position anywhere in the state",
    "state_any": "in any position anywhere in the state",
}
_PLACES = {
    "school": "same school",
    "district": "same district",
    "state_position": "same position in the state",
    "state_any": "any position in the state",
}
_SPANS = {1: "1 year", 2: "2 years", 3: "3 years", 5: "5 years"}
_INFORMS = ("partnership criterion 4", "consortium objective 3")
_FOUND = tuple(
    {"level": level, "years": years, "where": _WORDS[level], "place": _PLACES[level], "span": _SPANS[years]}
    for years in HORIZONS
    for level in LEVELS
)
_THROUGHOUT = tuple(member for member in _FOUND if member["years"] != 1)
"""After one year there is no October between, and the two rates are the same."""


@measure(
    unit=EVERY_UNIT,
    sample="new_teachers",
    needs=("{level}_{years}",),
    topic="retention",
    title="New teachers retained after {span}, {place}",
    name="retained_{level}_{years}y",
    informs=_INFORMS,
    horizon="years",
    groups=("hired_in_placement_school", "is_practicum_equivalent"),
    family=_FOUND,
)
def retained(new_teachers: pd.DataFrame, level: str, years: int, **_words: str) -> Rate:
    """Share of new teachers found again {where}, {span} later.

    Formula
        new teachers found {where} in the October {span} after that of the first job / new teachers
    Returners
        counted: someone who was away in between and is back is retained
    Censoring
        only cohorts whose later October has been collected
    Source
        profiles.doe.mass.edu: same position, October to October; 'in any position' follows a person out of teaching
    """
    return Rate(new_teachers[f"{level}_{years}"])


@measure(
    unit=LARGE_UNITS,
    sample="new_teachers",
    needs=("{level}_{years}_throughout",),
    topic="retention",
    title="New teachers retained through {span} without a break, {place}",
    name="retained_{level}_{years}y_throughout",
    informs=_INFORMS,
    horizon="years",
    family=_THROUGHOUT,
)
def retained_throughout(new_teachers: pd.DataFrame, level: str, years: int, **_words: str) -> Rate:
    """Share of new teachers found {where} in each of the {years} Octobers that follow.

    Formula
        new teachers found {where} in every October up to {span} after that of the first job / new teachers
    Returners
        not counted: someone who was away in between has left
    Censoring
        only cohorts whose last October has been collected
    Source
        Papay, Bacher-Hicks, Page & Marinell (2017): temporary leaves change the answer
    """
    return Rate(new_teachers[f"{level}_{years}_throughout"])


@measure(
    unit=("district", "state"),
    sample="teachers",
    needs=("{level}_{years}",),
    topic="retention",
    title="Teachers retained after {span}, {place}",
    name="teachers_retained_{level}_{years}y",
    informs=_INFORMS,
    horizon="years",
    groups=("is_beginner",),
    family=_FOUND,
)
def teachers_retained(teachers: pd.DataFrame, level: str, years: int, **_words: str) -> Rate:
    """Share of all teachers found again {where}, {span} later.

    Formula
        teachers found {where} in the October {span} later / teachers
    Cohort
        the year of the base October. The state's label for the same rate is {span} later
    Returners
        counted
    Source
        profiles.doe.mass.edu, staffing retention: same position, October to next October
    """
    return Rate(teachers[f"{level}_{years}"])


@measure(
    unit=EVERY_UNIT,
    sample="new_teachers",
    needs=("outcome",),
    topic="retention",
    title="Stayers, movers, changed roles and leavers among new teachers",
    informs=_INFORMS,
    horizon=1,
)
def new_teacher_outcomes(new_teachers: pd.DataFrame) -> Distribution:
    """What became of new teachers a year later: shares that stayed, moved, changed role or left; they add to one.

    Formula
        new teachers with each outcome in the October after that of the first job / new teachers
    Definition
        stayer: same position and school; mover: same position, other school, in the district or in another one;
        changed role: another position; left: in no position in the state's public schools
    Source
        OpenSDP human-capital toolkit: stay, transfer and leave add to one
    """
    return Distribution(new_teachers["outcome"], "outcome", OUTCOMES)


@measure(
    unit=("district", "state"),
    sample="teachers",
    needs=("outcome",),
    topic="retention",
    title="Stayers, movers, changed roles and leavers among all teachers",
    informs=_INFORMS,
    horizon=1,
)
def teacher_outcomes(teachers: pd.DataFrame) -> Distribution:
    """What became of all teachers a year later: shares that stayed, moved, changed role or left; they add to one.

    Formula
        teachers with each outcome in the next October / teachers
    Definition
        stayer: same position and school; mover: same position, other school, in the district or in another one;
        changed role: another position; left: in no position in the state's public schools
    Source
        OpenSDP human-capital toolkit: stay, transfer and leave add to one
    """
    return Distribution(teachers["outcome"], "outcome", OUTCOMES)


@measure(
    unit=LARGE_UNITS,
    sample="completers",
    needs=("found_the_year_after",),
    topic="retention",
    title="Remaining employed, official formula to report year 2018",
    informs=("partnership criterion 5",),
    horizon=2,
)
def official_retention_to_2018(completers: pd.DataFrame) -> Rate:
    """Share of completers employed a year or more who were employed the year after, as the state counted to 2018.

    Formula
        those found again in the October after their first / completers first found at least a year before the report
    Caution
        the cohort is the denominator. The state's own text of the formula is not at hand: the second October is our
        reading of 'remaining employed for 2 years'. Do not join this series to the one from 2019
    Source
        profiles.doe.mass.edu, educator preparation, report years to 2018: Number in Retention Cohort
    """
    return Rate(completers["found_the_year_after"])


@measure(
    unit=LARGE_UNITS,
    sample="completers",
    needs=("ever_employed_by_report", "found_in_report_year"),
    topic="retention",
    title="Remaining employed, official formula from report year 2019",
    informs=("partnership criterion 5",),
    horizon=2,
)
def official_retention_from_2019(completers: pd.DataFrame) -> Rate:
    """Share of completers ever employed who are still employed in the report year, as the state counts from 2019.

    Formula
        those found a year or more before the report and again in its October / completers ever employed
    Caution
        the cohort is the numerator. Completers first found in the report year stand in the denominator and cannot stand
        in the numerator, so young cohorts are too low; see `employed_two_octobers`
    Cohorts
        those who could have had a year: completers of the year before the report would be zero by construction
    Source
        profiles.doe.mass.edu, educator preparation, report years from 2019: Number in Retention Cohort
    """
    ever = completers["ever_employed_by_report"].astype("boolean").fillna(False)
    return Rate(completers["found_in_report_year"].astype("boolean").mask(~ever))


@measure(
    unit=EVERY_UNIT,
    sample="completers",
    needs=("employed_first_october", "found_second_october"),
    topic="retention",
    title="Employed in the first October and the second",
    informs=("partnership criterion 5", "consortium objective 3"),
    horizon=2,
)
def employed_two_octobers(completers: pd.DataFrame) -> Rate:
    """Share of completers employed in the first October who are employed in the second, whatever the report year.

    Formula
        those found working in the second October after completion / completers found working in the first
    Censoring
        only cohorts whose second October has been collected: the correct rate to read beside the official ones
    Source
        ours; same people and positions as the official rates, with a fixed horizon
    """
    first = completers["employed_first_october"].astype("boolean").fillna(False)
    return Rate(completers["found_second_october"].astype("boolean").mask(~first))


@measure(
    unit=("provider", "state"),
    sample="teaching_years",
    needs=("year", "left_{level}"),
    topic="retention",
    title="{curve_word} by year of teaching, {place}",
    name="{curve}_{level}",
    informs=_INFORMS,
    groups=("hired_in_placement_school", "hired_in_placement_district"),
    family=tuple(
        {"curve": curve, "curve_word": word, "level": level, "where": _WORDS[level], "place": _PLACES[level]}
        for level in ("school", "state_position")
        for curve, word in (("hazard", "Hazard of leaving"), ("survival", "Share still there"))
    ),
)
def life_table(teaching_years: pd.DataFrame, curve: Curve, level: str, **_words: str) -> LifeTable:
    """Life table of new teachers ({curve}), year by year: who is still {where}.

    Formula
        hazard: those who leave in a year / those at risk at its start (the denominator);
        survival: product over the years so far of (1 - hazard), of those who started (the denominator); it rests on
        the fewest people at risk in any of those years
    Excluded
        practicum equivalents (teachers of record), who are hired where placed by construction
    Returners
        someone who leaves and comes back has left
    Source
        Singer & Willett (2003), discrete-time survival; intervals Wilson (hazard) and log-log Greenwood (survival)
    """
    return LifeTable(teaching_years["year"], teaching_years[f"left_{level}"], curve)
