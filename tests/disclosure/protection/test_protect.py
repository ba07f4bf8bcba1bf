"""What comes out of protection: few cells, wide enough numbers, one mark, and nothing to subtract."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from invented_estimates import LAST, LEVELS, RELATIONS, estimates, people

from partnerlib.disclosure.cells import KEY, VALUE_COLUMNS, checked
from partnerlib.disclosure.policy import read_policy
from partnerlib.disclosure.protection import Protected, protect, withhold
from partnerlib.errors import ParameterError, ReleaseRefused

STANDARD = read_policy("standard")
DESE = read_policy("dese_published")


@cache
def invented(seed: int, size: int = 400) -> pd.DataFrame:
    return estimates(people(seed, size))


@cache
def protected(seed: int, size: int = 400) -> Protected:
    return protect(invented(seed, size), STANDARD, RELATIONS, is_synthetic=True)


def published(result: Protected) -> pd.DataFrame:
    return result.cells[result.cells["value"].notna()]


def with_truth(result: Protected, table: pd.DataFrame) -> pd.DataFrame:
    truth = table[[*KEY, "numerator", "denominator", "value"]].rename(columns={"value": "true"})
    return published(result).merge(truth, on=list(KEY), how="left", validate="one_to_one")


SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_printed_is_true_of_the_estimates(seed: int) -> None:
    cells = with_truth(protected(seed), invented(seed))
    assert (cells["value_low"] - 1e-9 <= cells["true"]).all() and (cells["true"] <= cells["value_high"] + 1e-9).all()
    assert (cells["n_low"] <= cells["denominator"]).all() and (cells["denominator"] <= cells["n_high"]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_number_rests_on_fewer_than_ten_people(seed: int) -> None:
    cells = with_truth(protected(seed), invented(seed))
    assert (cells.loc[cells["status"] != "zero", "denominator"] >= 10).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_band_leaves_three_counts_for_every_n_that_fits(seed: int) -> None:
    bands = published(protected(seed))
    bands = bands[bands["rounding"].str.startswith("band")]
    assert len(bands)
    for low, high, least, most in set(
        zip(bands["value_low"], bands["value_high"], bands["n_low"], bands["n_high"], strict=True)
    ):
        for n in range(int(least), int(most) + 1):
            first, last = -(-round(100 * low) * n // 100), n if high == 1 else -(-round(100 * high) * n // 100) - 1
            assert last - first + 1 >= 3


def test_a_withheld_cell_tells_nothing_and_looks_like_every_other() -> None:
    cells = protected(1).cells
    withheld = cells[cells["withheld"]]
    assert len(withheld)
    assert withheld[list(VALUE_COLUMNS)].isna().all(axis=None)
    assert withheld[["status", "note", "rounding", "n_rounding"]].drop_duplicates().to_numpy().tolist() == [
        ["suppressed", "", "", ""]
    ]


def test_the_public_frame_holds_no_exact_count_but_those_of_everybody() -> None:
    for seed in SEEDS:
        exact = published(protected(seed)).query("rounding == 'exact'")
        assert set(exact["measure"]) <= {"everybody", "hired"}
        assert (exact.loc[exact["measure"] == "hired", "value"] == 0).all()
        assert set(exact["unit_kind"]) <= {"state", "provider", "district"}


def test_a_state_prints_every_cohort_and_the_last_window() -> None:
    cells = protected(1).cells
    own = cells[(cells["unit_kind"] == "state") & (cells["measure"] == "everybody")]
    assert own.loc[own["window_years"] == 1, "cohort"].tolist() == list(range(LAST - 5, LAST + 1))
    assert own.loc[own["window_years"] == 3, "cohort"].tolist() == [LAST]


def test_a_measure_with_a_horizon_ends_with_the_cohort_last_observed() -> None:
    cells = protected(1).cells
    own = cells[(cells["measure"] == "employed") & (cells["group"] == "")]
    assert own.loc[own["unit_kind"] == "provider", "cohort"].unique().tolist() == [LAST - 2, LAST - 1]
    assert own.loc[own["window_years"] == 3, "cohort"].unique().tolist() == [LAST - 1]


def test_small_units_have_a_window_only_and_an_entry_only_with_a_published_cell() -> None:
    cells = protected(2).cells
    small = cells[cells["unit_kind"].isin(["program", "partnership"])]
    assert set(small["window_years"]) == {3}
    assert small.groupby("unit_code")["value"].count().min() >= 1
    every = invented(2)
    assert (
        small["unit_code"].nunique()
        < every.loc[every["unit_kind"].isin(["program", "partnership"]), "unit_code"].nunique()
    )


def test_subgroups_are_the_states_alone() -> None:
    own = protected(1).cells.query("group == 'path'")
    assert set(own["unit_kind"]) == {"state"} and set(own["group_value"]) == {"yes", "no"}
    assert sorted(zip(own["window_years"], own["cohort"], strict=True)) == [(1, LAST - 1)] * 2 + [(3, LAST - 1)] * 2


def test_a_listed_unit_has_a_row_for_every_measure_of_its_kind_whether_somebody_is_in_it_or_not() -> None:
    for seed in SEEDS:
        cells = protected(seed).cells
        for kind in ("program", "partnership"):
            rows = cells[cells["unit_kind"] == kind].groupby("unit_code").size()
            assert rows.nunique() <= 1


def test_nobody_of_somebody_looks_withheld_and_nobody_of_nobody_is_said() -> None:
    rows = people(3, size=1_000)
    crowded, other = rows["provider"].value_counts().index[:2]
    rows.loc[rows["provider"] == crowded, "employed"] = False
    rows.loc[rows["provider"] == crowded, "level"] = None
    rows = rows[~((rows["provider"] == other) & (rows["cohort"] >= LAST - 3))]
    cells = protect(estimates(rows), STANDARD, RELATIONS, is_synthetic=True).cells
    plain = cells[(cells["unit_kind"] == "provider") & (cells["group"] != "path")]
    # Everybody is there, nobody was hired: what became of those hired would say so of everybody.
    outcome = plain[(plain["unit_code"] == crowded) & plain["measure"].isin(["outcome", "hired"])]
    assert set(outcome["status"]) == {"suppressed"}
    # Nobody is there: that is said.
    empty = plain[(plain["unit_code"] == other) & (plain["window_years"] == 1)].set_index("measure")["status"]
    assert set(empty[["employed", "miles", "outcome"]]) == {"not_applicable"}
    assert set(empty[["everybody", "hired"]]) == {"zero"}


def test_the_order_of_cells_is_that_of_their_keys() -> None:
    cells = protected(1).cells
    for _, own in cells.groupby("measure", sort=False):
        keys = own[[name for name in KEY if name != "measure"]].drop(columns="report_year")
        order = ["unit_kind", "unit_code", "cohort", "window_years", "group", "group_value"]
        assert keys[order].equals(keys[order].sort_values(order))


def test_sets_that_count_the_same_people_share_a_name() -> None:
    sets = protected(1).definitions.set_index(["measure", "level"])
    assert (
        sets.loc[("employed", ""), "counted"]
        == sets.loc[("hired", ""), "counted"]
        == sets.loc[("outcome", "left"), "among"]
        == "hired"
    )
    assert sets.loc[("employed", ""), "among"] == sets.loc[("miles", ""), "among"] == "everybody"
    assert sets.loc[("hired", ""), "within"] == "everybody"


def test_relations_are_stated_as_they_hold() -> None:
    sets = protected(1).definitions.set_index(["measure", "level"])
    assert sets.loc[[("outcome", level) for level in LEVELS], "is_partition"].all()
    assert not sets.loc[("employed", ""), "is_partition"]
    everybody = sets.loc[("everybody", "")]
    assert everybody[["providers", "programs", "cohorts"]].tolist() == ["equal"] * 3
    # Some have no district.
    assert everybody[["districts", "partnerships"]].tolist() == ["at most"] * 2


def open_values(total: tuple[int, int], known: list[tuple[int, int]], hidden: tuple[int, int]) -> int:
    """Whole numbers left to one hidden part, given the total and what is printed of the others."""
    low, high = sum(part[0] for part in known), sum(part[1] for part in known)
    return min(hidden[1], total[1] - low) - max(hidden[0], total[0] - high) + 1


@pytest.mark.parametrize("seed", range(20))
def test_no_small_count_is_told_by_the_state_minus_the_other_providers(seed: int) -> None:
    """Our own subtraction, written anew: the exact counts of everybody, by cohort and window."""
    result = protected(seed, 150)
    cells = result.cells[result.cells["measure"] == "everybody"]
    for time, own in cells.groupby(["cohort", "window_years"]):
        state, parts = own[own["unit_kind"] == "state"], own[own["unit_kind"] == "provider"]
        if parts.empty or state["value"].isna().any():
            continue
        total = int(state["value_low"].iat[0]), int(state["value_high"].iat[0])
        printed = [
            (1, 9) if gone else (int(low), int(high))
            for gone, low, high in zip(
                parts["withheld"], parts["n_low"].fillna(0), parts["n_high"].fillna(0), strict=True
            )
        ]
        for place in np.flatnonzero(parts["withheld"]):
            others = printed[:place] + printed[place + 1 :]
            assert open_values(total, others, (1, 9)) >= 3, (time, printed)


@pytest.mark.parametrize("seed", range(20))
def test_no_small_cohort_is_told_by_a_window_minus_its_years(seed: int) -> None:
    result = protected(seed, 150)
    exact = published(result).query("measure == 'everybody' and rounding == 'exact'")
    for _unit, own in exact.groupby(["unit_kind", "unit_code"]):
        window = own[own["window_years"] == 3]
        years = own[(own["window_years"] == 1) & (own["cohort"] > LAST - 3)]
        if len(window):
            rest = window["value"].iat[0] - years["value"].sum()
            assert rest == 0 or rest >= 10


@pytest.mark.parametrize("seed", range(20))
def test_no_provider_can_subtract_its_own_from_an_exact_count_of_a_district(seed: int) -> None:
    table = invented(seed, 150)
    exact = published(protected(seed, 150)).query("measure == 'everybody' and rounding == 'exact'")
    pairs = table[(table["unit_kind"] == "partnership") & (table["measure"] == "everybody")]
    pairs = pairs.assign(provider=pairs["unit_code"].str[:8], district=pairs["unit_code"].str[9:])
    for kind in ("provider", "district"):
        own = exact[exact["unit_kind"] == kind]
        joined = own.merge(
            pairs[[kind, "cohort", "window_years", "denominator"]],
            left_on=["unit_code", "cohort", "window_years"],
            right_on=[kind, "cohort", "window_years"],
        )
        rest = joined["value"] - joined["denominator"]
        assert not rest.between(1, 9).any()


def test_partners_lose_their_last_digit_and_hardly_ever_more() -> None:
    withheld = exact = near = 0
    for seed in range(20):
        result = protected(seed, 150)
        withheld += int(result.reasons["reason"].str.contains("worked out").sum())
        counts = published(result).query("measure == 'everybody' and unit_kind in ['state', 'provider', 'district']")
        exact += int((counts["rounding"] == "exact").sum())
        near += int((counts["rounding"] == "nearest 5").sum())
    assert exact > 0 and near > 0
    assert withheld < 0.02 * (exact + near)


def test_reasons_name_every_withheld_cell_and_no_other() -> None:
    result = protected(1)
    withheld = result.cells[result.cells["withheld"]]
    assert sorted(map(tuple, result.reasons[list(KEY)].to_numpy())) == sorted(
        map(tuple, withheld[list(KEY)].to_numpy())
    )
    assert (result.reasons["reason"] != "").all()


def test_the_loss_is_told_by_kind_of_unit() -> None:
    told = protected(1).loss
    assert told.share("state")[0] == 0
    assert 0 < told.share("provider")[1] < told.share("provider")[0] < 1
    assert told.share("partnership")[0] > told.share("provider")[0] * 0.5
    assert "partnership" in str(told) and "%" in str(told)


def test_a_published_cell_named_by_an_audit_tells_less() -> None:
    result = protected(1)
    rates = published(result).query("measure == 'employed' and unit_kind == 'provider' and rounding == 'band 10'")
    named = rates[list(KEY)].head(1)
    after = withhold(result, named).cells.merge(named, on=list(KEY))
    assert after["rounding"].tolist() == ["band 20"]


def test_told_often_enough_a_cell_is_withheld_with_all_levels_beside_it() -> None:
    result = protected(1)
    named = (
        published(result)
        .query("measure == 'outcome' and unit_kind == 'provider' and window_years == 3")[list(KEY)]
        .head(1)
    )
    for _ in range(5):
        result = withhold(result, named)
    place = result.cells.merge(named.drop(columns="group_value"), on=[name for name in KEY if name != "group_value"])
    assert len(place) == len(LEVELS) and place["withheld"].all()
    checked(result.cells)


def of_set(name: str) -> pd.DataFrame:
    """A hidden provider's count of a set, as an audit names what it found."""
    cells = protected(1).cells
    hidden = cells[cells["withheld"] & (cells["measure"] == name) & (cells["unit_kind"] == "provider")]
    place = hidden[["measure", "unit_kind", "unit_code", "cohort", "window_years"]].head(1)
    return place.assign(set=str(hidden["counted"].iat[0]), kind="")


