"""Candidates to educators: who of the people prepared is who in the staff records, with the evidence for each link.

MEPID first, when name, birth date or licence bear it out; where it is missing or mistyped, the weight of everything
else. A candidate without a link is not "not employed": private schools and other states are invisible here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from partnerlib import engine
from partnerlib.linkage.choice import choose
from partnerlib.linkage.model import score
from partnerlib.linkage.quality import link_quality
from partnerlib.linkage.records import candidate_records, educator_records, with_institutions
from partnerlib.panels.inputs import Processed, checked_grain
from partnerlib.tables import TABLES

__all__ = ["link", "link_candidates", "link_quality"]

NOTHING_ALIKE = "nobody on file agrees on MEPID, licence, birth date or full name"


def link(processed: Path, progress: Callable[[str], object] | None = None) -> Path:
    """Link the candidates of a processed folder and write `links.parquet` into it; returns its path.

    `progress` is told in words what is being done.
    """
    links = link_candidates(Processed(Path(processed)), progress)
    path = Path(processed) / "links.parquet"
    engine.write_parquet(engine.from_pandas(links, TABLES["links"].arrow_schema()), path)
    return path


def link_candidates(processed: Processed, progress: Callable[[str], object] | None = None) -> pd.DataFrame:
    """The `links` table: one row per candidate, matched or not, the same from the same tables every time."""
    say = progress or (lambda words: None)
    say("comparing names")
    candidates, educators = candidate_records(processed), educator_records(processed)
    chosen = choose(pd.DataFrame())
    if candidates.num_rows and educators.num_rows:
        say(f"linking {candidates.num_rows:,} candidates to {educators.num_rows:,} educator records")
        chosen = choose(score(with_institutions(candidates, educators), educators))
    say("choosing one educator for each candidate")
    people = processed.collect("candidates", ["candidate_id", "provider_code"])
    completed = processed.collect("completions", ["candidate_id", "completion_year"])
    last = completed.groupby("candidate_id")["completion_year"].max().reset_index()
    links = people.merge(chosen, on="candidate_id", how="left", validate="one_to_one")
    links = links.merge(last, on="candidate_id", how="left", validate="one_to_one")
    links["method"] = links["method"].fillna("unmatched")
    links["evidence"] = links["evidence"].fillna(NOTHING_ALIKE)
    links = links.sort_values("candidate_id", ignore_index=True)[TABLES["links"].column_names]
    checked_grain(links.dropna(subset=["mepid"]), ["provider_code", "mepid"], "links")
    return checked_grain(links, ["candidate_id"], "links")
