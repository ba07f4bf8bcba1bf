"""Blocks attacked side by side: each goes to a process with what it needs, and comes back as findings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context

import pandas as pd

from partnerlib.disclosure.audit.block_attack import Task, attack_block, parts_left, shown, updated

WORTH_PROCESSES = 12
"""Fewest blocks for which processes of their own are started: a start costs two seconds."""


Findings = Iterator[tuple[str, pd.DataFrame]]


@contextmanager
def attacking(due: Mapping[str, Task], jobs: int) -> Iterator[Findings]:
    """The findings of each block, when it is done; side by side where it is worth starting processes.

    They are at work from here on, whatever else is done before the findings are taken. A block of which much is left
    open goes out again in parts of `CHUNK` counts, the same whatever the processes.
    """
    if jobs < 2 or len(due) < WORTH_PROCESSES:
        yield _in_turn(due)
        return
    # A process has one core: threads of its own would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        largest_first = sorted(due, key=lambda key: -due[key].size)
        yield _when_done(pool, due, {pool.submit(attack_block, due[key]): key for key in largest_first})
    finally:
        pool.shutdown(cancel_futures=True)


def _in_turn(due: Mapping[str, Task]) -> Findings:
    for key, task in due.items():
        whole = attack_block(task)
        for part in parts_left(task, whole):
            whole = updated(whole, attack_block(part).assign(is_due=False))
        yield key, shown(whole)


def _when_done(pool: Executor, due: Mapping[str, Task], waiting: dict[Future[pd.DataFrame], str]) -> Findings:
    wholes: dict[str, pd.DataFrame] = {}
    while waiting:
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            key, found = waiting.pop(future), future.result()
            if key not in wholes:
                wholes[key] = found
                waiting |= {pool.submit(attack_block, part): key for part in parts_left(due[key], found)}
            else:
                wholes[key] = updated(wholes[key], found.assign(is_due=False))
            if key not in waiting.values():
                yield key, shown(wholes.pop(key))
