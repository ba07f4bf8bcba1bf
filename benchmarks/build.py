"""What raw files to panels cost: against a bare DuckDB scan of the same files, and against plain pandas.

    python -m benchmarks build --raw DIR          # a state that exists
    python -m benchmarks build --scale state      # one that is made first

Every part runs in a process of its own, so that its peak memory is its own; ratios are of parts run one after another
on the same machine. The scan counts every cell of every column and is the floor: no build can read the files faster.
The pandas version conforms, checks, derives and writes the large collections only, and neither links nor makes panels:
it is compared with our build of the same files, and both with the scan.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import pandas_build

KINDS = ("sims_", "scs_", "epims_sr_", "epims_wa_")
"""The large collections, which the pandas version conforms, too."""
PANDAS_YEARS = 2
"""Years the pandas version is given: with ten it needs more memory than a laptop has."""


def scan(raw: Path, _out: Path) -> None:
    """The floor: DuckDB parses every cell of every CSV as text and counts it."""
    import duckdb

    connection = duckdb.connect()
    for path in sorted(raw.rglob("*.csv")):
        connection.execute(f"SELECT count(COLUMNS(*)) FROM read_csv('{path}', all_varchar = true)").fetchall()


def build(raw: Path, out: Path) -> None:
    """The build as users run it: hash, recognise, conform, check, derive, sort, write."""
    from partnerlib.build import build
    from partnerlib.project import Project

    build(Project(raw, raw, out, out), force=True)


def panels(_raw: Path, out: Path) -> None:
    """From tables that stand to panels: link candidates to educators, load the panels (that of classrooms is lazy)."""
    from partnerlib.link import link
    from partnerlib.panels import load_panels

    link(out)
    load_panels(out)


PARTS = {"scan": scan, "build": build, "panels": panels, "pandas": pandas_build.in_pandas}


def measure(part: str, raw: Path, out: Path) -> dict[str, float]:
    """Run a part in a process of its own: seconds on the clock, seconds of processor, peak gigabytes."""
    command = [sys.executable, "-m", "benchmarks.build", "--part", part, "--raw", str(raw), "--out", str(out)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def recent(raw: Path, years: int, folder: Path) -> Path:
    """A folder of links to the large collections of the last years."""
    files = [path for path in raw.rglob("*.csv") if path.name.startswith(KINDS)]
    year = {path: int(found[0]) for path in files if (found := re.findall(r"(?:19|20)\d{2}", path.name))}
    kept = sorted(set(year.values()))[-years:]
    for path in (path for path in files if year.get(path) in kept):
        (folder / path.name).symlink_to(path.resolve())
    return folder


def report(title: str, found: dict[str, dict[str, float]], base: str) -> None:
    print(
        f"\n{title}\n{'':10}{'clock s':>10}{'processor s':>14}{'peak GB':>10}{'clock ratio':>14}{'processor ratio':>18}"
    )
    for part, cost in found.items():
        ratios = (cost[name] / found[base][name] for name in ("clock", "processor"))
        print(f"{part:10}{cost['clock']:>10.1f}{cost['processor']:>14.1f}{cost['peak']:>10.2f}"
              + "".join(f"{ratio:>{width}.2f}" for ratio, width in zip(ratios, (14, 18), strict=True)))  # fmt: skip


def compare(raw: Path | None, scale: str) -> None:
    """Measure, and print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        if raw is None:
            from partnerlib.synth import write_state

            raw = here / "raw"
            write_state(raw, scale="state" if scale == "state" else "small")
        size = sum(path.stat().st_size for path in raw.rglob("*.csv"))
        whole = {part: measure(part, raw, here / "whole") for part in ("scan", "build", "panels")}
        whole["ours"] = {
            name: (max if name == "peak" else sum)(whole[part][name] for part in ("build", "panels"))
            for name in whole["scan"]
        }
        report(
            f"all files, {size / 1e9:.2f} GB: raw to processed (build) to panels; both together (ours)",
            whole,
            "scan",
        )
        (here / "recent").mkdir()
        subset = recent(raw, PANDAS_YEARS, here / "recent")
        size = sum(path.stat().st_size for path in subset.iterdir())
        parts = {name: measure(name, subset, here / f"recent_{name}") for name in ("scan", "build", "pandas")}
        report(f"SIMS, SCS and EPIMS of {PANDAS_YEARS} years, {size / 1e9:.2f} GB: raw to processed, against the bare "
               "scan and plain pandas", parts, "scan")  # fmt: skip
        by_pandas = {name: parts["pandas"][name] / parts["build"][name] for name in ("clock", "processor", "peak")}
        print(f"plain pandas against the build: {by_pandas['clock']:.2f} x the clock, "
              f"{by_pandas['processor']:.2f} x the processor, {by_pandas['peak']:.2f} x the memory")  # fmt: skip


def main() -> None:
    """One part, measured in this process."""
    options = argparse.ArgumentParser()
    options.add_argument("--part", choices=PARTS, required=True)
    options.add_argument("--raw", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    start = time.perf_counter()
    PARTS[given.part](given.raw, given.out)
    clock = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"clock": clock, "processor": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024**2}
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
