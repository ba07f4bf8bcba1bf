"""What completer files and CAP submissions share: who a candidate is, and what a program's name says of the licence."""

from __future__ import annotations

from hashlib import blake2b

import pandas as pd

from partnerlib.sources.layouts import Lookup

_FIELDS = {
    "english_as_a_second_language": ("english as a second language", "esl", "english language learner"),
    "early_childhood": ("early childhood",),
    "elementary": ("elementary",),
    "moderate_disabilities": ("moderate disabilities",),
    "mathematics": ("math",),
    "history": ("history", "social stud", "political science", "civics"),
    "science": ("science", "biology", "chemistry", "physics", "technology/engineering"),
    "foreign_language": ("foreign language", "world language", "spanish", "french", "latin", "chinese", "portuguese"),
    "english": ("english",),
    "physical_education": ("physical education", "health"),
    "arts": ("arts", "art ", "music", "theater", "theatre", "dance"),
}
"""License fields with the words that name them in a program; the first that fits, so English comes after ESL."""


def license_field(program: str = "program_name") -> str:
    """DuckDB expression: the license field that a program's name begins with; `other` when none is known."""
    start = f"lower(split_part({program}, ',', 1))"
    tests = " ".join(
        "WHEN " + " OR ".join(f"contains({start} || ' ', '{word}')" for word in words) + f" THEN '{name}'"
        for name, words in _FIELDS.items()
    )
    return f"CASE WHEN {program} IS NULL THEN NULL {tests} ELSE 'other' END"


def grade_band(program: str = "program_name") -> str:
    """DuckDB expression: the grades in a program's name, such as '1-6' or 'All'; NULL when it has none."""
    pattern = r"(?:^| )((?:PreK|PK|K|[0-9]{1,2})-(?:K|[0-9]{1,2})|All)(?:$|[ ,])"
    return f"nullif(regexp_extract(split_part({program}, ',', 1), '{pattern}', 1), '')"


def is_practicum_equivalent(program: str = "program_name") -> str:
    """DuckDB expression: the candidate is the teacher of record, so placement and first job are one."""
    return f"(contains(lower({program}), 'teacher of record') OR contains(lower({program}), 'apprenticeship'))"


def candidate_id(provider_code: str, email: str | None, mepid: str | None, name: str | None) -> str | None:
    """The id of a provider's candidate: from the e-mail, else the MEPID, else the full name.

    >>> candidate_id("89000001", "a.lee@birch.example", None, None)
    'C93ff57c0c4ff'
    """
    known = email or mepid or name
    if not known:
        return None
    return "C" + blake2b(f"{provider_code}|{known}".encode(), digest_size=6).hexdigest()


def _identify(asked: pd.DataFrame, _known: object) -> pd.DataFrame:
    names = [
        f"{first} {last}".lower() if first and last else None
        for first, last in zip(asked["first_name"], asked["last_name"], strict=True)
    ]
    ids = [
        candidate_id(*row)
        for row in zip(asked["provider_code"], asked["email"], asked["reported_mepid"], names, strict=True)
    ]
    found = asked.assign(candidate_id=pd.Series(ids, index=asked.index, dtype="object"))
    nameless = found["candidate_id"].isna()
    return found.assign(
        trouble_column=nameless.map({True: "email", False: None}),
        trouble_found=nameless.map({True: "no e-mail, MEPID or full name", False: None}),
        trouble_expected=nameless.map({True: "one of the three, to know the candidate by", False: None}),
    )


IDENTITY = Lookup(
    on=("provider_code", "email", "reported_mepid", "first_name", "last_name"),
    gives=("candidate_id",),
    resolve=_identify,
)
"""Who the candidate of a row is; the build settles the ids over all files (`derivation.settle_identities`)."""
