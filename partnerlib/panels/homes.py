"""Where candidates came from: the town of residence at admission, as the place where its organizations stand."""

from __future__ import annotations

import pandas as pd

from partnerlib.panels.inputs import Processed, checked_grain


def home_places(processed: Processed, organizations: pd.DataFrame) -> pd.DataFrame:
    """One row per candidate: candidate_id, latitude, longitude of the home town; null where none is on file or known.

    A town stands where its schools and offices stand on average: a few miles from any home in it. A town without an
    organization in the directory (another state's, above all) has no place.
    """
    candidates = processed.collect("candidates", ["candidate_id", "home_town"])
    places = organizations.dropna(subset=["town", "latitude", "longitude"])
    towns = places.groupby(_plain(places["town"]))[["latitude", "longitude"]].mean()
    found = towns.reindex(_plain(candidates["home_town"])).reset_index(drop=True)
    homes = pd.concat([candidates[["candidate_id"]].reset_index(drop=True), found], axis=1)
    return checked_grain(homes, ["candidate_id"], "homes")


def _plain(towns: pd.Series) -> pd.Series:
    return towns.astype("str").str.strip().str.casefold()
