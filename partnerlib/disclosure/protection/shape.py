"""Which cells are published at all: few, chosen before any number is looked at, and the same for every unit of a kind.

    state                 every cohort, and the window of three that ends with the newest
    provider, district    the newest cohort, the one before, and the window
    program, partnership  the window; listed only where at least one of their cells is published
    subgroups             the state's newest cohort and window, and not crossed with levels. Life tables: the state only

The newest cohort of a measure is the last one for which the state has a number. A window is published when all its
cohorts are observed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from partnerlib.disclosure.protection.relations import Relations
from partnerlib.errors import ReleaseRefused

WINDOW = 3
"""Cohorts pooled."""

SMALL_KINDS = ("program", "partnership")
"""Kinds of unit that are listed only where they are large enough."""

NEEDED = (
    "report_year",
    "measure",
    "topic",
    "unit_kind",
    "unit_code",
    "unit_name",
    "cohort",
    "window_years",
    "group",
    "group_value",
    "statistic",
    "numerator",
    "denominator",
    "people",
    "value",
    "status",
    "sample_id",
    "note",
)
"""Columns of the estimates that protection reads."""

OPTIONAL = ("largest", "second_largest", "contributed")
"""Contributions to a mean, where they are known: of the largest two people, and everybody's, all as absolute values."""

_SEPARATOR = " x "
"""Between a subgroup and a level, in `group` and `group_value`."""


def shaped(estimates: pd.DataFrame, relations: Relations) -> pd.DataFrame:
    """The internal cells that may be published, and three columns: `by` and `of` (the subgroup), `level`.

    Errors
        ReleaseRefused when a column is missing or a measure is not known: what a number is about decides its rules
    """
    if missing := [column for column in NEEDED if column not in estimates]:
        raise ReleaseRefused(f"estimates: no column {', '.join(missing)}; nothing is released from an incomplete table")
    measures = pd.Categorical(estimates["measure"])
    if unknown := [name for name in measures.categories if name not in relations.population]:
        raise ReleaseRefused(f"estimates: nothing is known of measure {', '.join(unknown)}; nothing is released")
    groups = pd.Categorical(estimates["group"])
    kinds = pd.Categorical(estimates["unit_kind"])
    kind = kinds.codes
    by_pair = _subgroups(measures, groups, relations)
    has_subgroup = by_pair[measures.codes, groups.codes]
    window = estimates["window_years"].to_numpy()
    cohort = estimates["cohort"].to_numpy()
    is_state = kind == _code(kinds, "state")
    plain_state = is_state & ~has_subgroup & (window == 1)
    is_curve = np.isin(measures.categories[measures.codes], sorted(relations.curves))
    newest = _newest(estimates, measures.codes, plain_state, is_curve)
    behind = newest - cohort
    single, pooled = window == 1, (window == WINDOW) & (behind == 0)
    large = (kind == _code(kinds, "provider")) | (kind == _code(kinds, "district"))
    small = np.isin(kind, [_code(kinds, name) for name in SMALL_KINDS])
    plain = (
        (is_state & ((single & (behind >= 0)) | pooled))
        | (large & ((single & (behind >= 0) & (behind <= 1)) | pooled))
        | (small & pooled)
    )
    # Subgroups for the state alone, and not crossed with levels: a provider's are a few people each.
    has_levels = np.array([bool(relations.levels[name]) for name in measures.categories])[measures.codes]
    grouped = is_state & ((single & (behind == 0)) | pooled) & ~has_levels
    chosen = np.flatnonzero(np.where(has_subgroup, grouped, plain) & (is_state | ~is_curve))
    cells = estimates.iloc[chosen][[*NEEDED, *(name for name in OPTIONAL if name in estimates)]]
    marks = labels(cells, relations)
    taken = {name: np.asarray(marks[name], dtype=object)[marks["of_row"]] for name in ("by", "of", "level")}
    cells = cells.assign(**{name: pd.Series(words, index=cells.index, dtype="str") for name, words in taken.items()})
    return cells.loc[~is_partial(cells, marks["of_row"])].reset_index(drop=True)


def is_partial(cells: pd.DataFrame, of_row: np.ndarray) -> np.ndarray:
    """Whether a window rests on some of its cohorts only: a remark on any unit's cell says it of all units' cells."""
    notes = pd.Categorical(cells["note"])
    says_so = np.array(["rests on" in str(note) for note in notes.categories], dtype=bool)
    time = cells["cohort"].to_numpy(np.int64) * 10 + cells["window_years"].to_numpy(np.int64)
    same = of_row * (int(time.max(initial=0)) + 1) + time
    partial = np.unique(same[says_so[notes.codes]]) if len(says_so) else np.empty(0, dtype=np.int64)
    return np.isin(same, partial)


