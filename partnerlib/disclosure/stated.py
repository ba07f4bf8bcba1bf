"""What anybody outside can find in numbers that were protected by withholding small ones alone, counted and not hidden.

Two uses: a policy that publishes such numbers all the same has to say what they give away; and beside a release that
gives nothing away, the same release under primary suppression alone shows what the rest of its protection is for.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from partnerlib.disclosure.audit.release_audit import audit_counts
from partnerlib.disclosure.audit.statements import count_bounds, statements
from partnerlib.disclosure.policy import COUNTS_LEFT_OPEN, Policy, primary_alone
from partnerlib.disclosure.protection import protect
from partnerlib.disclosure.protection.relations import Relations
from partnerlib.disclosure.zones import Aggregates

_PLACE = ["set", "unit_kind", "unit_code", "by", "of", "first", "last"]


def found_by_public(
    cells: pd.DataFrame, definitions: pd.DataFrame, reference: Aggregates, policy: Policy
) -> dict[str, int]:
    """How many small counts a release gives away to anybody outside: asked, exposed, exact.

    Definitions
        asked: every count of a few people, or of all but a few, that the release prints or withholds
        exposed: those for which no other table of whole numbers was found that agrees with everything printed and
            leaves three values possible; what is not proved counts as exposed, so that this is never too few
        exact: those that a single printed number and its size already tell to the person; surely no fewer
    """
    lenient = replace(policy, complement=replace(policy.complement, against=(), public=0, insiders=0))
    found = audit_counts(cells, definitions, reference.frame, lenient).findings
    counts = found[found["kind"] != "mean"].reset_index(drop=True)
    return {
        "asked": len(found),
        "exposed": int((found["values"] < COUNTS_LEFT_OPEN).sum()),
        "exact": int((_values_alone(counts, cells, definitions) == 1).sum()),
    }


def _values_alone(counts: pd.DataFrame, cells: pd.DataFrame, definitions: pd.DataFrame) -> pd.Series:
    """Whole numbers that the narrowest single statement about each count leaves; none where nothing is printed."""
    said = statements(cells, definitions).rows.rename(columns={"of": "share_of", "group": "by", "group_value": "of"})
    joined = counts.reset_index().merge(said, on=_PLACE).rename(columns={"of": "subgroup", "share_of": "of"})
    low, high = count_bounds(joined, joined["size"].to_numpy(dtype=np.int64))
    return joined.assign(values_alone=high - low + 1).groupby("index")["values_alone"].min()


def under_primary_alone(
    aggregates: Aggregates, policy: Policy, relations: Relations, is_synthetic: bool
) -> dict[str, int]:
    """What anybody outside would find had a policy its thresholds alone: exact n, whole percents, no partner."""
    alone = primary_alone(policy)
    protected = protect(aggregates.frame, alone, relations, is_synthetic)
    return found_by_public(protected.cells, protected.definitions, aggregates, alone)
