"""The counts of one block of sets as the internal aggregates hold them: the reference world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.blocks import Years
from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.worlds import NOBODYS, Classification, Counted, Counts, Ints, World, summed_to
from partnerlib.errors import ReleaseRefused


def slices(aggregates: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The single cohorts of the internal aggregates, by measure: the finest counts there are."""
    columns = ["measure", "unit_kind", "unit_code", "cohort", "group", "group_value", "numerator", "denominator"]
    single = aggregates.loc[aggregates["window_years"] == 1, columns]
    return {str(name): part for name, part in single.groupby("measure", sort=False, observed=True)}


def world(
    counted: Counted, aggregates: Mapping[str, pd.DataFrame], cohorts: Sequence[int], known: Sequence[Years]
) -> World:
    """The world of one block, from the slices of the internal aggregates.

    Parameters
        known: of the counted set and of ever larger ones around it, in which years their counts are known
    """
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
    around = tuple(_counts(part, "denominator", axes) for part in larger)
    programs = _programs(sizes, levels, larger, counted.role, axes)
    is_plain = counted.levels == ("",) and whole[0] == counted.measure
    grouped = _subgroups(rows, counted.role, axes) if is_plain and not larger else []
    seen = np.stack([np.isin(years, [*each.known]) for each in known])
    _fill_unobserved([x.level(0), n, *around], (*programs, *grouped), seen)
    _refuse_impossible(counted, n, x)
    if not counted.has_programs:
        programs = [_with_none(kind, n, x, around) for kind in programs]
    return World(counted, providers, districts, years, n, x, around, (*programs, *grouped), seen)


def _fill_unobserved(sets: Sequence[Counts], kinds: Sequence[Classification], seen: Truths) -> None:
    """Give a set, in cohorts in which it is not known yet, everybody of the next larger one; in place.

    Nothing printed speaks of those people, so any number would do: this one leaves the larger set free to move.

    Parameters
        sets: the counted set and ever larger ones around it
        seen: for each of them, in which cohorts it is known
    """
    chains = [[getattr(part, name) for part in sets] for name in ("provider", "district", "state", "pair")]
    chains += [[kind.x[0], kind.n, *kind.around] for kind in kinds]
    for chain in chains:
        if any(part is None for part in chain):
            continue
        for inner, outer, known in reversed(list(zip(chain, chain[1:], seen, strict=False))):
            inner[..., ~known] = outer[..., ~known]


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
        sums = summed_to(own, -2, kind.provider, whole.shape[-2])
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
