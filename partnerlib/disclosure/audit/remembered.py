"""What was proved of a block when its release told more: a count that was safe then is safe now, and not asked again.

Whoever reads less cannot tell apart more worlds: every world that printed the earlier numbers prints these as well, if
each number printed now already followed from one printed then.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.targets import UNLISTED
from partnerlib.disclosure.audit.worlds import REST, Counted
from partnerlib.disclosure.policy import Policy

LOOKED_AT = 3
"""Earlier states of a block that are kept: the last rounds of a gate, and what earlier releases say by themselves."""

_NUMBER = ["set", "of", "unit_kind", "unit_code", "first", "last", "group", "group_value"]
_COUNT = ["set", "kind", "unit_kind", "unit_code", "first", "last", "count", "size"]


@dataclass(frozen=True)
class Looked:
    """A block as it was attacked once."""

    said: pd.DataFrame
    """Everything that was printed about its sets."""
    findings: pd.DataFrame


@dataclass
class Memory:
    """What earlier attacks on the same aggregates found."""

    findings: dict[str, pd.DataFrame] = field(default_factory=dict)
    """By a hash of a block and everything printed about it: what did not change is not attacked again."""
    looked: dict[tuple[Counted, str], list[Looked]] = field(default_factory=dict)
    """By block and policy: its last states, newest first."""
    subgroups: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Findings on the state's subgroups, by a hash of everything printed about them."""

    def keep(self, key: str, counted: Counted, policy: Policy, looked: Looked) -> None:
        self.findings[key] = looked.findings
        earlier = self.looked.get((counted, policy.sha256), [])
        self.looked[counted, policy.sha256] = [looked, *earlier][:LOOKED_AT]

    def proved(self, counted: Counted, policy: Policy, said: pd.DataFrame) -> pd.DataFrame | None:
        """Counts of a block that are known to be safe, whatever else changed; None when nothing is known."""
        for looked in self.looked.get((counted, policy.sha256), []):
            if follows(said, looked.said):
                least = (policy.complement.public, policy.complement.insiders)
                return _safe(looked, said, least)
        return None


def follows(now: pd.DataFrame, before: pd.DataFrame) -> bool:
    """Whether every number printed now follows from a number printed before, each from one about the same count."""
    now = now[[*_NUMBER, "low", "high", "is_open"]].reset_index(drop=True)
    both = now.reset_index(names="row").merge(before, on=_NUMBER, suffixes=("", "_before"))
    is_below = (both["high_before"] < both["high"]) | (
        (both["high_before"] == both["high"]) & (both["is_open_before"] | ~both["is_open"])
    )
    followed = both.loc[(both["low_before"] >= both["low"]) & is_below, "row"]
    return followed.nunique() == len(now)


def _safe(looked: Looked, said: pd.DataFrame, least: tuple[int, int]) -> pd.DataFrame:
    """The findings with enough values, by the count they are about."""
    found = looked.findings
    is_safe = (found["values"] >= least[0]) & (found["values_insider"] >= least[1])
    if _listed(said) != _listed(looked.said):
        # What is left beside the printed pairs, or programs, is another count when other ones are printed.
        is_safe &= ~(found["unit_code"].str.endswith(REST) | found["unit_code"].str.startswith(f"{REST}-"))
    # Two levels of the same name in the same place are one count only if both are safe.
    twice = found.duplicated(_COUNT, keep=False)
    return found.loc[is_safe & ~twice, [*_COUNT, "values", "values_insider", "least", "most"]]


def kind_shown(kinds: pd.Series) -> pd.Series:
    """What is left of a unit beside its printed pairs stands among the pairs, as one that has no name."""
    return kinds.mask(kinds.str.startswith(UNLISTED), "partnership")


def _listed(said: pd.DataFrame) -> set[tuple[str, str, int, int]]:
    """Programs and pairs about which something is printed, by window."""
    small = said.loc[said["unit_kind"].isin(["program", "partnership"]), ["unit_kind", "unit_code", "first", "last"]]
    return set(small.itertuples(index=False, name=None))


def with_proved(findings: pd.DataFrame, proved: pd.DataFrame) -> pd.DataFrame:
    """The findings, with what was proved of the same counts before where that is more."""
    both = findings.assign(unit_kind=kind_shown(findings["unit_kind"]))[_COUNT].merge(proved, on=_COUNT, how="left")
    joined = {}
    for name, best in (("values", np.fmax), ("values_insider", np.fmax), ("least", np.fmin), ("most", np.fmax)):
        own = findings[name].to_numpy(float)
        joined[name] = best(own, both[name].to_numpy(float)).astype(findings[name].dtype)
    return findings.assign(**joined)
