"""From scored pairs to one educator per candidate, or none, with the reason in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from partnerlib.linkage.model import LEVEL_OF

LEAST_PROBABILITY = 0.95
"""Pairs below are never links: a wrong career is worse than a missing one."""

TIE_WEIGHT = 3.0
"""Two claims closer than this (log2 odds: eight to one) are a tie, and a tie is refused."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    # The level of agreement, from 0 (differs) upwards.
    "mepid": ("MEPID belongs to nobody alike", "MEPID"),
    "license": ("licence number", "licence number"),
    "birth": ("birth date", "birth date (nearly)", "birth date"),
    "first": ("first name", "first name (nearly)", "first name (a short form)", "first name"),
    "last": ("last name", "last name (nearly)", "last name (part of a double name)", "last name"),
    "institution": ("college", "college of the provider"),
}
"""What is said of each thing compared, by level of agreement; level 0 is named as differing."""


def choose(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row per candidate with a pair worth looking at: the chosen educator, or why none was chosen.

    Rule
        a link is the best educator of the candidate and the best candidate of that provider for the educator, both by
        a clear margin, and probable. There are no second choices: who loses the best educator stays unmatched
    Columns
        candidate_id, mepid (null when refused), method, probability, evidence
    """
    if pairs.empty:
        return pd.DataFrame(columns=["candidate_id", "mepid", "method", "probability", "evidence"])
    ranked = pairs.sort_values(["candidate_id", "weight", "mepid"], ascending=[True, False, True], ignore_index=True)
    ranked["margin"] = _margin(ranked, ["candidate_id"])
    best = ranked.drop_duplicates("candidate_id").copy()
    claims = ranked.loc[ranked["probability"] >= LEAST_PROBABILITY].copy()
    claims = claims.sort_values(
        ["provider_code", "mepid", "weight", "candidate_id"], ascending=[True, True, False, True]
    )
    claims["lead"] = _margin(claims, ["provider_code", "mepid"])
    claims["is_first_claim"] = ~claims.duplicated(["provider_code", "mepid"])
    best = best.merge(
        claims[["candidate_id", "mepid", "lead", "is_first_claim"]],
        on=["candidate_id", "mepid"],
        how="left",
        validate="one_to_one",
    )
    refusal = np.select(
        [
            best["probability"] < LEAST_PROBABILITY,
            best["margin"] < TIE_WEIGHT,
            ~best["is_first_claim"].astype("boolean").fillna(False).to_numpy(bool),
            best["lead"] < TIE_WEIGHT,
        ],
        [
            "no educator on file agrees well enough",
            "two educators agree about equally well",
            "the educator fits another candidate of the provider better",
            "two candidates of the provider fit the educator about equally well",
        ],
        default="",
    )
    is_link = refusal == ""
    agreement = in_words(best)
    return pd.DataFrame(
        {
            "candidate_id": best["candidate_id"],
            "mepid": best["mepid"].where(is_link),
            "method": np.where(is_link, np.where(best[LEVEL_OF["mepid"]] == 1, "mepid", "probabilistic"), "unmatched"),
            "probability": best["probability"].round(6).where(is_link),
            "evidence": np.where(is_link, agreement, pd.Series(refusal) + "; the nearest: " + agreement),
        }
    )


def _margin(ordered: pd.DataFrame, key: list[str]) -> pd.Series:
    """How far each first row of its group is ahead of the second; infinite where there is no second."""
    following = ordered["weight"].shift(-1)
    is_same_group = ~ordered.duplicated(key, keep="last")
    return (ordered["weight"] - following).mask(is_same_group, np.inf)


def in_words(pairs: pd.DataFrame) -> pd.Series:
    """What agrees and what differs in each pair, such as 'MEPID, birth date agree; last name differs'."""
    columns = list(LEVEL_OF.values())
    patterns = pairs[columns].drop_duplicates()
    words = patterns.assign(
        words=[
            _sentence(dict(zip(LEVEL_OF, levels, strict=True)))
            for levels in patterns.itertuples(index=False, name=None)
        ]
    )
    return pairs[columns].merge(words, on=columns, how="left", validate="many_to_one")["words"].set_axis(pairs.index)


def _sentence(levels: Mapping[str, int]) -> str:
    agree = [_WORDS[name][level] for name, level in levels.items() if level > 0]
    differ = [_WORDS[name][0] for name, level in levels.items() if level == 0 and name != "mepid"]
    mepid = {0: ["MEPID as reported is another"], -1: ["no MEPID reported"]}.get(levels["mepid"], [])
    parts = [", ".join(agree) + " agree" if agree else "", ", ".join(differ) + " differ" if differ else "", *mepid]
    return "; ".join(part for part in parts if part)
