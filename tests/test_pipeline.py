"""The main job runs what is missing or stale, and only that."""

from __future__ import annotations

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


def test_a_release_is_made_once_and_again_when_its_mark_is_not_its_own(prepared: pipeline.Prepared) -> None:
    said: list[str] = []
    path = pipeline.release(prepared, 2018, progress=said.append)
    assert said == ["measuring 2018", "releasing 2018"]
    said.clear()
    assert pipeline.release(prepared, 2018, progress=said.append) == path
    assert said == []
    path.with_name(path.name + ".key").write_text("another", encoding="utf-8")
    pipeline.release(prepared, 2018, progress=said.append)
    assert said == ["releasing 2018"]


def test_a_year_outside_the_data_names_the_years_inside(sample: Project, prepared: pipeline.Prepared) -> None:
    with pytest.raises(ParameterError, match="2013 to 2019"):
        pipeline.check_year(prepared.project, 1887)
    assert pipeline.check_year(sample, None) == 2019
