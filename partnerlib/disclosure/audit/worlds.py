"""A reference world: counts at the finest crossing, which everything printed agrees with, to start every proof from.

The world is the truth when the internal aggregates are at hand. A proof changes one person in it and checks that
nothing printed changes: whoever reads the release cannot tell the two worlds apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.errors import ReleaseRefused

Ints = NDArray[np.int64]

NO_LIMIT = np.int64(2**40)
"""Stands for "as many as you like" among whole numbers."""

NOBODYS = ""
"""Code of the people without a provider, or without a district."""


@dataclass(frozen=True)
class Counted:
    """One set of people, or the levels that part it, and the set it is counted among."""

    sets: tuple[str, ...]
    """Names of the counted sets: one, or the levels that exhaust `among`."""
    among: str
    """The set they are counted among; empty when nothing is known of it."""
    measure: str
    """The measure of the internal aggregates that holds the counts."""
    levels: tuple[str, ...] = ("",)
    """Its levels, as the aggregates name them; one empty name for a measure without levels."""
    role: str = "numerator"
    """Column of the aggregates that holds the counted set: numerator, or denominator for a set of sizes."""
    among_source: tuple[str, str] = ("", "")
    """Measure, and level of it, whose denominator is `among`, when it is not the measure's own."""
    around: tuple[str, ...] = ()
    """Ever larger sets that hold everybody of `among`, the next larger first."""
    around_sources: tuple[tuple[str, str], ...] = ()
    kinds: tuple[str, ...] = ("provider", "district", "program", "partnership", "state")
    """Kinds of unit whose counts add up to the state's."""
    closed: tuple[bool, bool] = (False, False)
    """Whether everybody counted is known to have a provider, and a district: that units add up is published."""
    sizes_closed: tuple[tuple[bool, bool], ...] = ((False, False),)
    """The same of `among` and of the larger sets around it."""
    has_programs: bool = True
    """Whether everybody of a provider is known to be in one of its programs; else some may be in none."""
    is_answering: bool = False
    """Whether the set holds those of a sample who could be asked: that somebody was not says nothing of them."""


@dataclass(frozen=True)
class Classification:
    """People of providers sorted by something else: their program, or a subgroup. Its sums say nothing of districts."""

    name: str
    codes: tuple[str, ...]
    """One for each class: a program's code, or `provider|value`."""
    provider: Ints
    """Position of each class's provider."""
    value: Ints
    """Position of each class's value among `values`: the state prints sums over providers for these."""
    values: tuple[str, ...]
    n: Ints
    """Shape (classes, cohorts)."""
    x: Ints
    """Shape (levels, classes, cohorts)."""
    around: tuple[Ints, ...]
    """Counts of the larger sets, the next larger first; shape (classes, cohorts) each."""


@dataclass(frozen=True)
class Counts:
    """Counts of one or several sets: shapes (..., providers, cohorts), (..., districts, cohorts), (..., cohorts)."""

    provider: Ints
    district: Ints
    state: Ints
    pair: Ints | None
    """Shape (..., providers, districts, cohorts); None where the crossing is in no aggregate."""


@dataclass(frozen=True)
class World:
    """Counts of one block of sets: by provider, district and cohort, and by class within a provider."""

    counted: Counted
    providers: tuple[str, ...]
    """The last one is `NOBODYS`."""
    districts: tuple[str, ...]
    """The last one is `NOBODYS`."""
    cohorts: Ints
    n: Counts
    """People of `among`."""
    x: Counts
    """People counted, level by level."""
    around: tuple[Counts, ...]
    """Counts of the larger sets, the next larger first."""
    classifications: tuple[Classification, ...]


REST = "~"
"""Code of the programs of a provider nothing is printed about, put together; with its people in no program, if any."""


def merged(world: World, printed: Collection[str]) -> World:
    """The world with the unprinted programs of each provider put together: nobody can tell them apart."""
    return replace(world, classifications=tuple(_merged_classes(kind, printed) for kind in world.classifications))


