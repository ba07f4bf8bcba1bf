"""The state's numbers by subgroup: what everything printed leaves possible of each, for the public and for providers.

Subgroups are printed of the state alone, so nothing below it narrows them but what a provider knows: its own people.
Measures of levels are not looked at here, and neither are districts: no aggregate holds their people by subgroup.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.codes import STATE_CODE
from partnerlib.disclosure.audit.ranges import ranges
from partnerlib.disclosure.audit.statements import PARTS, Statements
from partnerlib.disclosure.audit.system import SolverGaveUp, System, SystemBuilder
from partnerlib.disclosure.audit.worlds import Counted
from partnerlib.disclosure.policy import COUNTS_LEFT_OPEN, Policy

Ints = NDArray[np.int64]

COLUMNS = (
    "measure", "set", "unit_kind", "unit_code", "by", "of", "first", "last", "count", "size", "least", "most", "values",
    "values_insider", "attacker",
)  # fmt: skip

PUBLIC = "public"

REST = ""
"""Those of the state who are of no subgroup."""

MOVES = ((1, -1), (-1, 1), (1, 0), (-1, 0), (0, 1), (0, -1))
"""One person more or fewer with and without the property, in one subgroup and cohort."""


Place = tuple[int, int, int]
"""Position of a subgroup, first and last cohort."""


class Left(NamedTuple):
    """What is left possible of a count, as in every finding."""

    values: int = COUNTS_LEFT_OPEN
    values_insider: int = COUNTS_LEFT_OPEN
    attacker: str = ""


@dataclass(frozen=True)
class Question:
    """A count of one subgroup in a span of cohorts."""

    place: Place
    inside: NDArray[np.bool_]
    side: int
    """0: those with the property; 1: those without."""

    @property
    def value(self) -> int:
        return self.place[0]


@dataclass(frozen=True)
class Sorted:
    """One measure's people of the state by subgroup and cohort, and what is printed of them."""

    measure: str
    counted: str
    by: str
    said: pd.DataFrame
    values: tuple[str, ...]
    cohorts: tuple[int, ...]
    true: Ints
    """Shape (2, values, cohorts): people with the property, and without."""
    own: Mapping[str, Ints]
    """The same of each provider."""
    is_rest: NDArray[np.bool_]
    """Cohorts in which somebody may be of no subgroup, or the subgroups are not known yet."""

    @cached_property
    def system(self) -> System:
        """Everything printed, about unknowns in the order of `true`."""
        builder = SystemBuilder()
        names = np.ndenumerate(self.is_nobody)
        at = np.array([builder.unknown(str(place), 0, 0 if nobody else np.inf) for place, nobody in names])
        at = at.reshape(self.true.shape)
        years = np.array(self.cohorts)
        for row in self.said.itertuples(index=False):
            values = [self.values.index(row.group_value)] if row.group else range(len(self.values))
            inside = at[:, list(values)][..., (years >= row.first) & (years <= row.last)]
            having, everybody = inside[0].ravel().tolist(), inside.ravel().tolist()
            if row.of:
                counted = dict.fromkeys(having, PARTS)
                low, high = ({one: counted.get(one, 0) - end for one in everybody} for end in (row.low, row.high))
                builder.constrain("", low, 0, np.inf)
                builder.constrain("", high, -np.inf, -1 if row.is_open else 0)
            else:
                builder.constrain("", dict.fromkeys(having if row.is_counted else everybody, 1), row.low, row.high)
        return builder.build()

    @cached_property
    def is_nobody(self) -> NDArray[np.bool_]:
        """Where everybody knows that nobody is: of no subgroup, if all are of one; in years nobody was observed in."""
        found = np.zeros(self.true.shape, dtype=bool)
        found[:, -1, ~self.is_rest] = True
        found[..., self.true.sum(axis=(0, 1)) == 0] = True
        return found

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Single cohorts, and windows that something is printed of by subgroup."""
        printed = self.said[self.said["group"] != ""]
        return sorted({*zip(printed["first"], printed["last"], strict=True), *((year, year) for year in self.cohorts)})

    @cached_property
    def tables(self) -> list[Ints]:
        """Complete tables that print the same: the true one, and it with one person moved; then those of the solver."""
        system, true = self.system, self.true.ravel()
        here, of = system.matrix @ true, system.matrix.toarray().astype(np.int64)
        found = [true]
        half = true.size // 2
        for place in np.flatnonzero(~self.is_nobody.any(axis=0)):
            for more, fewer in MOVES:
                now = here + more * of[:, place] + fewer * of[:, half + place]
                if ((system.row_low <= now) & (now <= system.row_high)).all():
                    moved = true.copy()
                    moved[place] += more
                    moved[half + place] += fewer
                    found.append(moved)
        return found

    def possible(self, own: Ints, asked: Sequence[Question], enough: int, seconds: float) -> list[int]:
        """How many whole numbers each count of the others than `own` may be, counted up to `enough`; together.

        A table that anybody found possible is possible to all who know of no more people in it than it has.
        """
        at = np.arange(self.true.size).reshape(self.true.shape)
        places = [at[one.side, one.value, one.inside] for one in asked]
        known = np.stack(self.tables)
        known = known[(known >= own.ravel()).all(axis=1)]
        found = [len(np.unique(known[:, place].sum(axis=1))) for place in places]
        due = [one for one, values in enumerate(found) if values < enough]
        if due:
            system = replace(self.system, lower=own.ravel())
            sums = [dict.fromkeys(places[one].tolist(), 1) for one in due]
            answers = ranges(system, sums, enough, seconds * len(due), with_holes=True, tables=[self.true.ravel()])
            for one, answer in zip(due, answers, strict=True):
                found[one] = enough if answer.values is None else answer.values
                self.tables.extend([answer.low_table, answer.high_table])
        return found


def subgroups(
    blocks: Iterable[Counted], said: Statements, definitions: pd.DataFrame, parts: Mapping[str, pd.DataFrame],
    policy: Policy, seconds: float, known: dict[str, pd.DataFrame],
) -> pd.DataFrame:  # fmt: skip
    """Counts of the state's subgroups that are small, or small but for one provider's people, and what is left of each.

    Parameters
        parts: single cohorts of the internal aggregates, by measure
        known: findings of earlier rounds by what was printed; in place
    Result
        columns of COLUMNS; `values` and `values_insider` as in every finding
    """
    found = []
    for each in _sorted(blocks, said, definitions, parts):
        key = _key(each, policy)
        if key not in known:
            known[key] = pd.DataFrame(list(_asked(each, policy, seconds)), columns=list(COLUMNS))
        found.append(known[key])
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))


def _sorted(
    blocks: Iterable[Counted], said: Statements, definitions: pd.DataFrame, parts: Mapping[str, pd.DataFrame]
) -> Iterator[Sorted]:
    for block in blocks:
        if block.levels != ("",) or block.role != "numerator":
            continue
        (name,), among = block.sets, block.among or block.sets[0]
        counts, sizes = said.about(name), said.about(among)
        counts = counts[counts["of"].isin(["", among])].assign(is_counted=True)
        sizes = sizes[(sizes["of"] == "") & (among != name)].assign(is_counted=False)
        printed = pd.concat([counts, sizes])
        printed = printed[printed["unit_kind"] == "state"]
        measures = definitions.loc[(definitions["counted"] == name) & (definitions["among"] == among), "measure"]
        for by in sorted(set(printed["group"]) - {""}):
            for measure in sorted(set(measures) & set(parts)):
                if (parts[measure]["group"] == by).any():
                    of = printed[printed["group"].isin(["", by])]
                    yield _one(measure, name, by, of, parts[measure], _state(parts, block.among_source))
                    break


def _state(parts: Mapping[str, pd.DataFrame], source: tuple[str, str]) -> pd.DataFrame:
    """Cohorts of the state in the measure that holds a set of sizes in full."""
    rows = parts[source[0]] if source[0] in parts else pd.DataFrame(columns=["unit_kind", "group_value"])
    return rows[(rows["unit_kind"] == "state") & (rows["group_value"] == source[1])]


def _one(measure: str, counted: str, by: str, said: pd.DataFrame, rows: pd.DataFrame, sizes: pd.DataFrame) -> Sorted:
    cohorts = tuple(range(int(said["first"].min()), int(said["last"].max()) + 1))
    rows = rows[rows["cohort"].isin(cohorts) & rows["group"].isin(["", by])]
    values = sorted({*said.loc[said["group"] != "", "group_value"], *rows.loc[rows["group"] == by, "group_value"]})

    def counts(part: pd.DataFrame) -> Ints:
        """Shape (2, values and the rest, cohorts)."""
        numbers = part[["numerator", "denominator"]].fillna(0).to_numpy(float)
        having, everybody = np.rint(numbers).astype(np.int64).T
        place = np.where(part["group"] == by, pd.Index(values).get_indexer(part["group_value"]), len(values))
        at: tuple[Ints, Ints] = (place.astype(np.int64), pd.Index(cohorts).get_indexer(part["cohort"]).astype(np.int64))
        table = np.zeros((2, len(values) + 1, len(cohorts)), dtype=np.int64)
        for side, people in enumerate((having, everybody - having)):
            np.add.at(table[side], at, people)
        table[:, -1] -= table[:, :-1].sum(axis=1)
        return table

    true = counts(rows[rows["unit_kind"] == "state"])
    own = {str(code): counts(part) for code, part in rows[rows["unit_kind"] == "provider"].groupby("unit_code")}
    is_whole = (true[:, -1] == 0).all()
    # Of people whose size is printed before anything is known of them, any table would do.
    everybody = sizes.groupby("cohort")["denominator"].sum().reindex(cohorts).fillna(0).to_numpy(float)
    unknown = np.where(true.sum(axis=(0, 1)) == 0, np.rint(everybody).astype(np.int64), 0)
    true[1, -1] += unknown
    is_rest = (unknown > 0) | (not is_whole)
    return Sorted(measure, counted, by, said, (*values, REST), cohorts, true, own, is_rest)


def _asked(each: Sorted, policy: Policy, seconds: float) -> Iterator[tuple[object, ...]]:
    """The findings of one sorting: what is small of the state, and what is small beside one provider's people."""
    limit, found = policy.thresholds.people, dict[Place, Left]()
    readers = {PUBLIC: np.zeros_like(each.true), **{f"provider:{code}": own for code, own in each.own.items()}}
    for reader, own in readers.items():
        is_public = reader == PUBLIC
        enough = policy.complement.public if is_public else policy.complement.insiders
        asked = [one for one in _questions(each, own, limit) if not found.get(one.place, Left()).attacker]
        asked = asked if is_public else [one for one in asked if own[:, one.value, one.inside].any()]
        for place, values, attacker in _answers(each, reader, own, asked, enough, seconds):
            left = found.get(place, Left())
            found[place] = Left(
                min(left.values, values) if is_public else left.values,
                min(left.values_insider, values if not is_public else 1 if attacker else COUNTS_LEFT_OPEN),
                left.attacker or attacker,
            )
    for (value, first, last), left in sorted(found.items()):
        inside = (np.array(each.cohorts) >= first) & (np.array(each.cohorts) <= last)
        having, without = each.true[:, value, inside].sum(axis=1).tolist()
        yield (
            each.measure, each.counted, "state", STATE_CODE, each.by, each.values[value], first, last, having,
            having + without, having, having, *left,
        )  # fmt: skip


