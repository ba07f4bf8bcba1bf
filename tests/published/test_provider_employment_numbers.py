"""Published employment pages: every percentage follows, every snapshot stands by itself, nothing counts twice."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from figures import numbers_in

from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import RawFile

Numbers = Mapping[str, Mapping[str, str]]
ROUNDING = 0.05 + 1e-9


def test_every_percentage_from_2019_on_follows_from_its_counts(employment: pd.DataFrame, numbers: Numbers) -> None:
    rows = employment[employment["report_year"].between(2019, 2021)]
    all_rows, _, fitting, with_rate, *_ = numbers_in(numbers["P1"]["value_obtained"])
    assert len(rows) == int(numbers_in(numbers["P1"]["published"])[0]) == all_rows
    employed = (100 * rows["employed_count"] / rows["completers_count"] - 100 * rows["employed_rate"]).abs()
    assert (employed <= ROUNDING).sum() == all_rows
    rated = rows.dropna(subset=["retained_rate"])
    retained = (100 * rated["retention_cohort_count"] / rated["employed_count"] - 100 * rated["retained_rate"]).abs()
    assert len(rated) == with_rate == fitting
    assert (retained <= ROUNDING).sum() == fitting


def test_the_basis_changes_at_report_year_2019(employment: pd.DataFrame) -> None:
    basis = employment.groupby(employment["report_year"] >= 2019)["retention_basis"].agg(set)
    assert basis.to_dict() == {False: {"denominator"}, True: {"numerator"}}


def test_all_years_is_fewer_people_than_the_sum_of_the_years(employment: pd.DataFrame, numbers: Numbers) -> None:
    rows = employment.query("provider_code == '30000012' and report_year == 2021 and grouping.str.contains('by Year')")
    once = rows.query("group == 'All Years'")["completers_count"].sum()
    stated = numbers_in(numbers["P1"]["remark"])
    assert once in stated and rows.query("group != 'All Years'")["completers_count"].sum() in stated


def test_each_page_counts_once_though_two_files_hold_it(
    employment_files: list[tuple[RawFile, Conformed]], employment: pd.DataFrame
) -> None:
    received = sum(given.received for _, given in employment_files)
    assert sum(given.accepted + given.rejected for _, given in employment_files) == received
    assert not employment.duplicated(["report_year", "provider_code", "grouping", "group"]).any()
    assert len(employment) * 2 == received


def test_no_dash_became_a_zero(employment: pd.DataFrame) -> None:
    hidden = employment[employment["status"].isin(["suppressed", "not_yet_observed"])]
    assert len(hidden) > 0 and hidden["retained_rate"].isna().all()
    young = employment.query("status == 'not_yet_observed' and group != 'All Years'")
    assert (young["group"].str[:4].astype(int) + 2 == young["report_year"]).all()
