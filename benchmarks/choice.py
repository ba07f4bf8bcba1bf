"""A first district among hundreds: our conditional logit against `statsmodels` ConditionalLogit and R's `clogit`.

    python -m benchmarks choice

The same invented candidates in front of the same districts, fifteen terms. Every part runs in a process of its own, so
that its peak memory (the rows included) is its own. Time is processor time from the rows in memory to coefficients and
standard errors, imports and reading aside, on one thread: a second one would wait for the memory. `statsmodels` walks
through every choice set in Python: it is asked about fewer candidates, and its time for all of them is reckoned from
theirs, which is printed as such.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

CANDIDATES, DISTRICTS, TERMS = 5_000, 400, 15
FEW = 100
"""Candidates whose choice sets `statsmodels` gets through while one waits."""
SAMPLED = 30
FORGET_PEAK = Path("/proc/self/clear_refs")
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
NAMES = [f"x{place + 1}" for place in range(TERMS)]
IN_R = """
library(survival)
asked <- commandArgs(TRUE)
rows <- as.integer(asked[2]); terms <- as.integer(asked[3])
values <- readBin(asked[1], "double", rows * (terms + 2L))
frame <- as.data.frame(matrix(values, nrow = rows))
rm(values)
names(frame) <- c("who", "chosen", paste0("x", seq_len(terms)))
ask <- as.formula(paste("chosen ~", paste0("x", seq_len(terms), collapse = " + "), "+ strata(who)"))
invisible(gc())
cat("5", file = "/proc/self/clear_refs")
spent <- system.time(fit <- clogit(ask, data = frame, method = "breslow"))
peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
peak <- as.numeric(gsub("[^0-9]", "", peak)) / 1024
cat(sprintf('{"seconds": %.4f, "megabytes": %.0f, "estimates": [%s], "errors": [%s]}\n',
            spent[["user.self"]] + spent[["sys.self"]], peak,
            paste(sprintf("%.15g", coef(fit)), collapse = ","),
            paste(sprintf("%.15g", sqrt(diag(vcov(fit)))), collapse = ",")))
"""

Found = dict[str, Any]


def candidates(people: int, seed: int = 1) -> pd.DataFrame:
    """Rows of candidate x district: distances, size and need of districts, products with traits; `who`, `chosen`."""
    rng = np.random.default_rng(seed)
    place, home = rng.uniform(0, 100, (DISTRICTS, 2)), rng.uniform(0, 100, (people, 2))
    miles = np.log1p(np.linalg.norm(home[:, None] - place[None], axis=2)).ravel()
    of_districts = [np.tile(column, people) for column in rng.normal(size=(5, DISTRICTS))]
    traits = [np.repeat(column, DISTRICTS) for column in rng.normal(size=(4, people))]
    columns = [miles, *of_districts, *(of_districts[0] * trait for trait in traits), *(miles * t for t in traits)]
    columns.append((rng.random(people * DISTRICTS) < 1 / DISTRICTS).astype(float))
    utility = -1.2 * miles + 0.5 * of_districts[0] - 0.2 * columns[6] + 1.5 * columns[-1]
    utility += rng.gumbel(size=len(utility))
    chosen = np.zeros((people, DISTRICTS))
    chosen[np.arange(people), utility.reshape(people, DISTRICTS).argmax(axis=1)] = 1.0
    rows = {"who": np.repeat(np.arange(people), DISTRICTS), "chosen": chosen.ravel()}
    return pd.DataFrame(rows | dict(zip(NAMES, columns, strict=True)))


def ours(rows: pd.DataFrame) -> Found:
    """Every district, clustered errors beside the model's."""
    from partnerlib.models.choice_sets import choices
    from partnerlib.models.conditional_logit import fit_choices

    fit = fit_choices(choices(rows, NAMES, "who", "chosen"))
    return {"estimates": fit.coefficients.tolist(), "errors": fit.model_std_errors.tolist()}


def sampled(rows: pd.DataFrame) -> Found:
    """About thirty districts a candidate and McFadden's correction."""
    from partnerlib.models.choice_sets import choices
    from partnerlib.models.conditional_logit import fit_choices
    from partnerlib.models.sampled_alternatives import OFFSET, sampled_alternatives

    near = rows.assign(weight=np.exp(-rows["x1"]))
    kept = sampled_alternatives(near, np.random.default_rng(1), SAMPLED, "chosen", "who", "weight")
    fit = fit_choices(choices(kept, NAMES, "who", "chosen", offset=OFFSET))
    return {"estimates": fit.coefficients.tolist(), "errors": fit.model_std_errors.tolist()}


