"""From internal aggregates to something that may be sealed: protect, attack, tell less, until nobody is exposed.

What protects knows nothing of what attacks, and the other way round; only here do they meet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
from pyarrow import parquet, types

from partnerlib.disclosure.audit.certificate import certificate
from partnerlib.disclosure.audit.earlier import Beside, beside
from partnerlib.disclosure.audit.release_audit import Audit, audit_counts
from partnerlib.disclosure.audit.remembered import Memory
from partnerlib.disclosure.audit.silence import said_beside
from partnerlib.disclosure.cells import KEY
from partnerlib.disclosure.ledger import Earlier
from partnerlib.disclosure.policy import Policy
from partnerlib.disclosure.protection import Loss, Protected, protect, withhold
from partnerlib.disclosure.protection.relations import Relations
from partnerlib.disclosure.versions import small_differences
from partnerlib.disclosure.zones import Aggregates
from partnerlib.errors import ReleaseRefused

ROUNDS = 40
"""Most times a release tells less before it is given up."""

STRIDES = (1, 3, 6, 12)
"""Steps taken at once for a quantity that is exposed for the first time, the second, ... and from then on."""

STUBBORN, HOPELESS = 3, 4
"""Times from which on the larger sets that a quantity is part of tell less, too; and whoever tells less, nothing."""

SECONDS = 10.0
"""Longest one question to the solver may take; without an answer the quantity counts as exposed."""

PATIENCE = 60.0
"""The same where what is published already is attacked: it can tell no less, so an answer is worth waiting for."""

DECIMALS = 3
"""Decimals of a published share of what is withheld: it tells how much, and not of how many."""

UNPROVED = "not proved"
"""What stands in place of an attacker where the solver gave no answer, with its reason."""

Owner = tuple[str, str]
"""Kind and code of the organization a release is for."""


@dataclass(frozen=True)
class Passed:
    """A release as it came out of the gate: what is printed, what it cost, and what attackers still find."""

    cells: pd.DataFrame = field(repr=False)
    definitions: pd.DataFrame = field(repr=False)
    loss: Mapping[str, Any]
    exposed: tuple[str, ...]
    """Quantities that can be found, by cell and attacker; none where the policy refuses them."""
    summary: Mapping[str, Mapping[str, int]]
    """For each kind of attacker, how many quantities were asked for and how many are exposed."""
    certificate: bytes = field(repr=False)
    reasons: pd.DataFrame = field(repr=False)
    """Key of every cell that could be published, `why` it is not, and whether its unit is listed. Internal."""
    earlier: Mapping[str, int] = field(default_factory=dict)
    """How many sets of earlier releases were attacked together with this one, and how many only compared."""
    already: tuple[str, ...] = ()
    """Quantities that earlier releases give away by themselves, and this one adds nothing to."""


def read_aggregates(estimates: Path) -> Aggregates:
    """The estimates of a year for the gate: every word is held once, and not once in each row.

    A state's four million rows take half a gigabyte so, and two and a half as they come.
    """
    schema = parquet.read_schema(estimates)
    words = [column.name for column in schema if types.is_string(column.type) or types.is_large_string(column.type)]
    table = parquet.read_table(estimates, read_dictionary=words)
    frame = table.to_pandas(split_blocks=True, self_destruct=True)
    del table
    pyarrow.default_memory_pool().release_unused()
    return Aggregates(frame)


def pass_gate(
    aggregates: Aggregates,
    policy: Policy,
    relations: Relations,
    is_synthetic: bool,
    earlier: Sequence[Earlier] = (),
    owner: Owner | None = None,
    progress: Callable[[str], None] = lambda _message: None,
    jobs: int = 2,
    seconds: float = SECONDS,
) -> Passed:
    """Protect the aggregates of a year until no attacker finds anybody, beside every earlier release.

    What is still exposed after the last round is named in the result; sealing refuses it.

    Parameters
        jobs: processes that attack side by side
        seconds: longest one question to the solver may take
    """
    progress("protecting")
    memory = Memory()
    protected = protect(aggregates.frame, policy, relations, is_synthetic, owner)
    protected = _without_small_differences(protected, earlier, policy)
    earlier = [release for release in earlier if not release.cells.empty]
    before = beside(protected.cells, protected.definitions, aggregates.frame, earlier)
    times: Counter[Hashable] = Counter()
    if earlier:
        progress(_told(before, earlier))
    for attempt in range(1, ROUNDS + 1):
        progress(f"attacking what would be published, round {attempt}")
        found = audit_counts(
            protected.cells,
            before.definitions,
            aggregates.frame,
            policy,
            seconds,
            progress=progress,
            memory=memory,
            jobs=jobs,
            earlier=before.cells,
            earlier_means=before.means,
        )
        exposed, already = _of_others(found.exposed, owner), None
        if not exposed.empty and before.says_something:
            alone = _known_before(protected.cells, before, aggregates, policy, memory, seconds)
            exposed, already = _added(exposed, alone, policy)
        if exposed.empty or policy.on_exposure == "state" or attempt == ROUNDS:
            break
        times.update(exposed[PLACE].itertuples(index=False, name=None))
        try:
            protected = withhold(protected, _places(exposed, protected.definitions, attempt, times))
        except ReleaseRefused as refused:
            raise _with_unproved(refused, exposed) from None
        protected = _without_small_differences(protected, earlier, policy)
    given_away = () if already is None else tuple(_named(row) for row in already.itertuples(index=False))
    for known in given_away:
        progress(f"already exposed by an earlier release, which this one adds nothing to: {known}")
    return Passed(
        cells=protected.cells,
        definitions=protected.definitions,
        loss=_shares(protected.loss),
        exposed=(
            *(_named(row) for row in exposed.itertuples(index=False)),
            *_beside(protected.cells, protected.definitions, aggregates, policy, owner),
        ),
        summary=_summary(found, exposed, policy),
        certificate=certificate(found.findings),
        reasons=_reasons(protected),
        earlier=before.told if earlier else {},
        already=given_away,
    )


@dataclass(frozen=True)
class Verdict:
    """What attackers find in a release as it was published."""

    exposed: tuple[str, ...]
    summary: Mapping[str, Mapping[str, int]]
    already: tuple[str, ...] = ()
    """What earlier releases give away by themselves, and this one adds nothing to."""


def attack(
    cells: pd.DataFrame,
    definitions: pd.DataFrame,
    policy: Policy,
    reference: Aggregates,
    owner: Owner | None = None,
    progress: Callable[[str], None] = lambda _message: None,
    earlier: Sequence[Earlier] = (),
    seconds: float = PATIENCE,
    jobs: int = 2,
) -> Verdict:
    """Attack published cells, whoever protected them, together with what earlier releases printed.

    Parameters
        jobs: processes that attack side by side
        seconds: longest one question to the solver may take
    """
    before = beside(cells, definitions, reference.frame, earlier)
    if earlier:
        progress(_told(before, earlier))
    memory = Memory()
    found = audit_counts(
        cells, before.definitions, reference.frame, policy, seconds, progress=progress, memory=memory, jobs=jobs,
        earlier=before.cells, earlier_means=before.means,
    )  # fmt: skip
    exposed, already = _of_others(found.exposed, owner), found.exposed.iloc[:0]
    if not exposed.empty and before.says_something:
        exposed, already = _added(exposed, _known_before(cells, before, reference, policy, memory, seconds), policy)
    return Verdict(
        exposed=(
            *(_named(row) for row in exposed.itertuples(index=False)),
            *_beside(cells, definitions, reference, policy, owner),
            *(f"{row.measure}, {row.unit_kind}:{row.unit_code}, {row.cohort}: a few people from an earlier release"
              for row in small_differences(cells, earlier, policy.thresholds.people).itertuples()),
        ),
        summary=_summary(found, exposed, policy),
        already=tuple(_named(row) for row in already.itertuples(index=False)),
    )  # fmt: skip


COLUMNS_ASKED = (
    "measure", "set", "kind", "unit_kind", "unit_code", "by", "of", "cohort", "window_years", "steps",
    "is_nothing_told", "is_proved",
)  # fmt: skip

NUMBERS = ("value", "value_low", "value_high", "low", "high", "n", "n_low", "n_high", "people")
"""Columns of a cell that tell something."""

PLACE = ["measure", "set", "kind", "unit_kind", "unit_code", "by", "of", "first", "last"]
"""What names a quantity that attackers ask for."""


def _known_before(
    cells: pd.DataFrame, before: Beside, aggregates: Aggregates, policy: Policy, memory: Memory, seconds: float
) -> pd.DataFrame:
    """What earlier releases expose by themselves: nothing that the new one prints is read, its totals neither."""
    numbers = [name for name in NUMBERS if name in cells]
    silent = cells.assign(status="suppressed", **{name: np.nan for name in numbers})
    found = audit_counts(
        silent, before.definitions, aggregates.frame, policy, seconds, memory=memory, earlier=before.cells,
        earlier_means=before.means,
    )  # fmt: skip
    return found.exposed


def _added(exposed: pd.DataFrame, alone: pd.DataFrame, policy: Policy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What a release exposes, and what was exposed before it: as few values were possible, to as many attackers."""
    known = [*PLACE, "values", "values_insider", "attacker"]
    both = exposed[PLACE].merge(alone[known].drop_duplicates(PLACE), on=PLACE, how="left")
    # From the values that are enough on, more are not counted by every proof.
    public, insiders = policy.complement.public, policy.complement.insiders
    as_few = both["values"].clip(upper=public).to_numpy(float) <= exposed["values"].to_numpy(float)
    as_few_insider = both["values_insider"].clip(upper=insiders).to_numpy(float)
    is_same_to_insiders = as_few_insider <= exposed["values_insider"].to_numpy(float)
    # Once the public finds a quantity, insiders are not asked: they find it as well.
    is_public = (both["attacker"] == "public").to_numpy(bool)
    is_as_before = as_few & (is_same_to_insiders | is_public)
    parts = exposed[~is_as_before], exposed[is_as_before]
    return parts[0].reset_index(drop=True), parts[1].reset_index(drop=True)


