"""The numbers of all units as one small text of data, so that the front page can set two of them side by side.

The page's script reads it; the audit reads it as well, and looks every number up under the name it has there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd
from markupsafe import Markup

from partnerlib.display.printed import detail, printed
from partnerlib.reports.cohorts import POOLED
from partnerlib.reports.definitions import definition, definitions
from partnerlib.reports.record import Entry

COMPARED = ("state", "provider", "district", "partnership")
"""Kinds of unit whose numbers can be set side by side; another view of a unit has no numbers of its own."""


def numbers_of_units(cells: pd.DataFrame, entries: Iterable[Entry]) -> dict[str, Any]:
    """Name, page and numbers of each unit of the index: the newest cohort of each measure, and three pooled.

    Result
        measures: name, title and topic of each; texts: every printed number and what stands beneath it, once;
        units: kind, code, name, path, five figures a number (place of the measure, cohort, window, place of the text,
        place of the detail), and the places of measures of which every number is withheld
    """
    shown = _shown(cells)
    order = {name: place for place, name in enumerate(definitions())}
    names = sorted(shown["measure"].unique(), key=lambda name: (order.get(name, len(order)), name))
    place_of = {name: place for place, name in enumerate(names)}
    texts: dict[str, int] = {"": 0}
    units: dict[tuple[str, str], tuple[list[int], set[int], set[int]]] = {}
    paths = {
        (entry.kind, entry.unit_code): (entry.unit_name, entry.path) for entry in entries if entry.kind in COMPARED
    }
    if not paths:
        return {"measures": [], "texts": [], "units": []}
    for row in shown.to_dict("records"):
        if row["unit_kind"] != "state" and (row["unit_kind"], row["unit_code"]) not in paths:
            continue
        numbers, told, hidden = units.setdefault((row["unit_kind"], row["unit_code"]), ([], set(), set()))
        measure = place_of[row["measure"]]
        if row["is_printed"]:
            told.add(measure)
            found = [texts.setdefault(text, len(texts)) for text in (printed(row), detail(row))]
            numbers += [measure, int(row["cohort"]), int(row["window_years"]), *found]
        elif row["withheld"]:
            hidden.add(measure)
    listed = []
    for kind, code in sorted(paths, key=lambda unit: (COMPARED.index(unit[0]) if unit[0] in COMPARED else 9, unit[1])):
        if kind in COMPARED and (kind, code) in units:
            numbers, told, hidden = units[kind, code]
            listed.append([kind, code, *paths[kind, code], numbers, sorted(hidden - told)])
    if listed and listed[0][0] != "state":  # beside every number stands the state's, whether its page is here or not
        numbers = next((found[0] for (kind, _), found in units.items() if kind == "state"), [])
        listed.insert(0, ["state", str(cells.loc[cells["unit_kind"] == "state", "unit_code"].min()), "The state", "",
                          numbers, []])  # fmt: skip
    measures = [[name, definition(name).title, _topic(shown, name)] for name in names]
    return {"measures": measures, "texts": list(texts), "units": listed}


def _shown(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows a comparison may show: no subgroups, the newest cohort the state has a number for, and three pooled.

    The state's number stands beside everybody's, so it is left out where for some it is of another thing.
    """
    plain = cells[(cells["group"] == "") & cells["unit_kind"].isin(COMPARED)]
    of_state = plain[(plain["unit_kind"] == "state") & (plain["window_years"] == 1) & plain["value"].notna()]
    newest = plain["measure"].map(of_state.groupby("measure")["cohort"].max())
    is_newest = (plain["cohort"] == newest) | (plain["window_years"] == POOLED)
    kept = plain[is_newest & plain["window_years"].isin([1, POOLED])]
    is_unlike = kept["measure"].map(lambda name: bool(definition(name).unlike_state)).astype(bool)
    kept = kept[~(is_unlike & (kept["unit_kind"] == "state"))]
    return kept.assign(is_printed=kept["value"].notna())


def _topic(cells: pd.DataFrame, name: str) -> str:
    return str(cells.loc[cells["measure"] == name, "topic"].iloc[0])


def as_data(content: object) -> Markup:
    """Plain data as the text of a script element: nothing in it can end the element, begin a comment or be run.

    >>> as_data({"name": "</script><!--"})
    Markup('{"name":"\\\\u003c/script\\\\u003e\\\\u003c!--"}')
    """
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)
