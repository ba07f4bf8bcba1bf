"""What the study of disclosure shows is what the arithmetic says: subtraction, rounding, and readers who know more."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from invented_cells import YEAR, Audit, written

from partnerlib.disclosure.demonstration import (
    attacked,
    by_cohort,
    crossing,
    levels_found,
    levels_found_linearly,
    linear_only,
    merged,
    open_values,
    printed,
    summary,
    table_of,
)
from partnerlib.disclosure.policy import read_policy
from partnerlib.disclosure.protection.complementary import cheapest
from partnerlib.studies import certificate

LONE = pd.DataFrame([[40, 12, 30], [25, 4, 15]], ["89000001", "89000002"], ["97010000", "97020000", "97030000"])
SMALL = pd.DataFrame([[40, 3, 2], [25, 4, 5], [12, 30, 14]], ["89000001", "89000002", "89000003"], LONE.columns)


def test_a_lone_small_count_is_recovered_by_subtraction_and_hidden_after_protection() -> None:
    table = table_of(LONE)
    public = attacked(table, table.primary)[0]
    assert (public.withheld, public.exact, public.values) == (1, 1, (1,))
    protected = attacked(table, cheapest(table).hidden)
    assert all(attack.exact == attack.few == 0 for attack in protected)
    assert protected[0].values[0] >= 3


def test_possible_values_are_those_of_brute_force() -> None:
    table = table_of(SMALL)
    values = {cell: set() for cell in np.flatnonzero(table.primary)}
    cells = np.flatnonzero(table.primary)
    for guess in product(range(1, 10), repeat=len(cells)):
        counts = table.counts.copy()
        counts[cells] = guess
        if not (table.sums @ counts).any():
            for cell, value in zip(cells, guess, strict=True):
                values[cell].add(value)
    assert attacked(table, table.primary, is_noted=True)[0].values == tuple(len(values[cell]) for cell in cells)


def test_an_insider_finds_what_the_public_does_not() -> None:
    table = table_of(SMALL)
    public, provider, district = attacked(table, table.primary)
    assert public.exact == 0
    assert provider.exact > 0 and district.exact > 0
    assert provider.withheld == 2 * 2 + 4, "each provider asks for the withheld counts of the others"


def test_whole_percents_beside_n_give_a_count_that_linear_programming_does_not_find() -> None:
    levels = pd.DataFrame([[7, 3, 1], [20, 9, 2]], ["a", "b"], ["stayed", "moved", "left"])
    assert levels_found(levels).tolist() == [1, 1]
    assert not levels_found_linearly(levels).any()
    bands = read_policy("standard").percents.bands
    assert (levels_found(levels, bands, is_size_exact=False) >= 3).all()


def test_linear_programming_finds_what_plain_subtraction_gives() -> None:
    assert linear_only(table_of(LONE), table_of(LONE).primary) == 1
    assert linear_only(table_of(LONE), cheapest(table_of(LONE)).hidden) == 0


def test_small_rows_and_columns_are_merged_and_everybody_stays() -> None:
    wide = SMALL.assign(**{"97040000": [1, 0, 2]})
    together = merged(wide, 25)
    assert together["others"].tolist() == [3, 5, 16]
    assert together.to_numpy().sum() == wide.to_numpy().sum()
    assert merged(SMALL, 1).equals(SMALL)


def test_one_small_column_is_merged_with_the_next_smallest() -> None:
    assert merged(SMALL, 25).columns.tolist() == ["97010000", "others"]


@pytest.fixture(scope="module")
def estimates() -> pd.DataFrame:
    rows = [
        {"unit_kind": "partnership", "unit_code": f"8900000{p}-9701000{d}", "cohort": 2018, "window_years": 3,
         "numerator": float(10 * p + d)}
        for p in (1, 2) for d in (0, 1)
    ] + [
        {"unit_kind": "provider", "unit_code": f"8900000{p}", "cohort": 2016 + c, "window_years": 1,
         "numerator": float(p + c)}
        for p in (1, 2) for c in range(3)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(measure="placed", group="", group_value="")


def test_tables_are_taken_from_the_estimates(estimates: pd.DataFrame) -> None:
    counts = crossing(estimates, "placed", 2018)
    assert counts.to_numpy().tolist() == [[10, 11], [20, 21]]
    assert by_cohort(estimates, "placed", 2018).to_numpy().tolist() == [[1, 2, 3], [2, 3, 4]]


def test_what_is_printed_has_one_mark_and_no_hidden_number() -> None:
    table = table_of(LONE)
    lines = printed(LONE, table, cheapest(table).hidden).splitlines()
    assert lines[0].split() == ["9701", "9702", "9703", "all"]
    shown = {word for line in lines[1:] for word in line.split()[1:]}
    hidden = {str(count) for count in table.counts[cheapest(table).hidden]}
    assert "·" in shown and "4" not in shown and not hidden & (shown - {"·"}) - set(map(str, LONE.to_numpy().ravel()))


def test_the_summary_has_a_line_for_each_version_and_reader_and_shares_add_to_one() -> None:
    table = table_of(SMALL)
    attacks = {"before": attacked(table, table.primary), "after": attacked(table, cheapest(table).hidden)}
    lines = summary(attacks)
    assert len(lines) == 6 and lines[lines["version"] == "after"]["exact"].sum() == 0
    assert open_values(attacks).groupby("label")["value"].sum().round(9).eq(1).all()


def test_the_account_of_a_sealed_release_names_every_attacker_and_the_cost(tmp_path: Path) -> None:
    study: Any = SimpleNamespace(processed=tmp_path, report_year=YEAR)
    assert "`partnerlib release` makes one" in certificate(study)
    written(tmp_path, audit=Audit(summary={"public": {"asked": 40, "exposed": 0}, "pair": {"asked": 40, "exposed": 2}}))
    told = certificate(study).splitlines()
    assert told[0].startswith("Policy standard")
    assert [line.split() for line in told[2:4]] == [["public", "40", "0"], ["pair", "40", "2"]]