def _told(before: Beside, earlier: Sequence[Earlier]) -> str:
    return (
        f"beside {len(earlier)} earlier releases: {len(before.cells)} cells of {len(before.joined)} sets attacked "
        f"together, {len(before.compared)} sets that changed since compared"
    )


def _beside(
    cells: pd.DataFrame, definitions: pd.DataFrame, reference: Aggregates, policy: Policy, owner: Owner | None
) -> tuple[str, ...]:
    """Cells that say more than their printed value and size; an owner's own ones may."""
    others = cells if owner is None else cells[~cells["unit_code"].str.contains(owner[1], regex=False)]
    return tuple(map(str, said_beside(others, definitions, reference.frame, policy)))


def _without_small_differences(protected: Protected, earlier: Sequence[Earlier], policy: Policy) -> Protected:
    """The same release, telling less wherever an exact count would stand a few people from an earlier one."""
    for _ in range(ROUNDS):
        close = small_differences(protected.cells, earlier, policy.thresholds.people)
        if close.empty:
            break
        protected = withhold(protected, close[list(KEY)].drop_duplicates())
    return protected


def _of_others(exposed: pd.DataFrame, owner: Owner | None) -> pd.DataFrame:
    """What is exposed, without an owner's own cells: it knows them."""
    if owner is None:
        return exposed
    is_own = exposed["unit_code"].str.contains(owner[1], regex=False)
    return exposed[~is_own].reset_index(drop=True)


