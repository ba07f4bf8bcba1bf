"""The steps of protection in their order, and what they leave behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnerlib.disclosure.cells import HAS_NUMBER, KEY
from partnerlib.disclosure.policy import Policy
from partnerlib.disclosure.protection import primary, rounding
from partnerlib.disclosure.protection.loss import Loss, loss
from partnerlib.disclosure.protection.partners import partners
from partnerlib.disclosure.protection.printing import printed
from partnerlib.disclosure.protection.relations import Relations
from partnerlib.disclosure.protection.sets import definitions as defined
from partnerlib.disclosure.protection.shape import SMALL_KINDS, completed, shaped
from partnerlib.errors import ParameterError


@dataclass(frozen=True)
class Protected:
    """The public cells, and what only the internal reader may see: why cells are withheld, and the numbers behind."""

    cells: pd.DataFrame
    definitions: pd.DataFrame
    loss: Loss
    reasons: pd.DataFrame
    """Key of every withheld cell, and why."""
    internal: pd.DataFrame
    """Every cell that could be published, listed or not, with its true numbers and the decision about it."""
    policy: Policy
    is_synthetic: bool


def protect(
    estimates: pd.DataFrame,
    policy: Policy,
    relations: Relations,
    is_synthetic: bool,
    owner: tuple[str, str] | None = None,
) -> Protected:
    """The cells of a release under a policy.

    Parameters
        relations: what is known of the measures (`partnerlib.measures.relations.relations()`)
        owner: kind and code of the unit whose own cells are plain, under a policy with plain own cells
    """
    chosen = shaped(estimates, relations)
    sets = defined(estimates, relations)
    cells = _described(chosen, estimates, sets, policy, relations)
    cells["why"] = primary.reasons(cells, policy, relations)
    listed = _listed(cells)
    less, gone = partners(cells, estimates, sets, policy)
    cells["is_exact"] &= ~(less | gone)
    cells["why"] = np.where(gone, primary.PARTNER, cells["why"].to_numpy(object))
    if owner is not None:
        # Last, so that all others stay as they are against an owner that knows its own.
        cells = _with_plain_cells(cells, owner, policy)
    kept, unlisted = cells[listed], cells[~listed]
    if policy.complement.nobody_looks_withheld:
        kept = completed(kept, n=0, why=primary.NOBODY, is_exact=False)
        kept = kept if owner is None else _with_plain_cells(kept, owner, policy)
    return finished(pd.concat([kept, unlisted], ignore_index=True), sets, policy, is_synthetic)


def _with_plain_cells(cells: pd.DataFrame, owner: tuple[str, str], policy: Policy) -> pd.DataFrame:
    """The owner's own cells, its programs' and its partnerships' as they are: what it knows anyway."""
    kind, code = owner
    if policy.own_cells != "plain":
        raise ParameterError(
            f"policy {policy.name}: own cells are protected, too; a page for {code} needs policy owner"
        )
    if kind not in ("provider", "district"):
        raise ParameterError(f"owner {kind}:{code}: a page is for a provider or a district")
    codes, kinds = cells["unit_code"], cells["unit_kind"]
    is_pair = kinds == "partnership"
    own = ((kinds == kind) & (codes == code)).to_numpy(bool)
    if not own.any():
        raise ParameterError(f"owner {kind}:{code}: no such {kind} among the estimates")
    if kind == "provider":
        own = own | (is_pair & codes.str.startswith(f"{code}-")).to_numpy(bool)
        own = own | ((kinds == "program") & codes.str.startswith(f"{code}:")).to_numpy(bool)
    else:
        own = own | (is_pair & codes.str.endswith(f"-{code}")).to_numpy(bool)
    nobody = own & (cells["n"] == 0).to_numpy(bool) & cells["value"].isna().to_numpy(bool)
    return cells.assign(
        is_plain=own,
        why=np.where(own, "", cells["why"].to_numpy(object)),
        status=np.where(nobody, "not_applicable", cells["status"].to_numpy(object)),
    )


def finished(internal: pd.DataFrame, sets: pd.DataFrame, policy: Policy, is_synthetic: bool) -> Protected:
    """What is left to publish once it is decided about every cell."""
    listed = _listed(internal)
    order = ["measure_order", "unit_kind", "unit_code", "cohort", "window_years", "group", "group_value"]
    # In the order of the keys: the order of hidden cells must not tell their size.
    shown = internal[listed].sort_values(order, kind="stable").reset_index(drop=True)
    cells = printed(shown, policy, is_synthetic)
    reasons = shown.loc[shown["why"] != "", [*KEY, "why"]].rename(columns={"why": "reason"}).reset_index(drop=True)
    return Protected(cells, sets, loss(internal, listed), reasons, internal, policy, is_synthetic)


def _listed(cells: pd.DataFrame) -> pd.Series:
    """Whether a cell's unit has an entry: programs and partnerships only with a published cell."""
    small = cells["unit_kind"].isin(SMALL_KINDS)
    shows = (cells["why"] == "") & cells["status"].isin(HAS_NUMBER)
    units = cells.loc[small & shows, "unit_code"].unique()
    return ~small | cells["unit_code"].isin(units)