def _added(values: Ints, axis: int, place: Ints, count: int) -> Ints:
    """Sums over the entries of an axis that go to the same place."""
    moved = np.moveaxis(values, axis, 0)
    sums = np.zeros((count, *moved.shape[1:]), dtype=np.int64)
    np.add.at(sums, place, moved)
    return np.moveaxis(sums, 0, axis)


def _merged_classes(kind: Classification, printed: Collection[str]) -> Classification:
    if kind.name != "program":
        return kind
    names = [code if code in printed else f"{code.partition(':')[0]}:{REST}" for code in kind.codes]
    listed = {code.partition(":")[0] for code in printed}
    # With no program of a provider printed, its programs together are the provider, which is looked at anyway.
    of_printed = np.array([code.partition(":")[0] in listed for code in kind.codes], dtype=bool)
    if not of_printed.any():
        return replace(kind, codes=(), provider=kind.provider[:0], value=kind.value[:0], n=kind.n[:0],
                       x=kind.x[:, :0], around=tuple(larger[:0] for larger in kind.around))  # fmt: skip
    names = [name for name, own in zip(names, of_printed, strict=True) if own]
    kind = replace(
        kind, provider=kind.provider[of_printed], value=kind.value[of_printed], n=kind.n[of_printed],
        x=kind.x[:, of_printed], around=tuple(larger[of_printed] for larger in kind.around),
    )  # fmt: skip
    codes, place = np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)
    first = np.zeros(len(codes), dtype=np.int64)
    first[place[::-1]] = np.arange(len(names))[::-1]
    n, x = _added(kind.n, -2, place, len(codes)), _added(kind.x, -2, place, len(codes))
    around = tuple(_added(larger, -2, place, len(codes)) for larger in kind.around)
    return replace(
        kind, codes=tuple(codes), provider=kind.provider[first], value=kind.value[first], n=n, x=x, around=around
    )