def _places(
    exposed: pd.DataFrame, definitions: pd.DataFrame, attempt: int, times: Mapping[Hashable, int]
) -> pd.DataFrame:
    """What is exposed, as protection names places, and how many steps to take for it.

    A set may be printed as the number of people behind another measure, too: when telling less of the measures that
    count it was not enough, those sizes go. What comes back is many steps away, or not a matter of its own set: several
    are taken before it is asked again, and those of the larger sets it is part of besides.
    """
    is_size = exposed["kind"] == "size"
    if attempt > 1:
        is_size |= exposed["set"].isin(definitions["among"]) & (exposed["set"] != "")
    often = np.array([times[place] for place in exposed[PLACE].itertuples(index=False, name=None)], dtype=np.int64)
    places = exposed.assign(
        cohort=exposed["last"], window_years=exposed["last"] - exposed["first"] + 1, kind=np.where(is_size, "size", ""),
        steps=np.array(STRIDES)[np.minimum(often, len(STRIDES)) - 1], is_nothing_told=often >= HOPELESS,
        is_proved=~exposed["attacker"].map(is_unproved).astype(bool),
    )[[*COLUMNS_ASKED]]  # fmt: skip
    around = _around(definitions)
    larger = [
        {**place, "set": name, "kind": "size"}
        for place in places[often >= STUBBORN].to_dict("records")
        for name in around.get(place["set"], ())
    ]
    return pd.concat([places, pd.DataFrame(larger, columns=places.columns)]) if larger else places


