"""Would the answer stand if some candidates had been linked to somebody else? The estimate over plausible links.

A candidate tied to the wrong educator brings a stranger's career; one left unlinked looks never hired. The linker says
how sure it is of each pair: links are drawn from that, the estimate made again on each draw, and the draws combined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError
from partnerlib.linkage.model import score
from partnerlib.linkage.records import candidate_records, educator_records, with_institutions
from partnerlib.models.design import require_columns
from partnerlib.models.results import Estimates
from partnerlib.models.rubin import combined
from partnerlib.panels.first_jobs import build_first_jobs
from partnerlib.panels.inputs import Processed
from partnerlib.panels.load import Panels

DRAWS = 20
SUREST = 1 - 1e-9
"""No probability is taken to be one."""

LINKAGE_CAN_BE_WRONG = (
    "Only pairs that the linker has seen are drawn: a candidate whose educator agrees on nothing stays unlinked.",
    "Wrong links dilute a difference; drawing them shows by how much, and does not undo it.",
    "The linker's probabilities are its own; where it is surer than it should be, so are these intervals.",
)


def plausible_pairs(processed: Processed) -> pd.DataFrame:
    """Every pair of candidate and educator the linker has compared: candidate_id, provider_code, mepid, probability."""
    candidates, educators = candidate_records(processed), educator_records(processed)
    pairs = score(with_institutions(candidates, educators), educators)
    return pairs[["candidate_id", "provider_code", "mepid", "probability"]]


def draw_links(links: pd.DataFrame, pairs: pd.DataFrame, rng: np.random.Generator, doubt: float = 0.0) -> pd.DataFrame:
    """One plausible `links` table: every candidate gets one of its educators, or none, by lot.

    Formula
        odds o_j = p_j (1 - doubt) / (1 - p_j (1 - doubt)) of each pair on its own;
        P(educator j) = o_j / (1 + sum of odds), P(none) = 1 / (1 + sum of odds)
    Rule
        an educator whom two candidates of a provider draw stays with the likelier of them
    Parameters
        doubt  share of sure links taken to be mistaken all the same; 0 takes the linker at its word
    """
    if not 0 <= doubt < 1:
        raise ParameterError(f"doubt {doubt}: expected a share from 0 to below 1")
    require_columns(links, ["candidate_id", "mepid", "method", "probability"], "links")
    require_columns(pairs, ["candidate_id", "provider_code", "mepid", "probability"], "pairs of candidates")
    ordered = pairs.sort_values(["candidate_id", "mepid"], ignore_index=True)
    p = np.clip(ordered["probability"].to_numpy(dtype=float) * (1 - doubt), 1e-12, SUREST)
    log_odds = np.log(p) - np.log1p(-p)
    # Of terms log(weight) + Gumbel noise the largest is the one drawn with probability weight / sum of weights.
    drawn = ordered.assign(log_odds=log_odds, height=log_odds + rng.gumbel(size=len(ordered)))
    none = pd.Series(rng.gumbel(size=ordered["candidate_id"].nunique()), index=ordered["candidate_id"].unique())
    best = drawn.sort_values("height", ascending=False, kind="stable").drop_duplicates("candidate_id")
    best = best[best["height"] > best["candidate_id"].map(none)]
    best = best.sort_values(["log_odds", "candidate_id"], ascending=[False, True], kind="stable")
    best = best.drop_duplicates(["provider_code", "mepid"])[["candidate_id", "mepid", "probability"]]
    as_linked = links[["candidate_id", "mepid", "method"]].rename(columns={"mepid": "linked", "method": "how"})
    rows = links.drop(columns=["mepid", "method", "probability"]).merge(
        as_linked.merge(best, on="candidate_id", how="left", validate="one_to_one"), on="candidate_id",
        validate="one_to_one",
    )  # fmt: skip
    is_same = rows["mepid"].eq(rows["linked"]) & rows["mepid"].notna()
    method = np.where(rows["mepid"].isna(), "unmatched", np.where(is_same, rows["how"], "probabilistic"))
    return rows.assign(method=method)[list(links.columns)]


def linkage_ladder(
    estimate: Callable[[pd.DataFrame], Estimates],
    links: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    doubt: float = 0.0,
) -> tuple[Estimates, Estimates]:
    """The estimate as linked, and over plausible links, with the share of its variance that comes from linkage.

    `estimate` makes the estimate from a `links` table; `relinked` gives the panels of one. `statistics` of the second
    holds the share of each term's variance from links, and the mean share of candidates whose link changed.
    """
    unknown = set(pairs["candidate_id"]) - set(links["candidate_id"])
    if unknown:
        raise DataError(f"pairs of candidates: {len(unknown):,} candidates are not among the links; link again")
    versions = [draw_links(links, pairs, rng, doubt) for _ in range(draws)]
    before = links.set_index("candidate_id")["mepid"].fillna("")
    changed = [float((one.set_index("candidate_id")["mepid"].fillna("") != before).mean()) for one in versions]
    linked = replace(estimate(links), specification="as linked")
    plausible = combined([estimate(one) for one in versions], "over plausible links", "draws of links")
    plausible = replace(
        plausible,
        statistics={**plausible.statistics, "share of candidates relinked": float(np.mean(changed))},
        wrong_if=(*plausible.wrong_if, *LINKAGE_CAN_BE_WRONG),
    )
    if not any(changed):
        plausible = plausible.caution("The linker is so sure that no draw changed a link; try a share of doubt.")
    return linked, plausible


def relinked(panels: Panels, links: pd.DataFrame) -> Panels:
    """The panels as they would be with these links: first jobs made again, all else as it was."""
    processed = _Relinked(panels.processed.folder, panels.processed.as_of, links)
    jobs = build_first_jobs(processed, panels.placements, panels.careers, panels.organizations, panels.high_needs)
    return replace(panels, first_jobs=jobs)


@dataclass(frozen=True)
class _Relinked(Processed):
    """A processed folder whose `links` are given."""

    links: pd.DataFrame = field(default_factory=pd.DataFrame)

    def collect(self, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        if table != "links":
            return super().collect(table, columns)
        return self.links if columns is None else self.links[list(columns)]
