"""The command that audits a folder ends with code 4 and names what it found, or with 3 when there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from invented_cells import sealed, written

from partnerlib.disclosure.files import write_files

ROOT = Path(__file__).resolve().parents[2]


def audited(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "partnerlib.cli", "audit", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_hidden_and_untraceable_numbers_end_with_code_4_and_their_places(tmp_path: Path) -> None:
    write_files(sealed(tmp_path), tmp_path / "2018")
    page = "<html><body><p>7 people left</p><!-- 7 --></body></html>"
    (tmp_path / "2018" / "index.html").write_text(page, encoding="utf-8")
    (tmp_path / "2018" / "panel.parquet").write_bytes(b"")
    ended = audited(tmp_path / "2018")
    assert ended.returncode == 4, ended.stderr
    for told in ("index.html: a comment", "'7 people left'", "panel.parquet: a data file"):
        assert told in ended.stderr


def test_a_release_changed_after_sealing_ends_with_code_4_and_the_file(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "definitions.parquet").write_bytes(b"")
    ended = audited(folder)
    assert ended.returncode == 4 and "definitions.parquet: changed after it was sealed" in ended.stderr


@pytest.mark.parametrize("name", ["nowhere"])
def test_a_folder_that_is_not_there_ends_with_code_3(tmp_path: Path, name: str) -> None:
    ended = audited(tmp_path / name)
    assert ended.returncode == 3 and name in ended.stderr
