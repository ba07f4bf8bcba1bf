"""Only a sealed release is published; people's rows, aggregates, raw tables and figures are refused by their type."""

from __future__ import annotations

from pathlib import Path

import matplotlib.figure
import pandas as pd
import pytest
from invented_cells import invented_cells, sealed

from partnerlib.disclosure.files import write_files
from partnerlib.disclosure.sealed import write_release
from partnerlib.disclosure.zones import Aggregates, SealedRelease, sealed_only
from partnerlib.errors import ReleaseRefused
from partnerlib.panels import Panels
from partnerlib.restricted import Restricted
from partnerlib.samples import Sample

PERSON = "Jane Canary 01234567"


def a_sample() -> Sample:
    rows = pd.DataFrame({"name": [PERSON]})
    return Sample("completers", rows, rows, "completers-0123abcd")


RAW = {
    "rows about people": a_sample(),
    "internal aggregates": Aggregates(pd.DataFrame({"unit_name": [PERSON]})),
    "a raw table": pd.DataFrame({"name": [PERSON]}),
    "a figure": matplotlib.figure.Figure(),
    "a dict": {"cells": PERSON},
    "a value of type str": PERSON,
}


@pytest.mark.parametrize(("told", "given"), RAW.items(), ids=list(RAW))
def test_whatever_is_not_sealed_is_refused_in_words_that_quote_nothing(
    told: str, given: object, tmp_path: Path
) -> None:
    for publish in (
        lambda: sealed_only(given, "a page"),
        lambda: write_files(given, tmp_path / "reports"),  # type: ignore[arg-type]
        lambda: write_release(given, tmp_path / "release"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ReleaseRefused, match=told) as refused:
            publish()
        assert refused.value.exit_code == 4
        assert "partnerlib release" in str(refused.value), "it says what to do"
        assert "Jane" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_panels_and_samples_are_rows_about_people() -> None:
    assert issubclass(Panels, Restricted) and issubclass(Sample, Restricted)


@pytest.mark.parametrize("given", [a_sample(), Aggregates(pd.DataFrame({"unit_name": [PERSON]}))])
def test_what_python_prints_of_data_that_stay_inside_shows_no_row(given: object) -> None:
    assert "Jane" not in f"{given} {given!r} {[given]}" and type(given).__name__ in repr(given)


def test_a_release_is_not_made_by_hand_and_does_not_change(tmp_path: Path) -> None:
    release = sealed(tmp_path)
    with pytest.raises(ReleaseRefused, match="not made by hand"):
        SealedRelease(release.cells, release.definitions, release.manifest)
    with pytest.raises(AttributeError):
        release.manifest = None  # type: ignore[misc,assignment]
    before = release.cells
    mine = release.cells
    mine.loc[:, "value"] = 99.0
    mine["unit_name"] = PERSON
    pd.testing.assert_frame_equal(release.cells, before)
    assert "Jane" not in repr(release) and "99" not in repr(release)
    assert sealed_only(release, "a page") is release


def test_what_is_printed_of_a_release_names_it_and_shows_no_cell(tmp_path: Path) -> None:
    release = sealed(tmp_path)
    assert release.manifest.release_id[:12] in repr(release)
    assert not any(str(code) in repr(release) for code in invented_cells()["unit_code"])