def test_several_steps_at_once_tell_less_than_one_and_leave_the_state() -> None:
    named = of_set("employed")
    one, many = (withhold(protected(1), named.assign(steps=steps)) for steps in (1, 12))
    silent = withhold(protected(1), named.assign(steps=12, is_nothing_told=True))
    wide = {"band 50": 5, "band 20": 4, "band 10": 3, "band 5": 2, "band 1": 1}
    width = [published(result)["rounding"].map(wide).fillna(0).sum() for result in (one, many)]
    one_told, many_told, silent_told = (len(published(result)) for result in (one, many, silent))
    assert silent_told < one_told and (many_told < one_told or width[1] > width[0])
    for result in (many, silent):
        assert not result.cells.loc[result.cells["unit_kind"] == "state", "withheld"].any()
        checked(result.cells)


def test_what_prints_the_same_share_of_the_same_people_is_withheld_with_it() -> None:
    """Another measure counts a level's people: withheld for another level's sake, the share is withheld there, too."""
    result = protected(1)
    levels = published(result).query("measure == 'outcome' and unit_kind == 'provider' and window_years == 3")
    level, other = levels.iloc[:1], levels.iloc[1:2]
    assert level["unit_code"].iat[0] == other["unit_code"].iat[0] and level["cohort"].iat[0] == other["cohort"].iat[0]
    is_here = (result.internal["measure"] == "employed") & (result.internal["counted"] != "")
    of = {name: str(level[name].iat[0]) for name in ("counted", "among")}
    as_level = result.internal.loc[is_here].assign(**of)
    internal = pd.concat([result.internal[~is_here], as_level], ignore_index=True)
    twice = replace(result, internal=internal)
    key = [name for name in KEY if name not in ("measure", "group", "group_value")]
    after = twice
    for _ in range(5):
        after = withhold(after, other[list(KEY)])
    here = after.internal.merge(level[key], on=key)
    same = here[(here["counted"] == level["counted"].iat[0]) & (here["by"] == "")]
    assert set(same["measure"]) == {"outcome", "employed"} and (same["why"] != "").all()


