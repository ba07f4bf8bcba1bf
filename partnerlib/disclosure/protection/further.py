"""One more step of protection, for what an audit found exposed: the cheapest partner tells less, and then nothing.

exact count -> nearest five -> withheld        band -> wider band -> withheld        mean -> withheld
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from partnerlib.disclosure.cells import HAS_NUMBER
from partnerlib.disclosure.protection import primary, rounding
from partnerlib.disclosure.protection.gate import Protected, finished
from partnerlib.errors import ReleaseRefused

_SHARES = ("rate", "share")

_PLACE = ["unit_kind", "unit_code", "cohort", "window_years", "by", "of"]


def withhold(protected: Protected, cells: pd.DataFrame) -> Protected:
    """The same release telling less: a step for every cell named, or for its cheapest partner where it is hidden.

    Parameters
        cells: the cells found exposed: columns unit_kind, unit_code, cohort, window_years and either `measure`, `group`
            and `group_value` (the key of a cell) or `set` (name of a set; with `by` and `of` for a subgroup). A column
            `kind` of `size` says that the number of people is exposed, and not what they did. A place may be a
            span of cohorts that is no window: what overlaps with it adds up to it
    Rule
        A published cell takes one step, together with every cell that tells of the same set of people there, and with
        all levels of its distribution. A hidden one makes a partner take it: of the cells that add up with it (the
        same unit's window and cohorts, units of the same kind, the larger unit), the one of fewest people, states last.
        An n to the nearest five takes with it everything printed beside it
    Errors
        ReleaseRefused when nothing that could be withheld is left beside a cell named: nothing is published then
    """
    internal = protected.internal
    shows = _shows(internal)
    steps, lost = np.zeros(len(internal), dtype=bool), []
    gone = steps.copy()
    for wanted in _asked(cells, internal).itertuples(index=False):
        members = _members(internal, wanted)
        own = members & _at(internal, wanted) & shows
        if not own.any():
            own = _partner(internal, wanted, members & shows & ~steps & ~gone)
        if not own.any():
            lost.append(f"{wanted.set} of {wanted.unit_kind} {wanted.unit_code}, {wanted.cohort}")
        is_exact = own & internal["is_exact"].to_numpy(bool)
        if wanted.kind == "size" and not is_exact.any():
            gone |= own
        else:
            steps |= is_exact if wanted.kind == "size" else own
    if lost and not (steps | gone).any():
        raise ReleaseRefused(
            f"{len(lost)} cells stay exposed with nothing beside them left to withhold; first: {lost[0]}; "
            "publish fewer kinds of unit, or raise the threshold"
        )
    less = _stepped(internal, steps, gone, protected)
    return finished(less, protected.definitions, protected.policy, protected.is_synthetic)


def _asked(cells: pd.DataFrame, internal: pd.DataFrame) -> pd.DataFrame:
    """The sets (or measures that count none) and places named, once each."""
    named = cells.assign(**{name: cells.get(name, "") for name in ("by", "of", "kind", "measure")})
    if "set" not in cells:
        known = internal.drop_duplicates(["measure", "group", "group_value"])
        columns = ["measure", "group", "group_value"]
        named = named.drop(columns=["by", "of"]).merge(
            known[[*columns, "counted", "by", "of"]].rename(columns={"counted": "set"}), on=columns, how="left"
        )
        if named["set"].isna().any():
            raise ReleaseRefused(f"{int(named['set'].isna().sum())} cells to withhold are none of this release")
    # A set nobody prints a share for is a size: a count, or what shares are shares of.
    shares = internal.loc[internal["statistic"].isin(_SHARES), "counted"].unique()
    is_size = (named["kind"] == "") & (named["set"] != "") & ~named["set"].isin(shares)
    named = named.assign(kind=named["kind"].mask(is_size, "size"))
    return named[["set", "measure", "kind", *_PLACE]].drop_duplicates()


def _shows(internal: pd.DataFrame) -> np.ndarray:
    return ((internal["why"] == "") & internal["status"].isin(HAS_NUMBER) & (internal["n"] > 0)).to_numpy(bool)


def _members(internal: pd.DataFrame, wanted: Any) -> np.ndarray:
    """The cells that tell of a set: those that count it, and those that print its size where that is exposed."""
    if not wanted.set:
        return (internal["measure"] == wanted.measure).to_numpy(bool)
    counted = (internal["counted"] == wanted.set).to_numpy(bool)
    return counted | (internal["among"] == wanted.set).to_numpy(bool) if wanted.kind == "size" else counted


def _at(internal: pd.DataFrame, place: Any) -> np.ndarray:
    found = np.ones(len(internal), dtype=bool)
    for name in _PLACE:
        found &= (internal[name] == getattr(place, name)).to_numpy(bool)
    return found


def _partner(internal: pd.DataFrame, wanted: Any, free: np.ndarray) -> np.ndarray:
    """The cells of the cheapest place that adds up with the one wanted, among those free to tell less."""
    kind, code, cohort, window = wanted.unit_kind, wanted.unit_code, wanted.cohort, wanted.window_years
    kinds, codes = internal["unit_kind"], internal["unit_code"]
    cohorts, windows = internal["cohort"], internal["window_years"]
    same = free & (internal["by"] == wanted.by).to_numpy(bool)
    same_value = (internal["of"] == wanted.of).to_numpy(bool)
    here = ((kinds == kind) & (codes == code)).to_numpy(bool) & same_value
    overlaps = (cohorts - windows < cohort) & (cohort - window < cohorts)
    in_time = here & (overlaps & ~((cohorts == cohort) & (windows == window))).to_numpy(bool)
    now = ((cohorts == cohort) & (windows == window)).to_numpy(bool)
    beside = now & (kinds == kind).to_numpy(bool) & ~here & _shares_a_whole(kind, code, codes)
    above = now & same_value & _holds(kind, code, kinds, codes)
    for options in (in_time | beside, above):
        found = np.flatnonzero(same & options)
        if len(found):
            cheapest = internal.iloc[found[np.argmin(internal["n"].to_numpy()[found])]]
            return free & _at(internal, cheapest)
    return np.zeros(len(internal), dtype=bool)


def _shares_a_whole(kind: str, code: str, codes: pd.Series) -> np.ndarray:
    """Units of the same provider (or district) for small ones; any for providers and districts."""
    if kind == "program":
        return codes.str.startswith(code.partition(":")[0] + ":").to_numpy(bool)
    if kind == "partnership":
        provider, _, district = code.partition("-")
        return (codes.str.startswith(provider + "-") | codes.str.endswith("-" + district)).to_numpy(bool)
    return np.ones(len(codes), dtype=bool)


def _holds(kind: str, code: str, kinds: pd.Series, codes: pd.Series) -> np.ndarray:
    """The larger units a small one lies in; the state for a provider or a district."""
    if kind == "program":
        return ((kinds == "provider") & (codes == code.partition(":")[0])).to_numpy(bool)
    if kind == "partnership":
        provider, _, district = code.partition("-")
        own = ((kinds == "provider") & (codes == provider)) | ((kinds == "district") & (codes == district))
        return own.to_numpy(bool)
    return (kinds == "state").to_numpy(bool) & (kind in ("provider", "district"))


def _stepped(internal: pd.DataFrame, steps: np.ndarray, gone: np.ndarray, protected: Protected) -> pd.DataFrame:
    """Every cell marked tells one step less, with its distribution's other levels; those gone tell nothing."""
    key = ["measure", *_PLACE]
    marked = pd.MultiIndex.from_frame(internal.loc[steps, key]).unique()
    chosen = pd.MultiIndex.from_frame(internal[key]).isin(marked) & _shows(internal) & ~gone
    bands = protected.policy.percents.bands
    exact = chosen & internal["is_exact"].to_numpy(bool)
    banded = chosen & internal["statistic"].isin(_SHARES).to_numpy(bool) & bool(bands)
    coarser = internal["coarser"].to_numpy(np.int64) + banded
    least = _least(internal)
    is_widest = banded & (rounding.widths(least, bands, coarser) == 0) if bands else banded
    hidden = gone | (chosen & ~exact & (~banded | is_widest))
    return internal.assign(
        is_exact=internal["is_exact"].to_numpy(bool) & ~exact,
        coarser=np.where(is_widest, 0, coarser),
        why=np.where(hidden, primary.PARTNER, internal["why"].to_numpy(object)),
    )


def _least(internal: pd.DataFrame) -> np.ndarray:
    """What decides a band: the least n may be, or the least its distinct people may be where they are fewer."""
    threshold = internal["threshold"].to_numpy(np.int64)
    n, people = (rounding.nearest_five(internal[name].to_numpy(np.int64), threshold)[1] for name in ("n", "people"))
    return np.minimum(n, people)
