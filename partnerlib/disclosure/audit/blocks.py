"""Every set a release counts, once: the blocks that are attacked one by one, and what is said about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from partnerlib.disclosure.audit.statements import COUNTABLE, Statements
from partnerlib.disclosure.audit.worlds import Counted


def blocks(definitions: pd.DataFrame, parts: Mapping[str, pd.DataFrame], samples: Mapping[str, str]) -> list[Counted]:
    """Every set the release counts, once: levels that part a set together, then sizes nobody else counts.

    Of several measures that count the same set, the one observed in most cohorts stands for it.
    """
    sources = _sources(definitions, parts)
    within = {str(row.among): str(row.within) for row in definitions.itertuples()}
    kinds = {str(row.among): _kinds(row) for row in definitions.itertuples()}
    closed = {str(row.among): (row.providers == "equal", row.districts == "equal") for row in definitions.itertuples()}

    def around(name: str) -> tuple[str, ...]:
        """Larger sets whose counts are known for every kind of unit that this one's are."""
        larger = within.get(name, "")
        if not larger or larger not in sources or not set(kinds[name]) <= set(kinds[larger]):
            return ()
        return (larger, *around(larger))

    def block(sets: tuple[str, ...], among: str, measure: str, levels: tuple[str, ...], role: str) -> Counted:
        held = around(among) if among else ()
        return Counted(
            sets, among, measure, levels, role, sources.get(among, ("", "")), held,
            tuple(sources[name] for name in held), kinds[among or sets[0]], closed[among or sets[0]],
            tuple(closed[name] for name in (among or sets[0], *held)),
        )  # fmt: skip

    found: dict[tuple[tuple[str, ...], str], Counted] = {}
    countable = definitions[definitions["statistic"].isin(COUNTABLE) & (definitions["counted"] != "")]
    by_measure = {str(measure): rows for measure, rows in countable.groupby("measure", sort=False)}
    longest = sorted(
        by_measure, key=lambda name: -len(observed_cohorts(parts, name, str(by_measure[name]["level"].iloc[0])))
    )
    for measure, rows in ((name, by_measure[name]) for name in longest):
        together = rows["is_partition"].all() and len(rows) > 1
        for part in [rows] if together else [rows.iloc[[at]] for at in range(len(rows))]:
            sets, among = tuple(part["counted"].astype("str")), str(part["among"].iloc[0])
            whole = "" if sets == (among,) else among
            found.setdefault(
                (sets, whole), block(sets, whole, measure, tuple(part["level"].astype("str")), "numerator")
            )
    counted_alone = {name for sets, _ in found for name in sets}
    for among, (measure, level) in sources.items():
        if among not in counted_alone:
            parent = next(iter(around(among)), "")
            is_answering = bool(parent) and samples.get(sources[parent][0]) == samples.get(measure)
            found[((among,), "")] = replace(
                block((among,), parent, measure, (level,), "denominator"),
                kinds=kinds[among], closed=closed[among], is_answering=is_answering,
            )  # fmt: skip
    return list(found.values())


def _kinds(row: object) -> tuple[str, ...]:
    """Kinds of unit whose counts of a set add up."""
    related = {"providers": "provider", "programs": "program", "districts": "district", "partnerships": "partnership"}
    return (*(kind for name, kind in related.items() if getattr(row, name) != "none"), "state")


def _sources(definitions: pd.DataFrame, parts: Mapping[str, pd.DataFrame]) -> dict[str, tuple[str, str]]:
    """For every set of sizes, the measure and level whose denominators hold it in most cohorts."""
    best: dict[str, tuple[int, tuple[str, str]]] = {}
    for row in definitions.itertuples():
        measure, level = str(row.measure), str(row.level)
        if measure not in parts or row.statistic not in COUNTABLE:
            continue
        seen = len(observed_cohorts(parts, measure, level))
        if seen and seen > best.get(str(row.among), (-1, ("", "")))[0]:
            best[str(row.among)] = (seen, (measure, level))
    return {among: chosen for among, (_, chosen) in best.items() if among}


def observed_cohorts(parts: Mapping[str, pd.DataFrame], measure: str, level: str) -> set[int]:
    """Cohorts in which the state has somebody to ask; none for sizes that are sums of weights."""
    rows = parts.get(measure)
    if rows is None:
        return set()
    state = rows[(rows["unit_kind"] == "state") & (rows["group_value"] == level) & (rows["denominator"] > 0)]
    return set() if (state["denominator"] % 1 > 0).any() else set(state["cohort"].astype(int))


def names_of(counted: Counted) -> list[str]:
    return [name for name in (*counted.sets, counted.among, *counted.around) if name]


def printed_about(counted: Counted, said: Statements) -> pd.DataFrame:
    """Everything printed about the sets of a block."""
    return pd.concat([said.about(name) for name in names_of(counted)], ignore_index=True)


def samples_of(cells: pd.DataFrame) -> dict[str, str]:
    """The sample each measure rests on: a size within the same sample says who answered, not what people did."""
    named = cells.drop_duplicates("measure")
    return dict(zip(named["measure"].astype("str"), named["sample_id"].astype("str"), strict=True))