def _around(definitions: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """The larger sets that each set lies in, the next larger first."""
    above = dict(zip(definitions["among"], definitions["within"], strict=True))
    above |= {row.counted: row.among for row in definitions.itertuples() if row.counted != row.among}
    found = {}
    for name in above:
        chain: list[str] = []
        larger = above[name]
        while larger and larger not in chain and larger != name:
            chain.append(larger)
            larger = above.get(larger, "")
        found[name] = tuple(chain)
    return found


def _named(row: Any) -> str:
    span = row.last if row.first == row.last else f"{row.first} to {row.last}"
    found = row.attacker if is_unproved(row.attacker) else f"found by {row.attacker or 'insiders'}"
    subgroup = f", {row.by} {row.of}" if row.by else ""
    return f"{row.measure} ({row.set}), {row.unit_kind}:{row.unit_code}{subgroup}, {span}: {found}"


def is_unproved(attacker: str) -> bool:
    """Whether a finding names no attacker, but why the solver gave no answer."""
    return attacker.startswith(UNPROVED)


def _with_unproved(refused: ReleaseRefused, exposed: pd.DataFrame) -> ReleaseRefused:
    """A refusal that also says, where it is so, that the solver gave no answer, and to what."""
    unproved = exposed[exposed["attacker"].map(is_unproved)]
    if unproved.empty:
        return refused
    first = _named(next(unproved.itertuples(index=False)))
    return ReleaseRefused(f"{refused}\n{len(unproved)} of them count as exposed without an answer; first: {first}")


def _summary(found: Audit, exposed: pd.DataFrame, policy: Policy) -> dict[str, dict[str, int]]:
    # What is not proved is not proved for the public, who knows the least.
    kinds = exposed["attacker"].map(lambda name: "public" if is_unproved(name) else kind_of_attacker(name))
    return {
        attacker: {"asked": len(found.findings), "exposed": int((kinds == attacker).sum())}
        for attacker in policy.complement.against
    }


def kind_of_attacker(name: str) -> str:
    """The kind of attacker a finding names: `provider:89000001 and district:97010000` is a pair.

    >>> [kind_of_attacker(name) for name in ("public", "provider:89000001", "provider:8 and district:9")]
    ['public', 'provider', 'pair']
    """
    return "pair" if " and " in name else name.partition(":")[0]


def _shares(loss: Loss) -> dict[str, Any]:
    kinds = ["", *loss.table["unit_kind"]]
    shares = {kind or "all": [round(share, DECIMALS) for share in loss.share(kind)] for kind in kinds}
    return {kind: {"cells": cells, "people": people} for kind, (cells, people) in shares.items()}


def _reasons(protected: Protected) -> pd.DataFrame:
    listed = pd.MultiIndex.from_frame(protected.cells[list(KEY)])
    rows = protected.internal[[*KEY, "why"]].drop_duplicates(list(KEY))
    return rows.assign(is_listed=pd.MultiIndex.from_frame(rows[list(KEY)]).isin(listed)).reset_index(drop=True)
