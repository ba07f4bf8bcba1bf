"""A release for one provider or one district: its own cells plain, everybody else's as the public release prints them.

The public release was attacked by every organization that knows its own people, this one among them; its own cells tell
it what it knows. Nothing is protected a second time in another way, so that both releases side by side tell no more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.disclosure.cells import KEY
from partnerlib.disclosure.policy import Policy
from partnerlib.disclosure.protection import protect
from partnerlib.disclosure.protection.relations import Relations
from partnerlib.disclosure.zones import Aggregates, SealedRelease
from partnerlib.errors import ParameterError

Owner = tuple[str, str]
"""Kind and code of the organization a release is for."""


def is_own(cells: pd.DataFrame, owner: Owner) -> NDArray[np.bool_]:
    """Cells about an organization's own people: its own, its programs' and its partnerships'."""
    kind, code = owner
    kinds, codes = cells["unit_kind"], cells["unit_code"]
    own = (kinds == kind) & (codes == code)
    if kind == "provider":
        own |= (kinds == "program") & codes.str.startswith(f"{code}:")
        own |= (kinds == "partnership") & codes.str.startswith(f"{code}-")
    else:
        own |= (kinds == "partnership") & codes.str.endswith(f"-{code}")
    return own.to_numpy(dtype=bool)


def with_own_cells(
    public: SealedRelease,
    aggregates: Aggregates,
    policy: Policy,
    relations: Relations,
    owner: Owner,
) -> pd.DataFrame:
    """The public cells, those of the owner replaced by the plain ones and the unlisted ones among them added."""
    plain = protect(aggregates.frame, policy, relations, public.manifest.is_synthetic, owner).cells
    others = public.cells
    return pd.concat([others[~is_own(others, owner)], plain[is_own(plain, owner)]], ignore_index=True)


def reasons_without_own(reasons: pd.DataFrame, cells: pd.DataFrame, owner: Owner) -> pd.DataFrame:
    """Why cells are withheld from an owner: of the public release's reasons, those for cells of others."""
    listed = pd.MultiIndex.from_frame(reasons[list(KEY)]).isin(pd.MultiIndex.from_frame(cells[list(KEY)]))
    own = is_own(reasons, owner)
    return reasons.assign(why=reasons["why"].mask(own, ""), is_listed=np.where(own, listed, reasons["is_listed"]))


def refuse_other_rules(policy: Policy, public: Policy) -> None:
    """A policy for an owner is the public one in everything that it says of others' cells."""
    if (
        replace(policy, name=public.name, version=public.version, purpose=public.purpose, own_cells="protected")
        != public
    ):
        raise ParameterError(
            f"policy {policy.name}: others' cells are those of the public release, so that the two side by side tell "
            f"no more; give it every setting of policy {public.name} but own_cells"
        )
