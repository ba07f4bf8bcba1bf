"""What may be printed, by name: a versioned file with a closed vocabulary, read whole or refused with every problem.

read_policy("standard"), read_policy(Path("ours.yml"))
policies()                 names of those that come with the library
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from partnerlib.disclosure import settings
from partnerlib.errors import ParameterError, did_you_mean

FOLDER = Path(__file__).with_name("policies")

UnitKind = Literal["state", "provider", "district", "program", "partnership"]
Attacker = Literal["public", "provider", "district", "pair"]
Domain = Literal["people", "tests", "growth", "median", "index"]

FLOOR: Mapping[str, int] = {"people": 6, "tests": 10, "growth": 20, "median": 6, "index": 6}
"""Lowest thresholds accepted: the lowest the department itself publishes under (6 people, 10 tested students, 20 with a
growth percentile). No law that could be read names a number; FERPA (34 CFR 99.31(b)(1)) asks for a reasonable finding
that nobody is identifiable."""

PRIMARY = "primary"
"""Name, in the account of an attack, of what it would have found under primary suppression alone."""

COUNTS_LEFT_OPEN = 3
"""Whole numbers every band must leave possible, for every n it is printed beside."""


@dataclass(frozen=True)
class Thresholds:
    """Fewest people a number may rest on, by what it is about."""

    people: int
    tests: int
    growth: int
    median: int
    index: int


@dataclass(frozen=True)
class Percents:
    """How rates and shares are printed."""

    style: Literal["bands", "whole"]
    bands: Mapping[int, int]
    """From how many people on: width of the band in points."""


@dataclass(frozen=True)
class Sizes:
    """How n is printed."""

    rounding: Literal["nearest 5", "exact"]
    exact_counts_of: tuple[UnitKind, ...]
    """Kinds of unit whose counts of everybody (placed, completing, asked) are exact."""


@dataclass(frozen=True)
class Means:
    """How means and medians are printed, and when a few people make one up."""

    significant_digits: int
    sums_left_open: int
    """Sums a printed mean of whole numbers, times its n, leaves possible."""
    dominance_percent: int
    """p% rule: the second largest contributor must not tell the largest within so many percent; 0 turns it off."""
    share_of_largest_two: float
    """The two largest contributions may make up at most this part of the total; 1 turns it off."""


@dataclass(frozen=True)
class Complement:
    """What must stay possible for a withheld number, and for whom."""

    against: tuple[Attacker, ...]
    public: int
    insiders: int
    nobody_looks_withheld: bool
    """An empty part of a group that is not empty looks like any withheld cell: it is an outcome of everybody."""


@dataclass(frozen=True)
class Ratings:
    """The department's own rules for evaluation ratings."""

    withhold_uniform: bool
    """Withheld where all have one rating, or all but one person."""
    parent_and_child: bool
    """Where the ratings of everybody are withheld, so are those of every group."""


@dataclass(frozen=True)
class Policy:
    """One policy, complete and valid."""

    name: str
    version: int
    purpose: str
    on_exposure: Literal["refuse", "state"]
    thresholds: Thresholds
    percents: Percents
    sizes: Sizes
    means: Means
    index_edges: tuple[float, ...]
    complement: Complement
    ratings: Ratings
    own_cells: Literal["protected", "plain"]

    @property
    def sha256(self) -> str:
        """Hash of every setting: two releases under the same hash followed the same rules."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def primary_alone(policy: Policy) -> Policy:
    """The same thresholds and nothing else: small numbers withheld, all others with their n and in whole percents."""
    return replace(
        policy,
        on_exposure="state",
        percents=replace(policy.percents, style="whole"),
        sizes=Sizes("exact", get_args(UnitKind)),
        means=replace(
            policy.means, significant_digits=3, sums_left_open=0, dominance_percent=0, share_of_largest_two=1.0
        ),
        complement=replace(policy.complement, against=(), nobody_looks_withheld=False),
        own_cells="protected",
    )


def policies() -> tuple[str, ...]:
    """Names of the policies that come with the library."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yml")))


def read_policy(name: str | Path) -> Policy:
    """A policy by name, or from a file of one's own.

    Errors
        ParameterError naming every problem at once: unknown keys with the nearest right one, missing keys, values of
        the wrong kind, thresholds below the floor, bands that leave too few whole numbers
    """
    path = name if isinstance(name, Path) else FOLDER / f"{name}.yml"
    if not path.is_file():
        if isinstance(name, Path):
            raise ParameterError(f"policy {name}: no such file; known policies: {', '.join(policies())}")
        raise ParameterError(f"policy '{name}': no such policy; {did_you_mean(name, policies())}")
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ParameterError(f"policy {path.name}: not YAML: {str(error).splitlines()[0]}") from error
    return parsed(written, path.name)


def parsed(written: object, source: str) -> Policy:
    """A policy from what stands in its file."""
    sections, problems = settings.read(Policy, written)
    problems += _refusals(sections)
    if problems:
        raise ParameterError(f"policy {source}: {len(problems)} to mend: " + "; ".join(problems))
    return Policy(**sections)


def _refusals(sections: Mapping[str, Any]) -> list[str]:
    """What is wrong with settings that are of the right kind; sections that could not be read are not judged."""
    found: list[str] = []
    if (thresholds := sections.get("thresholds")) is not None:
        found += [
            f"thresholds.{name}: {value} is below {FLOOR[name]}, the lowest the department itself publishes under"
            for name, value in asdict(thresholds).items()
            if value < FLOOR[name]
        ]
    if (percents := sections.get("percents")) is not None and percents.style == "bands":
        found += _bands_refused(percents.bands, None if thresholds is None else thresholds.people)
    edges = sections.get("index_edges") or ()
    if list(edges) != sorted(set(edges)) or not all(0 < edge < 1 for edge in edges):
        found.append("index_edges: expected rising numbers between 0 and 1")
    if (left := sections.get("complement")) is not None and not left.public >= left.insiders >= 1:
        found.append("complement: expected public >= insiders >= 1")
    if (means := sections.get("means")) is not None:
        if not 0 < means.share_of_largest_two <= 1:
            found.append("means.share_of_largest_two: expected a part, above 0 and at most 1")
        if not 1 <= means.significant_digits <= 4:
            found.append("means.significant_digits: expected 1 to 4")
    return found


def _bands_refused(bands: Mapping[int, int], people: int | None) -> list[str]:
    if not bands:
        return ["percents.bands: empty; say from how many people on a band is how many points wide"]
    found = []
    if people is not None and min(bands) > people:
        found.append(f"percents.bands: none for {people} to {min(bands) - 1} people")
    for start, width in bands.items():
        if width < 1 or 100 % width:
            found.append(f"percents.bands.{start}: {width} points do not divide 100")
        elif start * width < 100 * COUNTS_LEFT_OPEN:
            enough = -(-100 * COUNTS_LEFT_OPEN // width)
            found.append(
                f"percents.bands.{start}: a band of {width} points beside {start} people can leave fewer than "
                f"{COUNTS_LEFT_OPEN} whole numbers; from {enough} people on it leaves enough"
            )
    return found
