"""Value added with teacher and school-by-year effects: cells added up by the table engine, against `pyfixest`.

    python -m benchmarks value-added

One invented state per size, as Parquet: classes of 25, teachers of whom one in sixteen changes school each year, seven
terms. Every part starts from the file and ends with coefficients and errors clustered by teacher, in a process of its
own, so that its peak memory is its own; time is processor time, imports aside. `pyfixest` runs with its default and
with its fastest solver (LSMR with its preconditioner). How near the coefficients are is seen beside `pyfixest` with a
tolerance of 1e-13. R's `lme4` answers with another model, teachers and school-years as random effects, so its numbers
differ; it is given the rows in memory, its reading is not timed, and it is ended after `PATIENCE`.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

SIZES = (100_000, 1_000_000, 10_000_000)
LARGEST_CONVERGED = 1_000_000
PATIENCE = 900
"""Seconds R's `lme4` is waited for."""
YEARS, CLASS_SIZE, MOVE_RATE = 10, 25, 1 / 16
TERMS = (
    "lag_score", "lag_score_squared", "lag_score_cubed", "lag_score_other", "is_low_income", "is_english_learner",
    "has_disability",
)  # fmt: skip

IN_R = """
suppressMessages(library(lme4))
asked <- commandArgs(TRUE)
rows <- as.integer(asked[2]); names <- strsplit(asked[3], ",")[[1]]
frame <- as.data.frame(matrix(readBin(asked[1], "double", rows * length(names)), nrow = rows))
names(frame) <- names
terms <- setdiff(names, c("score", "teacher", "level"))
ask <- reformulate(c(terms, "(1 | teacher)", "(1 | level)"), "score")
spent <- system.time(fit <- lmer(ask, frame, control = lmerControl(calc.derivs = FALSE)))
peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
peak <- as.numeric(gsub("[^0-9]", "", peak)) / 1024
cat(sprintf('{"seconds": %.4f, "megabytes": %.0f, "estimates": [%s], "errors": [%s]}\n',
            spent[["user.self"]] + spent[["sys.self"]], peak,
            paste(sprintf("%.15g", fixef(fit)[terms]), collapse = ","),
            paste(sprintf("%.15g", sqrt(diag(as.matrix(vcov(fit)))[terms])), collapse = ",")))
"""

Found = dict[str, Any]


