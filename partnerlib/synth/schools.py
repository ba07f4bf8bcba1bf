"""Schools of a synthetic state: their kinds, names, pupils, and what becomes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from partnerlib.synth import names
from partnerlib.synth.arrays import Flags, Floats, Ints
from partnerlib.synth.scales import Scale

TYPES = ("Early", "Elementary", "Middle", "High", "K12")
EARLY, ELEMENTARY, MIDDLE, HIGH, K12 = range(5)
GRADES = ("PK-02", "K-05", "06-08", "09-12", "K-12")
LOWEST_GRADE = np.array([0, 0, 6, 9, 0])
HIGHEST_GRADE = np.array([2, 5, 8, 12, 12])
_FIRST_SCHOOL_NUMBER = (1, 5, 305, 505, 405)

# Quantiles 0, 5, 25, 50, 75, 95, 100 of school percentages (state export of selected populations, 2017-18).
_QUANTILES = np.array([0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0])
_LOW_INCOME = np.array([2.0, 5.3, 13.7, 27.9, 51.3, 77.6, 90.0]) / 100
_ENGLISH_LEARNER = np.array([0.0, 0.2, 1.0, 4.2, 14.3, 39.5, 55.0]) / 100
_DISABILITY = np.array([8.0, 9.1, 13.3, 16.4, 20.5, 30.0, 36.0]) / 100


def school_types(count: int, is_charter: bool, number: int) -> list[int]:
    if count == 1:
        return [K12 if is_charter or number % 2 else ELEMENTARY]
    if count == 2:
        return [ELEMENTARY, MIDDLE]
    upper = max(1, round(count * 0.18))
    early = 1 if count >= 9 else 0
    return [EARLY] * early + [ELEMENTARY] * (count - 2 * upper - early) + [MIDDLE] * upper + [HIGH] * upper


def rank_share(values: Floats) -> Floats:
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return (order + 0.5) / len(values)


def feeders(district: Ints, kind: Ints, x: Floats, y: Floats) -> Ints:
    """Middle and high school of every school's pupils: in the district if it has one, else the nearest."""
    away = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :]) + 1000.0 * (
        district[:, None] != district[None, :]
    )
    columns = []
    for wanted in (MIDDLE, HIGH):
        candidates = np.flatnonzero(kind == wanted)
        # Each elementary school feeds one school of its district, in turn, so that all have pupils.
        turn = np.arange(len(kind))[:, None] + candidates[None, :]
        in_district = district[:, None] == district[candidates][None, :]
        cost = np.where(in_district, (turn % np.maximum(in_district.sum(1), 1)[:, None]) * 0.01, away[:, candidates])
        columns.append(candidates[np.argmin(cost, axis=1)])
    chosen = np.stack(columns, axis=1)
    chosen[kind == K12] = np.flatnonzero(kind == K12)[:, None]
    return chosen


def populations(
    rng: np.random.Generator, size: Floats, sd: Ints, st: Ints, feeder: Ints, staff: Floats
) -> tuple[Floats, Floats, Floats]:
    """Shares of low-income students, English learners and students with disabilities, need being larger in cities."""
    z = (np.log(size) - np.log(size).mean()) / np.log(size).std()
    latent = 0.5 * z + 0.87 * rng.standard_normal(len(size))
    school = latent[sd] + 0.45 * rng.standard_normal(len(sd))
    rank = rank_share(school)
    jitter = np.clip(rank_share(0.6 * school + 0.8 * rng.standard_normal(len(sd))), 0, 1)
    shares = [np.interp(rank, _QUANTILES, _LOW_INCOME), np.interp(rank, _QUANTILES, _ENGLISH_LEARNER),
              np.interp(jitter, _QUANTILES, _DISABILITY)]  # fmt: skip
    sources = (st == ELEMENTARY) | (st == EARLY)
    for column, kind in enumerate((MIDDLE, HIGH)):
        weight = np.bincount(feeder[sources, column], weights=staff[sources], minlength=len(sd))
        for share in shares:
            mean = np.bincount(feeder[sources, column], weights=(staff * share)[sources], minlength=len(sd))
            fed = (st == kind) & (weight > 0)
            share[fed] = mean[fed] / weight[fed]
    return shares[0], shares[1], shares[2]


def changes(rng: np.random.Generator, scale: Scale, sd: Ints, st: Ints) -> tuple[Ints, Ints, Ints]:
    """Schools that close (their staff and pupils go to a school of the same kind in the district) or change name."""
    n = len(sd)
    closed, successor, renamed = np.zeros(n, np.int64), np.full(n, -1), np.zeros(n, np.int64)
    years = scale.last_year - scale.first_year + 1
    shuffled = rng.permutation(n)
    for school in shuffled:
        if np.count_nonzero(successor >= 0) >= max(1, round(0.003 * n * years)):
            break
        same = np.flatnonzero((sd == sd[school]) & (st == st[school]) & (np.arange(n) != school) & (closed == 0))
        if st[school] == ELEMENTARY and len(same) >= 2 and school not in successor:
            closed[school] = scale.first_year + 2 + rng.integers(0, years - 3)
            successor[school] = same[0]
    open_schools = np.flatnonzero(closed == 0)
    chosen = rng.permutation(open_schools)[: max(2, round(0.01 * n * years))]
    renamed[chosen] = scale.first_year + 2 + rng.integers(0, years - 3, len(chosen))
    return closed, successor, renamed


def school_names(
    rng: np.random.Generator, places: list[str], sd: Ints, st: Ints, is_charter: Flags, renamed: Ints
) -> dict[str, Any]:
    endings = ("Early Learning Center", "Elementary School", "Middle School", "High School", "School")
    current, old, codes = [], [], []
    used: dict[tuple[int, str], int] = {}
    numbers: dict[tuple[int, int], int] = {}
    start = rng.integers(0, len(names.SCHOOL_WORDS), len(places))
    for school, (district, kind) in enumerate(zip(sd, st, strict=True)):
        count = numbers.get((district, kind), 0)
        numbers[(district, kind)] = count + 1
        codes.append(f"{9500 + district:04d}{_FIRST_SCHOOL_NUMBER[kind] + count * (1 if kind == EARLY else 5):04d}")
        word = names.SCHOOL_WORDS[(start[district] + len(used) + school) % len(names.SCHOOL_WORDS)]
        name = f"{word} {endings[kind]}"
        if kind == HIGH and count == 0:
            name = f"{places[district]} High School"
        elif is_charter[district]:
            name = f"{places[district]} Charter School"
        while (district, name) in used:
            word = names.SCHOOL_WORDS[(names.SCHOOL_WORDS.index(word) + 1) % len(names.SCHOOL_WORDS)]
            name = f"{word} {endings[kind]}"
        used[(district, name)] = school
        before = name
        if renamed[school]:
            before = f"{places[(district * 7 + school) % len(places)]} Street {endings[kind]}"
        current.append(name)
        old.append(before)
    return {"school_name": current, "school_old_name": old, "school_code": codes}
