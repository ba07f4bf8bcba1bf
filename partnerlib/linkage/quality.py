"""How good the links are against the truth, where it is known; `partnerlib.coverage` has the rates for everybody."""

from __future__ import annotations

import pandas as pd


def link_quality(links: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall of the links, by provider and completion year, and overall.

    Parameters
        truth: candidate_id and mepid, null for candidates who are in no staff collection; one row per candidate
    Precision
        right links / links made
    Recall
        right links / candidates who are in the staff collections
    Columns
        provider_code, completion_year, candidates, links, employed, right, precision, recall; the last row, with
        provider_code 'all', is everybody
    """
    known = truth[["candidate_id", "mepid"]].rename(columns={"mepid": "true_mepid"})
    both = links.merge(known, on="candidate_id", how="inner", validate="one_to_one")
    counts = both.assign(
        candidates=1,
        links=both["mepid"].notna().astype(int),
        employed=both["true_mepid"].notna().astype(int),
        right=((both["mepid"] == both["true_mepid"]) & both["mepid"].notna()).astype(int),
    )
    columns = ["candidates", "links", "employed", "right"]
    by_cohort = counts.groupby(["provider_code", "completion_year"], dropna=False)[columns].sum().reset_index()
    everybody = counts[columns].sum().to_frame().T.assign(provider_code="all")
    table = pd.concat([by_cohort, everybody], ignore_index=True).astype({"completion_year": "Int64"})
    table["precision"] = (table["right"] / table["links"]).where(table["links"] > 0)
    table["recall"] = (table["right"] / table["employed"]).where(table["employed"] > 0)
    return table[["provider_code", "completion_year", *columns, "precision", "recall"]]
