"""The page in a sentence: what a superintendent would repeat, each number with its interval, its n and the state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from partnerlib.display.blocks import Cards, Quote, Words, quoting
from partnerlib.display.keys import key_of, numbers_of
from partnerlib.display.printed import detail, index_words, printed, printed_interval, size
from partnerlib.display.text import is_number
from partnerlib.reports.cohorts import Compared, Row, cohorts_of
from partnerlib.reports.definitions import definition


def value_of(row: Row, with_people: bool = False) -> str:
    """A released number in a sentence: `70–75% (interval 61–82%; about 60 people)`."""
    if row["statistic"] == "count":
        return printed(row)
    edges = index_words(row)[1] if row["rounding"] == "index band" else ""
    inside = [text for text in (edges, printed_interval(row), size(row) if with_people else "") if text]
    return f"{printed(row)} ({'; '.join(inside)})" if inside else printed(row)


PHRASES = {
    "candidates_placed": "{value} candidates were placed for their practicum in {cohort}",
    "completers_counted": "{value} people completed a program in {cohort}",
    "employed_first_october": (
        "Of the completers of {cohort}, {value} were working in a Massachusetts public school by the first October"
    ),
    "host_yield_1y": (
        "Of the hosted completers of {cohort}, {value} had a first job in the host district by the first October"
    ),
    "hired_in_placement_district": (
        "Of those hired after completing in {cohort}, {value} took their first job in the district of their practicum"
    ),
    "retained_school_1y": "Of the new teachers of {cohort}, {value} were in the same school a year later",
    "teachers_retained_district_1y": "Of all teachers of {cohort}, {value} were in the same district a year later",
    "completers_hired": "{value} completers began their first job in a Massachusetts public school in {cohort}",
    "host_yield_3y": (
        "Of the hosted completers of {cohort}, {value} had a first job in the host district by the third October"
    ),
    "employed_within_3_years": (
        "Of the completers of {cohort}, {value} were found in a Massachusetts public school within three Octobers"
    ),
    "placed_in_high_needs_school": "Of the candidates of {cohort}, {value} had their practicum in a high-needs school",
    "hired_in_high_needs_school": "Of those first hired in {cohort}, {value} began in a high-needs school",
    "eligible_practitioner": (
        "Of the placements of {cohort}, {value} had a supervising practitioner with the years and the rating the role "
        "requires"
    ),
    "placement_field_match": (
        "In {cohort}, {value} of the practitioners taught the field and the grades their candidate prepared for"
    ),
    "novices_rated_proficient": "Of the new teachers rated in {cohort}, {value} were rated Proficient or Exemplary",
    "retained_state_position_3y": (
        "Of the new teachers of {cohort}, {value} held the same position in the state three years later"
    ),
    "partners_that_hire_again": "Of the ties with a hire in {cohort}, {value} led to a hire again the year after",
}
"""What a measure says in a sentence, for the measures readers ask for first; any other is said by its title."""

FIRST = {
    "provider": ("candidates_placed", "employed_first_october", "hired_in_placement_district", "retained_school_1y"),
    "district": ("candidates_placed", "host_yield_1y", "retained_school_1y", "teachers_retained_district_1y"),
    "partnership": ("candidates_placed", "host_yield_1y", "hired_in_placement_district", "retained_school_1y"),
    "state": ("candidates_placed", "employed_first_october", "hired_in_placement_district", "retained_school_1y"),
    "review": ("completers_counted", "employed_first_october", "hired_in_placement_district", "ready_hiring_principal"),
    "advisory": ("candidates_placed", "host_yield_1y", "completers_hired", "host_yield_3y"),
}
"""Measures a headline is made of, by kind of reader, in the order of its sentences."""


def headline(kind: str, found: Sequence[Compared]) -> Words:
    """The page in a few sentences, from the measures its readers ask for first; the state stands beside every share."""
    pieces: list[str | Quote] = []
    for pair in chosen(kind, found):
        pieces += [*([" "] if pieces else []), *sentence(pair, with_state=kind != "state")]
    return quoting("headline", pieces)


def chosen(kind: str, found: Sequence[Compared], most: int = 3) -> list[Compared]:
    """The measures of a headline that are published here; the first published ones when none of those is."""
    published = {pair.measure: pair for pair in found if pair.best is not None}
    preferred = [published[name] for name in FIRST[kind] if name in published]
    return (preferred or list(published.values()))[:most]


def sentence(pair: Compared, with_state: bool) -> list[str | Quote]:
    """A published measure in a sentence, the state beside it where it is a share."""
    row = pair.best
    assert row is not None
    phrase = PHRASES.get(pair.measure, f"{definition(pair.measure).title} in {{cohort}}: {{value}}")
    before, after = (part.replace("{cohort}", cohorts_of(row)) for part in phrase.split("{value}"))
    value = value_of(row, with_people=True)
    pieces: list[str | Quote] = [before] if before else []
    pieces += [Quote(value if before else f"{value[0].upper()}{value[1:]}", key_of(row)), after]
    beside = pair.state_beside_best
    if with_state and pair.is_rate and beside is not None and is_number(beside["value"]):
        pieces += ["; in the state, ", Quote(printed(beside), key_of(beside))]
    return [*pieces, "."]


def key_number(kind: str, found: Sequence[Compared]) -> dict[str, str]:
    """The one number the index repeats: what it is called, what it says, and which cohort it is about."""
    first = next(iter(chosen(kind, found, 1)), None)
    if first is None or first.best is None:
        return {}
    row = first.best
    return {
        "measure": first.measure,
        "title": definition(first.measure).title,
        "value": value_of(row, with_people=True),
        "cohort": cohorts_of(row),
        "key": key_of(row),
    }


def cards(kind: str, found: Sequence[Compared]) -> Cards:
    """Up to four key numbers, each with its interval, people and cohort, and the state beside every share."""
    return Cards([_card(pair, with_state=kind != "state") for pair in chosen(kind, found, 4)])


def _card(pair: Compared, with_state: bool) -> dict[str, Any]:
    row = pair.best
    assert row is not None
    beside = []
    if pair.before is not None and pair.best is pair.this and is_number(pair.before["value"]):
        beside.append(_other("A cohort before", pair.before))
    state = pair.state_beside_best
    if with_state and pair.statistic != "count" and state is not None and is_number(state["value"]):
        beside.append(_other("State", state))
    return {
        "title": definition(pair.measure).title,
        "cohort": cohorts_of(row),
        "value": printed(row),
        "detail": detail(row),
        "key": key_of(row),
        "numbers": numbers_of(row),
        "beside": beside,
    }


def _other(label: str, row: Row) -> dict[str, Any]:
    return {"label": label, "text": printed(row), "key": key_of(row), "numbers": numbers_of(row)}
