"""Runs the checks over their states, in parallel, going on where an interrupted run was ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from partnerlib.errors import PartnerlibError
from validation.check import Check, summary
from validation.checks import CHECKS

ROOT = Path(__file__).parent
DRAWS, TABLE = ROOT / "draws.parquet", ROOT / "recovery.csv"
WORK = ROOT.parent / "build" / "validation"
"""Draws of runs that are not finished, a file per state of the code."""
DIGITS = 4


def drawn(check: Check, seed: int, is_planted: bool) -> list[dict[str, object]]:
    """The draws of one state as rows; one row without numbers where the estimator refuses to answer."""
    place = {"question": check.question, "check": check.name, "seed": seed, "is_planted": is_planted}
    try:
        return [{**place, **asdict(draw), "refused": False} for draw in check.draw(seed, is_planted)]
    except PartnerlibError:
        return [{**place, "term": "", "refused": True}]


def draws_of(seed: int, names: Sequence[tuple[str, bool]]) -> list[dict[str, object]]:
    """The draws of one seed: checks that look at the same state share it."""
    checks = {check.name: check for check in CHECKS}
    return [row for name, is_planted in names for row in drawn(checks[name], seed, is_planted)]


def run(states: int | None = None, only: Sequence[str] = (), jobs: int = 2) -> pd.DataFrame:
    """All draws asked for; those a finished or interrupted run of the same code has left are read."""
    chosen = [check for check in CHECKS if not only or check.question in only or check.name in only]
    store = WORK / f"{code_key()}.jsonl"
    store.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in store.read_text().splitlines()] if store.exists() else []
    done = {(row["check"], row["seed"], row["is_planted"]) for row in rows}
    left: dict[int, list[tuple[str, bool]]] = {}
    for check in chosen:
        for seed in range(1, (states or check.states) + 1):
            for is_planted in (True, False):
                if (check.name, seed, is_planted) not in done:
                    left.setdefault(seed, []).append((check.name, is_planted))
    with store.open("a") as out:
        for found in _in_parallel(left, jobs):
            out.writelines(json.dumps(row) + "\n" for row in found)
            out.flush()
            rows.extend(found)
    names = {check.name for check in chosen}
    return ordered(pd.DataFrame([row for row in rows if row["check"] in names]))


def _in_parallel(left: dict[int, list[tuple[str, bool]]], jobs: int) -> Iterator[list[dict[str, object]]]:
    bar = Progress(TextColumn("states"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with bar, ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        task = bar.add_task("states", total=len(left))
        asked = [pool.submit(draws_of, seed, names) for seed, names in sorted(left.items())]
        for future in as_completed(asked):
            yield future.result()
            bar.advance(task)


def ordered(draws: pd.DataFrame) -> pd.DataFrame:
    """Draws in the order of the checks, then of seeds."""
    place = {check.name: position for position, check in enumerate(CHECKS)}
    keys = draws.assign(place=draws["check"].map(place)).sort_values(["place", "is_planted", "seed"], kind="stable")
    return keys.drop(columns="place").reset_index(drop=True)


def write(draws: pd.DataFrame) -> pd.DataFrame:
    """Keep the draws and the table that the study prints."""
    draws.to_parquet(DRAWS, index=False)
    table = summary(draws)
    table.round(DIGITS).to_csv(TABLE, index=False, lineterminator="\n")
    return table


def code_key() -> str:
    """What the draws depend on: the estimators, the generators and the checks."""
    package = ROOT.parent / "partnerlib"
    files = [*(package / "models").glob("*.py"), *(package / "synth").glob("*.py"), *ROOT.rglob("*.py")]
    key = hashlib.sha256()
    for file in sorted(files):
        key.update(file.read_bytes())
    return key.hexdigest()[:16]
