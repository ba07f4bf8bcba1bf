"""The audit of a whole release: every set it counts, every count that could tell something small, every attacker.

Attackers: the public; every provider; every district; a provider and a district together. The public may not be left
with fewer than three whole numbers, an organization that knows its own people not with fewer than two. What is not
proved counts as exposed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.alone import shares_alone
from partnerlib.disclosure.audit.exact import Attack, Nearest, changes_for_public, exposed_to, named
from partnerlib.disclosure.audit.means import exposed_means
from partnerlib.disclosure.audit.neighbourhoods import Place
from partnerlib.disclosure.audit.proofs import UNLISTED, BlockRooms, rooms_of, targets_of
from partnerlib.disclosure.audit.remembered import Looked, Memory, kind_shown, with_proved
from partnerlib.disclosure.audit.statements import COUNTABLE, Statements, statements
from partnerlib.disclosure.audit.system import SolverGaveUp
from partnerlib.disclosure.audit.worlds import Counted, slices, world
from partnerlib.disclosure.policy import Policy

PUBLIC = "public"

WORTH_PROCESSES = 12
"""Fewest blocks for which processes of their own are started: a start costs two seconds."""

FINDING_COLUMNS = (
    "measure", "set", "kind", "unit_kind", "unit_code", "first", "last", "count", "size", "values", "values_insider",
    "least", "most", "attacker",
)  # fmt: skip
"""`kind` is `size` where the number of people itself is what could be found, else `counted`."""

CHUNK = 100
"""Counts of a block that one process puts to the solver: worlds found for one of them often serve the others."""


@dataclass(frozen=True)
class Audit:
    """What the attack on a release found."""

    findings: pd.DataFrame
    """Every count that could tell something small; columns of FINDING_COLUMNS. Internal: it holds true counts."""
    exposed: pd.DataFrame
    """The rows of `findings` left with too few values, or not proved; `attacker` says to whom."""

    @property
    def is_clean(self) -> bool:
        return self.exposed.empty


def blocks(definitions: pd.DataFrame, parts: Mapping[str, pd.DataFrame], samples: Mapping[str, str]) -> list[Counted]:
    """Every set the release counts, once: levels that part a set together, then sizes nobody else counts.

    Of several measures that count the same set, the one observed in most cohorts stands for it.
    """
    sources = _sources(definitions, parts)
    within = {str(row.among): str(row.within) for row in definitions.itertuples()}
    kinds = {str(row.among): _kinds(row) for row in definitions.itertuples()}
    closed = {str(row.among): (row.providers == "equal", row.districts == "equal") for row in definitions.itertuples()}

    def around(name: str) -> tuple[str, ...]:
        """Larger sets whose counts are known for every kind of unit that this one's are."""
        larger = within.get(name, "")
        if not larger or larger not in sources or not set(kinds[name]) <= set(kinds[larger]):
            return ()
        return (larger, *around(larger))

    def block(sets: tuple[str, ...], among: str, measure: str, levels: tuple[str, ...], role: str) -> Counted:
        held = around(among) if among else ()
        return Counted(
            sets, among, measure, levels, role, sources.get(among, ("", "")), held,
            tuple(sources[name] for name in held), kinds[among or sets[0]], closed[among or sets[0]],
            tuple(closed[name] for name in (among or sets[0], *held)),
        )  # fmt: skip

    found: dict[tuple[tuple[str, ...], str], Counted] = {}
    countable = definitions[definitions["statistic"].isin(COUNTABLE) & (definitions["counted"] != "")]
    by_measure = {str(measure): rows for measure, rows in countable.groupby("measure", sort=False)}
    longest = sorted(by_measure, key=lambda name: -len(_observed(parts, name, str(by_measure[name]["level"].iloc[0]))))
    for measure, rows in ((name, by_measure[name]) for name in longest):
        together = rows["is_partition"].all() and len(rows) > 1
        for part in [rows] if together else [rows.iloc[[at]] for at in range(len(rows))]:
            sets, among = tuple(part["counted"].astype("str")), str(part["among"].iloc[0])
            whole = "" if sets == (among,) else among
            found.setdefault(
                (sets, whole), block(sets, whole, measure, tuple(part["level"].astype("str")), "numerator")
            )
    counted_alone = {name for sets, _ in found for name in sets}
    for among, (measure, level) in sources.items():
        if among not in counted_alone:
            parent = next(iter(around(among)), "")
            is_answering = bool(parent) and samples.get(sources[parent][0]) == samples.get(measure)
            found[((among,), "")] = replace(
                block((among,), parent, measure, (level,), "denominator"),
                kinds=kinds[among], closed=closed[among], is_answering=is_answering,
            )  # fmt: skip
    return list(found.values())


def _kinds(row: object) -> tuple[str, ...]:
    """Kinds of unit whose counts of a set add up."""
    related = {"providers": "provider", "programs": "program", "districts": "district", "partnerships": "partnership"}
    return (*(kind for name, kind in related.items() if getattr(row, name) != "none"), "state")


