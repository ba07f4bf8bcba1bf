"""Which measure stands for a set that several count: the same whatever the order, and the one that holds most of it."""

from __future__ import annotations

import pandas as pd
import pytest

from partnerlib.disclosure.audit.blocks import blocks
from partnerlib.errors import ReleaseRefused

UNITS = {"state": "00000000", "provider": "89000001", "district": "95000000", "partnership": "89000001-95000000"}
RELATION = {"providers": "equal", "programs": "none", "districts": "at most", "cohorts": "none"}
MEASURES = {
    "linked": ("linked", "", ("state", "provider", "district"), (2017, 2018, 2019)),
    "employed": ("linked", "", ("state", "provider", "district", "partnership"), (2017, 2018, 2019)),
    "outcome": ("stayed", "stayed", ("state", "provider"), (2017, 2018)),
    "others": ("left", "left", ("state", "provider"), (2017, 2018)),
    "earlier": ("linked", "", ("state", "provider"), (2016, 2017)),
}
"""The set each counts, its level, and for which kinds of unit and years the aggregates hold it."""


def definitions(*names: str) -> pd.DataFrame:
    rows = []
    for name in names:
        counted, level, kinds, _ = MEASURES[name]
        pairs = "at most" if "partnership" in kinds else "none"
        rows.append(
            RELATION
            | {"measure": "outcomes" if level else name, "level": level, "counted": counted, "among": "completers"}
            | {"partnerships": pairs, "within": "", "statistic": "rate", "is_partition": bool(level)}
        )
    return pd.DataFrame(rows)


def aggregates(*names: str) -> dict[str, pd.DataFrame]:
    found: dict[str, list[pd.DataFrame]] = {}
    for name in names:
        _, level, kinds, cohorts = MEASURES[name]
        units = pd.DataFrame({"unit_kind": kinds, "unit_code": [UNITS[kind] for kind in kinds]})
        rows = units.merge(pd.DataFrame({"cohort": cohorts}), how="cross").assign(
            numerator=12.0, denominator=20.0, group="outcome" if level else "", group_value=level
        )
        found.setdefault("outcomes" if level else name, []).append(rows)
    return {name: pd.concat(rows, ignore_index=True) for name, rows in found.items()}


def test_blocks_are_the_same_whatever_the_order_of_the_definitions() -> None:
    known, names = aggregates("linked", "employed", "outcome", "others"), ("linked", "employed", "outcome", "others")
    first = blocks(definitions(*names), known, samples={})
    assert {block.sets for block in first} == {("linked",), ("left", "stayed"), ("completers",)}
    for seed in range(8):
        assert blocks(definitions(*names).sample(frac=1, random_state=seed), known, samples={}) == first


@pytest.mark.parametrize("names", [("linked", "employed"), ("employed", "linked")])
def test_the_measure_that_counts_pairs_stands_for_the_set(names: tuple[str, str]) -> None:
    block = next(found for found in blocks(definitions(*names), aggregates(*names), {}) if found.sets == ("linked",))
    assert (block.measure, block.among_source) == ("employed", ("employed", ""))
    assert "partnership" in block.kinds


def test_measures_that_each_hold_a_part_of_a_set_are_refused_with_their_names() -> None:
    names = ("linked", "earlier")
    with pytest.raises(ReleaseRefused, match=r"earlier, linked count it in different years.*nothing is published"):
        blocks(definitions(*names), aggregates(*names), {})
