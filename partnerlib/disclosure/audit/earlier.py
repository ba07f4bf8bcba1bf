"""What earlier releases printed about the same people: read by the attacker together with what would be printed now.

Numbers of two releases stand in one system where both are about the same set of people as the data now know it. A
window of 2015 to 2017 beside one of 2016 to 2018, a band beside another band, a cell that is withheld now and was
printed then: each release may be safe by itself, and both together not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.statements import COUNTABLE, PARTS, Ints, bounds_of
from partnerlib.disclosure.cells import HAS_NUMBER, KEY
from partnerlib.disclosure.ledger import Earlier

_CELL = [name for name in KEY if name != "report_year"]


@dataclass(frozen=True)
class Beside:
    """What earlier releases say beside a new one: in one system with it, or only compared with it."""

    cells: pd.DataFrame = field(repr=False)
    """Earlier cells under the set names of the new release, without what is not about the same people now."""
    definitions: pd.DataFrame = field(repr=False)
    """Those of the new release, and the earlier ones of measures that it does not print."""
    joined: tuple[str, ...]
    """Sets whose earlier numbers stand in one system with the new ones."""
    compared: tuple[str, ...]
    """Sets whose earlier numbers the data now contradict: corrected since, or a set that grew."""
    means: pd.DataFrame = field(repr=False)
    """Earlier means that the data still give: their sums stand beside those of the new release."""

    @property
    def says_something(self) -> bool:
        """Whether any number of an earlier release is read beside the new one's."""
        return bool(len(self.cells) or len(self.means))

    @property
    def told(self) -> dict[str, int]:
        """How much was joined, for a manifest or a log."""
        return {"sets joined": len(self.joined), "sets compared": len(self.compared), "cells joined": len(self.cells)}


def beside(
    cells: pd.DataFrame, definitions: pd.DataFrame, aggregates: pd.DataFrame, earlier: Iterable[Earlier]
) -> Beside:
    """The numbers of earlier releases that are about the same people as the new one's.

    Rule
        a set is the same when no earlier number about it, at any unit and of any cohort, is other than what the
        aggregates now give. One that differs anywhere is left out of the system everywhere, with its shares: an
        equation between the people of then and of now would be wrong, and what it proves as well. Cohorts that the
        aggregates do not hold are left out, too

    Parameters
        aggregates: internal counts of the new release; they decide which sets are the same, and give no number
    """
    releases = list(earlier)
    if not releases:
        return Beside(cells.iloc[:0], definitions, (), (), cells.iloc[:0])
    known = _with_earlier(definitions, releases)
    told = pd.concat([_named_as_now(release, known) for release in releases], ignore_index=True)
    told = told[told["status"].isin(HAS_NUMBER)]
    means = _same_means(told[told["statistic"] == "mean"], aggregates)
    told = told[told["statistic"].isin(COUNTABLE)]
    # What a later release repeats word by word is said once.
    said = [*_CELL, "counted", "among", "value_low", "value_high", "n_low", "n_high", "rounding"]
    told = told.drop_duplicates(said).reset_index(drop=True)
    told = _with_truth(told, aggregates)
    told = told[told["is_held"]].reset_index(drop=True)
    against = _contradicted(told)
    named = {*told["counted"], *told["among"]} - {""}
    kept = _without(told, against)
    return Beside(
        cells=kept[list(cells.columns)], definitions=known,
        joined=tuple(sorted(named - against)), compared=tuple(sorted(against)), means=means[list(cells.columns)],
    )  # fmt: skip


def _same_means(told: pd.DataFrame, aggregates: pd.DataFrame) -> pd.DataFrame:
    """Earlier means that are still what the aggregates give; one that was corrected since bounds nobody's sum now."""
    place = ["measure", "unit_kind", "unit_code", "group", "group_value", "cohort", "window_years"]
    asked = aggregates.loc[aggregates["measure"].isin(told["measure"].unique()), [*place, "value", "denominator"]]
    now = told[place].merge(asked, on=place, how="left")
    value, n = (now[name].to_numpy(float, na_value=np.nan) for name in ("value", "denominator"))
    low, high, n_low, n_high = (
        told[name].to_numpy(float, na_value=np.nan) for name in ("value_low", "value_high", "n_low", "n_high")
    )
    slack = 1e-9 * np.maximum(np.abs(value), 1.0)
    return told[(low - slack <= value) & (value <= high + slack) & (n_low <= n) & (n <= n_high)].reset_index(drop=True)


