"""The account of what the data cover: files, years, links and refusals of the shipped sample."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from shipped_sample import RAW, built_sample

from partnerlib import coverage


def test_accepted_and_rejected_rows_are_the_rows_received_for_every_source() -> None:
    files = coverage.files_received(built_sample())
    assert (files["accepted"] + files["rejected"]).equals(files["received"])
    assert {"cap", "completers", "staff_roster", "sims"} <= set(files["source"])


def test_years_without_a_file_are_zero_and_every_row_of_a_table_is_counted() -> None:
    rows = coverage.rows_by_year(built_sample())
    students = pd.read_parquet(built_sample() / "students.parquet", columns=["school_year"])
    assert rows.loc["students"].sum() == len(students)
    assert rows.loc["students", "2011-12"] == 0


def test_shares_of_links_add_to_one_in_every_year() -> None:
    shares = coverage.link_shares(built_sample())
    assert shares.groupby("label")["value"].sum().to_numpy() == pytest.approx(1.0)
    rates = coverage.link_rates(built_sample(), by=("provider_code", "completion_year"))
    assert (rates[["mepid", "probabilistic", "unmatched"]].sum(axis=1) == rates["candidates"]).all()


def test_links_are_held_against_the_truth_by_provider_and_year_where_it_is_known(tmp_path: Path) -> None:
    told = coverage.links_against_truth(RAW, built_sample())
    precision, recall = (float(number) for number in re.findall(r"(?:precision|recall) ([\d.]+)", told)[:2])
    assert precision >= 0.995
    assert recall >= 0.97
    assert "89000001" in told
    assert "not known" in coverage.links_against_truth(tmp_path, built_sample())


def test_every_refusal_is_counted_once_with_what_would_mend_it() -> None:
    refused = coverage.refused(built_sample())
    rejects = pd.read_parquet(built_sample() / "rejects.parquet")
    assert refused["rows"].sum() == len(rejects)
    assert refused["expected"].str.len().gt(0).all()
