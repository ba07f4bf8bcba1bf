"""An invented release: a typical unit, one whose numbers are all withheld, one with nobody; sealed like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from partnerlib.disclosure.cells import DEFINITION_COLUMNS, PUBLIC_COLUMNS
from partnerlib.disclosure.ledger import Ledger
from partnerlib.disclosure.policy import read_policy
from partnerlib.disclosure.sealed import seal, write_release

ROOT = Path(__file__).resolve().parents[2]
YEAR = 2018
TYPICAL, TINY, EMPTY = "89000001", "89000002", "89000003"
DISTRICT, SMALL_DISTRICT = "97010000", "97020000"
STATE = "00000000"
PAIR, HIDDEN_PAIR = f"{TYPICAL}-{DISTRICT}", f"{TINY}-{SMALL_DISTRICT}"
"""The hidden pair is in the data and in no cell: no number about it can be published."""

NAMES = {
    ("provider", TYPICAL): "Harbor & Hill <College>",
    ("provider", TINY): "Cranberry Residency",
    ("provider", EMPTY): "Silent Pines Institute",
    ("district", DISTRICT): "Northmoor",
    ("district", SMALL_DISTRICT): "Eastwick",
    ("partnership", PAIR): "Harbor & Hill <College> and Northmoor",
    ("state", STATE): "State",
}
PEOPLE = {"state": 2400, TYPICAL: 130, TINY: 4, EMPTY: 0, DISTRICT: 60, SMALL_DISTRICT: 4}

OUTCOMES = ("stayer", "mover_in_district", "mover_other_district", "changed_role", "left")
READINESS = ("fully_ready", "mostly_ready", "moderately_ready", "minimally_ready", "not_ready")

MEASURES = (
    ("candidates_placed", "placement", "count", 0, ()),
    ("placed_in_high_needs_school", "placement", "rate", 0, ()),
    ("placement_distance_mean", "placement", "mean", 0, ()),
    ("placement_concentration", "placement", "index", 0, ()),
    ("completers_hired", "hiring", "count", 1, ()),
    ("an_unregistered_rate", "hiring", "rate", 1, ()),
    ("a_rate_known_late", "hiring", "rate", 3, ()),
    ("retained_school_1y", "retention", "rate", 1, ()),
    ("retained_school_3y", "retention", "rate", 3, ()),
    ("new_teacher_outcomes", "retention", "rate", 1, OUTCOMES),
    ("readiness_candidate", "surveys", "rate", 0, READINESS),
)
LADDER = ((10, 0.5), (16, 0.2), (31, 0.1), (61, 0.05), (301, 0.01))


def printed(statistic: str, share: float, people: int, is_root: bool) -> dict[str, Any]:
    """The printed columns of a number on `people` people: a band, a rounded mean, a count; withheld below ten."""
    if people < 10 and not (people == 0 and is_root):
        return {"status": "suppressed"} if people else {"status": "not_applicable"}
    near = float(people if is_root else 5 * round(people / 5))
    size = {"n": near, "n_low": near if is_root else max(near - 2, 10), "n_high": near if is_root else near + 2}
    size |= {"n_rounding": "exact" if is_root else "nearest 5"}
    if statistic == "count":
        ends = {"value_low": size["n_low"], "value_high": size["n_high"], "rounding": size["n_rounding"]}
        return {"status": "reported" if people else "zero", "value": near, **ends, **size}
    if statistic == "mean":
        value = round(10 + 20 * share)
        return {"status": "reported", "value": value, "value_low": value - 0.5, "value_high": value + 0.5,
                "rounding": "nearest 1", **size}  # fmt: skip
    if statistic == "index":
        return {"status": "reported", "value": 0.2, "value_low": 0.15, "value_high": 0.25, "rounding": "index band",
                **size}  # fmt: skip
    width = next(width for start, width in reversed(LADDER) if people >= start)
    low = min(np.floor(share / width + 1e-9), 1 / width - 1) * width
    return {
        "status": "reported", "value": low + width / 2, "value_low": low, "value_high": low + width,
        "rounding": f"band {round(100 * width)}", "low": wilson(low, near, -1), "high": wilson(low + width, near, 1),
        **size,
    }  # fmt: skip


def wilson(share: float, people: float, side: int) -> float:
    z = 1.96
    middle = (share + z**2 / (2 * people)) / (1 + z**2 / people)
    reach = z / (1 + z**2 / people) * np.sqrt(share * (1 - share) / people + z**2 / (4 * people**2))
    return float(np.clip(middle + side * reach, 0, 1))


def _people_of(kind: str, code: str) -> int:
    return PEOPLE["state"] if kind == "state" else min(PEOPLE[part] for part in code.split("-"))


def _cohorts_of(kind: str, newest: int) -> list[tuple[int, int]]:
    """Cohorts and windows a kind of unit is released for: the newest, the one before, and three pooled."""
    singles = [] if kind == "partnership" else [newest, newest - 1]
    return [*((cohort, 1) for cohort in singles), (newest, 3)]


def _rows() -> Iterator[dict[str, Any]]:
    for (kind, code), name in NAMES.items():
        for place, (measure, topic, statistic, horizon, levels) in enumerate(MEASURES):
            for cohort, window in _cohorts_of(kind, YEAR - horizon):
                people = _people_of(kind, code) * (1 if window == 1 else 2)
                share = 0.35 + 0.05 * place + 0.02 * (cohort - 2015) + (0.05 if kind == "provider" else 0.0)
                group = {"new_teacher_outcomes": "outcome", "readiness_candidate": "readiness"}.get(measure, "")
                for rank, level in enumerate(levels or ("",)):
                    part = share if not level else (0.7, 0.12, 0.1, 0.06, 0.02)[rank]
                    yield {
                        "report_year": YEAR, "measure": measure, "topic": topic, "unit_kind": kind, "unit_code": code,
                        "unit_name": name, "cohort": cohort, "window_years": window, "group": group,
                        "group_value": level, "statistic": statistic, "counted": f"{measure}/{level}",
                        "among": "people", "note": "", "sample_id": f"placements-{place:08x}", "is_synthetic": True,
                        "rounding": "", "n_rounding": "", **printed(statistic, part, people, place == 0),
                    }  # fmt: skip


def invented_cells() -> pd.DataFrame:
    """Public cells of every unit above; their values are a formula, not data."""
    cells = pd.DataFrame(list(_rows()))
    cells["withheld"] = cells["status"] == "suppressed"
    return cells.reindex(columns=list(PUBLIC_COLUMNS)).astype(PUBLIC_COLUMNS)


def invented_definitions() -> pd.DataFrame:
    blank = dict.fromkeys(DEFINITION_COLUMNS, "") | {"is_partition": False}
    return pd.DataFrame([{**blank, "measure": name, "statistic": kind} for name, _, kind, _, _ in MEASURES])


@dataclass(frozen=True)
class Protection:
    """What protection gives: the invented cells."""

    cells: pd.DataFrame = field(default_factory=invented_cells)
    definitions: pd.DataFrame = field(default_factory=invented_definitions)
    loss: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What an audit gives."""

    exposed: tuple[str, ...] = ()
    summary: Mapping[str, Mapping[str, int]] = field(
        default_factory=lambda: {"public": {"asked": 40, "exposed": 0}, "pair": {"asked": 40, "exposed": 0}}
    )
    certificate: bytes = b"{}\n"


def release_of(
    folder: Path, cells: pd.DataFrame | None = None, verdict: Verdict | None = None, policy: str = "standard",
    audience: str = "public",
) -> Path:  # fmt: skip
    """A sealed release of the invented state on disk, `<folder>/releases/<year>`."""
    protection, verdict = Protection() if cells is None else Protection(cells), verdict or Verdict()
    sealed = seal(
        protection, verdict, read_policy(policy), report_year=YEAR, ledger=Ledger.read(folder / "ledger"),
        inputs={"sr_2018.csv": "0" * 64}, is_synthetic=True, audience=audience,
    )  # fmt: skip
    return write_release(sealed, folder / "releases" / str(YEAR), verdict.certificate)
