"""Yearly hazards on half a million person-years: identical rows counted first, against `statsmodels` on every row.

    python -m benchmarks hazards

The same invented person-years (seven career years, placement, high need, field, cohort, level), the same formula,
robust errors on both sides. Ours also counts the people behind every term, which the release gate asks for. Every part
runs in a process of its own, so that its peak memory is its own; time is processor time of the fit, imports and reading
aside.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

SIZES = (50_000, 500_000, 5_000_000)
LARGEST_OF_STATSMODELS = 500_000
"""Ten times more rows are more memory than most desks have."""
EXPOSURES = ("hired_where_placed", "is_high_need")
COVARIATES = ("license_field", "cohort", "program_level")
FORMULA = "exited ~ 0 + C(period) + hired_where_placed + is_high_need + C(license_field) + C(cohort) + C(program_level)"

Found = dict[str, Any]


def person_years(rows: int, seed: int = 1) -> pd.DataFrame:
    """Invented teachers, each at risk for one to seven years; three ways out."""
    rng = np.random.default_rng(seed)
    people = rows // 4
    length = rng.integers(1, 8, people)
    period = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + 1

    def of_people(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, length)

    frame = pd.DataFrame(
        {
            "mepid": of_people(np.arange(people)),
            "period": period,
            "hired_where_placed": of_people(rng.random(people) < 0.3),
            "is_high_need": of_people(rng.random(people) < 0.25),
            "license_field": of_people(rng.choice(["elementary", "mathematics", "special education"], people)),
            "cohort": of_people(rng.integers(2010, 2018, people).astype(str)),
            "program_level": of_people(rng.choice(["Baccalaureate", "Post"], people)),
        }
    )
    index = -1.6 - 0.1 * period - 0.4 * frame["hired_where_placed"] + 0.3 * frame["is_high_need"]
    exited = rng.random(len(frame)) < 1 / (1 + np.exp(-index))
    ways = rng.choice(["mover_in_district", "mover_other_district", "left"], len(frame), p=[0.25, 0.2, 0.55])
    return frame.assign(exited=exited, exit=np.where(exited, ways, "stayed"))


def counted(rows: pd.DataFrame) -> Found:
    """Our hazard model."""
    from partnerlib.models.retention import hazard_model

    fit = hazard_model(rows, exposures=EXPOSURES, covariates=COVARIATES, sample_id="invented")
    return {"distinct": fit.statistics["distinct_rows"], **_exposures(fit["hired_where_placed"], fit["is_high_need"])}


def every_row(rows: pd.DataFrame) -> Found:
    """`statsmodels` Logit with the same formula and the same robust errors, Stata's factor n/(n-1) included."""
    import statsmodels.formula.api as smf

    flags = {name: rows[name].astype(float) for name in (*EXPOSURES, "exited")}
    fit = smf.logit(FORMULA, rows.assign(**flags)).fit(disp=0, cov_type="HC0")
    factor = np.sqrt(len(rows) / (len(rows) - 1))
    return {
        name: [float(fit.params[name]), float(fit.bse[name] * factor)] for name in EXPOSURES
    }  # fmt: skip


def counted_exits(rows: pd.DataFrame) -> Found:
    """Our competing exits: three ways out at once."""
    from partnerlib.models.exits import exit_model

    fits = exit_model(rows, exposures=EXPOSURES, covariates=COVARIATES, sample_id="invented")
    return {"distinct": fits[0].statistics["distinct_rows"],
            **_exposures(fits[-1]["hired_where_placed"], fits[-1]["is_high_need"])}  # fmt: skip


def every_row_exits(rows: pd.DataFrame) -> Found:
    """`statsmodels` MNLogit with the same formula."""
    import statsmodels.api as sm
    from patsy import dmatrix

    kinds = ["stayed", "mover_in_district", "mover_other_district", "left"]
    flags = {name: rows[name].astype(float) for name in EXPOSURES}
    design = dmatrix(FORMULA.removeprefix("exited ~ "), rows.assign(**flags), return_type="dataframe")
    codes = pd.Index(kinds).get_indexer(rows["exit"])
    fit = sm.MNLogit(codes, design).fit(disp=0, method="newton", cov_type="HC0")
    factor = np.sqrt(len(rows) / (len(rows) - 1))
    params, errors = np.asarray(fit.params), np.asarray(fit.bse)
    at = [design.columns.get_loc(name) for name in EXPOSURES]
    return {
        name: [float(params[place, -1]), float(errors[place, -1] * factor)]
        for name, place in zip(EXPOSURES, at, strict=True)
    }


def _exposures(*terms: pd.Series) -> Found:
    return {str(term["term"]): [float(term["estimate"]), float(term["std_error"])] for term in terms}


PARTS: dict[str, Callable[[pd.DataFrame], Found]] = {
    "hazard": counted, "Logit": every_row, "competing exits": counted_exits, "MNLogit": every_row_exits,
}  # fmt: skip
REFERENCE = {"hazard": "Logit", "competing exits": "MNLogit"}


def compare(rows: int = 0) -> None:
    """Print processor seconds, peak memory, ratios, the largest difference and the cost of ten times more rows."""
    table = Table("rows", "what", "processor s", "peak MB", "times faster", "largest difference", "cost of 10 x rows")
    before: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in (rows,) if rows else SIZES:
            file = Path(name) / f"{size}.parquet"
            person_years(size).to_parquet(file)
            found = {
                part: _measure(part, file) for part in PARTS
                if size <= LARGEST_OF_STATSMODELS or part in REFERENCE
            }  # fmt: skip
            for part, result in found.items():
                ours = next((mine for mine, other in REFERENCE.items() if other == part), None)
                growth = f"{result['seconds'] / before[part]:.1f}" if part in before else ""
                table.add_row(
                    f"{size:,}", part, f"{result['seconds']:.2f}", f"{result['megabytes']:.0f}",
                    f"{result['seconds'] / found[ours]['seconds']:.1f}" if ours else "",
                    f"{_difference(found[ours], result):.0e}" if ours else "", growth,
                )  # fmt: skip
                before[part] = result["seconds"]
    Console(width=150).print(table)


def _difference(ours: Found, theirs: Found) -> float:
    """Largest relative difference of an estimate or standard error."""
    pairs = [(mine, other) for name in EXPOSURES for mine, other in zip(ours[name], theirs[name], strict=True)]
    return max(abs(mine / other - 1) for mine, other in pairs)


def _measure(part: str, file: Path) -> Found:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.hazards", part, str(file)], capture_output=True, text=True, check=True
    )  # fmt: skip
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _one(part: str, file: Path) -> Found:
    """A part in this process: warmed up on a few rows, so that imports are not timed."""
    rows = pd.read_parquet(file)
    PARTS[part](person_years(2_000))
    start = time.process_time()
    found = PARTS[part](rows)
    seconds = time.process_time() - start
    return {**found, "seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=list(PARTS))
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    print(json.dumps(_one(asked.part, asked.file)))
