"""The dirt of the sample is what its truth says, and the build finds that dirt and nothing else."""

from __future__ import annotations

import json

import pandas as pd
from shipped_sample import RAW, built_sample

TRUTH = json.loads((RAW / "truth" / "truth.json").read_text(encoding="utf-8"))
SPOTS = pd.DataFrame(TRUTH["mess"]["rows"])


def test_the_build_rejects_and_flags_exactly_the_rows_that_were_spoilt() -> None:
    rejects = pd.read_parquet(built_sample() / "rejects.parquet")
    found = set(zip(rejects["source_file"], rejects["row"], rejects["action"], strict=True))
    planted = SPOTS[SPOTS["action"] != "accepted"]
    assert found == set(zip(planted["file"], planted["row"], planted["action"], strict=True))


def test_a_student_without_a_school_is_kept() -> None:
    spot = SPOTS[SPOTS["action"] == "accepted"].iloc[0]
    raw = pd.read_csv(RAW / spot["file"], dtype=str, keep_default_na=False)
    sasid = raw.loc[spot["row"] - 2, "DOE002"]
    students = pd.read_parquet(built_sample() / "students.parquet", columns=["sasid", "school_year", "school_code"])
    kept = students[(students["sasid"] == sasid) & (students["school_year"] == 2018)]
    assert len(kept) == 1 and kept["school_code"].isna().all()


def test_mepids_are_missing_and_mistyped_as_often_as_planned() -> None:
    links = pd.read_csv(RAW / "truth" / "truth_links.csv", dtype=str, keep_default_na=False)
    missing = (links["reported_mepid"] == "").mean()
    wrong = ((links["reported_mepid"] != "") & (links["reported_mepid"] != links["true_mepid"])).sum()
    assert 0.02 <= missing <= 0.05
    assert 1 <= wrong <= 12


def test_some_places_are_found_only_through_reviewed_spellings() -> None:
    placements = pd.read_parquet(built_sample() / "placements.parquet", columns=["place_match"])
    shares = placements["place_match"].value_counts(normalize=True)
    assert set(shares.index) == {"exact", "normalized", "alias"}
    assert shares["exact"] > 0.4


def test_the_special_units_are_there() -> None:
    special = TRUTH["special"]
    placements = pd.read_parquet(built_sample() / "placements.parquet")
    completions = pd.read_parquet(built_sample() / "completions.parquet")
    yearly = completions[completions["provider_code"] == special["tiny_provider"]].groupby("completion_year").size()
    assert yearly.max() <= 3
    assert special["provider_without_placements"] not in set(placements["provider_code"])
    assert special["provider_without_placements"] in set(completions["provider_code"])
    assert not set(special["district_that_hosts_nobody"]) & set(placements["placement_district_code"])
    shared = special["provider_sharing_a_district_code"]
    assert {shared} <= set(placements["provider_code"]) & set(placements["placement_district_code"])
    organizations = pd.read_parquet(built_sample() / "organizations.parquet")
    named = organizations[organizations["role"] == "school"].groupby("organization_code")["organization_name"].nunique()
    assert all(named[code] == 2 for code in special["renamed_schools"])
    for code, year in special["closed_schools"].items():
        rows = organizations[(organizations["organization_code"] == code) & (organizations["role"] == "school")]
        assert not rows.loc[rows["school_year"] >= year, "is_open"].any()
        assert rows.loc[rows["school_year"] < year, "is_open"].all()
