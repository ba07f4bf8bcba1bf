"""Patterns of withheld cells compared: the share withheld, and what each reader still finds."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.ranges import ranges
from partnerlib.disclosure.audit.system import fixed
from partnerlib.disclosure.demonstration import attacked, known_of
from partnerlib.disclosure.protection.additive import AdditiveTable, Marks, crossed
from partnerlib.disclosure.protection.complementary import optimum, suppressed

SIZE, THRESHOLD = (12, 10), 6
MARGINS = ("rows", "columns", "total")

RUN = """
import sys, io, json, contextlib, pandas as pd
with contextlib.redirect_stdout(sys.stderr):
    import gconfid
    given = json.load(sys.stdin)
    cells, sums = pd.DataFrame(given["cells"]), pd.DataFrame(given["sums"])
    done = gconfid.Suppression(incell=cells, inconstraint=sums, outsuppress="pandas", capture=True).outsuppress
hidden = done.loc[done["OutStatus"].isin(["S", "X"]), "CellId"].astype(int)
print("hidden " + " ".join(map(str, hidden)))
"""
"""What the other interpreter runs: one table in, numbers of the withheld cells out."""


def invented(seed: int, insiders: bool = True) -> AdditiveTable:
    """A table of lognormal counts with its margins, of which none is withheld."""
    counts = np.rint(np.random.default_rng(seed).lognormal(2.3, 1.0, SIZE)).astype(np.int64)
    return crossed(counts, THRESHOLD, insiders=insiders, kept=MARGINS)


def ours(tables: int) -> dict[str, dict[str, float]]:
    """Primary suppression alone, our patterns against the public alone, the optimum of those, and against insiders."""
    return {
        "small cells alone": _measured(tables, lambda seed: invented(seed).primary),
        "ours, against the public": _measured(tables, lambda seed: suppressed(invented(seed, False)).hidden),
        "optimum, against the public": _measured(tables, lambda seed: optimum(invented(seed, False)).hidden),
        "ours, against insiders too": _measured(tables, lambda seed: suppressed(invented(seed)).hidden),
    }


def theirs(tables: int, python: Path) -> dict[str, dict[str, float]]:
    """G-Confid's default patterns, made by an interpreter of its own."""
    return {"G-Confid": _measured(tables, lambda seed: _by_gconfid(invented(seed), python))}


def _measured(tables: int, pattern: Callable[[int], Marks]) -> dict[str, float]:
    start = time.perf_counter()
    patterns = [pattern(seed) for seed in range(tables)]
    seconds = (time.perf_counter() - start) / tables
    found = []
    for seed, hidden in enumerate(patterns):
        table = invented(seed)
        primary, filled = max(int(table.primary.sum()), 1), table.counts > 0
        public = attacked(table, hidden, readers={})[0].exact
        found.append((float(hidden[filled].mean()), public / primary, len(_found_by_owners(table, hidden)) / primary))
    share, exact, told = np.mean(found, axis=0)
    return {"share": float(share), "public": float(exact), "insiders": float(told), "seconds": seconds}


def _found_by_owners(table: AdditiveTable, hidden: Marks) -> set[int]:
    """Small counts that the owner of some row or column, who knows its own, finds exactly."""
    system = known_of(table, hidden)
    found: set[int] = set()
    for cells in table.owners.values():
        asked = np.setdiff1d(np.flatnonzero(table.primary & hidden), [*cells, *found])
        known = fixed(system, {int(cell): int(table.counts[cell]) for cell in cells})
        left = ranges(known, [{int(cell): 1} for cell in asked], 2, 60.0)
        found |= {int(cell) for cell, values in zip(asked, left, strict=True) if values.values == 1}
    return found


def _by_gconfid(table: AdditiveTable, python: Path) -> Marks:
    counts = table.counts
    filled = np.flatnonzero(counts > 0)
    status = np.where(table.primary, "S", np.where(table.kept, "P", "V"))
    cells = pd.DataFrame(
        {"CellId": filled + 1, "TotalNoise": counts[filled].astype(float), "Type": "C", "Status": status[filled],
         "Sensitivity": np.where(table.primary[filled], 2.0, -1.0)}
    )  # fmt: skip
    sums = table.sums.tocoo()
    constraints = pd.DataFrame(
        {"ConstraintId": sums.coords[0] + 1, "CellId": sums.coords[1] + 1, "Coefficient": sums.data.astype(float)}
    )
    constraints = constraints[constraints["CellId"].isin(cells["CellId"])]
    given: dict[str, Any] = {"cells": cells.to_dict("list"), "sums": constraints.to_dict("list")}
    ran = subprocess.run([str(python), "-c", RUN], input=json.dumps(given), check=True, capture_output=True, text=True)
    hidden = np.zeros(len(counts), dtype=bool)
    numbers = next(line for line in ran.stdout.splitlines() if line.startswith("hidden ")).split()[1:]
    hidden[[int(number) - 1 for number in numbers]] = True
    return hidden
