"""Runs the checks over their states, in parallel, going on where an interrupted run was ended."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from partnerlib.errors import PartnerlibError
from validation.check import Check, summary
from validation.checks import CHECKS
from validation.dependence import code_key

HERE = Path(__file__).parent
DRAWS, TABLE = HERE / "draws.csv", HERE / "recovery.csv"
WORK = HERE.parent / "build" / "validation"
"""Draws of runs that are not finished: a file per question and state of the code that they rest on."""
DIGITS = 4
PRECISION = 6
"""Digits of a draw that are kept: as text, so that whoever looks through the files can read them."""

Row = dict[str, Any]
Asked = tuple[str, bool]
"""A check, and whether an effect is planted."""


def draws_of(seed: int, asked: Sequence[Asked]) -> list[Row]:
    """The draws of one seed: checks that look at the same state share it."""
    checks = {check.name: check for check in CHECKS}
    return [row for name, is_planted in asked for row in _drawn(checks[name], seed, is_planted)]


def _drawn(check: Check, seed: int, is_planted: bool) -> list[Row]:
    """The draws of one state as rows; one row without numbers where the estimator refuses to answer."""
    place = {"question": check.question, "check": check.name, "seed": seed, "is_planted": is_planted}
    try:
        return [{**place, **asdict(draw), "refused": False} for draw in check.draw(seed, is_planted)]
    except PartnerlibError:
        return [{**place, "term": "", "refused": True}]


def run(states: int | None = None, only: Sequence[str] = (), jobs: int = 2) -> pd.DataFrame:
    """All draws asked for; what earlier runs of the same code have drawn is read."""
    chosen = [check for check in CHECKS if not only or check.question in only or check.name in only]
    asked = {
        (check.name, seed, is_planted)
        for check in chosen
        for seed in range(1, (states or check.states) + 1)
        for is_planted in (True, False)
    }
    stores = {question: _store(question) for question in dict.fromkeys(check.question for check in chosen)}
    kept = [row for store in stores.values() for row in _read(store)]
    done = {_key(row) for row in kept}
    left: dict[int, list[Asked]] = defaultdict(list)
    for name, seed, is_planted in sorted(asked - done, key=lambda key: (key[1], key[0], not key[2])):
        left[seed].append((name, is_planted))
    for rows in _in_parallel(left, jobs):
        for question, store in stores.items():
            with store.open("a") as out:
                out.writelines(json.dumps(row) + "\n" for row in rows if row["question"] == question)
        kept.extend(rows)
    return _ordered(pd.DataFrame([row for row in kept if _key(row) in asked]))


def stored() -> pd.DataFrame:
    """The draws as they were kept."""
    return pd.read_csv(DRAWS, dtype={"term": "str"}).assign(term=lambda frame: frame["term"].fillna(""))


def write(draws: pd.DataFrame) -> pd.DataFrame:
    """Keep the draws, and the table that the study prints."""
    draws.to_csv(DRAWS, index=False, lineterminator="\n", float_format=f"%.{PRECISION}g")
    table = summary(stored())
    table.round(DIGITS).to_csv(TABLE, index=False, lineterminator="\n")
    return table


def _key(row: Row) -> tuple[str, int, bool]:
    return row["check"], row["seed"], row["is_planted"]


def _store(question: str) -> Path:
    WORK.mkdir(parents=True, exist_ok=True)
    return WORK / f"{question}-{code_key(HERE / 'checks' / f'{question}.py')}.jsonl"


def _read(store: Path) -> list[Row]:
    """The rows of a store; a line that an ended run left half written is taken out of it."""
    if not store.exists():
        return []
    lines = [line for line in store.read_text().splitlines(keepends=True) if line.endswith("}\n")]
    store.write_text("".join(lines))
    return [json.loads(line) for line in lines]


def _in_parallel(left: dict[int, list[Asked]], jobs: int) -> Iterator[list[Row]]:
    bar = Progress(TextColumn("states"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with bar, ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        task = bar.add_task("states", total=len(left))
        asked = [pool.submit(draws_of, seed, names) for seed, names in sorted(left.items())]
        for future in as_completed(asked):
            yield future.result()
            bar.advance(task)


def _ordered(draws: pd.DataFrame) -> pd.DataFrame:
    """Draws in the order of the checks, then of seeds."""
    place = {check.name: position for position, check in enumerate(CHECKS)}
    ordered = draws.assign(place=draws["check"].map(place))
    ordered = ordered.sort_values(["place", "is_planted", "seed"], ascending=[True, False, True], kind="stable")
    return ordered.drop(columns="place").reset_index(drop=True)