def _answers(
    each: Sorted, reader: str, own: Ints, asked: Sequence[Question], enough: int, seconds: float
) -> Iterator[tuple[Place, int, str]]:
    """The whole numbers that each question leaves, and who is left with too few; none where it gives up."""
    try:
        for one, values in zip(asked, each.possible(own, asked, enough, seconds), strict=True):
            yield one.place, values, reader if values < enough else ""
    except SolverGaveUp as reason:
        for one in asked:
            yield one.place, 0, f"not proved: {reason}"


def _questions(each: Sorted, own: Ints, limit: int) -> list[Question]:
    """Of the people left beside one's own: those with the property (0) and those without it (1), where they are few."""
    left, years, found = each.true - own, np.array(each.cohorts), []
    for (value, name), (first, last) in itertools.product(enumerate(each.values), each.spans):
        inside = (years >= first) & (years <= last)
        people = left[:, value, inside].sum(axis=1)
        if name != REST and people.sum() > 0:
            found += [Question((value, first, last), inside, side) for side in (0, 1) if people[side] < limit]
    return found


def _key(each: Sorted, policy: Policy) -> str:
    digest = hashlib.sha256(repr((each.measure, each.counted, each.by, policy.sha256)).encode())
    digest.update(pd.util.hash_pandas_object(each.said, index=False).to_numpy().tobytes())
    return digest.hexdigest()
