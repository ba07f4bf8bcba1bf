"""Estimates of an invented state: few providers and districts, people drawn at random, every number counted here."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.measures.relations import Relations

LEVELS = ("stayer", "mover", "left")
LAST = 2019

RELATIONS = Relations(
    population={"everybody": "people", "employed": "people", "outcome": "hired", "miles": "people", "hired": "hired"},
    within={"people": "", "hired": ""},
    rows={"people": "people", "hired": "people"},
    is_whole={"people": True, "hired": False},
    minimum={"everybody": 0, "employed": 0, "outcome": 0, "miles": 0, "hired": 0},
    domain={"everybody": "people", "employed": "people", "outcome": "people", "miles": "people", "hired": "people"},
    groups={"everybody": (), "employed": ("path",), "outcome": (), "miles": (), "hired": ()},
    levels={"everybody": (), "employed": (), "outcome": LEVELS, "miles": (), "hired": ()},
    curves=frozenset(),
    weighted=frozenset(),
)


def people(seed: int, size: int = 400, providers: int = 4, districts: int = 4) -> pd.DataFrame:
    """Everybody who completed a program, and what became of them; some without a district."""
    rng = np.random.default_rng(seed)
    weight = rng.dirichlet(np.ones(providers) * 0.8)
    home = rng.dirichlet(np.ones(districts) * 0.5, size=providers)
    provider = rng.choice(providers, size, p=weight)
    district = np.array([rng.choice(districts, p=home[p]) for p in provider])
    employed = rng.random(size) < 0.7
    return pd.DataFrame(
        {
            "provider": [f"8900000{p + 1}" for p in provider],
            "district": [
                f"9500000{d + 1}" if known else None for d, known in zip(district, rng.random(size) < 0.9, strict=True)
            ],
            "program": rng.choice(["elementary", "english", "physics"], size, p=[0.7, 0.25, 0.05]),
            "path": rng.choice(["yes", "no"], size, p=[0.2, 0.8]),
            "cohort": rng.integers(LAST - 5, LAST + 1, size),
            "employed": employed,
            "level": np.where(employed, rng.choice(LEVELS, size, p=[0.7, 0.2, 0.1]), None),
            "miles": rng.gamma(2, 5, size),
        }
    )


def estimates(frame: pd.DataFrame) -> pd.DataFrame:
    """The estimates of every measure for every unit, cohort and window, as the engine would write them."""
    units = {
        "state": pd.Series("00000000", index=frame.index),
        "provider": frame["provider"],
        "district": frame["district"],
        "program": frame["provider"] + ":" + frame["program"],
        "partnership": (frame["provider"] + "-" + frame["district"]).where(frame["district"].notna()),
    }
    listed = {
        "state": ["00000000"],
        "provider": sorted(frame["provider"].unique()),
        "district": sorted(frame["district"].dropna().unique()),
    }
    parts = [_of_kind(frame.assign(unit=unit), kind, listed.get(kind)) for kind, unit in units.items()]
    table = pd.concat(parts, ignore_index=True)
    table["unit_name"] = table["unit_kind"] + " " + table["unit_code"]
    return table.assign(
        report_year=LAST, topic="hiring", sample_id="invented-0", low=table["value"], high=table["value"]
    )


def _of_kind(rows: pd.DataFrame, kind: str, listed: list[str] | None) -> pd.DataFrame:
    units = {code: own.to_dict("list") for code, own in rows.groupby("unit")}
    nobody = rows.iloc[:0].to_dict("list")
    found: list[dict[str, object]] = []
    for code in listed or sorted(units):
        people = {name: np.array(values) for name, values in units.get(code, nobody).items()}
        for window in (1, 3):
            for cohort in range(LAST - 5, LAST + 1):
                inside = (people["cohort"] > cohort - window) & (people["cohort"] <= cohort)
                if listed is None and not inside.any():
                    continue
                where = {"unit_kind": kind, "unit_code": code, "cohort": cohort, "window_years": window}
                found += _of_cell({name: values[inside] for name, values in people.items()}, where)
    return pd.DataFrame(found)


def _of_cell(people: dict[str, np.ndarray], where: dict[str, object]) -> list[dict[str, object]]:
    cohort, window = int(str(where["cohort"])), where["window_years"]
    status = "not_yet_observed" if window == 1 and cohort == LAST else "not_applicable"
    partial = "rests on some of 3 cohorts" if window == 3 and (cohort == LAST or cohort < LAST - 3) else ""
    employed, seen = people["employed"].astype(bool), people["cohort"] < LAST
    miles = float(people["miles"].mean()) if len(employed) else None
    found = [
        _row("everybody", "count", len(employed), len(employed), **where),
        _row("hired", "count", int(employed.sum()), int(employed.sum()), **where),
        _row("employed", "rate", int((employed & seen).sum()), int(seen.sum()), status, partial, **where),
        {**_row("miles", "mean", None, len(employed), value=miles, **where), **_contributions(people["miles"])},
    ]
    for level in LEVELS:
        count = int(((people["level"] == level) & seen).sum())
        label = {"group": "outcome", "group_value": level}
        found.append(_row("outcome", "rate", count, int((employed & seen).sum()), status, partial, **label, **where))
    for path in ("yes", "no") if where["unit_kind"] in ("state", "provider") else ():
        own = people["path"] == path
        if own.any():
            count, size = int((employed & seen & own).sum()), int((seen & own).sum())
            label = {"group": "path", "group_value": path}
            found.append(_row("employed", "rate", count, size, status, partial, **label, **where))
    return found


def _contributions(values: np.ndarray) -> dict[str, float]:
    if not len(values):
        return {}
    first, second, *_ = [*sorted(values.astype(float), reverse=True), 0.0, 0.0]
    return {"largest": first, "second_largest": second, "contributed": float(values.sum())}


def _row(
    measure: str, statistic: str, numerator: int | None, n: int, nobody: str = "not_applicable", note: str = "",
    group: str = "", group_value: str = "", value: float | None = None, **where: object,
) -> dict[str, object]:  # fmt: skip
    if statistic == "count":
        value = float(n)
    elif statistic == "rate":
        value = float(numerator or 0) / n if n else None
    has_number = statistic == "count" or n > 0
    return {
        "measure": measure, **where, "group": group, "group_value": group_value, "statistic": statistic,
        "numerator": float(numerator) if numerator is not None and has_number else np.nan, "denominator": float(n),
        "people": n, "value": value if has_number else np.nan,
        "status": ("zero" if value == 0 else "reported") if has_number else nobody, "note": note if n else "",
    }  # fmt: skip
