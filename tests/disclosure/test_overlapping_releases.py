"""Releases of two years, each safe by itself, whose three years overlap: what both together tell, written down anew."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from two_years import Reader, entered, insiders, people, released, small, told

from partnerlib.disclosure.policy import Policy, Sizes, read_policy
from partnerlib.disclosure.releasing import Passed
from partnerlib.disclosure.settings import Table

STANDARD = read_policy("standard")
EXACT = replace(STANDARD, sizes=Sizes("exact", STANDARD.sizes.exact_counts_of))
WIDER = replace(STANDARD, percents=replace(STANDARD.percents, bands=Table({10: 50, 31: 20, 61: 10, 301: 5})))
PEOPLE = people(seed=27)
ASKED = tuple(small(PEOPLE, STANDARD.thresholds.people))


@cache
def alone(year: int, policy: Policy) -> Passed:
    return released(PEOPLE, year, policy)


@cache
def second(before: Policy, now: Policy) -> Passed:
    return released(PEOPLE, 2019, now, entered(alone(2018, before), 2018))


@pytest.mark.parametrize(
    ("before", "now"),
    [(STANDARD, STANDARD), (EXACT, STANDARD), (STANDARD, WIDER)],
    ids=["the same rules", "exact sizes, then rounded ones", "narrow bands, then wider ones"],
)
def test_three_years_that_overlap_with_those_of_the_release_before_tell_the_public_of_nobody(
    before: Policy, now: Policy
) -> None:
    first, passed = alone(2018, before), second(before, now)
    assert passed.exposed == passed.already == () and passed.earlier["sets joined"] == 2
    careless = Reader(PEOPLE, told(first, alone(2019, now)))
    assert any(careless.values(inside, 3) < 3 for _, _, inside in ASKED), "each safe by itself, and not together"
    anybody = Reader(PEOPLE, told(first, passed))
    assert [said for *said, inside in ASKED if anybody.values(inside, 3) < 3] == []


def test_nor_do_they_tell_an_organization_that_knows_its_own_people_of_others() -> None:
    both = told(alone(2018, STANDARD), second(STANDARD, STANDARD))
    for code, insider in insiders(PEOPLE, both):
        assert [said for *said, inside in ASKED if said[0] != code and insider.values(inside, 2) < 2] == [], code
