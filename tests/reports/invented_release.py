"""An invented release with the exact columns of an estimates table: a typical unit, a tiny one, an empty one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
YEAR = 2018
TYPICAL, TINY, EMPTY = "89000001", "89000002", "89000003"
DISTRICT, SMALL_DISTRICT = "97010000", "97020000"
STATE = "00000000"

NAMES = {
    ("provider", TYPICAL): "Harbor & Hill <College>",
    ("provider", TINY): "Cranberry Residency",
    ("provider", EMPTY): "Silent Pines Institute",
    ("district", DISTRICT): "Northmoor",
    ("district", SMALL_DISTRICT): "Eastwick",
    ("partnership", f"{TYPICAL}-{DISTRICT}"): "Harbor & Hill <College> and Northmoor",
    ("partnership", f"{TINY}-{SMALL_DISTRICT}"): "Cranberry Residency and Eastwick",
    ("state", STATE): "State",
}

PEOPLE = {"state": 2400, TYPICAL: 130, TINY: 4, EMPTY: 0, DISTRICT: 60, SMALL_DISTRICT: 4}

MEASURES = (
    ("candidates_placed", "placement", "count", 0),
    ("placed_in_high_needs_school", "placement", "rate", 0),
    ("placement_distance_mean", "placement", "mean", 0),
    ("eligible_practitioner", "placement", "rate", 0),
    ("an_unregistered_rate", "hiring", "rate", 1),
    ("a_rate_known_late", "hiring", "rate", 3),
)


def _people_of(kind: str, code: str) -> int:
    if kind == "state":
        return PEOPLE["state"]
    return min(PEOPLE[part] for part in code.split("-")) // (3 if kind == "partnership" else 1)


def _interval(share: float, people: int) -> tuple[float, float]:
    z = 1.96
    middle = (share + z**2 / (2 * people)) / (1 + z**2 / people)
    reach = z / (1 + z**2 / people) * np.sqrt(share * (1 - share) / people + z**2 / (4 * people**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def invented_estimates() -> pd.DataFrame:
    """Estimates of every unit above, 2014-15 to 2017-18, one year and three pooled; values are a formula, not data."""
    rows = []
    for (kind, code), name in NAMES.items():
        for place, (measure, topic, statistic, horizon) in enumerate(MEASURES):
            for cohort in range(2015, YEAR + 1):
                for window in (1, 3):
                    people = _people_of(kind, code) * (1 if window == 1 else 2)
                    share = 0.35 + 0.08 * place + 0.02 * (cohort - 2015) + (0.05 if kind == "provider" else 0.0)
                    known = cohort + horizon <= YEAR and people > 0
                    status = "reported" if known else "not_applicable" if people == 0 else "not_yet_observed"
                    low, high = _interval(share, people) if known else (np.nan, np.nan)
                    value = {"rate": share, "count": float(people), "mean": 10 + 20 * share}[statistic]
                    if statistic == "mean":
                        low, high = value - 1.5, value + 1.5
                    if statistic == "count":
                        low, high = people - 2 * np.sqrt(people), people + 2 * np.sqrt(people)
                    rows.append(
                        {
                            "report_year": YEAR, "measure": measure, "topic": topic, "unit_kind": kind,
                            "unit_code": code, "unit_name": name, "cohort": cohort, "window_years": window,
                            "group": "", "group_value": "", "statistic": statistic,
                            "numerator": share * people if known and statistic == "rate" else np.nan,
                            "denominator": float(people), "people": people, "value": value if known else np.nan,
                            "low": low if known else np.nan, "high": high if known else np.nan,
                            "status": status, "sample_id": f"placements-{place:08x}", "note": "",
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows)
