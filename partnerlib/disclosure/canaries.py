"""Names and identifiers of the people in the processed tables: none of them may stand in anything that is published.

They are read for the comparison alone and never told: a refusal names the file they were found in, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from partnerlib.disclosure.secrets import PERSONAL, scan, tree
from partnerlib.errors import ReleaseRefused

NAMES = (("first_name", "last_name"), ("practitioner_first_name", "practitioner_last_name"))
"""Columns that make up a person's name; one of them alone is shared by many, and by places."""

NO_IDENTIFIERS = frozenset(
    {"middle_name", "birth_date", "home_town", "response_id", *(c for pair in NAMES for c in pair)}
)
"""Personal columns whose single values say nothing of one person, or stand for an answer and not for a person."""

SHORTEST = 8
"""Fewest characters of an identifier that is looked for: a shorter number stands in any page for something else."""

_INSTITUTION = re.compile(
    r"\b(college|universit\w+|school\w*|district\w*|charter|academy|institute|public|regional|center|program\w*)\b",
    re.IGNORECASE,
)
_SHOWN = 20


def people_in(processed: Path) -> frozenset[str]:
    """Identifiers, addresses and full names of everybody in the processed tables.

    Codes of organizations are none, nor is a name that an institution bears (William James College).
    """
    found: set[str] = set()
    for file in sorted(processed.glob("*.parquet")):
        columns = set(pq.read_schema(file).names)
        wanted = sorted(columns & PERSONAL)
        if not wanted:
            continue
        for column in sorted(set(wanted) - NO_IDENTIFIERS):
            values = pq.read_table(file, columns=[column]).column(0).unique().to_pylist()
            found |= {str(value) for value in values if value is not None and len(str(value)) >= SHORTEST}
        for pair in NAMES:
            if set(pair) <= columns:
                first, last = (
                    pc.utf8_trim_whitespace(column.cast("string"))
                    for column in pq.read_table(file, columns=[*pair]).columns
                )
                names = pc.binary_join_element_wise(first, last, " ").unique().to_pylist()
                found |= {name for name in names if name}
    codes, institutions = _organizations(processed)
    return frozenset(found - codes - _within(found, institutions))


def _organizations(processed: Path) -> tuple[set[str], set[str]]:
    """Codes of all organizations, and the names that say what kind of institution they are."""
    file = processed / "organizations.parquet"
    if not file.is_file():
        return set(), set()
    rows = pd.read_parquet(file, columns=["organization_code", "organization_name"]).drop_duplicates()
    names = rows["organization_name"].dropna().astype("str")
    return set(rows["organization_code"].dropna().astype("str")), {name for name in names if _INSTITUTION.search(name)}


def _within(names: Iterable[str], institutions: Iterable[str]) -> set[str]:
    """Names of people that are a part, and not the whole, of an institution's name."""
    runs: set[str] = set()
    for institution in institutions:
        words = _INSTITUTION.sub("\0", institution).split()
        runs |= {f"{one} {two}" for one, two in pairwise(words)}
    return runs & set(names)


def refuse_people(
    folder: Path, processed: Path | None, progress: Callable[[str], None] = lambda _message: None
) -> None:
    """Refuse a folder that is about to be published when anybody of the processed tables stands in it.

    Errors
        ReleaseRefused naming each file, and the kind of trace: never the trace
    """
    progress("looking for names and identifiers of people")
    found = scan(tree(folder), sorted(people_in(processed)) if processed else ())
    if found:
        more = len(found) - _SHOWN
        raise ReleaseRefused(
            "\n".join(
                [
                    f"reports refused: {len(found)} traces of people in what would be published:",
                    *(f"  {finding}" for finding in found[:_SHOWN]),
                    *([f"  and {more} more"] if more > 0 else []),
                    "nothing was published; look in the raw files for a person's name or number where the name of an "
                    "organization or program belongs",
                ]
            )
        )
