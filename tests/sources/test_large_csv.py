"""Large files are read by DuckDB, small ones row by row: rows, lines and ragged rows are the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from published_files import write_lines

from partnerlib import engine
from partnerlib.sources import raw_file
from partnerlib.sources.reading import RawFile, UnreadableFile, open_raw

HEADER = "CODE,NAME,COUNT,NOTE"


@pytest.fixture
def as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_file, "LARGE", 0)


def both_ways(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[pd.DataFrame, pd.DataFrame, RawFile]:
    """Rows and ragged rows of a file as a small one, and the same file opened as a large one."""
    small = open_raw(path, path.parent)
    rows, ragged = small.frame(), small.ragged()
    monkeypatch.setattr(raw_file, "LARGE", 0)
    large = open_raw(path, path.parent)
    assert large.is_large
    return rows, ragged, large


def plain_rows(count: int) -> list[str]:
    return [f"{95000000 + n},School {n},{n % 97},{'' if n % 3 else 'seen'}" for n in range(count)]


def spoiled(rows: list[str], kinds: list[str], seed: int) -> list[str]:
    """The rows with oddities put at random places."""
    random = np.random.default_rng(seed)
    for at in sorted(random.choice(len(rows), size=len(rows) // 50, replace=False)):
        match kinds[int(random.integers(len(kinds)))]:
            case "blank":
                rows[at] = ""
            case "spaces":
                rows[at] = "   "
            case "separators":
                rows[at] = ",,,"
            case "long":
                rows[at] += ",beyond"
            case "short":
                rows[at] = ",".join(rows[at].split(",")[:2])
            case "quoted":
                rows[at] = '"a, b",' + rows[at].split(",", 1)[1]
            case "broken":
                rows[at] = '"two\nlines",' + rows[at].split(",", 1)[1]
    return rows


@pytest.mark.parametrize(
    "kinds",
    [
        ["quoted"],
        ["blank"],
        ["long", "short"],
        ["blank", "spaces", "separators", "long", "short", "quoted"],
        ["broken"],
        ["blank", "spaces", "separators", "long", "short", "quoted", "broken"],
    ],
)
def test_every_row_has_the_same_cells_and_line_either_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: list[str]
) -> None:
    path = write_lines(tmp_path / "a.csv", [HEADER, *spoiled(plain_rows(3000), kinds, seed=len(kinds))])
    rows, ragged, large = both_ways(path, monkeypatch)
    pd.testing.assert_frame_equal(_text(large.frame()), _text(rows))
    pd.testing.assert_frame_equal(large.ragged(), ragged)
    assert large.received == len(rows) + len(ragged)


@pytest.mark.parametrize(
    ("encoding", "newline"), [("utf-8-sig", "\r\n"), ("cp1252", "\n"), ("utf-16", "\n"), ("utf-8", "\r")]
)
def test_the_form_of_a_large_file_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, newline: str
) -> None:
    lines = ["A title", HEADER, *plain_rows(500), "95999999,Müller,5,  padded "]
    rows, _, large = both_ways(write_lines(tmp_path / "a.csv", lines, encoding, newline), monkeypatch)
    pd.testing.assert_frame_equal(_text(large.frame()), _text(rows))
    assert large.frame().iloc[-1].tolist() == [503, "95999999", "Müller", "5", "padded"]


def test_the_line_is_that_of_the_file_across_many_buffers(tmp_path: Path, as_large: None) -> None:
    rows = [f"{n},{'x' * 400},{n},y" for n in range(100_000)]
    rows[60_000] = "short"
    rows[90_000] = ""
    path = write_lines(tmp_path / "a.csv", [HEADER, *rows])
    raw = open_raw(path, tmp_path)
    relation = engine.relation(raw.scan())
    wrong = relation.filter('source_row <> CAST("CODE" AS BIGINT) + 2').count("*").fetchall()[0][0]
    assert wrong == 0
    assert raw.ragged()["row"].tolist() == [60_002]
    assert raw.received == 99_999


def test_an_open_quote_in_a_large_file_is_refused(tmp_path: Path, as_large: None) -> None:
    rows = plain_rows(400)
    rows[200] = '"' + rows[200]
    with pytest.raises(UnreadableFile, match="never closed"):
        open_raw(write_lines(tmp_path / "a.csv", [HEADER, *rows]), tmp_path)


def test_a_large_file_that_stops_inside_a_row_is_refused(tmp_path: Path, as_large: None) -> None:
    path = write_lines(tmp_path / "a.csv", [HEADER, *plain_rows(400)])
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(UnreadableFile, match="row 401"):
        open_raw(path, tmp_path)


def _text(frame: pd.DataFrame) -> pd.DataFrame:
    """One spelling of missing cells."""
    return frame.astype(object).where(frame.notna(), None)