def test_a_hidden_cell_named_by_an_audit_makes_a_partner_tell_less() -> None:
    result = protected(1)
    hidden = result.cells[
        result.cells["withheld"]
        & (result.cells["measure"] == "employed")
        & (result.cells["unit_kind"] == "provider")
        & (result.cells["group"] == "")
    ]
    after = withhold(result, hidden[list(KEY)].head(1))
    before, now = (frame.set_index(list(KEY))["rounding"] for frame in (result.cells, after.cells))
    changed = before[now.reindex(before.index) != before]
    assert len(changed) >= 1
    assert not (now.reindex(before.index) == "exact").loc[changed.index].any()


def test_withholding_all_that_is_left_ends_in_a_refusal_and_not_in_a_loop() -> None:
    result = protected(1, 150)
    state = result.cells[(result.cells["unit_kind"] == "state") & (result.cells["measure"] == "miles")][list(KEY)]
    with pytest.raises(ReleaseRefused, match="nothing beside them left"):
        for _ in range(12):
            result = withhold(result, state)


def test_a_cell_that_is_none_of_the_release_cannot_be_withheld() -> None:
    strange = protected(1).cells[list(KEY)].head(1).assign(measure="strange")
    with pytest.raises(ReleaseRefused, match="none of this release"):
        withhold(protected(1), strange)