def _sources(definitions: pd.DataFrame, parts: Mapping[str, pd.DataFrame]) -> dict[str, tuple[str, str]]:
    """For every set of sizes, the measure and level whose denominators hold it in most cohorts."""
    best: dict[str, tuple[int, tuple[str, str]]] = {}
    for row in definitions.itertuples():
        measure, level = str(row.measure), str(row.level)
        if measure not in parts or row.statistic not in COUNTABLE:
            continue
        seen = len(_observed(parts, measure, level))
        if seen and seen > best.get(str(row.among), (-1, ("", "")))[0]:
            best[str(row.among)] = (seen, (measure, level))
    return {among: chosen for among, (_, chosen) in best.items() if among}


def _observed(parts: Mapping[str, pd.DataFrame], measure: str, level: str) -> set[int]:
    """Cohorts in which the state has somebody to ask; none for sizes that are sums of weights."""
    rows = parts.get(measure)
    if rows is None:
        return set()
    state = rows[(rows["unit_kind"] == "state") & (rows["group_value"] == level) & (rows["denominator"] > 0)]
    return set() if (state["denominator"] % 1 > 0).any() else set(state["cohort"].astype(int))


def audit_counts(
    cells: pd.DataFrame,
    definitions: pd.DataFrame,
    aggregates: pd.DataFrame,
    policy: Policy,
    seconds: float = 10.0,
    progress: Callable[[str], None] = lambda _message: None,
    memory: Memory | None = None,
    jobs: int = 1,
    earlier: pd.DataFrame | None = None,
) -> Audit:
    """Attack every count of a release, starting from the internal aggregates as the world to be told apart.

    Parameters
        seconds: longest one question to the solver may take, of work; without an answer the count is exposed
        memory: findings of earlier rounds; what is printed as before is not attacked again
        jobs: processes that attack blocks side by side
        earlier: cells of earlier releases about the same people, under the same names of sets
    """
    said = statements(cells if earlier is None else pd.concat([cells, earlier], ignore_index=True), definitions)
    parts = slices(aggregates)
    memory = Memory() if memory is None else memory
    keys = {_key(counted, said, policy): counted for counted in blocks(definitions, parts, _samples(cells))}
    printed = {key: _printed(counted, said) for key, counted in keys.items()}
    due = {
        key: Task(
            counted, *_needed(counted, parts, said), policy, seconds, memory.proved(counted, policy, printed[key])
        )
        for key, counted in keys.items()
        if key not in memory.findings
    }
    for key, findings in attacked(due, jobs):
        progress(f"attacked {keys[key].sets[0]}")
        memory.keep(key, keys[key], policy, Looked(printed[key], findings))
    found = [memory.findings[key] for key in keys]
    found.append(_of_means(exposed_means(cells, definitions, parts, policy), policy))
    found.append(_of_shares(shares_alone(cells, definitions, policy), policy))
    findings = pd.concat(found, ignore_index=True)
    is_open = (findings["values"] < policy.complement.public) | (
        findings["values_insider"] < policy.complement.insiders
    )
    return Audit(findings, findings[is_open].reset_index(drop=True))


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


def _needed(
    counted: Counted, parts: Mapping[str, pd.DataFrame], said: Statements
) -> tuple[dict[str, pd.DataFrame], Statements]:
    """The counts and statements of one block."""
    measures = {counted.measure, counted.among_source[0], *(name for name, _ in counted.around_sources)}
    about = {name: said.about(name) for name in _names(counted)}
    return {name: parts[name] for name in measures if name in parts}, Statements(said.rows.iloc[:0], about)


def _names(counted: Counted) -> list[str]:
    return [name for name in (*counted.sets, counted.among, *counted.around) if name]


def _printed(counted: Counted, said: Statements) -> pd.DataFrame:
    """Everything printed about the sets of a block."""
    return pd.concat([said.about(name) for name in _names(counted)], ignore_index=True)


def _attack(task: Task) -> pd.DataFrame:
    """The findings of a block with a first part of what is left open put to the solver; or a further part of it."""
    least = (task.policy.complement.public, task.policy.complement.insiders)
    if task.findings is not None:
        rooms = _rooms(task.counted, task.parts, task.said)
        return task.findings if rooms is None else _asked(rooms, task.findings, least, task.seconds)
    rooms, findings = _looked_at(task.counted, task.parts, task.said, task.policy, task.proved)
    if rooms is None:
        return findings
    asked = _asked(rooms, findings[_is_open(findings, least)].iloc[:CHUNK], least, task.seconds)
    return _updated(findings.assign(is_due=_is_open(findings, least)), asked.assign(is_due=False))


def _is_open(findings: pd.DataFrame, least: tuple[int, int]) -> pd.Series:
    return (findings["values"] < least[0]) | (findings["values_insider"] < least[1])


