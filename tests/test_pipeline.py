"""The main job runs what is missing or stale, and only that."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from shipped_sample import built_sample

from partnerlib import pipeline
from partnerlib.errors import ParameterError
from partnerlib.project import Project, find_root


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shipped sample, built into a folder of its own."""
    root = find_root(Path(__file__).parent)
    processed = tmp_path_factory.mktemp("pipeline") / "processed"
    shutil.copytree(built_sample(), processed)
    return Project(root, root / "data" / "raw" / "sample", processed, processed.parent / "reports")


@pytest.fixture(scope="module")
def prepared(sample: Project) -> pipeline.Prepared:
    return pipeline.prepare(sample)


def test_tables_that_are_up_to_date_are_not_made_again(sample: Project, prepared: pipeline.Prepared) -> None:
    said: list[str] = []
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


def test_a_year_outside_the_data_names_the_years_inside(sample: Project, prepared: pipeline.Prepared) -> None:
    with pytest.raises(ParameterError, match="2013 to 2019"):
        pipeline.check_year(prepared.project, 1887)
    assert pipeline.check_year(sample, None) == 2019
