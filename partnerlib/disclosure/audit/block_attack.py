"""The attack on one block: the flips for all of its counts, the solver for those they leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.blocks import years_of
from partnerlib.disclosure.audit.change_program import SOON, Attack
from partnerlib.disclosure.audit.exact import changes_for_public, exposed_to, named
from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.layout import Place
from partnerlib.disclosure.audit.narrowed import narrowed
from partnerlib.disclosure.audit.nearest_worlds import Nearest
from partnerlib.disclosure.audit.remembered import kind_shown, with_proved
from partnerlib.disclosure.audit.rooms import BlockRooms, rooms_of
from partnerlib.disclosure.audit.statements import Statements
from partnerlib.disclosure.audit.system import SolverGaveUp
from partnerlib.disclosure.audit.targets import UNLISTED, targets_of
from partnerlib.disclosure.audit.true_counts import world
from partnerlib.disclosure.audit.worlds import Counted, Ints
from partnerlib.disclosure.policy import Policy

PUBLIC = "public"

FINDING_COLUMNS = (
    "measure", "set", "kind", "unit_kind", "unit_code", "by", "of", "first", "last", "count", "size", "values",
    "values_insider", "least", "most", "attacker",
)  # fmt: skip
"""`kind`: `size` where the number of people itself could be found, else `counted`; `by` and `of`: a subgroup."""

CHUNK = 100
"""Counts of a block that one process puts to the solver: worlds found for one of them often serve the others."""


@dataclass(frozen=True)
class Task:
    """One block with what is needed to attack it, and no more: it may go to another process."""

    counted: Counted
    parts: Mapping[str, pd.DataFrame]
    said: Statements
    policy: Policy
    seconds: float
    proved: pd.DataFrame | None = None
    """Counts that are known to be safe from when more was printed."""
    findings: pd.DataFrame | None = None
    """Counts left open that are still to be put to the solver; None where the whole block is still to be attacked."""

    @property
    def size(self) -> int:
        """How long a block will take, roughly: by what is printed about it, and by its levels."""
        levels = len(self.counted.sets)
        return levels * levels * sum(len(rows) for rows in self.said.by_set.values())


def attack_block(task: Task) -> pd.DataFrame:
    """The findings of a block with a first part of what is left open put to the solver; or a further part of it."""
    least = (task.policy.complement.public, task.policy.complement.insiders)
    rooms, runs = _rooms(task.counted, task.parts, task.said)
    if rooms is None:
        return pd.DataFrame(columns=list(FINDING_COLUMNS)) if task.findings is None else task.findings
    few = [narrowed(rooms, run) for run in runs]
    if task.findings is not None:
        return _asked(rooms, few, task.findings, least, task.seconds)
    findings = pd.concat([_looked_at(each, task.policy, task.proved) for each in few], ignore_index=True)
    asked = _asked(rooms, few, findings[_is_open(findings, least)].iloc[:CHUNK], least, task.seconds)
    return updated(findings.assign(is_due=_is_open(findings, least)), asked.assign(is_due=False))


def _is_open(findings: pd.DataFrame, least: tuple[int, int]) -> pd.Series:
    return (findings["values"] < least[0]) | (findings["values_insider"] < least[1])


def updated(findings: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The findings with some of their rows replaced."""
    return pd.concat([findings.drop(index=asked.index), asked]).loc[findings.index]


def parts_left(task: Task, findings: pd.DataFrame) -> list[Task]:
    """What is still to be put to the solver of a block, in parts."""
    rows = findings[findings["is_due"]] if "is_due" in findings else findings.iloc[:0]
    return [replace(task, findings=rows.iloc[at : at + CHUNK]) for at in range(0, len(rows), CHUNK)]


def shown(findings: pd.DataFrame) -> pd.DataFrame:
    kinds = kind_shown(findings["unit_kind"].astype("str"))
    return findings.assign(unit_kind=kinds, by="", of="")[list(FINDING_COLUMNS)]


def _rooms(
    counted: Counted, parts: Mapping[str, pd.DataFrame], said: Statements
) -> tuple[BlockRooms | None, list[Truths]]:
    """What is printed about a block around the true counts, None where that is nothing; and its cohorts asked about.

    Those that something is printed of below the state come in one run; others, which the state alone is printed of,
    in the runs before and after. Of the cohorts that sizes tie to these nothing can be asked yet.
    """
    own = pd.concat([said.about(name) for name in counted.sets])
    around = pd.concat([said.about(name) for name in (counted.among, *counted.around) if name] or [own.iloc[:0]])
    own, around = (part[part["unit_kind"].isin(counted.kinds)] for part in (own, around))
    rows = own if len(own) else around
    if rows.empty or counted.measure not in parts:
        return None, []
    years = years_of(counted, parts, said)
    asked = [year for year in range(int(rows["first"].min()), int(rows["last"].max()) + 1) if year in years[0].observed]
    if not asked:
        return None, []
    tied = _tied(asked, pd.concat([own, around]))
    for each in years[1:]:
        said = said.and_nobody(each.name, each.empty) if each.empty else said
    known = frozenset[int]().union(*(each.known for each in years))
    rooms = rooms_of(world(counted, parts, [year for year in tied if year in known], years), said)
    return rooms, _runs(rooms.world.cohorts, asked, rows)


