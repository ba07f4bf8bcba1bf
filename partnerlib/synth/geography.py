"""Where everything stands: districts with schools, providers with partners, all invented, in an invented code space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from partnerlib.synth import names
from partnerlib.synth.arrays import Flags, Floats, Ints
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.providers import make_providers
from partnerlib.synth.scales import Scale, stream
from partnerlib.synth.schools import (
    changes,
    feeders,
    populations,
    rank_share,
    school_names,
    school_types,
)

_TYPE_SIZE = np.array([0.65, 0.85, 1.15, 1.7, 1.0])
"""Staff of a school type over the mean: Early, Elementary, Middle, High, K12."""


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


def _shares_to_counts(shares: Floats, total: int, least: int = 1) -> Ints:
    """Whole numbers in proportion to `shares` that add to `total`, none under `least`."""
    exact = least + shares / shares.sum() * (total - least * len(shares))
    counts = np.floor(exact).astype(np.int64)
    rest = total - counts.sum()
    counts[np.argsort(counts - exact, kind="stable")[:rest]] += 1
    return counts


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
        kinds = school_types(int(count), bool(is_charter[number]), number)
        district += [number] * len(kinds)
        kind += kinds
    sd, st = np.array(district), np.array(kind)
    n = len(sd)
    sx, sy = dx[sd] + 1.6 * rng.standard_normal(n), dy[sd] + 1.6 * rng.standard_normal(n)
    heads = _TYPE_SIZE[st] * np.exp((0.42 if scale.name != "small" else 0.25) * rng.standard_normal(n))
    staff = heads / heads.sum() * scale.teachers
    feeder = feeders(sd, st, sx, sy)
    shares = populations(rng, size, sd, st, feeder, staff)
    need = 1 - (1 - shares[0]) * (1 - shares[1]) * (1 - shares[2])
    closed, successor, renamed = changes(rng, scale, sd, st)
    loss = (
        np.interp(rank_share(need), np.linspace(0, 1, len(parameters.need_loss_by_quantile)),
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
        **school_names(rng, places, sd, st, is_charter, renamed),
        school_renamed=renamed, school_closed=closed, school_successor=successor, school_district=sd, school_type=st,
        school_x=sx, school_y=sy, school_staff=staff, feeder=feeder, low_income=shares[0],
        english_learner=shares[1], disability=shares[2], need=need, loss=loss,
        **make_providers(stream(seed, "providers"), scale, parameters, places, dx, dy, size, is_charter, hosts),
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


def _smallest_with_several_schools(schools: Ints) -> int:
    return int(np.flatnonzero(schools >= 2)[-1])
