"""Written names of places become codes by exact, reviewed and normalised spelling, and never by likeness alone."""

from __future__ import annotations

import pandas as pd
import pytest

from partnerlib.places import Places, normalized

ORGANIZATIONS = pd.DataFrame(
    [
        ("95000000", "district", "Alder Falls", None),
        ("95000005", "school", "Brook Elementary School", "95000000"),
        ("95000006", "school", "St. Anne's High School", "95000000"),
        ("95000007", "school", "Old Mill", "95000000"),
        ("95000007", "school", "New Mill", "95000000"),
        ("95010000", "district", "Cedar", None),
        ("95010005", "school", "Brook Elementary School", "95010000"),
        ("95010006", "school", "River Elementary", "95010000"),
        ("95010007", "school", "River Elementary School", "95010000"),
    ],
    columns=["organization_code", "role", "organization_name", "parent_code"],
)
ALIASES = pd.DataFrame(
    [("The Brook", "school", "95000005"), ("AFPS", "district", "95000000")],
    columns=["alias", "role", "organization_code"],
)
PLACES = Places.of(ORGANIZATIONS, ALIASES)


@pytest.mark.parametrize(
    ("role", "name", "parent", "code", "how"),
    [
        ("district", "Alder Falls", "", "95000000", "exact"),
        ("district", "AFPS", "", "95000000", "alias"),
        ("district", "ALDER FALLS PUBLIC SCHOOLS", "", "95000000", "normalized"),
        ("school", "Brook Elementary School", "95000000", "95000005", "exact"),
        ("school", "Brook Elementary School", "95010000", "95010005", "exact"),
        ("school", "the brook", "95000000", "95000005", "normalized"),
        ("school", "Brook Elem. Sch.", "95000000", "95000005", "normalized"),
        ("school", "Saint Annes HS", "95000000", "95000006", "normalized"),
        ("school", "Old Mill", "95000000", "95000007", "exact"),
        ("school", "New Mill", "95000000", "95000007", "exact"),
    ],
)
def test_a_known_spelling_becomes_its_code(role: str, name: str, parent: str, code: str, how: str) -> None:
    match = PLACES.find(role, name, parent)
    assert (match.code, match.how) == (code, how)


def test_a_misspelled_name_is_not_matched_but_the_nearest_is_suggested() -> None:
    match = PLACES.find("school", "Brok Elementary School", "95000000")
    assert match.code is None
    assert "nearest is 'Brook Elementary School'" in match.advice


def test_a_name_near_to_nothing_says_so() -> None:
    assert "none is near" in PLACES.find("district", "Zzyzx").advice


def test_a_spelling_that_fits_two_schools_is_left_to_a_person() -> None:
    match = PLACES.find("school", "river elem", "95010000")
    assert match.code is None
    assert "95010006, 95010007" in match.advice


def test_a_school_is_looked_for_in_its_district_only() -> None:
    assert PLACES.find("school", "Old Mill", "95010000").code is None


def test_an_empty_name_is_no_place() -> None:
    assert PLACES.find("district", None).code is None


def test_little_words_punctuation_and_short_forms_do_not_matter() -> None:
    assert normalized("The Academy of Art & Music") == normalized("Acad. of Art and Music")
