"""A tie starts with a first practicum after quiet years; what it brought is found where it is large, and else not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.new_ties import NewTies, new_ties, tie_cells


def candidate(provider: str, year: int, host: str | None, job: str | None) -> dict[str, object]:
    return {
        "provider_code": provider, "completion_year": year, "placement_year": year if host else pd.NA,
        "placement_district_code": host, "first_job_district_code": job,
        "employed_first_october": pd.NA if job is None else True,
    }  # fmt: skip


CANDIDATES = pd.DataFrame(
    [
        candidate("89000001", 2012, "95000000", "95000000"), candidate("89000001", 2013, "95000000", None),
        candidate("89000001", 2014, "95010000", "95010000"), candidate("89000001", 2014, "95010000", "95010000"),
        candidate("89000001", 2015, None, "95020000"), candidate("89000001", 2015, "95010000", "95000000"),
        # A provider without completers in every year is left out; its host stays on the list of districts.
        candidate("89000002", 2013, "95030000", "95030000"),
    ]
).astype({"placement_year": "Int64", "employed_first_october": "boolean"})  # fmt: skip


def test_cells_count_hires_of_every_pair_and_year() -> None:
    cells = tie_cells(CANDIDATES, last_year=2015)
    assert set(cells["pair"]) == {"89000001-95010000", "89000001-95020000", "89000001-95030000"}
    new = cells[cells["pair"] == "89000001-95010000"].set_index("completion_year")
    assert new["hires"].to_dict() == {2012: 0, 2013: 0, 2014: 2, 2015: 0}
    assert set(new["tie_year"]) == {2014}
    assert new["completers"].to_dict() == {2012: 1, 2013: 1, 2014: 2, 2015: 2}


def test_a_tie_that_may_have_begun_before_the_data_is_left_out() -> None:
    assert "89000001-95000000" not in set(tie_cells(CANDIDATES, 2015)["pair"])
    assert "89000001-95000000" in set(tie_cells(CANDIDATES, 2015, quiet_years=0)["pair"])


def test_completers_whose_first_october_is_not_known_are_no_hires() -> None:
    assert tie_cells(CANDIDATES, last_year=2014)["completion_year"].max() == 2014


def test_without_a_practicum_there_is_no_tie() -> None:
    with pytest.raises(DataError, match="no practicum"):
        tie_cells(CANDIDATES.assign(placement_district_code=None), 2015)


def pairs(seed: int, effect: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    years = np.arange(2012, 2019)
    first = np.repeat(np.append(np.repeat([2014.0, 2015.0, 2016.0], 6), [np.nan] * 30), len(years))
    year = np.tile(years, 48)
    frame = pd.DataFrame(
        {
            "provider_code": np.repeat(np.arange(48) // 6, len(years)).astype(str),
            "district_code": np.repeat(np.arange(48) % 6, len(years)).astype(str),
            "completion_year": year,
            "tie_year": first,
            "completers": 40,
            "hires": rng.poisson(1.0 + effect * (year >= first)).astype(float),
        }
    )
    return frame.assign(pair=frame["provider_code"] + "-" + frame["district_code"])


@pytest.fixture(scope="module")
def found() -> NewTies:
    return new_ties(pairs(1, 2.0), sample_id="invented-0a", rng=np.random.default_rng(1))


def test_two_hires_a_year_are_found_and_were_to_be_found(found: NewTies) -> None:
    assert found.detectable.effect < 2.0
    for fit in found.ladder[1:]:
        assert fit["effect"]["low"] < 2.0 < fit["effect"]["high"]
        assert fit["effect"]["low"] > 0
    assert "can be told from nothing" in found.sentence
    assert found.chance.p_value < 0.01


def test_the_answer_begins_with_what_could_have_been_found(found: NewTies) -> None:
    assert found.detectable.sentence.startswith("Before looking: with 18 treated and 30 other units")


def test_people_are_completers_not_cells(found: NewTies) -> None:
    assert found.panel.people == 8 * 7 * 40


def test_a_tie_that_brought_nothing_is_not_told_from_nothing() -> None:
    quiet = new_ties(pairs(3, 0.0), sample_id="invented-0a", rng=np.random.default_rng(1))
    assert "cannot be told from nothing" in quiet.sentence
    assert any("begin the tie" in sentence for sentence in quiet.ladder[1].wrong_if)
