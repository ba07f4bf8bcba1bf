"""Every set a release counts, once: the blocks that are attacked one by one, and what is said about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from partnerlib.disclosure.audit.alone import RELATED
from partnerlib.disclosure.audit.statements import COUNTABLE, Statements
from partnerlib.disclosure.audit.worlds import Counted
from partnerlib.errors import ReleaseRefused


@dataclass(frozen=True)
class Held:
    """What the aggregates hold of a set under the name of one measure and level."""

    measure: str
    levels: tuple[str, ...]
    cohorts: frozenset[int]
    kinds: frozenset[str]
    """Kinds of unit it is counted for."""

    @property
    def source(self) -> tuple[str, str]:
        return self.measure, self.levels[0]

    def is_as_full_as(self, other: Held) -> bool:
        return self.cohorts >= other.cohorts and self.kinds >= other.kinds


def blocks(definitions: pd.DataFrame, parts: Mapping[str, pd.DataFrame], samples: Mapping[str, str]) -> list[Counted]:
    """Every set the release counts, once: levels that part a set together, then sizes nobody else counts.

    Of several measures that count the same set, the one that holds it for most cohorts and kinds of unit stands for it,
    whatever the order of the definitions.

    Errors
        ReleaseRefused when one measure holds a set in other years, or for other kinds of unit, than another
    """
    definitions = definitions.sort_values(["measure", "level"])
    countable = definitions[definitions["statistic"].isin(COUNTABLE)]
    sources = _sources(countable, parts)
    within = {str(row.among): str(row.within) for row in definitions.itertuples()}
    kinds, closed = _kinds(definitions), _closed(definitions)

    def around(name: str) -> tuple[str, ...]:
        """Larger sets whose counts are known for every kind of unit that this one's are."""
        larger = within.get(name, "")
        if not larger or larger not in sources or not set(kinds[name]) <= set(kinds[larger]):
            return ()
        return (larger, *around(larger))

    def block(
        sets: tuple[str, ...], among: str, held: Held, adding_up: tuple[str, ...], role: str = "numerator"
    ) -> Counted:
        larger = around(among) if among else ()
        whole = sources.get(among)
        is_own = role == "numerator" and whole is not None and held.is_as_full_as(whole)
        return Counted(
            sets, among, held.measure, held.levels, role,
            ("", "") if whole is None else held.source if is_own else whole.source,
            larger, tuple(sources[name].source for name in larger), adding_up, closed[among or sets[0]],
            tuple(closed[name] for name in (among or sets[0], *larger)),
        )  # fmt: skip

    counting: dict[tuple[tuple[str, ...], str], list[pd.DataFrame]] = {}
    for _, rows in countable[countable["counted"] != ""].groupby("measure", sort=True):
        together = rows["is_partition"].all() and len(rows) > 1
        for part in [rows] if together else [rows.iloc[[at]] for at in range(len(rows))]:
            sets, among = tuple(part["counted"].astype("str")), str(part["among"].iloc[0])
            counting.setdefault((sets, "" if sets == (among,) else among), []).append(part)
    found = []
    for (sets, among), rows_of in counting.items():
        held = _fullest(sets[0], [_held(parts, *_named(part)) for part in rows_of])
        found.append(block(sets, among, held, _adding_up(pd.concat(rows_of))))
    counted_alone = {name for sets, _ in counting for name in sets}
    for among, whole in sources.items():
        if among not in counted_alone:
            parent = next(iter(around(among)), "")
            is_answering = bool(parent) and samples.get(sources[parent].measure) == samples.get(whole.measure)
            sizes = block((among,), parent, whole, kinds[among], "denominator")
            found.append(replace(sizes, closed=closed[among], is_answering=is_answering))
    return found


def _named(rows: pd.DataFrame) -> tuple[str, tuple[str, ...]]:
    """Measure and levels of its definitions."""
    return str(rows["measure"].iloc[0]), tuple(rows["level"].astype("str"))


def _held(parts: Mapping[str, pd.DataFrame], measure: str, levels: tuple[str, ...]) -> Held:
    cohorts = frozenset(observed_cohorts(parts, measure, levels[0]))
    rows = parts.get(measure)
    kinds = frozenset(rows["unit_kind"].astype("str")) if rows is not None and cohorts else frozenset[str]()
    return Held(measure, levels, cohorts, kinds)