def slices(aggregates: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The single cohorts of the internal aggregates, by measure: the finest counts there are."""
    columns = ["measure", "unit_kind", "unit_code", "cohort", "group", "group_value", "numerator", "denominator"]
    single = aggregates.loc[aggregates["window_years"] == 1, columns]
    return {str(name): part for name, part in single.groupby("measure", sort=False, observed=True)}


def world(counted: Counted, aggregates: Mapping[str, pd.DataFrame], cohorts: Sequence[int]) -> World:
    """The world of one block, from the slices of the internal aggregates."""
    rows = _kept(aggregates[counted.measure], counted, cohorts)
    levels = [_level_of(rows, level) for level in counted.levels]
    whole = counted.among_source if counted.among_source[0] else (counted.measure, counted.levels[0])
    sizes = _level_of(_kept(aggregates[whole[0]], counted, cohorts), whole[1])
    larger = [_level_of(_kept(aggregates[name], counted, cohorts), level) for name, level in counted.around_sources]
    everyone = pd.concat([sizes, *larger])
    providers = (*_codes(everyone, "provider", 0), NOBODYS)
    districts = (*_codes(everyone, "district", 1), NOBODYS)
    years = np.array(sorted(cohorts), dtype=np.int64)
    axes = (pd.Index(providers), pd.Index(districts), pd.Index(years))
    n = _counts(sizes, "denominator", axes)
    x = _stacked([_counts(level, counted.role, axes) for level in levels])
    _refuse_impossible(counted, n, x)
    around = tuple(_counts(part, "denominator", axes) for part in larger)
    programs = _programs(sizes, levels, larger, counted.role, axes)
    if not counted.has_programs:
        programs = [_with_none(kind, n, x, around) for kind in programs]
    is_plain = counted.levels == ("",) and whole[0] == counted.measure
    grouped = _subgroups(rows, counted.role, axes) if is_plain and not larger else []
    return World(counted, providers, districts, years, n, x, around, (*programs, *grouped))


def _kept(rows: pd.DataFrame, counted: Counted, cohorts: Sequence[int]) -> pd.DataFrame:
    return rows[rows["cohort"].isin(cohorts) & rows["unit_kind"].isin(counted.kinds)]


def _level_of(rows: pd.DataFrame, level: str) -> pd.DataFrame:
    """The rows of one level, subgroups left out; of the whole measure where it has no levels."""
    if not level:
        return rows[rows["group"] == ""]
    return rows[(rows["group_value"] == level) & ~rows["group"].str.contains(" x ", regex=False)]


def _codes(rows: pd.DataFrame, kind: str, part: int) -> list[str]:
    own = rows.loc[rows["unit_kind"] == kind, "unit_code"]
    pairs = rows.loc[rows["unit_kind"] == "partnership", "unit_code"].str.split("-", expand=True)
    return sorted({*own, *(pairs[part] if len(pairs) else ())})


def _filled(rows: pd.DataFrame, column: str, shape: tuple[int, ...], at: tuple[Ints, ...]) -> Ints:
    counts = np.zeros(shape, dtype=np.int64)
    np.add.at(counts, at, np.rint(rows[column].fillna(0).to_numpy(dtype=float)).astype(np.int64))
    return counts


def _counts(rows: pd.DataFrame, column: str, axes: tuple[pd.Index, pd.Index, pd.Index]) -> Counts:
    """Counts by provider, district and pair; those of nobody make up the state's."""
    providers, districts, years = axes
    kinds = {str(kind): part for kind, part in rows.groupby("unit_kind", observed=True)}
    nothing = rows.iloc[:0]

    def margin(kind: str, codes: pd.Index) -> Ints:
        part = kinds.get(kind, nothing)
        at = (codes.get_indexer(part["unit_code"]), years.get_indexer(part["cohort"]))
        counts = _filled(part, column, (len(codes), len(years)), at)
        counts[-1] = total - counts[:-1].sum(axis=0)
        return counts

    state = kinds.get("state", nothing)
    total = _filled(state, column, (len(years),), (years.get_indexer(state["cohort"]),))
    provider, district = margin("provider", providers), margin("district", districts)
    if "partnership" not in kinds:
        return Counts(provider, district, total, None)
    parts = kinds["partnership"]["unit_code"].str.split("-", expand=True)
    at = (
        providers.get_indexer(parts[0]),
        districts.get_indexer(parts[1]),
        years.get_indexer(kinds["partnership"]["cohort"]),
    )
    pair = _filled(kinds["partnership"], column, (len(providers), len(districts), len(years)), at)
    pair[:, -1] = provider - pair.sum(axis=1)
    pair[-1] = district - pair[:-1].sum(axis=0)
    return Counts(provider, district, total, pair)


def _stacked(levels: Sequence[Counts]) -> Counts:
    pairs = [level.pair for level in levels if level.pair is not None]
    return Counts(
        np.stack([level.provider for level in levels]),
        np.stack([level.district for level in levels]),
        np.stack([level.state for level in levels]),
        np.stack(pairs) if len(pairs) == len(levels) else None,
    )


def _refuse_impossible(counted: Counted, n: Counts, x: Counts) -> None:
    """Counts that do not add up are no world: nobody can be behind a negative remainder."""
    parts = [(n.provider, x.provider), (n.district, x.district)]
    parts += [(n.pair, x.pair)] if n.pair is not None and x.pair is not None else []
    if any((whole < 0).any() or (part < 0).any() or (part > whole).any() for whole, part in parts):
        raise ReleaseRefused(
            f"{counted.measure}: counts of pairs, providers, districts and the state do not add up; the audit cannot "
            "start, and nothing is published"
        )


def _programs(
    sizes: pd.DataFrame,
    levels: Sequence[pd.DataFrame],
    larger: Sequence[pd.DataFrame],
    column: str,
    axes: tuple[pd.Index, pd.Index, pd.Index],
) -> list[Classification]:
    providers, _, years = axes
    rows = sizes[sizes["unit_kind"] == "program"]
    if rows.empty:
        return []
    everyone = pd.concat([rows, *larger])
    codes = pd.Index(sorted(set(everyone.loc[everyone["unit_kind"] == "program", "unit_code"])))

    def table(part: pd.DataFrame, name: str) -> Ints:
        part = part[part["unit_kind"] == "program"]
        at = (codes.get_indexer(part["unit_code"]), years.get_indexer(part["cohort"]))
        kept = at[0] >= 0
        return _filled(part[kept], name, (len(codes), len(years)), (at[0][kept], at[1][kept]))

    owner = providers.get_indexer(codes.str.split(":").str[0])
    n, x = table(rows, "denominator"), np.stack([table(level, column) for level in levels])
    around = tuple(table(part, "denominator") for part in larger)
    return [Classification("program", tuple(codes), owner, np.zeros(len(codes), dtype=np.int64), ("",), n, x, around)]


def _with_none(kind: Classification, n: Counts, x: Counts, around: Sequence[Counts]) -> Classification:
    """The programs, and for each provider the people in none: whoever reads the release cannot tell how many."""
    owners = np.unique(kind.provider)

    def remainder(whole: Ints, own: Ints) -> Ints:
        sums = _added(own, -2, kind.provider, whole.shape[-2])
        return np.concatenate([own, (whole - sums)[..., owners, :]], axis=-2)

    codes = (*kind.codes, *(f"{kind.codes[int(np.argmax(kind.provider == p))].partition(':')[0]}:" for p in owners))
    larger = tuple(remainder(whole.provider, own) for whole, own in zip(around, kind.around, strict=True))
    value = np.zeros(len(codes), dtype=np.int64)
    owner = np.concatenate([kind.provider, owners])
    return Classification(
        kind.name, codes, owner, value, kind.values, remainder(n.provider, kind.n), remainder(x.provider, kind.x),
        larger,
    )  # fmt: skip


def _subgroups(rows: pd.DataFrame, column: str, axes: tuple[pd.Index, pd.Index, pd.Index]) -> list[Classification]:
    """Every way the measure is shown by subgroup; what no subgroup holds is a class of its own."""
    providers, _, years = axes
    plain = rows[rows["group"] == ""]
    found = []
    for name, part in rows[rows["group"] != ""].groupby("group", sort=True, observed=True):
        values = pd.Index([*sorted(set(part["group_value"].astype("str"))), NOBODYS])
        n, x = (_by_subgroup(part, plain, measured, providers, values, years) for measured in ("denominator", column))
        owner = np.repeat(np.arange(len(providers)), len(values))
        value = np.tile(np.arange(len(values)), len(providers))
        codes = tuple(f"{providers[p]}|{values[v]}" for p, v in zip(owner, value, strict=True))
        found.append(Classification(str(name), codes, owner, value, tuple(values), n, x[None], ()))
    return found


def _by_subgroup(
    part: pd.DataFrame, plain: pd.DataFrame, column: str, providers: pd.Index, values: pd.Index, years: pd.Index
) -> Ints:
    """Counts by provider and value, with the state's remainder as the people of no provider, flattened."""
    inside, state = part[part["unit_kind"] == "provider"], part[part["unit_kind"] == "state"]
    shape = (len(providers), len(values), len(years))
    at = (
        providers.get_indexer(inside["unit_code"]),
        values.get_indexer(inside["group_value"]),
        years.get_indexer(inside["cohort"]),
    )
    counts = _filled(inside, column, shape, at)
    total = _filled(
        state, column, shape[1:], (values.get_indexer(state["group_value"]), years.get_indexer(state["cohort"]))
    )
    counts[-1] = total - counts[:-1].sum(axis=0)
    own = plain[plain["unit_kind"] == "provider"]
    whole = _filled(
        own, column, (shape[0], shape[2]), (providers.get_indexer(own["unit_code"]), years.get_indexer(own["cohort"]))
    )
    everyone = plain[plain["unit_kind"] == "state"]
    whole[-1] = _filled(everyone, column, (shape[2],), (years.get_indexer(everyone["cohort"]),)) - whole[:-1].sum(
        axis=0
    )
    counts[:, -1] = whole - counts[:, :-1].sum(axis=1)
    return counts.reshape(-1, shape[2])
