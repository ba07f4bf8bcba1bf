"""The audit of a whole release: every set it counts, every count that could tell something small, every attacker.

Attackers: the public; every provider; every district; a provider and a district together. The public may not be left
with fewer than three whole numbers, an organization that knows its own people not with fewer than two. What is not
proved counts as exposed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.alone import shares_alone
from partnerlib.disclosure.audit.block_attack import FINDING_COLUMNS, PUBLIC, Task
from partnerlib.disclosure.audit.blocks import blocks, names_of, printed_about, samples_of
from partnerlib.disclosure.audit.means import exposed_means
from partnerlib.disclosure.audit.remembered import Looked, Memory
from partnerlib.disclosure.audit.side_by_side import attacking
from partnerlib.disclosure.audit.statements import Statements, statements
from partnerlib.disclosure.audit.subgroups import subgroups
from partnerlib.disclosure.audit.true_counts import slices
from partnerlib.disclosure.audit.worlds import Counted
from partnerlib.disclosure.policy import Policy


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
    earlier_means: pd.DataFrame | None = None,
) -> Audit:
    """Attack every count of a release, starting from the internal aggregates as the world to be told apart.

    Parameters
        seconds: longest one question to the solver may take, of work; without an answer the count is exposed
        memory: findings of earlier rounds; what is printed as before is not attacked again
        jobs: processes that attack blocks side by side
        earlier: cells of earlier releases about the same people, under the same names of sets
        earlier_means: means of earlier releases that the data still give
    """
    said = statements(cells if earlier is None else pd.concat([cells, earlier], ignore_index=True), definitions)
    parts = slices(aggregates)
    memory = Memory() if memory is None else memory
    keys = {_key(counted, said, policy): counted for counted in blocks(definitions, parts, samples_of(cells))}
    printed = {key: printed_about(counted, said) for key, counted in keys.items()}
    due = {
        key: Task(
            counted, *_needed(counted, parts, said), policy, seconds, memory.proved(counted, policy, printed[key])
        )
        for key, counted in keys.items()
        if key not in memory.findings
    }
    every_mean = cells if earlier_means is None else pd.concat([cells, earlier_means], ignore_index=True)
    with attacking(due, jobs) as ended:
        of_subgroups = subgroups(keys.values(), said, definitions, parts, policy, seconds, memory.subgroups)
        beside = [
            _of_means(exposed_means(every_mean, definitions, parts, policy), policy),
            _of_shares(shares_alone(cells, definitions, policy), policy),
            of_subgroups.assign(kind="counted")[list(FINDING_COLUMNS)],
        ]
        for key, findings in ended:
            progress(f"attacked {keys[key].sets[0]}")
            memory.keep(key, keys[key], policy, Looked(printed[key], findings))
    found = [*(memory.findings[key] for key in keys), *beside]
    findings = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    is_open = (findings["values"] < policy.complement.public) | (
        findings["values_insider"] < policy.complement.insiders
    )
    return Audit(findings, findings[is_open].reset_index(drop=True))


def _needed(
    counted: Counted, parts: Mapping[str, pd.DataFrame], said: Statements
) -> tuple[dict[str, pd.DataFrame], Statements]:
    """The counts and statements of one block."""
    measures = {counted.measure, counted.among_source[0], *(name for name, _ in counted.around_sources)}
    about = {name: said.about(name) for name in names_of(counted)}
    return {name: parts[name] for name in measures if name in parts}, Statements(said.rows.iloc[:0], about)


def _of_means(means: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Leftover means among the findings: enough values, or the one that the printed means give away."""
    values = np.where(means["is_exposed"], 1, policy.complement.public)
    return means.assign(
        set="", kind="mean", by="", of="", count=means["people"], size=means["people"], values=values,
        values_insider=values, least=means["people"], most=means["people"],
        attacker=np.where(means["is_exposed"], PUBLIC, ""),
    )[list(FINDING_COLUMNS)]  # fmt: skip


def _of_shares(shares: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Shares that are part of no sum among the findings; nobody's own people narrow them."""
    exposed = np.where(shares["values"] < policy.complement.public, PUBLIC, "")
    return shares.assign(
        kind="counted", by="", of="", count=shares["least"], values_insider=shares["values"], attacker=exposed
    )[list(FINDING_COLUMNS)]  # fmt: skip


def _key(counted: Counted, said: Statements, policy: Policy) -> str:
    digest = hashlib.sha256(repr((counted, policy.sha256)).encode())
    for name in (*counted.sets, counted.among, *counted.around):
        digest.update(pd.util.hash_pandas_object(said.about(name), index=False).to_numpy().tobytes())
    return digest.hexdigest()


def audit_block(
    counted: Counted, parts: Mapping[str, pd.DataFrame], said: Statements, policy: Policy, seconds: float
) -> pd.DataFrame:
    """The findings of one block; none where the release prints nothing about it."""
    with attacking({"": Task(counted, parts, said, policy, seconds)}, jobs=1) as ended:
        return next(findings for _, findings in ended)
