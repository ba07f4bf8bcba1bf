"""Cells as the frames that figures draw: charts by cohort, curves of retention, parts of a whole."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from partnerlib.display import style
from partnerlib.display.text import cohort_label
from partnerlib.measures import find

_PLACE_WORDS = {
    "school": "same school",
    "district": "same district",
    "state_position": "same position in the state",
    "state_any": "any position in the state",
}


SHORT_TITLES = {
    "Placed in a high-needs school": "high-needs school",
    "Placed within 25 miles of the provider": "within 25 miles",
    "Eligible supervising practitioners": "eligible practitioner",
    "Practitioner teaches the candidate's field and grades": "same field and grades",
    "Employed by the first October": "by the first October",
    "Employed within 2 years": "within 2 years",
    "Employed within 3 years": "within 3 years",
    "Ever employed by June of the report year (official)": "ever (official)",
}
"""What a figure's legend has room for."""


OUTCOME_WORDS = {
    "stayer": "stayed",
    "mover_in_district": "moved in the district",
    "mover_other_district": "moved to another district",
    "changed_role": "changed role",
    "left": "left",
}


def charted(
    cells: pd.DataFrame, label: str = "cohort", series: str = "measure", names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Cells as the frame a figure draws: label and series taken from two columns, cohorts printed as school years."""
    words = cells.assign(
        cohort=[cohort_label(c, w) for c, w in zip(cells["cohort"], cells["window_years"], strict=True)],
        measure=cells["measure"].map(lambda name: find(name).title),
    )
    spoken = {**SHORT_TITLES, **(names or {})}
    chosen = words[series].astype("str").map(lambda word: spoken.get(word, word))
    return pd.DataFrame(
        {"label": words[label].astype("str"), "series": chosen}
        | {column: cells[column] for column in ("value", "low", "high", "people")}
    ).sort_values("label", kind="stable", ignore_index=True)


def curve(cells: pd.DataFrame) -> pd.DataFrame:
    """Retention cells as the frame of a curve: a line per level, from everybody at the start to the last horizon.

    Of every measure the newest window all of whose cohorts are old enough for it, so that a point never rests on fewer
    cohorts than its neighbours. Measures are named retained_<level>_<years>y.
    """
    whole = cells[cells["value"].notna() & ~cells["note"].str.contains("rests on")]
    known = whole.sort_values("cohort").groupby("measure", sort=False).tail(1)
    parts = known["measure"].str.extract(r"^retained_(?P<level>.+)_(?P<years>\d+)y")
    points = pd.DataFrame({"series": parts["level"].map(_PLACE_WORDS), "years": parts["years"].astype(int)})
    points = points.assign(**{column: known[column] for column in ("value", "low", "high", "people")})
    starts = points.drop_duplicates("series").assign(years=0, value=1.0, low=1.0, high=1.0)
    order = {words: place for place, words in enumerate(_PLACE_WORDS.values())}
    joined = pd.concat([starts, points])
    return joined.assign(rank=joined["series"].map(order)).sort_values(["rank", "years"]).drop(columns="rank")


def outcome_shares(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells of an outcomes measure as parts of a whole, a bar per cohort: stayed, moved, changed role, left."""
    order = list(OUTCOME_WORDS)
    known = cells[cells["value"].notna() & cells["group_value"].isin(order)]
    frame = charted(known, label="cohort", series="group_value", names=OUTCOME_WORDS)
    rank = {words: place for place, words in enumerate(OUTCOME_WORDS.values())}
    ranked = frame.assign(rank=frame["series"].map(rank)).sort_values(["label", "rank"], ignore_index=True)
    return ranked.rename(columns={"series": "part"}).drop(columns="rank")


def looks(frame: pd.DataFrame) -> dict[str, style.Series]:
    """A look for every series of a frame, in the order they first appear: colour and marker, never colour alone."""
    return dict(zip(dict.fromkeys(frame["series"]), style.CYCLE, strict=False))