def _runs(cohorts: Ints, asked: list[int], rows: pd.DataFrame) -> list[Truths]:
    """The cohorts asked about that follow each other, below the state or of the state alone: shape (cohorts,) each."""
    smaller = rows[rows["unit_kind"] != "state"]
    of = smaller if len(smaller) else rows
    part = np.digitize(cohorts, [of["first"].min(), of["last"].max() + 1])
    part[~np.isin(cohorts, asked)] = -1
    run = np.cumsum(np.diff(part, prepend=part[0]) != 0)
    return [run == at for at in np.unique(run[part >= 0])]


def _tied(asked: list[int], said: pd.DataFrame) -> range:
    """Cohorts that windows of counts and sizes, the state's included, tie to those asked about.

    A size of three cohorts, of which the newest two stand by themselves, is the size of the first: the two belong to
    the block even when nothing is known yet of what became of them.
    """
    windows = said[["first", "last"]].drop_duplicates().to_numpy()
    first, last = asked[0], asked[-1]
    while True:
        tied = windows[(windows[:, 0] <= last) & (windows[:, 1] >= first)]
        reach = min([first, *tied[:, 0]]), max([last, *tied[:, 1]])
        if reach == (first, last):
            return range(first, last + 1)
        first, last = reach


def _looked_at(rooms: BlockRooms, policy: Policy, proved: pd.DataFrame | None) -> pd.DataFrame:
    """What the flips prove of every count of a block, or was proved of it before."""
    counted = rooms.world.counted
    kind = "size" if counted.role == "denominator" or not counted.among else "counted"
    findings = targets_of(rooms, policy.thresholds.people).assign(measure=counted.measure, kind=kind, attacker="")
    return findings if proved is None else with_proved(findings, proved)


def _asked(
    rooms: BlockRooms, few: list[BlockRooms], findings: pd.DataFrame, least: tuple[int, int], seconds: float
) -> pd.DataFrame:
    """The findings that the flips left open, with what the solver adds: in few cohorts first, then in all of them."""
    stages = [(part, min(SOON, seconds)) for part in few if part is not rooms]
    for part, longest in [*stages, (rooms, seconds)]:
        years = part.world.cohorts
        is_due = _is_open(findings, least) & (findings["first"] >= years[0]) & (findings["last"] <= years[-1])
        if is_due.any():
            findings = updated(findings, _solved(part, findings[is_due], least, longest))
    return findings


def _solved(rooms: BlockRooms, findings: pd.DataFrame, least: tuple[int, int], seconds: float) -> pd.DataFrame:
    """Open findings with what the solver adds."""
    small, nearest = rooms.world, Nearest(rooms, seconds)
    findings = findings.copy()
    for row_at, row in list(findings.iterrows()):
        cohorts = tuple(at for at, year in enumerate(small.cohorts) if row["first"] <= year <= row["last"])
        place = Place(row["unit_kind"], int(row["node"]), int(row["level"]), cohorts)
        attacker = ""
        try:
            if row["values"] < least[0]:
                changes = changes_for_public(nearest, place, least[0])
                found = min(len(changes), least[0])
                findings.loc[row_at, "values"] = max(found, row["values"])
                findings.loc[row_at, "least"] = min(row["least"], row["count"] + min(changes))
                findings.loc[row_at, "most"] = max(row["most"], row["count"] + max(changes))
                attacker = PUBLIC if found < least[0] else ""
            if not attacker and row["values_insider"] < least[1]:
                attack = exposed_to(nearest, place, _owner(rooms, row))
                findings.loc[row_at, "values_insider"] = row["values_insider"] if attack else least[1]
                attacker = "" if attack is None else named(nearest, attack) or PUBLIC
            elif attacker:
                findings.loc[row_at, "values_insider"] = min(row["values_insider"], 1)
        except SolverGaveUp as reason:
            findings.loc[row_at, ["values", "values_insider"]] = 0
            attacker = f"not proved: {reason}"
        findings.loc[row_at, "attacker"] = attacker
    return findings


def _owner(rooms: BlockRooms, row: pd.Series) -> Attack:
    """Whose own count a target is: that owner is no attacker of it."""
    if row["unit_kind"] == "program":
        kind = next(kind for kind in rooms.world.classifications if kind.name == "program")
        return Attack(provider=int(kind.provider[row["node"]]))
    side = str(row["unit_kind"]).removeprefix(f"{UNLISTED} ")
    if side == "provider":
        return Attack(provider=int(row["node"]))
    return Attack(district=int(row["node"])) if side == "district" else Attack()