def write_state(path: Path, rows: int, seed: int = 1) -> None:
    """Students of an invented state, written a slice of teachers at a time; teachers rarely move."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    teachers = rows // (YEARS * CLASS_SIZE)
    schools = max(teachers // 20, 2)
    school = np.empty((teachers, YEARS), dtype=np.int64)
    school[:, 0] = np.arange(teachers) % schools
    for year in range(1, YEARS):
        moves = rng.random(teachers) < MOVE_RATE
        school[:, year] = np.where(moves, rng.integers(0, schools, teachers), school[:, year - 1])
    effect = rng.normal(0, 0.15, teachers) + 0.05 * rng.normal(size=schools)[school[:, 0]]
    shock = rng.normal(0, 0.1, (schools, YEARS))
    writer: pq.ParquetWriter | None = None
    for part in np.array_split(np.arange(teachers), max(rows // 500_000, 1)):
        teacher = np.repeat(part, YEARS * CLASS_SIZE)
        year = np.tile(np.repeat(np.arange(YEARS), CLASS_SIZE), len(part))
        at = school[teacher, year]
        n = len(teacher)
        lag = rng.normal(0, 1, n) + 0.5 * effect[teacher]
        flags = rng.random((3, n)) < np.array([[0.4], [0.1], [0.17]])
        other = 0.7 * lag + rng.normal(0, 0.7, n)
        score = 0.65 * lag - 0.01 * lag**2 - 0.005 * lag**3 + 0.1 * other - flags.T @ [0.05, 0.03, 0.1]
        score = score + effect[teacher] + shock[at, year] + rng.normal(0, 0.5, n)
        frame = pd.DataFrame(
            {
                "mepid": 90_000_000 + teacher, "school_code": 95_000_000 + at, "school_year": 2010 + year,
                "score": score, "lag_score": lag, "lag_score_squared": lag**2, "lag_score_cubed": lag**3,
                "lag_score_other": other, "is_low_income": flags[0], "is_english_learner": flags[1],
                "has_disability": flags[2],
            }
        ).astype({"mepid": "str", "school_code": "str"})  # fmt: skip
        slice_ = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, slice_.schema, compression="zstd")
        writer.write_table(slice_)
    assert writer is not None
    writer.close()


def cells(file: Path) -> Found:
    """Ours: cells from the engine, teachers eliminated, conjugate gradients."""
    from partnerlib import engine
    from partnerlib.models.absorption_in_cells import fit_in_cells

    fit = fit_in_cells(engine.scan_parquet(file), "score", TERMS, sample_id="invented")
    terms = fit.coefficients.terms
    return {
        "estimates": terms["estimate"].tolist(), "errors": terms["std_error"].tolist(),
        "note": f"{int(fit.coefficients.statistics['cells']):,} cells, {fit.iterations} iterations, "
                f"{len(fit.connected_sets)} connected sets",
    }  # fmt: skip


def pyfixest_with(demeaner: str) -> Callable[[Path], Found]:
    """`pyfixest` with a demeaner: its default, its fastest, or its fastest until nothing changes."""

    def run(file: Path) -> Found:
        import pyfixest
        from pyfixest.estimation import LsmrDemeaner

        rows = _levels(file)
        tolerance = 1e-13 if demeaner == "converged" else 1e-8
        solver = (
            None if demeaner == "default"
            else LsmrDemeaner(fixef_atol=tolerance, fixef_btol=tolerance, fixef_maxiter=20_000)
        )  # fmt: skip
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                fit = pyfixest.feols(
                    f"score ~ {' + '.join(TERMS)} | teacher + level", rows, vcov={"CRV1": "teacher"},
                    demeaner=solver, copy_data=False, store_data=False, lean=True,
                )  # fmt: skip
            except ValueError as error:
                return {"estimates": [], "errors": [], "note": str(error).splitlines()[0][:60]}
        said = [str(each.message) for each in caught if "converge" in str(each.message).lower()]
        return {
            "estimates": fit.coef()[list(TERMS)].tolist(), "errors": fit.se()[list(TERMS)].tolist(),
            "note": said[0][:60] if said else "",
        }  # fmt: skip

    return run


def _levels(file: Path) -> pd.DataFrame:
    """Every row, teacher and school-year as numbers."""
    rows = pd.read_parquet(file)
    rows["level"] = rows.groupby(["school_code", "school_year"], sort=False).ngroup()
    rows["teacher"] = pd.factorize(rows["mepid"])[0]
    return rows[["score", *TERMS, "teacher", "level"]].astype({term: "float64" for term in TERMS})


PARTS: dict[str, Callable[[Path], Found]] = {
    "cells": cells,
    "pyfixest, default": pyfixest_with("default"),
    "pyfixest, LSMR": pyfixest_with("lsmr"),
    "pyfixest, LSMR to 1e-13": pyfixest_with("converged"),
}


def compare(rows: int = 0) -> None:
    """Print processor seconds, peak memory, ratios and the largest differences, for each size."""
    table = Table("rows", "what", "processor s", "peak MB", "times ours", "coefficients", "errors", "cost of 10 x", "")
    before: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in (rows,) if rows else SIZES:
            file = Path(name) / f"{size}.parquet"
            write_state(file, size)
            found = {
                part: _measure(part, file) for part in PARTS
                if size <= LARGEST_CONVERGED or part != "pyfixest, LSMR to 1e-13"
            }  # fmt: skip
            if shutil.which("Rscript"):
                found["R lme4, random effects"] = _in_r(file, Path(name))
            ours = found["cells"]
            for part, result in found.items():
                near = [_difference(ours[of], result[of]) for of in ("estimates", "errors")]
                table.add_row(
                    f"{size:,}", part, f"{result['seconds']:.2f}", f"{result['megabytes']:.0f}",
                    f"{result['seconds'] / ours['seconds']:.1f}", *near,
                    f"{result['seconds'] / before[part]:.1f}" if part in before else "", result["note"],
                )  # fmt: skip
                before[part] = result["seconds"]
            file.unlink()
    Console(width=170).print(table)


def _difference(ours: Sequence[float], theirs: Sequence[float]) -> str:
    if ours is theirs or len(ours) != len(theirs):
        return ""
    return f"{max(abs(mine / other - 1) for mine, other in zip(ours, theirs, strict=True)):.0e}"


def _measure(part: str, file: Path) -> Found:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.value_added", part, str(file)], capture_output=True, text=True, check=True
    )  # fmt: skip
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _in_r(file: Path, folder: Path) -> Found:
    """`lmer` on the same rows, handed over as raw doubles; how long it was waited for when it did not end."""
    rows, numbers, script = _levels(file), folder / "rows.bin", folder / "lmer.R"
    with numbers.open("wb") as out:
        for name in rows.columns:
            rows[name].to_numpy(dtype=float).tofile(out)
    script.write_text(IN_R, encoding="utf-8")
    command = ["Rscript", "--vanilla", str(script), str(numbers), str(len(rows)), ",".join(rows.columns)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"estimates": [], "errors": [], "seconds": float("nan"), "megabytes": float("nan"),
                "note": f"not ended after {PATIENCE} s"}  # fmt: skip
    if ran.returncode:
        return {"estimates": [], "errors": [], "seconds": float("nan"), "megabytes": float("nan"),
                "note": ran.stderr.strip().splitlines()[-1][:60]}  # fmt: skip
    return {**json.loads(ran.stdout.splitlines()[-1]), "note": "another model"}


def _one(part: str, file: Path) -> Found:
    """A part in this process: warmed up on a few rows, so that imports are not timed."""
    with tempfile.TemporaryDirectory() as name:
        small = Path(name) / "small.parquet"
        write_state(small, 5_000)
        PARTS[part](small)
    start = time.process_time()
    found = PARTS[part](file)
    seconds = time.process_time() - start
    return {**found, "seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=list(PARTS))
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    print(json.dumps(_one(asked.part, asked.file)))
