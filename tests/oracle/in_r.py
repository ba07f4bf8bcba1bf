"""Runs a few lines of R on frames of ours and reads back what they wrote: a live reference implementation."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pytest

RSCRIPT = shutil.which("Rscript")


def in_r(script: str, **frames: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What an R script makes of our frames.

    Each frame lies as `<name>.csv` in the folder R runs in; every other `.csv` it leaves there comes back by its name.
    A test that asks for R is skipped where R is not installed; a script that fails fails the test with R's own words.
    """
    if RSCRIPT is None:
        pytest.skip("R is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for stem, frame in frames.items():
            frame.to_csv(folder / f"{stem}.csv", index=False)
        reads = "".join(f"{stem} <- read.csv('{stem}.csv')\n" for stem in frames)
        ran = subprocess.run(
            [RSCRIPT, "--vanilla", "-e", f"options(digits = 17)\n{reads}{script}"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ran.returncode:
            raise AssertionError(f"R: {ran.stderr.strip()}")
        return {file.stem: pd.read_csv(file) for file in sorted(folder.glob("*.csv")) if file.stem not in frames}