def test_protection_changes_nothing_in_the_estimates_given() -> None:
    table = invented(1).copy(deep=True)
    protect(table, STANDARD, RELATIONS, is_synthetic=True)
    pd.testing.assert_frame_equal(table, invented(1))


def test_an_unknown_measure_or_a_missing_column_is_refused() -> None:
    with pytest.raises(ReleaseRefused, match="nothing is known of measure strange"):
        protect(invented(1).assign(measure="strange"), STANDARD, RELATIONS, is_synthetic=True)
    with pytest.raises(ReleaseRefused, match="no column people"):
        protect(invented(1).drop(columns="people"), STANDARD, RELATIONS, is_synthetic=True)


def test_an_owner_sees_its_own_cells_plain_and_the_others_as_everybody_does() -> None:
    owner = protect(invented(1), read_policy("owner"), RELATIONS, is_synthetic=True, owner=("provider", "89000001"))
    is_own = owner.cells["unit_code"].str.startswith("89000001")
    plain = owner.cells[is_own & owner.cells["value"].notna()]
    assert set(plain["rounding"]) == {"exact", "nearest 0.0001"}
    assert (plain["value_high"] - plain["value_low"]).max() <= 0.0001 + 1e-9
    assert (plain.loc[plain["rounding"] != "exact", "statistic"].isin(["rate", "share"])).all()
    assert not owner.cells.loc[is_own, "withheld"].any()
    keys = list(KEY)
    others = owner.cells[~is_own & ~owner.cells["unit_kind"].isin(["program", "partnership"])].set_index(keys)
    same = protected(1).cells.set_index(keys).loc[others.index]
    assert (others["rounding"] == same["rounding"]).all()