def _updated(findings: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The findings with some of their rows replaced."""
    return pd.concat([findings.drop(index=asked.index), asked]).loc[findings.index]


def attacked(due: Mapping[str, Task], jobs: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """The findings of each block, when it is done; side by side where it is worth starting processes.

    A block of which much is left open goes out again in parts of `CHUNK` counts, the same whatever the processes.
    """
    if jobs < 2 or len(due) < WORTH_PROCESSES:
        for key, task in due.items():
            whole = _attack(task)
            for part in _parts(task, whole):
                whole = _updated(whole, _attack(part).assign(is_due=False))
            yield key, _shown(whole)
        return
    # A process has one core: threads of its own would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    wholes: dict[str, pd.DataFrame] = {}
    waiting: dict[Future[pd.DataFrame], str] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for key in sorted(due, key=lambda key: -due[key].size):
            waiting[pool.submit(_attack, due[key])] = key
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                key, found = waiting.pop(future), future.result()
                if key not in wholes:
                    wholes[key] = found
                    waiting |= {pool.submit(_attack, part): key for part in _parts(due[key], found)}
                else:
                    wholes[key] = _updated(wholes[key], found.assign(is_due=False))
                if key not in waiting.values():
                    yield key, _shown(wholes.pop(key))


def _parts(task: Task, findings: pd.DataFrame) -> list[Task]:
    """What is still to be put to the solver of a block, in parts."""
    rows = findings[findings["is_due"]] if "is_due" in findings else findings.iloc[:0]
    return [replace(task, findings=rows.iloc[at : at + CHUNK]) for at in range(0, len(rows), CHUNK)]


def _shown(findings: pd.DataFrame) -> pd.DataFrame:
    return findings.assign(unit_kind=kind_shown(findings["unit_kind"].astype("str")))[list(FINDING_COLUMNS)]


def _of_means(means: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Leftover means among the findings: enough values, or the one that the printed means give away."""
    values = np.where(means["is_exposed"], 1, policy.complement.public)
    return means.assign(
        set="", kind="mean", count=means["people"], size=means["people"], values=values, values_insider=values,
        least=means["people"], most=means["people"], attacker=np.where(means["is_exposed"], PUBLIC, ""),
    )[list(FINDING_COLUMNS)]  # fmt: skip


def _of_shares(shares: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Shares that are part of no sum among the findings; nobody's own people narrow them."""
    exposed = np.where(shares["values"] < policy.complement.public, PUBLIC, "")
    return shares.assign(
        kind="counted", count=shares["least"], values_insider=shares["values"], attacker=exposed
    )[list(FINDING_COLUMNS)]  # fmt: skip


def _key(counted: Counted, said: Statements, policy: Policy) -> str:
    digest = hashlib.sha256(repr((counted, policy.sha256)).encode())
    for name in (*counted.sets, counted.among, *counted.around):
        digest.update(pd.util.hash_pandas_object(said.about(name), index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _samples(cells: pd.DataFrame) -> dict[str, str]:
    """The sample each measure rests on: a size within the same sample says who answered, not what people did."""
    named = cells.drop_duplicates("measure")
    return dict(zip(named["measure"].astype("str"), named["sample_id"].astype("str"), strict=True))


def audit_block(
    counted: Counted, parts: Mapping[str, pd.DataFrame], said: Statements, policy: Policy, seconds: float
) -> pd.DataFrame:
    """The findings of one block; none where the release prints nothing about it."""
    return next(findings for _, findings in attacked({"": Task(counted, parts, said, policy, seconds)}, jobs=1))


def _rooms(counted: Counted, parts: Mapping[str, pd.DataFrame], said: Statements) -> BlockRooms | None:
    """What is printed about a block around the true counts; None where that is nothing."""
    own = pd.concat([said.about(name) for name in counted.sets])
    around = pd.concat([said.about(name) for name in (counted.among, *counted.around) if name] or [own.iloc[:0]])
    rows = own if len(own) else around
    rows = rows[rows["unit_kind"].isin(counted.kinds)]
    if rows.empty or counted.measure not in parts:
        return None
    smaller = rows[rows["unit_kind"] != "state"]
    of = smaller if len(smaller) else rows
    # Another measure that counts the same set may be observed in more cohorts: those are looked at with it.
    observed = _observed(parts, counted.measure, counted.levels[0])
    cohorts = [year for year in range(int(of["first"].min()), int(of["last"].max()) + 1) if year in observed]
    return rooms_of(world(counted, parts, cohorts), said) if cohorts else None


def _looked_at(
    counted: Counted,
    parts: Mapping[str, pd.DataFrame],
    said: Statements,
    policy: Policy,
    proved: pd.DataFrame | None,
) -> tuple[BlockRooms | None, pd.DataFrame]:
    """What the flips prove of every count of a block, or was proved of it before."""
    rooms = _rooms(counted, parts, said)
    if rooms is None:
        return None, pd.DataFrame(columns=list(FINDING_COLUMNS))
    kind = "size" if counted.role == "denominator" or not counted.among else "counted"
    findings = targets_of(rooms, policy.thresholds.people).assign(measure=counted.measure, kind=kind, attacker="")
    return rooms, findings if proved is None else with_proved(findings, proved)


def _asked(rooms: BlockRooms, findings: pd.DataFrame, least: tuple[int, int], seconds: float) -> pd.DataFrame:
    """The findings that the flips left open, with what the solver adds."""
    if findings.empty:
        return findings
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
