"""The internal reader is told why a cell is withheld; a wrong word is answered with the nearest right one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from invented_cells import PROVIDER, TINY, written

from partnerlib import explanations
from partnerlib.errors import DataError, ParameterError
from partnerlib.releases import reasons_of


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with the reasons of its cells, and one unit that is not listed at all."""
    folder = written(tmp_path_factory.mktemp("explained"))
    cells = pd.read_parquet(folder / "cells.parquet")
    key = ["report_year", "measure", "unit_kind", "unit_code", "cohort", "window_years", "group", "group_value"]
    reasons = cells[key].assign(why="", is_listed=True)
    reasons.loc[cells["withheld"], "why"] = "fewer than 10 people"
    unlisted = reasons[reasons["unit_code"] == TINY].assign(unit_code="89000003", is_listed=False, why="fewer than 10")
    reasons_of(folder).parent.mkdir()
    pd.concat([reasons, unlisted]).to_parquet(reasons_of(folder), index=False)
    return folder


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (f"employed provider:{TINY} 2017", "withheld: fewer than 10 people"),
        (f"employed provider:{PROVIDER} 2017 1", "published (band 10)"),
        (f"nobody provider:{PROVIDER} 2017", "published (exact)"),
        ("employed provider:89000003 2017", "not listed"),
    ],
)
def test_a_cell_is_explained(release: Path, spec: str, told: str) -> None:
    assert told in explanations.of_cell(release, spec)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("employd provider:89000001 2017", "did you mean 'employed'"),
        ("employed provder:89000001 2017", "did you mean 'provider'"),
        ("employed provider:89000011 2017", "did you mean '89000001'"),
        (f"employed provider:{PROVIDER} 1999", "known: 2017"),
        (f"employed provider:{PROVIDER} 2017 3", "known: 1"),
        (f"employed provider:{PROVIDER} 2017 1 sex=f", "nothing is known here"),
        ("employed provider", "KIND:CODE"),
        (f"employed {PROVIDER} 2017", "expected a unit as KIND:CODE"),
    ],
)
def test_a_cell_that_does_not_exist_is_answered_with_the_nearest(release: Path, spec: str, told: str) -> None:
    with pytest.raises(ParameterError) as raised:
        explanations.of_cell(release, spec)
    assert told in str(raised.value)


def test_reasons_lie_beside_no_release(release: Path) -> None:
    assert reasons_of(release).parent.name == "reasons"
    assert not list(release.glob("*reason*"))
    with pytest.raises(DataError, match="release --force"):
        explanations.of_cell(release.with_name("2012"), f"employed provider:{PROVIDER} 2017")


def test_a_release_is_told_with_what_it_withholds_and_what_attackers_found(release: Path) -> None:
    told = explanations.of_release(release)
    assert "standard 1" in told and "attacked by public: 0 of 4 quantities exposed" in told
    assert "5.0% of cells" in told and str(release) in told
