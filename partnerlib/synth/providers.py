"""Preparation providers of a synthetic state, their partners, and what is planted in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from partnerlib.synth import names
from partnerlib.synth.arrays import Flags, Floats, distance
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.scales import Scale


def make_providers(
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
