"""The main job runs what is missing or stale, and only that."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from shipped_sample import prepared_sample

from partnerlib import pipeline
from partnerlib.errors import ParameterError


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Prepared:
    return prepared_sample(tmp_path_factory.mktemp("pipeline"))


def test_tables_that_are_up_to_date_are_not_made_again(prepared: pipeline.Prepared) -> None:
    sample, said = prepared.project, []
    before = (sample.processed / "links.parquet").stat().st_mtime_ns
    again = pipeline.prepare(sample, progress=said.append)
    assert said == []
    assert again.key == prepared.key
    assert (sample.processed / "links.parquet").stat().st_mtime_ns == before


def test_a_byte_of_a_result_that_was_flipped_is_seen_and_told(tmp_path: Path) -> None:
    result, told, chance = tmp_path / "2019.parquet", [], random.Random(3)
    whole = chance.randbytes(500)
    result.write_bytes(whole)
    pipeline.mark(result, "a key")
    assert pipeline.is_current(result, "a key") and pipeline._is_whole(result, told.append) and told == []
    for flip in range(1000):
        place = chance.randrange(len(whole))
        changed = whole[:place] + bytes([whole[place] ^ (1 << flip % 8)]) + whole[place + 1 :]
        result.write_bytes(changed if flip % 5 else whole[:place])
        assert not pipeline._is_whole(result, told.append)
    assert len(told) == 1000 and "2019.parquet: changed since it was computed" in told[0]
    assert not pipeline.is_current(result, "a key of another policy or version")


def test_a_year_outside_the_data_names_the_years_inside(prepared: pipeline.Prepared) -> None:
    with pytest.raises(ParameterError, match="2013 to 2019"):
        pipeline.check_year(prepared.project, 1887)
    assert pipeline.check_year(prepared.project, None) == 2019
