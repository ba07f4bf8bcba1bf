"""How the text of one raw cell becomes a typed value: each reading is a DuckDB expression, so that no row meets Python.

`{x}` stands for the cell, blanks stripped, NULL when empty. A reading that gives NULL for a cell that is not empty
says the cell is unreadable; one whose `repaired` is true read it only after mending it, which is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from partnerlib.tables import RATINGS, READINESS

FIRST_SPRING, LAST_SPRING = 1996, 2049
"""School years a collection can be of; a year outside is a misprint. No collection of the state is older."""


@dataclass(frozen=True)
class Reading:
    """One way to read a cell."""

    value: str
    """DuckDB expression of `{x}`; NULL when the cell cannot be read."""
    expected: str
    """What should stand there, for the person who mends the file."""
    not_applicable: tuple[str, ...] = ()
    """Words that say the cell does not apply: read as missing, and not a problem."""
    repaired: str = ""
    """DuckDB expression of `{x}` and the value `{v}`: true when the cell was read only after mending it."""

    @property
    def takes_any_text(self) -> bool:
        """No text is unreadable."""
        return self.value in ("{x}", "lower({x})", "coalesce({x}, '')")


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def choice(words: Mapping[str, str | int | bool], expected: str = "") -> Reading:
    """One of a few written words, each with the value it stands for."""

    def literal(value: str | int | bool) -> str:
        return quoted(value) if isinstance(value, str) else str(value).upper()

    cases = " ".join(f"WHEN {quoted(word)} THEN {literal(value)}" for word, value in words.items())
    return Reading(f"CASE {{x}} {cases} END", expected or "one of " + ", ".join(words))


def number(low: float, high: float, expected: str) -> Reading:
    """A number within bounds that its meaning gives."""
    parsed = "TRY_CAST({x} AS DOUBLE)"
    return Reading(f"CASE WHEN {parsed} BETWEEN {low} AND {high} THEN {parsed} END", expected)


def identifier(digits: int, expected: str) -> Reading:
    """An identifier of exactly so many digits, kept as text."""
    return Reading(f"CASE WHEN regexp_full_match({{x}}, '[0-9]{{{digits}}}') THEN {{x}} END", expected)


_SHORT = r"regexp_full_match({x}, '[0-9]{1,8}\.0+|[0-9]{1,7}')"

TEXT = Reading("{x}", "text")
LOWER = Reading("lower({x})", "text")
TEXT_OR_EMPTY = Reading("coalesce({x}, '')", "text")
"""For parts of a key that do not apply to every row: an empty text there is 'none'."""
NAME = Reading("{x}", "a name", not_applicable=("NMN",))
SCHOOL_YEAR = Reading(
    "CASE WHEN regexp_full_match({x}, '[0-9]{4}-[0-9]{2}')"
    " AND (CAST({x}[1:4] AS BIGINT) + 1) % 100 = CAST({x}[6:7] AS BIGINT)"
    f" AND CAST({{x}}[1:4] AS BIGINT) BETWEEN {FIRST_SPRING - 1} AND {LAST_SPRING - 1}"
    " THEN CAST({x}[1:4] AS BIGINT) + 1 END",
    "a school year such as '2017-18', its second year following its first",
)
SPRING_YEAR = Reading(
    f"CASE WHEN TRY_CAST({{x}} AS BIGINT) BETWEEN {FIRST_SPRING} AND {LAST_SPRING} THEN TRY_CAST({{x}} AS BIGINT) END",
    "the spring of a school year, such as 2018",
)
ROLE = choice({"Provider": "provider", "District": "district", "School": "school"})
COLLECTION = choice({"OCT": "october", "EOY": "end_of_year"})
CODE = Reading(
    "CASE WHEN regexp_full_match({x}, '[0-9]{8}') THEN {x}"
    f" WHEN {_SHORT} THEN lpad(split_part({{x}}, '.', 1), 8, '0') END",
    "an organization code of eight digits, kept as text",
    repaired="{v} <> {x}",
)
MEPID = identifier(8, "a MEPID of eight digits; correct it from the state's record")
SASID = identifier(10, "a SASID of ten digits; correct it from the state's record")
REPORTED_MEPID = Reading(
    "{x}",
    "a MEPID of eight digits; it is kept as reported, and linking falls back on name and birth date",
    repaired="NOT regexp_full_match({x}, '[0-9]{8}')",
)
RACE = Reading(
    "CASE WHEN regexp_full_match({x}, '[0-9]{2}') AND {x} <= '63' THEN {x}"
    " WHEN regexp_full_match({x}, '[0-9]') THEN '0' || {x} END",
    "a two-digit race and ethnicity code, 00 to 63 (32 and over: Hispanic)",
    repaired="{v} <> {x}",
)
DATE = Reading(
    "CASE WHEN TRY_STRPTIME({x}, '%m/%d/%Y') BETWEEN DATE '1900-01-01' AND DATE '2099-12-31'"
    " THEN CAST(TRY_STRPTIME({x}, '%m/%d/%Y') AS DATE) END",
    "a date that exists, written mm/dd/yyyy",
    not_applicable=("NA",),
)
YES_NO = choice({"Yes": True, "No": False})
FLAG = choice({"01": True, "00": False}, "01 (yes) or 00 (no)")
NOT_00 = Reading("CASE WHEN regexp_full_match({x}, '[0-9]{2}') THEN {x} <> '00' END", "a two-digit code, 00 for none")
SHARE = number(0, 1, "a share of the workday between 0 and 1")
DAYS = number(0, 366, "a number of days between 0 and 366")
RATING_WORDS = dict(zip(("Unsatisfactory", "Needs Improvement", "Proficient", "Exemplary"), RATINGS, strict=True))
RATING = choice(RATING_WORDS)
RATING_SCORE = choice({word: score for score, word in enumerate(RATING_WORDS, start=1)})
READY_WORDS = {level.replace("_", " ").capitalize(): level for level in READINESS}
READY = choice(READY_WORDS)
AGREEMENT = choice({str(n): n for n in (1, 2, 3, 4)}, "agreement from 1 to 4")