def test_own_cells_are_plain_under_the_owner_policy_only_and_for_a_unit_that_exists() -> None:
    with pytest.raises(ParameterError, match="needs policy owner"):
        protect(invented(1), STANDARD, RELATIONS, is_synthetic=True, owner=("provider", "89000001"))
    with pytest.raises(ParameterError, match="no such provider"):
        protect(invented(1), read_policy("owner"), RELATIONS, is_synthetic=True, owner=("provider", "89009999"))


def test_what_the_department_prints_is_exact_n_and_whole_percents_from_six_people_on() -> None:
    cells = with_truth(protect(invented(1), DESE, RELATIONS, is_synthetic=True), invented(1))
    assert (cells["n"] == cells["denominator"]).all()
    rates = cells[cells["statistic"] == "rate"]
    assert (
        rates["value"] == ((200 * rates["numerator"] + rates["denominator"]) // (2 * rates["denominator"])) / 100
    ).all()
    assert cells.loc[cells["value"] != 0, "denominator"].min() >= 6
    assert (cells["denominator"].between(6, 9)).any()


def test_one_synthetic_mark_for_every_cell() -> None:
    assert protected(1).cells["is_synthetic"].all()
    assert not protect(invented(1), STANDARD, RELATIONS, is_synthetic=False).cells["is_synthetic"].any()


@pytest.mark.parametrize("years", ["that overlap", "with none in common"])
def test_the_states_other_windows_tell_less_when_nothing_nearer_is_left(years: str) -> None:
    """A number of other years gives a hidden one away by differences of windows, or beside earlier releases."""
    result, named = protected(1), of_set("employed")
    internal, cohort = result.internal, int(named["cohort"].iat[0])
    is_set = internal[["counted", "among"]].eq(named["set"].iat[0]).any(axis=1).to_numpy(bool)
    begins = internal["cohort"] - internal["window_years"]
    is_other = (internal["cohort"] > cohort) & ((begins < cohort) if years == "that overlap" else (begins >= cohort))
    left = is_set & (is_other & (internal["unit_kind"] == "state") & (internal["by"] == "")).to_numpy(bool)
    alone = replace(result, internal=internal.assign(why=internal["why"].mask(is_set & ~left, "partner")))
    after = withhold(alone, named).internal
    tells_less = (after["coarser"] > alone.internal["coarser"]) | (after["why"] != alone.internal["why"])
    changed = alone.internal[tells_less]
    assert changed["unit_kind"].eq("state").all() and is_other[tells_less].all()
    assert len(changed[["cohort", "window_years"]].drop_duplicates()) == 1