def _described(
    cells: pd.DataFrame, estimates: pd.DataFrame, sets: pd.DataFrame, policy: Policy, relations: Relations
) -> pd.DataFrame:
    """The cells with everything the rules ask about them."""
    cells = cells.merge(
        sets[["measure", "level", "counted", "among"]], on=["measure", "level"], how="left", validate="many_to_one"
    ).astype({"counted": "str", "among": "str"})
    population = cells["measure"].map(dict(relations.population))
    is_tie = population.map({name: kind == "ties" for name, kind in relations.rows.items()}).to_numpy(bool)
    is_whole = population.map(dict(relations.is_whole)).to_numpy(bool)
    statistic = cells["statistic"]
    order = {name: place for place, name in enumerate(relations.population)}
    cells = cells.assign(n=primary.sizes(cells, relations))
    cells = cells.assign(
        threshold=primary.thresholds(cells, policy, relations),
        is_tie_mean=is_tie & (statistic == "mean").to_numpy(bool),
        is_weighted=cells["measure"].isin(sorted(relations.weighted)).to_numpy(bool),
        is_whole=is_whole & (statistic == "count").to_numpy(bool) & (cells["counted"] == cells["among"]).to_numpy(bool),
        is_count=(statistic == "count").to_numpy(bool),
        root=cells["among"].map(_roots(sets)).astype("str"),
        is_plain=False,
        coarser=0,
        measure_order=cells["measure"].map(order),
        step=_steps(cells),
        finest=_finest(cells, policy),
        root_size=_root_sizes(cells, estimates, sets, relations),
    )
    exact_kinds = cells["unit_kind"].isin(policy.sizes.exact_counts_of)
    is_exact = cells["is_whole"] & exact_kinds
    # A count of nobody among everybody placed, completing or asked is nobody's outcome.
    return cells.assign(is_exact=is_exact, root_size=cells["root_size"].where(~is_exact, cells["n"]))


def _steps(cells: pd.DataFrame) -> np.ndarray:
    """The step in which the sums of each cell's mean come."""
    means = cells[(cells["statistic"] == "mean") & cells["value"].notna()]
    sums = (
        (means["value"] * means["denominator"])
        .groupby(means["measure"])
        .agg(lambda own: rounding.grain(own.to_numpy()))
    )
    return cells["measure"].map(sums.to_dict()).fillna(0.0).to_numpy(float)


def _finest(cells: pd.DataFrame, policy: Policy) -> np.ndarray:
    """The finest unit of a measure's means: near zero, significant digits would go on for ever."""
    means = cells[cells["statistic"].isin(["mean", "median"]) & cells["value"].notna() & (cells["value"] != 0)]
    usual = means["value"].abs().groupby(means["measure"]).median()
    unit = 10.0 ** (np.floor(np.log10(usual)) - policy.means.significant_digits + 1)
    return cells["measure"].map(unit.to_dict()).fillna(0.0).to_numpy(float)


def _root_sizes(cells: pd.DataFrame, estimates: pd.DataFrame, sets: pd.DataFrame, relations: Relations) -> np.ndarray:
    """People of the whole that each cell's people are part of; at least one where the whole is itself an outcome.

    A whole is one that a measure counts, as everybody placed or completing: the people behind a rate may be nobody
    only because their year has not been observed yet.
    """
    root = _roots(sets)
    counts = sets[(sets["level"] == "") & (sets["counted"] == sets["among"])]
    measure_of = counts.drop_duplicates("among").set_index("among")["measure"].to_dict()
    whole = {
        name: measure_of[top]
        for name, top in root.items()
        if top in measure_of and relations.is_whole[relations.population[measure_of[top]]]
    }
    size = np.ones(len(cells))
    empty = cells.index[cells["n"] == 0]
    asked = cells.loc[empty, ["unit_kind", "unit_code", "cohort", "window_years", "among", "by"]]
    asked = asked.assign(measure=asked["among"].map(whole), position=empty)
    roots = estimates.loc[
        estimates["measure"].isin(sorted(set(whole.values()))) & (estimates["group"] == ""),
        ["measure", "unit_kind", "unit_code", "cohort", "window_years", "denominator"],
    ]
    found = asked.dropna(subset=["measure"]).astype({"measure": "str"}).merge(roots, how="left")
    size[found["position"].to_numpy(np.int64)] = found["denominator"].fillna(1.0).to_numpy(float)
    return size


def _roots(sets: pd.DataFrame) -> dict[str, str]:
    """The largest set that each set lies in."""
    within = dict(zip(sets["among"], sets["within"], strict=True))
    root = {}
    for name in within:
        top, seen = name, {name}
        while within.get(top) and within[top] not in seen:
            top = within[top]
            seen.add(top)
        root[name] = top
    return root
