"""How the numbers of a page are printed, under which policy, for whom, and what attackers found: the facts of it.

The sentences themselves stand in the templates; what a release says of itself is put into words here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from partnerlib.disclosure.zones import Manifest, SealedRelease
from partnerlib.display.text import listed

PUBLIC = "public"

WITHHELD = "Every number about it is withheld to protect people."
NOBODY = "The data hold no candidate, hire or teacher of it in the years this report covers."

ATTACKERS = {
    "public": "anybody outside",
    "provider": "any provider that knows its own people",
    "district": "any district that knows its own people",
    "pair": "any provider and district together",
}
"""Kinds of attacker, in the words of a page."""


def has_number(cells: pd.DataFrame) -> pd.Series:
    """Cells with a printed number about somebody: a count of nobody is no result."""
    return cells["value"].notna() & (cells["n"].fillna(1) > 0)


def reason_for_nothing(cells: pd.DataFrame) -> str:
    """Why a unit's page has nothing to report, in words; empty when a number about somebody is published."""
    if has_number(cells).any():
        return ""
    return WITHHELD if cells["withheld"].any() else NOBODY


def audience_name(release: SealedRelease) -> str:
    """The one organization a release is for, by name (by code where no cell names it); empty for a public release."""
    if release.manifest.audience == PUBLIC:
        return ""
    kind, _, code = release.manifest.audience.partition(":")
    cells = release.cells
    names = cells.loc[(cells["unit_kind"] == kind) & (cells["unit_code"] == code), "unit_name"].dropna()
    return str(names.iloc[0]) if len(names) else code


def printing_facts(manifest: Manifest, cells: pd.DataFrame, audience: str, drawn: str) -> dict[str, Any]:
    """What the section on printing says: which roundings these cells have, the policy, the audience, the attack.

    drawn
        hash of the released cells the page is drawn from: printed on it, and the same for as long as those cells are
    """
    printed = cells[cells["value"].notna()]
    is_share = printed["statistic"].isin(["rate", "share"])
    roundings, sizes = printed["rounding"], printed["n_rounding"]
    return {
        "audience": audience,
        "release": drawn,
        "has_bands": bool(roundings.str.startswith("band").any()),
        "has_whole_percents": bool((is_share & roundings.str.startswith("nearest")).any()),
        "has_rounded_sizes": bool((sizes == "nearest 5").any()),
        "has_exact_sizes": bool((sizes == "exact").any()),
        "has_means": bool((printed["statistic"].isin(["mean", "median"]) & (roundings != "exact")).any()),
        "has_index": bool((roundings == "index band").any()),
        "has_marks": bool(cells["withheld"].any()),
        "account": account_in_words(manifest.policy, manifest.audit),
    }


def account_in_words(policy: str, audit: Mapping[str, Mapping[str, int]]) -> str:
    """What a release says of itself on each of its pages: its policy, and what the attack on it found.

    >>> account_in_words("dese_published 1", {})
    'Policy: dese_published, version 1. It was not tried what could be worked out from it.'
    """
    name, _, version = policy.rpartition(" ")
    return " ".join([f"Policy: {name}, version {version}.", *attack_in_words(audit)])


def attack_in_words(audit: Mapping[str, Mapping[str, int]]) -> list[str]:
    """What attackers found in a release before it was sealed, a sentence each; the account of it stands beside it.

    >>> attack_in_words({"public": {"asked": 8, "exposed": 2}})[-1]
    'By anybody outside, 2 of 8 numbers can be worked out.'
    >>> attack_in_words({"public": {"asked": 8, "exposed": 4, "exact": 2}})[-1]
    'Of 8 counts of few people, or of all but few, 4 are not shown to leave anybody outside three possible values, and \
2 of them are told exactly by one number and its size.'
    """
    if not audit:
        return ["It was not tried what could be worked out from it."]
    audit = {kind: audit[kind] for kind in sorted(audit, key=[*ATTACKERS, *audit].index) if kind in ATTACKERS}
    known = [ATTACKERS.get(kind, kind) for kind in audit]
    tried = f"Before it was sealed, it was attacked as {listed(known, 'or')} could."
    found = {ATTACKERS.get(kind, kind): counts for kind, counts in audit.items() if counts["exposed"]}
    if not found:
        return [tried, "Nobody was exposed."]
    return [
        tried,
        "This policy publishes all the same what can be worked out.",
        *(_found_in_words(who, counts) for who, counts in found.items()),
    ]


def _found_in_words(who: str, counts: Mapping[str, int]) -> str:
    """What one kind of attacker can work out; where it was not asked to the end, what is not shown to be safe."""
    if "exact" not in counts:
        return f"By {who}, {counts['exposed']:,} of {counts['asked']:,} numbers can be worked out."
    return (
        f"Of {counts['asked']:,} counts of few people, or of all but few, {counts['exposed']:,} are not shown to leave "
        f"{who} three possible values, and {counts['exact']:,} of them are told exactly by one number and its size."
    )
