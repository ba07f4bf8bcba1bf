"""Written names of providers, districts and schools -> organization codes, by exact, reviewed and normalised spelling.

A name is never matched by likeness alone: a name that is not found is rejected with the nearest known one suggested,
and a person who knows adds it to the aliases.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from partnerlib import engine

if TYPE_CHECKING:
    from partnerlib.checking import TakenFile

_WORDS = {
    "elem": "elementary", "el": "elementary", "sch": "school", "schl": "school", "hs": "high school",
    "ms": "middle school", "es": "elementary school", "jr": "junior", "sr": "senior", "univ": "university",
    "coll": "college", "st": "saint", "mt": "mount", "ctr": "center", "dist": "district", "reg": "regional",
    "voc": "vocational", "tech": "technical", "acad": "academy", "and": "", "the": "", "of": "",
}  # fmt: skip
_ENDINGS = (" public schools", " public school", " schools", " school district", " district", " school")


def normalized(name: str) -> str:
    """A name without case, punctuation, little words, and the ways to shorten 'school'.

    >>> normalized("St. Anne's Elem. Sch."), normalized("Saint Annes Elementary School")
    ('saint annes elementary', 'saint annes elementary')
    """
    plain = re.sub(r"[^a-z0-9 ]", " ", re.sub(r"['’.]", "", name.lower().replace("&", " and ")))
    words = " ".join(" ".join(_WORDS.get(word, word) for word in plain.split()).split())
    for ending in _ENDINGS:
        if words.endswith(ending):
            return words.removesuffix(ending)
    return words


@dataclass(frozen=True)
class Match:
    """A code for a written name, or why there is none."""

    code: str | None
    how: str
    """`exact`, `alias` or `normalized`; empty when there is no code."""
    advice: str = ""
    """What to do about a name without a code."""


@dataclass(frozen=True)
class Places:
    """The names and codes that the organization directory and the reviewed aliases give."""

    organizations: pd.DataFrame
    aliases: pd.DataFrame
    _index: dict[tuple[str, str], dict[str, dict[str, set[str]]]] = field(default_factory=dict, repr=False)
    """(role, parent) -> how -> name -> codes; parent is empty for providers and districts."""

    @classmethod
    def none(cls) -> Places:
        """Nothing known yet."""
        return cls.of(
            pd.DataFrame(columns=["organization_code", "role", "school_year", "organization_name", "parent_code"]),
            pd.DataFrame(columns=["alias", "role", "organization_code"]),
        )

    @classmethod
    def of(cls, organizations: pd.DataFrame, aliases: pd.DataFrame) -> Places:
        """Names of all years: a placement may use the name a school had before or after it was renamed."""

        def leaf() -> dict[str, dict[str, set[str]]]:
            return {how: defaultdict(set) for how in ("exact", "alias", "normalized")}

        index: dict[tuple[str, str], dict[str, dict[str, set[str]]]] = defaultdict(leaf)
        named = organizations[["organization_code", "role", "organization_name", "parent_code"]].drop_duplicates()
        parents: dict[tuple[str, str], set[str]] = defaultdict(set)
        for code, role, name, parent in named.itertuples(index=False):
            above = str(parent) if role == "school" and isinstance(parent, str) else ""
            parents[role, code].add(above)
            index[role, above]["exact"][name].add(code)
            index[role, above]["normalized"][normalized(name)].add(code)
        for name, role, code in aliases[["alias", "role", "organization_code"]].itertuples(index=False):
            for above in parents.get((role, code), {""}):
                index[role, above]["alias"][name].add(code)
                index[role, above]["normalized"][normalized(name)].add(code)
        return cls(organizations, aliases, dict(index))

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code of the directory."""
        return frozenset(self.organizations["organization_code"])

    def with_files(self, taken: Iterable[TakenFile]) -> Places:
        """These places and what newly read directory and alias files add."""
        organizations, aliases = [self.organizations], [self.aliases]
        for file in taken:
            for table, gathered in (("organizations", organizations), ("organization_aliases", aliases)):
                if table in file.source.feeds:
                    gathered.append(engine.collect(file.conformed.tables[table]))
        if len(organizations) == len(aliases) == 1:
            return self
        return Places.of(
            *(pd.concat([f for f in g if len(f)] or g[:1], ignore_index=True) for g in (organizations, aliases))
        )

    def find(self, role: str, name: str | None, parent: str = "") -> Match:
        """The code of a written name; schools are looked for in their district."""
        if not name:
            return Match(None, "", f"the name of a {role}")
        known = self._index.get((role, parent), {})
        for how in ("exact", "alias", "normalized"):
            codes = known.get(how, {}).get(normalized(name) if how == "normalized" else name, set())
            if len(codes) == 1:
                return Match(next(iter(codes)), how)
            if codes:
                return Match(None, "", f"one {role}; {name!r} stands for {', '.join(sorted(codes))}: "
                                       "write the full name, or add an alias that stands for one")  # fmt: skip
        names = [*known.get("exact", {}), *known.get("alias", {})]
        near = get_close_matches(name, names, n=1, cutoff=0.6)
        where = f" of district {parent}" if parent else ""
        if near:
            advice = f"a {role}{where} of the directory; nearest is {near[0]!r}: correct it, or add it to the aliases"
        else:
            advice = f"a {role}{where} of the directory; none is near: correct it, or add it to the aliases"
        return Match(None, "", advice)