def by_statsmodels(rows: pd.DataFrame) -> Found:
    """`statsmodels` ConditionalLogit on the same rows."""
    from statsmodels.discrete.conditional_models import ConditionalLogit

    fit = ConditionalLogit(rows["chosen"], rows[NAMES], groups=rows["who"]).fit(disp=0)
    return {"estimates": fit.params.tolist(), "errors": fit.bse.tolist()}


PARTS = {"ours": ours, "ours, 30 sampled districts": sampled, "statsmodels": by_statsmodels}


def compare(people: int = CANDIDATES, few: int = FEW) -> None:
    """Print processor seconds, peak memory, ratios, the largest differences and the cost of ten times more rows."""
    table = Table("candidates x districts", "what", "processor s", "peak MB", "times faster", "largest difference")
    with tempfile.TemporaryDirectory() as name:
        tenth, whole = ({"ours": _measure("ours", size, Path(name))} for size in (max(people // 10, few), people))
        whole["ours, 30 sampled districts"] = _measure("ours, 30 sampled districts", people, Path(name))
        if shutil.which("Rscript"):
            whole["R clogit"] = _in_r(people, Path(name))
        small = {part: _measure(part, few, Path(name)) for part in ("ours", "statsmodels")}
    reference = whole["ours"]
    _add(table, max(people // 10, few), "ours", tenth["ours"])
    for part, found in whole.items():
        _add(table, people, part, found, reference if part == "R clogit" else None)
    for part, found in small.items():
        _add(table, few, part, found, small["ours"] if part == "statsmodels" else None)
    reckoned = small["statsmodels"]["seconds"] * people / few
    table.add_row(f"{people:,} x {DISTRICTS}", "statsmodels, reckoned from the row above", f"{reckoned:,.0f}", "",
                  f"{reckoned / reference['seconds']:,.0f}", "")  # fmt: skip
    Console(width=150).print(table)
    growth = reference["seconds"] / tenth["ours"]["seconds"]
    print(f"Ten times as many candidates cost {growth:.1f} times as much.")


def _add(table: Table, people: int, part: str, found: Found, reference: Found | None = None) -> None:
    seconds = f"{found['seconds']:.2f}"
    compared = ("", "")
    if reference:
        compared = (f"{found['seconds'] / reference['seconds']:,.1f}", f"{_difference(reference, found):.0e}")
    table.add_row(f"{people:,} x {DISTRICTS}", part, seconds, f"{found['megabytes']:.0f}", *compared)


def _difference(mine: Found, theirs: Found) -> float:
    """Largest difference of an estimate, in its standard errors, or of a standard error, as a share of it."""
    one, other = (np.array([found["estimates"], found["errors"]]) for found in (mine, theirs))
    return float(np.max(np.abs(one - other) / one[1]))


def _measure(part: str, people: int, folder: Path) -> Found:
    file = folder / f"{people}.pickle"
    if not file.exists():
        candidates(people).to_pickle(file)
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.choice", part, str(file)],
        capture_output=True, text=True, check=True, env=ONE_THREAD,
    )  # fmt: skip
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _in_r(people: int, folder: Path) -> Found:
    """`clogit` on the same numbers, handed over as raw doubles; one choice a set, where all its methods agree."""
    rows, file, script = candidates(people), folder / "rows.bin", folder / "clogit.R"
    with file.open("wb") as out:
        for name in rows.columns:
            rows[name].to_numpy(dtype=float).tofile(out)
    script.write_text(IN_R, encoding="utf-8")
    ran = subprocess.run(
        ["Rscript", "--vanilla", str(script), str(file), str(len(rows)), str(TERMS)],
        capture_output=True, text=True, check=True, env=ONE_THREAD,
    )  # fmt: skip
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _one(part: str, file: Path) -> Found:
    """A part in this process: warmed up on twenty candidates, so that imports are not timed."""
    PARTS[part](candidates(20))
    rows = pd.read_pickle(file)
    FORGET_PEAK.write_text("5")
    start = time.process_time()
    found = PARTS[part](rows)
    return {**found, "seconds": time.process_time() - start, "megabytes": _peak()}


def _peak() -> float:
    """Most memory held since an earlier peak was forgotten, in MB; `getrusage` would count the parent's too."""
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(held.split()[1]) / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=list(PARTS))
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    print(json.dumps(_one(asked.part, asked.file)))
