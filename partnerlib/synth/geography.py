"""Where everything stands: districts with schools, providers with partners, all invented, in an invented code space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from partnerlib.synth import names
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.scales import Scale, stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TYPES = ("Early", "Elementary", "Middle", "High", "K12")
EARLY, ELEMENTARY, MIDDLE, HIGH, K12 = range(5)
GRADES = ("PK-02", "K-05", "06-08", "09-12", "K-12")
LOWEST_GRADE = np.array([0, 0, 6, 9, 0])
HIGHEST_GRADE = np.array([2, 5, 8, 12, 12])
_TYPE_SIZE = np.array([0.65, 0.85, 1.15, 1.7, 1.0])
_FIRST_SCHOOL_NUMBER = (1, 5, 305, 505, 405)

# Quantiles 0, 5, 25, 50, 75, 95, 100 of school percentages (state export of selected populations, 2017-18).
_QUANTILES = np.array([0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0])
_LOW_INCOME = np.array([2.0, 5.3, 13.7, 27.9, 51.3, 77.6, 90.0]) / 100
_ENGLISH_LEARNER = np.array([0.0, 0.2, 1.0, 4.2, 14.3, 39.5, 55.0]) / 100
_DISABILITY = np.array([8.0, 9.1, 13.3, 16.4, 20.5, 30.0, 36.0]) / 100


@dataclass(frozen=True)
class Geography:
    """Organizations as parallel arrays; positions in miles, schools and districts referred to by their place."""

    district_name: list[str]
    district_code: list[str]
    district_x: Floats
    district_y: Floats
    is_charter: Flags
    hosts: Flags
    """False for districts that take no student teachers."""
    school_name: list[str]
    school_old_name: list[str]
    """Name before `school_renamed`; the same name when it never changed."""
    school_renamed: Ints
    """First school year of the new name, 0 when never renamed."""
    school_closed: Ints
    """First school year without the school, 0 when open throughout."""
    school_successor: Ints
    school_code: list[str]
    school_district: Ints
    school_type: Ints
    school_x: Floats
    school_y: Floats
    school_staff: Floats
    """Teaching staff the school aims at."""
    feeder: Ints
    """For each elementary school and grade level: rows (middle, high) of its pupils' later schools."""
    low_income: Floats
    english_learner: Floats
    disability: Floats
    need: Floats
    """Expected share of high-needs students."""
    loss: Floats
    """Lasting share of staff a school loses in a year."""
    provider_name: list[str]
    provider_code: list[str]
    provider_type: list[str]
    provider_x: Floats
    provider_y: Floats
    provider_share: Floats
    provider_residency: Floats
    """Share of a provider's candidates who are teachers of record."""
    provider_places: Flags
    """False for the provider whose candidates have no placement on file."""
    provider_effect: Floats
    """Planted effect on value added, test-score SD."""
    provider_hire: Floats
    """Planted log odds of being hired."""
    partner_since: Ints
    """Provider x district: first school year of a declared partnership, 0 when none."""

    @property
    def schools_in_district(self) -> Ints:
        return np.bincount(self.school_district, minlength=len(self.district_code))


def latitude(y: Floats) -> Floats:
    """Degrees north of a position in miles."""
    return 42.25 + y / 69.0


def longitude(x: Floats) -> Floats:
    """Degrees east (negative) of a position in miles, at the middle of the state."""
    return -71.9 + x / 51.1