def _with_earlier(definitions: pd.DataFrame, releases: Iterable[Earlier]) -> pd.DataFrame:
    """The definitions, and those of measures that only earlier releases print, the newest first."""
    known = definitions
    for release in reversed(list(releases)):
        older = release.definitions[~release.definitions["measure"].isin(known["measure"])]
        known = pd.concat([known, older[[name for name in known.columns if name in older]]], ignore_index=True)
    return known


def _named_as_now(release: Earlier, definitions: pd.DataFrame) -> pd.DataFrame:
    """Earlier cells with the names that their measure's sets have now.

    Names go by which measures count the same people, which may be others from year to year.
    """
    leveled = definitions.loc[definitions["level"] != "", ["measure", "level"]]
    cells = release.cells
    last = cells["group_value"].str.rpartition(" x ")[2]
    is_level = pd.MultiIndex.from_arrays([cells["measure"], last]).isin(pd.MultiIndex.from_frame(leveled))
    names = definitions.drop_duplicates(["measure", "level"]).set_index(["measure", "level"])[["counted", "among"]]
    at = pd.MultiIndex.from_arrays([cells["measure"], last.where(is_level, "")])
    now = names.reindex(at)
    return cells.assign(
        counted=now["counted"].fillna("").to_numpy().astype(str), among=now["among"].fillna("").to_numpy().astype(str)
    )


def _with_truth(told: pd.DataFrame, aggregates: pd.DataFrame) -> pd.DataFrame:
    """Earlier cells with the counts that the aggregates now give for them, and whether they hold those cohorts.

    Columns
        numerator, denominator: sums over the cohorts of the cell; a unit that nobody is counted in has zero
        is_held: the state has people in every cohort of the cell
    """
    single = aggregates[(aggregates["window_years"] == 1) & aggregates["measure"].isin(told["measure"].unique())]
    place = ["measure", "unit_kind", "unit_code", "group", "group_value", "cohort"]
    state = single[(single["unit_kind"] == "state") & (single["denominator"] > 0)]
    held = pd.MultiIndex.from_frame(state[["measure", "cohort"]].drop_duplicates())
    rows = told.loc[told.index.repeat(told["window_years"]), [*place, "window_years"]]
    rows = rows.assign(cohort=rows["cohort"] - rows.groupby(level=0).cumcount(), cell=rows.index)
    rows["is_held"] = pd.MultiIndex.from_frame(rows[["measure", "cohort"]]).isin(held)
    rows = rows.merge(single[[*place, "numerator", "denominator"]], on=place, how="left")
    summed = rows.fillna({"numerator": 0.0, "denominator": 0.0}).groupby("cell")
    truth = summed[["numerator", "denominator"]].sum().reindex(told.index)
    return told.assign(
        numerator=truth["numerator"], denominator=truth["denominator"],
        is_held=summed["is_held"].all().reindex(told.index).astype(bool),
    )  # fmt: skip


def _contradicted(told: pd.DataFrame) -> set[str]:
    """Sets of which some earlier number is not what the aggregates now give."""
    x, n = _whole(told["numerator"]), _whole(told["denominator"])
    is_sum = (told["denominator"] % 1 > 0).to_numpy()
    low, high = told["n_low"].to_numpy(float, na_value=np.nan), told["n_high"].to_numpy(float, na_value=np.nan)
    against = set(told.loc[is_sum | (n < low) | (n > high), "among"])
    is_count = (told["statistic"] == "count").to_numpy()
    low, high = told["value_low"].to_numpy(float), told["value_high"].to_numpy(float)
    is_other_count = is_count & ((x < low) | (x > high))
    parts_low, parts_high = _whole(told["value_low"] * PARTS), _whole(told["value_high"] * PARTS)
    is_open = told["rounding"].str.startswith("band").to_numpy(bool) & (parts_high < PARTS)
    least, most = bounds_of(parts_low, parts_high, is_open, n)
    is_other_share = ~is_count & ((x < least) | (x > most))
    return (against | set(told.loc[is_other_count | is_other_share, "counted"])) - {""}


def _whole(numbers: pd.Series) -> Ints:
    return np.rint(numbers.fillna(0).to_numpy(dtype=float)).astype(np.int64)


def _without(told: pd.DataFrame, against: set[str]) -> pd.DataFrame:
    """The cells without what they say of some sets."""
    is_size = told["among"].isin(against)
    is_number = told["counted"].isin(against) | (is_size & (told["statistic"] != "count"))
    kept = told.assign(counted=told["counted"].mask(is_number, ""), among=told["among"].mask(is_size, ""))
    return kept[(kept["counted"] != "") | (kept["among"] != "")].reset_index(drop=True)
