"""Blocks attacked side by side: each goes to a process with what it needs, and comes back as findings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context

import pandas as pd

from partnerlib.disclosure.audit.block_attack import Task, attack_block, parts_left, shown, updated

WORTH_PROCESSES = 12
"""Fewest blocks for which processes of their own are started: a start costs two seconds."""


def attacked(due: Mapping[str, Task], jobs: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """The findings of each block, when it is done; side by side where it is worth starting processes.

    A block of which much is left open goes out again in parts of `CHUNK` counts, the same whatever the processes.
    """
    if jobs < 2 or len(due) < WORTH_PROCESSES:
        for key, task in due.items():
            whole = attack_block(task)
            for part in parts_left(task, whole):
                whole = updated(whole, attack_block(part).assign(is_due=False))
            yield key, shown(whole)
        return
    # A process has one core: threads of its own would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    wholes: dict[str, pd.DataFrame] = {}
    waiting: dict[Future[pd.DataFrame], str] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for key in sorted(due, key=lambda key: -due[key].size):
            waiting[pool.submit(attack_block, due[key])] = key
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