def distance(x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> Floats:
    """Miles between every position of the first list (rows) and every one of the second (columns)."""
    return np.hypot(x1[:, None] - x2[None, :], y1[:, None] - y2[None, :])


def _shares_to_counts(shares: Floats, total: int, least: int = 1) -> Ints:
    """Whole numbers in proportion to `shares` that add to `total`, none under `least`."""
    exact = least + shares / shares.sum() * (total - least * len(shares))
    counts = np.floor(exact).astype(np.int64)
    rest = total - counts.sum()
    counts[np.argsort(counts - exact, kind="stable")[:rest]] += 1
    return counts


def _school_types(count: int, is_charter: bool, number: int) -> list[int]:
    if count == 1:
        return [K12 if is_charter or number % 2 else ELEMENTARY]
    if count == 2:
        return [ELEMENTARY, MIDDLE]
    upper = max(1, round(count * 0.18))
    early = 1 if count >= 9 else 0
    return [EARLY] * early + [ELEMENTARY] * (count - 2 * upper - early) + [MIDDLE] * upper + [HIGH] * upper


def _rank_share(values: Floats) -> Floats:
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return (order + 0.5) / len(values)


def _feeders(district: Ints, kind: Ints, x: Floats, y: Floats) -> Ints:
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


def make_geography(scale: Scale, parameters: Parameters, seed: int) -> Geography:
    """Districts, schools and providers of one synthetic state."""
    rng = stream(seed, "geography")
    d = scale.districts
    places = names.place_names(d)
    size = np.exp(1.12 * ndtri((np.arange(d)[::-1] + 0.5) / d))
    schools = _shares_to_counts(size, scale.schools)
    is_charter = np.zeros(d, dtype=bool)
    singles = np.flatnonzero(schools == 1)
    is_charter[singles[::2]] = True
    dx, dy = _positions(rng, scale, d)
    district, kind = [], []
    for number, count in enumerate(schools):
        kinds = _school_types(int(count), bool(is_charter[number]), number)
        district += [number] * len(kinds)
        kind += kinds
    sd, st = np.array(district), np.array(kind)
    n = len(sd)
    sx, sy = dx[sd] + 1.6 * rng.standard_normal(n), dy[sd] + 1.6 * rng.standard_normal(n)
    heads = _TYPE_SIZE[st] * np.exp((0.42 if scale.name != "small" else 0.25) * rng.standard_normal(n))
    staff = heads / heads.sum() * scale.teachers
    feeder = _feeders(sd, st, sx, sy)
    populations = _populations(rng, size, sd, st, feeder, staff)
    need = 1 - (1 - populations[0]) * (1 - populations[1]) * (1 - populations[2])
    closed, successor, renamed = _changes(rng, scale, sd, st)
    loss = (
        np.interp(_rank_share(need), np.linspace(0, 1, len(parameters.need_loss_by_quantile)),
                  parameters.need_loss_by_quantile)
        + parameters.school_loss_sd_lasting * rng.standard_normal(n)
        + parameters.charter_loss * is_charter[sd]
    )  # fmt: skip
    loss = np.clip(loss, 0.03, 0.6)
    hosts = np.ones(d, dtype=bool)
    hosts[_smallest_with_several_schools(schools)] = False
    return Geography(
        district_name=[f"{place} Charter School District" if c else f"{place} Public Schools"
                       for place, c in zip(places, is_charter, strict=True)],
        district_code=[f"{9500 + number:04d}0000" for number in range(d)],
        district_x=dx, district_y=dy, is_charter=is_charter, hosts=hosts,
        **_school_names(rng, places, sd, st, is_charter, renamed),
        school_renamed=renamed, school_closed=closed, school_successor=successor, school_district=sd, school_type=st,
        school_x=sx, school_y=sy, school_staff=staff, feeder=feeder, low_income=populations[0],
        english_learner=populations[1], disability=populations[2], need=need, loss=loss,
        **_providers(stream(seed, "providers"), scale, parameters, places, dx, dy, size, is_charter, hosts),
    )  # fmt: skip


def _positions(rng: np.random.Generator, scale: Scale, count: int) -> tuple[Floats, Floats]:
    """Half of the districts round a few towns, half anywhere; large districts come first and lie apart."""
    centres = max(2, count // 40)
    cx = (np.arange(centres) + 0.5) / centres * scale.width - scale.width / 2
    cy = (rng.random(centres) - 0.5) * scale.height * 0.8
    near = rng.random(count) < 0.5
    which = np.arange(count) % centres
    x = np.where(near, cx[which] + 9 * rng.standard_normal(count), (rng.random(count) - 0.5) * scale.width)
    y = np.where(near, cy[which] + 9 * rng.standard_normal(count), (rng.random(count) - 0.5) * scale.height)
    return np.clip(x, -scale.width / 2, scale.width / 2), np.clip(y, -scale.height / 2, scale.height / 2)


def _populations(
    rng: np.random.Generator, size: Floats, sd: Ints, st: Ints, feeder: Ints, staff: Floats
) -> tuple[Floats, Floats, Floats]:
    """Shares of low-income students, English learners and students with disabilities, need being larger in cities."""
    z = (np.log(size) - np.log(size).mean()) / np.log(size).std()
    latent = 0.5 * z + 0.87 * rng.standard_normal(len(size))
    school = latent[sd] + 0.45 * rng.standard_normal(len(sd))
    rank = _rank_share(school)
    jitter = np.clip(_rank_share(0.6 * school + 0.8 * rng.standard_normal(len(sd))), 0, 1)
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


def _changes(rng: np.random.Generator, scale: Scale, sd: Ints, st: Ints) -> tuple[Ints, Ints, Ints]:
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


def _smallest_with_several_schools(schools: Ints) -> int:
    return int(np.flatnonzero(schools >= 2)[-1])


def _school_names(
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


def _providers(
    rng: np.random.Generator, scale: Scale, parameters: Parameters, places: list[str], dx: Floats, dy: Floats,
    size: Floats, is_charter: Flags, hosts: Flags,
) -> dict[str, Any]:  # fmt: skip
    """Sponsoring organizations: a few large, a long tail; the last four are the special cases tests need."""
    p, d = scale.providers, scale.districts
    share = (np.arange(p) + 1.5) ** -0.9
    share[-1] = 0.018 * share[:-1].sum() * (100 / scale.completers)
    share /= share.sum()
    home = rng.permutation(d)[np.arange(p) % d]
    home[p - 3] = 0
    kinds = ["College"] * p
    kinds[p - 3], kinds[p - 4], kinds[p - 2] = "District", "Nonprofit", "Collaborative"
    title = [f"{places[home[i]]} {names.COLLEGE_KINDS[i % len(names.COLLEGE_KINDS)]}" for i in range(p)]
    title[p - 4] = "Lamplight Teacher Residency"
    title[p - 3] = f"{places[0]} Public Schools"
    title[p - 2] = f"{places[home[p - 2]]} Educational Collaborative"
    code = [f"8900{number + 1:04d}" for number in range(p)]
    code[p - 3] = f"{9500:04d}0000"
    residency = np.full(p, 0.08)
    residency[[p - 3, p - 4]] = (0.75, 0.7)
    x, y = dx[home] + 3 * rng.standard_normal(p), dy[home] + 3 * rng.standard_normal(p)
    away = distance(x, y, dx, dy)
    appeal = np.log(size)[None, :] - 0.05 * away + 0.8 * rng.standard_normal((p, d))
    appeal[:, is_charter | ~hosts] = -np.inf
    partners = np.argsort(-appeal, axis=1, kind="stable")[:, : max(2, min(6, d // 4))]
    since = np.zeros((p, d), dtype=np.int64)
    start = scale.first_year - 2 + rng.integers(0, 6, partners.shape)
    np.put_along_axis(since, partners, start, axis=1)
    effect = parameters.provider_value_added_sd * rng.standard_normal(p)
    effect = (effect - effect.mean()) * parameters.provider_value_added_sd / effect.std()
    hire = parameters.provider_sd_on_hire * rng.standard_normal(p)
    hire -= float(hire @ share)
    places_candidates = np.ones(p, dtype=bool)
    places_candidates[p - 2] = False
    return {
        "provider_name": title, "provider_code": code, "provider_type": kinds, "provider_x": x, "provider_y": y,
        "provider_share": share, "provider_residency": residency, "provider_places": places_candidates,
        "provider_effect": effect, "provider_hire": hire,
        "partner_since": since,
    }  # fmt: skip