def _fullest(name: str, held: Sequence[Held]) -> Held:
    """The one of several measures of a set that holds all that any of them does."""
    known = [each for each in held if each.cohorts] or held
    for each in known:
        if all(each.is_as_full_as(other) for other in known):
            return each
    raise ReleaseRefused(
        f"{name}: {', '.join(each.measure for each in known)} count it in different years or for different kinds of "
        "unit, and none in all; the audit cannot start, and nothing is published"
    )


def _adding_up(rows: pd.DataFrame) -> tuple[str, ...]:
    """Kinds of unit whose counts of a set add up, according to any measure that counts it."""
    return (*(kind for kind, column in RELATED.items() if rows[column].ne("none").any()), "state")


def _kinds(definitions: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    return {str(name): _adding_up(rows) for name, rows in definitions.groupby("among", sort=True)}


def _closed(definitions: pd.DataFrame) -> dict[str, tuple[bool, bool]]:
    """For every set of sizes, whether everybody in it is known to have a provider, and a district."""
    return {
        str(name): (bool(rows["providers"].eq("equal").any()), bool(rows["districts"].eq("equal").any()))
        for name, rows in definitions.groupby("among", sort=True)
    }


def _sources(countable: pd.DataFrame, parts: Mapping[str, pd.DataFrame]) -> dict[str, Held]:
    """For every set of sizes, the measure and level whose denominators hold it in full."""
    found = {}
    for name, rows in countable[countable["among"] != ""].groupby("among", sort=True):
        each = sorted({(str(row.measure), str(row.level)) for row in rows.itertuples()})
        held = [part for part in (_held(parts, measure, (level,)) for measure, level in each) if part.cohorts]
        if held:
            found[str(name)] = _fullest(str(name), held)
    return found


def observed_cohorts(parts: Mapping[str, pd.DataFrame], measure: str, level: str) -> set[int]:
    """Cohorts in which the state has somebody to ask; none for sizes that are sums of weights."""
    rows = parts.get(measure)
    if rows is None:
        return set()
    state = rows[(rows["unit_kind"] == "state") & (rows["group_value"] == level) & (rows["denominator"] > 0)]
    return set() if (state["denominator"] % 1 > 0).any() else set(state["cohort"].astype(int))


@dataclass(frozen=True)
class Years:
    """What is known of the years of a set: in which somebody was observed, and in which printed windows say nobody was.

    A window of three years in which one was not observed is printed of the other two: everybody can know that.
    """

    name: str
    observed: frozenset[int]
    empty: frozenset[int]

    @property
    def known(self) -> frozenset[int]:
        return self.observed | self.empty


def years_of(counted: Counted, parts: Mapping[str, pd.DataFrame], said: Statements) -> list[Years]:
    """Of the counted sets of a block, of what they are counted among (themselves, if nothing is), of what is around."""
    own = counted.measure, counted.levels[0]
    names = [(counted.sets[0], own), (counted.among, counted.among_source) if counted.among else (counted.sets[0], own)]
    names += [*zip(counted.around, counted.around_sources, strict=True)]
    found = []
    for name, source in names:
        observed = frozenset(observed_cohorts(parts, *source))
        windows = said.about(name)[["first", "last"]].drop_duplicates().itertuples(index=False)
        spoken = frozenset(year for first, last in windows for year in range(first, last + 1))
        found.append(Years(name, observed, spoken - observed))
    return found


def names_of(counted: Counted) -> list[str]:
    return [name for name in (*counted.sets, counted.among, *counted.around) if name]


def printed_about(counted: Counted, said: Statements) -> pd.DataFrame:
    """Everything printed about the sets of a block."""
    return pd.concat([said.about(name) for name in names_of(counted)], ignore_index=True)


def samples_of(cells: pd.DataFrame) -> dict[str, str]:
    """The sample each measure rests on: a size within the same sample says who answered, not what people did."""
    named = cells.drop_duplicates("measure")
    return dict(zip(named["measure"].astype("str"), named["sample_id"].astype("str"), strict=True))
