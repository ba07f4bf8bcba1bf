"""Completer files and CAP submissions, with names and numbers as people write them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from partnerlib.codes import year_label
from partnerlib.synth import names
from partnerlib.synth.arrays import Flags, Ints
from partnerlib.synth.geography import Geography
from partnerlib.synth.organization_files import district_alias, school_alias, school_name, town_of
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import PROGRAMS, People
from partnerlib.synth.scales import stream
from partnerlib.synth.text_columns import always, days, digits, pick, shares, table

COMPLETERS = ("SO_CODE", "SO_NAME", "SY", "PROGRAM_NAME", "PROGRAM_TYPE", "PROGRAM_LEVEL", "MEPID", "FIRST_NAME",
              "MIDDLE_NAME", "LAST_NAME", "DATE_OF_BIRTH", "GENDER", "RACE_ETHNICITY", "EMAIL", "LICENSE_NUMBER",
              "COMPLETION_DATE", "HOME_TOWN", "GPA")  # fmt: skip
ELEMENTS = ("1A4", "1B2", "2A3", "2B1", "2D2", "4A1")
CAP = (
    "ORGANIZATION_NM", "PRACT_DISTRICT_NAME", "PRACT_SCHOOL_NAME", "SCH_YEAR", "PROGRAM_NAME", "CAND_MEPID",
    "CAND_FIRST_NAME", "CAND_LAST_NAME", "CAND_EMAIL", "PS_NAME", "PS_EMAIL", "SP_NAME", "SP_MEPID", "SP_FIRST_NAME",
    "SP_LAST_NAME", "SP_EMAIL",
    *(f"{phase}{element}{dimension}" for phase in "FS" for element in ELEMENTS for dimension in "QSC"),
    "READY_TO_TEACH",
)  # fmt: skip
RATINGS = ("Exemplary", "Proficient", "Needs Improvement", "Unsatisfactory")
LEVELS = ("Baccalaureate", "Post-Baccalaureate", "Post-Baccalaureate - Apprenticeship/Teacher of Record")
_LEVEL_IN_NAME = ("Bacc.", "Post-Bacc.", "Post-Bacc., Teacher of Record")
_EDGES = {"F": (1.75, -0.47, -2.05), "S": (0.78, -1.72, -2.75)}
"""Lower edges of Exemplary, Proficient and Needs Improvement, in SD of an item, at mid-term and at the end."""


@dataclass(frozen=True)
class Identities:
    """How each candidate is written by the provider; parallel arrays over all people, empty for others."""

    first: list[str]
    last: list[str]
    email: list[str]
    mepid: Ints
    """As the provider reports it: -1 missing, else right or mistyped."""
    last_now: Ints
    """Surname in staff collections: place in names.SURNAMES."""
    has_cap_email: Flags
    has_license: Flags
    second_program: Ints
    """A second program finished in the same year, -1 when none."""


def make_identities(people: People, geography: Geography, parameters: Parameters, seed: int) -> Identities:
    """Nicknames, double and maiden names, slips of the finger; missing and mistyped MEPIDs."""
    rng = stream(seed, "identities")
    n = len(people["mepid"])
    draw, turn, other = rng.random(n), rng.random(n), rng.integers(0, len(names.SURNAMES), n)
    is_candidate = people["provider"] >= 0
    maiden = (rng.random(n) < parameters.maiden_name) & is_candidate & people["is_female"]
    first = [names.FIRST[i] for i in people["first"]]
    last = [names.SURNAMES[i] for i in people["last"]]
    email = [""] * n
    for i in np.flatnonzero(is_candidate):
        host = town_slug(geography.provider_name[people["provider"][i]])
        plain = "".join(c for c in f"{first[i]}.{last[i]}".lower() if c.isalnum() or c == ".")
        email[i] = f"{plain}{i}@{host}.example"
    for i in np.flatnonzero(is_candidate & (draw < parameters.name_variant)):
        if turn[i] < 0.5 and first[i] in names.NICKNAMES:
            first[i] = names.NICKNAMES[first[i]]
        elif turn[i] < 0.75:
            last[i] = f"{last[i]}-{names.SURNAMES[other[i]]}"
        else:
            last[i] = slip(last[i], int(other[i]))
    mepid = people["mepid"].copy()
    draw = rng.random(n)
    wrong = (draw < parameters.mepid_mistyped) & is_candidate
    mepid[wrong] = transposed(people["mepid"][wrong])
    stolen = wrong & (draw < parameters.mepid_mistyped * 0.2)
    mepid[stolen] = people["mepid"][rng.integers(0, min(n, 5 * len(geography.school_code)), stolen.sum())]
    mepid[(draw > 1 - parameters.mepid_missing) & is_candidate] = -1
    second = np.where(rng.random(n) < parameters.two_programs, np.where(people["category"] == 11, 9, 11), -1)
    return Identities(
        first, last, email, mepid, np.where(maiden, other, people["last"]), rng.random(n) > 0.012,
        rng.random(n) > 0.1, second,
    )  # fmt: skip


def town_slug(name: str) -> str:
    """Letters of a name, lower case."""
    return "".join(c for c in name.lower() if c.isalpha())


def slip(word: str, where: int) -> str:
    """Two neighbouring letters exchanged."""
    at = 1 + where % max(len(word) - 2, 1)
    return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


def transposed(numbers: Ints) -> Ints:
    """Eight-digit numbers with the fourth and fifth digit exchanged, or the last one changed when they are equal."""
    a, b = numbers // 10_000 % 10, numbers // 1_000 % 10
    swapped = numbers + (b - a) * 10_000 + (a - b) * 1_000
    return np.where(a == b, numbers - numbers % 10 + (numbers % 10 + 3) % 10, swapped)


def program_names() -> list[str]:
    """Program names by category and level: category x 3 + level."""
    return [f"{field} {grades}, Initial, {level}" for field, grades in PROGRAMS for level in _LEVEL_IN_NAME]


def _level(people: People, who: Ints) -> Ints:
    older = people["cohort"][who] - people["birth_year"][who] >= 24
    return np.where(people["is_resident"][who], 2, np.where(older, 1, 0))


def completers(people: People, identities: Identities, geography: Geography, year: int, seed: int) -> pa.Table:
    """People who finished a program in a school year; a second program is a second row."""
    rng = stream(seed, f"completers {year}")
    one = np.flatnonzero((people["cohort"] == year) & people["is_completer"])
    two = one[identities.second_program[one] >= 0]
    who = np.concatenate([one, two])
    category = np.concatenate([people["category"][one], identities.second_program[two]])
    order = np.lexsort((np.arange(len(who)), people["provider"][who]))
    who, category = who[order], category[order]
    level = _level(people, who)
    finished = _spring_day(year) + rng.integers(-10, 25, len(who)) - 150 * (rng.random(len(who)) < 0.1)
    towns = [town_of(name) for name in geography.district_name]
    provider = people["provider"][who]
    return table({
        "SO_CODE": pick(geography.provider_code, provider), "SO_NAME": pick(geography.provider_name, provider),
        "SY": always(year_label(year), len(who)), "PROGRAM_NAME": pick(program_names(), category * 3 + level),
        "PROGRAM_TYPE": always("Academic: Teacher, Initial", len(who)), "PROGRAM_LEVEL": pick(LEVELS, level),
        "MEPID": digits(identities.mepid[who], 8), "FIRST_NAME": pick(identities.first, who),
        "MIDDLE_NAME": pick(names.MIDDLE, people["middle"][who]), "LAST_NAME": pick(identities.last, who),
        "DATE_OF_BIRTH": days(people["birth"][who]), "GENDER": pick(("M", "F"), people["is_female"][who].astype(int)),
        "RACE_ETHNICITY": digits(people["race"][who], 2), "EMAIL": pick(identities.email, who),
        "LICENSE_NUMBER": digits(np.where(identities.has_license[who], people["license"][who], -1), 6),
        "COMPLETION_DATE": days(finished), "HOME_TOWN": pick(towns, people["home"][who]),
        "GPA": shares(people["gpa"][who], 2),
    }, COMPLETERS)  # fmt: skip


def _spring_day(year: int) -> int:
    return datetime.date(year, 5, 14).toordinal()


def submission(
    people: People, identities: Identities, geography: Geography, parameters: Parameters, year: int, seed: int
) -> pa.Table:
    """The year's CAP submission: one row per placed candidate, places as names in several spellings."""
    rng = stream(seed, f"cap {year}")
    who = np.flatnonzero((people["cohort"] == year) & (people["place_school"] >= 0))
    who = who[np.argsort(people["provider"][who], kind="stable")]
    n = len(who)
    mentor = people["mentor"][who]
    provider = people["provider"][who]
    school = people["place_school"][who]
    district = geography.school_district[school]
    spelled = rng.random((n, 2))
    mentor_draw = rng.random((n, 2))
    mentor_first = [names.FIRST[i] for i in people["first"][mentor]]
    short = [names.NICKNAMES.get(name, name) for name in mentor_first]
    mentor_first = [b if d < 0.06 else a for a, b, d in zip(mentor_first, short, mentor_draw[:, 0], strict=True)]
    mentor_last = [names.SURNAMES[i] for i in identities.last_now[mentor]]
    mentor_id = np.where(mentor_draw[:, 1] < parameters.mepid_missing, -1, people["mepid"][mentor])
    wrong = mentor_draw[:, 1] > 1 - parameters.mepid_mistyped
    mentor_id[wrong] = transposed(people["mepid"][mentor][wrong])
    supervisor = [f"{names.FIRST[(7 * p) % len(names.FIRST)]} {names.SURNAMES[(131 * p) % len(names.SURNAMES)]}"
                  for p in range(len(geography.provider_code))]  # fmt: skip
    hosts = [town_slug(name) for name in geography.provider_name]
    columns = {
        "ORGANIZATION_NM": pick(geography.provider_name, provider),
        "PRACT_DISTRICT_NAME": pa.array([
            respelled(geography.district_name[d], district_alias(geography, d), draw)
            for d, draw in zip(district, spelled[:, 0], strict=True)]),
        "PRACT_SCHOOL_NAME": pa.array([
            respelled(school_name(geography, s, year), school_alias(school_name(geography, s, year)), draw)
            for s, draw in zip(school, spelled[:, 1], strict=True)]),
        "SCH_YEAR": always(year_label(year), n),
        "PROGRAM_NAME": pick(program_names(), people["category"][who] * 3 + _level(people, who)),
        "CAND_MEPID": digits(identities.mepid[who], 8),
        "CAND_FIRST_NAME": pick(identities.first, who), "CAND_LAST_NAME": pick(identities.last, who),
        "CAND_EMAIL": pick(identities.email, np.where(identities.has_cap_email[who], who, -1)),
        "PS_NAME": pick(supervisor, provider),
        "PS_EMAIL": pick([f"supervisor@{host}.example" for host in hosts], provider),
        "SP_NAME": pa.array([f"{a} {b}" for a, b in zip(mentor_first, mentor_last, strict=True)], pa.string()),
        "SP_MEPID": digits(mentor_id, 8), "SP_FIRST_NAME": pa.array(mentor_first, pa.string()),
        "SP_LAST_NAME": pa.array(mentor_last, pa.string()),
        "SP_EMAIL": pa.array([f"sp{m}@k12.example" for m in mentor], pa.string()),
        "READY_TO_TEACH": pick(("No", "Yes"), people["is_ready"][who].astype(int)),
    }  # fmt: skip
    return table(columns | _ratings(rng, people, who), CAP)


def respelled(name: str, alias: str, draw: float) -> str:
    """A name as the directory has it, in other case or spacing, or in a reviewed short form."""
    if draw < 0.72:
        return name
    if draw < 0.80:
        return name.upper()
    if draw < 0.86:
        return f" {name.replace(' ', '  ')} "
    return alias


def _ratings(rng: np.random.Generator, people: People, who: Ints) -> dict[str, pa.Array]:
    """Ratings of 6 elements x 3 dimensions, twice; who is ready has the ratings the rule asks for."""
    ready = people["is_ready"][who]
    columns = {}
    for phase, edges in _EDGES.items():
        for element in ELEMENTS:
            for dimension in "QSC":
                latent = 0.75 * people["cap"][who] / 0.99 + 0.66 * rng.standard_normal(len(who))
                rating = (latent[:, None] < np.array(edges)).sum(axis=1)
                if phase == "S":
                    rating = np.where(ready, np.minimum(rating, 1 if dimension == "Q" else 2), rating)
                    failed = ~ready & (element == "1A4") & (dimension == "Q")
                    rating = np.where(failed, np.maximum(rating, 2), rating)
                columns[f"{phase}{element}{dimension}"] = pick(RATINGS, rating)
    return columns