def _code(values: pd.Categorical, name: str) -> int:
    return int(values.categories.get_indexer([name])[0]) if name in values.categories else -2


def _subgroups(measures: pd.Categorical, groups: pd.Categorical, relations: Relations) -> np.ndarray:
    """Whether a measure's group names a subgroup, and not only the dimension of its levels."""
    named = np.zeros((len(measures.categories), len(groups.categories)), dtype=bool)
    for row, measure in enumerate(measures.categories):
        for column, group in enumerate(groups.categories):
            named[row, column] = str(group).split(_SEPARATOR)[0] in relations.groups[measure]
    return named


def _newest(estimates: pd.DataFrame, measure: np.ndarray, plain_state: np.ndarray, is_curve: np.ndarray) -> np.ndarray:
    """The newest cohort with a number for the state, of each row's measure; of each row's year for a life table."""
    has_number = plain_state & estimates["value"].notna().to_numpy()
    newest = np.full(int(measure.max(initial=-1)) + 1, -1, dtype=np.int64)
    cohort = estimates["cohort"].to_numpy(np.int64)
    np.maximum.at(newest, measure[has_number], cohort[has_number])
    found = newest[measure]
    if is_curve.any():
        curves = estimates.loc[is_curve, ["group_value"]].assign(measure=measure[is_curve], cohort=cohort[is_curve])
        year = curves["group_value"].str.rsplit(_SEPARATOR, n=1).str[-1]
        known = curves["cohort"].where(has_number[is_curve], -1)
        found = found.copy()
        found[is_curve] = known.groupby([curves["measure"], year]).transform("max").to_numpy(np.int64)
    return found


def labels(cells: pd.DataFrame, relations: Relations) -> dict[str, Any]:
    """Measure, subgroup (`by`, `of`) and level of every kind of row, and which of them each row is (`of_row`)."""
    names = ("measure", "group", "group_value")
    categories = [pd.Categorical(cells[name]) for name in names]
    code = np.zeros(len(cells), dtype=np.int64)
    for values in categories:
        code = code * (len(values.categories) + 1) + values.codes
    of_row, _ = pd.factorize(code)
    first = np.unique(of_row, return_index=True)[1]
    words = [np.asarray(values.categories, dtype=object)[values.codes[first]] for values in categories]
    parts = [_parts(str(m), str(g), str(v), relations) for m, g, v in zip(*words, strict=True)]
    by, of, level = ([part[place] for part in parts] for place in range(3))
    return {"measure": list(words[0]), "by": np.array(by, object), "of": of, "level": level, "of_row": of_row}


def _parts(measure: str, group: str, value: str, relations: Relations) -> tuple[str, str, str]:
    subgroup, _, dimension = group.partition(_SEPARATOR)
    if not group or subgroup not in relations.groups[measure]:
        return "", "", value
    if not dimension:
        return subgroup, value, ""
    of, _, level = value.rpartition(_SEPARATOR)
    return subgroup, of, level


def completed(cells: pd.DataFrame, **of_nobody: object) -> pd.DataFrame:
    """The same cells and, for every unit listed, those nobody is in: left out, they would say so.

    Programs and partnerships get every measure their kind has. The cells added have no people and no number, and the
    columns given as `of_nobody`; they are withheld like any small one.
    """
    of_nobody = {**dict.fromkeys((name for name in OPTIONAL if name in cells), np.nan), **of_nobody}
    window = cells[cells["window_years"] == WINDOW]
    parts = []
    for kind in SMALL_KINDS:
        listed = window[window["unit_kind"] == kind]
        wanted = listed.drop_duplicates(["measure", "group", "group_value"])
        units = listed.drop_duplicates("unit_code")[["unit_kind", "unit_code", "unit_name"]]
        parts.append(wanted.merge(units, how="cross", suffixes=("_of_state", "")))
    key = ["measure", "unit_kind", "unit_code", "group", "group_value"]
    grid = pd.concat(parts, ignore_index=True)
    is_there = pd.MultiIndex.from_frame(grid[key]).isin(pd.MultiIndex.from_frame(window[key]))
    added = grid.loc[~is_there, [column for column in cells if column in grid]].assign(
        numerator=np.nan, denominator=0.0, people=0, value=np.nan, status="suppressed", note="", **of_nobody
    )
    whole = pd.concat([cells, added], ignore_index=True)
    return whole.astype({name: cells[name].dtype for name in cells})
